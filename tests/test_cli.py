"""`dimse-codegen` as people run it: in the checkout, elsewhere, on a schema of their own, and when things go wrong."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dimse_codegen.laws import LAWS

ROOT = Path(__file__).resolve().parents[1]
SMALL = ROOT / "tests" / "laws" / "schema"
SCRIPT = Path(sys.executable).parent / "dimse-codegen"

X_TEST = """\
edition: 2026c
service: X-TEST
section: "9.1.5"
summary: Verify that widgets answer.
group: DIMSE-X
kind: operation
procedures: { sub_operations: '-', multiple_responses: '-', cancel: '-' }

table: "9.1-5"
columns: [Req/Ind, Rsp/Conf]
parameters:
  Message ID:                    [M,    '-']
  Message ID Being Responded To: ['-',  M]
  Affected SOP Class UID:        [M,    U(=)]
  Priority:                      [MF 1, '-']
  Error Comment:                 [U,    C]
  Status:                        ['-',  M]

conditions:
  - parameters: [Error Comment]
    column: Rsp/Conf
    required_when: Status is Failure and Error Comment is present in the request
    permitted_when: Status is Failure
    section: 9.1.5.1.5

equal_to_request:
  Message ID Being Responded To: Message ID

descriptions:
  Message ID:                    [9.1.5.1.1, Tells this operation from others.]
  Message ID Being Responded To: [9.1.5.1.2, Message ID of the request.]
  Affected SOP Class UID:        [9.1.5.1.3, Class of the widgets.]
  Priority:                      [9.1.5.1.4, HIGH.]
  Error Comment:                 [9.1.5.1.5, What is wrong.]
  Status:                        [9.1.5.1.6, How it ended.]

messages:
  X-TEST-RQ:
    table: "9.3-12"
    command_field: 0050H
    fields: [Command Group Length, Affected SOP Class UID, Command Field, Message ID, Priority,
             Command Data Set Type, Error Comment]
    data_set: never
  X-TEST-RSP:
    table: "9.3-13"
    command_field: 8050H
    fields: [Command Group Length, Affected SOP Class UID, Command Field, Message ID Being Responded To,
             Command Data Set Type, Status, Error Comment]
    data_set: never

statuses:
  section: "9.1.5.1.6"
  types: [Success, 'Refused: SOP Class not supported', Failed]
"""

# What a user does with the package, in a process that never heard of the compiler's directory.
USE = """\
from widgets import X_TEST, X_TEST_RQ, decode

def said(violations):
    return [(violation.keyword, violation.cell) for violation in violations]

new = X_TEST(MessageID=7, Status=0)
assert said(new.violations("request")) == [("AffectedSOPClassUID", "M"), ("Status", "-")]
assert said(new.violations("response")) == [("MessageID", "-"), ("MessageIDBeingRespondedTo", "M")]

rq = X_TEST_RQ(MessageID=7, AffectedSOPClassUID="1.2.3", Priority=1, ErrorComment="why")
assert said(rq.violations()) == []
assert said(X_TEST_RQ(MessageID=7, AffectedSOPClassUID="1.2.3", Priority=0).violations()) == [("Priority", "MF 1")]
assert decode(rq.encode()).request() == rq

rsp = rq.respond(Status=0x0122)
assert (rsp.MessageIDBeingRespondedTo, rsp.AffectedSOPClassUID) == (7, "1.2.3")
assert said(rsp.violations(request=rq)) == [("ErrorComment", "C")]
assert said(rq.respond(Status=0x0122, ErrorComment="so").violations(request=rq)) == []
assert said(rq.respond(Status=0, ErrorComment="so").violations(request=rq)) == [("ErrorComment", "C")]
assert said(rq.respond(Status=0, AffectedSOPClassUID="1.2.4").violations(request=rq)) == [
    ("AffectedSOPClassUID", "U(=)")
]
print(X_TEST.TABLE)
"""


def run(*arguments: str | Path, cwd: Path = ROOT, script: bool = False) -> subprocess.CompletedProcess[str]:
    """Run the compiler, by its script or as a module."""
    command = [SCRIPT] if script else [sys.executable, "-m", "dimse_codegen"]
    return subprocess.run(
        [*command, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        check=False,
        encoding="utf-8",
    )


@pytest.fixture
def user(tmp_path: Path) -> Path:
    """A user's project: one service, and nothing else of a schema."""
    (tmp_path / "tables" / "services").mkdir(parents=True)
    (tmp_path / "tables" / "services" / "x_test.yaml").write_text(X_TEST, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("script", [True, False], ids=["script", "module"])
def test_in_the_checkout_it_knows_its_place(script: bool) -> None:
    """In the checkout, pyproject.toml says where the schema and the package are; the packages are in sync."""
    start = time.perf_counter()
    done = run("check", script=script)
    print(f"dimse-codegen check: {time.perf_counter() - start:.2f} s")
    assert (done.returncode, done.stderr) == (0, "")
    said = [line.partition(" ")[2] for line in done.stdout.splitlines()]
    packages = [f"files in src/dimse/{package} are as schema has them" for package in ("services", "profiles")]
    assert said == ["is up to date", *packages]
    done = run("lint", script=script)
    assert (done.returncode, done.stdout) == (0, f"schema obeys all {len(LAWS)} laws\n")


def test_lint_lists_the_laws() -> None:
    """Every law is listed once, by ID, with its purpose."""
    lines = run("lint", "--laws").stdout.splitlines()
    assert [line.split(maxsplit=1) for line in lines] == sorted([law.id, law.purpose] for law in LAWS)


def test_generate_and_check_elsewhere(tmp_path: Path) -> None:
    """With --schema and --out it works in any directory: write, find in sync, find stale, mend."""
    options = ("--schema", SMALL, "--out", "pkg")
    done = run("check", *options, cwd=tmp_path)
    assert done.returncode == 1
    assert "pkg/x_find.py: missing\n" in done.stdout
    assert f"files of pkg are not as {SMALL} has them; " in done.stderr
    assert done.stderr.endswith("change that, and run dimse-codegen generate\n")
    assert not (tmp_path / "pkg").exists()

    done = run("generate", *options, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "pkg/x_find.py: written\n" in done.stdout
    assert run("check", *options, cwd=tmp_path).returncode == 0

    module = tmp_path / "pkg" / "x_find.py"
    module.write_text(module.read_text().replace("Find widgets.", "Lose widgets."))
    done = run("check", "--diff", *options, cwd=tmp_path)
    assert done.returncode == 1
    assert '\n-    """Lose widgets.\n+    """Find widgets.\n' in done.stdout
    done = run("generate", *options, cwd=tmp_path)
    assert done.stdout.startswith("pkg/x_find.py: written\n")
    assert ", 1 changed\n" in done.stdout


def test_pyproject_is_found_from_below(user: Path) -> None:
    """The nearest pyproject.toml above the working directory names schema and package."""
    (user / "pyproject.toml").write_text('[tool.dimse-codegen]\nschema = "tables"\nout = "widgets"\n')
    (user / "deep" / "er").mkdir(parents=True)
    assert run("generate", cwd=user / "deep" / "er").returncode == 0
    assert (user / "widgets" / "x_test.py").is_file()
    assert "files in widgets are as tables has them" in run("check", cwd=user).stdout


def test_options_go_before_pyproject(user: Path) -> None:
    """What the command line says holds, whatever pyproject.toml says."""
    (user / "pyproject.toml").write_text('[tool.dimse-codegen]\nschema = "none"\nout = "none"\n')
    done = run("generate", "--schema", "tables", "--out", "widgets", cwd=user)
    assert done.returncode == 0
    assert not (user / "none").exists()


def test_without_out_the_usage_is_explained(tmp_path: Path) -> None:
    """With no place for the package the exit status is 2, and the message says what to write."""
    for command in ("generate", "check"):
        done = run(command, cwd=tmp_path)
        assert done.returncode == 2
        assert "say where the package goes: --out DIR, or tool.dimse-codegen.out" in done.stderr
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text",
    [
        "[tool.dimse-codegen",
        "tool = 5\n",
        "[tool]\ndimse-codegen = 5\n",
        "[tool.dimse-codegen]\nschema = 5\n",
        "[tool.dimse-codegen]\nschema = [\n",
        "\xff",
    ],
    ids=["cut short", "tool is no table", "our table is none", "a number", "an open list", "not UTF-8"],
)
def test_a_broken_pyproject_is_a_usage_error(text: str, tmp_path: Path) -> None:
    """A pyproject.toml that cannot be read is named, with exit status 2 and no traceback."""
    (tmp_path / "pyproject.toml").write_bytes(text.encode("latin-1"))
    done = run("lint", cwd=tmp_path)
    assert done.returncode == 2
    assert "pyproject.toml: " in done.stderr
    assert "Traceback" not in done.stderr


def test_every_problem_of_a_schema_goes_to_standard_error(tmp_path: Path) -> None:
    """A schema with faults in three files: exit status 1, a line each, a count, and nothing generated."""
    schema = shutil.copytree(SMALL, tmp_path / "schema")
    changes = {
        "services/x_find.yaml": ("kind: operation", "kind: [operation]"),
        "services/x_cancel.yaml": ("0FFFH", "0FFF"),
        "statuses.yaml": ("0122H, [", "0122, ["),
    }
    for name, (old, new) in changes.items():
        path = schema / name
        path.write_text(path.read_text().replace(old, new))
    for command in ("lint", "generate", "check"):
        options = () if command == "lint" else ("--out", "pkg")
        done = run(command, "--schema", "schema", *options, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (1, "")
        assert [line.partition(": ")[0] for line in done.stderr.splitlines()] == [
            "schema/services/x_cancel.yaml:20:20",
            "schema/services/x_find.yaml:6:7",
            "schema/statuses.yaml:14:29",
            "dimse-codegen",
        ]
        assert done.stderr.endswith("dimse-codegen: 3 problems in schema\n")
        assert not (tmp_path / "pkg").exists()


def test_a_file_of_the_user_is_not_overwritten(user: Path) -> None:
    """Where a file without our header is in the way, generate says so and writes nothing."""
    (user / "widgets").mkdir()
    (user / "widgets" / "x_test.py").write_text("mine = True\n")
    done = run("generate", "--schema", "tables", "--out", "widgets", cwd=user)
    assert done.returncode == 1
    assert "widgets/x_test.py: not generated by dimse-codegen" in done.stderr
    assert [path.name for path in (user / "widgets").iterdir()] == ["x_test.py"]


def test_a_user_compiles_a_service_of_their_own(user: Path) -> None:
    """One file makes a service: names and statuses come from those of PS3.7, and its rules are judged."""
    done = run("generate", "--schema", "tables", "--out", "widgets", cwd=user)
    assert (done.returncode, done.stderr) == (0, "")
    used = subprocess.run(
        [sys.executable, "-W", "error", "-c", USE], cwd=user, capture_output=True, check=False, encoding="utf-8"
    )
    assert (used.returncode, used.stderr) == (0, "")
    assert "Priority                       MF 1     -\n" in used.stdout


def test_a_package_of_one_service_is_formatted(user: Path) -> None:
    """The smallest package reads as the formatter would have it, too."""
    ruff = Path(sys.executable).parent / "ruff"
    if not ruff.exists():
        pytest.skip("ruff is not installed")
    run("generate", "--schema", "tables", "--out", "widgets", cwd=user)
    for command in (["format", "--check", "--diff"], ["check"]):
        options = ["--no-cache", "--config", "pyproject.toml", user / "widgets"]
        done = subprocess.run([ruff, *command, *options], cwd=ROOT, capture_output=True, check=False, encoding="utf-8")
        assert done.returncode == 0, done.stdout
