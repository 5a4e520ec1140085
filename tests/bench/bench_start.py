"""How long `dimse show` takes, the whole process, beside a Python that does nothing, in turn."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from .conftest import Results

ROUNDS = 40
SCRIPT = Path(sys.executable).parent / "dimse"
NOTHING = [sys.executable, "-c", "pass"]
SHOWN = {
    "show": "C-MOVE",
    "show, a message": "C-MOVE-RSP",
    "show, an element": "(0000,0902)",
    "show, a Status": "0xA801",
    "show, a rule": "C-MOVE-RSP.Status.M",
}


def milliseconds(command: list[str]) -> float:
    """What one run takes."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - start) * 1e3


@pytest.mark.parametrize("task", SHOWN)
def test_start(task: str, results: Results) -> None:
    """The fastest and the middle run of the script, and of `python -c pass`, in milliseconds."""
    commands = {"dimse": [str(SCRIPT), "show", SHOWN[task]], "python": NOTHING}
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, command in commands.items():
            taken[name].append(milliseconds(command))
    figures = {name: min(each) for name, each in taken.items()}
    medians = {f"{name}, median": sorted(each)[ROUNDS // 2] for name, each in taken.items()}
    results.whole(task, **figures, **medians)
