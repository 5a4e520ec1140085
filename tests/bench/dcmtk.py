"""DCMTK as a contender: a small program of ours, compiled here and asked for a round at a time."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

from .contenders import Rows, written
from .messages import Kind

SOURCE = Path(__file__).with_name("dcmtk_bench.cc")
HEADER = Path("/usr/include/dcmtk/dcmnet/dimse.h")
CONFIGURATION = Path("/usr/include/dcmtk/config/osconfig.h")
LIBRARIES = ("-ldcmnet", "-ldcmdata", "-loflog", "-lofstd")
TASKS = ("encode", "decode")


def version() -> str:
    """DCMTK's own, "" where its headers do not say."""
    found = re.search(r'define PACKAGE_VERSION "([^"]*)"', CONFIGURATION.read_text())
    return found[1] if found else ""


class Dcmtk:
    """The running program; it takes its own time, and every round is one request.

    Raises:
        FileNotFoundError: no compiler, or no DCMTK headers.
    """

    name = "DCMTK"

    def __init__(self, build: Path) -> None:
        compiler = shutil.which("g++")
        if compiler is None or not HEADER.exists():
            raise FileNotFoundError("DCMTK is left out: its headers and g++ are needed (Debian: libdcmtk-dev)")
        build.mkdir(parents=True, exist_ok=True)
        program = build / "dcmtk_bench"
        subprocess.run([compiler, "-O2", "-o", str(program), str(SOURCE), *LIBRARIES], check=True)
        self._process = subprocess.Popen([str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def seconds(self, task: str, kind: Kind, rows: Rows) -> float:
        """Processor time that DCMTK took for these messages.

        Raises:
            RuntimeError: the program ended: it wrote other bytes than those it had read, or could not read them.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        lines = [f"{task} {len(rows)}", *(data.hex() for data in written(kind, rows))]
        self._process.stdin.write("\n".join(lines) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the DCMTK program ended in {task} of {kind.title}")
        microseconds: float = json.loads(answer)["microseconds"]
        return microseconds * len(rows) / 1e6

    def close(self) -> None:
        """End the program."""
        self._process.communicate()
