"""`dimse check`: captures as conversations with verdicts, for people or programs.

Events are written as they come, so that memory does not grow with the capture.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from dimse.capture import CaptureError, Event, Follower
from dimse.capture import packets as packets_of
from dimse.cli.reports.report import Report, Summary

SUFFIXES = (".pcap", ".pcapng", ".cap")
CHUNK = 1 << 20
KEEP = 64 << 10


def check(paths: Iterable[str], report: Report, severities: Mapping[str, str], *, keep: bool) -> Summary:
    """Read captures and directories of them, tell what is in them."""
    summary = Summary()
    for path in _captures(paths):
        report.begin(path)
        try:
            for event, first in _events(path, severities, KEEP if keep else 0):
                summary.count(event, path)
                report.event(event, first)
            summary.captures += 1
        except (CaptureError, OSError) as error:
            reason = error.strerror or "cannot be read" if isinstance(error, OSError) else str(error)
            summary.unread.append(path)
            report.unread(path, reason)
    report.end(summary)
    return summary


def _captures(paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        if os.path.isdir(path):
            yield from sorted(str(each) for each in Path(path).rglob("*") if each.suffix in SUFFIXES and each.is_file())
        else:
            yield path


def _events(path: str, severities: Mapping[str, str], keep: int) -> Iterator[tuple[Event, int]]:
    follower = Follower(severities=severities, keep=keep)
    first = None
    with open(path, "rb") as file:
        try:
            for packet in packets_of(iter(lambda: file.read(CHUNK), b"")):
                first = packet.time if first is None else first
                for event in follower.feed(packet):
                    yield event, first
        except (CaptureError, OSError):  # what was read before the damage is told, too
            for event in follower.close():
                yield event, first or 0
            raise
        for event in follower.close():
            yield event, first or 0
