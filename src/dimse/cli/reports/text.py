"""A conversation to read, a line a message, verdicts below it; at the end, which side broke what."""

from __future__ import annotations

from collections.abc import Iterable

from dimse.capture import Association, Began, Encrypted, Ended, Event, Fault, Gap, Kept, Said
from dimse.capture.associate import CONTEXT_RESULTS, Context, UserInformation
from dimse.capture.frames import Endpoint
from dimse.cli.output import STYLES, Output, Part
from dimse.cli.reports.data_set import data_set_lines, size
from dimse.cli.reports.links import Links
from dimse.cli.reports.report import Summary
from dimse.cli.reports.sides import FAULT, Breach, Party
from dimse.cli.wording import carried, message_id, name_of, sop_class, uid_name
from dimse.violation import Violation

_INDENT = " " * 21
# Contexts with one answer that are listed one by one; a C-STORE SCU may propose 128 of them.
_LISTED = 4
_HOW = {
    "unfinished": "the capture ends here",
    "closed": "connection closed without release or abort",
    "reset": "connection reset",
}


class Text:
    """A conversation to read."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._links = Links()

    def begin(self, path: str) -> None:
        """See `Report`."""
        self._output.line((path, "bold"))
        self._links = Links()

    def unread(self, path: str, reason: str) -> None:
        """See `Report`."""
        self._output.line(("incomplete: ", STYLES["error"]), reason)
        self._output.line()

    def end(self, summary: Summary) -> None:
        """See `Report`."""
        told = [counted(summary.associations, "Association"), counted(summary.messages, "message")]
        told += [counted(summary.severities[name], name, "advisories") for name in STYLES]
        told += [counted(summary.gaps, "gap")] if summary.gaps else []
        told += [f"{counted(len(summary.unread), 'capture')} incomplete"] if summary.unread else []
        if any(side.breaches for side in summary.sides):
            self._output.line(("Which side broke what", "bold"))
            for side in summary.sides:
                self._side(side, several=summary.captures + len(summary.unread) > 1)
            self._output.line()
        self._output.line(", ".join(told))

    def event(self, event: Event, first: int) -> None:
        """See `Report`."""
        self._links.follow(event)
        head = f"{(event.time - first) / 10**9 if event.time else 0:11.6f}  "
        match event:
            case Said():
                self._said(head, event)
            case Began():
                self._began(head, event.association)
            case Gap():
                text = f"{event.missing} bytes of the {event.sender} were not captured"
                self._line(
                    head,
                    event.association,
                    ("gap: ", STYLES["warning"]),
                    text if event.missing else f"lost track of the {event.sender}",
                )
            case Fault():
                text = f"of the {event.sender}, {event.reason}"
                self._line(head, event.association, ("fault: ", STYLES["error"]), text)
            case Encrypted():
                self._output.line(head, ("TLS: ", STYLES["warning"]), f"{event.client} > {event.server} cannot be read")
            case Ended():
                self._ended(head, event)

    def _line(self, head: str, association: Association, *parts: Part) -> None:
        self._output.line((head, "dim"), f"A{association.number:<4}", *parts)

    # Associations

    def _began(self, head: str, association: Association) -> None:
        found = association.negotiated
        if found is None:
            way = f"{association.requestor} > {association.acceptor}, under way already"
            self._line(head, association, (way, "bold"))
            return
        self._way(head, association)
        by_answer: dict[str, list[tuple[int, Context]]] = {}
        for number, context in found.contexts.items():
            by_answer.setdefault(_answer(context), []).append((number, context))
        for answer, contexts in by_answer.items():
            shown = contexts if len(contexts) <= _LISTED else contexts[: _LISTED - 1]
            for number, context in shown:
                self._detail(f"context {number}: {uid_name(context.abstract_syntax)}, {answer}")
            if len(contexts) > len(shown):
                self._detail(f"and {len(contexts) - len(shown)} contexts more, {answer}")
        for title, side in (("requestor", found.requestor), ("acceptor", found.acceptor)):
            self._roles(title, side)
        if found.window != (1, 1):
            self._detail(f"window: {found.window[0]} invoked, {found.window[1]} performed; 0 is no limit")

    def _way(self, head: str, association: Association) -> None:
        found = association.negotiated
        assert found is not None
        requestor = _titled(found.calling, association.requestor, found.requestor)
        acceptor = _titled(found.called, association.acceptor, found.acceptor)
        self._line(head, association, (f"{requestor} > {acceptor}", "bold"))

    def _roles(self, title: str, side: UserInformation) -> None:
        by_role: dict[str, list[str]] = {}
        for uid, roles in side.roles.items():
            role = " and ".join(name for name, has in zip(("SCU", "SCP"), roles, strict=True) if has) or "neither"
            by_role.setdefault(role, []).append(uid_name(uid))
        for role, names in by_role.items():
            more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
            word = "asks to be" if title == "requestor" else "lets it be"
            self._detail(f"the {title} {word} {role}: {', '.join(names[:_LISTED])}{more}")

    def _detail(self, text: str) -> None:
        self._output.line((f"{_INDENT}{text}", "dim"))

    def _ended(self, head: str, event: Ended) -> None:
        if event.how == "rejected" and event.association.negotiated is not None:
            self._way(head, event.association)
        by = f" by the {event.by}" if event.by else ""
        style = STYLES["warning"] if event.how in ("aborted", "rejected", "reset", "closed") else ""
        text = f": {event.text}" if event.text else ""
        self._line(head, event.association, (f"{_HOW.get(event.how, event.how)}{by}", style), text)
        for operation, number in self._links.unanswered(event):
            self._output.line(_INDENT, f"without a final response: {operation}, message {number}")
        self._links.forget(event)
        self._violations(event.violations)
        self._output.line()

    # Messages

    def _said(self, head: str, event: Said) -> None:
        primitive = event.message.primitive
        arrow = ">" if event.sender == "requestor" else "<"
        number = message_id(primitive)
        told = [sop_class(primitive)] if primitive.role == "request" else []
        told.append(f"{carried(primitive)}{self._linked(event)}".removeprefix(", "))
        if event.message.data_set is not None:
            told.append(f"{size(event.message.data_set)} bytes")
        text = ", ".join(each for each in told if each)
        if event.missing:
            text += f" ({event.missing} not captured)"
        name = (f"{name_of(primitive):18}", "bold")
        shown = "-" if number is None else number
        self._line(head, event.association, f"{arrow} {event.number:>5}  ", name, f" {shown!s:>5}  ", text)
        self._violations(event.judgement.violations)
        for anomaly in event.message.anomalies:
            self._output.line(_INDENT, ("fragments  ", STYLES["warning"]), str(anomaly))
        if isinstance(event.message.data_set, Kept):
            for line in data_set_lines(event):
                self._detail(line)

    def _linked(self, event: Said) -> str:
        """Which operation this one is part of, or which other Associations have its parts."""
        if parent := self._links.parent(event):
            operation, number = parent
            if operation.service == "C-MOVE":  # its Message ID is the last that a C-STORE-RQ carries
                return f" of A{number}"
            return f", for {operation.service} {operation.message_id}"
        stores = self._links.stores(event)
        return f", sub-operations on {', '.join(f'A{number}' for number in stores)}" if stores else ""

    def _violations(self, violations: Iterable[Violation]) -> None:
        for violation in violations:
            style = STYLES[violation.severity]
            self._output.line(_INDENT, (f"{violation.severity:8}", style), f"  {violation}  [{violation.rule}]")

    # Who broke what

    def _side(self, side: Party, *, several: bool) -> None:
        name = side.title if side.version is None else f"{side.title} ({side.version})"
        sent = f", sent {counted(side.messages, 'message')}"
        self._output.line(f"  {name}{sent}", "" if side.breaches else ": nothing")
        for breach in side.breaches.values():
            first = "" if breach.message is None else f", first in message {breach.message}"
            first += f" of {breach.capture}" if several else ""
            style = STYLES[breach.severity]
            text = f"  {breach.rule} ({breach.section}){first}"
            self._output.line(f"  {breach.times:>5} x ", (f"{breach.severity:8}", style), text)
            for line in _demanded(breach):
                self._output.line(" " * 19, line)


def _demanded(breach: Breach) -> Iterable[str]:
    """What the rule demands, and the answer to a request that breaks it."""
    from dimse.services import RULES

    rule = RULES.get(breach.rule)
    if breach.rule == FAULT:
        yield "What a side sends consists of PDUs, and those of messages."
    elif rule is not None:
        yield rule.purpose
        if rule.statuses and not rule.id.startswith("C-CANCEL-"):  # nobody answers a cancel
            yield f"Such a request is refused with {rule.statuses[0]}."


def _titled(title: str, address: Endpoint, side: UserInformation) -> str:
    return f"{title} ({address}{', ' if side.version else ''}{side.version or ''})"


def _answer(context: Context) -> str:
    """How a Presentation Context was answered."""
    if context.result is None:
        return "not answered"
    if context.result == 0:
        return f"in {uid_name(context.transfer_syntax or '')}"
    known = context.result < len(CONTEXT_RESULTS)
    return CONTEXT_RESULTS[context.result] if known else f"result {context.result}"


def counted(number: int, one: str, many: str = "") -> str:
    """A number of things: "1 error", "2 errors"."""
    return f"{number} {one if number == 1 else many if many and one == 'advisory' else f'{one}s'}"
