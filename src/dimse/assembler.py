"""Messages put together again from P-DATA-TF PDUs, whatever these were cut into.

The `Assembler` trusts nobody: whatever the bytes, messages come out of it or a `FragmentError`, the same in one chunk
and byte by byte. Every check depends only on the bytes before it, and is made as soon as those are there. Here PDUs are
divided into fragments; which of these may follow which is left to `dimse.joiner`.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from dimse.joiner import Assembled, Decode, Joiner
from dimse.pdv import HEADER, ITEM_HEADER, MOST_LENGTH, P_DATA_TF, PDU_HEADER, PDV, FragmentError, bytes_view
from dimse.sink import Collect, Sink
from dimse.vr import BytesLike

if TYPE_CHECKING:
    from dimse.primitive import Primitive

MAX_COMMAND = 64 * 1024
# Fragments of up to so many bytes are copied together where many of one size follow each other: a view of each would
# cost far more than its bytes. A run is looked for among so many fragments, and worth it from so many on.
TINY = 16
MOST_OF_A_RUN = 1024
LEAST_OF_A_RUN = 16

# An item's header, and a PDU's with it, context ID and control header in one number.
_LIKE_ITEM = struct.Struct(">IH")
_LIKE_PDU = struct.Struct(">BxIIH")
_PDU_NAMES = {
    0x01: "A-ASSOCIATE-RQ",
    0x02: "A-ASSOCIATE-AC",
    0x03: "A-ASSOCIATE-RJ",
    0x05: "A-RELEASE-RQ",
    0x06: "A-RELEASE-RP",
    0x07: "A-ABORT",
}


class Assembler:
    """Puts the messages of one direction of an association together.

    After an error it reads nothing more: where one fragment is lost, no later one can be told for what it is.

    Args:
        decode: reads a Command Set; `dimse.decode` where left out.
        max_command: the most bytes of a Command Set.
        max_data_set: the most bytes of a Data Set; None for no limit.
        max_length: the Maximum Length that we announced; a longer PDU is an error. 0 for no limit.
        sink: makes the sink for the Data Set of a message, from its primitive; asked when the first fragment is there.

    Source: PS3.8 section 9.3.5 and Annex E.
    """

    def __init__(
        self,
        decode: Decode | None = None,
        *,
        max_command: int = MAX_COMMAND,
        max_data_set: int | None = None,
        max_length: int = 0,
        sink: Callable[[Primitive[Any, Any]], Sink] = lambda _: Collect(),
    ) -> None:
        most = sys.maxsize if max_data_set is None else max_data_set
        self._joiner = Joiner(decode or _decode_any(), max_command, most, sink)
        self._max_length = max_length or MOST_LENGTH
        self._stopped: tuple[int, int | None, str] | None = None
        # Where the stream is: bytes behind us, bytes to come of a PDU and of a fragment, a header not yet whole.
        self._offset = 0
        self._pdu_left = 0
        self._left = 0
        self._header = bytearray()

    @property
    def pdu_left(self) -> int:
        """How many bytes of the PDU under way have not come; 0 between PDUs."""
        return max(self._pdu_left - len(self._header), 0)

    @property
    def data_set_left(self) -> int:
        """How many bytes have not come of the fragment under way, where it is of a Data Set; 0 elsewhere."""
        return 0 if self._joiner.is_command else self._left

    def feed(self, data: BytesLike) -> Iterator[Assembled]:
        """Take the next bytes of a stream of P-DATA-TF PDUs, cut anywhere.

        All is read at once, whether or not the messages are asked for.

        Args:
            data: any number of bytes. Sinks get views of it.

        Returns:
            The messages that are now complete. Where an error comes after them, it is raised behind the last one.

        Raises:
            FragmentError: what was found is no P-DATA-TF PDU or makes no message; or such an error came before.

        Source: PS3.8 section 9.3.5.
        """
        return self._run(self._read, bytes_view(data))

    def feed_pdv(self, pdv: PDV) -> Iterator[Assembled]:
        """Take the next PDV, where another program has divided the PDUs.

        Offsets count each PDV as the item it was in its PDU.

        Args:
            pdv: the next in order; none may be taken while a PDU given to `feed` is unfinished.

        Returns:
            The messages that are now complete, one at the most as long as Command Sets say what follows them.

        Raises:
            FragmentError: the fragments make no message; or such an error came before.

        Source: PS3.8 section E.1.
        """
        return self._run(self._read_pdv, pdv)

    def close(self) -> Iterator[Assembled]:
        """Say that the stream has ended; nothing is read any more. After an error this does nothing.

        Returns:
            A message, where one waited only because its Command Set did not say whether a Data Set follows.

        Raises:
            FragmentError: the stream ended within a message or a PDU.
        """
        if self._stopped is not None:
            return iter(())
        return self._run(self._end)

    def _run(self, read: Callable[..., None], *arguments: Any) -> Iterator[Assembled]:
        if self._stopped is not None:
            raise FragmentError(*self._stopped)
        try:
            read(*arguments)
        except BaseException as error:
            self._stop(error)
            done = self._joiner.take()
            if done and isinstance(error, Exception):
                return _then_raise(done, error)
            raise
        return iter(self._joiner.take())

    def _stop(self, error: BaseException) -> None:
        if isinstance(error, FragmentError):
            self._stopped = error.offset, error.tag, f"nothing is read after an error: {error.reason}"
        else:
            text = f"nothing is read after an error, {type(error).__name__}: {error}"
            self._stopped = self._offset, None, text
        self._header.clear()
        self._joiner.discard()

    def _end(self) -> None:
        offset = self._offset + len(self._header)
        if self._header or self._pdu_left:
            raise FragmentError(offset, None, "the stream ends within a P-DATA-TF PDU")
        self._joiner.close(offset)
        self._stopped = offset, None, "the stream was closed"

    # PDUs and items

    def _read(self, view: memoryview) -> None:
        at, end = 0, len(view)
        while at < end:
            if not self._left:
                if self._joiner.like >= 0 and not self._header:
                    at = self._read_alike(view, at, end)
                if at < end:
                    at = self._read_header(view, at, end)
                continue
            size = min(self._left, end - at)
            self._joiner.write(view[at : at + size])
            at += size
            self._offset += size
            self._pdu_left -= size
            self._left -= size
            if not self._left:
                self._end_fragment()

    def _read_alike(self, view: memoryview, at: int, end: int) -> int:
        """Read on while items are whole and like the one before but for their length; gives where they ended.

        They need no judgement but of their length. Nearly all of a large Data Set is read here, either as PDUs of one
        item or as items of one PDU; and all that a hostile peer can make small and many.
        """
        start = at
        if self._pdu_left:
            at = self._read_items(view, at, min(end, at + self._pdu_left))
            self._pdu_left -= at - start
        else:
            at = self._read_pdus(view, at, end)
        self._offset += at - start
        self._check_pdu_left()
        return at

    def _read_items(self, view: memoryview, at: int, end: int) -> int:
        joiner = self._joiner
        like, room, write, odd = joiner.like, joiner.room, joiner.write, joiner.minds_odd
        tiny = TINY + 2
        while end - at >= HEADER:
            length, found = _LIKE_ITEM.unpack_from(view, at)
            until = at + length + 4
            if found != like or until > end or not 2 <= length <= room or length & odd:
                break
            if length <= tiny:
                count = _write_run(view[at:end], HEADER, length - 2, room, write)
                if count:
                    at += count * (length + 4)
                    room -= count * (length - 2)
                    continue
                tiny = 0
            if length > 2:
                write(view[at + HEADER : until])
                room -= length - 2
            at = until
        joiner.room = room
        return at

    def _read_pdus(self, view: memoryview, at: int, end: int) -> int:
        joiner = self._joiner
        like, room, write, odd = joiner.like, joiner.room, joiner.write, joiner.minds_odd
        tiny = TINY + 2
        while end - at >= HEADER + HEADER:
            pdu_type, whole, length, found = _LIKE_PDU.unpack_from(view, at)
            until = at + whole + HEADER
            if found != like or pdu_type != P_DATA_TF or whole != length + 4 or whole > self._max_length:
                break
            if until > end or not 2 <= length <= room or length & odd:
                break
            if length <= tiny:
                count = _write_run(view[at:end], HEADER + HEADER, length - 2, room, write)
                if count:
                    at += count * (whole + HEADER)
                    room -= count * (length - 2)
                    continue
                tiny = 0
            if length > 2:
                write(view[at + HEADER + HEADER : until])
                room -= length - 2
            at = until
        joiner.room = room
        return at

    def _read_header(self, view: memoryview, at: int, end: int) -> int:
        """Read the header of a PDU or an item, or as much as there is of it; gives where it ended."""
        header = self._header
        if header or end - at < HEADER:
            more = view[at : at + HEADER - len(header)]
            header += more
            at += len(more)
            if not self._pdu_left:
                self._check_type(header[0])
            elif len(header) >= 4:
                self._check_item(int.from_bytes(header[:4], "big"))
            if len(header) < HEADER:
                return at
            view, start = memoryview(bytes(header)), 0
            header.clear()
        else:
            start = at
            at += HEADER
        if self._pdu_left:
            length, context_id, control = ITEM_HEADER.unpack_from(view, start)
            self._check_item(length)
            self._joiner.begin(self._offset, context_id, control, length - 2)
            self._offset += HEADER
            self._pdu_left -= HEADER
            self._left = length - 2
            if length == 2:
                self._end_fragment()
        else:
            self._begin_pdu(*PDU_HEADER.unpack_from(view, start))
        return at

    def _check_type(self, pdu_type: int) -> None:
        if pdu_type != P_DATA_TF:
            name = _PDU_NAMES.get(pdu_type, "of no kind in PS3.8")
            raise self._error(f"a PDU of type {pdu_type:02X}H, {name}; P-DATA-TF is 04H")

    def _begin_pdu(self, pdu_type: int, length: int) -> None:
        self._check_type(pdu_type)
        if length > self._max_length:
            text = f"a P-DATA-TF PDU of length {length}; the Maximum Length is {self._max_length} (PS3.8 D.1)"
            raise self._error(text)
        if not length:
            raise self._error("a P-DATA-TF PDU of length 0, and it shall carry a PDV (PS3.8 9.3.5)")
        self._offset += HEADER
        self._pdu_left = length
        self._joiner.begin_pdu()
        self._check_pdu_left()

    def _end_fragment(self) -> None:
        self._joiner.end()
        self._check_pdu_left()

    def _check_pdu_left(self) -> None:
        if 0 < self._pdu_left < 4:
            text = f"{self._pdu_left} bytes are left of the PDU, too few for the length of an item"
            raise self._error(text)

    def _check_item(self, length: int) -> None:
        if length < 2:
            text = f"a PDV of length {length}, too few for a context ID and a Message Control Header"
            raise self._error(text)
        if length > self._pdu_left - 4:
            text = f"a PDV of length {length}, {self._pdu_left - 4} bytes are left of the PDU"
            raise self._error(text)

    def _read_pdv(self, pdv: PDV) -> None:
        if self._pdu_left or self._header:
            raise self._error("a PDV by itself, while a PDU is unfinished")
        data = bytes_view(pdv.data)
        self._joiner.begin_pdu()
        self._joiner.begin(self._offset, pdv.context_id, pdv.control, len(data))
        self._offset += HEADER
        if data:
            self._joiner.write(data)
        self._offset += len(data)
        self._joiner.end()

    def _error(self, text: str) -> FragmentError:
        return FragmentError(self._offset, None, text)


def _write_run(view: memoryview, header: int, size: int, room: int, write: Callable[[memoryview], object]) -> int:
    """Write a run of tiny fragments, which have equal headers, as one piece.

    Nothing is done fragment by fragment: the first bytes of all of them are compared and copied at once, then the
    second ones, and so on.

    Args:
        view: bytes that begin with a whole fragment, its header before it.
        header: bytes of a header.
        size: bytes of the fragment.
        room: the most bytes to write.
        write: takes the piece.

    Returns:
        The number of fragments written; 0 where so few follow each other that it is not worth it.
    """
    step = header + size
    count = min(len(view) // step, MOST_OF_A_RUN, room // (size or 1))
    for at in range(header):
        if count < LEAST_OF_A_RUN:
            return 0
        column = bytes(view[at : count * step : step])
        count = len(column) - len(column.lstrip(column[:1]))
    data = bytearray(count * size)
    for at in range(size):
        data[at::size] = view[header + at : count * step : step]
    if data:
        write(memoryview(data))
    return count


def _then_raise(done: list[Assembled], error: Exception) -> Iterator[Assembled]:
    yield from done
    raise error


def _decode_any() -> Decode:
    from dimse.services import decode

    return decode
