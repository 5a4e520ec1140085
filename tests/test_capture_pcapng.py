"""pcapng beyond what one program writes: interfaces, sections, byte orders, options, blocks that nobody knows."""

from __future__ import annotations

import struct

import pytest

import damage
from blocks import OFFSET, RESOLUTION, Blocks, Option
from dimse.capture import CaptureError, Gap, Packet, Said, packets
from test_capture import followed, until_damaged, whole

orders = pytest.mark.parametrize("order", ["<", ">"])
NANOSECONDS = (RESOLUTION, b"\x09")
SECOND = 10**9
# Names, filters, an interface's address: what programs write beside.
COMMENT: Option = (1, b"a comment of any length")
OTHERS: tuple[Option, ...] = (COMMENT, (2, b"eth0"), (11, b"\0tcp port 104"), (0x8BAD, b"\0\0\xfd\xe9custom"))


def read(data: bytes) -> list[Packet]:
    """The packets, and that they are the same byte by byte."""
    found = list(packets([data]))
    assert list(packets(data[at : at + 1] for at in range(len(data)))) == found
    return found


@orders
def test_interfaces(order: str) -> None:
    """Each packet has the link type and the clock of its interface, whichever came last."""
    b = Blocks(order)
    offset = struct.pack(f"{order}q", -3600)
    data = b.section(*OTHERS)
    data += b.interface(1, *OTHERS, NANOSECONDS)
    data += b.interface(101, (RESOLUTION, b"\x00"), (OFFSET, offset), *OTHERS)  # whole seconds, an hour less
    data += b.enhanced(1, 7200, b"raw") + b.enhanced(0, 5 * SECOND + 7, b"ethernet", COMMENT, length=60)
    data += b.interface(113) + b.interface(276, (RESOLUTION, b"\x94"))  # microseconds; 2^-20 seconds
    data += b.enhanced(3, 3 << 19, b"cooked 2") + b.enhanced(2, 1_000_001, b"cooked") + b.enhanced(0, 1, b"")
    assert read(data) == [
        Packet(1, 3600 * SECOND, 101, b"raw", 3),
        Packet(2, 5 * SECOND + 7, 1, b"ethernet", 60),
        Packet(3, SECOND * 3 // 2, 276, b"cooked 2", 8),
        Packet(4, SECOND + 1000, 113, b"cooked", 6),
        Packet(5, 1, 1, b"", 0),
    ]


@orders
def test_sections(order: str) -> None:
    """A section has a byte order of its own, and interfaces of its own."""
    one, other = Blocks(order), Blocks("<>"[order == "<"])
    data = one.section() + one.interface(1, NANOSECONDS) + one.enhanced(0, 258, b"one")
    data += other.section(COMMENT) + other.interface(101) + other.enhanced(0, 258, b"other")
    data += one.section() + one.interface(113) + one.enhanced(0, 3, b"one again")
    assert read(data) == [
        Packet(1, 258, 1, b"one", 3),
        Packet(2, 258_000, 101, b"other", 5),
        Packet(3, 3000, 113, b"one again", 9),
    ]
    with pytest.raises(CaptureError, match="of no interface"):
        list(packets([one.section() + one.interface(1) + other.section() + other.enhanced(0, 0, b"x")]))


@orders
def test_blocks_without_packets(order: str) -> None:
    """Names, statistics, secrets and unknown blocks are passed over; Wireshark numbers some with the frames."""
    b = Blocks(order)
    others = [b.block(kind, bytes(range(24))) for kind in (4, 5, 10, 0x7FFFFFFF, 0x80000001)]
    numbered = [b.block(kind, bytes(range(24))) for kind in (9, 0x0BAD, 0x40000BAD)]
    data = b.section() + b.interface(1) + others[0] + b.enhanced(0, 1, b"one") + b"".join(others)
    data += b.enhanced(0, 2, b"two") + b"".join(numbered) + b.enhanced(0, 3, b"three")
    assert [(each.number, each.data) for each in read(data)] == [(1, b"one"), (2, b"two"), (6, b"three")]


@orders
def test_older_packets(order: str) -> None:
    """Obsolete packet blocks, with drop counts and options; simple ones, cut where the first interface cuts."""
    b = Blocks(order)
    data = b.section() + b.interface(101, most=6) + b.interface(1, NANOSECONDS)
    data += b.obsolete(1, 7, b"obsolete", COMMENT) + b.simple(b"simple") + b.simple(b"simple", length=20)
    assert read(data) == [
        Packet(1, 7, 1, b"obsolete", 8),
        Packet(2, 0, 101, b"simple", 6),
        Packet(3, 0, 101, b"simple", 20),
    ]


@orders
def test_what_is_damaged(order: str) -> None:
    """The packets before the damage come, and the error says where it is."""
    b = Blocks(order)
    good = b.section() + b.interface(1) + b.enhanced(0, 1, b"good")
    damaged = {
        b.enhanced(1, 1, b"of no interface"): "of no interface",
        b.obsolete(9, 1, b"of none, either"): "of no interface",
        b.block(6, bytes(8)): "shorter than what it says",
        b.block(6, b.pack("IIIII", 0, 0, 0, 400, 400) + b"shorter"): "shorter than what it says",
        b.block(1, b"\1\0"): "shorter than what it says",
        b.pack("II", 6, 13) + bytes(8): "a block of 13 bytes",
        b.pack("II", 6, 1 << 30): "a block of 1073741824 bytes",
        b.pack("III", 0x0A0D0D0A, 28, 7) + bytes(16): "without a byte order",
    }
    for block, reason in damaged.items():
        found, error = until_damaged(good + block + good)
        assert [packet.data for packet in found] == [b"good"]
        assert error is not None
        assert reason in error.reason
        assert error.offset == len(good)


def test_one_connection_on_two_interfaces() -> None:
    """What a router saw on both sides, Ethernet and raw, half of it cut: every message, once."""
    given = whole("move_dcmtk")
    raw = list(damage.rewrapped(given, "raw"))
    b = Blocks()
    data = b.section() + b.interface(1, NANOSECONDS) + b.interface(101, NANOSECONDS, most=60)
    for one, other in zip(given, raw, strict=True):
        data += b.enhanced(0, one.time, one.data, length=one.length)
        data += b.enhanced(1, other.time, other.data[:], length=other.length)
    events = followed(packets([data]))
    commands = [event.message.command for event in events if isinstance(event, Said)]
    assert commands == [event.message.command for event in followed(given) if isinstance(event, Said)]
    assert not [event for event in events if isinstance(event, Gap)]
