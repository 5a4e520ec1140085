"""`dimse check` as a process: what comes on standard input is told as it comes; memory does not grow."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.traffic import small_messages, stores
from dimse import C_ECHO_RQ, to_pdus

HERE = Path(__file__).parent
CAPTURES = HERE / "captures"
DIMSE = str(Path(sys.executable).parent / "dimse")
CAPTURE = (CAPTURES / "echo_to_orthanc.pcapng").read_bytes()
# What reading ten times as much may cost; it is megabytes more if anything is kept of each packet or message.
MOST_MORE = 8 << 20


@contextmanager
def checking(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [DIMSE, "check", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("form", ["text", "json"])
def test_standard_input(form: str) -> None:
    """What comes on standard input is told as if it were a file."""
    path = CAPTURES / "move_dcmtk.pcapng"
    done = [
        subprocess.run(
            [DIMSE, "check", "--format", form, each], input=path.read_bytes(), capture_output=True, check=True
        )
        for each in ("-", str(path))
    ]
    assert done[0].stdout.count(b"\n") > 20
    assert done[0].stdout == done[1].stdout.replace(str(path).encode(), b"-")


def test_a_stream_on_standard_input() -> None:
    """A stream of PDUs is told, too, whichever side sent it, though it comes in two parts."""
    request = C_ECHO_RQ(MessageID=7, AffectedSOPClassUID="1.2.840.10008.1.1")
    pdus = b"".join(pdu.encode() for pdu in to_pdus(request.encode(), context_id=1, max_length=0))
    with checking("-") as process:
        assert process.stdin is not None
        process.stdin.write(pdus[:5])
        process.stdin.flush()
        output, _ = process.communicate(pdus[5:])
    assert b"C-ECHO-RQ" in output
    assert b"1 message, 0 errors" in output


def test_as_it_comes() -> None:
    """What has come is told while more may come; an interrupt ends it, and the summary is told."""
    with checking("-") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(CAPTURE)
        process.stdin.flush()
        while b"released" not in (line := process.stdout.readline()):
            assert line
        os.kill(process.pid, signal.SIGINT)
        assert process.stdout.read().splitlines()[-1].startswith(b"5 Associations, 10 messages, 0 errors")
        assert process.wait() == 0


def test_cut_on_standard_input() -> None:
    """What ends within a packet is told so far; the exit code says that it was not read to its end."""
    with checking("-") as process:
        output, _ = process.communicate(CAPTURE[:-10])
        assert b"incomplete: byte " in output
        assert process.returncode == 3


def peak(path: Path) -> int:
    """The most bytes of memory of a process that checks a capture."""
    program = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    command = [sys.executable, "-c", program, DIMSE, "check", str(path)]
    return int(subprocess.run(command, check=True, capture_output=True).stdout) * 1024


def test_memory(tmp_path: Path) -> None:
    """Ten times as much to read takes no more memory: 100 MB of C-STOREs, 10 MB of small messages."""
    for make, size in ((stores, 100_000_000), (small_messages, 10_000_000)):
        peaks = []
        for each in (size // 10, size):
            path = tmp_path / "generated.pcap"
            make(path, each)
            peaks.append(peak(path))
            path.unlink()
        assert peaks[1] - peaks[0] < MOST_MORE
