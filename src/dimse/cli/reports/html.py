"""A page to read: one file with everything in it, that fetches nothing and lets nothing run that peers sent.

Events are written as they come, as data; the summary and the script that shows them stand behind. So memory does not
grow with the capture. The page is bounded, too: see `MOST_MESSAGES` and `MOST_BYTES`.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from dimse.capture import Event, Said
from dimse.cli.output import Output, plain
from dimse.cli.reports.page.assembly import CLOSE_EVENTS, OPEN_EVENTS, as_data, page, policy, script, style, text
from dimse.cli.reports.page.entries import Entries
from dimse.cli.reports.page.summary import summary_html, verdict
from dimse.cli.reports.page.tally import Tally
from dimse.cli.reports.report import Summary
from dimse.cli.reports.sides import found_in

# The first messages, and their bytes, are all kept. Behind them, only messages that break a rule, up to twice as much
# in all; other events likewise up to MOST_MESSAGES. What is left out is counted.
MOST_MESSAGES = 20_000
MOST_BYTES = 32 << 20
# How many entries stand in one script element.
_TOGETHER = 500


class Html:
    """One page."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._entries = Entries()
        self._tally = Tally()
        self._kept: Counter[str] = Counter()
        self._left_out: Counter[str] = Counter()
        self._written = 0
        self._bytes = 0
        self._head, self._tail = page()
        self._is_open = False

    def begin(self, path: str) -> None:
        """See `Report`."""
        if not self._is_open:
            self._open(path)
        self._tally.begin(path)
        self._write(self._entries.begin(path))

    def unread(self, path: str, reason: str) -> None:
        """See `Report`."""
        self._write(self._entries.unread(reason))

    def event(self, event: Event, first: int) -> None:
        """See `Report`."""
        self._tally.count(event)
        self._entries.link(event)
        if self._has_room(event):
            seconds = (event.time - first) / 10**9 if event.time else None
            for entry in self._entries.of(event, seconds):
                self._write(entry)

    def end(self, summary: Summary) -> None:
        """See `Report`."""
        if not self._is_open:
            self._open("no capture")
        if self._written:
            self._output.raw(CLOSE_EVENTS)
        level, sentence = verdict(summary)
        told = {"level": level, "sentence": sentence, "left_out": dict(self._left_out)} | summary.as_json()
        told["unread"] = [plain(path) for path in summary.unread]
        self._output.raw(
            self._tail.substitute(
                data=as_data(told), summary=summary_html(summary, self._tally, self._left_out), script=script()
            )
        )

    def _open(self, path: str) -> None:
        self._is_open = True
        sheet, code = style(), script()
        self._output.raw(self._head.substitute(policy=policy(sheet, code), style=sheet, title=text(plain(path))))

    def _has_room(self, event: Event) -> bool:
        """Whether an event is to be on the page; counts those that are not."""
        if not isinstance(event, Said):
            kind, most, limit = "events", MOST_MESSAGES, 2 * MOST_BYTES
        elif found_in(event) and (self._kept["messages"] >= MOST_MESSAGES or self._bytes >= MOST_BYTES):
            kind, most, limit = "broken", MOST_MESSAGES, 2 * MOST_BYTES
        else:
            kind, most, limit = "messages", MOST_MESSAGES, MOST_BYTES
        if self._kept[kind] < most and self._bytes < limit:
            self._kept[kind] += 1
            return True
        self._left_out[kind] += 1
        self._left_out["messages"] += kind == "broken"
        return False

    def _write(self, entry: dict[str, Any]) -> None:
        told = as_data(entry)
        begins = (CLOSE_EVENTS if self._written else "") + OPEN_EVENTS
        between = "," if self._written % _TOGETHER else begins
        self._output.raw(f"{between}\n{told}")
        self._written += 1
        self._bytes += len(told)
