"""IP packets put together again out of their fragments, and the TCP segments in them.

Memory is bounded: of packets of which something is missing so many are remembered, and so many bytes of all; the one
that began first is given up first. A packet is given up, too, after as long as a host would wait, and where fragments
overlap: hosts discard such a packet, so what it says was heard by nobody. A fragment that comes twice is taken once.
Of a packet that is given up nothing is told; what TCP misses then is a gap.

Source: RFC 791 section 3.2; RFC 8200 section 4.5, whose rule on overlaps is kept for IPv4, too.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict

from attrs import Factory, define

from dimse.capture.frames import Fragment, Segment, fragment_of, segment_in
from dimse.capture.packets import Packet

MOST_PACKETS = 1024
MOST_BYTES = 8 << 20
MOST_IN_PACKET = 65535
# Of RFC 8200; in nanoseconds.
PATIENCE = 60 * 10**9
# What a fragment costs beside its bytes.
_EACH = 256


@define
class _Parts:
    """What is there of a packet, in the order of its bytes.

    Attributes:
        since: when its first fragment came.
        following: the protocol it begins with, None until its beginning is there.
        size: of the whole, None until its end is there.
        has: how many of its bytes came.
        costs: what is held for it.
        is_spoilt: whether nothing that comes of it is taken any more.
    """

    since: int
    following: int | None = None
    size: int | None = None
    has: int = 0
    costs: int = _EACH
    is_spoilt: bool = False
    starts: list[int] = Factory(list)
    fragments: list[Fragment] = Factory(list)

    def add(self, fragment: Fragment) -> None:
        """Take a fragment, or see that it does not fit to the others."""
        at, end = bisect_left(self.starts, fragment.offset), fragment.offset + fragment.size
        if at < len(self.starts) and _is_again(self.fragments[at], fragment):
            return
        before = self.fragments[at - 1] if at else None
        after = self.starts[at] if at < len(self.starts) else MOST_IN_PACKET
        overlaps = before is not None and before.offset + before.size > fragment.offset
        ends = self.size if self.size is not None else end
        beyond = end > ends or (fragment.is_last and bool(self.starts) and self.starts[-1] > fragment.offset)
        if overlaps or beyond or end > after or (fragment.is_last and self.size is not None):
            self.spoil()
            return
        self.starts.insert(at, fragment.offset)
        self.fragments.insert(at, fragment)
        self.has += fragment.size
        self.costs += len(fragment.data) + _EACH
        if fragment.offset == 0:
            self.following = fragment.following
        if fragment.is_last:
            self.size = end

    def spoil(self) -> None:
        """Let go of what is there."""
        self.starts.clear()
        self.fragments.clear()
        self.has, self.costs, self.is_spoilt = 0, _EACH, True

    def data(self) -> bytes:
        """What was captured of a packet that is whole, up to where a fragment was cut."""
        found = []
        for fragment in self.fragments:
            found.append(fragment.data)
            if len(fragment.data) < fragment.size:
                break
        return b"".join(found)


class Fragments:
    """Puts together what was sent in fragments.

    Attributes:
        held: bytes that are held, and something for each fragment and each packet.
    """

    def __init__(self) -> None:
        self._parts: OrderedDict[bytes, _Parts] = OrderedDict()
        self.held = 0

    def take(self, packet: Packet) -> Segment | None:
        """The TCP segment that is whole with this packet, which has none itself; None while parts are missing."""
        fragment = fragment_of(packet)
        if fragment is None:
            return None
        key = fragment.addresses + fragment.identification
        parts = self._parts.get(key)
        if parts is not None and packet.time - parts.since > PATIENCE:
            self._give_up(key)
            parts = None
        if parts is None:
            parts = self._parts[key] = _Parts(packet.time)
            self.held += parts.costs
        before = parts.costs
        if fragment.offset + fragment.size > MOST_IN_PACKET:
            parts.spoil()  # no packet is as long
        # None but the last may have another size: such a fragment has no neighbour.
        elif not parts.is_spoilt and (fragment.is_last or (fragment.size and fragment.size % 8 == 0)):
            parts.add(fragment)
        self.held += parts.costs - before
        if parts.size is None or parts.following is None or parts.has < parts.size:
            while len(self._parts) > MOST_PACKETS or self.held > MOST_BYTES:
                self._give_up(next(iter(self._parts)))
            return None
        self._give_up(key)
        return segment_in(fragment.addresses, parts.following, parts.data(), parts.size)

    def _give_up(self, key: bytes) -> None:
        self.held -= self._parts.pop(key).costs


def _is_again(one: Fragment, other: Fragment) -> bool:
    """Whether a fragment comes once more, perhaps cut otherwise by the capture."""
    common = min(len(one.data), len(other.data))
    return one[2:5] == other[2:5] and one.size == other.size and one.data[:common] == other.data[:common]
