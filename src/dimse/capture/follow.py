"""A capture followed from packet to packet: what is said in it, and what is wrong.

Sans-IO: packets in, events out. Memory is bounded: of connections so many are remembered, the one that was silent
longest is given up first; of what is held for what overtook it, so much, and of fragments of IP packets.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Mapping

from attrs import define, evolve

from dimse.capture.connection import Connection, End
from dimse.capture.dialogue import Dialogue, Shared
from dimse.capture.events import Event, Said
from dimse.capture.fragments import Fragments
from dimse.capture.frames import ACK, SYN, Endpoint, Segment, segment_of
from dimse.capture.packets import Packet
from dimse.profile import Profile
from dimse.violation import Severity

MOST_CONNECTIONS = 4096
MOST_HELD = 64 << 20
# For so many packets a verdict on a C-MOVE of another connection waits for signs that some of that went unseen.
PATIENCE = 4096
_OF_MOVES = frozenset({"CONVERSATION.MOVE_ORIGINATOR", "CONVERSATION.MOVE_EARLY"})


@define
class _Followed:
    """A connection that is followed, between two endpoints: the first one opened it, or is taken to have.

    Attributes:
        paths: what the segments of each of them have for a path.
        waiting: bytes held back.
    """

    ends: tuple[Endpoint, Endpoint]
    paths: tuple[bytes, bytes]
    connection: Connection
    dialogue: Dialogue | None = None
    is_over: bool = False
    waiting: int = 0


class Follower:
    """Finds the Associations in packets, on any port, and judges their messages.

    Args:
        severities: other severities for rules, as `Conversation` takes them.
        keep: how many bytes of each Data Set are kept, to be shown; 0 for none.
        profiles: what messages of their SOP Classes are judged by, as `Conversation` takes them.
    """

    def __init__(
        self,
        *,
        severities: Mapping[str, Severity | str] | None = None,
        keep: int = 0,
        profiles: Iterable[Profile] = (),
    ) -> None:
        self._shared = Shared(severities or {}, keep, tuple(profiles))
        # By the paths of the side that opened it, and of the other: the same one.
        self._followed: OrderedDict[bytes, _Followed] = OrderedDict()
        self._answering: dict[bytes, _Followed] = {}
        self._latest: _Followed | None = None  # the one that spoke last, which is the last of `_followed`
        self._waiting = 0  # how many connections hold something back
        self._held = 0  # bytes, among all of them
        self._fragments = Fragments()
        self._kept: deque[Event] = deque()
        self._is_closed = False
        self._last = 0, 0

    def follow(self, packets: Iterable[Packet]) -> Iterator[Event]:
        """What happens in packets, those of a whole capture."""
        for packet in packets:
            yield from self.feed(packet)
        yield from self.close()

    def feed(self, packet: Packet) -> Iterable[Event]:
        """Take the next packet; gives what is now known to have happened."""
        self._last = packet.number, packet.time
        segment = segment_of(packet) or self._fragments.take(packet)
        if segment is not None:
            self._take(segment)
        return self._calm() if self._kept else ()

    def close(self) -> Iterable[Event]:
        """Say that the capture is over."""
        self._is_closed = True
        while self._followed:
            self._over(self._followed.popitem(last=False)[1])
        self._answering.clear()
        return self._calm()

    def _take(self, segment: Segment) -> None:
        end: End = 0
        followed = self._followed.get(segment.path)
        if followed is None:
            end = 1
            followed = self._answering.get(segment.path)
        if followed is not None:
            if followed is not self._latest:
                self._followed.move_to_end(followed.paths[0])
                self._latest = followed
            if segment.flags & SYN and followed.connection.begins_anew(end, segment):
                self._forget(followed)
                followed = None
        if followed is None:
            followed, end = self._begin(segment)
        dialogue, connection = followed.dialogue, followed.connection
        if followed.is_over or (dialogue is not None and dialogue.is_foreign):
            return
        for piece in connection.feed(end, segment, *self._last):
            if dialogue is None:
                dialogue = self._dialogue(followed)
            if happened := dialogue.take(piece):
                self._kept.extend(happened)
        if self._waiting or connection.holds:
            self._wait(followed)
        if connection.is_over:
            self._over(followed)

    def _begin(self, segment: Segment) -> tuple[_Followed, End]:
        """Follow a connection; beyond the most, the one that was silent longest is given up."""
        ends, end = _ends(segment)
        paths = (segment.path, segment.way_back) if end == 0 else (segment.way_back, segment.path)
        followed = self._followed[paths[0]] = self._answering[paths[1]] = _Followed(ends, paths, Connection())
        self._latest = followed
        if len(self._followed) > MOST_CONNECTIONS:
            self._forget(next(iter(self._followed.values())))
        return followed, end

    def _forget(self, followed: _Followed) -> None:
        del self._followed[followed.paths[0]], self._answering[followed.paths[1]]
        self._latest = None
        self._over(followed)

    def _dialogue(self, followed: _Followed) -> Dialogue:
        if followed.dialogue is None:
            followed.dialogue = Dialogue(followed.ends, self._shared, is_known=followed.connection.from_start)
        return followed.dialogue

    def _wait(self, followed: _Followed) -> None:
        """Keep account of what is held back; beyond the most, this connection goes on without what is missing."""
        if followed.dialogue is not None and followed.dialogue.is_foreign:
            followed.connection.drop()
        self._account(followed)
        if self._held > MOST_HELD and followed.waiting:
            self._flush(followed)
        if self._waiting:
            self._shared.doubt()  # what one holds back may have come before what others say

    def _account(self, followed: _Followed) -> None:
        held = followed.connection.held
        self._held += held - followed.waiting
        self._waiting += bool(held) - bool(followed.waiting)
        followed.waiting = held

    def _flush(self, followed: _Followed) -> None:
        for piece in followed.connection.flush(*self._last):
            self._kept.extend(self._dialogue(followed).take(piece))
        self._account(followed)

    def _over(self, followed: _Followed) -> None:
        """A connection is over; it is remembered as long as others, for packets of it that come once more."""
        if not followed.is_over:
            self._flush(followed)
            if followed.dialogue is not None:
                self._kept.extend(followed.dialogue.end(followed.connection, *self._last))
        followed.is_over, followed.dialogue = True, None

    def _calm(self) -> Iterator[Event]:
        """Keep events back behind a verdict on a C-MOVE that may only have been missed, and notice of that be late."""
        while self._kept:
            event = self._kept[0]
            found = event.judgement.violations if isinstance(event, Said) else ()
            if found and isinstance(event, Said) and any(each.rule in _OF_MOVES for each in found):
                if self._last[0] - event.frame < PATIENCE and not self._is_closed:
                    return
                event = self._reconsidered(event)
            self._kept.popleft()
            yield event

    def _reconsidered(self, said: Said) -> Said:
        judgement = said.judgement
        title = getattr(judgement.message, "MoveOriginatorApplicationEntityTitle", None)
        if title is not None and self._shared.moves.knows(title):
            return said
        left = tuple(each for each in judgement.violations if each.rule not in _OF_MOVES)
        return evolve(said, judgement=evolve(judgement, violations=left))


def _ends(segment: Segment) -> tuple[tuple[Endpoint, Endpoint], End]:
    """Who opened the connection, by its SYN, and which of them sent this; else, servers have the lower ports."""
    source, destination = segment.source, segment.destination
    opened = (source.port, source) > (destination.port, destination)
    if segment.flags & SYN:
        opened = not segment.flags & ACK
    return ((source, destination), 0) if opened else ((destination, source), 1)
