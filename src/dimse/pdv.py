"""Fragments: a message cut into PDVs and P-DATA-TF PDUs for the wire.

Sans-IO, and without copying where bytes-like objects come in. Fragmenting trusts its caller; what comes from a peer is
left to `dimse.assembler`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO
from typing import Protocol

from attrs import frozen

from dimse.errors import DecodeError, ParameterValueError
from dimse.vr import BytesLike

COMMAND, LAST = 0x01, 0x02
P_DATA_TF = 0x04
# A file is read in pieces of this size where no Maximum Length makes them smaller.
FILE_PIECE = 1 << 20
# An item's length, its context ID and its control header; of a PDU the type, a reserved byte and the length.
ITEM_HEADER = struct.Struct(">IBB")
PDU_HEADER = struct.Struct(">BxI")
HEADER = 6
# The smallest Maximum Length that has room for two bytes of a message; fragments are of even length (PS3.8 E.1).
LEAST_LENGTH = HEADER + 2
MOST_LENGTH = 0xFFFF_FFFF


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
        view = bytes_view(value)
        if not view:
            raise FragmentError(0, None, "the PDV is empty, and shall have a Message Control Header (PS3.8 E.2)")
        control = view[0]
        return cls(context_id, bool(control & COMMAND), bool(control & LAST), view[1:], control & 0xFC)

    @property
    def control(self) -> int:
        """The Message Control Header. Source: PS3.8 section E.2."""
        return self.is_command * COMMAND | self.is_last * LAST | self.reserved

    @property
    def header(self) -> bytes:
        """What stands before the data: the item's length, the context ID, the Message Control Header."""
        return ITEM_HEADER.pack(len(self.data) + 2, self.context_id, self.control)

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
        parts: list[BytesLike] = [PDU_HEADER.pack(P_DATA_TF, sum(HEADER + len(pdv.data) for pdv in self.pdvs))]
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
        self._rest = bytes_view(data)
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


def bytes_view(data: object) -> memoryview:
    """A view of bytes, whatever the items of a bytes-like object are."""
    if not isinstance(data, bytes | bytearray | memoryview):
        raise TypeError(f"fragments are bytes-like, got {type(data).__name__}")
    view = memoryview(data)
    if not view.c_contiguous:
        return memoryview(view.tobytes())
    return view if view.format == "B" and view.ndim == 1 else view.cast("B")
