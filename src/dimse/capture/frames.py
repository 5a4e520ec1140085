"""TCP segments out of packets: Ethernet, VLAN, Linux cooked, loopback, IPv4 and IPv6.

Knows headers and nothing of what came before: a fragment of an IP packet is told as one. A packet that was cut by the
snapshot length gives what there is of its segment and how many bytes were not captured; whatever is no TCP, or no
header to trust, gives nothing.

Source: RFC 791, 8200, 9293; the LINKTYPE_ values of tcpdump.
"""

from __future__ import annotations

import struct
from ipaddress import ip_address
from typing import NamedTuple

from dimse.capture.packets import Packet

FIN, SYN, RST, ACK = 1, 2, 4, 16
NULL, ETHERNET, LOOP, COOKED, COOKED_2 = 0, 1, 108, 113, 276
_RAW = frozenset({12, 14, 101, 228, 229})
_IPV4, _IPV6 = 0x0800, 0x86DD
_VLAN = frozenset({0x8100, 0x88A8, 0x9100})
_FAMILIES_OF_IPV6 = frozenset({10, 24, 28, 30})
_TCP, _FRAGMENT, _AUTHENTICATION = 6, 44, 51
_EXTENSIONS = frozenset({0, 43, 60, 135, 139, 140})
_BEFORE_TCP = frozenset({_TCP, _FRAGMENT, _AUTHENTICATION, *_EXTENSIONS})
_TCP_HEADER = struct.Struct(">4xIIBB")
_IPV4_HEADER = struct.Struct(">BxHxxHxB")
# IPv4 without options and TCP behind it; both addresses and both ports are one path.
_USUAL = struct.Struct(">BxHxxHxBxx12sIIBB")
_IPV6_HEADER = struct.Struct(">4xHB")
_FRAGMENT_HEADER = struct.Struct(">BxH4s")


class Endpoint(NamedTuple):
    """An address and port; printed as people write it."""

    address: bytes
    port: int

    def __str__(self) -> str:
        address = ip_address(self.address)
        return f"[{address}]:{self.port}" if address.version == 6 else f"{address}:{self.port}"


class Segment(NamedTuple):
    """A TCP segment: `missing` bytes behind `data` were sent and not captured.

    Attributes:
        path: both addresses and both ports as they stand in the headers, the source's first.
        acknowledged: None where it acknowledges nothing.
    """

    path: bytes
    sequence: int
    acknowledged: int | None
    flags: int
    data: bytes
    missing: int

    @property
    def source(self) -> Endpoint:
        """Who sent it."""
        size = len(self.path) // 2 - 2
        return Endpoint(self.path[:size], int.from_bytes(self.path[-4:-2], "big"))

    @property
    def destination(self) -> Endpoint:
        """To whom."""
        size = len(self.path) // 2 - 2
        return Endpoint(self.path[size:-4], int.from_bytes(self.path[-2:], "big"))

    @property
    def way_back(self) -> bytes:
        """The path of segments that go the other way."""
        source, destination = self.source, self.destination
        return destination.address + source.address + self.path[-2:] + self.path[-4:-2]


class Fragment(NamedTuple):
    """A part of an IP packet that may carry TCP.

    Attributes:
        addresses: the source's and the destination's.
        identification: that of the packet, the same in all of its fragments.
        following: the protocol of what the first fragment begins with.
        offset: where in the packet it stands, in bytes.
        is_last: whether the packet ends with it.
        data: what was captured of it.
        size: how many bytes it has.
    """

    addresses: bytes
    identification: bytes
    following: int
    offset: int
    is_last: bool
    data: bytes
    size: int


def segment_of(packet: Packet) -> Segment | None:
    """The TCP segment in a packet; None where there is none, or it is a fragment of an IP packet."""
    data = packet.data
    try:
        kind, at = _network(packet.link, data)
        if kind != _IPV4:
            return _ipv6(data, at, packet.length) if kind == _IPV6 else None
        # Nearly all there are, read in one go.
        first, total, place, protocol, path, sequence, acknowledged, offset, flags = _USUAL.unpack_from(data, at)
        if first != 0x45 or protocol != _TCP or place & 0x3FFF:
            return _ipv4(data, at, packet.length)
        start, end = at + 20 + (offset >> 4) * 4, at + total if total else packet.length
        if offset < 0x50 or start > end:
            return None
        taken = data[start:end]
        number = acknowledged if flags & ACK else None
        return Segment(path, sequence, number, flags, taken, end - start - len(taken))
    except (struct.error, IndexError):  # cut within a header
        return None


def fragment_of(packet: Packet) -> Fragment | None:
    """The fragment of an IP packet; None where it is none, or of something else than TCP."""
    data = packet.data
    try:
        kind, at = _network(packet.link, data)
        if kind == _IPV4:
            return _ipv4_fragment(data, at, packet.length)
        return _ipv6_fragment(data, at, packet.length) if kind == _IPV6 else None
    except (struct.error, IndexError):  # cut within a header
        return None


def segment_in(addresses: bytes, following: int, data: bytes, size: int) -> Segment | None:
    """The TCP segment in an IP packet put together again, of which `data` is left of so many bytes."""
    try:
        following, at = _behind_extensions(following, data, 0)
        return _tcp(data, at, size, addresses) if following == _TCP else None
    except (struct.error, IndexError):  # what is left ends within a header
        return None


def _network(link: int, data: bytes) -> tuple[int, int]:
    """Which IP, and where it begins; (0, 0) for anything else."""
    if link == ETHERNET:
        kind, at = data[12] << 8 | data[13], 14
    elif link == COOKED:
        kind, at = int.from_bytes(data[14:16], "big"), 16
    elif link == COOKED_2:
        kind, at = int.from_bytes(data[:2], "big"), 20
    elif link in _RAW:
        kind, at = {4: _IPV4, 6: _IPV6}.get(data[0] >> 4, 0), 0
    elif link in (NULL, LOOP):
        # The byte order of NULL is that of the host that captured; families are small numbers in either.
        family = min(int.from_bytes(data[:4], "little"), int.from_bytes(data[:4], "big"))
        kind, at = _IPV4 if family == 2 else _IPV6 if family in _FAMILIES_OF_IPV6 else 0, 4
    else:
        return 0, 0
    while kind in _VLAN:
        kind, at = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
    return kind, at


def _ipv4(data: bytes, at: int, length: int) -> Segment | None:
    first, total, fragment, protocol = _IPV4_HEADER.unpack_from(data, at)
    header = (first & 15) * 4
    if protocol != _TCP or fragment & 0x3FFF or first >> 4 != 4 or header < 20:
        return None
    # A sending host that leaves cutting to its network card shows a length of 0.
    end = at + total if total else length
    return _tcp(data, at + header, end, data[at + 12 : at + 20])


def _ipv4_fragment(data: bytes, at: int, length: int) -> Fragment | None:
    first, total, fragment, protocol = _IPV4_HEADER.unpack_from(data, at)
    header = (first & 15) * 4
    if protocol != _TCP or not fragment & 0x3FFF or first >> 4 != 4 or header < 20:
        return None
    return _fragment(
        data[at + 12 : at + 20],
        data[at + 4 : at + 6],
        protocol,
        ((fragment & 0x1FFF) * 8, not fragment & 0x2000),
        data,
        (at + header, at + total if total else length),
    )


def _ipv6(data: bytes, at: int, length: int) -> Segment | None:
    payload, following = _IPV6_HEADER.unpack_from(data, at)
    end = at + 40 + payload if payload else length
    addresses = data[at + 8 : at + 40]
    at += 40
    if following != _TCP:
        following, at = _behind_extensions(following, data, at)
    return _tcp(data, at, end, addresses) if following == _TCP else None


def _ipv6_fragment(data: bytes, at: int, length: int) -> Fragment | None:
    payload, following = _IPV6_HEADER.unpack_from(data, at)
    end = at + 40 + payload if payload else length
    addresses = data[at + 8 : at + 40]
    following, at = _behind_extensions(following, data, at + 40)
    if following != _FRAGMENT or data[at] not in _BEFORE_TCP:
        return None
    following, place, identification = _FRAGMENT_HEADER.unpack_from(data, at)
    return _fragment(addresses, identification, following, (place & 0xFFF8, not place & 1), data, (at + 8, end))


def _fragment(
    addresses: bytes,
    identification: bytes,
    following: int,
    place: tuple[int, bool],
    data: bytes,
    body: tuple[int, int],
) -> Fragment | None:
    """A fragment: its `place` is its offset and whether it is the last, its `body` from where to where it goes."""
    start, end = body
    if end < start:
        return None
    return Fragment(addresses, identification, following, *place, data[start:end], end - start)


def _behind_extensions(following: int, data: bytes, at: int) -> tuple[int, int]:
    """Which protocol stands behind extension headers of IPv6, and where: TCP, or none that can be passed over."""
    while following in _BEFORE_TCP and following != _TCP:
        if following == _AUTHENTICATION:
            size = (data[at + 1] + 2) * 4
        elif following != _FRAGMENT:
            size = (data[at + 1] + 1) * 8
        elif int.from_bytes(data[at + 2 : at + 4], "big") & 0xFFF9:
            break
        else:  # a fragment that is the whole packet
            size = 8
        following, at = data[at], at + size
    return following, at


def _tcp(data: bytes, at: int, end: int, addresses: bytes) -> Segment | None:
    sequence, acknowledged, offset, flags = _TCP_HEADER.unpack_from(data, at)
    start = at + (offset >> 4) * 4
    if start < at + 20 or start > end:
        return None
    taken = data[start:end]
    return Segment(
        addresses + data[at : at + 4],
        sequence,
        acknowledged if flags & ACK else None,
        flags,
        taken,
        end - start - len(taken),
    )
