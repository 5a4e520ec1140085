"""Recorded traffic in the order in which it went over the wire: a plain reader of pcapng, TCP and PS3.8's PDUs.

For the tests alone: it knows what the recordings have, Ethernet and IPv4 on one host, and no more. A connection is
looked at as PS3.8 does: an Association begins with its A-ASSOCIATE-RQ and is over with A-RELEASE-RP, A-ABORT or the
end of the connection.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeAlias

from attrs import Factory, define, frozen

from dimse import Assembled, Assembler
from dimse.operation import Side

FIN, SYN, RST = 1, 2, 4
ASSOCIATE_RQ, ASSOCIATE_AC, P_DATA, RELEASE_RP, ABORT = 1, 2, 4, 6, 7
PROPOSED_CONTEXT, ACCEPTED_CONTEXT, ABSTRACT_SYNTAX, USER_INFORMATION, WINDOW = 0x20, 0x21, 0x30, 0x50, 0x53


@frozen
class Segment:
    """What one TCP segment brought: `data`, or the end of a connection."""

    ports: tuple[int, int]
    data: bytes
    is_end: bool


@frozen
class PDU:
    """A PDU of an Association: `sender` sent it; `type` as PS3.8 Table 9-1 numbers them, 0 for a connection's end."""

    association: int
    sender: Side
    type: int
    data: bytes


@define
class Connection:
    """The two byte streams of a TCP connection, as far as they came."""

    number: int
    requestor: int
    streams: dict[Side, bytearray] = Factory(lambda: {"requestor": bytearray(), "acceptor": bytearray()})


def frames(path: Path) -> Iterator[bytes]:
    """The frames of a pcapng file."""
    data = path.read_bytes()
    at = 0
    while at < len(data):
        kind, size = (int.from_bytes(data[at + i : at + i + 4], "little") for i in (0, 4))
        if kind == 6:
            length = int.from_bytes(data[at + 20 : at + 24], "little")
            yield data[at + 28 : at + 28 + length]
        at += size


def segments(path: Path) -> Iterator[Segment]:
    """What came over TCP, in the order of the recording; nothing twice, and nothing before what it follows."""
    awaited: dict[tuple[int, int], int] = {}
    for frame in frames(path):
        segment = frame[14 + (frame[14] & 15) * 4 : 14 + int.from_bytes(frame[16:18], "big")]
        ports = int.from_bytes(segment[:2], "big"), int.from_bytes(segment[2:4], "big")
        sequence, flags = int.from_bytes(segment[4:8], "big"), segment[13]
        data = segment[(segment[12] >> 4) * 4 :]
        if flags & SYN:
            awaited[ports] = sequence + 1
        elif data and sequence == awaited[ports]:
            awaited[ports] = sequence + len(data) & 0xFFFF_FFFF
            yield Segment(ports, data, False)
        else:
            assert not data or (awaited[ports] - sequence) & 0xFFFF_FFFF < 1 << 31, "a segment is missing"
        if flags & (FIN | RST):
            yield Segment(ports, b"", True)


def pdus(path: Path) -> Iterator[PDU]:
    """The PDUs of a recording, Associations numbered in the order in which they began."""
    connections: dict[frozenset[int], Connection] = {}
    for segment in segments(path):
        sender_port, _ = segment.ports
        key = frozenset(segment.ports)
        connection = connections.get(key) or connections.setdefault(key, Connection(len(connections), sender_port))
        sender: Side = "requestor" if sender_port == connection.requestor else "acceptor"
        stream = connection.streams[sender]
        stream += segment.data
        while len(stream) >= 6 and len(stream) >= (end := 6 + int.from_bytes(stream[2:6], "big")):
            yield PDU(connection.number, sender, stream[0], bytes(stream[:end]))
            del stream[:end]
        if segment.is_end:
            yield PDU(connection.number, sender, 0, b"")


@define
class Association:
    """What was negotiated. Source: PS3.8 9.3.2 and 9.3.3; PS3.7 D.3.3.3."""

    requestor: str
    acceptor: str
    contexts: dict[int, str]
    window: tuple[int, int] = (1, 1)

    @classmethod
    def proposed(cls, request: bytes) -> Association:
        """What an A-ASSOCIATE-RQ says of itself."""
        contexts = {
            item[0]: bytes(value).rstrip(b"\0").decode()
            for kind, item in items(request[74:])
            if kind == PROPOSED_CONTEXT
            for sub, value in items(item[4:])
            if sub == ABSTRACT_SYNTAX
        }
        return cls(request[26:42].decode().strip(), request[10:26].decode().strip(), contexts)

    def accept(self, accepted: bytes) -> None:
        """Take in the A-ASSOCIATE-AC: contexts that were refused are gone, and the window is what it says."""
        for kind, item in items(accepted[74:]):
            if kind == ACCEPTED_CONTEXT and item[2] != 0:
                self.contexts.pop(item[0], None)
            elif kind == USER_INFORMATION:
                for sub, value in items(item):
                    if sub == WINDOW:
                        self.window = int.from_bytes(value[:2], "big"), int.from_bytes(value[2:4], "big")


def items(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The items of PS3.8: type, and what stands behind the length."""
    while data:
        end = 4 + int.from_bytes(data[2:4], "big")
        yield data[0], data[4:end]
        data = data[end:]


@frozen
class Began:
    """An Association was accepted."""

    association: int
    negotiated: Association


@frozen
class Said:
    """The last fragment of a message came; `n` numbers the messages of a recording from 1."""

    association: int
    sender: Side
    n: int
    message: Assembled


@frozen
class Ended:
    """An Association is over: `released`, or else aborted or its connection gone."""

    association: int
    released: bool


Event: TypeAlias = Began | Said | Ended


@cache
def events(path: Path) -> tuple[Event, ...]:
    """What happened in a recording, in the order in which it did."""
    return tuple(_events(path))


def _events(path: Path) -> Iterator[Event]:
    proposed: dict[int, Association] = {}
    assemblers: dict[tuple[int, Side], Assembler] = {}
    under_way: set[int] = set()
    n = 0
    for pdu in pdus(path):
        at = pdu.association
        if pdu.type == ASSOCIATE_RQ:
            proposed[at] = Association.proposed(pdu.data)
        elif pdu.type == ASSOCIATE_AC:
            proposed[at].accept(pdu.data)
            under_way.add(at)
            yield Began(at, proposed[at])
        elif pdu.type == P_DATA:
            for message in assemblers.setdefault((at, pdu.sender), Assembler()).feed(pdu.data):
                n += 1
                yield Said(at, pdu.sender, n, message)
        elif pdu.type in (RELEASE_RP, ABORT, 0) and at in under_way:
            under_way.remove(at)
            yield Ended(at, pdu.type == RELEASE_RP)
