"""Conversations: the messages of one Association, judged each by itself, against its request and among the others.

Sans-IO: messages are fed in the order in which they were sent, each with the side that sent it. Memory is bounded by
the operations that are outstanding. What cannot be known, because the conversation was joined late or messages were
missed, is not held against anybody.

Source: PS3.7 sections 7.3, 7.5.3, 9.1, 9.3, 10.1, 10.3 and D.3.3.3.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import evolve, frozen

from dimse.judge import VALUE_RULES
from dimse.message import Message
from dimse.operation import OTHER_SIDE, Moves, Operation, Remembered, Side
from dimse.parameter import Role
from dimse.primitive import Primitive
from dimse.profile import Profile, Profiles, column_of
from dimse.response import COUNTS, sop_class_of
from dimse.rule import Rule, package_of, rulebook
from dimse.severities import Severities
from dimse.status import Status
from dimse.violation import Severity, Violation

_REMAINING, _COMPLETED, _FAILED, _WARNING = COUNTS
_JUDGED = VALUE_RULES | {"WIRE.DATA_SET", "WIRE.DATA_SET_TYPE"}
_NOTHING: tuple[Violation, ...] = ()


@frozen
class Judgement:
    """What a conversation says of one message.

    Attributes:
        message: as it was fed.
        sender: the side that sent it.
        operation: the one it belongs to; None where there is none.
        violations: everything that is wrong with it, by itself and among the others.
    """

    message: Primitive[Any, Any]
    sender: Side
    operation: Operation | None
    violations: tuple[Violation, ...]


class Conversation:
    """The messages of one Association.

    Args:
        requestor, acceptor: AE titles of the two sides, where they are known.
        contexts: abstract syntaxes by Presentation Context ID, where they are known.
        window: most operations outstanding that the requestor may invoke and perform, as negotiated (PS3.7 D.3.3.3);
            0 for no limit; None where it is not known, and not judged.
        from_start: False where messages may have gone before the first one fed.
        moves: the C-MOVEs of other Associations, to link C-STOREs to; its own where left out.
        severities: other severities for rules, by ID or pattern: "error", "warning", "advisory" or "off".
        profiles: what messages of their SOP Classes are judged by; of several for one of them, the last holds.

    Raises:
        TypeError: one of `profiles` is none.
        ValueError: one of `severities` is none.
    """

    def __init__(
        self,
        *,
        requestor: str | None = None,
        acceptor: str | None = None,
        contexts: Mapping[int, str] | None = None,
        window: tuple[int, int] | None = None,
        from_start: bool = True,
        moves: Moves | None = None,
        severities: Mapping[str, Severity | str] | None = None,
        profiles: Iterable[Profile] = (),
    ) -> None:
        # In A-ASSOCIATE they are padded, and spaces around an AE title mean nothing (PS3.5 6.2).
        requestor, acceptor = (None if title is None else title.strip(" ") for title in (requestor, acceptor))
        self.titles: dict[Side, str | None] = {"requestor": requestor, "acceptor": acceptor}
        self.contexts = dict(contexts or {})
        self.window = window
        self._window = {} if window is None else dict(zip(("requestor", "acceptor"), window, strict=True))
        self._moves = Moves() if moves is None else moves
        self._severities = Severities(severities or {})
        given = tuple(profiles)
        self._profiles = Profiles(given) if given else None
        self._outstanding: dict[Side, dict[int, Operation]] = {"requestor": {}, "acceptor": {}}
        self._over: dict[Side, Remembered] = {"requestor": Remembered(), "acceptor": Remembered()}
        self._whole = from_start
        self._rules: dict[str, dict[str, Rule]] = {}
        self._several: dict[type[Any], bool] = {}
        if not from_start:
            self._doubt_moves()
        elif requestor is not None and moves is not None:  # one Association alone says nothing of an AE's others
            self._moves.know(requestor)

    @property
    def operations(self) -> tuple[Operation, ...]:
        """The operations that are outstanding, in the order of their requests."""
        return tuple(operation for side in self._outstanding.values() for operation in side.values())

    def feed(
        self,
        message: Primitive[Any, Any] | Message,
        sender: Side,
        *,
        context: int | None = None,
        data_set: bool | None = None,
    ) -> Judgement:
        """Take in the next message.

        Args:
            message: decoded, or one of our own.
            sender: "requestor" or "acceptor": the side of the Association that sent it.
            context: its Presentation Context ID, where that is known.
            data_set: whether a Data Set followed; left out, one that is announced and not at hand counts as sent.

        Returns:
            The message with its operation and everything that is wrong with it.

        Raises:
            ValueError: no such side.
        """
        if sender not in OTHER_SIDE:
            raise ValueError(f"the sender is 'requestor' or 'acceptor', got {sender!r}")
        if isinstance(message, Message):
            primitive, role = message.primitive(), message.ROLE
        else:
            primitive, role = message, message.role
        if role == "response":
            operation, found = self._response(primitive, sender, context)
        elif role == "request":
            operation, found = self._request(primitive, sender, context)
        else:
            operation, found = self._cancel(primitive, sender, context)
        if data_set is False and _announces(primitive):
            text = f"{primitive.SERVICE} announces a Data Set and none followed"
            found.append(self._rule(primitive, "DATA_SET").broken(text, keyword="CommandDataSetType"))
        if primitive.anomalies:
            found += self._anomalies(primitive)
        if found and self._profiles is not None:
            found = self._weighed(found, primitive, None if operation is None else operation.request, context)
        return Judgement(primitive, sender, operation, self._severities.apply(found) if found else _NOTHING)

    def gap(self) -> None:
        """Note that messages were missed here: what began before is no longer certain."""
        self._whole = False
        for operation in self.operations:
            operation.certain = False
            self._orphan(operation, "")  # its response may be among what was missed
        for over in self._over.values():
            over.clear()
        self._doubt_moves()

    def _doubt_moves(self) -> None:
        for title in self.titles.values():
            if title is not None:
                self._moves.forget(title)

    def end(self, *, released: bool = True) -> tuple[Violation, ...]:
        """Note that the Association is over, and say what is still unanswered; nothing where it was aborted."""
        unanswered = [
            violation for each in self.operations if each.certain and released for violation in self._unanswered(each)
        ]
        for operation in self.operations:
            self._lose_sight(operation)
        for side in self._outstanding.values():
            side.clear()
        return self._severities.apply(unanswered)

    def _unanswered(self, operation: Operation) -> list[Violation]:
        text = f"{operation} had no final response when the Association ended"
        found = [self._rule(operation.request, "UNANSWERED").broken(text)]
        return self._weighed(found, operation.request, None, operation.context)

    # Requests

    def _request(
        self, request: Primitive[Any, Any], sender: Side, context: int | None
    ) -> tuple[Operation | None, list[Violation]]:
        found = self._judge(request, "request", None, context)
        message_id = getattr(request, "MessageID", None)
        if message_id is None:
            return None, found
        outstanding = self._outstanding[sender]
        before = outstanding.get(message_id)
        operation = Operation(
            request.SERVICE, message_id, sender, request, context, cancellable="cancel" in request.MESSAGES
        )
        if before is not None:
            if before.certain:
                text = f"MessageID {message_id} is that of {before}, which is outstanding"
                section = next(row.citation() for row in request.TABLE if row.keyword == "MessageID")
                found.append(self._rule(request, "MESSAGE_ID").broken(text, keyword="MessageID", section=section))
            self._lose_sight(before)
        outstanding[message_id] = operation
        found += self._judge_window(operation, outstanding)
        if operation.service == "C-MOVE" and (title := self.titles[sender]) is not None:
            self._moves.begin(title, operation)
        if operation.service == "C-STORE":
            found += self._link(operation)
        return operation, found

    def _judge_window(self, operation: Operation, outstanding: dict[int, Operation]) -> Iterator[Violation]:
        most = self._window.get(operation.invoked_by, 0)
        if not most or len(outstanding) <= most:
            return
        certain = sum(each.certain for each in outstanding.values())
        if certain > most:
            text = f"{certain} operations of the {operation.invoked_by} are outstanding, {most} may be"
            yield self._rule(operation.request, "WINDOW").broken(text, keyword="MessageID")

    def _link(self, store: Operation) -> Iterator[Violation]:
        """Find the C-GET or C-MOVE that a C-STORE is a sub-operation of."""
        parent = None
        title = getattr(store.request, "MoveOriginatorApplicationEntityTitle", None)
        message_id = getattr(store.request, "MoveOriginatorMessageID", None)
        if message_id is not None:
            moves = () if title is None else self._moves.find(title, message_id)
            parent = moves[0] if len(moves) == 1 else None
            known = title is not None and self._moves.knows(title)
            if known and not moves:
                text = f"MoveOriginatorMessageID is {message_id}, and {title} has no C-MOVE with that Message ID"
                yield self._rule(store.request, "MOVE_ORIGINATOR").broken(text, keyword="MoveOriginatorMessageID")
            elif known and parent is not None and parent.is_complete and parent.certain:
                text = f"a sub-operation of {parent} begins after its final response"
                yield self._rule(store.request, "MOVE_EARLY").broken(text, keyword="MoveOriginatorMessageID")
        else:
            gets = [
                each for each in self._outstanding[OTHER_SIDE[store.invoked_by]].values() if each.service == "C-GET"
            ]
            parent = gets[0] if len(gets) == 1 else None
            for get in gets if parent is None else ():
                get.told_apart = False
        if parent is not None and not parent.is_complete:
            store.parent = parent
            parent.suboperations += 1

    # Responses

    def _response(
        self, response: Primitive[Any, Any], sender: Side, context: int | None
    ) -> tuple[Operation | None, list[Violation]]:
        invoker = OTHER_SIDE[sender]
        message_id = getattr(response, "MessageIDBeingRespondedTo", None)
        operation = None if message_id is None else self._outstanding[invoker].get(message_id)
        if operation is None:
            found = self._judge(response, "response", None, context)
            if message_id is not None:
                found += self._judge_unasked(response, self._over[invoker].get(message_id), message_id)
            return None, found
        if operation.service != response.SERVICE:
            if not operation.certain:
                return None, self._judge(response, "response", None, context)
            text = f"a response of {response.SERVICE} to {operation}"
            rule = self._rule(response, "SERVICE")
            found = self._judge(response, "response", None, context)
            found.append(rule.broken(text, keyword="CommandField"))
            self._finish(operation, response, _status(response))
            return operation, found
        # An uncertain operation may have ended, and its Message ID be that of a request that nobody saw.
        found = self._judge(response, "response", operation.request if operation.certain else None, context)
        if found and operation.is_beyond_counting:
            found = [violation for violation in found if violation.keyword not in COUNTS or violation.cell != "C"]
        if operation.certain and None not in (context, operation.context) and context != operation.context:
            text = f"the response comes in Presentation Context {context}, its request in {operation.context}"
            found.append(self._rule(response, "CONTEXT").broken(text))
        status = _status(response)
        if status is not None:
            found += self._judge_progress(operation, response, status)
        self._finish(operation, response, status)
        return operation, found

    def _judge_unasked(
        self, response: Primitive[Any, Any], over: Operation | None, message_id: int
    ) -> Iterator[Violation]:
        if over is not None:
            text = f"another response to {over}, which had its final response"
            yield self._rule(response, "FINAL").broken(text, keyword="MessageIDBeingRespondedTo")
        elif self._whole:
            text = f"MessageIDBeingRespondedTo is {message_id}, and the peer has invoked nothing with that Message ID"
            yield self._rule(response, "UNKNOWN").broken(text, keyword="MessageIDBeingRespondedTo")

    def _judge_progress(
        self, operation: Operation, response: Primitive[Any, Any], status: Status
    ) -> Iterator[Violation]:
        """What a response says in the light of those before it."""
        if status.is_pending and not self._may_have_several(response):
            text = f"Status is {status.code:04X}H Pending, and {operation.service} has one response"
            yield self._rule(response, "PENDING").broken(text, keyword="Status")
        if status.is_cancel and operation.state == "outstanding" and operation.certain:
            text = f"Status is FE00H Cancel, and {operation} was not cancelled"
            yield self._rule(response, "NOT_CANCELLED").broken(text, keyword="Status")
        if operation.service in ("C-GET", "C-MOVE") and operation.certain:
            yield from self._judge_counts(operation, response, status)

    def _judge_counts(self, operation: Operation, response: Primitive[Any, Any], status: Status) -> Iterator[Violation]:
        now = {keyword: count for keyword in COUNTS if (count := getattr(response, keyword)) is not None}
        for keyword in (_COMPLETED, _FAILED, _WARNING):
            before = operation.counts.get(keyword)
            if before is not None and now.get(keyword, before) < before:
                text = f"{keyword} is {now[keyword]} and was {before}"
                yield self._rule(response, "COUNTS").broken(text, keyword=keyword)
        if len(now) == len(COUNTS) and operation.total not in (None, sum(now.values())):
            text = f"the four counts make {sum(now.values())}, and made {operation.total} before"
            yield self._rule(response, "TOTAL").broken(text, keyword=_REMAINING)
        if status.is_success and operation.counts.get(_FAILED) and _FAILED not in now:
            text = (
                f"Status is Success, and {operation.counts[_FAILED]} sub-operations had failed by the response before"
            )
            yield self._rule(response, "OUTCOME").broken(text, keyword="Status")
        if status.is_final:
            yield from self._judge_suboperations(operation, response, status, now)

    def _judge_suboperations(
        self, operation: Operation, response: Primitive[Any, Any], status: Status, now: dict[str, int]
    ) -> Iterator[Violation]:
        """Whether the final counts agree with the C-STOREs that were seen."""
        seen, done = sum(operation.outcomes.values()), operation.outcomes.get("Success", 0)
        completed = now.get(_COMPLETED)
        # Those of a C-MOVE may be on Associations that nobody follows.
        here = operation.service == "C-GET" and self._whole and operation.told_apart
        if completed is not None and (seen or here) and (completed < done or (here and completed > seen)):
            text = f"{_COMPLETED} is {completed}; of {seen} C-STORE sub-operations {done} ended with Success"
            yield self._rule(response, "SUBOPERATIONS").broken(text, keyword=_COMPLETED)
        performed = status.is_success or status.is_warning  # what was terminated says nothing of what is under way
        if performed and operation.suboperations and operation.service == "C-MOVE":
            text = f"{operation.suboperations} sub-operations of {operation} have had no response yet"
            yield self._rule(response, "MOVE_EARLY").broken(text, keyword="Status")

    def _finish(self, operation: Operation, response: Primitive[Any, Any], status: Status | None) -> None:
        """Take a response into the state of its operation."""
        operation.responses += 1
        if status is None:
            return
        operation.status = status.code
        if operation.service in ("C-GET", "C-MOVE"):
            for keyword in COUNTS:
                count = getattr(response, keyword, None)
                if count is not None:
                    operation.counts[keyword] = count
        if status.is_pending:
            return
        operation.state = "complete"
        del self._outstanding[operation.invoked_by][operation.message_id]
        self._over[operation.invoked_by].keep(operation.message_id, operation.brief())
        self._leave(operation, status.status_class or "Failure")

    def _lose_sight(self, operation: Operation) -> None:
        """An operation is given up: its Message ID was taken, or the Association is over."""
        operation.certain = False
        self._leave(operation, "")

    def _leave(self, operation: Operation, outcome: str) -> None:
        title = self.titles[operation.invoked_by]
        if operation.service == "C-MOVE" and title is not None:
            self._moves.end(title, operation)
        self._orphan(operation, outcome)

    def _orphan(self, operation: Operation, outcome: str) -> None:
        """A sub-operation is over, or was lost sight of; its parent waits for it no longer."""
        parent, operation.parent = operation.parent, None
        if parent is not None:
            parent.suboperations -= 1
            if outcome:
                parent.outcomes[outcome] = parent.outcomes.get(outcome, 0) + 1

    # Cancels

    def _cancel(
        self, cancel: Primitive[Any, Any], sender: Side, context: int | None
    ) -> tuple[Operation | None, list[Violation]]:
        found = list(cancel.violations("cancel"))
        message_id = getattr(cancel, "MessageIDBeingRespondedTo", None)
        if message_id is None:
            return None, found
        operation = self._outstanding[sender].get(message_id)
        if operation is None:
            over: Operation | None = self._over[sender].get(message_id)
            if over is None and self._whole:
                text = f"MessageIDBeingRespondedTo is {message_id}, and the sender has invoked nothing with that ID"
                found.append(self._rule(cancel, "CANCEL").broken(text, keyword="MessageIDBeingRespondedTo"))
            operation = over  # which its natural end has overtaken
        if operation is None:
            return None, found
        if not operation.cancellable:
            text = f"{operation} cannot be cancelled"
            found.append(self._rule(cancel, "CANCEL_SERVICE").broken(text, keyword="MessageIDBeingRespondedTo"))
        elif operation.state == "outstanding":
            operation.state = "cancelled"
        return operation, found

    # What all of them need

    def _judge(
        self, primitive: Primitive[Any, Any], role: Role, request: Primitive[Any, Any] | None, context: int | None
    ) -> list[Violation]:
        """What is wrong with a message by itself and beside its request: by its profile, else by PS3.7 alone."""
        cls = None if self._profiles is None else self._profiled(primitive, request, context)
        if cls is None:
            return list(primitive.violations(role, request=request))
        return column_of(cls, primitive._column(role)).judge(primitive, request)

    def _profiled(
        self, primitive: Primitive[Any, Any], request: Primitive[Any, Any] | None, context: int | None
    ) -> type[Any] | None:
        """The class of a profile that a message is judged by: for what it or its request names, else its context's."""
        if self._profiles is None:
            return None
        named = sop_class_of(request, primitive)
        abstract_syntax = None if context is None else self.contexts.get(context)
        return self._profiles.service(primitive.SERVICE, named, abstract_syntax)

    def _weighed(
        self,
        found: list[Violation],
        primitive: Primitive[Any, Any],
        request: Primitive[Any, Any] | None,
        context: int | None,
    ) -> list[Violation]:
        """Violations with the severities that the message's profile gives them."""
        cls = self._profiled(primitive, request, context)
        if self._profiles is None or cls is None:
            return found
        return list(self._profiles.severities(cls).apply(found))

    def _may_have_several(self, response: Primitive[Any, Any]) -> bool:
        service = type(response)
        known = self._several.get(service)
        if known is None:
            known = self._several[service] = service.SERVICE in rulebook(package_of(service)).several_responses
        return known

    def _rule(self, primitive: Primitive[Any, Any], name: str) -> Rule:
        package = package_of(type(primitive))
        rules = self._rules.get(package)
        if rules is None:
            rules = self._rules[package] = rulebook(package).prefixed("conversation", "CONVERSATION")
        return rules[name]

    def _anomalies(self, primitive: Primitive[Any, Any]) -> Iterable[Violation]:
        """The anomalies of a message's bytes as violations, but for those that are violations of its matrix already."""
        known = rulebook(package_of(type(primitive))).group("wire")
        for anomaly in primitive.anomalies:
            if anomaly.rule in _JUDGED:
                continue
            rule = known[anomaly.rule.removeprefix("WIRE.")]
            keyword = "" if anomaly.tag is None else f"({anomaly.tag >> 16:04X},{anomaly.tag & 0xFFFF:04X})"
            yield evolve(rule, id=anomaly.rule).broken(anomaly.text, keyword=keyword, section=anomaly.section)


def _status(response: Primitive[Any, Any]) -> Status | None:
    """The Status of a response by class; its meaning for a SOP Class is of no account here."""
    code = getattr(response, "Status", None)
    return None if code is None else response.STATUSES.status(code)


def _announces(primitive: Primitive[Any, Any]) -> bool:
    return primitive.received is not None and primitive.received.announces_data_set
