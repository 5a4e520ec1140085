"""Packets out of pcap and pcapng, as a stream: bytes come in, in any cut, and packets go out.

Both byte orders, microseconds and nanoseconds, several sections and interfaces. Nothing is kept but the packet at hand
and what the interfaces are. A file that is damaged gives what stands before the damage, and then says where it is.

Source: draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from dimse.errors import DimseError

MOST_PACKET = 1 << 24
_SECOND = 10**9
# By the first four bytes: byte order, and how many nanoseconds a tick has.
_PCAP = {
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\x3c\x4d": (">", 1),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
}
_SECTION = 0x0A0D0D0A
_INTERFACE, _PACKET, _SIMPLE, _ENHANCED = 1, 2, 3, 6
_ORDER = {b"\x1a\x2b\x3c\x4d": ">", b"\x4d\x3c\x2b\x1a": "<"}
_RESOLUTION, _OFFSET = 9, 14


class CaptureError(DimseError, ValueError):
    """Bytes that are no capture, or are one no longer.

    Attributes:
        offset: where, in bytes from the start.
        reason: what was found there.
    """

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(offset, reason)
        self.offset = offset
        self.reason = reason

    def __str__(self) -> str:
        return f"byte {self.offset}: {self.reason}"


class Packet(NamedTuple):
    """One packet of a capture.

    Attributes:
        number: from 1, as Wireshark counts frames.
        time: nanoseconds since 1970; 0 where the capture has no time.
        link: the link type, as LINKTYPE_ numbers them.
        data: what was captured of it.
        length: how long it was on the wire.
    """

    number: int
    time: int
    link: int
    data: bytes
    length: int


class _Input:
    """Chunks of any size, taken in sizes of one's own."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._held = b""
        self._at = 0
        self.offset = 0

    def take(self, size: int) -> bytes:
        """The next bytes; fewer only where the input ends."""
        at, end = self._at, self._at + size
        if end > len(self._held):
            parts = [self._held[at:]]
            have = len(parts[0])
            for chunk in self._chunks:
                parts.append(chunk)
                have += len(chunk)
                if have >= size:
                    break
            self._held = b"".join(parts)
            at, end = 0, size
        self._at = min(end, len(self._held))
        self.offset += self._at - at
        return self._held[at:end]


def packets(chunks: Iterable[bytes]) -> Iterator[Packet]:
    """The packets of a capture, pcap or pcapng.

    Args:
        chunks: the bytes of the capture, in any cut.

    Raises:
        CaptureError: neither pcap nor pcapng, cut short or damaged; the packets before that were given.
    """
    data = _Input(chunks)
    magic = data.take(4)
    if magic in _PCAP:
        yield from _pcap(data, *_PCAP[magic])
    elif magic == _SECTION.to_bytes(4, "big"):
        yield from _pcapng(data)
    else:
        raise CaptureError(0, "neither pcap nor pcapng begins like this")


def _pcap(data: _Input, order: str, tick: int) -> Iterator[Packet]:
    head = data.take(20)
    if len(head) < 20:
        raise CaptureError(data.offset, "the capture ends within its header")
    link = struct.unpack(f"{order}I", head[16:])[0] & 0xFFFF
    record = struct.Struct(f"{order}IIII")
    number = 0
    while header := data.take(16):
        start = data.offset - len(header)
        if len(header) < 16:
            raise CaptureError(start, "the capture ends within the header of a packet")
        seconds, ticks, size, length = record.unpack(header)
        body = _body(data, start, size)
        number += 1
        yield Packet(number, seconds * _SECOND + ticks * tick, link, body, max(length, size))


def _body(data: _Input, start: int, size: int) -> bytes:
    if size > MOST_PACKET:
        raise CaptureError(start, f"a packet of {size} bytes, more than {MOST_PACKET}")
    body = data.take(size)
    if len(body) < size:
        raise CaptureError(start, "the capture ends within a packet")
    return body


class _Interface(NamedTuple):
    link: int
    most: int
    ticks: int  # in a second
    offset: int  # seconds


def _pcapng(data: _Input) -> Iterator[Packet]:
    order, number = "<", 0
    interfaces: list[_Interface] = []
    first = _SECTION.to_bytes(4, "big")
    while head := first or data.take(4):
        start = data.offset - len(head)
        first = b""
        head += data.take(4)
        if len(head) < 8:
            raise CaptureError(start, "the capture ends within the header of a block")
        magic = b""
        if head[:4] == _SECTION.to_bytes(4, "big"):
            magic = data.take(4)
            if magic not in _ORDER:
                raise CaptureError(start, "a section without a byte order")
            order, interfaces = _ORDER[magic], []
        kind, size = struct.unpack(f"{order}II", head)
        if size < 12 + len(magic) or size % 4 or size > MOST_PACKET:
            raise CaptureError(start, f"a block of {size} bytes")
        block = _body(data, start, size - 8 - len(magic))[:-4]
        try:
            if kind == _INTERFACE:
                interfaces.append(_interface(block, order))
            elif kind in (_PACKET, _SIMPLE, _ENHANCED):
                number += 1
                yield _packet(kind, block, order, interfaces, number)
        except (struct.error, IndexError) as error:
            raise CaptureError(start, "a block that is shorter than what it says, or of no interface") from error


def _interface(block: bytes, order: str) -> _Interface:
    link, most = struct.unpack_from(f"{order}HxxI", block)
    ticks, offset, at = 10**6, 0, 8
    while at + 4 <= len(block):
        code, size = struct.unpack_from(f"{order}HH", block, at)
        if code == _RESOLUTION and size == 1:
            power = block[at + 4]
            ticks = 1 << (power & 0x7F) if power & 0x80 else 10**power
        elif code == _OFFSET and size == 8:
            offset = struct.unpack_from(f"{order}q", block, at + 4)[0]
        elif code == 0:
            break
        at += 4 + size + -size % 4
    return _Interface(link, most, ticks, offset)


def _packet(kind: int, block: bytes, order: str, interfaces: list[_Interface], number: int) -> Packet:
    if kind == _SIMPLE:
        (length,) = struct.unpack_from(f"{order}I", block)
        interface = interfaces[0]
        size = min(length, interface.most or length, len(block) - 4)
        return Packet(number, 0, interface.link, block[4 : 4 + size], length)
    at, high, low, size, length = struct.unpack_from(f"{order}{'I' if kind == _ENHANCED else 'Hxx'}IIII", block)
    interface = interfaces[at]
    if 20 + size > len(block):
        raise IndexError(size)
    time = (high << 32 | low) * _SECOND // interface.ticks + interface.offset * _SECOND
    return Packet(number, time, interface.link, block[20 : 20 + size], max(length, size))
