"""Microseconds a message: encode, decode, the general path and construction, all contenders in turn.

A round gives every contender 1000 new messages, one contender after the other, and this package last; so that a
machine that slows down slows all of them down. Time is processor time of the process, without garbage collection, which
other programs disturb little; the figure for a contender is its fastest round.

Nothing here fails for being slow.
"""

from __future__ import annotations

import gc
import time
from typing import Any

import pytest

from .conftest import Results
from .contenders import Contender, Dimse, Pydicom, Pynetdicom, Rows, same_bytes
from .dcmtk import TASKS as DCMTK_TASKS
from .dcmtk import Dcmtk
from .messages import KINDS, OPTIONAL_KINDS, ROUNDS, WARM_UP, Kind

OTHERS: tuple[Contender, ...] = (Pynetdicom(), Pydicom())
CASES = [
    pytest.param(task, kind, id=f"{task} {kind.title}")
    for task, kinds in {
        "encode": KINDS + OPTIONAL_KINDS,
        "decode": KINDS + OPTIONAL_KINDS,
        "encode, general path": KINDS,
        "decode, general path": KINDS,
        "construct": KINDS,
    }.items()
    for kind in kinds
]


@pytest.mark.parametrize("kind", KINDS + OPTIONAL_KINDS, ids=lambda kind: kind.title)
def test_same_bytes(kind: Kind) -> None:
    """All contenders write the same bytes."""
    assert same_bytes(kind)


@pytest.mark.benchmark(timer=time.process_time, disable_gc=True)
@pytest.mark.parametrize(("task", "kind"), CASES)
def test_messages(benchmark: Any, results: Results, dcmtk: Dcmtk | None, task: str, kind: Kind) -> None:
    """A task with a message, this package and the others in turn."""
    times: dict[str, list[float]] = {}
    rounds = iter(range(WARM_UP + ROUNDS))

    def others_first() -> tuple[tuple[Any], dict[str, Any]]:
        number = next(rounds)
        rows = kind.rows(number)
        for name, seconds in _others(task, kind, rows, dcmtk).items():
            if number >= WARM_UP:
                times.setdefault(name, []).append(seconds)
        run = Dimse().prepare(task, kind, rows)
        gc.collect()
        return (run,), {}

    benchmark.pedantic(lambda run: run(), setup=others_first, rounds=ROUNDS, warmup_rounds=WARM_UP)
    times["dimse"] = list(benchmark.stats.stats.data)
    benchmark.extra_info["seconds"] = times
    results.message(task, kind, times)


def _others(task: str, kind: Kind, rows: Rows, dcmtk: Dcmtk | None) -> dict[str, float]:
    """Seconds that each of the others takes for these messages."""
    taken = {}
    for other in OTHERS:
        run = other.prepare(task, kind, rows)
        if run is None:
            continue
        gc.collect()
        gc.disable()
        start = time.process_time()
        run()
        taken[other.name] = time.process_time() - start
        gc.enable()
    if dcmtk is not None and task in DCMTK_TASKS and kind in KINDS:
        taken[dcmtk.name] = dcmtk.seconds(task, kind, rows)
    return taken
