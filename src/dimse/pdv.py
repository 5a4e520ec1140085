"""Fragments: a message cut into PDVs and P-DATA-TF PDUs for the wire, and put together again from any cut of them.

Sans-IO, and without copying where bytes-like objects come in. Fragmenting trusts its caller; the `Assembler` trusts
nobody: whatever the bytes, messages come out of it or a `FragmentError`, the same in one chunk and byte by byte. Every
check depends only on the bytes before it, and is made as soon as those are there.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any, Protocol

from attrs import frozen

from dimse.command_set import Anomaly
from dimse.errors import DecodeError, ParameterValueError
from dimse.sink import Collect, Sink
from dimse.vr import BytesLike

if TYPE_CHECKING:
    from dimse.primitive import Primitive

COMMAND, LAST = 0x01, 0x02
P_DATA_TF = 0x04
# A file is read in pieces of this size where no Maximum Length makes them smaller.
FILE_PIECE = 1 << 20
# An item's length, its context ID and its control header; of a PDU the type, a reserved byte and the length.
HEADER = 6
# The smallest Maximum Length that has room for two bytes of a message; fragments are of even length (PS3.8 E.1).
LEAST_LENGTH = HEADER + 2
MOST_LENGTH = 0xFFFF_FFFF
MAX_COMMAND = 64 * 1024

_ITEM = struct.Struct(">IBB")
_PDU = struct.Struct(">BxI")
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


class FragmentError(DecodeError):
    """Bytes that are no P-DATA-TF PDUs, or fragments that make no message.

    Attributes:
        offset: of what is at fault, in bytes from the start of the stream that was fed.
        tag: of the element at fault where a Command Set cannot be read, else None.
        reason: what was found there, and what should have been.
    """


@frozen
class PDV:
    """A Presentation Data Value: one fragment of a message.

    Attributes:
        context_id: of the Presentation Context, 0 to 255; what is sent has odd ones alone.
        is_command: whether the fragment is of the Command Set; else it is of the Data Set.
        is_last: whether it is the last one of the Command Set, of the Data Set.
        data: the fragment.
        reserved: bits 2 to 7 of the Message Control Header, in their places; 0 in what is sent.

    Source: PS3.8 section 9.3.5.1 and Annex E.
    """

    context_id: int
    is_command: bool
    is_last: bool
    data: BytesLike
    reserved: int = 0

    @classmethod
    def of(cls, context_id: int, value: BytesLike) -> PDV:
        """A PDV from what a P-DATA primitive has: a context ID and the fragment behind its control header.

        Raises:
            FragmentError: the value is empty.

        Source: PS3.8 section E.2.
        """
        view = _bytes_view(value)
        if not view:
            raise FragmentError(0, None, "the PDV is empty, and shall have a Message Control Header (PS3.8 E.2)")
        control = view[0]
        return cls(context_id, bool(control & COMMAND), bool(control & LAST), view[1:], control & 0xFC)

    @property
    def header(self) -> bytes:
        """What stands before the data: the item's length, the context ID, the Message Control Header."""
        control = self.is_command * COMMAND | self.is_last * LAST | self.reserved
        return _ITEM.pack(len(self.data) + 2, self.context_id, control)

    def encode(self) -> bytes:
        """The Presentation-data-value Item. Source: PS3.8 section 9.3.5.1."""
        return b"".join((self.header, self.data))


@frozen
class PDataTF:
    """A P-DATA-TF PDU.

    Attributes:
        pdvs: what it carries.

    Source: PS3.8 section 9.3.5.
    """

    pdvs: tuple[PDV, ...]

    @property
    def parts(self) -> list[BytesLike]:
        """The PDU in pieces, nothing copied: for `socket.sendmsg`, `os.writev`, `StreamWriter.writelines`."""
        parts: list[BytesLike] = [_PDU.pack(P_DATA_TF, sum(HEADER + len(pdv.data) for pdv in self.pdvs))]
        for pdv in self.pdvs:
            parts += (pdv.header, pdv.data)
        return parts

    def encode(self) -> bytes:
        """The PDU in one."""
        return b"".join(self.parts)


class BinaryFile(Protocol):
    """What a Data Set can be read from: an open file, a pipe, a spooled file."""

    def read(self, size: int, /) -> bytes | None:
        """The next bytes, as many or fewer; none where the file ends."""
        ...


def to_pdvs(
    command: BytesLike, data_set: BytesLike | BinaryFile | None = None, *, context_id: int, max_length: int
) -> Iterator[PDV]:
    """Cut a message into PDVs, each as large as one P-DATA-TF PDU of its own may be.

    Args:
        command: the Command Set.
        data_set: the encoded Data Set, None where none follows. Bytes-like, and all of an `io.BytesIO`, it is cut into
            views without copying; a binary file is read from where it stands, a fragment and one ahead at a time.
        context_id: of the accepted Presentation Context, odd, 1 to 255.
        max_length: the Maximum Length that the peer announced, which counts what follows the header of a PDU; 0 means
            no limit.

    Returns:
        The PDVs, made as they are taken. A fragment is of even length, unless the whole is odd and it is the last one.

    Raises:
        ParameterValueError: the context ID is not odd or not in range; the Maximum Length is 1 to 7, too few for two
            bytes of a message, or does not fit 32 bits; the Command Set is empty.

    Source: PS3.8 sections D.1 and E.1.
    """
    return (pdv for pdu in to_pdus(command, data_set, context_id=context_id, max_length=max_length) for pdv in pdu.pdvs)


def to_pdus(
    command: BytesLike,
    data_set: BytesLike | BinaryFile | None = None,
    *,
    context_id: int,
    max_length: int,
    pack: bool = False,
) -> Iterator[PDataTF]:
    """Cut a message into P-DATA-TF PDUs; see `to_pdvs`.

    Args:
        command: the Command Set.
        data_set: the encoded Data Set, None where none follows.
        context_id: of the accepted Presentation Context.
        max_length: the Maximum Length that the peer announced, 0 for no limit.
        pack: whether the Data Set begins in the PDU in which the Command Set ends, where it has room; else, as most
            programs do, each PDU carries one PDV.

    Raises:
        ParameterValueError: as in `to_pdvs`.
    """
    if not (0 < context_id < 256 and context_id % 2):
        raise ParameterValueError("Presentation Context ID", context_id, "must be odd, from 1 to 255", "context_id")
    if max_length and not LEAST_LENGTH <= max_length <= MOST_LENGTH:
        reason = f"must be 0 for no limit, or from {LEAST_LENGTH} to {MOST_LENGTH}"
        raise ParameterValueError("Maximum Length", max_length, reason, "max_length")
    if not len(command):
        raise ParameterValueError("Command Set", command, "must not be empty", "command")
    most = max_length or MOST_LENGTH
    sources: list[tuple[bool, _Source]] = [(True, _Slices(command))]
    if isinstance(data_set, BytesIO):
        sources.append((False, _Slices(data_set.getvalue())))
    elif isinstance(data_set, bytes | bytearray | memoryview):
        sources.append((False, _Slices(data_set)))
    elif data_set is not None:
        sources.append((False, _File(data_set, min(_room(most), FILE_PIECE))))
    return _cut(sources, context_id, most, pack)


class _Source(Protocol):
    """What fragments are taken from; it has come to its end when the last of them has been taken."""

    ended: bool

    def take(self, most: int) -> BytesLike: ...


def _cut(sources: list[tuple[bool, _Source]], context_id: int, most: int, pack: bool) -> Iterator[PDataTF]:
    pdvs: list[PDV] = []
    left = most
    for is_command, source in sources:
        while not source.ended:
            data = source.take(_room(left))
            pdvs.append(PDV(context_id, is_command, source.ended, data))
            left -= HEADER + len(data)
            if not (pack and is_command and left >= LEAST_LENGTH):
                yield PDataTF(tuple(pdvs))
                pdvs, left = [], most
    if pdvs:
        yield PDataTF(tuple(pdvs))


def _room(length: int) -> int:
    """Bytes of a fragment that fit, an even number."""
    return length - HEADER & ~1


class _Slices:
    """Fragments as views of what is in memory."""

    def __init__(self, data: BytesLike) -> None:
        self._rest = _bytes_view(data)
        self.ended = False

    def take(self, most: int) -> BytesLike:
        taken, self._rest = self._rest[:most], self._rest[most:]
        self.ended = not self._rest
        return taken


class _File:
    """Fragments as they are read; one is read ahead, so that the last one is known."""

    def __init__(self, file: BinaryFile, size: int) -> None:
        self._file = file
        self._size = size
        self._ahead: bytes | None = None
        self.ended = False

    def take(self, most: int) -> BytesLike:
        taken = self._read(min(most, self._size)) if self._ahead is None else self._ahead
        self._ahead = self._read(self._size)
        self.ended = not self._ahead
        return taken

    def _read(self, size: int) -> bytes:
        """As many bytes, fewer only where the file ends: a pipe or an unbuffered file may give fewer at a time."""
        parts = []
        while size > 0:
            part = self._file.read(size)
            if not isinstance(part, bytes):
                raise TypeError(f"the file of a Data Set gives bytes at once, got {type(part).__name__}")
            if not part:
                break
            parts.append(part)
            size -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)


def _bytes_view(data: object) -> memoryview:
    """A view of bytes, whatever the items of a bytes-like object are."""
    if not isinstance(data, bytes | bytearray | memoryview):
        raise TypeError(f"fragments are bytes-like, got {type(data).__name__}")
    view = memoryview(data)
    if not view.c_contiguous:
        return memoryview(view.tobytes())
    return view if view.format == "B" and view.ndim == 1 else view.cast("B")


@frozen
class Assembled:
    """A message put together.

    Attributes:
        context_id: of the Presentation Context it came on.
        primitive: what the Command Set says; a Data Set that was collected as bytes is in it.
        command: the Command Set.
        data_set: what the sink made of the Data Set; None where none came.
        offset: where its first PDV stood, in bytes from the start of the stream.
        anomalies: what was odd about its fragments, the first of each kind, each with an offset in the stream.
    """

    context_id: int
    primitive: Primitive[Any, Any]
    command: bytes
    data_set: Any
    offset: int
    anomalies: tuple[Anomaly, ...] = ()


class Decode(Protocol):
    """What reads a Command Set, and another time with its Data Set, as `dimse.decode` does."""

    def __call__(self, data: bytes, data_set: bytes | None = None, /) -> Primitive[Any, Any]:
        """The primitive that the Command Set conveys."""
        ...


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
        self._decode = decode or _decode_any()
        self._max_command = max_command
        self._max_data_set = sys.maxsize if max_data_set is None else max_data_set
        self._max_length = max_length or MOST_LENGTH
        self._make_sink = sink
        self._stopped: tuple[int, int | None, str] | None = None
        # Where the stream is: bytes behind us, bytes to come of a PDU and of a fragment, a header not yet whole.
        self._offset = 0
        self._pdu_left = 0
        self._left = 0
        self._header = bytearray()
        self._pdu_used = False
        # The fragment: its control header, where it goes, and how many bytes more the Command Set or Data Set may have.
        self._control = 0
        self._write: Callable[[memoryview], object]
        self._room = 0
        # Context ID and control header, in one number, of a fragment behind which another of its kind has to come.
        self._like = -1
        # The message: where it began, -1 between messages; its command, then its primitive, then its sink.
        self._begun = -1
        self._before = "no Command Set has come"
        self._context_id = 0
        self._command = bytearray()
        self._write = self._command.extend
        self._command_set = b""
        self._primitive: Primitive[Any, Any] | None = None
        self._announced: bool | None = None
        self._sink: Sink | None = None
        self._anomalies: dict[str, Anomaly] = {}

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
        return self._run(self._read, _bytes_view(data))

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
        done: list[Assembled] = []
        try:
            read(done, *arguments)
        except BaseException as error:
            self._stop(error)
            if done and isinstance(error, Exception):
                return _then_raise(done, error)
            raise
        return iter(done)

    def _stop(self, error: BaseException) -> None:
        if isinstance(error, FragmentError):
            self._stopped = error.offset, error.tag, f"nothing is read after an error: {error.reason}"
        else:
            text = f"nothing is read after an error, {type(error).__name__}: {error}"
            self._stopped = self._offset, None, text
        sink, self._sink = self._sink, None
        self._command = self._header = bytearray()
        self._write = self._command.extend
        if sink is not None:
            sink.discard()

    def _end(self, done: list[Assembled]) -> None:
        offset = self._offset + len(self._header)
        if self._header or self._pdu_left:
            raise FragmentError(offset, None, "the stream ends within a P-DATA-TF PDU")
        if self._begun >= 0:
            if self._primitive is None or self._announced or self._sink is not None:
                raise FragmentError(offset, None, f"the stream ends before {self._unfinished()} is complete")
            self._complete(done, self._primitive)
        self._stopped = offset, None, "the stream was closed"

    # PDUs and items

    def _read(self, done: list[Assembled], view: memoryview) -> None:
        at, end = 0, len(view)
        while at < end:
            if not self._left:
                if self._like >= 0 and not self._header:
                    at = self._read_alike(view, at, end)
                if at < end:
                    at = self._read_header(done, view, at, end)
                continue
            size = min(self._left, end - at)
            self._write(view[at : at + size])
            at += size
            self._offset += size
            self._pdu_left -= size
            self._left -= size
            if not self._left:
                self._end_fragment(done)

    def _read_alike(self, view: memoryview, at: int, end: int) -> int:
        """Read on while items are whole and like the one before but for their length; gives where they ended.

        They need no judgement but of their length. Nearly all of a large Data Set is read here, either as PDUs of one
        item or as items of one PDU; and all that a hostile peer can make small and many.
        """
        start, like, room, write = at, self._like, self._room, self._write
        odd = "PDV.ODD_LENGTH" not in self._anomalies
        if self._pdu_left:
            end = min(end, at + self._pdu_left)
            while end - at >= HEADER:
                length, found = _LIKE_ITEM.unpack_from(view, at)
                until = at + length + 4
                if found != like or until > end or not 2 <= length <= room or length & odd:
                    break
                if length > 2:
                    write(view[at + HEADER : until])
                    room -= length - 2
                at = until
            self._pdu_left -= at - start
        else:
            while end - at >= HEADER + HEADER:
                pdu_type, whole, length, found = _LIKE_PDU.unpack_from(view, at)
                until = at + whole + HEADER
                if found != like or pdu_type != P_DATA_TF or whole != length + 4 or whole > self._max_length:
                    break
                if until > end or not 2 <= length <= room or length & odd:
                    break
                if length > 2:
                    write(view[at + HEADER + HEADER : until])
                    room -= length - 2
                at = until
        self._room = room
        self._offset += at - start
        self._check_pdu_left()
        return at

    def _read_header(self, done: list[Assembled], view: memoryview, at: int, end: int) -> int:
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
            length, context_id, control = _ITEM.unpack_from(view, start)
            self._check_item(length)
            self._begin_fragment(done, context_id, control, length - 2)
            self._pdu_left -= HEADER
            self._left = length - 2
            if length == 2:
                self._end_fragment(done)
        else:
            self._begin_pdu(*_PDU.unpack_from(view, start))
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
        self._pdu_used = False
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

    def _read_pdv(self, done: list[Assembled], pdv: PDV) -> None:
        if self._pdu_left or self._header:
            raise self._error("a PDV by itself, while a PDU is unfinished")
        data = _bytes_view(pdv.data)
        self._pdu_used = False
        control = pdv.is_command * COMMAND | pdv.is_last * LAST | pdv.reserved
        self._begin_fragment(done, pdv.context_id, control, len(data))
        if data:
            self._write(data)
        self._offset += len(data)
        self._end_fragment(done)

    # Fragments and messages

    def _begin_fragment(self, done: list[Assembled], context_id: int, control: int, size: int) -> None:
        """Judge a fragment by its header, before any of it is taken."""
        if control & COMMAND:
            self._command_may_come(done, context_id)
        else:
            self._data_may_come()
        if context_id != self._context_id:
            text = f"Presentation Context ID {context_id} within {self._unfinished()}, which began with"
            raise self._error(f"{text} {self._context_id} (PS3.8 E.1)")
        self._room -= size
        if self._room < 0:
            most = self._max_command if control & COMMAND else self._max_data_set
            raise self._error(f"{self._unfinished()} has more than {most} bytes, the limit set here")
        if self._sink is None and self._primitive is not None:
            self._sink = self._make_sink(self._primitive)
            self._write = self._sink.write
        if not context_id & 1:
            self._note("PDV.CONTEXT_ID", f"Presentation Context ID {context_id} is not odd", "PS3.8 9.3.5.1")
        if control > COMMAND | LAST:
            self._note("PDV.CONTROL", f"reserved bits are set in Message Control Header {control:02X}H", "PS3.8 E.2")
        if size & 1:
            self._note("PDV.ODD_LENGTH", f"a fragment of {size} bytes, an odd number", "PS3.8 E.1")
        self._control = control
        self._offset += HEADER

    def _command_may_come(self, done: list[Assembled], context_id: int) -> None:
        if self._primitive is not None:
            if self._sink is not None:
                text = f"a Command fragment before {self._unfinished()} is complete; messages shall not be interleaved"
                raise self._error(f"{text} (PS3.8 E.1)")
            if self._announced:
                raise self._error(f"a Command fragment, and {self._unfinished()} is announced and absent (PS3.7 E.1)")
            self._complete(done, self._primitive)
        if self._begun < 0:
            self._begun = self._offset
            self._context_id = context_id
            self._room = self._max_command
            if self._pdu_used:
                self._note("PDV.SHARED", "a message begins in a PDU that has PDVs of another", "PS3.8 E.1")

    def _data_may_come(self) -> None:
        if self._primitive is None:
            if self._begun >= 0:
                raise self._error(f"a Data Set fragment before {self._unfinished()} is complete (PS3.8 E.1)")
            raise self._error(f"a Data Set fragment, and {self._before} (PS3.7 6.3)")

    def _end_fragment(self, done: list[Assembled]) -> None:
        if not self._control & LAST:
            self._like = self._context_id << 8 | self._control
        else:
            self._like = -1
            if self._primitive is None:
                self._end_command(done)
            else:
                self._complete(done, self._primitive)
        self._pdu_used = True
        self._check_pdu_left()

    def _end_command(self, done: list[Assembled]) -> None:
        self._command_set = bytes(self._command)
        self._command.clear()
        primitive = self._primitive = self._read_command()
        received = primitive.received
        if received is None or received.data_set_type is None:
            # What cannot have a Data Set is not kept waiting for one: its sender may be waiting for the answer.
            self._announced = False if primitive.MESSAGES[primitive.role].DATA_SET == "never" else None
        else:
            self._announced = received.announces_data_set
        self._room = self._max_data_set
        if self._announced is False:
            self._complete(done, primitive)

    def _read_command(self, *data_set: bytes) -> Primitive[Any, Any]:
        try:
            return self._decode(self._command_set, *data_set)
        except DecodeError as error:
            text = f"the Command Set cannot be read, {error.offset} bytes from its start: {error.reason}"
            raise FragmentError(self._begun, error.tag, text) from error

    def _complete(self, done: list[Assembled], primitive: Primitive[Any, Any]) -> None:
        name = primitive.MESSAGES[primitive.role].NAME
        sink, data_set = self._sink, None
        if sink is None:
            self._before = f"the {name} before it announces none"
        else:
            self._before = f"that of the {name} before it is complete"
            data_set = sink.finish()
            if isinstance(sink, Collect):
                primitive = self._read_command(data_set)
        anomalies = tuple(self._anomalies.values())
        done.append(Assembled(self._context_id, primitive, self._command_set, data_set, self._begun, anomalies))
        self._begun = -1
        self._primitive = self._sink = None
        self._write = self._command.extend
        self._anomalies.clear()

    def _unfinished(self) -> str:
        """What is being put together, in words."""
        primitive = self._primitive
        if primitive is None:
            return f"the Command Set that began at {self._begun}"
        return f"the Data Set of the {primitive.MESSAGES[primitive.role].NAME} that began at {self._begun}"

    def _error(self, text: str) -> FragmentError:
        return FragmentError(self._offset, None, text)

    def _note(self, rule: str, text: str, section: str) -> None:
        """Keep an anomaly, the first of its kind in a message: however many there are, they take no more memory."""
        if rule not in self._anomalies:
            self._anomalies[rule] = Anomaly(rule, None, self._offset, text, section)


def _then_raise(done: list[Assembled], error: Exception) -> Iterator[Assembled]:
    yield from done
    raise error


def _decode_any() -> Decode:
    from dimse.services import decode

    return decode
