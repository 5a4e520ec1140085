"""What cannot be known is held against nobody: messages missed, Associations joined late, Associations not followed."""

from __future__ import annotations

from typing import Any

import pytest

from dimse import C_GET_RQ, C_MOVE_RQ, C_STORE_RQ, Conversation, Judgement, Moves

CT = "1.2.840.10008.5.1.4.1.1.2"
GET, MOVE = "1.2.840.10008.5.1.4.1.2.2.3", "1.2.840.10008.5.1.4.1.2.2.2"


def store(message_id: int, instance: str, **originator: Any) -> C_STORE_RQ:
    return C_STORE_RQ(
        MessageID=message_id,
        AffectedSOPClassUID=CT,
        AffectedSOPInstanceUID=instance,
        Priority=0,
        DataSet=b"a data set",
        **originator,
    )


def move(message_id: int) -> C_MOVE_RQ:
    return C_MOVE_RQ(
        MessageID=message_id, AffectedSOPClassUID=MOVE, Priority=0, MoveDestination="DESTINATION", Identifier=b"keys"
    )


def counts(remaining: int, completed: int, failed: int = 0, warning: int = 0) -> dict[str, int]:
    return {
        "NumberOfRemainingSuboperations": remaining,
        "NumberOfCompletedSuboperations": completed,
        "NumberOfFailedSuboperations": failed,
        "NumberOfWarningSuboperations": warning,
    }


def rules(judgement: Judgement) -> list[str]:
    return [violation.rule for violation in judgement.violations]


def test_message_id_taken_again_in_a_gap() -> None:
    """A response after a gap may be to a request that nobody saw: it is not compared with the one that was seen."""
    conversation = Conversation()
    conversation.feed(store(1, "1.2.3"), "requestor")
    conversation.gap()
    assert rules(conversation.feed(store(1, "1.2.4").respond(Status=0), "acceptor")) == []


def test_counts_after_a_gap() -> None:
    """Counts after a gap may be of another C-MOVE with the same Message ID."""
    conversation = Conversation()
    conversation.feed(move(1), "requestor")
    conversation.feed(move(1).respond(Status=0xFF00, **counts(1, 5)), "acceptor")
    conversation.gap()
    assert rules(conversation.feed(move(1).respond(Status=0xFF00, **counts(9, 0)), "acceptor")) == []


def originator(title: str, message_id: int) -> dict[str, Any]:
    return {"MoveOriginatorApplicationEntityTitle": title, "MoveOriginatorMessageID": message_id}


def test_response_of_a_suboperation_missed() -> None:
    """A C-STORE whose response may have been missed is no reason to say that the C-MOVE ended too early."""
    moves = Moves()
    mover = Conversation(requestor="MOVER", acceptor="ARCHIVE", moves=moves)
    mover.feed(move(1), "requestor")
    storer = Conversation(requestor="ARCHIVE", acceptor="DESTINATION", moves=moves)
    judgement = storer.feed(store(1, "1.2.3", **originator("MOVER", 1)), "requestor")
    assert judgement.operation is not None
    assert judgement.operation.parent is mover.operations[0]
    storer.gap()
    assert judgement.operation.parent is None
    assert rules(mover.feed(move(1).respond(Status=0, **counts(0, 1)), "acceptor")) == []


def stored(moves: Moves | None, title: str = "MOVER") -> list[str]:
    """What is said of a C-STORE of ARCHIVE for C-MOVE 7 of an AE, which nobody saw."""
    storer = Conversation(requestor="ARCHIVE", acceptor="DESTINATION", moves=moves)
    return rules(storer.feed(store(1, "1.2.3", **originator(title, 7)), "requestor"))


def test_originator_unknown() -> None:
    """Where all of an AE's Associations were followed, a Move Originator Message ID that matches nothing is told."""
    moves = Moves()
    Conversation(requestor="MOVER", acceptor="ARCHIVE", moves=moves)
    assert stored(moves) == ["CONVERSATION.MOVE_ORIGINATOR"]
    assert stored(moves, title="OTHER") == []


def test_originator_after_a_gap() -> None:
    """After a gap nothing is held against a Move Originator, though new Associations of the AE are followed."""
    moves = Moves()
    Conversation(requestor="MOVER", acceptor="ARCHIVE", moves=moves).gap()
    Conversation(requestor="MOVER", acceptor="ARCHIVE", moves=moves)
    assert stored(moves) == []


def test_originator_joined_late() -> None:
    """The C-MOVE may be one of those before a conversation was joined."""
    moves = Moves()
    Conversation(requestor="MOVER", acceptor="ARCHIVE", moves=moves, from_start=False)
    Conversation(requestor="MOVER", acceptor="ARCHIVE", moves=moves)
    assert stored(moves) == []


def test_suboperation_after_a_gap() -> None:
    """A C-MOVE that was over and is remembered may have been followed by another with its Message ID."""
    moves = Moves()
    mover = Conversation(requestor="MOVER", acceptor="ARCHIVE", moves=moves)
    mover.feed(move(7), "requestor")
    mover.feed(move(7).respond(Status=0, **counts(0, 0)), "acceptor")
    assert stored(moves) == ["CONVERSATION.MOVE_EARLY"]
    mover.gap()
    assert stored(moves) == []


def test_too_many_gaps() -> None:
    """Of gaps on the Associations of ever new AEs not all are remembered; then nothing is known of any AE."""
    moves = Moves()
    Conversation(requestor="MOVER", moves=moves)
    assert stored(moves) == ["CONVERSATION.MOVE_ORIGINATOR"]
    for number in range(1000):
        Conversation(requestor=f"AE{number}", moves=moves).gap()
    assert stored(moves) == []


def test_one_association_alone() -> None:
    """Without `Moves` that are shared, nothing is known of the C-MOVEs of an AE on its other Associations."""
    assert stored(None, title="ARCHIVE") == []


def test_message_id_on_two_associations() -> None:
    """Message IDs are of an Association: of two C-MOVEs of one AE with one ID, nobody knows whose C-STOREs come."""
    moves = Moves()
    first, second = (Conversation(requestor="MOVER", acceptor="ARCHIVE", moves=moves) for _ in range(2))
    first.feed(move(7), "requestor")
    second.feed(move(7), "requestor")
    storer = Conversation(requestor="ARCHIVE", acceptor="DESTINATION", moves=moves)
    judgement = storer.feed(store(1, "1.2.3", **originator("MOVER", 7)), "requestor")
    assert judgement.operation is not None
    assert (judgement.operation.parent, judgement.violations) == (None, ())
    assert rules(second.feed(move(7).respond(Status=0, **counts(0, 1)), "acceptor")) == []
    judgement = storer.feed(store(2, "1.2.4", **originator("MOVER", 7)), "requestor")
    assert judgement.operation is not None
    assert judgement.operation.parent is first.operations[0]
    assert judgement.violations == ()


def test_titles_as_they_came() -> None:
    """AE titles may be given as A-ASSOCIATE has them, padded to 16 characters."""
    moves = Moves()
    mover = Conversation(requestor="MOVER           ", acceptor="ARCHIVE         ", moves=moves)
    assert mover.titles == {"requestor": "MOVER", "acceptor": "ARCHIVE"}
    mover.feed(move(7), "requestor")
    storer = Conversation(requestor="ARCHIVE         ", moves=moves)
    judgement = storer.feed(store(1, "1.2.3", **originator("MOVER", 7)), "requestor")
    assert judgement.operation is not None
    assert judgement.operation.parent is mover.operations[0]


def test_two_gets_at_once() -> None:
    """Of two C-GETs on one Association, nobody knows whose C-STOREs come: neither's counts are compared with them."""
    conversation = Conversation(window=(0, 0))
    gets = [C_GET_RQ(MessageID=number, AffectedSOPClassUID=GET, Priority=0, Identifier=b"keys") for number in (1, 2)]
    for get in gets:
        conversation.feed(get, "requestor")
    for number in (1, 2, 3):
        request = store(number, f"1.2.{number}")
        judgement = conversation.feed(request, "acceptor")
        assert judgement.operation is not None
        assert judgement.operation.parent is None
        conversation.feed(request.respond(Status=0), "requestor")
    for get, completed in zip(gets, (2, 1), strict=True):
        assert rules(conversation.feed(get.respond(Status=0, **counts(0, completed)), "acceptor")) == []


def test_one_get_at_a_time() -> None:
    """Of a C-GET alone on its Association, the C-STOREs are those that came."""
    conversation = Conversation()
    get = C_GET_RQ(MessageID=1, AffectedSOPClassUID=GET, Priority=0, Identifier=b"keys")
    conversation.feed(get, "requestor")
    request = store(1, "1.2.3")
    conversation.feed(request, "acceptor")
    conversation.feed(request.respond(Status=0), "requestor")
    final = get.respond(Status=0, **counts(0, 2))
    assert rules(conversation.feed(final, "acceptor")) == ["CONVERSATION.SUBOPERATIONS"]


@pytest.mark.parametrize(
    ("status", "early"), [(0x0000, True), (0xB000, True), (0xFE00, False), (0xA702, False), (0xC000, False)]
)
def test_terminated_with_a_suboperation_under_way(status: int, early: bool) -> None:
    """Success says that all sub-operations are complete (9.1.4.1.7); of a C-MOVE terminated, no such thing is said."""
    moves = Moves()
    mover = Conversation(requestor="MOVER", acceptor="ARCHIVE", moves=moves)
    mover.feed(move(1), "requestor")
    storer = Conversation(requestor="ARCHIVE", acceptor="DESTINATION", moves=moves)
    storer.feed(store(1, "1.2.3", **originator("MOVER", 1)), "requestor")
    mover.feed(move(1).cancel(), "requestor")
    final = mover.feed(move(1).respond(Status=status), "acceptor")
    assert rules(final) == (["CONVERSATION.MOVE_EARLY"] if early else [])
