"""Several captures read at once, each by a process, and told in their order.

A process writes what happened to a temporary file, so that neither side holds more than one event; what is told is what
one process alone would tell. Associations go over once and are then known by their numbers.
"""

from __future__ import annotations

import os
import pickle
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, TypeAlias

from dimse.capture import Association, Began, CaptureError, Ended, Event
from dimse.cli.sources import Source

_Work: TypeAlias = tuple[Source, str, Mapping[str, str], int]
_Happened: TypeAlias = Iterator[tuple[Event, int]]


def in_processes(
    found: list[Source], severities: Mapping[str, str], keep: int, jobs: int, advance: Callable[[int], object]
) -> Iterator[tuple[Source, _Happened]]:
    """What happens in each source; see `dimse.cli.check.events`. No more than twice so many as `jobs` are read ahead.

    A source whose process dies is tried once more, alone; if that dies, too, reading it raises `OSError`.
    """
    with TemporaryDirectory(prefix="dimse-") as folder:
        work = deque((each, os.path.join(folder, str(at)), severities, keep) for at, each in enumerate(found))
        begun: deque[tuple[_Work, Future[None]]] = deque()
        pool = _pool(jobs)
        try:
            while work or begun:
                while work and len(begun) < 2 * jobs:
                    begun.append((work[0], pool.submit(write, *work[0])))
                    work.popleft()
                given, future = begun.popleft()
                try:
                    future.result()
                except BrokenProcessPool:
                    # Nobody can say which of them it was: all that were begun and are told later begin again.
                    pool.shutdown()
                    work.extendleft(again for again, _ in reversed(begun))
                    begun.clear()
                    _alone(given)
                    pool = _pool(jobs)
                yield given[0], _read(given[1])
                advance(given[0].size)
                os.unlink(given[1])
        finally:
            pool.shutdown(cancel_futures=True)


def _pool(jobs: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))


def _alone(given: _Work) -> None:
    with _pool(1) as pool:
        try:
            pool.submit(write, *given).result()
        except BrokenProcessPool:
            with open(given[1], "wb") as file:
                pickle.dump(OSError(0, "the process that read it died"), file)


def write(source: Source, path: str, severities: Mapping[str, str], keep: int) -> None:
    """Write what happens in a source to a file, and at the end what keeps it from being read, or None."""
    from dimse.cli.check import events

    with open(path, "wb") as file:
        known: set[int] = set()
        error: Exception | None = None
        try:
            for event, first in events(source, severities, keep, lambda _: None):
                _dump(file, event, first, known)
        except (CaptureError, OSError) as found:
            error = found
        pickle.dump(error, file)


class _Writer(pickle.Pickler):
    """Writes Associations that are known already as their numbers."""

    known: frozenset[int] | set[int] = frozenset()

    def persistent_id(self, obj: Any) -> int | None:
        """See `pickle`."""
        return obj.number if isinstance(obj, Association) and obj.number in self.known else None


class _Reader(pickle.Unpickler):
    known: dict[int, Association]

    def persistent_load(self, pid: Any) -> Association:
        """See `pickle`."""
        return self.known[pid]


def _dump(file: BinaryIO, event: Event, first: int, known: set[int]) -> None:
    writer = _Writer(file, pickle.HIGHEST_PROTOCOL)
    writer.known = known
    writer.dump((event, first))
    if isinstance(event, Began):  # nothing of it changes any more
        known.add(event.association.number)
    elif isinstance(event, Ended):
        known.discard(event.association.number)


def _read(path: str) -> _Happened:
    known: dict[int, Association] = {}
    with open(path, "rb") as file:
        while True:
            reader = _Reader(file)
            reader.known = known
            found = reader.load()
            if not isinstance(found, tuple):
                break
            event, first = found
            if isinstance(event, Began):
                known[event.association.number] = event.association
            elif isinstance(event, Ended):
                known.pop(event.association.number, None)
            yield event, first
    if found is not None:
        raise found
