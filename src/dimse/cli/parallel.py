"""Several captures read at once, each by a process, and told in their order.

A process writes what happened to a temporary file, so that neither side holds more than one event; what is told is what
one process alone would tell. Associations go over once and are then known by their numbers; so are operations, for
as long as anybody knows them; their requests stay behind. Profiles go by their names: each process imports its own.
"""

from __future__ import annotations

import os
import pickle
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import count
from multiprocessing import get_context
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, TypeAlias
from weakref import WeakKeyDictionary, finalize

from attrs import fields

from dimse.capture import Association, Began, CaptureError, Ended, Event
from dimse.cli import collect_seldom
from dimse.cli.sources import Source
from dimse.operation import Operation

_Work: TypeAlias = tuple[Source, str, Mapping[str, str], int, tuple[str, ...]]
_Happened: TypeAlias = Iterator[tuple[Event, int]]
# What reports may ask an operation.
_TOLD = tuple(field.name for field in fields(Operation) if field.name != "request")


def in_processes(
    found: list[Source],
    severities: Mapping[str, str],
    keep: int,
    jobs: int,
    advance: Callable[[int], object],
    profiles: tuple[str, ...] = (),
) -> Iterator[tuple[Source, _Happened]]:
    """What happens in each source; see `dimse.cli.check.events`. No more than twice so many as `jobs` are read ahead.

    A source whose process dies is tried once more, alone; if that dies, too, reading it raises `OSError`.
    """
    with TemporaryDirectory(prefix="dimse-") as folder:
        work = deque((each, os.path.join(folder, str(at)), severities, keep, profiles) for at, each in enumerate(found))
        begun: deque[tuple[_Work, Future[None]]] = deque()
        pool = _pool(jobs)
        try:
            while work or begun:
                while work and len(begun) < 2 * jobs:
                    try:
                        begun.append((work[0], pool.submit(write, *work[0])))
                    except BrokenProcessPool:  # which of them was it? the first that has no result will tell
                        if begun:
                            break
                        pool = _pool(jobs)
                        continue
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
    return ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=collect_seldom)


def _alone(given: _Work) -> None:
    with _pool(1) as pool:
        try:
            pool.submit(write, *given).result()
        except BrokenProcessPool:
            with open(given[1], "wb") as file:
                pickle.dump(OSError(0, "the process that read it died"), file)


def write(source: Source, path: str, severities: Mapping[str, str], keep: int, profiles: tuple[str, ...] = ()) -> None:
    """Write what happens in a source to a file, and at the end what keeps it from being read, or None."""
    from dimse.cli.check import events

    with open(path, "wb") as file:
        writer = _Writer(file)
        error: Exception | None = None
        try:
            for event, first in events(source, severities, keep, lambda _: None, profiles):
                writer.write(event, first)
        except (CaptureError, OSError) as found:
            error = found
        pickle.dump(error, file)


class _Writer:
    """Writes events; Associations and operations that are known already as their numbers."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._associations: set[int] = set()
        self._operations: WeakKeyDictionary[Operation, int] = WeakKeyDictionary()
        self._counted = count()
        self._gone: list[int] = []

    def write(self, event: Event, first: int) -> None:
        """Write an event."""
        pickler = pickle.Pickler(self._file, pickle.HIGHEST_PROTOCOL)
        pickler.persistent_id = self._identity  # type: ignore[method-assign]
        gone, self._gone = self._gone, []
        pickler.dump((event, first, gone))
        if isinstance(event, Began):  # nothing of it changes any more
            self._associations.add(event.association.number)
        elif isinstance(event, Ended):
            self._associations.discard(event.association.number)

    def _identity(self, found: Any) -> Any:
        """What stands for an object, None for the object itself."""
        if isinstance(found, Association) and found.number in self._associations:
            return found.number
        if not isinstance(found, Operation):
            return None
        number = self._operations.get(found)
        if number is None:
            number = self._operations[found] = next(self._counted)
            finalize(found, self._forget, number).atexit = False
        return number, {name: getattr(found, name) for name in _TOLD}

    def _forget(self, number: int) -> None:
        self._gone.append(number)


class _Reader:
    """Reads what a `_Writer` has written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._associations: dict[int, Association] = {}
        self._operations: dict[int, Operation] = {}

    def read(self) -> Any:
        """The next event and when the capture began, or what ended it."""
        unpickler = pickle.Unpickler(self._file)
        unpickler.persistent_load = self._known  # type: ignore[method-assign]
        found = unpickler.load()
        if not isinstance(found, tuple):
            return found
        event, first, gone = found
        for number in gone:
            self._operations.pop(number, None)
        if isinstance(event, Began):
            self._associations[event.association.number] = event.association
        elif isinstance(event, Ended):
            self._associations.pop(event.association.number, None)
        return event, first

    def _known(self, identity: Any) -> Association | Operation:
        if isinstance(identity, int):
            return self._associations[identity]
        number, told = identity
        operation = self._operations.get(number)
        if operation is None:
            operation = self._operations[number] = Operation(request=None, **told)
        for name, value in told.items():
            setattr(operation, name, value)
        return operation


def _read(path: str) -> _Happened:
    with open(path, "rb") as file:
        reader = _Reader(file)
        while isinstance(found := reader.read(), tuple):
            yield found
    if found is not None:
        raise found
