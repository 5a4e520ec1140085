"""Where the figures go: `build/bench.json`, written when all is measured."""

from __future__ import annotations

import json
import platform
import statistics
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pydicom
import pynetdicom
import pytest

from .dcmtk import Dcmtk, version
from .messages import COUNT, Kind
from .report import RESULTS

BUILD = RESULTS.parent


class Results:
    """What has been measured so far."""

    def __init__(self) -> None:
        self.found: dict[str, Any] = {
            "date": date.today().isoformat(),
            "machine": machine(),
            "python": f"{platform.python_implementation()} {platform.python_version()}",
            "pynetdicom": pynetdicom.__version__,
            "pydicom": pydicom.__version__,
            "DCMTK": "DCMTK was not measured",
            "messages": {},
            "whole": {},
        }

    def message(self, task: str, kind: Kind, times: dict[str, list[float]]) -> None:
        """Take in the seconds of every round of every contender; kept are microseconds a message."""
        per_message = {name: [each / COUNT * 1e6 for each in seconds] for name, seconds in times.items()}
        self.found["messages"].setdefault(task, {})[kind.title] = {
            name: {"minimum": min(values), "median": statistics.median(values)} for name, values in per_message.items()
        }

    def whole(self, name: str, **figures: float) -> None:
        """Take in figures that are of no single message."""
        self.found["whole"][name] = figures


def machine() -> str:
    """Processor and number of its cores, as the system names them."""
    cpus = Path("/proc/cpuinfo")
    lines = cpus.read_text().splitlines() if cpus.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0]}, {len(names)} cores" if names else platform.processor() or platform.machine()


@pytest.fixture(scope="session")
def results() -> Iterator[Results]:
    collected = Results()
    yield collected
    BUILD.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(collected.found, indent=2) + "\n")


@pytest.fixture(scope="session")
def dcmtk(results: Results) -> Iterator[Dcmtk | None]:
    try:
        program = Dcmtk(BUILD)
    except FileNotFoundError as missing:
        results.found["DCMTK"] = str(missing)
        yield None
        return
    results.found["DCMTK"] = f"DCMTK {version()}"
    yield program
    program.close()
