"""A conversation to read, a line a message, verdicts below it."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

from dimse.capture import Association, Began, Encrypted, Ended, Event, Fault, Gap, Kept, Said
from dimse.capture.associate import CONTEXT_RESULTS
from dimse.cli.output import STYLES, Output, Part
from dimse.cli.reports.data_set import data_set_lines, size
from dimse.cli.reports.report import Summary
from dimse.cli.wording import carried, message_id, name_of
from dimse.violation import Violation

_INDENT = " " * 22


class Text:
    """A conversation to read."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def begin(self, path: str) -> None:
        """See `Report`."""
        self._output.line((path, "bold"))

    def unread(self, path: str, reason: str) -> None:
        """See `Report`."""
        self._output.line(("not read to its end: ", STYLES["error"]), reason)
        self._output.line()

    def end(self, summary: Summary) -> None:
        """See `Report`."""
        told = [_counted(summary.associations, "Association"), _counted(summary.messages, "message")]
        told += [_counted(summary.severities[name], name, "advisories") for name in STYLES]
        told += [_counted(summary.gaps, "gap")] if summary.gaps else []
        told += [f"{_counted(len(summary.unread), 'file')} not read to the end"] if summary.unread else []
        self._output.line(", ".join(told))

    def event(self, event: Event, first: int) -> None:
        """See `Report`."""
        head = f"{(event.time - first) / 10**9 if event.time else 0:11.6f}  "
        match event:
            case Began():
                self._began(head, event.association)
            case Said():
                self._said(head, event)
            case Gap():
                text = (
                    f"{event.missing} bytes of the {event.sender} were not captured" if event.missing else "lost track"
                )
                self._line(head, event.association, ("gap: ", STYLES["warning"]), text)
            case Fault():
                self._line(
                    head, event.association, ("fault: ", STYLES["error"]), f"of the {event.sender}, {event.reason}"
                )
            case Encrypted():
                self._output.line(head, ("TLS: ", STYLES["warning"]), f"{event.client} > {event.server} cannot be read")
            case Ended():
                self._ended(head, event)

    def _line(self, head: str, association: Association, *parts: Part) -> None:
        self._output.line((head, "dim"), f"A{association.number:<4}", *parts)

    def _began(self, head: str, association: Association) -> None:
        found = association.negotiated
        if found is None:
            way = f"{association.requestor} > {association.acceptor}, under way already"
            self._line(head, association, (way, "bold"))
            return
        way = f"{found.calling} ({association.requestor}) > {found.called} ({association.acceptor})"
        self._line(head, association, (way, "bold"), f", window {found.window[0]}/{found.window[1]}")
        for number, context in found.contexts.items():
            result = "not answered"
            if context.result is not None:
                known = context.result < len(CONTEXT_RESULTS)
                result = CONTEXT_RESULTS[context.result] if known else f"result {context.result}"
            if context.result == 0:
                result = f"in {_uid(context.transfer_syntax or '')}"
            self._output.line((f"{_INDENT}context {number}: {_uid(context.abstract_syntax)}, {result}", "dim"))
        for title, side in (("requestor", found.requestor), ("acceptor", found.acceptor)):
            for uid, (scu, scp) in side.roles.items():
                self._output.line((f"{_INDENT}role of the {title} for {_uid(uid)}: SCU {scu}, SCP {scp}", "dim"))

    def _said(self, head: str, event: Said) -> None:
        primitive = event.message.primitive
        arrow = ">" if event.sender == "requestor" else "<"
        number = message_id(primitive)
        told = carried(primitive)
        if event.message.data_set is not None:
            told += ", " * bool(told) + f"{size(event.message.data_set)} bytes"
        if event.missing:
            told += f" ({event.missing} not captured)"
        name = (f"{name_of(primitive):18}", "bold")
        self._line(head, event.association, f"{arrow} {event.number:>5}  ", name, f" {number!s:>5}  ", told)
        self._violations(event.judgement.violations)
        for anomaly in event.message.anomalies:
            self._output.line(_INDENT, ("fragments  ", STYLES["warning"]), str(anomaly))
        if isinstance(event.message.data_set, Kept):
            for line in data_set_lines(event):
                self._output.line((f"{_INDENT}{line}", "dim"))

    def _violations(self, violations: Iterable[Violation]) -> None:
        for violation in violations:
            style = STYLES[violation.severity]
            self._output.line(_INDENT, (f"{violation.severity:9}", style), f"{violation}  [{violation.rule}]")

    def _ended(self, head: str, event: Ended) -> None:
        association = event.association
        if event.how == "rejected" and association.negotiated is not None:
            self._began(head, association)
        by = f" by the {event.by}" if event.by else ""
        how = {"unfinished": "the capture ends", "closed": "connection closed", "reset": "connection reset"}.get(
            event.how
        )
        style = STYLES["warning"] if event.how in ("aborted", "rejected", "reset") else ""
        self._line(head, association, (f"{how or event.how}{by}", style), f": {event.text}" if event.text else "")
        self._violations(event.violations)
        self._output.line()


def _uid(value: str) -> str:
    from pydicom.uid import UID

    with warnings.catch_warnings(action="ignore"):
        name = UID(value).name
    return value if name == value else f"{name} ({value})"


def _counted(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many if many and one == 'advisory' else f'{one}s'}"
