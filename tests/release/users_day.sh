#!/usr/bin/env bash
# A day with a schema of one's own, from the wheel, in an empty directory with a clean environment:
#   users_day.sh WHEEL [PYTHON]
# Every step says what it does; one that does not go as it should ends the day with 1.
set -euo pipefail
wheel=$(realpath "$1") python=${2:-python3}
day=$(mktemp -d)
trap 'rm -rf "$day"' EXIT
unset PYTHONPATH VIRTUAL_ENV
log=$day/log

step() { printf '\n== %s\n' "$*"; }

# Run a command; it has to end with this code, and to say this.
expect() {
    local code=$1 words=$2 got=0
    shift 2
    printf '$ %s\n' "$*"
    "$@" >"$log" 2>&1 || got=$?
    tail -n 6 "$log" | sed 's/^/  /'
    [ "$got" = "$code" ] || { cat "$log"; echo "FAILED: ended with $got, not $code"; exit 1; }
    [ -z "$words" ] || grep -qF -- "$words" "$log" || { cat "$log"; echo "FAILED: does not say '$words'"; exit 1; }
}

mkdir "$day/acme"
cd "$day/acme"
step "Install, and begin"
"$python" -m venv "$day/environment"
PATH=$day/environment/bin:$PATH
expect 0 "" pip install --quiet --disable-pip-version-check "$wheel[codegen,cli]"
expect 0 "pyproject.toml: written" dimse-codegen init
expect 1 "nothing was written" dimse-codegen init
service=schema/services/x_load.yaml

step "Lint, generate, import"
expect 0 "obeys all" dimse-codegen lint
expect 1 "missing" dimse-codegen check
expect 0 "changed" dimse-codegen generate
expect 0 "9 files" dimse-codegen check
cat >use.py <<'PYTHON'
from acme_dimse import X_LOAD_RQ, decode

rq = X_LOAD_RQ(MessageID=1, AffectedSOPClassUID="1.2.3")
rsp = decode(rq.respond(Status=0x0000).encode())
print(*rsp.violations(request=rq) or ["nothing is wrong"])
PYTHON
expect 0 "NumberOfRemainingSuboperations is C and absent, required while Status is Success (ACME 1.5)" \
    python -W error use.py

step "Change one cell: the count becomes the user's option; the condition goes with it"
sed -i "s/Number of Remaining Sub-operations: \['-',     C\]/Number of Remaining Sub-operations: ['-',     U]/" $service
expect 1 "x_load.yaml:" dimse-codegen lint
sed -i '/^conditions:/,/^$/d' $service
expect 0 "obeys all" dimse-codegen lint
expect 1 "acme_dimse/x_load.py: stale" dimse-codegen check --diff
expect 0 "x_load.py: written" dimse-codegen generate
expect 0 "nothing is wrong" python -W error use.py

step "Wrong turn: a generated file changed by hand"
echo "MESSAGE_ID = 1" >>acme_dimse/x_load.py
expect 1 "what was changed by hand belongs in the schema" dimse-codegen check
expect 0 "x_load.py: written" dimse-codegen generate

step "Wrong turn: a file of one's own among the generated ones"
echo "answer = 42" >acme_dimse/mine.py
expect 1 "acme_dimse/mine.py is not generated, and stays: move it elsewhere" dimse-codegen check
expect 0 "" dimse-codegen generate
[ -e acme_dimse/mine.py ] || { echo "FAILED: a file that is not generated was removed"; exit 1; }
rm acme_dimse/mine.py

step "Wrong turn: a cell that is none"
sed -i "s/^  Priority:  .*'-'\]/  Priority: [X, '-']/" $service
expect 1 "'X' is no cell; one of '-', M, U, C" dimse-codegen lint
expect 1 "'X' is no cell" dimse-codegen generate
sed -i "s/^  Priority: \[X.*/  Priority: [MF 1, '-']/" $service
expect 0 "changed" dimse-codegen generate
expect 1 "missing a required argument: 'Priority'" python -W error -c '
import acme_dimse
try:
    acme_dimse.X_LOAD_RQ(MessageID=1, AffectedSOPClassUID="1.2.3")
except TypeError as error:
    raise SystemExit(f"missing a required argument: {str(error).split()[-1]}")'

step "Wrong turn: the service renamed in the file alone"
sed -i 's/^service: X-LOAD/service: X-BURDEN/' $service
expect 1 "the file of X-BURDEN is x_burden.yaml" dimse-codegen check
sed -i 's/X-LOAD/X-BURDEN/' $service
mv $service schema/services/x_burden.yaml
expect 1 "acme_dimse/x_load.py: orphaned" dimse-codegen check
expect 0 "acme_dimse/x_load.py: removed" dimse-codegen generate
expect 0 "9 files" dimse-codegen check

step "In CI, what the workflow runs"
grep -q "dimse-codegen check" .github/workflows/dimse.yml
expect 0 "obeys all" dimse-codegen lint
expect 0 "are as schema has them" dimse-codegen check --diff

step "A profile of one's own, for C-ECHO, in a directory that has nothing else"
mkdir -p archive/profiles
cat >archive/profiles/acme_archive.yaml <<'YAML'
edition: 2026c
profile: ACME Archive
document: ACME Conformance Statement
section: "4.2"
summary: C-ECHO as the archive answers it.

services:
  - extends: C-ECHO
    sop_classes: [Verification]
    cells:
      - [Affected SOP Class UID, Rsp/Conf, U(=), M, "4.2.1", The archive always says what was verified.]
    statuses: { only: [0000H], section: "4.2.2", reason: The archive refuses no C-ECHO. }
YAML
expect 1 "RELAXED_SAID" dimse-codegen lint --schema archive
sed -i 's/U(=), M,/U(=), M(=),/' archive/profiles/acme_archive.yaml
expect 0 "obeys all" dimse-codegen lint --schema archive
expect 0 "changed" dimse-codegen generate --schema archive --out acme_profiles
expect 0 "are as archive has them" dimse-codegen check --schema archive --out acme_profiles
expect 0 "C-ECHO Affected SOP Class UID, Rsp/Conf: U(=) > M(=). The archive always says what was verified." \
    python -W error -c 'from acme_profiles.acme_archive import PROFILE; print(*PROFILE.changes)'
python - <<'PYTHON'
from dimse import C_ECHO_RQ

def pdus(context, command):
    pdv = bytes((context, 3)) + command
    item = len(pdv).to_bytes(4, "big") + pdv
    return bytes((4, 0)) + len(item).to_bytes(4, "big") + item

rq = C_ECHO_RQ(MessageID=1, AffectedSOPClassUID="1.2.840.10008.1.1")
open("friday.requestor.bin", "wb").write(pdus(1, rq.encode()))
open("friday.acceptor.bin", "wb").write(pdus(1, rq.respond(Status=0x0122).encode()))
PYTHON
expect 0 "0 errors" dimse check friday.requestor.bin
expect 1 "(ACME Conformance Statement 4.2.2)" dimse check --profile acme_profiles friday.requestor.bin

step "A day's work is done"
