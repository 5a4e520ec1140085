"""Any bytes as a stream of P-DATA-TF PDUs: messages or `FragmentError`, the same however the stream is cut.

An input that begins as a P-DATA-TF PDU does is the stream. Any other is a script of which a stream is made whose
lengths are right, of fragments of real Command Sets, so that mutations reach what stands behind the lengths.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from dimse import C_CANCEL_RQ, C_ECHO_RQ, C_FIND_RSP, C_STORE_RQ, N_GET_RQ, DecodeError, decode
from dimse.assembler import Assembler
from dimse.joiner import Assembled
from dimse.pdv import PDV, FragmentError
from dimse.sink import Drop, Views

VERIFICATION = "1.2.840.10008.1.1"
FIND = "1.2.840.10008.5.1.4.1.2.2.1"
COMMANDS = (
    C_ECHO_RQ(MessageID=1, AffectedSOPClassUID=VERIFICATION).encode(),
    C_STORE_RQ(
        MessageID=2, AffectedSOPClassUID=VERIFICATION, Priority=0, AffectedSOPInstanceUID="1.2.3", DataSet=b""
    ).encode(),
    C_FIND_RSP(MessageIDBeingRespondedTo=3, AffectedSOPClassUID=FIND, Status=0xFF00, Identifier=b"").encode(),
    C_FIND_RSP(MessageIDBeingRespondedTo=3, AffectedSOPClassUID=FIND, Status=0x0000).encode(),
    C_CANCEL_RQ(MessageIDBeingRespondedTo=3).encode(),
    N_GET_RQ(MessageID=4, RequestedSOPClassUID=VERIFICATION, RequestedSOPInstanceUID="1.2.3").encode(),
    # Without Command Data Set Type: what follows it says whether it has a Data Set.
    C_STORE_RQ(
        MessageID=5, AffectedSOPClassUID=VERIFICATION, Priority=0, AffectedSOPInstanceUID="1.2.3", DataSet=b""
    ).encode()[:-34],
    b"\0\0\0\1\2\0\0\0\1\0",
    b"\0\0\0\1\2\0\0\0\x30\0",
)
CONTEXTS = (1, 1, 1, 3, 255, 2)
# Small enough for an input to go beyond them.
LIMITS: tuple[dict[str, int], ...] = ({}, {}, {"max_command": 100, "max_data_set": 24, "max_length": 200})
MOST_COMMAND = 65536
KINDS_OF_ANOMALY = 6
# One input in so many is fed byte by byte, to other sinks and as PDVs as well.
SAMPLE = 8


class Outcome(NamedTuple):
    """What came of a stream: the messages, and the error that ended it."""

    messages: list[Any]
    error: tuple[int, int | None, str] | None


def target(data: bytes) -> int:
    """Feed the stream whole and cut; the number of times it was assembled."""
    stream = data if data[:1] == b"\x04" else scripted(data)
    number = zlib.crc32(stream)
    limits = LIMITS[number % len(LIMITS)]
    whole = assemble([stream], limits)
    check_messages(whole, stream)
    cut = assemble(cuts(stream, number), limits)
    assert cut == whole, (cut, whole)
    if number >> 8 & 0xFF >= 0x100 // SAMPLE:
        return 2
    single = assemble((stream[at : at + 1] for at in range(len(stream))), limits)
    assert single == whole, (single, whole)
    check_sinks(stream, whole, limits)
    check_pdvs(stream, whole, limits)
    return 6


def scripted(script: bytes) -> bytes:
    """A stream of PDUs whose lengths are right: an operation and a number make a fragment."""
    pdus: list[bytearray] = []
    rest = b""
    at = 0
    while at + 1 < len(script):
        operation, number = script[at], script[at + 1]
        at += 2
        is_command, is_last = operation & 1, operation & 2
        if operation & 0x10:
            fragment = script[at : at + number % 32]
            at += len(fragment)
        elif is_command:
            rest = rest or COMMANDS[number % len(COMMANDS)]
            cut = len(rest) if is_last else number
            fragment, rest = rest[:cut], rest[cut:]
        else:
            fragment = bytes(number % 40)
        context = CONTEXTS[operation >> 5 & 1 and number % len(CONTEXTS)]
        control = is_command | is_last | (number & 0xFC if operation & 0xC0 == 0xC0 else 0)
        if not pdus or not operation & 4:
            pdus.append(bytearray())
        pdus[-1] += struct.pack(">IBB", len(fragment) + 2, context, control) + fragment
    return b"".join(struct.pack(">BxI", 4, len(pdu)) + pdu for pdu in pdus)


def cuts(stream: bytes, number: int) -> Iterator[bytes]:
    """The stream in pieces of 0 to 63 bytes, the same ones each time."""
    at = 0
    while at < len(stream):
        number = (number * 1103515245 + 12345) & 0x7FFF_FFFF
        size = number >> 16 & (0x3F if number & 0x4000_0000 else 7)
        yield stream[at : at + size]
        at += size


def assemble(pieces: Iterable[bytes], limits: dict[str, Any]) -> Outcome:
    """What comes of the pieces; memory stays within what the limits say, and an error is the last word."""
    assembler = Assembler(**limits)
    most = limits.get("max_command", MOST_COMMAND)
    messages: list[Assembled] = []
    try:
        for piece in pieces:
            messages.extend(assembler.feed(piece))
            assert len(assembler._joiner._command) <= most
            assert len(assembler._header) < 6
            assert len(assembler._joiner._anomalies) <= KINDS_OF_ANOMALY
        messages.extend(assembler.close())
    except FragmentError as error:
        found = error
    else:
        return Outcome([facts(message) for message in messages], None)
    assert found.reason
    assert str(found)
    assert list(assembler.close()) == []
    try:
        assembler.feed(b"\x04")
    except FragmentError as error:
        again = error
    assert again.offset == found.offset
    return Outcome([facts(message) for message in messages], (found.offset, found.tag, found.reason))


def facts(message: Assembled) -> tuple[Any, ...]:
    """All of a message that can be compared."""
    received = message.primitive.received
    return (message.context_id, message.command, message.data_set, message.offset, message.anomalies, received)


def check_messages(outcome: Outcome, stream: bytes) -> None:
    """Messages are made of the fragments, every byte in order, and read as `decode` reads them."""
    position = 0
    fragments = b"".join(pdv.data for pdv in pdvs(stream))
    for context, command, data_set, offset, anomalies, received in outcome.messages:
        for part in (command, data_set or b""):
            assert fragments.startswith(part, position), (context, offset, part)
            position += len(part)
        assert 0 <= offset < len(stream)
        assert all(0 <= anomaly.offset < len(stream) for anomaly in anomalies), anomalies
        assert len({anomaly.rule for anomaly in anomalies}) == len(anomalies)
        assert decode(command, data_set).received == received
    if outcome.error is None:
        assert position == len(fragments)
    else:
        assert 0 <= outcome.error[0] <= len(stream), outcome.error


def pdvs(stream: bytes) -> Iterator[PDV]:
    """The fragments of a stream, read as plainly as can be, up to where it makes no sense."""
    at = 0
    while at + 6 <= len(stream):
        kind, length = struct.unpack_from(">BxI", stream, at)
        at += 6
        end = at + length
        if kind != 4:
            return
        while at + 6 <= min(end, len(stream)):
            size, context, control = struct.unpack_from(">IBB", stream, at)
            if size < 2 or at + 4 + size > min(end, len(stream)):
                return
            yield PDV(context, bool(control & 1), bool(control & 2), stream[at + 6 : at + 4 + size], control & 0xFC)
            at += 4 + size
        if at != end:
            return


def check_sinks(stream: bytes, whole: Outcome, limits: dict[str, Any]) -> None:
    """Views and counts of a Data Set are those of its bytes; with any sink, the same messages come."""
    viewed = assemble([stream], {**limits, "sink": lambda _: Views()})
    counted = assemble([stream], {**limits, "sink": lambda _: Drop()})
    assert viewed.error == counted.error == whole.error
    collected = [message[2] for message in whole.messages]
    joined = [None if message[2] is None else b"".join(message[2]) for message in viewed.messages]
    assert joined == collected
    counts = [message[2] for message in counted.messages]
    assert counts == [None if data_set is None else len(data_set) for data_set in collected]


def check_pdvs(stream: bytes, whole: Outcome, limits: dict[str, Any]) -> None:
    """Given as PDVs, the fragments make the same messages, as many as there are before the first error."""
    assembler = Assembler(**limits)
    messages: list[Assembled] = []
    try:
        for pdv in pdvs(stream):
            messages.extend(assembler.feed_pdv(pdv))
        messages.extend(assembler.close())
    except DecodeError as error:
        assert type(error) is FragmentError, error  # noqa: PT017
    found = [facts(message)[:3] for message in messages]
    expected = [message[:3] for message in whole.messages]
    # PDUs may be at fault where PDVs are not: then there are more of these.
    assert found[: len(expected)] == expected, (found, expected)
    assert whole.error is not None or len(found) == len(expected)
