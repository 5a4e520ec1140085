"""What pynetdicom 3.0.4 was measured to let pass, row by row: each is caught here.

pynetdicom's verdict stands in the first line of each docstring. The inputs are bytes and calls written down here.
"""

from __future__ import annotations

import json
import random
import struct
from pathlib import Path
from typing import Any

import pytest

from dimse import (
    C_FIND,
    C_FIND_RQ,
    C_MOVE,
    C_MOVE_RQ,
    N_GET,
    Assembler,
    Conversation,
    DecodeError,
    FragmentError,
    ParameterError,
    ParameterTypeError,
    ParameterValueError,
    PDataTF,
    Primitive,
    decode,
)
from dimse.pdv import PDV

CAPTURES = Path(__file__).parent / "captures"
FIND, MOVE = "1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.5.1.4.1.2.2.2"
COUNTS = (
    "NumberOfRemainingSuboperations",
    "NumberOfCompletedSuboperations",
    "NumberOfFailedSuboperations",
    "NumberOfWarningSuboperations",
)


def element(tag: int, value: bytes) -> bytes:
    return struct.pack("<HHI", tag >> 16, tag & 0xFFFF, len(value)) + value


def us(tag: int, *numbers: int) -> bytes:
    return element(tag, struct.pack(f"<{len(numbers)}H", *numbers))


def text(tag: int, value: str) -> bytes:
    return element(tag, value.encode() + b"\0" * (len(value) % 2))


def whole(*elements: bytes) -> bytes:
    body = b"".join(elements)
    return element(0, struct.pack("<I", len(body))) + body


FIND_RSP = (text(0x0002, FIND), us(0x0100, 0x8020), us(0x0120, 7), us(0x0800, 0x0101), us(0x0900, 0))
MOVE_RSP = (text(0x0002, MOVE), us(0x0100, 0x8021), us(0x0120, 7), us(0x0800, 0x0101), us(0x0900, 0))


def move(message_id: int) -> C_MOVE_RQ:
    return C_MOVE_RQ(
        MessageID=message_id, AffectedSOPClassUID=MOVE, Priority=0, MoveDestination="STORESCP", Identifier=b"keys"
    )


def find(message_id: int) -> C_FIND_RQ:
    return C_FIND_RQ(MessageID=message_id, AffectedSOPClassUID=FIND, Priority=0, Identifier=b"keys")


def counts(*numbers: int) -> dict[str, int]:
    return dict(zip(COUNTS, numbers, strict=True))


def broken(primitive: Primitive[Any, Any]) -> list[str]:
    return [violation.rule for violation in primitive.violations()]


def judged(conversation: Conversation, message: Any, sender: Any) -> list[str]:
    return [violation.rule for violation in conversation.feed(message, sender).violations]


def test_request_without_priority_and_identifier() -> None:
    """A valid C-MOVE-RQ: a default and an empty stream stand for what is mandatory and absent."""
    wire = whole(text(0x0002, MOVE), us(0x0100, 0x0021), us(0x0110, 7), text(0x0600, "STORESCP"), us(0x0800, 0x0101))
    request = decode(wire)
    assert (request.Priority, request.Identifier) == (None, None)
    assert broken(request) == ["C-MOVE-RQ.Priority.M", "C-MOVE-RQ.Identifier.M"]
    assert not request.is_valid_request


def test_pending_without_counts() -> None:
    """A valid C-MOVE-RSP: a Message ID and a Status are all that a response needs."""
    response = C_MOVE(MessageIDBeingRespondedTo=7, Status=0xFF00)
    assert [v.rule for v in response.violations("response")] == [f"C-MOVE-RSP.{keyword}.C" for keyword in COUNTS]
    assert not response.is_valid_response


def test_response_with_move_destination() -> None:
    """A valid C-MOVE-RSP: no '-' of the matrix is looked at."""
    response = C_MOVE(MessageIDBeingRespondedTo=7, Status=0, MoveDestination="STORESCP")
    assert [v.rule for v in response.violations("response")] == ["C-MOVE-RSP.MoveDestination.-"]
    wire = whole(*MOVE_RSP[:3], text(0x0600, "STORESCP"), *MOVE_RSP[3:])
    assert broken(decode(wire)) == ["C-MOVE-RSP.MoveDestination.-"]


@pytest.mark.parametrize(
    ("keyword", "value", "error"),
    [
        ("Status", -1, ParameterValueError),
        ("Status", 70_000, ParameterValueError),
        ("Status", True, ParameterTypeError),
        ("NumberOfFailedSuboperations", 70_000, ParameterValueError),
        ("ErrorComment", "x" * 200, ParameterValueError),
        ("MessageID", True, ParameterTypeError),
    ],
)
def test_values(keyword: str, value: Any, error: type[ParameterError]) -> None:
    """Accepted: numbers that are no US, a bool for a number, a text of three times the length."""
    with pytest.raises(error) as raised:
        setattr(C_MOVE(), keyword, value)
    assert raised.value.keyword == keyword
    with pytest.raises(error):
        C_MOVE(**{keyword: value})


def test_misspelt_attribute() -> None:
    """Accepted: an attribute that no service has is set, and the parameter meant is not."""
    with pytest.raises(AttributeError):
        C_MOVE().NumberOfRemainingSubOperations = 1  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        C_MOVE(NumberOfRemainingSubOperations=1)  # type: ignore[call-arg]


def test_two_statuses() -> None:
    """Success: of two values the first is taken."""
    response = decode(whole(*FIND_RSP[:-1], us(0x0900, 0x0000, 0xFF00)))
    assert response.Status is None
    assert [anomaly.rule for anomaly in response.anomalies] == ["WIRE.VM"]
    assert broken(response) == ["C-FIND-RSP.Status.M", "C-FIND-RSP.Status.VR"]


@pytest.mark.parametrize(
    ("wire", "rule"),
    {
        "Explicit VR": (
            b"\0\0\0\0UL\4\0\x2c\0\0\0"
            b"\0\0\0\1US\2\0\x20\x80"
            b"\0\0\x20\1US\2\0\7\0"
            b"\0\0\0\x08US\2\0\1\1"
            b"\0\0\0\x09US\2\0\0\0",
            "WIRE.EXPLICIT_VR",
        ),
        "group length 9999": (element(0, struct.pack("<I", 9999)) + b"".join(FIND_RSP), "WIRE.GROUP_LENGTH"),
        "out of order": (whole(*FIND_RSP[::-1]), "WIRE.ORDER"),
        "group 0008": (whole(*FIND_RSP, text(0x0008_0052, "STUDY ")), "WIRE.GROUP"),
    }.values(),
    ids=["Explicit VR", "group length 9999", "out of order", "group 0008"],
)
def test_no_command_set(wire: bytes, rule: str) -> None:
    """Decoded and valid, without a word on what is odd about the bytes."""
    response = decode(wire)
    assert (response.msg_type, response.MessageIDBeingRespondedTo, response.Status) == ("C-FIND", 7, 0)
    assert rule in [anomaly.rule for anomaly in response.anomalies]
    assert rule in judged(Conversation(from_start=False), response, "acceptor")


def test_length_beyond_the_end() -> None:
    """Decoded and valid: a Value Length of FFFFFFF0H with three bytes behind it."""
    wire = whole(*FIND_RSP) + struct.pack("<HHI", 0, 0x0902, 0xFFFF_FFF0) + b"abc"
    with pytest.raises(DecodeError) as raised:
        decode(wire)
    assert raised.value.tag == 0x0000_0902


def test_error_names_its_parameter() -> None:
    """A bad Requested SOP Class UID is complained of as a Requested SOP Instance UID."""
    with pytest.raises(ParameterError) as raised:
        N_GET(RequestedSOPClassUID="no UID")
    assert raised.value.keyword == "RequestedSOPClassUID"
    assert "RequestedSOPClassUID" in str(raised.value)
    assert "Instance" not in str(raised.value)


def test_response_to_something_else() -> None:
    """Handed to the user in silence: a response with another Message ID, SOP Class and a status of nobody."""
    other = C_FIND(MessageIDBeingRespondedTo=8, AffectedSOPClassUID=MOVE, Status=0x4711)
    assert [v.rule for v in other.violations("response", request=find(7).primitive())] == [
        "C-FIND-RSP.MessageIDBeingRespondedTo.=",
        "C-FIND-RSP.AffectedSOPClassUID.=",
        "C-FIND-RSP.Status.class",
    ]
    conversation = Conversation()
    assert judged(conversation, find(7), "requestor") == []
    assert judged(conversation, find(8).respond(Status=0), "acceptor") == ["CONVERSATION.UNKNOWN"]
    unlisted = C_FIND(MessageIDBeingRespondedTo=7, AffectedSOPClassUID=MOVE, Status=0x0123)
    unlisted_wire = decode(unlisted.response().encode())
    assert judged(conversation, unlisted_wire, "acceptor") == [
        "C-FIND-RSP.AffectedSOPClassUID.=",
        "C-FIND-RSP.Status.type",
    ]


def test_counts_that_cannot_be() -> None:
    """Handed to the user: counts that go backwards, and Success with 3 remaining and 5 failed."""
    conversation = Conversation()
    request = move(7)
    assert judged(conversation, request, "requestor") == []
    assert judged(conversation, request.respond(Status=0xFF00, **counts(4, 4, 2, 0)), "acceptor") == []
    assert judged(conversation, request.respond(Status=0xFF00, **counts(6, 3, 1, 0)), "acceptor") == [
        "CONVERSATION.COUNTS",
        "CONVERSATION.COUNTS",
    ]
    final = request.respond(Status=0, **counts(3, 2, 5, 0))
    assert judged(conversation, final, "acceptor") == [
        "C-MOVE-RSP.NumberOfRemainingSuboperations.success",
        "C-MOVE-RSP.NumberOfFailedSuboperations.success",
        "CONVERSATION.COUNTS",
    ]


def test_pending_for_another_operation() -> None:
    """Handed to the user: a Pending response for a Message ID of another operation, or of none."""
    conversation = Conversation()
    judged(conversation, move(7), "requestor")
    pending = find(9).respond(Status=0xFF00, Identifier=b"a match")
    assert judged(conversation, pending, "acceptor") == ["CONVERSATION.UNKNOWN"]
    of_the_move = find(7).respond(Status=0xFF00, Identifier=b"a match")
    assert judged(conversation, of_the_move, "acceptor") == ["CONVERSATION.SERVICE"]


def test_endless_command_fragments() -> None:
    """Buffered without limit: 64 MiB of fragments of one Command Set."""
    fed = []

    def feed() -> None:
        assembler = Assembler()
        pdu = PDataTF((PDV(1, True, False, bytes(16_000)),)).encode()
        for _ in range((64 << 20) // 16_000):
            assembler.feed(pdu)
            fed.append(16_000)

    with pytest.raises(FragmentError, match="limit"):
        feed()
    assert sum(fed) <= 1 << 16


def test_fragments_of_four_contexts() -> None:
    """One message: four PDVs with four Presentation Context IDs."""
    wire = whole(*FIND_RSP)
    cuts = [wire[at : at + 20] for at in range(0, len(wire), 20)][:4]
    pdvs = [PDV(1 + 2 * n, True, n == 3, cut) for n, cut in enumerate(cuts)]
    with pytest.raises(FragmentError, match="Presentation Context"):
        Assembler().feed(b"".join(PDataTF((pdv,)).encode() for pdv in pdvs))


def test_unknown_command_field() -> None:
    """A KeyError out of a thread: a Command Field of no message."""
    with pytest.raises(DecodeError, match="Command Field"):
        decode(whole(us(0x0100, 0x7777), us(0x0110, 7), us(0x0800, 0x0101)))
    with pytest.raises(DecodeError, match="Command Field"):
        decode(whole(us(0x0110, 7), us(0x0800, 0x0101)))


def test_no_command_data_set_type() -> None:
    """An AttributeError out of a thread: a message that does not say whether a Data Set follows."""
    response = decode(whole(*FIND_RSP[:3], FIND_RSP[4]))
    assert [anomaly.rule for anomaly in response.anomalies] == ["WIRE.DATA_SET_TYPE"]
    assert broken(response) == ["C-FIND-RSP.CommandDataSetType.M"]


def test_empty_pdv() -> None:
    """An IndexError out of a thread: a PDV without a Message Control Header."""
    with pytest.raises(FragmentError, match="Message Control Header"):
        Assembler().feed(b"\4\0\0\0\0\5\0\0\0\1\1")


def command_sets() -> list[bytes]:
    messages = (
        message for path in CAPTURES.glob("*.json") for message in json.loads(path.read_text("utf-8"))["messages"]
    )
    return sorted({bytes.fromhex(message["command"]["hex"]) for message in messages if message["complete"]})


def damaged(wire: bytes, chance: random.Random) -> bytes:
    """A Command Set with some bytes changed, cut out or put in."""
    data = bytearray(wire)
    for _ in range(chance.choice((1, 1, 2, 5))):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(4):
            case 0:
                data[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del data[at : at + chance.choice((1, 2, 8))]
            case 2:
                data[at:at] = chance.randbytes(chance.choice((1, 2, 8)))
            case 3:
                data[at : at + 2] = struct.pack("<H", chance.choice((0, 1, 0x0101, 0x8001, 0xFF00, 0xFFFF)))
    return bytes(data)


@pytest.mark.parametrize("seed", range(8))
def test_damaged_bytes(seed: int) -> None:
    """Eight foreign types of exception: here a DecodeError or a message, and of a message a judgement."""
    chance = random.Random(seed)
    seeds = command_sets()
    conversation = Conversation(window=(1, 1))
    read = 0
    for _ in range(2000):
        try:
            message = decode(damaged(chance.choice(seeds), chance), chance.choice((None, b"a data set")))
        except DecodeError:
            continue
        read += 1
        judgement = conversation.feed(message, chance.choice(("requestor", "acceptor")), data_set=chance.random() < 0.5)
        assert all(violation.text and violation.section for violation in judgement.violations)
        if chance.random() < 0.01:
            conversation.gap()
    conversation.end()
    assert read > 200
