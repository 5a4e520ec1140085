"""Handlers for pynetdicom that judge what goes through an Association, without any patching.

What is received is judged by its bytes, before pynetdicom has read them: so messages that it cannot read are judged
too. What is sent is judged when pynetdicom has made the message and not yet sent it, so that an answer to it cannot
come first. Each Association has a conversation of its own; the C-MOVEs of all of them are known to each other.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from threading import RLock
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from attrs import define, field, frozen
from pynetdicom import dimse_messages, evt

from dimse.assembler import Assembler
from dimse.command_set import Anomaly
from dimse.conversation import Conversation
from dimse.errors import DecodeError, DimseError
from dimse.operation import OTHER_SIDE, Moves, Operation, Side
from dimse.pdv import FragmentError
from dimse.primitive import Primitive
from dimse.pynetdicom.association import Negotiation
from dimse.rule import rulebook
from dimse.services import decode
from dimse.severities import Severities
from dimse.sink import Drop
from dimse.violation import Severity, Violation

# The most reports with errors that a watch keeps, to raise them later.
MOST_KEPT = 64

_ASSOCIATE_RQ, _ASSOCIATE_AC, _P_DATA_TF, _RELEASE_RP, _ABORT = 0x01, 0x02, 0x04, 0x06, 0x07
_LEVELS = {"error": logging.ERROR, "warning": logging.WARNING, "advisory": logging.INFO}
_LOGGER = logging.getLogger("dimse.pynetdicom")


@frozen
class Report:
    """What a watch says of one message.

    Attributes:
        association: pynetdicom's, on which it went.
        sender: the side of the Association that sent it, "requestor" or "acceptor".
        is_ours: whether that is the side of this application.
        message: None where it cannot be read, or was not sent at all.
        operation: the one it belongs to; None where there is none.
        violations: everything that is wrong with it.
    """

    association: Any
    sender: Side
    is_ours: bool
    message: Primitive[Any, Any] | None
    operation: Operation | None
    violations: tuple[Violation, ...]

    @property
    def errors(self) -> tuple[Violation, ...]:
        """The violations that are errors."""
        return tuple(violation for violation in self.violations if violation.severity == "error")

    def __str__(self) -> str:
        who = "we" if self.is_ours else "the peer"
        message = self.message
        missing = "no message" if self.operation else "an unreadable message"
        what = missing if message is None else message.MESSAGES[message.role].NAME
        said = "; ".join(map(str, self.violations)) or "nothing to say against it"
        return f"{what} of the {self.sender}, {who}: {said}"


class NonconformanceError(DimseError):
    """Messages on a watched Association broke the standard.

    Attributes:
        reports: of the first of them.
    """

    def __init__(self, reports: tuple[Report, ...]) -> None:
        self.reports = reports
        super().__init__("\n".join(map(str, reports)))


Reporter: TypeAlias = Callable[[Report], object]


@frozen
class _Judged:
    """A judgement, of a message that may be missing too."""

    message: Primitive[Any, Any] | None
    sender: Side
    operation: Operation | None
    violations: tuple[Violation, ...]


@define(eq=False)
class _Followed:
    """One Association: where it stands."""

    negotiation: Negotiation = field(factory=Negotiation)
    conversation: Conversation | None = None
    assembler: Assembler = field(factory=lambda: Assembler(sink=lambda _: Drop()))
    connection: frozenset[Any] = frozenset()
    is_over: bool = False


class Watch(list[Any]):
    """The handlers, `(event, handler)` each, to be given to `AE.associate` or `AE.start_server` as they are.

    A watch may serve any number of Associations, one after another and at once. As a context manager it gives itself,
    and raises a `NonconformanceError` at the end of the block for what was in error by then: pynetdicom keeps to
    itself what a handler raises, so nothing can be raised earlier in the user's own thread.
    """

    def __init__(
        self, reporter: Reporter, every: bool, severities: Mapping[str, Severity | str] | None, moves: Moves | None
    ) -> None:
        super().__init__([(evt.EVT_DIMSE_SENT, self._sent), (evt.EVT_DATA_SENT, self._opened)])
        self.extend([(evt.EVT_DATA_RECV, self._received), (evt.EVT_CONN_CLOSE, self._closed)])
        self._reporter = reporter
        self._every = every
        self._severities = Severities(severities or {})
        self._moves = Moves() if moves is None else moves
        self._fragment_rules = rulebook("dimse.services").prefixed("fragments", "PDV")
        self._followed: WeakKeyDictionary[Any, _Followed] = WeakKeyDictionary()
        self._lock = RLock()
        self._errors: list[Report] = []

    @property
    def errors(self) -> tuple[Report, ...]:
        """The first reports with errors since the beginning, or since they were raised."""
        return tuple(self._errors)

    def raise_errors(self) -> None:
        """Raise what was in error so far.

        Raises:
            NonconformanceError: something was.
        """
        with self._lock:
            reports, self._errors = tuple(self._errors), []
        if reports:
            raise NonconformanceError(reports)

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.raise_errors()

    # What pynetdicom tells

    def _received(self, event: Any) -> None:
        sender: Side = "acceptor" if event.assoc.is_requestor else "requestor"
        self._take(event.assoc, sender, event.data)

    def _opened(self, event: Any) -> None:
        # Messages are judged when they are made, so only the PDUs around them are of interest.
        if event.data[0] != _P_DATA_TF:
            sender: Side = "requestor" if event.assoc.is_requestor else "acceptor"
            self._take(event.assoc, sender, event.data)

    def _sent(self, event: Any) -> None:
        message, association = event.message, event.assoc
        sender: Side = "requestor" if association.is_requestor else "acceptor"
        with self._lock:
            followed = self._following(association)
            if followed is None or followed.conversation is None:
                return
            # The name is looked up here: where our codec is in place, it has the bytes at hand.
            encoded = vars(dimse_messages)["encode"](message.command_set, True, True)
            try:
                primitive = decode(encoded)
            except (DecodeError, TypeError):
                return  # which pynetdicom will not manage to send
            data_set = message.data_set
            followed_by = message._data_set_path is not None or bool(data_set and data_set.getbuffer().nbytes)
            found = followed.conversation.feed(primitive, sender, context=message.context_id, data_set=followed_by)
        self._report(association, _Judged(found.message, sender, found.operation, found.violations))

    def _closed(self, event: Any) -> None:
        with self._lock:
            followed = self._followed.pop(event.assoc, None)
            if followed is not None and followed.conversation is not None:
                followed.conversation.end(released=False)

    # What is made of it

    def _take(self, association: Any, sender: Side, pdu: bytes) -> None:
        """Take in a whole PDU, the way its bytes go."""
        with self._lock:
            followed = self._following(association)
            if followed is None:
                return
            kind = pdu[0]
            if kind == _ASSOCIATE_RQ:
                followed.negotiation.ask(pdu)
            elif kind == _ASSOCIATE_AC:
                followed.conversation = followed.negotiation.accept(pdu, self._moves)
            conversation = followed.conversation
            if conversation is None:
                return
            if kind in (_RELEASE_RP, _ABORT):
                judged = _unanswered(conversation, released=kind == _RELEASE_RP)
                followed.is_over = True
            elif kind == _P_DATA_TF:
                judged = self._messages(followed, conversation, sender, pdu)
            else:
                return
        for each in judged:
            self._report(association, each)

    def _messages(self, followed: _Followed, conversation: Conversation, sender: Side, pdu: bytes) -> list[_Judged]:
        judged: list[_Judged] = []
        try:
            for assembled in followed.assembler.feed(pdu):
                found = conversation.feed(
                    assembled.primitive, sender, context=assembled.context_id, data_set=assembled.data_set is not None
                )
                said = (*found.violations, *map(self._fragment, assembled.anomalies))
                judged.append(_Judged(found.message, sender, found.operation, said))
        except FragmentError as error:
            section = "PS3.8 Annex E" if error.__cause__ is None else "PS3.7 6.3.1"
            text = f"{error.reason}; the rest of this Association is not followed"
            unreadable = Violation("UNREADABLE", "error", "", "", text, section)
            judged.append(_Judged(None, sender, None, (unreadable,)))
            conversation.end(released=False)
            followed.is_over = True
        return judged

    def _fragment(self, anomaly: Anomaly) -> Violation:
        rule = self._fragment_rules[anomaly.rule.removeprefix("PDV.")]
        return rule.broken(anomaly.text, section=anomaly.section)

    def _following(self, association: Any) -> _Followed | None:
        """Where an Association stands; None where it is not followed, or not any more."""
        followed = self._followed.get(association)
        if followed is None:
            followed = self._followed[association] = _Followed(connection=_connection(association))
            # With both ends in one process each message would count twice: the end that is seen first is followed.
            others = [each for each in self._followed.values() if each is not followed and not each.is_over]
            followed.is_over = any(followed.connection and each.connection == followed.connection for each in others)
        return None if followed.is_over else followed

    def _report(self, association: Any, judged: _Judged) -> None:
        violations = self._severities.apply(judged.violations)
        if not violations and not self._every:
            return
        is_ours = (judged.sender == "requestor") == association.is_requestor
        report = Report(association, judged.sender, is_ours, judged.message, judged.operation, violations)
        if report.errors and len(self._errors) < MOST_KEPT:
            self._errors.append(report)
        self._reporter(report)


def watch(
    report: Reporter | logging.Logger | None = None,
    *,
    every: bool = False,
    severities: Mapping[str, Severity | str] | None = None,
    moves: Moves | None = None,
) -> Watch:
    """Handlers that judge what goes through Associations.

    Args:
        report: a function that takes a `Report`, or a logger; that of this module, "dimse.pynetdicom", where it is left
            out. It is called in pynetdicom's thread, and may abort the association that the report names.
        every: whether messages are reported about which there is nothing to say.
        severities: other severities for rules, by ID or pattern: "error", "warning", "advisory" or "off".
        moves: the C-MOVEs of other watches, to link C-STOREs to; its own where left out.

    Returns:
        A list for `evt_handlers`, and a context manager that raises what was in error.
    """
    reporter = _logging(report or _LOGGER) if report is None or isinstance(report, logging.Logger) else report
    return Watch(reporter, every, severities, moves)


def _unanswered(conversation: Conversation, *, released: bool) -> list[_Judged]:
    """What is said of each operation that is unanswered at the end: its performer has sent nothing."""
    waiting = [operation for operation in conversation.operations if operation.certain]
    said = conversation.end(released=released)
    return [
        _Judged(None, OTHER_SIDE[operation.invoked_by], operation, (violation,))
        for operation, violation in zip(waiting, said, strict=False)
    ]


def _logging(logger: logging.Logger) -> Reporter:
    def log(report: Report) -> None:
        graded = [_LEVELS[violation.severity] for violation in report.violations]
        logger.log(max(graded, default=logging.DEBUG), "%s", report)

    return log


def _connection(association: Any) -> frozenset[Any]:
    """The two addresses of a connection, the same whichever end is asked; empty where it is not known."""
    held = association.dul.socket
    try:
        return frozenset((held.socket.getsockname(), held.socket.getpeername()))
    except (AttributeError, OSError):
        return frozenset()
