"""Names that import their module when they are first used, in processes of their own."""

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest

import dimse


def run(program: str, given: bytes = b"") -> str:
    done = subprocess.run([sys.executable, "-c", program], input=given, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def test_every_name_is_there() -> None:
    """Each name that the package lists can be had from it, and is listed by `dir` before it has been asked for."""
    assert [name for name in dimse.__all__ if not hasattr(dimse, name)] == []
    assert set(dimse.__all__) <= set(run("import dimse; print(*dir(dimse))").split())


def test_no_other_name_is_there() -> None:
    """A misspelt name is an AttributeError as of any module, and an ImportError where it is imported."""
    with pytest.raises(AttributeError, match=r"^module 'dimse' has no attribute 'C_MOVED'$"):
        dimse.C_MOVED  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(ImportError, match="C_MOVED"):
        from dimse import C_MOVED  # type: ignore[attr-defined]  # noqa: F401


def test_a_service_imports_no_other() -> None:
    """Who uses one service loads the modules of one, and no pydicom before a UID is made."""
    program = "import sys, dimse; dimse.C_ECHO; print(*sys.modules)"
    loaded = set(run(program).split())
    assert "dimse.services.c_echo" in loaded
    assert not loaded & {"dimse.services.c_move", "dimse.services._codec", "pydicom"}


def test_a_message_from_elsewhere_is_encoded() -> None:
    """A message unpickled in a process that has made none has the bytes that it had where it was made."""
    made = dimse.C_ECHO_RQ(MessageID=7, AffectedSOPClassUID="1.2.840.10008.1.1")
    program = "import pickle, sys; print(pickle.loads(sys.stdin.buffer.read()).encode().hex())"
    assert run(program, pickle.dumps(made)).strip() == made.encode().hex()
