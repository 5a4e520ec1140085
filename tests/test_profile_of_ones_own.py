"""A profile of a user's own: compiled in an empty directory, imported beside ours, and named on the command line."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from dimse.cli.commands import dimse
from dimse_codegen.cli import main

ROOT = Path(__file__).resolve().parents[1]
CAPTURES = ROOT / "tests" / "captures"
SERVICES = ROOT / "schema" / "services"
PROFILE = """
edition: 2026c
profile: Acme Archive
document: ACME DCS 7
section: "3.1"
summary: What the archive of ACME asks of those who query and move.

services:
  - extends: C-MOVE
    sop_classes: [Study Root Query/Retrieve Information Model - MOVE, 1.2.276.0.99.1]
    cells:
      - [Move Destination,       Req/Ind,  M, MF ACME WS,      3.1.2, It sends to one workstation.]
      - [Priority,               Req/Ind,  M, MF 0 or 1,       3.1.3, It has no patience.]
      - [Number of Warning Sub-operations, Rsp/Conf, C, '-',   3.1.4, It never warns.]
    relaxed:
      - [Identifier,             Req/Ind,  M, U,               3.1.5, Without one it sends what is new.]
    severities:
      - [C-MOVE-RSP.Status.type, warning, 'off',               3.1.6, It has statuses of its own.]
  - extends: C-FIND
    sop_classes: [Study Root Query/Retrieve Information Model - FIND]
    cells:
      - [Affected SOP Class UID, Rsp/Conf, U(=), M(=),         3.2.1, It repeats what it was asked.]
    severities:
      - [C-FIND-RSP.Identifier.C, error, warning,              3.2.2, Its last response has one for old workstations.]
      - [CONVERSATION.UNANSWERED, warning, 'off',                 3.2.3, It hangs up when it is tired.]
"""
USE = """
import dimse
from acme_profiles import PROFILES
from acme_profiles.acme_archive import C_MOVE, C_MOVE_RQ, C_FIND, PROFILE
print(PROFILES, PROFILE.section)
rq = C_MOVE_RQ(MessageID=1, AffectedSOPClassUID="1.2.276.0.99.1", Priority=1, MoveDestination="ACME WS")
print(rq.violations(), dimse.decode(rq.encode()).violations()[0].keyword)
print(dimse.decode(rq.encode()).violations(profile=PROFILE))
for violation in C_MOVE(MessageID=1, AffectedSOPClassUID="1.2", Priority=2, MoveDestination="X").violations():
    print(violation.rule, violation.section, violation.text, sep=" | ")
print([str(change) for change in PROFILE.changes if change.relaxed])
refused = C_MOVE(MessageIDBeingRespondedTo=1, Status=0x0110).violations("response")
print(refused, "C-MOVE-RSP.Status.type" in PROFILE.RULES, "C-MOVE-RSP.Status.class" in PROFILE.RULES)
conversation = dimse.Conversation(profiles=[PROFILE])
find = dimse.C_FIND_RQ(MessageID=1, AffectedSOPClassUID="1.2.840.10008.5.1.4.1.2.2.1", Priority=0, Identifier=b"")
conversation.feed(find, "requestor")
last = dimse.C_FIND(MessageIDBeingRespondedTo=1, Status=0, Identifier=b"again")
print([(v.rule, v.severity, v.section) for v in conversation.feed(last, "acceptor").violations])
conversation.feed(find, "requestor")
print(conversation.end())
"""


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a schema of one profile and nothing else, which is the working directory."""
    (tmp_path / "schema" / "profiles").mkdir(parents=True)
    text = PROFILE.replace(
        "      - [Number of Warning Sub-operations, Rsp/Conf, C, '-',   3.1.4, It never warns.]\n", ""
    )
    (tmp_path / "schema" / "profiles" / "acme_archive.yaml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def codegen(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, arguments)
    return done.exit_code, done.output


def test_a_change_no_peer_could_keep(empty: Path) -> None:
    """What PS3.7 requires of a Pending response cannot be forbidden: the compiler says so, and writes nothing."""
    (empty / "schema" / "profiles" / "acme_archive.yaml").write_text(PROFILE, encoding="utf-8")
    status, output = codegen("generate", "--schema", "schema", "--out", "acme_profiles")
    assert status == 1
    assert output.splitlines()[0] == (
        "schema/profiles/acme_archive.yaml:14:57: CHANGE_POSSIBLE: Number of Warning Sub-operations is C and cannot "
        "become -: the service requires it while its condition holds"
    )
    assert not (empty / "acme_profiles").exists()


def test_compiled_and_imported(empty: Path) -> None:
    """No service is copied: the classes extend those of dimse, and judge by the document that the profile names."""
    arguments = ("--schema", "schema", "--out", "acme_profiles")
    assert codegen("lint", "--schema", "schema")[0] == 0
    assert codegen("generate", *arguments) == (
        0,
        "acme_profiles/__init__.py: written\nacme_profiles/acme_archive.py: written\n"
        "2 files in acme_profiles, 2 changed\n",
    )
    assert codegen("check", *arguments) == (0, "2 files in acme_profiles are as schema has them\n")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", USE], cwd=empty, capture_output=True, encoding="utf-8", check=False
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "{'acme_archive': 'Acme Archive'} ACME DCS 7 3.1",
        "() Identifier",
        "()",
        "C-MOVE-RQ.Priority.MF | ACME DCS 7 3.1.3 | Priority is MF 0 or 1 and has 2",
        "C-MOVE-RQ.MoveDestination.MF | ACME DCS 7 3.1.2 | MoveDestination is MF ACME WS and has 'X'",
        "['C-MOVE Identifier, Req/Ind: M > U (relaxed). Without one it sends what is new. (ACME DCS 7 3.1.5)', "
        "'C-MOVE C-MOVE-RSP.Status.type: warning > off (relaxed). It has statuses of its own. (ACME DCS 7 3.1.6)', "
        "'C-FIND C-FIND-RSP.Identifier.C: error > warning (relaxed). Its last response has one for old workstations. "
        "(ACME DCS 7 3.2.2)', "
        "'C-FIND CONVERSATION.UNANSWERED: warning > off (relaxed). It hangs up when it is tired. (ACME DCS 7 3.2.3)']",
        "() False True",
        "[('C-FIND-RSP.AffectedSOPClassUID.M', 'error', 'ACME DCS 7 3.2.1'), "
        "('C-FIND-RSP.Identifier.C', 'warning', 'PS3.7 9.1.2.1.5')]",
        "()",
    ]


def test_changed_by_hand(empty: Path) -> None:
    """A file that is missing, stale or left over is found, as in the package of services."""
    arguments = ("--schema", "schema", "--out", "acme_profiles")
    codegen("generate", *arguments)
    module = empty / "acme_profiles" / "acme_archive.py"
    module.write_text(module.read_text(encoding="utf-8").replace("MF ACME WS", "MF OTHER"), encoding="utf-8")
    (empty / "acme_profiles" / "acme_gone.py").write_text(module.read_text(encoding="utf-8"), encoding="utf-8")
    (empty / "acme_profiles" / "__init__.py").unlink()
    status, output = codegen("check", *arguments)
    assert status == 1
    for name, kind in (("__init__.py", "missing"), ("acme_archive.py", "stale"), ("acme_gone.py", "orphaned")):
        assert f"acme_profiles/{name}: {kind}\n" in output


def test_a_profile_beside_services_of_ones_own(empty: Path) -> None:
    """With services of its own, the profiles' package stands beside theirs and extends them; elsewhere is refused."""
    (empty / "schema" / "services").mkdir()
    for name in ("c_find", "c_move", "c_cancel"):
        text = (SERVICES / f"{name}.yaml").read_text(encoding="utf-8")
        (empty / "schema" / "services" / f"{name}.yaml").write_text(text, encoding="utf-8")
    profile = empty / "schema" / "profiles" / "acme_archive.yaml"
    uids = {"MOVE": "1.2.840.10008.5.1.4.1.2.2.2", "FIND": "1.2.840.10008.5.1.4.1.2.2.1"}
    text = profile.read_text(encoding="utf-8")
    for name, uid in uids.items():
        text = text.replace(f"Study Root Query/Retrieve Information Model - {name}", uid)
    profile.write_text(text, encoding="utf-8")
    status, output = codegen("generate", "--schema", "schema", "--out", "acme/messages")
    assert (status, "not compiled, for want of --profiles DIR: Acme Archive\n" in output) == (0, True)
    status, output = codegen("generate", "--schema", "schema", "--out", "acme/messages", "--profiles", "elsewhere")
    assert (status, "stands beside that of the services" in output) == (2, True)
    arguments = ("--schema", "schema", "--out", "acme/messages", "--profiles", "acme/profiles")
    assert codegen("generate", *arguments)[0] == 0
    assert codegen("check", *arguments)[0] == 0
    use = (
        "from acme.messages import C_MOVE; from acme.profiles.acme_archive import C_MOVE as OURS;"
        "print(OURS.EXTENDS is C_MOVE, *(v.section for v in OURS(MoveDestination='X').violations()))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", use], cwd=empty, capture_output=True, encoding="utf-8", check=False
    )
    assert done.stderr == ""
    assert done.stdout.split(" PS3.7")[0].split(" ACME")[0] == "True"
    assert "ACME DCS 7 3.1.2" in done.stdout


def test_a_service_changes_under_its_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cell of a service is changed: the service compiles, and each profile that no longer fits is named."""
    shutil.copytree(ROOT / "schema", tmp_path / "schema")
    monkeypatch.chdir(tmp_path)
    arguments = ("--schema", "schema", "--out", "acme/services", "--profiles", "acme/profiles")
    assert codegen("generate", *arguments)[0] == 0
    before = (tmp_path / "acme" / "profiles" / "storage_commitment.py").read_text(encoding="utf-8")
    service = tmp_path / "schema" / "services" / "n_action.yaml"
    text = service.read_text(encoding="utf-8").replace(
        "Action Information:            [U,       '-']", "Action Information:            [M,       '-']"
    )
    service.write_text(text.replace("    data_set: conditional", "    data_set: always", 1), encoding="utf-8")
    status, output = codegen("generate", *arguments)
    assert status == 1
    assert "acme/services/n_action.py: written\n" in output
    assert (
        "storage_commitment.yaml:20:47: CHANGE_OF_CELL: Action Information is M in Req/Ind of N-ACTION, not U" in output
    )
    assert (tmp_path / "acme" / "profiles" / "storage_commitment.py").read_text(encoding="utf-8") == before
    assert codegen("lint", "--schema", "schema")[0] == codegen("check", *arguments)[0] == 1
    assert codegen("check", "--schema", "schema", "--out", "acme/services")[0] == 0


def test_profiles_alone_have_nothing_beside_them(empty: Path) -> None:
    """A dictionary without services would be passed over in silence, so it is refused; so is a second package."""
    assert codegen("generate", "--schema", "schema", "--out", "one", "--profiles", "two")[0] == 2
    (empty / "schema" / "statuses.yaml").touch()
    status, output = codegen("lint", "--schema", "schema")
    assert status == 1
    assert "statuses.yaml:1:1: SERVICES_PRESENT: statuses.yaml is read where there are services" in output


# dimse check --profile


def check(*arguments: str) -> tuple[int, list[str]]:
    done = CliRunner().invoke(dimse, ["check", *arguments], catch_exceptions=False)
    return done.exit_code, done.output.splitlines()


@pytest.mark.parametrize("name", ["storage_commitment", "Storage Commitment"])
def test_check_by_a_shipped_profile(name: str) -> None:
    """A profile is named by its name or its module; a capture that PS3.7 has nothing against is found wrong."""
    capture = str(CAPTURES / "stgcmt_orthanc.pcapng")
    assert check(capture)[1][-1] == "4 Associations, 9 messages, 0 errors, 0 warnings, 0 advisories"
    status, lines = check("--profile", name, capture)
    assert (status, lines[-1]) == (1, "4 Associations, 9 messages, 1 error, 0 warnings, 0 advisories")
    assert [line.strip() for line in lines if "has 9" in line] == [
        "error     ActionTypeID is MF 1 and has 9 (PS3.4 J.3.2.1.2)  [N-ACTION-RQ.ActionTypeID.MF]"
    ]


def test_check_by_several(empty: Path) -> None:
    """Several may be given, a user's own among them by its module or its package, found from where one stands."""
    codegen("generate", "--schema", "schema", "--out", "acme_profiles")
    capture = str(CAPTURES / "move_dcmtk.pcapng")
    for module in ("acme_profiles", "acme_profiles.acme_archive"):
        try:
            status, lines = check("--profile", "storage", "--profile", module, capture)
        finally:
            for loaded in [each for each in sys.modules if each.partition(".")[0] == "acme_profiles"]:
                del sys.modules[loaded]
        assert status == 1
        assert any("ACME DCS 7 3.1.2" in line for line in lines)
    assert str(empty) not in sys.path


UNKNOWN = {
    "nonesuch": "'nonesuch' is no profile, and no module of that name can be imported",
    "Study Rot": "'Study Rot' is no profile",
    "dimse.nonesuch": "'dimse.nonesuch' is no profile, and no module of that name can be imported",
    "dimse.status": "'dimse.status' is no profile: the module dimse.status has no PROFILE",
    "broken": "'broken' cannot be imported: ZeroDivisionError: division by zero",
    "lacking": "'lacking' cannot be imported: ModuleNotFoundError: No module named 'no_such_thing'",
    "": "'' is no profile",
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_check_by_what_is_no_profile(name: str, empty: Path) -> None:
    """What is no profile is wrong usage: it is said why, and which profiles there are."""
    (empty / "broken.py").write_text("1 / 0\n", encoding="utf-8")
    (empty / "lacking.py").write_text("import no_such_thing\n", encoding="utf-8")
    status, lines = check("--profile", name, os.devnull)
    assert status == 2
    assert lines[-1] == (
        f"Error: {UNKNOWN[name]}; those that come with dimse are modality_performed_procedure_step, "
        "patient_root_query_retrieve, storage, storage_commitment, study_root_query_retrieve, verification"
    )
