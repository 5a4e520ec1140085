"""`dimse check`: captures and streams as conversations with verdicts, for people or programs.

Events are written as they come, so that memory does not grow with the capture.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain

from dimse.capture import CaptureError, Event, Follower
from dimse.capture import packets as packets_of
from dimse.capture.streams import HEAD, follow_streams, is_stream, side_of
from dimse.cli.profiles import profiles_of
from dimse.cli.progress import progress
from dimse.cli.reports.report import Report, Summary
from dimse.cli.sources import STDIN, Source, sources

CHUNK = 1 << 20
KEEP = 64 << 10
# A process for each file takes longer to begin than so many bytes take to be read.
WORTH_A_PROCESS = 32 << 20


def check(
    paths: Iterable[str],
    report: Report,
    severities: Mapping[str, str],
    *,
    profiles: tuple[str, ...] = (),
    keep: bool,
    jobs: int = 1,
) -> Summary:
    """Read captures, streams and directories of them, tell what is in them.

    Args:
        paths: of files and directories; "-" is standard input.
        report: told everything, in the order of the paths.
        severities: other severities for rules.
        profiles: names that `profiles_of` knows.
        keep: whether Data Sets are to be shown.
        jobs: how many processes read at once; 0 for as many as there are cores, where there is enough to read.
    """
    summary = Summary()
    found = sources(paths)
    total = sum(source.size for source in found)
    jobs = jobs_for(found, total, jobs)
    most = KEEP if keep else 0
    with progress(total) as advance:
        if jobs > 1:
            from dimse.cli.parallel import in_processes

            read = in_processes(found, severities, most, jobs, advance, profiles)
        else:
            read = ((source, events(source, severities, most, advance, profiles)) for source in found)
        for source, happened in read:
            report.begin(source.path)
            try:
                for event, first in happened:
                    summary.count(event, source.path)
                    report.event(event, first)
                summary.captures += 1
            except (CaptureError, OSError) as error:
                reason = error.strerror or "cannot be read" if isinstance(error, OSError) else str(error)
                summary.unread.append(source.path)
                report.unread(source.path, reason)
    report.end(summary)
    return summary


def jobs_for(found: list[Source], total: int, jobs: int) -> int:
    """How many processes are to read; 1 means that this one does."""
    if any(source.path == STDIN for source in found):
        return 1  # nobody else can read it
    if not jobs:
        jobs = (os.cpu_count() or 1) if total > WORTH_A_PROCESS else 1
    return min(jobs, len(found))


def events(
    source: Source,
    severities: Mapping[str, str],
    keep: int,
    advance: Callable[[int], object],
    profiles: tuple[str, ...] = (),
) -> Iterator[tuple[Event, int]]:
    """What happens in a source, each event with when the capture began.

    Raises:
        CaptureError: it is no capture, or is damaged; what stands before the damage was told.
        OSError: it cannot be read.
    """
    judging = profiles_of(profiles) if profiles else ()
    chunks: Iterable[bytes] = ()
    streams: tuple[Iterable[bytes], Iterable[bytes]] | None = None
    if source.streams is not None:
        requestor, acceptor = (_chunks(path, advance) if path else () for path in source.streams)
        streams = requestor, acceptor
    else:
        chunks = _chunks(source.path, advance)
    if source.path == STDIN:
        head, chunks = _begun(chunks)
        if is_stream(head):
            streams = ((), chunks) if side_of(head) else (chunks, ())
    if streams is not None:
        for event in follow_streams(streams, ends=source.ends, severities=severities, keep=keep, profiles=judging):
            yield event, 0
        return
    follower = Follower(severities=severities, keep=keep, profiles=judging)
    first = None
    try:
        for packet in packets_of(chunks):
            first = packet.time if first is None else first
            for event in follower.feed(packet):
                yield event, first
    except (CaptureError, OSError):  # what was read before the damage is told, too
        for event in follower.close():
            yield event, first or 0
        raise
    for event in follower.close():
        yield event, first or 0


def _chunks(path: str, advance: Callable[[int], object]) -> Iterator[bytes]:
    if path == STDIN:
        yield from _arriving(sys.stdin.fileno())
        return
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
            advance(len(chunk))


def _arriving(file: int) -> Iterator[bytes]:
    """What comes, as it comes; what was told of it is written before more is waited for.

    An interrupt ends what comes, as it does for the program that sends it: what came is told, and no line is cut.
    """
    is_waiting = is_over = False

    def stop(*_: object) -> None:
        nonlocal is_over
        is_over = True
        if is_waiting:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, stop)
    try:
        while True:
            is_waiting = True
            chunk = b"" if is_over else os.read(file, CHUNK)
            is_waiting = False
            if not chunk:
                return
            yield chunk
            sys.stdout.flush()
    except KeyboardInterrupt:
        return
    finally:
        signal.signal(signal.SIGINT, before)


def _begun(chunks: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """As many first bytes as tell what it is, and all."""
    coming, head = iter(chunks), b""
    while len(head) < HEAD and (chunk := next(coming, b"")):
        head += chunk
    return head, chain([head], coming)
