"""What is of no single message: 100 MB in fragments, import time, memory of decoded messages.

Imports are timed as whole processes, the three in turn, by the processor time that the system charges them. Memory is
what `tracemalloc` counts for 10000 decoded messages that are kept, all of them different.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import pynetdicom.dimse_messages as pynetdicom_messages
import pytest

import dimse
from dimse.assembler import Assembler
from dimse.pdv import to_pdus
from dimse.sink import Collect, Sink, Stream

from .conftest import Results
from .contenders import CONTEXT_ID, MAXIMUM_PDU_LENGTH, pynetdicom_primitive, written
from .messages import KINDS

SIZE = 100_000_000
# What a socket gives at a time.
CHUNK = 1 << 16
ROUNDS = 7
PROCESSES = 10
KEPT = 10_000
STORE = next(kind for kind in KINDS if kind.name == "C-STORE-RQ")
FIND = next(kind for kind in KINDS if kind.name == "C-FIND-RSP")
IMPORTS = {
    "bare": "pass",
    "dimse": "import dimse",
    "every name": "from dimse import *",
    "pynetdicom": "import pynetdicom",
}


@pytest.fixture(scope="module")
def data_set() -> bytes:
    return bytes(SIZE)


@pytest.fixture(scope="module")
def stream(data_set: bytes) -> bytes:
    return b"".join(part for pdu in _pdus(data_set) for part in pdu.parts)


def _pdus(data_set: bytes) -> Iterator[Any]:
    (command,) = written(STORE, STORE.rows(0, 1))
    return to_pdus(command, data_set, context_id=CONTEXT_ID, max_length=MAXIMUM_PDU_LENGTH)


def _gigabytes(seconds: float) -> float:
    return SIZE / seconds / 1e9


@pytest.mark.benchmark(timer=time.process_time, disable_gc=True)
def test_fragment(benchmark: Any, results: Results, data_set: bytes) -> None:
    """A C-STORE of 100 MB to P-DATA-TF PDUs, as pieces that a socket can write."""

    def fragment() -> None:
        for pdu in _pdus(data_set):
            pdu.parts  # noqa: B018  (made when asked for)

    benchmark.pedantic(fragment, rounds=ROUNDS, warmup_rounds=1)
    message = pynetdicom_messages.C_STORE_RQ()
    peer = _fastest(lambda: [*message._generate_pdv_fragments(data_set, MAXIMUM_PDU_LENGTH)])
    results.whole("fragment", dimse=_gigabytes(min(benchmark.stats.stats.data)), pynetdicom=_gigabytes(peer))


@pytest.mark.benchmark(timer=time.process_time, disable_gc=True)
def test_assemble(benchmark: Any, results: Results, stream: bytes) -> None:
    """The same from what a socket gives at a time to a callback, and the most memory that this takes."""
    streamed = benchmark.pedantic(_assemble, (stream, lambda: Stream(_ignore)), rounds=ROUNDS, warmup_rounds=1)
    assert streamed == SIZE
    tracemalloc.start()
    _assemble(stream, lambda: Stream(_ignore))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    collected = _fastest(lambda: _assemble(stream, Collect))
    fastest = min(benchmark.stats.stats.data)
    results.whole("assemble", dimse=_gigabytes(fastest), collected=_gigabytes(collected), peak=peak)


def _assemble(stream: bytes, sink: Callable[[], Sink]) -> Any:
    """What the sink made of the Data Set of the one message in a stream."""
    assembler = Assembler(sink=lambda _: sink())
    chunks = memoryview(stream)
    found = [message for at in range(0, len(stream), CHUNK) for message in assembler.feed(chunks[at : at + CHUNK])]
    return found[0].data_set


def _ignore(_: memoryview) -> None:
    """Nothing, so that the sink costs nothing."""


def _fastest(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


def test_import(results: Results) -> None:
    """Processor time of whole processes that import, less that of one that does not, in milliseconds."""
    best = dict.fromkeys(IMPORTS, float("inf"))
    for _ in range(PROCESSES):
        for name, code in IMPORTS.items():
            best[name] = min(best[name], _processor_time(code))
    results.whole("import", **{name: (best[name] - best["bare"]) * 1e3 for name in IMPORTS if name != "bare"})


def _processor_time(code: str) -> float:
    process = subprocess.Popen([sys.executable, "-c", code])
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return used.ru_utime + used.ru_stime


def test_memory(results: Results) -> None:
    """Bytes that a decoded C-FIND-RSP takes, each in a process of its own.

    What a process has done before changes how CPython lays out the objects of pynetdicom, and can double them.
    """
    with ProcessPoolExecutor(mp_context=get_context("spawn"), max_tasks_per_child=1) as processes:
        ours, theirs = processes.map(_memory, ("dimse", "pynetdicom"))
    results.whole("memory", dimse=ours, pynetdicom=theirs)


def _memory(whose: str) -> float:
    decode: Callable[[bytes], Any] = dimse.decode if whose == "dimse" else pynetdicom_primitive
    received = written(FIND, FIND.rows(0, KEPT))
    decode(received[0])
    kept: list[Any] = [None] * len(received)
    tracemalloc.start()
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    for number, data in enumerate(received):
        kept[number] = decode(data)
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return (after - before) / len(received)
