"""The judge itself: what a relay records is read back, and what is wrong in it is found, whoever says it."""

from __future__ import annotations

import socket

import pytest

from dimse import C_FIND_RQ, C_FIND_RSP, Message, to_pdus

from .judged import Talk, judged
from .pcap import RELEASE_RP, RELEASE_RQ, associate
from .relay import HOST, Connection, Sent, Wire, wait_for

MODEL = "1.2.840.10008.5.1.4.1.2.2.1"
IDENTIFIER = bytes.fromhex("0800520006000000") + b"STUDY "
ASK = C_FIND_RQ(MessageID=1, AffectedSOPClassUID=MODEL, Priority=0, Identifier=IDENTIFIER)


def pdus(message: Message, most: int = 16384, context: int = 1) -> bytes:
    """A message on the wire."""
    parts = to_pdus(message.encode(), message.data_set, context_id=context, max_length=most)
    return b"".join(pdu.encode() for pdu in parts)


def heard(*said: tuple[str, bytes], step: int = 1 << 20) -> Talk:
    """What comes of an association in which this is said."""
    connection = Connection({"requestor": "one", "acceptor": "other"})
    opening = [("requestor", associate(1, {1: MODEL})), ("acceptor", associate(2, {1: MODEL}))]
    closing = [("requestor", RELEASE_RQ), ("acceptor", RELEASE_RP), ("requestor", b""), ("acceptor", b"")]
    record = [
        Sent(connection, side, data[at : at + step])
        for side, data in [*opening, *said, *closing]
        for at in range(0, len(data) or 1, step)
    ]
    return judged(record)


@pytest.mark.parametrize("step", [1, 7, 1 << 20])
def test_in_order(step: int) -> None:
    """What is in order gives no findings, cut anywhere."""
    pending, done = ASK.respond(Status=0xFF00, Identifier=IDENTIFIER), ASK.respond(Status=0)
    talk = heard(("requestor", pdus(ASK)), ("acceptor", pdus(pending)), ("acceptor", pdus(done)), step=step)
    assert [str(each) for each in talk.messages] == ["one C-FIND-RQ", "other C-FIND-RSP", "other C-FIND-RSP"]
    assert talk.findings == []
    assert talk.associations == 1


def test_violations() -> None:
    """A message that breaks a rule is found with its sender, by itself and among the others."""
    wrong = C_FIND_RSP(MessageIDBeingRespondedTo=9, Status=0xFF00, Identifier=IDENTIFIER).primitive()
    wrong.Identifier = None
    talk = heard(("requestor", pdus(ASK)), ("acceptor", pdus(ASK.respond(Status=0))), ("acceptor", pdus_of(wrong)))
    assert [(each.program, each.message) for each in talk.findings] == [("other", "C-FIND-RSP")] * 2
    assert {each.rule for each in talk.findings} == {"C-FIND-RSP.Identifier.C", "CONVERSATION.UNKNOWN"}


def pdus_of(primitive: object) -> bytes:
    """A primitive on the wire, whatever is wrong with it."""
    return b"".join(pdu.encode() for pdu in to_pdus(primitive.encode(), None, context_id=1, max_length=16384))


def test_unanswered() -> None:
    """A request without a final response is found against the side that owes it."""
    talk = heard(("requestor", pdus(ASK)))
    assert [(each.program, each.rule) for each in talk.findings] == [("other", "UNANSWERED")]


def test_too_long() -> None:
    """A PDU longer than the peer's Maximum Length is found."""
    long = C_FIND_RQ(MessageID=1, AffectedSOPClassUID=MODEL, Priority=0, Identifier=bytes(40000))
    talk = heard(("requestor", pdus(long, most=0)))
    assert [(each.program, each.rule) for each in talk.findings] == [("one", "FRAGMENT")]


def test_context() -> None:
    """A message on a Presentation Context that was not accepted is no message of the association."""
    with pytest.raises(AssertionError, match="context 3, which is not accepted"):
        heard(("requestor", pdus(ASK, context=3)))


def test_relay() -> None:
    """A relay passes bytes on unchanged, both ways, and the record has them."""
    with Wire() as wire, socket.create_server((HOST, 0)) as listener:
        port = wire.relay(listener.getsockname()[1], "one", "other")
        with socket.create_connection((HOST, port)) as near:
            far, _ = listener.accept()
            with far:
                near.sendall(b"question")
                assert far.recv(100) == b"question"
                far.sendall(b"answer")
                assert near.recv(100) == b"answer"
        wire.settle()
        assert [(sent.side, sent.data) for sent in wire.record[:2]] == [
            ("requestor", b"question"),
            ("acceptor", b"answer"),
        ]
        wait_for(lambda: len(wire.record) == 4, "both ends are closed")
        assert {(sent.side, sent.data) for sent in wire.record[2:]} == {("requestor", b""), ("acceptor", b"")}
