"""Command Sets: elements to bytes and back.

Knows tags, lengths and byte order and no service. Reading is lossless and lenient: every element is kept where it was
found, and what PS3.7 6.3.1 would not have is listed as an anomaly. Only bytes that cannot be divided into elements
raise `DecodeError`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

from attrs import frozen

from dimse.errors import DecodeError
from dimse.vr import MAX_UL, BytesLike

GROUP_LENGTH = 0x0000_0000
COMMAND_FIELD = 0x0000_0100
DATA_SET_TYPE = 0x0000_0800

# PS3.7 E.1: this value of Command Data Set Type says that no Data Set follows, and any other that one does.
NO_DATA_SET = 0x0101
# What we write where one follows; DCMTK, Orthanc, GDCM and pynetdicom write the same.
DATA_SET_FOLLOWS = 0x0001

# The dictionary has some 60 elements; a peer that sends more than this is not describing a message.
MOST_ELEMENTS = 1024

_HEADER = struct.Struct("<HHI")
_EXPLICIT_HEADER = struct.Struct("<HH2sH")
_LONG_LENGTH = struct.Struct("<I")
_EXPLICIT_VRS = frozenset({b"AE", b"AT", b"CS", b"IS", b"LO", b"LT", b"SH", b"UI", b"UL", b"UN", b"US"})
_LONG_VRS = frozenset({b"UN"})


@frozen
class RawElement:
    """A Command Element as it stood in the bytes.

    Attributes:
        tag: group and element in one number.
        offset: of its first byte in the Command Set.
        value: the Value Field.
    """

    tag: int
    offset: int
    value: bytes


@frozen
class Anomaly:
    """Something in the bytes that PS3.7 6.3.1 or PS3.5 would not have, and that did not stop reading.

    Attributes:
        rule: stable ID, as "WIRE.ORDER".
        tag: the element concerned; None where the whole Command Set is.
        offset: in bytes from the start of the Command Set.
        text: what is wrong, in words.
        section: where the rule stands.
    """

    rule: str
    tag: int | None
    offset: int
    text: str
    section: str

    def __str__(self) -> str:
        return f"offset {self.offset}: {self.text} ({self.section})"


def tag_text(tag: int) -> str:
    """A tag as the standard prints it, "(0000,0110)"."""
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"


def split(data: BytesLike) -> tuple[list[RawElement], list[Anomaly]]:
    """Divide a Command Set, Implicit VR Little Endian, into its elements.

    Args:
        data: the whole Command Set, from Command Group Length on.

    Returns:
        The elements in the order received, and what was odd about their form and order.

    Raises:
        DecodeError: nothing there, cut short, a length that runs past the end, or too many elements.

    Source: PS3.7 section 6.3.1.
    """
    data = bytes(data)
    if not data:
        raise DecodeError(0, None, "the Command Set is empty")
    elements: list[RawElement] = []
    anomalies: list[Anomaly] = []
    explicit = _looks_explicit(data)
    if explicit:
        text = "the Command Set is in Explicit VR; it is read, and shall be Implicit VR Little Endian"
        anomalies.append(Anomaly("WIRE.EXPLICIT_VR", None, 0, text, "PS3.7 6.3.1"))
    offset = 0
    while offset < len(data):
        tag, start, length = _explicit_header(data, offset) if explicit else _header(data, offset)
        end = start + length
        if end > len(data):
            at_hand = len(data) - start
            raise DecodeError(offset, tag, f"Value Length is {length}, {at_hand} bytes are left{_hint(length)}")
        if len(elements) == MOST_ELEMENTS:
            raise DecodeError(offset, tag, f"a Command Set of more than {MOST_ELEMENTS} elements is not read")
        elements.append(RawElement(tag, offset, data[start:end]))
        offset = end
    anomalies += _form_anomalies(elements, len(data))
    return elements, anomalies


def join(values: Iterable[tuple[int, bytes]]) -> bytes:
    """Write a Command Set: the group length first, then the elements in order of tag.

    Args:
        values: tag and Value Field, without Command Group Length; each tag once and each value of even length.

    Source: PS3.7 section 6.3.1.
    """
    body = b"".join(_HEADER.pack(tag >> 16, tag & 0xFFFF, len(value)) + value for tag, value in sorted(values))
    return _HEADER.pack(0, 0, 4) + _LONG_LENGTH.pack(len(body)) + body


def _header(data: bytes, offset: int) -> tuple[int, int, int]:
    left = len(data) - offset
    if left < _HEADER.size:
        raise DecodeError(offset, None, f"{left} bytes are left, too few for a tag and a Value Length ({_HEADER.size})")
    group, element, length = _HEADER.unpack_from(data, offset)
    return group << 16 | element, offset + _HEADER.size, length


def _looks_explicit(data: bytes) -> bool:
    """A VR's two letters, read as a length, would be some 16000 bytes and more: no Command Set has such an element."""
    return data[4:6] in _EXPLICIT_VRS


def _explicit_header(data: bytes, offset: int) -> tuple[int, int, int]:
    tag, start, _ = _header(data, offset)
    _, _, vr, length = _EXPLICIT_HEADER.unpack_from(data, offset)
    if vr not in _EXPLICIT_VRS:
        raise DecodeError(offset, tag, f"{vr!r} is no VR, in a Command Set that began in Explicit VR")
    if vr in _LONG_VRS:
        if len(data) - start < _LONG_LENGTH.size:
            raise DecodeError(offset, tag, "the Command Set ends within the Value Length")
        return tag, start + _LONG_LENGTH.size, _LONG_LENGTH.unpack_from(data, start)[0]
    return tag, start, length


def _hint(length: int) -> str:
    if length == MAX_UL:
        return "; undefined length is for sequences, and a Command Set has none"
    swapped = int.from_bytes(length.to_bytes(4, "little"), "big")
    return "; the Command Set may be Big Endian" if swapped <= 0xFFFF else ""


def _form_anomalies(elements: list[RawElement], size: int) -> Iterable[Anomaly]:
    """What is odd about order, repetition, group, length and group length."""
    seen: set[int] = set()
    highest = -1
    for element in elements:
        tag, name = element.tag, tag_text(element.tag)
        if tag in seen:
            yield Anomaly("WIRE.REPEATED", tag, element.offset, f"{name} occurs a second time", "PS3.7 6.3.1")
        elif tag < highest:
            text = f"{name} comes after {tag_text(highest)}; tags shall increase"
            yield Anomaly("WIRE.ORDER", tag, element.offset, text, "PS3.7 6.3.1")
        if tag >> 16:
            text = f"{name} is of group {tag >> 16:04X}; a Command Set has group 0000 alone"
            yield Anomaly("WIRE.GROUP", tag, element.offset, text, "PS3.7 6.3.1")
        if len(element.value) % 2:
            text = f"{name} has {len(element.value)} bytes; a Value Length shall be even"
            yield Anomaly("WIRE.ODD_LENGTH", tag, element.offset, text, "PS3.7 6.3.1")
        seen.add(tag)
        highest = max(highest, tag)
    yield from _group_length_anomalies(elements, size)


def _group_length_anomalies(elements: list[RawElement], size: int) -> Iterable[Anomaly]:
    section = "PS3.7 E.1"
    first = next((element for element in elements if element.tag == GROUP_LENGTH), None)
    if first is None:
        yield Anomaly("WIRE.GROUP_LENGTH", GROUP_LENGTH, 0, "Command Group Length is missing", section)
        return
    after = first.offset + _HEADER.size + len(first.value)
    counted = int.from_bytes(first.value, "little")
    if len(first.value) != _LONG_LENGTH.size:
        text = f"Command Group Length has {len(first.value)} bytes, not 4"
        yield Anomaly("WIRE.GROUP_LENGTH", GROUP_LENGTH, first.offset, text, section)
    elif counted != size - after:
        text = f"Command Group Length says {counted} bytes, {size - after} follow"
        yield Anomaly("WIRE.GROUP_LENGTH", GROUP_LENGTH, first.offset, text, section)
