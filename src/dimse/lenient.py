"""The path of every Command Set that is not as it should be: lossless and lenient.

What the attributes of a primitive cannot hold stays with it as residue, what PS3.7 would not have is listed as an
anomaly, and only what cannot be read raises `DecodeError`.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from attrs import frozen

from dimse.command_set import (
    COMMAND_FIELD,
    DATA_SET_TYPE,
    GROUP_LENGTH,
    NO_DATA_SET,
    Anomaly,
    RawElement,
    split,
    tag_text,
)
from dimse.errors import DecodeError
from dimse.judge import Received
from dimse.message import Message
from dimse.parameter import Dictionary, Element, Role, Row
from dimse.primitive import Primitive
from dimse.value import read, write
from dimse.vr import BytesLike, make_uid

_PROTOCOL = frozenset({GROUP_LENGTH, COMMAND_FIELD, DATA_SET_TYPE})
_HEADER_SIZE = 8
_GROUP_LENGTH_SIZE = 4


@frozen
class Target:
    """What a Command Field stands for: a message, and where its elements and its Data Set go."""

    message: type[Message]
    rows: dict[int, Row]
    keywords: frozenset[str]
    data_set_keyword: str | None

    @classmethod
    def of(cls, service: type[Primitive[Any, Any]], role: Role, message: type[Message]) -> Target:
        """What the Command Field of a service's message stands for."""
        rows = {row.tag: row for row in service.TABLE if row.tag is not None}
        keywords = frozenset(row.keyword for row in rows.values())
        return cls(message, rows, keywords, service._COLUMNS[role].data_set_keyword)


class LenientReader:
    """Reads any bytes that can be divided into elements."""

    def __init__(self, dictionary: Dictionary, targets: dict[int, Target]) -> None:
        self._dictionary = dictionary
        self._targets = targets

    def read(self, data: bytes, data_set: BytesIO | BytesLike | None) -> Primitive[Any, Any]:
        """Read a Command Set as the primitive it conveys; see `dimse.codec.Codec.decode`."""
        elements, anomalies = split(data)
        first, repeated = _once(elements)
        target = self._target(first, repeated)
        values: dict[str, Any] = {}
        residue: list[RawElement] = []
        foreign: list[Element] = []
        for element in elements:
            if element.tag in _PROTOCOL:
                continue
            row = target.rows.get(element.tag)
            if row is None:
                residue.append(element)
                self._note_foreign(element, anomalies, foreign)
            elif element.tag in repeated:
                residue.append(element)
            else:
                _read_parameter(row, element, values, residue, anomalies)
        data_set_type = _data_set_type(first, repeated, anomalies)
        residue += _untold(elements, target, data_set_type)
        unplaced = _hand_over(data_set, target, data_set_type, values, anomalies)
        received = Received(
            target.message.ROLE,
            data_set_type,
            tuple(sorted(anomalies, key=lambda anomaly: anomaly.offset)),
            tuple(sorted(residue, key=lambda element: element.offset)),
            tuple(foreign),
            unplaced,
        )
        return target.message.PRIMITIVE._from_wire(values, received)

    def _target(self, first: dict[int, RawElement], repeated: set[int]) -> Target:
        element = first.get(COMMAND_FIELD)
        if element is None:
            raise DecodeError(0, COMMAND_FIELD, "Command Field is missing; it says which message this is (PS3.7 E.1)")
        code, fault = read("US", element.value)
        if code is None or COMMAND_FIELD in repeated:
            reason = fault[1] if fault else "occurs twice with two values"
            raise DecodeError(element.offset, COMMAND_FIELD, f"Command Field {reason}")
        target = self._targets.get(code)
        if target is None:
            raise DecodeError(element.offset, COMMAND_FIELD, f"Command Field is {code:04X}H, of no message (PS3.7 E.1)")
        return target

    def _note_foreign(self, element: RawElement, anomalies: list[Anomaly], foreign: list[Element]) -> None:
        entry = self._dictionary.by_tag.get(element.tag)
        name = tag_text(element.tag)
        if entry is None and not element.tag >> 16:
            text = f"{name} is in no Command Dictionary"
            anomalies.append(Anomaly("WIRE.UNKNOWN", element.tag, element.offset, text, "PS3.7 E.1"))
        elif entry is not None and entry.retired:
            text = f"{name} {entry.name} is retired"
            anomalies.append(Anomaly("WIRE.RETIRED", element.tag, element.offset, text, "PS3.7 E.2"))
        elif entry is not None and entry not in foreign:
            foreign.append(entry)


def _once(elements: list[RawElement]) -> tuple[dict[int, RawElement], set[int]]:
    """The first element of each tag, and the tags that occur again with another value."""
    first: dict[int, RawElement] = {}
    repeated: set[int] = set()
    for element in elements:
        if first.setdefault(element.tag, element).value != element.value:
            repeated.add(element.tag)
    return first, repeated


def _untold(elements: list[RawElement], target: Target, data_set_type: int | None) -> Iterator[RawElement]:
    """The elements of the protocol that are not written again as they stood."""
    size = sum(_HEADER_SIZE + len(element.value) for element in elements) - _HEADER_SIZE - _GROUP_LENGTH_SIZE
    told = {
        GROUP_LENGTH: (size & 0xFFFF_FFFF).to_bytes(_GROUP_LENGTH_SIZE, "little"),
        COMMAND_FIELD: write("US", target.message.COMMAND_FIELD),
        DATA_SET_TYPE: None if data_set_type is None else write("US", data_set_type),
    }
    for element in elements:
        if element.tag in _PROTOCOL:
            if told[element.tag] == element.value:
                told[element.tag] = None
            else:
                yield element


def _read_parameter(
    row: Row,
    element: RawElement,
    values: dict[str, Any],
    residue: list[RawElement],
    anomalies: list[Anomaly],
) -> None:
    value, fault = read(row.vr, element.value)
    if fault:
        rule, text = fault
        anomalies.append(Anomaly(rule, element.tag, element.offset, f"{row.name} {text}", "PS3.5 6.2"))
    if row.vr == "UI" and value is not None:
        value = make_uid(value)
    if row.values and value is not None and value not in row.values:
        allowed = ", ".join(f"{number:04X}H" for number in row.values)
        text = f"{row.name} is {value:04X}H, one of {allowed} may stand there"
        anomalies.append(Anomaly("WIRE.VALUE", element.tag, element.offset, text, "PS3.7 E.1"))
    if value is None or row.keyword in values or write(row.vr, value) != element.value:
        residue.append(element)
    values.setdefault(row.keyword, value)


def _data_set_type(first: dict[int, RawElement], repeated: set[int], anomalies: list[Anomaly]) -> int | None:
    element = first.get(DATA_SET_TYPE)
    if element is None:
        text = "Command Data Set Type is missing"
        anomalies.append(Anomaly("WIRE.DATA_SET_TYPE", DATA_SET_TYPE, 0, text, "PS3.7 E.1"))
        return None
    value, fault = read("US", element.value)
    if fault or DATA_SET_TYPE in repeated:
        reason = fault[1] if fault else "occurs twice with two values"
        text = f"Command Data Set Type {reason}"
        anomalies.append(Anomaly("WIRE.DATA_SET_TYPE", DATA_SET_TYPE, element.offset, text, "PS3.7 E.1"))
        return None
    number: int = value
    return number


def _hand_over(
    data_set: BytesIO | BytesLike | None,
    target: Target,
    data_set_type: int | None,
    values: dict[str, Any],
    anomalies: list[Anomaly],
) -> bytes | None:
    """Put the Data Set where the message has it; give it back where the message has no place for it."""
    if data_set is None:
        return None
    if data_set_type == NO_DATA_SET:
        text = f"a Data Set came with {target.message.NAME}, and Command Data Set Type says that none follows"
        anomalies.append(Anomaly("WIRE.DATA_SET", DATA_SET_TYPE, 0, text, "PS3.7 E.1"))
    held = data_set if isinstance(data_set, BytesIO) else BytesIO(data_set)
    if target.data_set_keyword is None:
        return held.getvalue()
    values[target.data_set_keyword] = held
    return None
