"""`dimse check`: captures as conversations with verdicts, for people or as JSON.

Events are written as they come, so that memory does not grow with the capture.
"""

from __future__ import annotations

import json
import os
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from attrs import Factory, define

from dimse.capture import Association, Began, CaptureError, Encrypted, Ended, Event, Fault, Follower, Gap, Kept, Said
from dimse.capture import packets as packets_of
from dimse.capture.associate import CONTEXT_RESULTS
from dimse.cli.output import STYLES, Output, Part
from dimse.cli.wording import carried, message_id, name_of, parameters, violation_json
from dimse.violation import Violation

SUFFIXES = (".pcap", ".pcapng", ".cap")
CHUNK = 1 << 20
KEEP = 64 << 10
_INDENT = " " * 22


@define
class Summary:
    """What was found, counted."""

    captures: int = 0
    associations: int = 0
    messages: int = 0
    gaps: int = 0
    faults: int = 0
    encrypted: int = 0
    severities: Counter[str] = Factory(Counter)
    unread: list[str] = Factory(list)

    def count(self, event: Event) -> None:
        """Take an event into account."""
        self.associations += isinstance(event, Ended)
        self.messages += isinstance(event, Said)
        self.gaps += isinstance(event, Gap)
        self.encrypted += isinstance(event, Encrypted)
        if isinstance(event, Fault):
            self.faults += 1
            self.severities["error"] += 1
        self.severities.update(violation.severity for violation in violations_of(event))

    def as_json(self) -> dict[str, Any]:
        """As JSON has it."""
        counts = {name: self.severities[name] for name in STYLES}
        names = ("captures", "associations", "messages", "gaps", "faults", "encrypted", "unread")
        return {**{name: getattr(self, name) for name in names}, **counts}


class Report(Protocol):
    """Where what was found is told."""

    def begin(self, path: str) -> None:
        """A capture begins."""

    def event(self, event: Event, first: int) -> None:
        """Something happened; `first` is when the capture began."""

    def unread(self, path: str, reason: str) -> None:
        """A capture could not be read, or not to its end."""

    def end(self, summary: Summary) -> None:
        """All was read."""


def violations_of(event: Event) -> tuple[Violation, ...]:
    """What is wrong with an event."""
    if isinstance(event, Said):
        return event.judgement.violations
    return event.violations if isinstance(event, Ended) else ()


def check(paths: Iterable[str], report: Report, severities: Mapping[str, str], *, keep: bool) -> Summary:
    """Read captures and directories of them, tell what is in them."""
    summary = Summary()
    for path in _captures(paths):
        report.begin(path)
        try:
            for event, first in _events(path, severities, KEEP if keep else 0):
                summary.count(event)
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
        finally:  # what was read before the damage is told, too
            rest = list(follower.close())
            for event in rest:
                yield event, first or 0


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
            told += ", " * bool(told) + f"{_size(event.message.data_set)} bytes"
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


class Json:
    """One JSON document, written as it comes: the events in order, a line each, then the summary."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._path = ""
        self._between = '{"events": ['

    def _write(self, entry: dict[str, Any]) -> None:
        self._output.raw(f"{self._between}\n{json.dumps(entry)}")
        self._between = ","

    def begin(self, path: str) -> None:
        """See `Report`."""
        self._path = path.encode("utf-8", "backslashreplace").decode()

    def unread(self, path: str, reason: str) -> None:
        """See `Report`."""
        self._write({"event": "unread", "capture": self._path, "reason": reason})

    def end(self, summary: Summary) -> None:
        """See `Report`."""
        start = self._between if self._between != "," else ""
        self._output.raw(f'{start}\n], "summary": {json.dumps(summary.as_json())}}}\n')

    def event(self, event: Event, first: int) -> None:
        """See `Report`."""
        seconds = (event.time - first) / 10**9 if event.time else None
        entry = {"event": type(event).__name__.lower(), "capture": self._path, "frame": event.frame, "seconds": seconds}
        self._write(entry | _facts(event))


def _facts(event: Event) -> dict[str, Any]:
    if isinstance(event, Encrypted):
        return {"client": str(event.client), "server": str(event.server)}
    association: Association = event.association  # type: ignore[attr-defined]
    facts: dict[str, Any] = {"association": association.number}
    match event:
        case Began():
            facts |= _negotiated(association)
        case Said():
            primitive = event.message.primitive
            data_set = event.message.data_set
            facts |= {
                "number": event.number,
                "from": event.sender,
                "message": name_of(primitive),
                "context": event.message.context_id,
                "parameters": parameters(primitive),
                "command": event.message.command.hex(),
                "data_set": None if data_set is None else {"length": _size(data_set), "missing": event.missing},
                "anomalies": [str(each) for each in (*primitive.anomalies, *event.message.anomalies)],
                "violations": [violation_json(each) for each in event.judgement.violations],
            }
            if isinstance(data_set, Kept):
                facts["data_set"]["elements"] = data_set_lines(event)
        case Gap():
            facts |= {"from": event.sender, "missing": event.missing}
        case Fault():
            facts |= {"from": event.sender, "reason": event.reason}
        case Ended():
            facts |= _negotiated(association) if event.how == "rejected" else {}
            facts |= {"how": event.how, "by": event.by, "text": event.text}
            facts["violations"] = [violation_json(each) for each in event.violations]
    return facts


def _negotiated(association: Association) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "from_start": association.from_start,
        "requestor": str(association.requestor),
        "acceptor": str(association.acceptor),
    }
    found = association.negotiated
    if found is not None:
        facts |= {"calling": found.calling, "called": found.called, "window": list(found.window)}
        facts["contexts"] = [
            {
                "id": number,
                "abstract_syntax": context.abstract_syntax,
                "proposed": list(context.proposed),
                "result": context.result,
                "transfer_syntax": context.transfer_syntax,
            }
            for number, context in found.contexts.items()
        ]
        facts["roles"] = {"requestor": found.requestor.roles, "acceptor": found.acceptor.roles}
    return facts


def data_set_lines(event: Said) -> list[str]:
    """The elements of a Data Set, as pydicom prints them; what it cannot read is said."""
    from io import BytesIO

    from pydicom.filereader import read_dataset
    from pydicom.uid import UID

    kept = event.message.data_set
    negotiated = event.association.negotiated
    context = None if negotiated is None else negotiated.contexts.get(event.message.context_id)
    if context is None or context.transfer_syntax is None:
        return ["the Data Set's Transfer Syntax is not known"]
    if kept.size > len(kept.first) or event.missing:
        return ["the Data Set is too long to be shown, or was not captured whole"]
    try:
        syntax = UID(context.transfer_syntax)
        implicit, little = syntax.is_implicit_VR, syntax.is_little_endian
        with warnings.catch_warnings(action="ignore"):
            found = read_dataset(BytesIO(kept.first), is_implicit_VR=implicit, is_little_endian=little)
            return str(found).splitlines()
    except Exception as error:  # whatever pydicom raises on a peer's bytes
        return [f"pydicom cannot read the Data Set: {type(error).__name__}"]


def _size(data_set: Any) -> int:
    return data_set.size if isinstance(data_set, Kept) else int(data_set)


def _uid(value: str) -> str:
    from pydicom.uid import UID

    with warnings.catch_warnings(action="ignore"):
        name = UID(value).name
    return value if name == value else f"{name} ({value})"


def _counted(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many if many and one == 'advisory' else f'{one}s'}"
