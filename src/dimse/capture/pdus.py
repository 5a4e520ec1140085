"""One direction of a connection divided into PDUs, found again after a gap.

P-DATA-TF goes on to an `Assembler` as it comes, so that nothing large is held; the other PDUs are held until they are
whole. After a gap, or where nobody saw the beginning, it looks for the next PDU that begins a Command Set: the header
of a P-DATA-TF, of its first PDV, and the Command Group Length. A gap inside a fragment of a Data Set, whose end is
known, is bridged: the message is whole but for the content of its Data Set.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple, TypeAlias

from dimse.assembler import Assembler
from dimse.capture.associate import ABORT, ASSOCIATE_RJ, ASSOCIATE_RQ, P_DATA, RELEASE_RQ
from dimse.joiner import Assembled
from dimse.pdv import FragmentError
from dimse.vr import BytesLike

_HEADER = 6
_MOST_HELD = 1 << 20
_ZEROS = bytes(1 << 16)
# A PDU that begins a Command Set, or an Association: as much of it as tells it from other bytes.
_COMMAND = rb"\x04[\s\S][\s\S]{4}[\s\S]{4}[\s\S][\x01\x03]\x00{4}\x04\x00{3}"
_ASSOCIATE = (
    rb"[\x01\x02][\s\S]\x00[\x00-\x0f][\s\S]{2}[\s\S][\x01\x03\x05\x07][\s\S]{2}[ -~]{32}[\s\S]{32}\x10[\s\S]\x00"
)
_LANDMARK = re.compile(rb"(?:" + _COMMAND + rb")|(?:" + _ASSOCIATE + rb")")
_LONGEST_LANDMARK = 77
_LAST = re.compile(rb"[\x05-\x07][\s\S]\x00\x00\x00\x04[\s\S]{4}")

State: TypeAlias = Literal["synced", "lost", "foreign"]


class PDU(NamedTuple):
    """A PDU that is no P-DATA-TF, whole."""

    kind: int
    data: bytes


class Broken(NamedTuple):
    """What came could not be read on: `reason` in words."""

    reason: str


Found: TypeAlias = PDU | Assembled | Broken


class Direction:
    """The PDUs of one direction.

    Args:
        make: makes an `Assembler` for its messages.

    Attributes:
        state: "synced" with the PDUs, "lost" and looking for one, or "foreign": no DICOM at all.
        bridged: bytes of the Data Set under way that are not there.
        has_gaps: whether anything was ever missing.
    """

    def __init__(self, make: Callable[[], Assembler]) -> None:
        self._make = make
        self._assembler = make()
        self.state: State = "synced"
        self.bridged = 0
        self.has_gaps = False
        self._held = bytearray()

    def lose(self) -> None:
        """Note that it is not known where in the stream this is."""
        self.state, self.has_gaps = "foreign" if self.state == "foreign" else "lost", True
        self._held.clear()
        self._assembler = self._make()

    def skip(self, missing: int) -> Iterator[Found]:
        """Pass over bytes that are not there; `is_lost` says whether the place in the stream is still known."""
        self.has_gaps = True
        if self.state != "synced":
            return
        if not missing <= self._assembler.data_set_left:
            self.lose()
            return
        self.bridged += missing
        while missing and self.state == "synced":
            size = min(missing, len(_ZEROS))
            missing -= size
            yield from self._messages(_ZEROS[:size])

    def swallow(self, data: bytes) -> bool:
        """Take the next bytes if they are from inside a fragment of a Data Set; else do nothing, and say so.

        As nearly all are, and nothing can be found in them, this spares what `feed` does.
        """
        if self.state != "synced" or len(data) >= self._assembler.data_set_left:
            return False
        self._assembler.feed(data)
        return True

    def feed(self, data: bytes) -> Iterator[Found]:
        """Take the next bytes."""
        if self.state == "lost":
            data = self._find(data)
        at, end = 0, len(data)
        while at < end and self.state == "synced":
            until = self._end_of_data(data, at)
            if until > at:
                yield from self._messages(data if until - at == end else memoryview(data)[at:until])
                at = until
                continue
            more = data[at : at + self._needed()]
            self._held += more
            at += len(more)
            if not self._needed():
                yield from self._whole()

    def _end_of_data(self, data: bytes, at: int) -> int:
        """Where the P-DATA-TF PDUs end of which this is the rest, or which begin here; as far as the bytes go."""
        end = len(data)
        at += self._assembler.pdu_left
        if not self._held:
            while end - at >= _HEADER and data[at] == P_DATA:
                at += _HEADER + int.from_bytes(data[at + 2 : at + _HEADER], "big")
        return at if at < end else end

    def close(self) -> Iterator[Found]:
        """Say that nothing more comes."""
        if self.state != "synced":
            return
        if self._held:
            yield Broken("the stream ends within a PDU")
        yield from self._messages(None)
        self.lose()

    def _needed(self) -> int:
        """How many bytes more until there is something to decide on."""
        if len(self._held) < _HEADER:
            return _HEADER - len(self._held)
        if self._held[0] == P_DATA:
            return 0
        return _HEADER + int.from_bytes(self._held[2:6], "big") - len(self._held) if self._is_sound() else 0

    def _is_sound(self) -> bool:
        return ASSOCIATE_RQ <= self._held[0] <= ABORT and int.from_bytes(self._held[2:6], "big") <= _MOST_HELD

    def _whole(self) -> Iterator[Found]:
        held = bytes(self._held)
        self._held.clear()
        if held[0] == P_DATA:
            yield from self._messages(held)
        elif len(held) > _HEADER and (held[0] < ASSOCIATE_RJ or held[0] >= RELEASE_RQ or len(held) >= 10):
            yield PDU(held[0], held)
        else:
            yield Broken(f"no PDU begins with {held[:6].hex(' ')}")
            self.lose()

    def _messages(self, data: BytesLike | None) -> Iterator[Found]:
        """Of more of P-DATA-TF PDUs, or of their end."""
        try:
            yield from self._assembler.close() if data is None else self._assembler.feed(data)
        except FragmentError as error:
            yield Broken(error.reason)
            self.lose()

    def _find(self, data: bytes) -> bytes:
        """The bytes from the next landmark on; none where there is none yet."""
        if len(data) == 10 and _LAST.fullmatch(data):
            self._sync()
            return data
        self._held += data
        found = _LANDMARK.search(self._held)
        while found and not _fits(self._held, found.start()):
            found = _LANDMARK.search(self._held, found.start() + 1)
        if not found:
            del self._held[:-_LONGEST_LANDMARK]
            return b""
        rest = bytes(self._held[found.start() :])
        self._sync()
        return rest

    def _sync(self) -> None:
        self.state = "synced"
        self._held.clear()
        self.bridged = 0


def _fits(data: bytearray, at: int) -> bool:
    """Whether the lengths of what looks like a P-DATA-TF PDU fit into each other."""
    if data[at] != P_DATA:
        return True
    pdu, item = int.from_bytes(data[at + 2 : at + 6], "big"), int.from_bytes(data[at + 6 : at + 10], "big")
    return 14 <= item <= pdu - 4 and pdu < 1 << 28 and data[at + 10] % 2 == 1
