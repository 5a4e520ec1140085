"""pynetdicom at both ends of a loopback, with our codec and without, interleaved in one run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from . import ends
from .conftest import Results

ROUNDS = 5
MESSAGES = {"C-FIND": ends.RESPONSES, "C-ECHO": ends.ECHOS, "C-STORE": ends.INSTANCES}
MESSAGES[f"C-STORE, {ends.NO_DELAY}"] = ends.INSTANCES
NAMES = {False: "pynetdicom", True: "dimse"}

Pairs = dict[bool, tuple[ends.End, ends.End]]


@pytest.fixture(scope="module")
def pairs() -> Iterator[Pairs]:
    """A server and a client each, without our codec and with it."""
    made = {ours: (ends.End(ends.scp, ours), ends.End(ends.scu, ours)) for ours in NAMES}
    yield made
    for pair in made.values():
        for end in pair:
            end.close()


@pytest.mark.parametrize("task", MESSAGES)
def test_both_ends(task: str, pairs: Pairs, results: Results) -> None:
    """Operations, or responses, a second, and the CPU microseconds that each takes at each end."""
    rates: dict[str, list[float]] = {name: [] for name in NAMES.values()}
    scu_cpu: dict[str, list[float]] = {name: [] for name in NAMES.values()}
    scp_cpu: dict[str, list[float]] = {name: [] for name in NAMES.values()}
    for round_number in range(ROUNDS + 1):
        for ours, name in NAMES.items():
            scp, scu = pairs[ours]
            before = scp.ask("cpu")
            seconds, cpu, done = scu.ask(task, scp.ask("port"), 1)
            served = scp.ask("cpu") - before
            assert done
            if round_number:  # the first one warms up
                rates[name].append(MESSAGES[task] / seconds)
                scu_cpu[name].append(cpu / MESSAGES[task] * 1e6)
                scp_cpu[name].append(served / MESSAGES[task] * 1e6)
    results.whole(f"{task} a second", **{name: sorted(each)[ROUNDS // 2] for name, each in rates.items()})
    results.whole(f"{task} SCU CPU", **{name: min(each) for name, each in scu_cpu.items()})
    results.whole(f"{task} SCP CPU", **{name: min(each) for name, each in scp_cpu.items()})
