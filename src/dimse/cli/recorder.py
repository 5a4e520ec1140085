"""What a relay is told, written to a capture and judged, in a thread of its own that traffic never waits for.

Each piece becomes packets; these go to the file and to a `Follower`, so that `dimse check` of the file finds what was
found here. What waits for the thread is bounded: a piece for which there is no room is left out of both, where it
becomes a gap. Whatever fails here, the judge, the report or the disk, is said and goes no further.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Literal, NamedTuple, ParamSpec

from dimse.capture import Event, Follower, Packet
from dimse.capture.connection import End
from dimse.capture.frames import Endpoint
from dimse.capture.write import RAW, Line, block, section
from dimse.cli.output import plain
from dimse.cli.reports.report import Report, Summary
from dimse.profile import Profile

MOST_WAITING = 64 << 20
BEHIND = MOST_WAITING // 2
CAUGHT_UP = MOST_WAITING // 8
_OVERHEAD = 512  # of an entry, about
P = ParamSpec("P")
_What = Literal["open", "say", "close", "reset", "miss"]


class Recorded(Line):
    """A connection that is recorded; what of it was left out, of each side, since the last piece that was not."""

    def __init__(self, number: int, client: Endpoint, server: Endpoint) -> None:
        super().__init__(number, client, server)
        self.left_out = [0, 0]
        self.is_recorded = True
        self.is_judged = True


class _Entry(NamedTuple):
    what: _What
    time: int
    line: Recorded | None
    end: End
    data: bytes
    left_out: int


class CaptureFile:
    """A pcapng file that is whole after every write, whatever ends the program.

    A new one is readable by its owner alone.

    Raises:
        OSError: it cannot be written.
    """

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
        self._size = 0
        try:
            self.write(section())
        except OSError:
            self.close()
            raise

    def write(self, data: bytes) -> None:
        """Write whole blocks; where that fails, what was written of them is taken back."""
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(self._file, left) :]
        except OSError:
            with suppress(OSError):  # what is no ordinary file cannot be cut
                os.ftruncate(self._file, self._size)
            raise
        self._size += len(data)

    def close(self) -> None:
        """No more is written."""
        os.close(self._file)


class Recorder:
    """The witness of a `Relay`. As a context it runs its thread; at the end of that, all is written and told.

    Args:
        report: where it tells what it finds.
        name: what went through, as the report is to name it.
        path: of the capture to write, opened as the context begins; None to write none.
        severities: other severities for rules, as `Conversation` takes them.
        profiles: what messages of their SOP Classes are judged by.
        keep: how many bytes of each Data Set are kept, to be shown.
        caught_up: called in the thread, once it has caught up after `is_behind` was asked and true.

    Attributes:
        summary: what was found; whole at the end.
    """

    def __init__(
        self,
        report: Report,
        name: str,
        path: str | None,
        severities: Mapping[str, str],
        *,
        profiles: Iterable[Profile] = (),
        keep: int,
        caught_up: Callable[[], object],
    ) -> None:
        self.summary = Summary()
        self._report = report
        self._is_told = True
        self._name = name
        self._path = path
        self._file: CaptureFile | None = None
        self._follower = Follower(severities=severities, keep=keep, profiles=profiles)
        self._caught_up = caught_up
        self._entries: deque[_Entry] = deque()
        self._waiting = 0
        self._is_asked_for = False  # somebody waits to be told that it has caught up
        self._is_over = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._lines = 0
        self._packets = 0
        self._first = 0
        self._unrecorded = 0

    def __enter__(self) -> Recorder:
        """Begin.

        Raises:
            OSError: the capture cannot be written.
        """
        if self._path is not None:
            self._file = CaptureFile(self._path)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._is_over = True
            self._changed.notify()
        self._thread.join()

    # what the relay tells, in its thread

    @property
    def is_behind(self) -> bool:
        """See `Witness`."""
        if self._waiting < BEHIND:
            return False
        with self._changed:
            self._is_asked_for = self._waiting >= BEHIND
            return self._is_asked_for

    def begin(self, client: Endpoint, server: Endpoint) -> Recorded:
        """See `Witness`."""
        self._lines += 1
        line = Recorded(self._lines, client, server)
        line.is_recorded = self._put("open", line)
        return line

    def say(self, line: Recorded, end: End, data: bytes) -> None:
        """See `Witness`."""
        if not self._put("say", line, end, data):
            self._unrecorded += len(data)
            line.left_out[end] += len(data)

    def close(self, line: Recorded, end: End) -> None:
        """See `Witness`."""
        self._put("close", line, end)

    def reset(self, line: Recorded, end: End) -> None:
        """See `Witness`."""
        self._put("reset", line, end)

    def miss(self, reason: str) -> None:
        """See `Witness`."""
        self._put("miss", data=reason.encode("utf-8", "backslashreplace"))

    def _put(self, what: _What, line: Recorded | None = None, end: End = 0, data: bytes = b"") -> bool:
        size = len(data) + _OVERHEAD
        if (line is not None and not line.is_recorded) or self._waiting + size > MOST_WAITING:
            return False
        left_out = 0
        if line is not None:
            left_out, line.left_out[end] = line.left_out[end], 0
        entry = _Entry(what, time.time_ns(), line, end, data, left_out)
        with self._changed:
            self._entries.append(entry)
            self._waiting += size
            self._changed.notify()
        return True

    # the thread

    def _run(self) -> None:
        try:
            self._tell(self._report.begin, self._name)
            while entries := self._next():
                while entries:
                    entry = entries.popleft()  # nothing is held that is counted as freed
                    self._take(entry)
                    self._free(entry)
                    del entry
                self._tell(sys.stdout.flush)
            self._finish()
        except Exception as error:  # a mistake in this module: traffic goes on unwitnessed, and whoever runs it is told
            self._unread(f"recording failed with {type(error).__name__}: {error}")
        finally:
            if self._file is not None:
                self._file.close()

    def _next(self) -> deque[_Entry]:
        """What has come; nothing when all is over."""
        with self._changed:
            while not self._entries and not self._is_over:
                self._changed.wait()
            entries, self._entries = self._entries, deque()
            return entries

    def _free(self, entry: _Entry) -> None:
        with self._changed:
            self._waiting -= len(entry.data) + _OVERHEAD
            is_due = self._is_asked_for and self._waiting <= CAUGHT_UP
            if is_due:
                self._is_asked_for = False
        if is_due:
            self._caught_up()

    def _take(self, entry: _Entry) -> None:
        line = entry.line
        if line is None:
            self._unread(entry.data.decode())
            return
        if entry.left_out:
            line.skip(entry.end, entry.left_out)
        for data in _steps(line, entry):
            self._packets += 1
            self._first = self._first or entry.time
            packet = Packet(self._packets, entry.time, RAW, data, len(data))
            self._write(packet)
            self._judge(packet, line)

    def _write(self, packet: Packet) -> None:
        if self._file is None:
            return
        try:
            self._file.write(block(packet))
        except OSError as error:
            self._file.close()
            self._file = None
            self._unread(f"the capture ends before packet {packet.number}: {error.strerror}")

    def _judge(self, packet: Packet, line: Recorded) -> None:
        if not line.is_judged:
            return
        try:
            events = list(self._follower.feed(packet))
        except Exception as error:  # a mistake of ours, whatever it is: said, and that connection judged no further
            line.is_judged = False
            client, server = line.ends
            failure = f"{type(error).__name__}: {error}"
            self._unread(f"judging {client} > {server} failed in packet {packet.number} with {failure}")
            return
        self._events(events)

    def _finish(self) -> None:
        is_closed = False
        while not is_closed:  # each round closes a connection at least
            try:
                self._events(list(self._follower.close()))
                is_closed = True
            except Exception as error:  # as above
                self._unread(f"judging failed at the end with {type(error).__name__}: {error}")
        if self._unrecorded:
            self._unread(f"{self._unrecorded} bytes went through unjudged, for want of time")
        self.summary.captures += not self.summary.unread
        self._tell(self._report.end, self.summary)
        self._tell(sys.stdout.flush)

    def _events(self, events: list[Event]) -> None:
        for event in events:
            self.summary.count(event, self._name)
            self._tell(self._report.event, event, self._first)

    def _unread(self, reason: str) -> None:
        """Something was not judged, or not relayed: said in the report, and at once where a person looks."""
        self._is_incomplete()
        notice(reason)
        self._tell(self._report.unread, self._name, reason)

    def _is_incomplete(self) -> None:
        if not self.summary.unread:  # it is one capture, for however many reasons
            self.summary.unread.append(self._name)

    def _tell(self, what: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        if not self._is_told:
            return
        try:
            what(*args, **kwargs)
        except BrokenPipeError:  # whoever read it has seen enough
            self._is_told = False
        except Exception as error:  # a mistake of ours, or a full disk: traffic goes on, and so does the capture
            self._is_told = False
            self._is_incomplete()
            notice(f"the report failed with {type(error).__name__}: {error}")


def _steps(line: Recorded, entry: _Entry) -> Iterator[bytes]:
    match entry.what:
        case "open":
            return line.open()
        case "say":
            return line.say(entry.end, entry.data)
        case "close":
            return line.close(entry.end)
        case _:
            return line.reset(entry.end)


def notice(text: str) -> None:
    """Say something to whoever runs the tap, beside the report."""
    sys.stderr.write(plain(f"dimse tap: {text}") + "\n")
    sys.stderr.flush()
