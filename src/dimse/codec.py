"""Command Sets to primitives: the module that sees both the bytes and the classes.

Lossless and lenient: what the attributes of a primitive cannot hold stays with it as residue, what PS3.7 would not have
is listed as an anomaly, and only what cannot be read raises `DecodeError`.
"""

from __future__ import annotations

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
from dimse.parameter import Dictionary, Element, Row
from dimse.primitive import Primitive
from dimse.value import read, write
from dimse.vr import BytesLike

_PROTOCOL = frozenset({GROUP_LENGTH, COMMAND_FIELD, DATA_SET_TYPE})


@frozen
class _Layout:
    """What a Command Field stands for."""

    message: type[Message]
    rows: dict[int, Row]
    data_set_keyword: str | None


class Codec:
    """Decodes the messages of some services.

    Args:
        dictionary: the Command Dictionary.
        services: the primitive classes; each Command Field of their messages is known.

    """

    def __init__(self, dictionary: Dictionary, services: tuple[type[Primitive[Any, Any]], ...]) -> None:
        self._dictionary = dictionary
        self._layouts = {
            message.COMMAND_FIELD: _Layout(
                message,
                {row.tag: row for row in service.TABLE if row.tag is not None},
                service._COLUMNS[role].data_set_keyword,
            )
            for service in services
            for role, message in service.MESSAGES.items()
        }

    def decode(self, data: BytesLike, data_set: BytesIO | BytesLike | None = None) -> Primitive[Any, Any]:
        """Read a Command Set as the primitive it conveys; no default is applied.

        Args:
            data: the whole Command Set, from Command Group Length on.
            data_set: the encoded Data Set that came with it. Where it is left out, a Data Set that the Command Set
                announces counts as present and not at hand.

        Returns:
            The primitive, with `role`, `anomalies` and `residue`. A parameter whose bytes hold no value that can be
            trusted is None and its bytes are in the residue.

        Raises:
            DecodeError: the bytes cannot be divided into elements, or do not say which message they are.

        Source: PS3.7 sections 6.3.1, 9.3 and 10.3.

        """
        elements, anomalies = split(data)
        first, repeated = _once(elements)
        layout = self._layout(first, repeated)
        values: dict[str, Any] = {}
        residue: list[RawElement] = []
        foreign: list[Element] = []
        for element in elements:
            if element.tag in _PROTOCOL:
                continue
            row = layout.rows.get(element.tag)
            if row is None:
                residue.append(element)
                self._note_foreign(element, anomalies, foreign)
            elif element.tag in repeated:
                residue.append(element)
            else:
                _read_parameter(row, element, values, residue, anomalies)
        data_set_type = _data_set_type(first, repeated, anomalies)
        unplaced = _hand_over(data_set, layout, data_set_type, values, anomalies)
        received = Received(
            layout.message.ROLE,
            data_set_type,
            tuple(sorted(anomalies, key=lambda anomaly: anomaly.offset)),
            tuple(residue),
            tuple(foreign),
            unplaced,
        )
        return layout.message.PRIMITIVE._from_wire(values, received)

    def _layout(self, first: dict[int, RawElement], repeated: set[int]) -> _Layout:
        element = first.get(COMMAND_FIELD)
        if element is None:
            raise DecodeError(0, COMMAND_FIELD, "Command Field is missing; it says which message this is (PS3.7 E.1)")
        code, fault = read("US", element.value)
        if code is None or COMMAND_FIELD in repeated:
            reason = fault[1] if fault else "occurs twice with two values"
            raise DecodeError(element.offset, COMMAND_FIELD, f"Command Field {reason}")
        layout = self._layouts.get(code)
        if layout is None:
            raise DecodeError(element.offset, COMMAND_FIELD, f"Command Field is {code:04X}H, of no message (PS3.7 E.1)")
        return layout

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
        value = _uid(value)
    if row.values and value is not None and value not in row.values:
        allowed = ", ".join(f"{number:04X}H" for number in row.values)
        text = f"{row.name} is {value:04X}H, one of {allowed} may stand there"
        anomalies.append(Anomaly("WIRE.VALUE", element.tag, element.offset, text, "PS3.7 E.1"))
    if value is None or row.keyword in values or write(row.vr, value) != element.value:
        residue.append(element)
    values.setdefault(row.keyword, value)


def _uid(text: str) -> str:
    """A pydicom UID of any text: what the peer sent is shown, not refused."""
    from pydicom.uid import UID

    return str.__new__(UID, text)


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
    layout: _Layout,
    data_set_type: int | None,
    values: dict[str, Any],
    anomalies: list[Anomaly],
) -> bytes | None:
    """Put the Data Set where the message has it; give it back where the message has no place for it."""
    if data_set is None:
        return None
    if data_set_type == NO_DATA_SET:
        text = f"a Data Set came with {layout.message.NAME}, and Command Data Set Type says that none follows"
        anomalies.append(Anomaly("WIRE.DATA_SET", DATA_SET_TYPE, 0, text, "PS3.7 E.1"))
    held = data_set if isinstance(data_set, BytesIO) else BytesIO(data_set)
    if layout.data_set_keyword is None:
        return held.getvalue()
    values[layout.data_set_keyword] = held
    return None
