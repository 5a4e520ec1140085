"""A TCP connection as Associations: its PDUs in order become events, and its messages are judged.

One conversation an Association; the C-MOVEs of all are shared. After whatever was missed, the conversation is told so
before anything else is judged.

Source: PS3.8 sections 7 and 9.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from attrs import Factory, define

from dimse.assembler import Assembler
from dimse.capture.associate import (
    ABORT,
    ASSOCIATE_AC,
    ASSOCIATE_RJ,
    ASSOCIATE_RQ,
    LEAST_REQUEST,
    RELEASE_RP,
    abort_text,
    read_accept,
    read_request,
    reject_text,
)
from dimse.capture.connection import Connection, Piece
from dimse.capture.events import Association, Began, Encrypted, Ended, Event, Fault, Gap, How, Said
from dimse.capture.frames import Endpoint
from dimse.capture.pdus import PDU, Broken, Direction, Found
from dimse.conversation import Conversation
from dimse.joiner import Assembled
from dimse.operation import MOST_REMEMBERED, Moves, Side
from dimse.profile import Profile
from dimse.sink import Drop, Sink
from dimse.violation import Severity, Violation

_SIDES: tuple[Side, Side] = "requestor", "acceptor"
_TLS = b"\x16\x03"
_ENOUGH = 3


@define
class Shared:
    """What all connections of a capture share.

    Attributes:
        severities: other severities for rules.
        keep: how many bytes of each Data Set are kept.
        profiles: what messages of their SOP Classes are judged by.
        moves: the C-MOVEs of all Associations.
        associations, messages: how many there were.
    """

    severities: Mapping[str, Severity | str]
    keep: int
    profiles: tuple[Profile, ...] = ()
    moves: Moves = Factory(Moves)
    associations: int = 0
    messages: int = 0
    _titles: dict[str, None] = Factory(dict)
    _in_doubt: bool = False

    def meet(self, title: str) -> None:
        """Note an AE title that is spoken of."""
        if self._in_doubt:
            self.moves.forget(title)
        elif len(self._titles) <= MOST_REMEMBERED:
            self._titles[title] = None

    def doubt(self, *, for_good: bool = False) -> None:
        """Note that C-MOVEs of any AE may have gone unseen."""
        for title in self._titles:
            self.moves.forget(title)
        self._titles.clear()
        self._in_doubt = self._in_doubt or for_good


class Keep:
    """A sink that keeps the first bytes of a Data Set, and drops the others."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept = bytearray()
        self.size = 0

    def write(self, data: memoryview, /) -> None:
        """Take the next bytes."""
        self.size += len(data)
        if len(self._kept) < self._most:
            self._kept += data[: self._most - len(self._kept)]

    def finish(self) -> Kept:
        """What is left of it."""
        return Kept(self.size, bytes(self._kept))

    def discard(self) -> None:
        """Forget what was kept."""
        self._kept.clear()


@define(frozen=True)
class Kept:
    """A Data Set of which the first bytes were kept."""

    size: int
    first: bytes


Where: TypeAlias = tuple[int, int]  # frame, time


class Dialogue:
    """What is said on one TCP connection.

    Args:
        ends: the two endpoints, the one that opened the connection first, as far as that is known.
        shared: what it shares with other connections.
        is_known: whether the beginning of the connection was seen.
        is_ordered: whether what the two sides said comes in the order in which they said it; else each message is
            judged by itself.
    """

    def __init__(
        self, ends: tuple[Endpoint, Endpoint], shared: Shared, *, is_known: bool, is_ordered: bool = True
    ) -> None:
        self._ends = ends
        self._shared = shared
        self._directions = Direction(self._assembler), Direction(self._assembler)
        self._began = b"" if is_known else None
        self._association: Association | None = None
        self._conversation: Conversation | None = None
        self._over = False
        self._is_ordered = is_ordered
        if not is_known:
            for direction in self._directions:
                direction.lose()

    @property
    def is_foreign(self) -> bool:
        """Whether this is no DICOM."""
        return self._directions[0].state == "foreign"

    @property
    def is_dicom(self) -> bool:
        """Whether an Association was found."""
        return self._association is not None

    def take(self, piece: Piece) -> Iterable[Event]:
        """Take what came next of one side; the events are to be taken before more is."""
        if not piece.missing and self._directions[piece.end].swallow(piece.data):
            return ()
        return self._take(piece)

    def _take(self, piece: Piece) -> Iterator[Event]:
        if self.is_foreign:
            return
        at = piece.frame, piece.time
        direction = self._directions[piece.end]
        if piece.missing:
            self._began = None
            for found in direction.skip(piece.missing):
                yield from self._found(found, piece.end, at)
            if direction.state == "lost":
                yield from self._gap(_SIDES[piece.end], piece.missing, at)
            return
        data = piece.data
        if self._began is not None:
            data, seen = self._judge_beginning(piece)
            yield from seen
        for found in direction.feed(data):
            yield from self._found(found, piece.end, at)

    def end(self, connection: Connection, frame: int, time: int) -> Iterator[Event]:
        """Say that the connection is over, or the capture."""
        if self._association is not None and not self._over:
            how: How = "reset" if connection.is_reset else "closed" if connection.is_over else "unfinished"
            yield from self._end(how, None, "", (frame, time))

    def _assembler(self) -> Assembler:
        keep = self._shared.keep

        def sink(_: object) -> Sink:
            return Keep(keep) if keep else Drop()

        return Assembler(sink=sink)

    def _judge_beginning(self, piece: Piece) -> tuple[bytes, list[Event]]:
        """Whether the first bytes of a connection are those of DICOM; gives what is to be read on."""
        assert self._began is not None
        if piece.end == 1 and len(self._began) < _ENOUGH:
            self._make_foreign()  # the side that was called speaks first
            return b"", []
        self._began += piece.data
        if len(self._began) < _ENOUGH:
            return b"", []
        data, self._began = self._began, None
        if data[0] == ASSOCIATE_RQ and data[2] == 0:
            return data, []
        self._make_foreign()
        if data.startswith(_TLS):
            client, server = self._ends
            return b"", [Encrypted(frame=piece.frame, time=piece.time, client=client, server=server)]
        return b"", []

    def _make_foreign(self) -> None:
        for direction in self._directions:
            direction.state = "foreign"

    # PDUs

    def _found(self, found: Found, end: int, at: Where) -> Iterator[Event]:
        side = _SIDES[end]
        if isinstance(found, Assembled):
            yield from self._message(found, side, self._directions[end], at)
        elif isinstance(found, PDU):
            yield from self._control(found, side, at)
        elif self._directions[end].has_gaps:  # nothing can be held against anybody any more
            yield from self._gap(side, 0, at)
        elif self._association is None:
            self._make_foreign()
        elif not self._over:
            if self._conversation is not None:
                self._conversation.gap()
            yield Fault(frame=at[0], time=at[1], association=self._association, sender=side, reason=found.reason)

    def _control(self, pdu: PDU, side: Side, at: Where) -> Iterator[Event]:
        if pdu.kind == ASSOCIATE_RQ:
            yield from self._request(pdu, side, at)
        elif self._association is None or self._over:
            return
        elif pdu.kind == ASSOCIATE_AC and self._conversation is None:
            yield from self._accept(pdu, at)
        elif pdu.kind == ASSOCIATE_RJ and self._conversation is None:
            yield from self._end("rejected", side, reject_text(pdu.data), at)
        elif pdu.kind == RELEASE_RP:
            yield from self._end("released", "requestor" if side == "acceptor" else "acceptor", "", at)
        elif pdu.kind == ABORT:
            yield from self._end("aborted", side, abort_text(pdu.data), at)

    def _request(self, pdu: PDU, side: Side, at: Where) -> Iterator[Event]:
        if len(pdu.data) < LEAST_REQUEST:
            self._make_foreign()
            return
        if self._association is not None and not self._over:
            yield from self._end("unfinished", None, "another A-ASSOCIATE-RQ came", at)
        if side == "acceptor":  # the connection was joined late, and its sides guessed
            self._ends = self._ends[1], self._ends[0]
        self._begin(from_start=True).negotiated = read_request(pdu.data)

    def _begin(self, *, from_start: bool) -> Association:
        self._shared.associations += 1
        self._association = Association(self._shared.associations, *self._ends, from_start)
        self._conversation, self._over = None, False
        return self._association

    def _accept(self, pdu: PDU, at: Where) -> Iterator[Event]:
        assert self._association is not None
        assert self._association.negotiated is not None
        read_accept(pdu.data, self._association.negotiated)
        yield self._converse(at)

    def _converse(self, at: Where) -> Event:
        """Begin to judge: with what was negotiated, where that was seen."""
        association = self._association or self._begin(from_start=False)
        negotiated = association.negotiated
        answered = negotiated is not None and any(each.result is not None for each in negotiated.contexts.values())
        if negotiated is None or not answered or any(each.has_gaps for each in self._directions):
            association.from_start = False
        if negotiated is None or not self._is_ordered:  # one of any title
            self._shared.doubt(for_good=True)
        titles = (None, None) if negotiated is None else (negotiated.calling, negotiated.called)
        self._conversation = Conversation(
            requestor=titles[0],
            acceptor=titles[1],
            contexts=None
            if negotiated is None
            else {number: each.abstract_syntax for number, each in negotiated.accepted.items()},
            window=negotiated.window if negotiated is not None and answered else None,
            from_start=association.from_start,
            moves=self._shared.moves,
            severities=self._shared.severities,
            profiles=self._shared.profiles,
        )
        for title in titles:
            if title is not None:
                self._shared.meet(title)
        return Began(frame=at[0], time=at[1], association=association)

    def _message(self, message: Assembled, side: Side, direction: Direction, at: Where) -> Iterator[Event]:
        if self._over:
            return
        if self._conversation is None:
            yield self._converse(at)
        assert self._association is not None
        assert self._conversation is not None
        if not self._is_ordered or "lost" in (self._directions[0].state, self._directions[1].state):
            self._conversation.gap()
        missing, direction.bridged = direction.bridged, 0
        self._shared.messages += 1
        judgement = self._conversation.feed(
            message.primitive, side, context=message.context_id, data_set=message.data_set is not None
        )
        yield Said(
            frame=at[0],
            time=at[1],
            association=self._association,
            sender=side,
            number=self._shared.messages,
            message=message,
            judgement=judgement,
            missing=missing,
        )

    def _gap(self, side: Side, missing: int, at: Where) -> Iterator[Event]:
        if self._association is None or self._over:
            return
        if self._conversation is not None:
            self._conversation.gap()
        yield Gap(frame=at[0], time=at[1], association=self._association, sender=side, missing=missing)

    def _end(self, how: How, by: Side | None, text: str, at: Where) -> Iterator[Event]:
        assert self._association is not None
        for side, direction in zip(_SIDES, self._directions, strict=True):
            for found in direction.close():
                if isinstance(found, Assembled):
                    yield from self._message(found, side, direction, at)
                elif isinstance(found, Broken) and not direction.has_gaps:
                    text = f"{text}; " * bool(text) + f"of the {side}, {found.reason}"
        violations: tuple[Violation, ...] = ()
        if self._conversation is not None:
            if not self._is_ordered:
                self._conversation.gap()
            violations = self._conversation.end(released=how == "released")
        self._over, self._conversation = True, None
        yield Ended(
            frame=at[0],
            time=at[1],
            association=self._association,
            how=how,
            by=by,
            text=text,
            violations=violations,
        )
