"""Random conversations: a legal one is never blamed, and one illegal message in it is blamed for the rule it breaks."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

import dimse
from dimse import Conversation, decode
from dimse.operation import OTHER_SIDE, Side

UID = "1.2.840.10008.5.1.4.1.1.2"
SEVERAL = ("C-FIND", "C-GET", "C-MOVE")
REQUESTS: dict[str, dict[str, Any]] = {
    "C-ECHO": {},
    "C-FIND": {"Priority": 0, "Identifier": b"ab"},
    "C-GET": {"Priority": 0, "Identifier": b"ab"},
    "C-MOVE": {"Priority": 0, "Identifier": b"ab", "MoveDestination": "THIRD"},
    "C-STORE": {"Priority": 0, "AffectedSOPInstanceUID": "1.2.3", "DataSet": b"ab"},
    "N-ACTION": {"ActionTypeID": 1},
    "N-CREATE": {"AffectedSOPInstanceUID": "1.2.3"},
    "N-DELETE": {},
    "N-EVENT-REPORT": {"AffectedSOPInstanceUID": "1.2.3", "EventTypeID": 1},
    "N-GET": {},
    "N-SET": {"ModificationList": b"ab"},
}
SIDES: tuple[Side, Side] = ("requestor", "acceptor")
COUNTS = ("Remaining", "Completed", "Failed", "Warning")
# Failures that every service lists.
FAILURES = (0x0210, 0x0212)


class Asked:
    """An operation as the peer that plays fair knows it."""

    def __init__(self, request: Any, side: Side) -> None:
        self.request, self.side = request, side
        self.service: str = request.PRIMITIVE.SERVICE
        self.cancelled = False
        self.counts = [4, 0, 0, 0]
        self.last = [0, 0, 0, 0]

    def pending(self) -> Any:
        if self.service == "C-FIND":
            return self.request.respond(Status=0xFF00, Identifier=b"ab")
        return self.request.respond(Status=0xFF00, **self.told())

    def told(self) -> dict[str, int]:
        return {f"NumberOf{name}Suboperations": count for name, count in zip(COUNTS, self.counts, strict=True)}

    def final(self, status: int = 0) -> Any:
        replied = {"AttributeList": b"ab"} if status == 0 and self.service == "N-GET" else {}
        return self.request.respond(Status=status, **replied)


def request_of(service: str, message_id: int) -> Any:
    kind: Any = next(each for each in dimse.SERVICES if service == each.SERVICE).MESSAGES["request"]
    held = {row.keyword: row.request for row in kind.PRIMITIVE.TABLE}
    names = ("AffectedSOPClassUID", "RequestedSOPClassUID", "RequestedSOPInstanceUID")
    uids = {keyword: UID for keyword in names if held.get(keyword) == "M"}
    return kind(MessageID=message_id, **uids, **REQUESTS[service])


class Legal(RuleBasedStateMachine):
    """What two sides that keep the rules may say, in any order."""

    outstanding = Bundle("outstanding")

    def __init__(self) -> None:
        super().__init__()
        self.said: list[tuple[Any, Side]] = []
        self.open: dict[tuple[Side, int], Asked] = {}
        self.judge = Conversation()

    def say(self, message: Any, side: Side) -> None:
        self.said.append((message, side))
        found = self.judge.feed(decode(message.encode(), message.data_set), side).violations
        assert [violation for violation in found if violation.severity != "advisory"] == []

    def blamed(self, message: Any, side: Side) -> set[str]:
        """The rules that are broken where this comes next, in a conversation just like this one."""
        again = Conversation()
        for earlier, sender in self.said:
            again.feed(earlier, sender)
        return {violation.rule for violation in again.feed(message, side).violations}

    def free(self, side: Side) -> int:
        return next(number for number in range(1, 65536) if (side, number) not in self.open)

    @rule(target=outstanding, service=st.sampled_from(sorted(REQUESTS)), side=st.sampled_from(SIDES))
    def ask(self, service: str, side: Side) -> Asked:
        asked = Asked(request_of(service, self.free(side)), side)
        self.open[side, asked.request.MessageID] = asked
        self.say(asked.request, side)
        return asked

    @rule(asked=outstanding, step=st.integers(1, 3))
    def go_on(self, asked: Asked, step: int) -> None:
        if asked.service in SEVERAL:
            self.say(asked.pending(), OTHER_SIDE[asked.side])
            asked.last = asked.counts.copy()
            if asked.counts[0]:
                asked.counts[0] -= 1
                asked.counts[step] += 1

    @rule(asked=outstanding)
    def cancel(self, asked: Asked) -> None:
        if asked.service in SEVERAL:
            asked.cancelled = True
            self.say(asked.request.cancel(), asked.side)

    @rule(asked=consumes(outstanding), failure=st.sampled_from((None, *FAILURES)))
    def finish(self, asked: Asked, failure: int | None) -> None:
        status = failure if failure is not None else 0xFE00 if asked.cancelled else 0
        if status == 0 and asked.service in SEVERAL and asked.counts[2:] != [0, 0]:
            status = 0xB000 if asked.service != "C-FIND" else 0
        del self.open[asked.side, asked.request.MessageID]
        self.say(asked.final(status), OTHER_SIDE[asked.side])

    # What nobody may say now

    @rule(asked=outstanding, service=st.sampled_from(sorted(REQUESTS)))
    def message_id_in_use(self, asked: Asked, service: str) -> None:
        twice = request_of(service, asked.request.MessageID)
        assert "CONVERSATION.MESSAGE_ID" in self.blamed(twice, asked.side)

    @rule(service=st.sampled_from(sorted(REQUESTS)), side=st.sampled_from(SIDES))
    def response_to_nothing(self, service: str, side: Side) -> None:
        never = request_of(service, 0)
        assert "CONVERSATION.UNKNOWN" in self.blamed(never.respond(Status=0), side)

    @rule(asked=outstanding, service=st.sampled_from(sorted(REQUESTS)))
    def another_service(self, asked: Asked, service: str) -> None:
        if service != asked.service:
            other = request_of(service, asked.request.MessageID).respond(Status=0)
            assert "CONVERSATION.SERVICE" in self.blamed(other, OTHER_SIDE[asked.side])

    @rule(asked=outstanding)
    def pending_where_one_response_is_due(self, asked: Asked) -> None:
        if asked.service not in SEVERAL:
            early = asked.request.respond(Status=0xFF00)
            assert "CONVERSATION.PENDING" in self.blamed(early, OTHER_SIDE[asked.side])

    @rule(asked=outstanding)
    def cancelled_by_nobody(self, asked: Asked) -> None:
        if not asked.cancelled:
            assert "CONVERSATION.NOT_CANCELLED" in self.blamed(asked.final(0xFE00), OTHER_SIDE[asked.side])

    @rule(asked=outstanding)
    def cancel_of_what_has_none(self, asked: Asked) -> None:
        if asked.service not in SEVERAL:
            cancel = dimse.C_CANCEL_RQ(MessageIDBeingRespondedTo=asked.request.MessageID)
            assert "CONVERSATION.CANCEL_SERVICE" in self.blamed(cancel, asked.side)

    @rule(asked=outstanding, which=st.integers(1, 3))
    def falling_count(self, asked: Asked, which: int) -> None:
        keyword = f"NumberOf{COUNTS[which]}Suboperations"
        if asked.service in ("C-GET", "C-MOVE") and asked.last[which]:
            fallen = asked.request.respond(Status=0xFF00, **{**asked.told(), keyword: 0})
            assert "CONVERSATION.COUNTS" in self.blamed(fallen, OTHER_SIDE[asked.side])

    @precondition(lambda self: self.said and self.said[-1][0].ROLE == "response")
    @rule()
    def one_response_more(self) -> None:
        message, side = self.said[-1]
        if message.Status != 0xFF00:
            assert "CONVERSATION.FINAL" in self.blamed(message, side)

    @invariant()
    def what_is_outstanding_is_known(self) -> None:
        assert {(each.invoked_by, each.message_id) for each in self.judge.operations} == self.open.keys()


TestLegal = Legal.TestCase
TestLegal.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
