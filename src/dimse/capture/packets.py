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
_SECTION = b"\x0a\x0d\x0d\x0a"
_INTERFACE, _PACKET, _SIMPLE, _ENHANCED = 1, 2, 3, 6
# Entries of journals, events of sysdig, custom blocks: no packets, and yet numbered among them by Wireshark.
_NUMBERED = frozenset({9, 0x204, 0x216, 0x0BAD, 0x4000_0BAD})
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

    def __reduce__(self) -> tuple[type[CaptureError], tuple[int, str]]:
        return type(self), (self.offset, self.reason)

    def __str__(self) -> str:
        return f"byte {self.offset}: {self.reason}"


class Packet(NamedTuple):
    """One packet of a capture.

    Attributes:
        number: from 1, as Wireshark counts frames.
        time: nanoseconds since 1970; 0 where the capture has no time.
        link: the link type, as `LINKTYPE_...` numbers them.
        data: what was captured of it.
        length: how long it was on the wire.
    """

    number: int
    time: int
    link: int
    data: bytes
    length: int


class _Input:
    """Chunks of any size, held as far as they are needed in one.

    Attributes:
        held: what is at hand.
        at: how far it was read.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._before = 0
        self.held = b""
        self.at = 0

    @property
    def offset(self) -> int:
        """How far was read, in bytes from the start."""
        return self._before + self.at

    def has(self, size: int) -> bool:
        """Whether so many bytes are left; they are at hand then, all that are left else."""
        have = len(self.held) - self.at
        if have >= size:
            return True
        parts = [self.held[self.at :]]
        for chunk in self._chunks:
            parts.append(chunk)
            have += len(chunk)
            if have >= size:
                break
        self._before += self.at
        self.held, self.at = b"".join(parts), 0
        return have >= size

    def take(self, size: int) -> bytes:
        """The next bytes; fewer only where the input ends."""
        self.has(size)
        taken = self.held[self.at : self.at + size]
        self.at += len(taken)
        return taken


def is_capture(head: bytes) -> bool:
    """Whether bytes begin as pcap or pcapng does."""
    return head[:4] in _PCAP or head[:4] == _SECTION


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
    elif magic == _SECTION:
        yield from _pcapng(data)
    else:
        raise CaptureError(0, "neither pcap, pcapng nor a DICOM PDU begins like this")


def _pcap(data: _Input, order: str, tick: int) -> Iterator[Packet]:
    head = data.take(20)
    if len(head) < 20:
        raise CaptureError(data.offset, "the capture ends within its header")
    link = struct.unpack(f"{order}I", head[16:])[0] & 0xFFFF
    unpack = struct.Struct(f"{order}IIII").unpack_from
    number = 0
    while data.has(16):
        held, at = data.held, data.at
        most = len(held)
        while at + 16 <= most:
            seconds, ticks, size, length = unpack(held, at)
            at += 16
            end = at + size
            if end > most or size > MOST_PACKET:
                _check_packet(data, 16, size)
                break
            data.at = end
            number += 1
            time = seconds * _SECOND + ticks * tick
            yield Packet(number, time, link, held[at:end], length if length > size else size)
            at = end
    if data.has(1):
        raise CaptureError(data.offset, "the capture ends within the header of a packet")


def _check_packet(data: _Input, header: int, size: int) -> None:
    """Have a packet, or a block, at hand behind its header."""
    if size > MOST_PACKET:
        raise CaptureError(data.offset, f"a packet of {size} bytes, more than {MOST_PACKET}")
    if not data.has(header + size):
        raise CaptureError(data.offset, "the capture ends within a packet")


class _Interface(NamedTuple):
    link: int
    most: int
    ticks: int  # in a second
    offset: int  # seconds


class _Forms(NamedTuple):
    """How headers stand in a byte order: of blocks, of interfaces, of options, their times, of packets by kind."""

    block: struct.Struct
    interface: struct.Struct
    option: struct.Struct
    offset: struct.Struct
    packet: dict[int, struct.Struct]

    @classmethod
    def of(cls, order: str) -> _Forms:
        packet = {_ENHANCED: "IIIII", _PACKET: "HxxIIII", _SIMPLE: "I"}
        forms = {kind: struct.Struct(f"{order}{form}") for kind, form in packet.items()}
        block, interface, option, offset = (struct.Struct(f"{order}{form}") for form in ("II", "HxxI", "HH", "q"))
        return cls(block, interface, option, offset, forms)


def _pcapng(data: _Input) -> Iterator[Packet]:
    data.at = 0  # the type of the first block was looked at
    forms, number = _Forms.of("<"), 0
    interfaces: list[_Interface] = []
    while data.has(8):
        if data.held.startswith(_SECTION, data.at):
            order = _ORDER.get(data.held[data.at + 8 : data.at + 12]) if data.has(12) else None
            if order is None:
                raise CaptureError(data.offset, "a section without a byte order")
            forms, interfaces = _Forms.of(order), []
        kind, size = forms.block.unpack_from(data.held, data.at)
        if size < 12 or size % 4 or size > MOST_PACKET:
            raise CaptureError(data.offset, f"a block of {size} bytes")
        _check_packet(data, 0, size)
        block = data.held[data.at + 8 : data.at + size - 4]
        try:
            if kind in forms.packet:
                packet = _packet(kind, block, forms.packet[kind], interfaces, number + 1)
                number += 1
                data.at += size
                yield packet
                continue
            if kind == _INTERFACE:
                interfaces.append(_interface(block, forms))
            number += kind in _NUMBERED
        except (struct.error, IndexError) as error:
            reason = "a block that is shorter than what it says, or of no interface"
            raise CaptureError(data.offset, reason) from error
        data.at += size
    if data.has(1):
        raise CaptureError(data.offset, "the capture ends within the header of a block")


def _interface(block: bytes, forms: _Forms) -> _Interface:
    link, most = forms.interface.unpack_from(block)
    ticks, offset, at = 10**6, 0, 8
    while at + 4 <= len(block):
        code, size = forms.option.unpack_from(block, at)
        if code == _RESOLUTION and size == 1:
            power = block[at + 4]
            ticks = 1 << (power & 0x7F) if power & 0x80 else 10**power
        elif code == _OFFSET and size == 8:
            (offset,) = forms.offset.unpack_from(block, at + 4)
        elif code == 0:
            break
        at += 4 + size + -size % 4
    return _Interface(link, most, ticks, offset)


def _packet(kind: int, block: bytes, form: struct.Struct, interfaces: list[_Interface], number: int) -> Packet:
    if kind == _SIMPLE:
        (length,) = form.unpack_from(block)
        interface = interfaces[0]
        size = min(length, interface.most or length, len(block) - 4)
        return Packet(number, 0, interface.link, block[4 : 4 + size], length)
    at, high, low, size, length = form.unpack_from(block)
    interface = interfaces[at]
    if 20 + size > len(block):
        raise IndexError(size)
    time = (high << 32 | low) * _SECOND // interface.ticks + interface.offset * _SECOND
    return Packet(number, time, interface.link, block[20 : 20 + size], max(length, size))
