"""A million messages through one `Conversation`: decoded and judged a second, and the memory that this takes.

The traffic is that of an archive under queries: C-FINDs with 98 matches each, and C-STOREs between them, on one
Association, one operation after the other. As in the other benchmarks Message IDs and SOP Instance UIDs come once in
65536 messages or never, time is processor time without garbage collection, and the messages are made outside it.

Nothing here fails for being slow.
"""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, TypeAlias

import pytest

from dimse import C_FIND_RQ, C_STORE_RQ, Conversation, decode
from dimse.operation import Side

from .conftest import Results
from .contenders import pynetdicom_primitive
from .messages import DATA_SET, message_id, uid

MILLION = 1_000_000
QUERIES, MATCHES, STORES = 100, 98, 10
BATCH = QUERIES * (MATCHES + 2 + 2 * STORES)
# Batches that are given to pynetdicom too, which takes ten times as long.
COMPARED = 5
BATCHES = -(-MILLION // BATCH)
FIND, CT = "1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.5.1.4.1.1.2"

Wire: TypeAlias = tuple[bytes, bytes | None, Side]


def batch(number: int) -> list[Wire]:
    """The messages of so many queries and C-STOREs, no Message ID outstanding twice."""
    first = number * QUERIES * (1 + STORES)
    return [wire for query in range(QUERIES) for wire in _unit(first + query * (1 + STORES))]


def _unit(number: int) -> Iterator[Wire]:
    query = C_FIND_RQ(MessageID=message_id(number), AffectedSOPClassUID=FIND, Priority=0, Identifier=DATA_SET)
    yield query.encode(), DATA_SET, "requestor"
    pending = query.respond(Status=0xFF00, Identifier=DATA_SET).encode()  # all alike, as an archive sends them
    for _ in range(MATCHES):
        yield pending, DATA_SET, "acceptor"
    yield query.respond(Status=0x0000).encode(), None, "acceptor"
    for each in range(number + 1, number + 1 + STORES):
        store = C_STORE_RQ(
            MessageID=message_id(each),
            AffectedSOPClassUID=CT,
            AffectedSOPInstanceUID=uid(each, 56),
            Priority=0,
            DataSet=DATA_SET,
        )
        yield store.encode(), DATA_SET, "requestor"
        yield store.respond(Status=0x0000).encode(), None, "acceptor"


def conversation() -> Conversation:
    """A conversation that knows all that A-ASSOCIATE says."""
    return Conversation(requestor="SCU", acceptor="ARCHIVE", contexts={1: FIND, 3: CT}, window=(1, 1))


def judge(judging: Conversation, messages: list[Wire]) -> int:
    """Decode and judge, as a program does that has the fragments together; how many had something wrong."""
    wrong = 0
    for command, data_set, sender in messages:
        judgement = judging.feed(decode(command, data_set), sender, context=1, data_set=data_set is not None)
        if judgement.violations:
            wrong += 1
    return wrong


@pytest.mark.benchmark(timer=time.process_time, disable_gc=True)
def test_million(benchmark: Any, results: Results) -> None:
    """Messages a second, over all of them; how many times as long pynetdicom decodes the same; the memory grown by."""
    judging = conversation()
    numbers = iter(range(BATCHES + 1))
    theirs: list[float] = []

    def prepare() -> tuple[tuple[Conversation, list[Wire]], dict[str, Any]]:
        number = next(numbers)
        messages = batch(number)
        if number < COMPARED:
            theirs.append(_pynetdicom(messages))
        gc.collect()
        return (judging, messages), {}

    wrong = benchmark.pedantic(judge, setup=prepare, rounds=BATCHES, warmup_rounds=1)
    assert wrong == 0
    seconds = benchmark.stats.stats.data
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as processes:
        held, grown = processes.submit(_memory).result()
    results.whole(
        "conversation",
        messages=BATCH * len(seconds),
        dimse=BATCH * len(seconds) / sum(seconds),
        fastest=BATCH / min(seconds),
        pynetdicom=BATCH / min(theirs),
        held=held,
        grown=grown,
    )


def _pynetdicom(messages: list[Wire]) -> float:
    """Seconds that pynetdicom takes to decode the Command Sets, and judges nothing."""
    start = time.process_time()
    for command, _, _ in messages:
        pynetdicom_primitive(command)
    return time.process_time() - start


def _memory() -> tuple[int, int]:
    """Bytes that a conversation holds after the first batch, and how many more after the last."""
    for number in range(2):  # what the package keeps of any peer, as SOP Class UIDs, is not of the conversation
        judge(conversation(), batch(number))
    tracemalloc.start()
    judging = conversation()
    judge(judging, batch(0))
    gc.collect()
    held = tracemalloc.get_traced_memory()[0]
    for number in range(1, BATCHES):
        judge(judging, batch(number))
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - held
    tracemalloc.stop()
    return held, grown
