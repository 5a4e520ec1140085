"""`dimse check`: captures and streams as conversations with verdicts, for people or programs.

Events are written as they come, so that memory does not grow with the capture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from dimse.capture import CaptureError, Event, Follower
from dimse.capture import packets as packets_of
from dimse.capture.streams import follow_streams
from dimse.cli.profiles import profiles_of
from dimse.cli.progress import progress
from dimse.cli.reports.report import Report, Summary
from dimse.cli.sources import Source, sources

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
        paths: of files and directories.
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
    if not jobs:
        import os

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
    if source.streams is not None:
        requestor, acceptor = (_chunks(path, advance) if path else () for path in source.streams)
        streams = requestor, acceptor
        for event in follow_streams(streams, ends=source.ends, severities=severities, keep=keep, profiles=judging):
            yield event, 0
        return
    follower = Follower(severities=severities, keep=keep, profiles=judging)
    first = None
    try:
        for packet in packets_of(_chunks(source.path, advance)):
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
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
            advance(len(chunk))
