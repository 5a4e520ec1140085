"""A TCP connection put in order again: bytes in the order in which they were sent, and gaps said.

What was sent twice is given once; what overtook is held back until what it overtook is there. A segment is also held
until the bytes it acknowledges are there, so that no answer comes before what it answers. What is held is bounded:
beyond that, or when the connection ends, what is missing is a gap.

Source: RFC 9293 section 3.4.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

from dimse.capture.frames import FIN, RST, SYN, Segment

MOST_HELD_SEGMENTS = 512
MOST_HELD_BYTES = 4 << 20
_OVERTAKEN = 1 << 20
_HALF = 1 << 31
_MASK = (1 << 32) - 1

# 0 is the side that opened the connection, as far as that is known.
End: TypeAlias = Literal[0, 1]


class Piece(NamedTuple):
    """What comes next of one side: `data`, or a gap of `missing` bytes; `frame` and `time` are of its packet."""

    end: End
    data: bytes
    missing: int
    frame: int
    time: int


class _Held(NamedTuple):
    end: End
    segment: Segment
    frame: int
    time: int


class Connection:
    """Both byte streams of a TCP connection.

    Attributes:
        from_start: whether its beginning was seen.
        is_over: whether both sides, or one by force, have closed it.
        is_reset: whether it ended by RST.
    """

    def __init__(self) -> None:
        self.from_start = False
        self.is_reset = False
        self._next: list[int | None] = [None, None]
        self._first: list[int | None] = [None, None]
        self._closed = [False, False]
        self._held: list[_Held] = []
        self._held_bytes = 0

    @property
    def is_over(self) -> bool:
        """Whether nothing more can come."""
        return self.is_reset or all(self._closed)

    @property
    def held(self) -> int:
        """How many bytes are held back for others that should have come before them, and something for each segment."""
        return self._held_bytes + 256 * len(self._held)

    def drop(self) -> None:
        """Forget what is held."""
        self._held.clear()
        self._held_bytes = 0

    def begins_anew(self, end: End, segment: Segment) -> bool:
        """Whether a segment is of another connection between the same ports."""
        if not segment.flags & SYN or self._next[end] is None or self._first[end] == segment.sequence:
            return False
        # The SYN of this connection may have been overtaken by what follows it.
        return self._first[end] is not None or not -_OVERTAKEN <= self._ahead(end, segment.sequence + 1) <= 0

    def feed(self, end: End, segment: Segment, frame: int, time: int) -> Iterator[Piece]:
        """Take the next segment of the capture, give what is now in order."""
        if segment.flags & SYN:
            self._first[end] = segment.sequence
            if self._next[end] is None:
                self._next[end] = segment.sequence + 1 & _MASK
                self.from_start = True
            if self._next[1 - end] is None:
                self._next[1 - end] = segment.acknowledged
            segment = segment._replace(sequence=segment.sequence + 1 & _MASK, acknowledged=None)
        if self._next[end] is None:
            self._next[end] = segment.sequence
        if self._next[1 - end] is None and segment.acknowledged is not None:
            self._next[1 - end] = segment.acknowledged
        if not (segment.data or segment.missing or segment.flags & (FIN | RST)):
            return
        held = _Held(end, segment, frame, time)
        if not self._is_next(held):
            self._held.append(held)
            self._held_bytes += len(segment.data)
            while len(self._held) > MOST_HELD_SEGMENTS or self._held_bytes > MOST_HELD_BYTES:
                yield from self._give_up(frame, time)
            return
        yield from self._give(held)
        if self._held:
            yield from self._settle()

    def flush(self, frame: int, time: int) -> Iterator[Piece]:
        """Say that nothing more comes; give what was held, with gaps."""
        while self._held:
            yield from self._give_up(frame, time)

    def _ahead(self, end: int, sequence: int) -> int:
        """How many bytes lie between what was given of a side and a sequence number; negative for what was given."""
        following = self._next[end]
        return 0 if following is None else (sequence - following + _HALF & _MASK) - _HALF

    def _is_next(self, held: _Held) -> bool:
        segment = held.segment
        if self._ahead(held.end, segment.sequence) > 0:
            return False
        return segment.acknowledged is None or self._ahead(1 - held.end, segment.acknowledged) <= 0

    def _give(self, held: _Held) -> Iterator[Piece]:
        end, segment, frame, time = held
        old = -self._ahead(end, segment.sequence)
        size = len(segment.data) + segment.missing
        if old < size:
            self._next[end] = segment.sequence + size & _MASK
            data = segment.data[old:] if old else segment.data
            if data:
                yield Piece(end, data, 0, frame, time)
            if segment.missing:
                yield Piece(end, b"", size - old - len(data), frame, time)
        self.is_reset = self.is_reset or bool(segment.flags & RST)
        if segment.flags & FIN and not self._closed[end] and old <= size:
            self._closed[end] = True
            self._next[end] = segment.sequence + size + 1 & _MASK

    def _settle(self) -> Iterator[Piece]:
        """Give what was held for what has now come."""
        at = 0
        while at < len(self._held):
            if self._is_next(self._held[at]):
                held = self._held.pop(at)
                self._held_bytes -= len(held.segment.data)
                yield from self._give(held)
                at = 0
            else:
                at += 1

    def _give_up(self, frame: int, time: int) -> Iterator[Piece]:
        """Call what is missing before the segment held longest a gap."""
        end, segment, *_ = self._held[0]
        if self._ahead(end, segment.sequence) <= 0 and segment.acknowledged is not None:
            blocked, wanted = 1 - end, segment.acknowledged
        else:
            blocked, wanted = end, segment.sequence
        ahead = [self._ahead(each.end, each.segment.sequence) for each in self._held if each.end == blocked]
        missing = min([self._ahead(blocked, wanted), *(each for each in ahead if each > 0)])
        following = self._next[blocked]
        assert following is not None
        self._next[blocked] = following + missing & _MASK
        yield Piece(0 if blocked == 0 else 1, b"", missing, frame, time)
        yield from self._settle()
