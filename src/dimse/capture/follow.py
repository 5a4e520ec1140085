"""A capture followed from packet to packet: what is said in it, and what is wrong.

Sans-IO: packets in, events out. Memory is bounded: of connections so many are remembered, the one that was silent
longest is given up first; of what is held for what overtook it, so much.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from attrs import define, evolve

from dimse.capture.connection import Connection, End
from dimse.capture.dialogue import Dialogue, Shared
from dimse.capture.events import Event, Said
from dimse.capture.frames import ACK, SYN, Endpoint, Segment, segment_of
from dimse.capture.packets import Packet
from dimse.violation import Severity

MOST_CONNECTIONS = 4096
MOST_HELD = 64 << 20
# For so many packets a verdict on a C-MOVE of another connection waits for signs that some of that went unseen.
PATIENCE = 4096
_OF_MOVES = frozenset({"CONVERSATION.MOVE_ORIGINATOR", "CONVERSATION.MOVE_EARLY"})
_Key: TypeAlias = tuple[Endpoint, Endpoint]


@define
class _Followed:
    """A connection that is followed, between two endpoints: the first one opened it, or is taken to have."""

    ends: tuple[Endpoint, Endpoint]
    connection: Connection
    dialogue: Dialogue | None = None
    is_over: bool = False


class Follower:
    """Finds the Associations in packets, on any port, and judges their messages.

    Args:
        severities: other severities for rules, as `Conversation` takes them.
        keep: how many bytes of each Data Set are kept, to be shown; 0 for none.
    """

    def __init__(self, *, severities: Mapping[str, Severity | str] | None = None, keep: int = 0) -> None:
        self._shared = Shared(severities or {}, keep)
        self._followed: OrderedDict[_Key, _Followed] = OrderedDict()
        self._waiting: dict[_Key, int] = {}  # bytes held back
        self._held = 0  # the sum of these
        self._kept: deque[Event] = deque()
        self._is_closed = False
        self._last = 0, 0

    def follow(self, packets: Iterable[Packet]) -> Iterator[Event]:
        """What happens in packets, those of a whole capture."""
        for packet in packets:
            yield from self.feed(packet)
        yield from self.close()

    def feed(self, packet: Packet) -> Iterator[Event]:
        """Take the next packet."""
        return self._calm(self._feed(packet))

    def close(self) -> Iterator[Event]:
        """Say that the capture is over."""
        self._is_closed = True
        return self._calm(self._close())

    def _feed(self, packet: Packet) -> Iterator[Event]:
        self._last = packet.number, packet.time
        segment = segment_of(packet)
        if segment is None:
            return
        source, destination = segment.source, segment.destination
        key = (source, destination) if source < destination else (destination, source)
        followed = self._followed.get(key)
        if followed is not None:
            self._followed.move_to_end(key)
            if followed.connection.begins_anew(_end(followed, segment), segment):
                yield from self._over(key, self._followed.pop(key))
                followed = None
        if followed is None:
            followed = self._followed[key] = _Followed(_ends(segment), Connection())
            if len(self._followed) > MOST_CONNECTIONS:
                yield from self._over(*self._followed.popitem(last=False))
        if followed.is_over or (followed.dialogue is not None and followed.dialogue.is_foreign):
            return
        connection = followed.connection
        for piece in connection.feed(_end(followed, segment), segment, *self._last):
            yield from self._dialogue(followed).take(piece)
        if connection.held or self._waiting:
            yield from self._wait(key, followed)
        if connection.is_over:
            yield from self._over(key, followed)

    def _close(self) -> Iterator[Event]:
        while self._followed:
            yield from self._over(*self._followed.popitem(last=False))

    def _dialogue(self, followed: _Followed) -> Dialogue:
        if followed.dialogue is None:
            followed.dialogue = Dialogue(followed.ends, self._shared, is_known=followed.connection.from_start)
        return followed.dialogue

    def _wait(self, key: _Key, followed: _Followed) -> Iterator[Event]:
        """Keep account of what is held back; beyond the most, this connection goes on without what is missing."""
        self._held -= self._waiting.pop(key, 0)
        if followed.dialogue is not None and followed.dialogue.is_foreign:
            followed.connection.drop()
        elif followed.connection.held:
            self._waiting[key] = followed.connection.held
            self._held += followed.connection.held
            if self._held > MOST_HELD:
                yield from self._flush(key, followed)
        if self._waiting:
            self._shared.doubt()  # what one holds back may have come before what others say

    def _flush(self, key: _Key, followed: _Followed) -> Iterator[Event]:
        self._held -= self._waiting.pop(key, 0)
        for piece in followed.connection.flush(*self._last):
            yield from self._dialogue(followed).take(piece)

    def _over(self, key: _Key, followed: _Followed) -> Iterator[Event]:
        """A connection is over; it is remembered as long as others, for packets of it that come once more."""
        if not followed.is_over:
            yield from self._flush(key, followed)
            if followed.dialogue is not None:
                yield from followed.dialogue.end(followed.connection, *self._last)
        followed.is_over, followed.dialogue = True, None

    def _calm(self, events: Iterable[Event]) -> Iterator[Event]:
        """Keep events back behind a verdict on a C-MOVE that may only have been missed, and notice of that be late."""
        for event in events:
            self._kept.append(event)
        while self._kept:
            event = self._kept[0]
            if isinstance(event, Said) and any(each.rule in _OF_MOVES for each in event.judgement.violations):
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


def _end(followed: _Followed, segment: Segment) -> End:
    return 0 if followed.ends[0] == segment.source else 1


def _ends(segment: Segment) -> tuple[Endpoint, Endpoint]:
    """Who opened the connection, by its SYN; where that was not seen, servers have the lower ports."""
    source, destination = segment.source, segment.destination
    opened = (source.port, source) > (destination.port, destination)
    if segment.flags & SYN:
        opened = not segment.flags & ACK
    return (source, destination) if opened else (destination, source)
