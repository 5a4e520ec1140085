"""Command Sets to primitives: the module that sees both the bytes and the classes.

Three paths give one answer. A Command Set laid out like one seen before is read by that layout; any other that is as
PS3.7 wants it, element by element; and whatever is odd in any way goes to the lenient reader, which says what.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from io import BytesIO
from typing import Any

from attrs import frozen

from dimse.command_set import COMMAND_FIELD, DATA_SET_TYPE, GROUP_LENGTH
from dimse.judge import Received
from dimse.lenient import LenientReader, Target
from dimse.message import Message, load_straight_lines
from dimse.parameter import Dictionary
from dimse.primitive import Primitive
from dimse.shape import CLASS_UIDS, GROUP_LENGTHS, Cache, Layouts, Shape, Unfit, received
from dimse.vr import BytesLike

_TAG_AND_LENGTH = struct.Struct("<II")
_AFTER_GROUP_LENGTH = 12
_PROTOCOL = (COMMAND_FIELD, DATA_SET_TYPE)
_number = int.from_bytes


@frozen
class _Plan:
    """What the general path makes of a message in which nothing is odd.

    Attributes:
        primitive: the class that its values fill.
        blank: makes a primitive with every parameter absent.
        shapes: by the keywords of its elements; raises `Unfit` for elements that the service does not have.
        received: what the bytes said beside the values, by Command Data Set Type.
    """

    primitive: type[Primitive[Any, Any]]
    blank: Callable[[], Any]
    shapes: Cache[tuple[str, ...], Shape]
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
        self._headers = Cache(self._header)
        self._plans: dict[int, _Plan] = {}

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
            number = _number(data)
            for mask, constant, unpack, make, uid, said in alike:
                if number & mask == constant:
                    try:
                        primitive = make(unpack(data), uid, said)
                    except (Unfit, KeyError):
                        break
                    return primitive if data_set is None else self._with_data_set(primitive, data, data_set)
        legal = self._read_legal(data)
        if legal is None:
            return self._lenient.read(data, data_set)
        return legal if data_set is None else self._with_data_set(legal, data, data_set)

    def _read_legal(self, data: bytes) -> Primitive[Any, Any] | None:
        """The primitive of a Command Set in which nothing is odd, None for any other."""
        size = len(data)
        if data[:_AFTER_GROUP_LENGTH] != GROUP_LENGTHS[size - _AFTER_GROUP_LENGTH]:
            return None
        try:
            values = self._values(data, size)
            command_field = values["CommandField"]
            said_type = values["CommandDataSetType"]
            plan = self._plans.get(command_field) or self._make_plan(command_field)
            shape = plan.shapes[tuple(values)]
        except (Unfit, LookupError, struct.error):
            return None
        said = plan.received[said_type]
        self._layouts.learn(data, shape, next(iter(values.values())), said)
        del values["CommandField"], values["CommandDataSetType"]
        primitive = plan.blank()
        for keyword, value in values.items():
            setattr(primitive, keyword, value)
        primitive._received = said
        primitive.__class__ = plan.primitive
        return primitive  # type: ignore[no-any-return]

    def _make_plan(self, command_field: int) -> _Plan:
        """How the messages of a Command Field are read, their straight lines brought in.

        Raises:
            KeyError: no message has this Command Field.
        """
        target = self._targets[command_field]
        message = target.message
        load_straight_lines(message)
        keyword_of = {tag: element.keyword for tag, element in self._dictionary.by_tag.items()}
        shapes = {tuple(keyword_of[tag] for tag in shape.tags[1:]): shape for shape in message.SHAPES}
        keywords = target.keywords | {"CommandField", "CommandDataSetType"}
        tag_of = {keyword_of[tag]: tag for tag in keyword_of}

        def shape_of(order: tuple[str, ...]) -> Shape:
            if not keywords.issuperset(order):
                raise Unfit
            tags = tuple(tag_of[keyword] for keyword in order)
            return shapes.get(order) or self._any_shape(message, tags)

        plan = _Plan(message.PRIMITIVE, message._BLANK, Cache(shape_of), received(message.ROLE))
        self._plans[command_field] = plan
        return plan

    def _any_shape(self, message: type[Message], tags: tuple[int, ...]) -> Shape:
        """The shape of elements that no straight lines are for: a loop over their values."""
        blank, primitive_class = message._BLANK, message.PRIMITIVE
        varying = [""]
        fields: list[tuple[str, Callable[[Any], Any] | None]] = []
        head = tags[0] if tags[0] in CLASS_UIDS else None
        for tag in tags:
            keyword, reader = self._readers[tag << 16]
            constant = tag == head or tag in _PROTOCOL
            varying.append("" if constant else "s" if reader else "H")
            if not constant:
                fields.append((keyword, reader))
        head_keyword = None if head is None else self._readers[head << 16][0]

        def read(values: tuple[Any, ...], uid: str, said: Received) -> Any:
            primitive = blank()
            if head_keyword is not None:
                setattr(primitive, head_keyword, uid)
            for (keyword, reader), value in zip(fields, values, strict=True):
                setattr(primitive, keyword, value if reader is None else reader(value))
            primitive._received = said
            primitive.__class__ = primitive_class
            return primitive

        return Shape((GROUP_LENGTH, *tags), tuple(varying), read)

    def _values(self, data: bytes, size: int) -> dict[str, Any]:
        """The values of all elements by keyword; raises for whatever is not canonical."""
        values: dict[str, Any] = {}
        headers = self._headers
        offset, last = _AFTER_GROUP_LENGTH, 0
        while offset < size:
            start = offset + 8
            tag, length, keyword, read = headers[data[offset:start]]
            offset = start + length
            if tag <= last:
                raise Unfit
            last = tag
            values[keyword] = data[start] | data[start + 1] << 8 if read is None else read(data[start:offset])
        if offset != size:
            raise Unfit
        return values

    def _header(self, header: bytes) -> tuple[int, int, str, Callable[[bytes], Any] | None]:
        """Tag and Value Length of an element, its keyword and what reads it; raises for what is in no legal message."""
        tag, length = _TAG_AND_LENGTH.unpack(header)
        keyword, read = (self._readers or self._make_readers())[tag]
        if length % 2 or (read is None and length != 2):
            raise Unfit
        return tag, length, keyword, read

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
