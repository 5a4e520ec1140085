"""Raw byte streams: what one side of a connection sent, or each side, without packets around it.

Such streams do not say in which order the two sides spoke. A-ASSOCIATE PDUs are read before what follows them and the
ends after what precedes them; between these nothing is held against anybody that depends on the order: each message is
judged by itself.

Source: PS3.8 section 9.3.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping

from dimse.capture.associate import ABORT, ASSOCIATE_AC, ASSOCIATE_RQ, P_DATA
from dimse.capture.connection import Connection, End, Piece
from dimse.capture.dialogue import Dialogue, Shared
from dimse.capture.events import Event
from dimse.capture.frames import Endpoint
from dimse.profile import Profile
from dimse.violation import Severity

# As much of a stream as is needed to tell what it is.
HEAD = 12
UNKNOWN = Endpoint(bytes(4), 0)
_LEAST_ASSOCIATE, _MOST_ASSOCIATE = 68, 1 << 20
_HEADER = struct.Struct(">BxI")


def is_stream(head: bytes) -> bool:
    """Whether bytes begin as a PDU does, an A-ASSOCIATE one or a P-DATA-TF."""
    if len(head) < HEAD:
        return False
    kind, length = _HEADER.unpack_from(head)
    if kind in (ASSOCIATE_RQ, ASSOCIATE_AC):
        return bool(_LEAST_ASSOCIATE <= length <= _MOST_ASSOCIATE and head[7] & 1)
    item = int.from_bytes(head[6:10], "big")
    return bool(kind == P_DATA and 2 <= item <= length - 4 and head[10] & 1 and head[11] < 4)


def side_of(head: bytes) -> End:
    """Which side sent a stream: 1, the acceptor, where it begins with an answer; else it is taken for the requestor."""
    return 1 if head[:1] == bytes((ASSOCIATE_AC,)) else 0


def follow_streams(
    streams: tuple[Iterable[bytes], Iterable[bytes]],
    *,
    ends: tuple[Endpoint, Endpoint] = (UNKNOWN, UNKNOWN),
    severities: Mapping[str, Severity | str] | None = None,
    keep: int = 0,
    profiles: Iterable[Profile] = (),
) -> Iterator[Event]:
    """What happens in the streams of a connection; no event has a frame or a time.

    Args:
        streams: what the requestor sent and what the acceptor sent, in chunks of any size; nothing of a side that was
            not recorded.
        ends: their addresses.
        severities: other severities for rules.
        keep: how many bytes of each Data Set are kept.
        profiles: what messages of their SOP Classes are judged by.
    """
    dialogue = Dialogue(ends, Shared(severities or {}, keep, tuple(profiles)), is_known=False, is_ordered=False)
    sides = _Side(0, streams[0]), _Side(1, streams[1])
    while any(side.fill() for side in sides):
        for side in sides:
            for piece in side.data():
                yield from dialogue.take(piece)
        for side in sides:
            end = side.control()
            if end is not None:
                yield from dialogue.take(end)
    yield from dialogue.end(Connection(), 0, 0)


class _Side:
    """A stream divided where the order of the two sides matters: P-DATA-TF PDUs, and any other."""

    def __init__(self, end: End, chunks: Iterable[bytes]) -> None:
        self._end: End = end
        self._chunks = iter(chunks)
        self._held = b""

    def fill(self, size: int = 1) -> bool:
        """Have so many bytes at hand; whether there are."""
        while len(self._held) < size:
            chunk = next(self._chunks, b"")
            if not chunk:
                return False
            self._held += chunk
        return True

    def data(self) -> Iterator[Piece]:
        """The P-DATA-TF PDUs that come next."""
        while self.fill(_HEADER.size) and self._held[0] == P_DATA:
            left = _HEADER.size + self._length()
            while left and self.fill():
                piece = self._held[:left]
                self._held = self._held[left:]
                left -= len(piece)
                yield self._piece(piece)

    def control(self) -> Piece | None:
        """The PDU that comes next and is no P-DATA-TF; all that is at hand, where it is none at all."""
        if not self.fill():
            return None
        size = _HEADER.size
        if self.fill(size) and ASSOCIATE_RQ <= self._held[0] <= ABORT and self._length() <= _MOST_ASSOCIATE:
            size += self._length()
            self.fill(size)
        else:
            size = len(self._held)
        piece, self._held = self._held[:size], self._held[size:]
        return self._piece(piece)

    def _length(self) -> int:
        return int(_HEADER.unpack_from(self._held)[1])

    def _piece(self, data: bytes) -> Piece:
        return Piece(self._end, data, 0, 0, 0)
