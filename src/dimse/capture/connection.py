"""A TCP connection put in order again: bytes in the order in which they were sent, and gaps said.

What was sent twice is given once; what overtook is held back until what it overtook is there. A segment is also held
until the bytes it acknowledges are there, so that no answer comes before what it answers. What is held is bounded:
beyond that, or when the connection ends, what is missing is a gap.

Source: RFC 9293 section 3.4.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from dimse.capture.frames import FIN, RST, SYN, Segment

MOST_HELD_SEGMENTS = 512
MOST_HELD_BYTES = 4 << 20
_OVERTAKEN = 1 << 20
_SHUTS = SYN | FIN | RST
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
        self.is_over = False
        self.is_reset = False
        self._next: list[int | None] = [None, None]
        self._first: list[int | None] = [None, None]
        self._closed = [False, False]
        self._held: list[_Held] = []
        self._held_bytes = 0

    @property
    def held(self) -> int:
        """How many bytes are held back for others that should have come before them, and something for each segment."""
        return self._held_bytes + 256 * len(self._held)

    @property
    def holds(self) -> bool:
        """Whether anything is held."""
        return bool(self._held)

    def drop(self) -> None:
        """Forget what is held."""
        self._held.clear()
        self._held_bytes = 0

    def begins_anew(self, end: End, segment: Segment) -> bool:
        """Whether a SYN is of another connection between the same ports."""
        if self._next[end] is None or self._first[end] == segment.sequence:
            return False
        # The SYN of this connection may have been overtaken by what follows it.
        return self._first[end] is not None or not -_OVERTAKEN <= self._ahead(end, segment.sequence + 1) <= 0

    def feed(self, end: End, segment: Segment, frame: int, time: int) -> list[Piece]:
        """Take the next segment of the capture, give what is now in order."""
        following = self._next
        _, sequence, acknowledged, flags, data, missing = segment
        is_next = sequence == following[end] and acknowledged == following[1 - end]
        if is_next and data and not (missing or self._held or flags & _SHUTS):  # as nearly all are
            following[end] = sequence + len(data) & _MASK
            return [Piece(end, data, 0, frame, time)]
        if segment.flags & SYN:
            segment = self._open(end, segment)
        if following[end] is None:
            following[end] = segment.sequence
        if following[1 - end] is None and segment.acknowledged is not None:
            following[1 - end] = segment.acknowledged
        if not (segment.data or segment.missing or segment.flags & (FIN | RST)):
            return []
        pieces: list[Piece] = []
        held = _Held(end, segment, frame, time)
        if self._is_next(held):
            self._give(held, pieces)
            if self._held:
                self._settle(pieces)
            return pieces
        self._held.append(held)
        self._held_bytes += len(segment.data)
        while len(self._held) > MOST_HELD_SEGMENTS or self._held_bytes > MOST_HELD_BYTES:
            self._give_up(frame, time, pieces)
        return pieces

    def flush(self, frame: int, time: int) -> list[Piece]:
        """Say that nothing more comes; give what was held, with gaps."""
        pieces: list[Piece] = []
        while self._held:
            self._give_up(frame, time, pieces)
        return pieces

    def _open(self, end: End, segment: Segment) -> Segment:
        """Note where a side begins to count; gives the SYN as a segment behind it."""
        self._first[end] = segment.sequence
        if self._next[end] is None:
            self._next[end] = segment.sequence + 1 & _MASK
            self.from_start = True
        if self._next[1 - end] is None:
            self._next[1 - end] = segment.acknowledged
        return segment._replace(sequence=segment.sequence + 1 & _MASK, acknowledged=None)

    def _ahead(self, end: int, sequence: int) -> int:
        """How many bytes lie between what was given of a side and a sequence number; negative for what was given."""
        following = self._next[end]
        return 0 if following is None else (sequence - following + _HALF & _MASK) - _HALF

    def _is_next(self, held: _Held) -> bool:
        segment = held.segment
        if self._next[held.end] != segment.sequence and self._ahead(held.end, segment.sequence) > 0:
            return False
        acknowledged = segment.acknowledged
        return (
            acknowledged is None
            or acknowledged == self._next[1 - held.end]
            or self._ahead(1 - held.end, acknowledged) <= 0
        )

    def _give(self, held: _Held, pieces: list[Piece]) -> None:
        end, segment, frame, time = held
        old = -self._ahead(end, segment.sequence)
        size = len(segment.data) + segment.missing
        if old < size:
            self._next[end] = segment.sequence + size & _MASK
            data = segment.data[old:] if old else segment.data
            if data:
                pieces.append(Piece(end, data, 0, frame, time))
            if segment.missing:
                pieces.append(Piece(end, b"", size - old - len(data), frame, time))
        if segment.flags & (RST | FIN):
            self._shut(end, segment, old <= size)

    def _shut(self, end: End, segment: Segment, is_new: bool) -> None:
        """Note that a side says no more, or that the connection was reset."""
        if segment.flags & RST:
            self.is_over = self.is_reset = True
        if segment.flags & FIN and not self._closed[end] and is_new:
            self._closed[end] = True
            self._next[end] = segment.sequence + len(segment.data) + segment.missing + 1 & _MASK
            self.is_over = self.is_over or all(self._closed)

    def _settle(self, pieces: list[Piece]) -> None:
        """Give what was held for what has now come."""
        at = 0
        while at < len(self._held):
            if self._is_next(self._held[at]):
                held = self._held.pop(at)
                self._held_bytes -= len(held.segment.data)
                self._give(held, pieces)
                at = 0
            else:
                at += 1

    def _give_up(self, frame: int, time: int, pieces: list[Piece]) -> None:
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
        pieces.append(Piece(0 if blocked == 0 else 1, b"", missing, frame, time))
        self._settle(pieces)
