"""`dimse check` on generated captures, beside tshark's DICOM dissection of the same files.

Whole processes, by the processor time that the system charges them, the two in turn; what they write goes to a pipe
that is read to its end. tshark is asked for the one field of each DICOM packet that costs least to write.

Nothing here fails for being slow.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Results
from .traffic import captures

MEGABYTES = int(os.environ.get("BENCH_MEGABYTES", "100"))
ROUNDS = 3
DIMSE = Path(sys.executable).parent / "dimse"
TSHARK = ["-Y", "dicom", "-T", "fields", "-e", "frame.number"]


def run(command: list[str]) -> tuple[float, int, bytes]:
    """Processor seconds and most bytes of memory of a process, and the last line that it wrote."""
    reading, writing = os.pipe()
    actions = [(os.POSIX_SPAWN_DUP2, writing, 1), (os.POSIX_SPAWN_CLOSE, reading)]
    process = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
    os.close(writing)
    last = b""
    with os.fdopen(reading, "rb") as pipe:
        for line in pipe:
            last = line
    _, status, usage = os.wait4(process, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, last


def test_check(results: Results, tmp_path: Path) -> None:
    """Megabytes and messages a second of each kind of traffic, and the most memory."""
    tshark = shutil.which("tshark")
    if tshark:
        lines = subprocess.run([tshark, "--version"], check=True, capture_output=True, encoding="utf-8").stdout
        results.found["tshark"] = lines.split("\n")[0]
    for name, path, messages in captures(tmp_path, MEGABYTES):
        ours: list[float] = []
        theirs: list[float] = []
        peak = 0
        for _ in range(ROUNDS):
            seconds, most, last = run([str(DIMSE), "check", str(path)])
            assert f" {messages} messages, 0 errors, 0 warnings".encode() in last
            ours.append(seconds)
            peak = max(peak, most)
            if tshark:
                theirs.append(run([tshark, "-r", str(path), *TSHARK])[0])
        for unit, count in (("MB", path.stat().st_size / 1e6), ("messages", messages)):
            figures = {"dimse": count / min(ours)} | ({"tshark": count / min(theirs)} if theirs else {})
            results.whole(f"check, {name}, {unit} a second", **figures)
        results.whole(f"check, {name}, memory", dimse=peak)
    if not tshark:
        pytest.skip("tshark is not here, dimse was measured alone: apt-get install tshark")
