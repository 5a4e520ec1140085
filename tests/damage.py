"""Captures damaged on purpose: packets dropped, doubled, reordered, cut, the beginning missing. For the tests alone."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from dimse.capture import Packet

ETHERNET = 1


def renumbered(packets: Iterable[Packet]) -> list[Packet]:
    return [packet._replace(number=number) for number, packet in enumerate(packets, 1)]


def dropped(packets: Sequence[Packet], seed: int, share: float = 0.05) -> list[Packet]:
    chance = random.Random(seed)
    return renumbered(packet for packet in packets if chance.random() >= share)


def doubled(packets: Sequence[Packet], seed: int) -> list[Packet]:
    """Some packets come again, at once or later."""
    chance = random.Random(seed)
    keyed = [(at, packet) for at, packet in enumerate(packets)]
    keyed += [(at + chance.randrange(20), packet) for at, packet in enumerate(packets) if chance.random() < 0.2]
    return renumbered(packet for _, packet in sorted(keyed, key=lambda each: each[0]))


def reordered(packets: Sequence[Packet], seed: int, most: int = 6) -> list[Packet]:
    """Packets come up to so many places later than they should."""
    chance = random.Random(seed)
    keyed = [(at + chance.random() * most * (chance.random() < 0.2), packet) for at, packet in enumerate(packets)]
    return renumbered(packet for _, packet in sorted(keyed, key=lambda each: each[0]))


def cut(packets: Sequence[Packet], most: int) -> list[Packet]:
    """As a snapshot length cuts them."""
    return [packet._replace(data=packet.data[:most]) for packet in packets]


def late(packets: Sequence[Packet], seed: int) -> list[Packet]:
    """The capture began somewhere in the middle."""
    return renumbered(packets[random.Random(seed).randrange(1, len(packets)) :])


def cut_again(packets: Iterable[Packet], seed: int) -> list[Packet]:
    """Segments are divided, and sent again in other divisions that overlap. Of Ethernet and IPv4."""
    chance = random.Random(seed)
    return renumbered(piece for packet in packets for piece in _pieces(packet, chance))


def _pieces(packet: Packet, chance: random.Random) -> Iterator[Packet]:
    data = packet.data
    header = 34 + (data[46] >> 4) * 4
    body = data[header : 14 + int.from_bytes(data[16:18], "big")]
    if len(body) < 4 or data[47] & 7:
        yield packet
        return
    first = chance.randrange(1, len(body) - 1)
    second = chance.randrange(1, first + 1)
    for start, end in ((0, first), (second, len(body)), (0, second)):
        yield packet._replace(data=_moved(data, header, start, body[start:end]), length=header + end - start)


def _moved(data: bytes, header: int, by: int, body: bytes) -> bytes:
    head = bytearray(data[:header])
    head[16:18] = (header - 14 + len(body)).to_bytes(2, "big")
    head[38:42] = (int.from_bytes(head[38:42], "big") + by & 0xFFFF_FFFF).to_bytes(4, "big")
    return bytes(head) + body


def interleaved(*captures: Sequence[Packet]) -> list[Packet]:
    """Several captures at once, each on a host of its own. Of Ethernet and IPv4."""
    hosts = [
        [p._replace(data=p.data[:26] + bytes((10, 0, at, 1)) * 2 + p.data[34:]) for p in capture]
        for at, capture in enumerate(captures)
    ]
    return renumbered(packet for together in zip_longest(*hosts) for packet in together if packet is not None)


def rewrapped(packets: Iterable[Packet], link: str) -> Iterator[Packet]:
    """The same TCP in other headers. Of Ethernet and IPv4."""
    for packet in packets:
        ip = packet.data[14 : 14 + int.from_bytes(packet.data[16:18], "big")]
        tcp = ip[(ip[0] & 15) * 4 :]
        kind, data = _WRAPS[link](ip, tcp)
        yield packet._replace(link=kind, data=data, length=len(data))


def _ipv6(tcp: bytes, extensions: bytes = b"", first: int = 6) -> bytes:
    hosts = bytes(15) + b"\1" + bytes(15) + b"\1"
    return struct.pack(">IHBB", 6 << 28, len(extensions) + len(tcp), first, 64) + hosts + extensions + tcp


_MAC = bytes(12)
_EXTENSIONS = b"\x3c\0" + bytes(6) + b"\x2c\0" + bytes(6) + b"\x33\0" + bytes(6) + b"\6\1" + bytes(10)
_WRAPS = {
    "ethernet": lambda ip, _: (ETHERNET, _MAC + b"\x08\0" + ip),
    "padding": lambda ip, _: (ETHERNET, _MAC + b"\x08\0" + ip + bytes(18)),
    "vlan": lambda ip, _: (ETHERNET, _MAC + b"\x81\0\0\7\x08\0" + ip),
    "two vlans": lambda ip, _: (ETHERNET, _MAC + b"\x88\xa8\0\7\x81\0\0\7\x08\0" + ip),
    "cooked": lambda ip, _: (113, bytes(14) + b"\x08\0" + ip),
    "cooked 2": lambda ip, _: (276, b"\x08\0" + bytes(18) + ip),
    "null, little": lambda ip, _: (0, b"\2\0\0\0" + ip),
    "null, big": lambda ip, _: (0, b"\0\0\0\2" + ip),
    "loop": lambda ip, _: (108, b"\0\0\0\2" + ip),
    "raw": lambda ip, _: (101, ip),
    "offloaded": lambda ip, _: (101, ip[:2] + b"\0\0" + ip[4:]),
    "IPv6": lambda _, tcp: (ETHERNET, _MAC + b"\x86\xdd" + _ipv6(tcp)),
    "IPv6, null": lambda _, tcp: (0, b"\x1e\0\0\0" + _ipv6(tcp)),
    "IPv6, raw": lambda _, tcp: (101, _ipv6(tcp)),
    # Hop-by-hop, destination options, a fragment that is whole, an authentication header.
    "IPv6, extensions": lambda _, tcp: (ETHERNET, _MAC + b"\x86\xdd" + _ipv6(tcp, _EXTENSIONS, 0)),
}
LINKS = tuple(_WRAPS)


def pcap(packets: Iterable[Packet], order: str = "<", *, nanoseconds: bool = False) -> bytes:
    """A pcap file of packets of one link type."""
    packets = list(packets)
    tick = 1 if nanoseconds else 1000
    magic = 0xA1B23C4D if nanoseconds else 0xA1B2C3D4
    out = [struct.pack(f"{order}IHHIIII", magic, 2, 4, 0, 0, 1 << 18, packets[0].link)]
    for packet in packets:
        seconds, rest = divmod(packet.time, 10**9)
        out.append(struct.pack(f"{order}IIII", seconds, rest // tick, len(packet.data), packet.length) + packet.data)
    return b"".join(out)


def pcapng(packets: Iterable[Packet], order: str = "<", *, simple: bool = False) -> bytes:
    """A pcapng file of packets of one link type, in nanoseconds; `simple` packets have no time."""
    packets = list(packets)

    def block(kind: int, body: bytes) -> bytes:
        size = 12 + len(body) + -len(body) % 4
        length = struct.pack(f"{order}I", size)
        return struct.pack(f"{order}I", kind) + length + body + bytes(-len(body) % 4) + length

    out = [block(0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1))]
    options = struct.pack(f"{order}HHB3xHH", 9, 1, 9, 0, 0)
    out.append(block(1, struct.pack(f"{order}HHI", packets[0].link, 0, 0) + options))
    for packet in packets:
        if simple:
            out.append(block(3, struct.pack(f"{order}I", packet.length) + packet.data))
        else:
            high, low = divmod(packet.time, 1 << 32)
            head = struct.pack(f"{order}IIIII", 0, high, low, len(packet.data), packet.length)
            out.append(block(6, head + packet.data))
    return b"".join(out)


def fragmented(packet: Packet, size: int = 64, version: int = 4) -> list[Packet]:
    """An IP packet in fragments, of IPv4 or IPv6, with an identification of its own. Of Ethernet and IPv4."""
    body = packet.data[34 : 14 + int.from_bytes(packet.data[16:18], "big")]
    number = packet.number.to_bytes(4, "big")
    hosts = packet.data[26:34]
    found = []
    for at in range(0, len(body), size):
        part, is_more = body[at : at + size], at + size < len(body)
        if version == 4:
            head = b"\x45\0" + (20 + len(part)).to_bytes(2, "big") + number[2:]
            head += (0x2000 * is_more | at // 8).to_bytes(2, "big") + b"\x40\6\0\0" + hosts
        else:
            head = struct.pack(">IHBB", 6 << 28, 8 + len(part), 44, 64)
            head += bytes(12) + hosts[:4] + bytes(12) + hosts[4:] + struct.pack(">BxH", 6, at | is_more) + number
        data = _MAC + (b"\x08\0" if version == 4 else b"\x86\xdd") + head + part
        found.append(packet._replace(data=data, length=len(data)))
    return found
