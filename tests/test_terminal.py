"""`dimse` on a terminal: colour where it is wanted, and nothing of a peer that the terminal would obey."""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
from pathlib import Path

import pytest

import damage
from test_capture import Wire, associate

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")

ROOT = Path(__file__).resolve().parents[1]
CAPTURE = "tests/captures/mpps_pynetdicom.pcapng"
# Colour and weight: all that we ever ask of a terminal.
STYLE = re.compile(r"\x1b\[[0-9;]*m")


def on_a_terminal(*arguments: str, columns: int = 80, **environment: str) -> str:
    """What `dimse` writes to a terminal of its own."""
    import fcntl
    import pty
    import termios

    kept = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with subprocess.Popen(
        [sys.executable, "-c", "from dimse.cli import main; main()", *arguments],
        cwd=ROOT,
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.PIPE,
        env={**kept, "TERM": "xterm-256color", **environment},
    ) as process:
        os.close(theirs)
        output = bytearray()
        while True:
            try:
                chunk = os.read(ours, 1 << 16)
            except OSError:  # Linux says so when the other end is closed
                break
            if not chunk:
                break
            output += chunk
        assert process.stderr is not None
        assert process.stderr.read() == b""
    os.close(ours)
    return output.decode("utf-8").replace("\r\n", "\n")


def piped(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", "from dimse.cli import main; main()", *arguments],
        cwd=ROOT,
        check=False,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("arguments", [("check", CAPTURE), ("show", "C-MOVE"), ("explain", "00000000040000000000")])
def test_colour_and_the_same_words(arguments: tuple[str, ...]) -> None:
    """A terminal gets colour and the words of a pipe; NO_COLOR and a pipe get the words alone."""
    coloured = on_a_terminal(*arguments)
    plain = piped(*arguments)
    assert "\x1b" not in plain
    assert STYLE.search(coloured)
    assert STYLE.sub("", coloured) == plain
    assert on_a_terminal(*arguments, NO_COLOR="1") == plain


def test_errors_are_red() -> None:
    """An error is told in bold red, a warning in yellow."""
    coloured = on_a_terminal("check", CAPTURE)
    assert re.search(r"\x1b\[1;31merror", coloured)
    assert re.search(r"\x1b\[33mwarning", coloured)


def test_a_narrow_terminal_breaks_lines_itself() -> None:
    """Lines are written whole whatever the width, so that what is copied is what was written."""
    assert on_a_terminal("check", CAPTURE, columns=20) == on_a_terminal("check", CAPTURE, columns=500)


def test_a_terminal_without_colour() -> None:
    """TERM=dumb has no colour."""
    assert "\x1b" not in on_a_terminal("show", "C-ECHO", TERM="dumb")


def test_nothing_of_a_peer_reaches_the_terminal(tmp_path: Path) -> None:
    """Titles that would clear a screen, set its title or look like markup are spelt out."""
    wire = Wire()
    wire.packets = [
        packet
        for number, title in enumerate((b"\x1b[2J[red]\r\n\x9b1A", b"\x1b]0;x\x07[/bold]", b"\x0e\x9d\x90\x08\x7f"), 1)
        for packet in Wire(number).open().send(0, associate(1, calling=title)).send(1, associate(2)).packets
    ]
    path = tmp_path / "\x1b[31mhostile\n.pcap"
    path.write_bytes(damage.pcap(wire.packets))
    text = STYLE.sub("", on_a_terminal("check", str(path)))
    assert all(each.isprintable() for each in text.replace("\n", ""))
    assert r"\x1b[2J[red]\r\n\x9b1A" in text
    assert r"\x1b]0;x\x07[/bold]" in text
    assert r"\x1b[31mhostile\n.pcap" in text
