"""Command Sets to primitives: the module that sees both the bytes and the classes.

Three paths give one answer. A Command Set laid out like one seen before is read in straight lines; any other that is as
PS3.7 wants it, element by element; and whatever is odd in any way goes to the lenient reader, which says what.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from io import BytesIO
from typing import Any

from attrs import frozen

from dimse.judge import Received
from dimse.lenient import LenientReader, Target
from dimse.message import load_straight_lines
from dimse.parameter import Dictionary
from dimse.primitive import Primitive
from dimse.shape import GROUP_LENGTH_HEADER, Cache, Layouts, Shape, Unfit, received
from dimse.vr import BytesLike

_TAG_AND_LENGTH = struct.Struct("<II")
_AFTER_GROUP_LENGTH = 12
_number = int.from_bytes


@frozen
class _Plan:
    """What the general path makes of a message in which nothing is odd.

    Attributes:
        primitive: the class that its values fill.
        keywords: of the elements that it may have.
        blank: makes a primitive with every parameter absent.
        shapes: those read in straight lines, by the keywords of their elements.
        received: what the bytes said beside the values, by Command Data Set Type.
    """

    primitive: type[Primitive[Any, Any]]
    keywords: frozenset[str]
    blank: Callable[[], Any]
    shapes: dict[tuple[str, ...], Shape]
    received: Cache[int, Received]


class Codec:
    """Decodes the messages of some services.

    Args:
        dictionary: the Command Dictionary.
        services: the primitive classes; each Command Field of their messages is known.
    """

    def __init__(self, dictionary: Dictionary, services: tuple[type[Primitive[Any, Any]], ...]) -> None:
        self._targets = {
            message.COMMAND_FIELD: Target.of(service, role, message)
            for service in services
            for role, message in service.MESSAGES.items()
            if message.PRIMITIVE is service
        }
        self._lenient = LenientReader(dictionary, self._targets)
        self._layouts = Layouts()
        self._by_length = self._layouts.by_length
        self._dictionary = dictionary
        self._readers: dict[int, tuple[str, Callable[[bytes], Any] | None]] = {}
        self._plans: dict[int | None, _Plan] = {}

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
            TypeError: not bytes-like.
            DecodeError: the bytes cannot be divided into elements, or do not say which message they are.

        Source: PS3.7 sections 6.3.1, 9.3 and 10.3.
        """
        if type(data) is not bytes:
            data = _bytes_of(data)
        alike = self._by_length.get(len(data))
        if alike is not None:
            number = _number(data, "little")
            for mask, constant, unpack, make, uid, said in alike:
                if number & mask == constant:
                    try:
                        primitive = make(unpack(data), uid, said)
                    except Unfit:
                        break
                    return primitive if data_set is None else self._with_data_set(primitive, data, data_set)
        legal = self._read_legal(data)
        if legal is None:
            return self._lenient.read(data, data_set)
        return legal if data_set is None else self._with_data_set(legal, data, data_set)

    def _read_legal(self, data: bytes) -> Primitive[Any, Any] | None:
        """The primitive of a Command Set in which nothing is odd, None for any other."""
        size = len(data)
        if size < _AFTER_GROUP_LENGTH or data[:8] != GROUP_LENGTH_HEADER:
            return None
        if int.from_bytes(data[8:_AFTER_GROUP_LENGTH], "little") != size - _AFTER_GROUP_LENGTH:
            return None
        try:
            values = self._values(data, size)
        except (Unfit, KeyError, struct.error):
            return None
        plan = self._plans.get(values.get("CommandField")) or self._make_plan(values.get("CommandField"))
        if plan is None or "CommandDataSetType" not in values or not values.keys() <= plan.keywords:
            return None
        shape = plan.shapes.get(tuple(values))
        said = plan.received[values["CommandDataSetType"]]
        if shape is not None:
            self._layouts.learn(data, shape, next(iter(values.values())), said)
        del values["CommandField"], values["CommandDataSetType"]
        primitive = plan.blank()
        for keyword, value in values.items():
            setattr(primitive, keyword, value)
        primitive._received = said
        primitive.__class__ = plan.primitive
        return primitive  # type: ignore[no-any-return]

    def _make_plan(self, command_field: int | None) -> _Plan | None:
        """How the messages of a Command Field are read, their straight lines brought in."""
        target = None if command_field is None else self._targets.get(command_field)
        if target is None or command_field is None:
            return None
        message = target.message
        load_straight_lines(message)
        keyword_of = {tag: element.keyword for tag, element in self._dictionary.by_tag.items()}
        plan = _Plan(
            message.PRIMITIVE,
            target.keywords | {"CommandField", "CommandDataSetType"},
            message._BLANK,
            {tuple(keyword_of[tag] for tag in shape.tags[1:]): shape for shape in message.SHAPES},
            received(message.ROLE),
        )
        self._plans[command_field] = plan
        return plan

    def _values(self, data: bytes, size: int) -> dict[str, Any]:
        """The values of all elements by keyword; raises for whatever is not canonical."""
        values: dict[str, Any] = {}
        readers = self._readers or self._make_readers()
        offset, last = _AFTER_GROUP_LENGTH, 0
        while offset < size:
            tag, length = _TAG_AND_LENGTH.unpack_from(data, offset)
            start = offset + 8
            offset = start + length
            if tag <= last or offset > size or length % 2:
                raise Unfit
            last = tag
            keyword, read = readers[tag]
            if read is not None:
                values[keyword] = read(data[start:offset])
            elif length == 2:
                values[keyword] = data[start] | data[start + 1] << 8
            else:
                raise Unfit
        return values

    def _make_readers(self) -> dict[int, tuple[str, Callable[[bytes], Any] | None]]:
        """Readers by tag as it stands in the bytes: group before element, read as one Little Endian number."""
        from dimse.strict import element_reader

        for tag, element in self._dictionary.by_tag.items():
            if not element.retired and not tag >> 16:
                self._readers[tag << 16] = (element.keyword, element_reader(element))
        return self._readers

    def _with_data_set(
        self, primitive: Primitive[Any, Any], data: bytes, data_set: BytesIO | BytesLike
    ) -> Primitive[Any, Any]:
        keyword = primitive._COLUMNS[primitive.role].data_set_keyword
        found = primitive.received
        if keyword is None or found is None or not found.announces_data_set:
            return self._lenient.read(data, data_set)
        held = data_set if isinstance(data_set, BytesIO) else BytesIO(data_set)
        object.__setattr__(primitive, keyword, held)
        return primitive


def _bytes_of(data: object) -> bytes:
    if not isinstance(data, bytes | bytearray | memoryview):
        raise TypeError(f"a Command Set is bytes-like, got {type(data).__name__}")
    return bytes(data)
