"""What `dimse check` exits with, what fails it, and what it says of wrong usage."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import damage
from dimse.cli.commands import dimse
from dimse.cli.reports import FORMS
from test_capture import CAPTURES, Wire, associate, whole

# Of these captures, as their descriptions and the golden reports have them, the gravest that is found.
CLEAN, ADVISED, WARNED, WRONG = (
    CAPTURES / f"{name}.pcapng" for name in ("move_dcmtk", "odil", "get_cancel_pynetdicom", "mpps_pynetdicom")
)
each_form = pytest.mark.parametrize("form", FORMS)


def check(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(dimse, ["check", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


@each_form
@pytest.mark.parametrize(
    ("path", "on_error", "on_warning"), [(CLEAN, 0, 0), (ADVISED, 0, 0), (WARNED, 0, 1), (WRONG, 1, 1)], ids=str
)
def test_what_fails(form: str, path: Path, on_error: int, on_warning: int) -> None:
    """Errors fail, with --fail-on warning warnings too, advisories never; the form makes no difference."""
    assert check("--format", form, path).exit_code == on_error
    assert check("--format", form, "--fail-on", "error", path).exit_code == on_error
    assert check("--format", form, "--fail-on", "warning", path).exit_code == on_warning


@each_form
def test_what_cannot_be_read_goes_before_what_was_found(form: str, tmp_path: Path) -> None:
    """A capture that is cut, missing, or none is exit code 3, whatever else was found; the others are read."""
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(damage.pcap(whole("echo_to_orthanc"))[:-3])
    none = tmp_path / "notes.pcap"
    none.write_bytes(b"no capture at all")
    for path in (cut, none, tmp_path / "missing.pcap", tmp_path / "\udc80.pcap"):
        result = check("--format", form, path, WRONG)
        assert result.exit_code == 3
        assert "N-CREATE-RSP.ErrorComment.C" in result.output


@pytest.mark.parametrize(
    ("options", "exit_code"),
    [
        (["*=off"], 0),
        (["*=advisory"], 0),
        (["*=warning"], 0),
        (["N-CREATE-RSP.*=off"], 0),
        (["N-CREATE-RSP.ErrorComment.C=off"], 1),
        (["*.C=warning"], 0),
        (["*=off", "N-CREATE-RSP.*=error"], 1),
        (["N-CREATE-RSP.*=error", "*=off"], 0),
        (["C-MOVE-*=off"], 1),
        (["WIRE.EMPTY=error", "N-CREATE-RSP.*=off"], 1),
    ],
    ids=str,
)
def test_severities_by_pattern(options: list[str], exit_code: int) -> None:
    """Severities can be set for a rule and for a pattern, up and down; of several that fit, the last one holds."""
    arguments = [word for option in options for word in ("--severity", option)]
    assert check(*arguments, WRONG).exit_code == exit_code


def test_a_severity_is_what_is_told() -> None:
    """A changed severity is the one that is counted and shown; what is off is not shown."""
    told = json.loads(check("--format", "json", "--severity", "N-CREATE-RSP.*=advisory", WRONG).output)
    assert (told["summary"]["error"], told["summary"]["advisory"]) == (0, 4)
    text = check("--severity", "WIRE.*=off", WRONG).output
    assert "WIRE.EMPTY" not in text
    assert "4 errors, 0 warnings" in text


def test_a_fault_is_an_error(tmp_path: Path) -> None:
    """What makes no PDU fails as an error does, and no severity takes it away: there is no message to judge."""
    wire = Wire().open().send(0, associate(1)).send(1, associate(2)).send(0, b"\x55\0\0\0\0\4abcd")
    path = tmp_path / "fault.pcap"
    path.write_bytes(damage.pcap(wire.packets))
    assert check(path).exit_code == 1
    assert check("--severity", "*=off", path).exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Missing argument 'CAPTURE...'"),
        (["--format", "xml", str(CLEAN)], "'xml' is not one of"),
        (["--fail-on", "advisory", str(CLEAN)], "'advisory' is not one of"),
        (["--severity", "loud", str(CLEAN)], "'loud' is not RULE=LEVEL; a level is one of error, warning"),
        (["--severity", "=error", str(CLEAN)], "'=error' is not RULE=LEVEL"),
        (["--severity", "A=", str(CLEAN)], "'A=' is not RULE=LEVEL"),
        (["--severity", "*=loud", str(CLEAN)], "'*=loud' is not RULE=LEVEL"),
        (["--loud", str(CLEAN)], "No such option"),
    ],
    ids=str,
)
def test_wrong_usage(arguments: list[str], words: str) -> None:
    """Wrong usage is exit code 2, with what is wrong and what there is instead; nothing is read."""
    result = check(*arguments)
    assert result.exit_code == 2
    assert words in " ".join(result.output.split())
    assert "0.000" not in result.output


def test_a_reader_that_has_seen_enough() -> None:
    """Piped into a program that reads one line, it ends without a traceback."""
    with subprocess.Popen(
        [sys.executable, "-c", "from dimse.cli import main; main()", "check", str(CAPTURES)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        told = process.stderr.read()
    assert "Traceback" not in told
    assert process.returncode == 0
