"""Connections as packets, and packets as pcapng: what a relay has seen, written as a capture would have it.

Sans-IO: what was said goes in, bytes of a file come out. The packets have link type RAW, are whole and in order, with
checksums; what went unrecorded is missing from the sequence numbers, so that a reader finds a gap.

Source: draft-ietf-opsawg-pcapng; RFC 791, 8200, 9293, 7323 section 2.2 for the scaled window.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from dimse.capture.connection import End
from dimse.capture.frames import ACK, FIN, RST, SYN, Endpoint
from dimse.capture.packets import Packet

RAW = 101
MOST_IN_PACKET = 65_000  # of 65535, with room for the headers
_PSH = 8
_MASK = (1 << 32) - 1
_TCP = 6
# Maximum segment size; windows of 1 GiB, so that nobody finds more under way than the receiver allowed.
_OPTIONS = struct.pack(">BBHBBBB", 2, 4, MOST_IN_PACKET, 1, 3, 3, 14)
_SPREAD = 2_654_435_761  # odd, so that 2^32 connections all begin with another number
_BLOCK = struct.Struct("<IIIIIII")


def section() -> bytes:
    """The beginning of a pcapng file: a section and its one interface, with nanoseconds."""
    head = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
    nanoseconds = struct.pack("<HHBxxxI", 9, 1, 9, 0)
    size = 20 + len(nanoseconds)
    return head + struct.pack("<IIHHI", 1, size, RAW, 0, 0) + nanoseconds + struct.pack("<I", size)


def block(packet: Packet) -> bytes:
    """A packet as a block that follows a `section`."""
    data, time = packet.data, packet.time
    padding = -len(data) % 4
    size = 32 + len(data) + padding
    head = _BLOCK.pack(6, size, 0, time >> 32, time & _MASK, len(data), packet.length)
    return b"".join((head, data, bytes(padding), size.to_bytes(4, "little")))


class Line:
    """A TCP connection as IP packets; end 0 is the side that opened it.

    Args:
        number: another one for every connection of a capture.
        client, server: the two endpoints, both of IPv4 or both of IPv6.
    """

    def __init__(self, number: int, client: Endpoint, server: Endpoint) -> None:
        self.ends = client, server
        first = number * _SPREAD & _MASK
        self._next = [first, first ^ 0x8000_0000]
        self._of_addresses = _sum(client.address) + _sum(server.address)

    def open(self) -> Iterator[bytes]:
        """The handshake."""
        yield self._packet(0, SYN, options=_OPTIONS)
        yield self._packet(1, SYN | ACK, options=_OPTIONS)
        yield self._packet(0, ACK)

    def say(self, end: End, data: bytes) -> Iterator[bytes]:
        """Bytes of one side."""
        for start in range(0, len(data), MOST_IN_PACKET):
            yield self._packet(end, _PSH | ACK, data[start : start + MOST_IN_PACKET])

    def skip(self, end: End, size: int) -> None:
        """Leave out so many bytes of one side."""
        self._next[end] = self._next[end] + size & _MASK

    def close(self, end: End) -> Iterator[bytes]:
        """One side sends nothing more."""
        yield self._packet(end, FIN | ACK)

    def reset(self, end: End) -> Iterator[bytes]:
        """One side broke the connection off."""
        yield self._packet(end, RST | ACK)

    def _packet(self, end: End, flags: int, data: bytes = b"", options: bytes = b"") -> bytes:
        source, destination = self.ends[end], self.ends[1 - end]
        acknowledged = self._next[1 - end] if flags & ACK else 0
        offset = 20 + len(options) << 2
        ports = source.port, destination.port
        fields = (*ports, self._next[end], acknowledged, offset, flags, 0xFFFF)
        head = struct.pack(">HHIIBBHHH", *fields, 0, 0) + options
        size = len(head) + len(data)
        checksum = _checksum(self._of_addresses + _TCP + size + _sum(head) + _sum(data))
        head = struct.pack(">HHIIBBHHH", *fields, checksum, 0) + options
        self.skip(end, len(data) + bool(flags & (SYN | FIN)))
        return b"".join((_network(source.address, destination.address, size), head, data))


def _network(source: bytes, destination: bytes, size: int) -> bytes:
    """The header of IP before so many bytes of TCP."""
    if len(source) == 16:
        return struct.pack(">IHBB", 6 << 28, size, _TCP, 64) + source + destination
    fields = 0x45, 20 + size, 0x4000, 64, _TCP
    head = struct.pack(">BxHxxHBBxx", *fields) + source + destination
    return head[:10] + _checksum(_sum(head)).to_bytes(2, "big") + head[12:]


def _sum(data: bytes) -> int:
    """The sum of 16-bit words as RFC 1071 has it: of ones' complement, so a remainder."""
    return int.from_bytes(data if len(data) % 2 == 0 else data + b"\0", "big") % 0xFFFF


def _checksum(total: int) -> int:
    return 0xFFFF - total % 0xFFFF
