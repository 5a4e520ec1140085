"""The wheel with each extra alone, in clean environments, in every Python that is here."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .environments import CAPTURE, ROOT, Environment, make, pythons

FOUND = pythons()
ECHO_RQ = (
    "0000000004000000380000000000020012000000312e322e3834302e31303030382e312e3100"
    "000000010200000030000000100102000000010000000008020000000101"
)
RUNTIME = {"attrs", "dimse", "pydicom"}
ECHO = "rq = dimse.C_ECHO_RQ(MessageID=1, AffectedSOPClassUID='1.2')"


def _runtime(environment: Environment) -> set[str]:
    """Messages are made, judged and read; the commands say which extra they need."""
    assert environment.python(f"import dimse; {ECHO}; print(dimse.decode(rq.encode()))").startswith("<C-ECHO request")
    assert environment.python("import dimse; print(dimse.__version__)").strip() in environment.run(
        "python", "-m", "pip", "show", "dimse"
    )
    assert environment.run("dimse", "show", code=1) == "dimse needs click: pip install 'dimse[cli]'\n"
    assert "pip install 'dimse[codegen]'" in environment.run("dimse-codegen", "lint", code=1)
    return set()


def _codegen(environment: Environment) -> set[str]:
    """The schema is linted, compiled, checked, and what it compiled to is imported: byte for byte ours."""
    assert "obeys all" in environment.run("dimse-codegen", "lint")
    environment.run("dimse-codegen", "generate", "--out", "pkg")
    environment.run("dimse-codegen", "check", "--out", "pkg")
    printed = {path.name: path.read_bytes() for path in (environment.work / "pkg").glob("*.py")}
    assert printed == {path.name: path.read_bytes() for path in (ROOT / "src" / "dimse" / "services").glob("*.py")}
    use = f"import dimse, pkg; {ECHO}; print(type(pkg.C_ECHO_RQ(**{{'MessageID': 1, 'AffectedSOPClassUID': '1.2'}})))"
    assert environment.python(f"import sys; sys.path.insert(0, '.'); {use}") == "<class 'pkg.c_echo.C_ECHO_RQ'>\n"
    return {"click", "jinja2", "markupsafe", "ruamel.yaml"}


def _cli(environment: Environment) -> set[str]:
    """The matrix is shown, a capture judged, bytes taken apart."""
    assert "Move Destination" in environment.run("dimse", "show", "C-MOVE")
    assert "2 Associations, 13 messages, 1 error" in environment.run("dimse", "check", CAPTURE, code=1)
    assert "Command Group Length" in environment.run("dimse", "explain", ECHO_RQ)
    return {"click", "markdown-it-py", "mdurl", "pygments", "rich"}


def _pynetdicom(environment: Environment) -> set[str]:
    """An echo goes over an Association of pynetdicom with our layer in force."""
    assert environment.python(OVER_PYNETDICOM).strip() == "0000H"
    return {"pynetdicom"}


def _testing(environment: Environment) -> set[str]:
    """Hypothesis draws messages from the strategies."""
    assert environment.python(DRAWN).strip() == "20 legal"
    return {"hypothesis", "sortedcontainers"}


OVER_PYNETDICOM = """
from pynetdicom import AE
from dimse.pynetdicom import install, installed
install()
assert installed()
ae = AE()
ae.add_supported_context("1.2.840.10008.1.1")
ae.add_requested_context("1.2.840.10008.1.1")
server = ae.start_server(("127.0.0.1", 0), block=False)
association = ae.associate(*server.server_address)
print(f"{association.send_c_echo().Status:04X}H")
association.release()
server.shutdown()
"""
DRAWN = """
from hypothesis import given, settings
from dimse.testing import valid_messages
from dimse import C_MOVE_RSP
seen = []
@settings(max_examples=20, database=None, deadline=None)
@given(valid_messages(C_MOVE_RSP))
def draw(message):
    seen.append(message.violations())
draw()
print(len(seen), "legal" if not any(seen) else "broken")
"""
EXTRAS: dict[str, Callable[[Environment], set[str]]] = {
    "": _runtime,
    "codegen": _codegen,
    "cli": _cli,
    "pynetdicom": _pynetdicom,
    "testing": _testing,
}


@pytest.mark.parametrize("extra", EXTRAS)
@pytest.mark.parametrize("version", FOUND)
def test_each_extra_alone_does_its_work(version: str, extra: str, wheel: Path, tmp_path: Path) -> None:
    """Nothing is installed but the runtime and what the extra names, and nothing more is needed."""
    environment = make(FOUND[version], tmp_path, f"{wheel}[{extra}]" if extra else str(wheel))
    brought = EXTRAS[extra](environment)
    allowed = RUNTIME | brought
    assert environment.installed() - allowed == set()


def test_the_python_that_runs_the_tests_is_among_them() -> None:
    """No version is left out for want of looking."""
    assert f"{sys.version_info.major}.{sys.version_info.minor}" in FOUND
