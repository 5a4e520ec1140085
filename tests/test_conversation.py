"""Conversations: every rule of messages among others broken once, next to what is right and looks much the same."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest

import dimse
from dimse import Conversation, Judgement, Message, Moves, Primitive, decode
from dimse.operation import MOST_REMEMBERED

ECHO, CT, STUDY_FIND = "1.2.840.10008.1.1", "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.2.2.1"
STUDY_MOVE, STUDY_GET = "1.2.840.10008.5.1.4.1.2.2.2", "1.2.840.10008.5.1.4.1.2.2.3"
COUNTS = ("Remaining", "Completed", "Failed", "Warning")


def echo(message_id: int = 1) -> dimse.C_ECHO_RQ:
    return dimse.C_ECHO_RQ(MessageID=message_id, AffectedSOPClassUID=ECHO)


def find(message_id: int = 1) -> dimse.C_FIND_RQ:
    return dimse.C_FIND_RQ(MessageID=message_id, AffectedSOPClassUID=STUDY_FIND, Priority=0, Identifier=b"ab")


def move(message_id: int = 1) -> dimse.C_MOVE_RQ:
    return dimse.C_MOVE_RQ(
        MessageID=message_id, AffectedSOPClassUID=STUDY_MOVE, Priority=0, MoveDestination="THIRD", Identifier=b"ab"
    )


def get(message_id: int = 1) -> dimse.C_GET_RQ:
    return dimse.C_GET_RQ(MessageID=message_id, AffectedSOPClassUID=STUDY_GET, Priority=0, Identifier=b"ab")


def store(message_id: int = 1, originator: tuple[str, int] | None = None) -> dimse.C_STORE_RQ:
    title, number = originator or (None, None)
    return dimse.C_STORE_RQ(
        MessageID=message_id,
        AffectedSOPClassUID=CT,
        Priority=0,
        AffectedSOPInstanceUID=f"1.2.{message_id}",
        MoveOriginatorApplicationEntityTitle=title,
        MoveOriginatorMessageID=number,
        DataSet=b"ab",
    )


def pending(request: Any, *counts: int) -> Any:
    if counts:
        named = {f"NumberOf{name}Suboperations": count for name, count in zip(COUNTS, counts, strict=True)}
        return request.respond(Status=0xFF00, **named)
    return request.respond(Status=0xFF00, Identifier=b"ab")


def final(request: Any, *counts: int, status: int = 0) -> Any:
    named = {f"NumberOf{name}Suboperations": count for name, count in zip(COUNTS, counts, strict=False)}
    return request.respond(Status=status, **named)


def feed(conversation: Conversation, *messages: Any) -> list[str]:
    """Feed messages, requests and cancels from the requestor and responses from the acceptor; the rules they break."""
    found = []
    for message in messages:
        sender = "acceptor" if message.ROLE == "response" else "requestor"
        found += broken(conversation.feed(message, sender))  # type: ignore[arg-type]
    return found


def broken(judgement: Judgement) -> list[str]:
    return [violation.rule for violation in judgement.violations]


def test_a_query_from_request_to_end() -> None:
    """An operation is outstanding from its request to its final response, and its state is told with each message."""
    conversation, request = Conversation(), find()
    first = conversation.feed(request, "requestor")
    assert (first.operation, first.violations) == (conversation.operations[0], ())
    operation = conversation.operations[0]
    assert (operation.service, operation.message_id, operation.invoked_by) == ("C-FIND", 1, "requestor")
    second = conversation.feed(pending(request), "acceptor")
    assert (second.operation, operation.state, operation.status, operation.responses) == (
        operation,
        "outstanding",
        0xFF00,
        1,
    )
    conversation.feed(final(request), "acceptor")
    assert (operation.state, operation.status, operation.responses) == ("complete", 0, 2)
    assert conversation.operations == ()
    assert conversation.end() == ()


def test_both_sides_invoke() -> None:
    """The sides number their operations each for itself."""
    conversation = Conversation()
    report = dimse.N_EVENT_REPORT_RQ(
        MessageID=1, AffectedSOPClassUID="1.2", AffectedSOPInstanceUID="1.3", EventTypeID=1
    )
    assert broken(conversation.feed(echo(1), "requestor")) == []
    assert broken(conversation.feed(report, "acceptor")) == []
    assert [str(operation) for operation in conversation.operations] == [
        "C-ECHO 1 of the requestor",
        "N-EVENT-REPORT 1 of the acceptor",
    ]
    assert broken(conversation.feed(final(report), "requestor")) == []
    assert broken(conversation.feed(final(echo(1)), "acceptor")) == []


def test_message_id() -> None:
    """A Message ID is free again with the final response, and not before."""
    assert feed(Conversation(), echo(1), final(echo(1)), echo(1)) == []
    conversation = Conversation()
    assert feed(conversation, find(1), echo(1)) == ["CONVERSATION.MESSAGE_ID"]
    assert [operation.service for operation in conversation.operations] == ["C-ECHO"]


def test_message_id_cites_the_service() -> None:
    """The section is that of the service's own Message ID."""
    conversation = Conversation()
    feed(conversation, echo(1))
    (violation,) = conversation.feed(move(1), "requestor").violations
    assert violation.section == "PS3.7 9.1.4.1.1"
    assert "C-ECHO 1 of the requestor" in violation.text


def test_unknown() -> None:
    """A response answers something that the other side has asked; to its own requests nobody responds."""
    assert feed(Conversation(), final(echo(9))) == ["CONVERSATION.UNKNOWN"]
    conversation = Conversation()
    conversation.feed(echo(1), "requestor")
    assert broken(conversation.feed(final(echo(1)), "requestor")) == ["CONVERSATION.UNKNOWN"]
    assert feed(Conversation(from_start=False), final(echo(9))) == []


def test_service() -> None:
    """A response of another service is held against nobody's request, and ends the operation."""
    conversation = Conversation()
    assert feed(conversation, find(1), final(echo(1))) == ["CONVERSATION.SERVICE"]
    assert conversation.operations == ()


def test_pending() -> None:
    """Several responses are for C-FIND, C-GET and C-MOVE."""
    assert feed(Conversation(), find(), pending(find()), pending(find()), final(find())) == []
    request = store()
    rules = feed(Conversation(), request, request.respond(Status=0xFF00))
    assert rules == ["C-STORE-RSP.Status.type", "CONVERSATION.PENDING"]


def test_final() -> None:
    """Nothing comes after the final response, until the Message ID is used again."""
    for late in (final(find()), pending(find())):
        assert feed(Conversation(), find(), final(find()), late) == ["CONVERSATION.FINAL"]
    assert feed(Conversation(), find(), final(find()), find(), pending(find()), final(find())) == []


def test_a_late_response_is_remembered_for_a_while() -> None:
    """The oldest of many operations is forgotten: then a late response answers nothing."""
    conversation = Conversation()
    for number in range(MOST_REMEMBERED + 1):
        assert feed(conversation, echo(number), final(echo(number))) == []
    assert feed(conversation, final(echo(0))) == ["CONVERSATION.UNKNOWN"]
    assert feed(conversation, final(echo(1))) == ["CONVERSATION.FINAL"]


def test_cancel() -> None:
    """A cancel names an operation of its sender that can be cancelled; it may come too late."""
    cancelled = final(find(), status=0xFE00)
    assert feed(Conversation(), find(), find().cancel(), pending(find()), cancelled) == []
    assert feed(Conversation(), find(), find().cancel(), final(find())) == []
    assert feed(Conversation(), find(), final(find()), find().cancel()) == []
    assert feed(Conversation(), find(2), find().cancel()) == ["CONVERSATION.CANCEL"]
    assert feed(Conversation(from_start=False), find().cancel()) == []
    conversation = Conversation()
    conversation.feed(find(), "requestor")
    assert broken(conversation.feed(find().cancel(), "acceptor")) == ["CONVERSATION.CANCEL"]


def test_cancel_service() -> None:
    """C-ECHO cannot be cancelled, while it is outstanding or over."""
    assert feed(Conversation(), echo(), find().cancel()) == ["CONVERSATION.CANCEL_SERVICE"]
    assert feed(Conversation(), echo(), final(echo()), find().cancel()) == ["CONVERSATION.CANCEL_SERVICE"]


def test_not_cancelled() -> None:
    """Status Cancel answers a cancel."""
    assert feed(Conversation(), find(), final(find(), status=0xFE00)) == ["CONVERSATION.NOT_CANCELLED"]


def test_counts() -> None:
    """Counts go one way, and their sum stays; some may be left out."""
    right = [(3, 0, 0, 0), (2, 1, 0, 0), (1, 1, 1, 0), (0, 1, 1, 1)]
    ended = final(move(), 0, 1, 1, 1, status=0xB000)
    assert feed(Conversation(), move(), *(pending(move(), *counts) for counts in right), ended) == []
    assert feed(Conversation(), move(), pending(move(), 3, 0, 0, 0), final(move())) == []
    for before, after in (((1, 2, 0, 0), (2, 1, 0, 0)), ((1, 0, 2, 0), (2, 0, 1, 0)), ((1, 0, 0, 2), (2, 0, 0, 1))):
        rules = feed(Conversation(), move(), pending(move(), *before), pending(move(), *after))
        assert rules == ["CONVERSATION.COUNTS"]
    rules = feed(Conversation(), get(), pending(get(), 3, 0, 0, 0), pending(get(), 1, 1, 0, 0))
    assert rules == ["CONVERSATION.TOTAL"]


def test_more_suboperations_than_can_be_counted() -> None:
    """Counts that no US can hold are left out of a Pending response, and nobody minds; others are missed."""
    bare = move().respond(Status=0xFF00)
    full = pending(move(), 0xFFFF, 0, 0, 0)
    assert feed(Conversation(), move(), full, bare) == []
    missed = [f"C-MOVE-RSP.NumberOf{name}Suboperations.C" for name in COUNTS]
    assert feed(Conversation(), move(), pending(move(), 0xFFFE, 0, 0, 0), bare) == missed


def test_outcome() -> None:
    """Success does not follow failures that were told before."""
    told = pending(move(), 1, 1, 1, 0)
    assert feed(Conversation(), move(), told, final(move(), status=0xB000)) == []
    assert feed(Conversation(), move(), told, final(move())) == ["CONVERSATION.OUTCOME"]


def test_suboperations_of_get() -> None:
    """The C-STOREs that come back while a C-GET is outstanding are its sub-operations, and its counts say so."""
    for completed, rules in ((1, []), (2, ["CONVERSATION.SUBOPERATIONS"]), (0, ["CONVERSATION.SUBOPERATIONS"])):
        conversation = Conversation()
        operation = conversation.feed(get(), "requestor").operation
        sub = conversation.feed(store(), "acceptor").operation
        assert operation is not None
        assert sub is not None
        assert (sub.parent, operation.suboperations) == (operation, 1)
        assert broken(conversation.feed(final(store()), "requestor")) == []
        assert (operation.suboperations, operation.outcomes) == (0, {"Success": 1})
        assert broken(conversation.feed(final(get(), 0, completed, 0, 0), "acceptor")) == rules


def test_moves_across_associations() -> None:
    """A C-STORE on another Association is a sub-operation of the C-MOVE that it names."""
    moves = Moves()
    query = Conversation(requestor="SCU", acceptor="PACS", moves=moves)
    storing = Conversation(requestor="PACS", acceptor="THIRD", moves=moves)
    operation = query.feed(move(7), "requestor").operation
    assert operation is not None
    sub = storing.feed(store(1, ("SCU", 7)), "requestor")
    assert sub.operation is not None
    assert (sub.operation.parent, broken(sub)) == (operation, [])
    assert broken(storing.feed(final(store(1)), "acceptor")) == []
    assert operation.outcomes == {"Success": 1}
    assert broken(query.feed(final(move(7), 0, 1, 0, 0), "acceptor")) == []


def test_move_early() -> None:
    """The final C-MOVE response waits for its sub-operations; none begins behind it."""
    moves = Moves()
    query = Conversation(requestor="SCU", acceptor="PACS", moves=moves)
    storing = Conversation(requestor="PACS", acceptor="THIRD", moves=moves)
    query.feed(move(7), "requestor")
    storing.feed(store(1, ("SCU", 7)), "requestor")
    assert broken(query.feed(final(move(7)), "acceptor")) == ["CONVERSATION.MOVE_EARLY"]
    assert broken(storing.feed(final(store(1)), "acceptor")) == []
    assert broken(storing.feed(store(2, ("SCU", 7)), "requestor")) == ["CONVERSATION.MOVE_EARLY"]


def test_move_originator() -> None:
    """A Move Originator whose Associations are followed has a C-MOVE of that Message ID; of others nothing is known."""
    moves = Moves()
    query = Conversation(requestor="SCU", acceptor="PACS", moves=moves)
    storing = Conversation(requestor="PACS", acceptor="THIRD", moves=moves)
    assert broken(storing.feed(store(1, ("SCU", 7)), "requestor")) == ["CONVERSATION.MOVE_ORIGINATOR"]
    assert broken(storing.feed(store(2, ("OTHER", 7)), "requestor")) == []
    query.gap()
    assert broken(storing.feed(store(3, ("SCU", 7)), "requestor")) == []
    assert feed(Conversation(), store(1, ("SCU", 7))) == []


def test_data_set() -> None:
    """A Data Set that is announced follows; one that nobody announced does not."""
    wire = find().encode()
    assert broken(Conversation().feed(decode(wire), "requestor")) == []
    assert broken(Conversation().feed(decode(wire), "requestor", data_set=True)) == []
    assert broken(Conversation().feed(decode(wire), "requestor", data_set=False)) == ["CONVERSATION.DATA_SET"]
    unasked = decode(echo().encode(), b"ab")
    assert broken(Conversation().feed(unasked, "requestor")) == ["C-ECHO-RQ.CommandDataSetType.announced"]


@pytest.mark.parametrize(("window", "most"), [((1, 1), 1), ((3, 1), 3), ((0, 1), 20), (None, 20)])
def test_window(window: tuple[int, int] | None, most: int) -> None:
    """As many operations are outstanding as were negotiated, for each side; 0 is no limit."""
    conversation = Conversation(window=window)
    assert feed(conversation, *(echo(number) for number in range(most))) == []
    further = feed(conversation, echo(most))
    assert further == ([] if most == 20 else ["CONVERSATION.WINDOW"])


def test_context() -> None:
    """A response comes in the Presentation Context of its request, where both are known."""
    for context, rules in ((3, []), (None, []), (5, ["CONVERSATION.CONTEXT"])):
        conversation = Conversation()
        conversation.feed(echo(), "requestor", context=3)
        assert broken(conversation.feed(final(echo()), "acceptor", context=context)) == rules


def test_unanswered() -> None:
    """A release leaves nothing unanswered; an abort may."""
    for released, rules in ((True, ["CONVERSATION.UNANSWERED"]), (False, [])):
        conversation = Conversation()
        feed(conversation, find(), pending(find()))
        assert [violation.rule for violation in conversation.end(released=released)] == rules
        assert conversation.operations == ()


def test_a_gap_is_held_against_nobody() -> None:
    """After messages were missed, nothing is said that they might explain."""
    conversation = Conversation(window=(1, 1))
    feed(conversation, find(1), find(1).cancel(), move(2))
    conversation.gap()
    assert feed(conversation, find(1), final(echo(5)), find(9).cancel(), final(move(2), status=0xFE00)) == []
    conversation.gap()
    assert feed(conversation, final(echo(1))) == []
    assert conversation.end() == ()


def test_anomalies_are_violations() -> None:
    """What is odd about the bytes is said with the rest, and once."""
    wire = echo().encode()
    shuffled = wire[:12] + wire[38:] + wire[12:38]
    (violation,) = Conversation().feed(decode(shuffled), "requestor").violations
    assert (violation.rule, violation.severity, violation.keyword) == ("WIRE.ORDER", "error", "(0000,0002)")
    bad = decode(wire.replace(b"1.2.840.10008.1.1\0", b"1.2.840.10008.1.x\0"))
    assert broken(Conversation().feed(bad, "requestor")) == ["C-ECHO-RQ.AffectedSOPClassUID.VR"]


def test_severities() -> None:
    """A user decides how grave a rule is; the last pattern that fits holds."""
    given = {"CONVERSATION.*": "advisory", "CONVERSATION.UNKNOWN": "warning", "*.advised": "off"}
    conversation = Conversation(severities=given)
    (violation,) = conversation.feed(final(echo(9)), "acceptor").violations
    assert violation.severity == "warning"
    bare = dimse.C_ECHO_RSP(MessageIDBeingRespondedTo=9, Status=0)
    assert broken(Conversation(severities=given).feed(bare, "acceptor")) == ["CONVERSATION.UNKNOWN"]
    assert "C-ECHO-RSP.AffectedSOPClassUID.advised" in broken(Conversation().feed(bare, "acceptor"))
    with pytest.raises(ValueError, match=r"CONVERSATION\.UNKNOWN: 'grave' is no severity"):
        Conversation(severities={"CONVERSATION.UNKNOWN": "grave"})


def test_senders() -> None:
    """There are two sides."""
    with pytest.raises(ValueError, match="'requestor' or 'acceptor', got 'scu'"):
        Conversation().feed(echo(), "scu")  # type: ignore[arg-type]


@pytest.mark.parametrize("service", dimse.SERVICES, ids=lambda service: service.SERVICE)
def test_wrecks(service: Callable[[], Primitive[Any, Any]]) -> None:
    """A message without any parameter is judged like any other."""
    for role in ("request", "response", "cancel"):
        primitive = service()
        if role in primitive.MESSAGES and primitive.role == role:
            assert Conversation().feed(primitive, "requestor").violations


def test_memory_is_bounded_by_what_is_outstanding() -> None:
    """Neither operations that are over nor their Data Sets are kept."""
    conversation = Conversation(requestor="A", acceptor="B")
    for number in range(3 * MOST_REMEMBERED):
        request = store(number)
        primitive = decode(request.encode(), BytesIO(b"ab"))
        conversation.feed(primitive, "requestor")
        conversation.feed(final(request), "acceptor")
    held = primitive.DataSet
    del primitive
    gc.collect()
    assert sys.getrefcount(held) == 2
    assert sum(map(len, conversation._over.values())) == MOST_REMEMBERED


def test_messages_and_primitives_are_judged_alike() -> None:
    """A message of ours and the same one off the wire have one verdict."""
    messages: list[Message] = [move(), pending(move(), 1, 1, 0, 0), final(move(), 1, 1, 0, 0)]
    ours, theirs = Conversation(), Conversation()
    for message in messages:
        sender: Any = "acceptor" if message.ROLE == "response" else "requestor"
        decoded = decode(message.encode(), message.data_set)
        assert broken(ours.feed(message, sender)) == broken(theirs.feed(decoded, sender))
