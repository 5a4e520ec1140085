"""A capture file of associations that never were: PDUs of the two sides as TCP segments, for a dissector to read.

Source: PS3.8 sections 9.3.2 to 9.3.7 for the PDUs; the classic pcap format, link type RAW (101), for the file.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from pathlib import Path

from attrs import Factory, define

from dimse.operation import Side

APPLICATION_CONTEXT = b"1.2.840.10008.3.1.1.1"
IMPLICIT = b"1.2.840.10008.1.2"
IMPLEMENTATION = b"1.2.826.0.1.3680043.10.1234.0"
MAXIMUM_LENGTH = 16384
PORT = 104
REQUESTOR, ACCEPTOR = bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2])  # TEST-NET-1
SEGMENT = 1448
SYN, ACK, PSH, FIN = 0x02, 0x10, 0x08, 0x01

RELEASE_RQ, RELEASE_RP = (bytes([kind, 0, 0, 0, 0, 4]) + bytes(4) for kind in (5, 6))


def item(kind: int, value: bytes) -> bytes:
    """An item or sub-item of an A-ASSOCIATE PDU."""
    return struct.pack(">BxH", kind, len(value)) + value


def associate(kind: int, contexts: Mapping[int, str]) -> bytes:
    """An A-ASSOCIATE-RQ (1), or an A-ASSOCIATE-AC (2) that accepts all of it."""
    items = item(0x10, APPLICATION_CONTEXT)
    for number, abstract_syntax in contexts.items():
        syntaxes = item(0x40, IMPLICIT)
        if kind == 1:
            items += item(0x20, bytes([number, 0, 0, 0]) + item(0x30, abstract_syntax.encode()) + syntaxes)
        else:
            items += item(0x21, bytes([number, 0, 0, 0]) + syntaxes)
    items += item(0x50, item(0x51, struct.pack(">I", MAXIMUM_LENGTH)) + item(0x52, IMPLEMENTATION))
    body = struct.pack(">H2x16s16s32x", 1, b"ACCEPTOR".ljust(16), b"REQUESTOR".ljust(16)) + items
    return struct.pack(">BxI", kind, len(body)) + body


@define
class Link:
    """A TCP connection, its segments in order."""

    port: int
    packets: list[bytes] = Factory(list)
    _next: dict[Side, int] = Factory(lambda: {"requestor": 1000, "acceptor": 5000})

    def open(self) -> None:
        """The three-way handshake."""
        self._add("requestor", SYN)
        self._add("acceptor", SYN | ACK)
        self._add("requestor", ACK)

    def send(self, side: Side, data: bytes) -> None:
        """Bytes of one side, in as many segments as they need."""
        for start in range(0, len(data), SEGMENT):
            self._add(side, ACK | PSH, data[start : start + SEGMENT])

    def close(self) -> None:
        """Both sides have sent their last."""
        self._add("requestor", FIN | ACK)
        self._add("acceptor", FIN | ACK)
        self._add("requestor", ACK)

    def _add(self, side: Side, flags: int, data: bytes = b"") -> None:
        ends: list[tuple[bytes, int]] = [(REQUESTOR, self.port), (ACCEPTOR, PORT)]
        peer: Side = "acceptor"
        if side == "acceptor":
            ends.reverse()
            peer = "requestor"
        (source, from_port), (target, to_port) = ends
        acknowledged = self._next[peer] if flags & ACK else 0
        tcp = struct.pack(">HHIIBBHHH", from_port, to_port, self._next[side], acknowledged, 5 << 4, flags, 65535, 0, 0)
        length = 20 + len(tcp) + len(data)
        ip = struct.pack(">BxHHHBBH4s4s", 0x45, length, 0, 0, 64, 6, 0, source, target)
        self.packets.append(ip + tcp + data)
        self._next[side] += len(data) + bool(flags & (SYN | FIN))


def write(path: Path, streams: Iterable[Link]) -> None:
    """Write a capture file, a millisecond between packets."""
    packets = [packet for stream in streams for packet in stream.packets]
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2_C3D4, 2, 4, 0, 0, 65535, 101))
        for number, packet in enumerate(packets):
            file.write(struct.pack("<IIII", number // 1000, number % 1000 * 1000, len(packet), len(packet)) + packet)
