"""Command Sets in bytes, for test vectors: by other means than the runtime's, which these vectors test.

Source: PS3.7 6.3.1, PS3.5 6.2, PS3.8 9.3.5 and E.2.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from dimse_codegen.model import Dictionary

# What stands in a parameter: a number, a text, tags; bytes stand for themselves.
Value: TypeAlias = "int | str | list[int] | bytes"

NO_DATA_SET, DATA_SET_FOLLOWS = 0x0101, 0x0001
_COMMAND, _LAST = 1, 2


def element(tag: int, value: bytes) -> bytes:
    """An element, Implicit VR Little Endian."""
    return struct.pack("<HHI", tag >> 16, tag & 0xFFFF, len(value)) + value


def with_group_length(elements: bytes) -> bytes:
    """A Command Set: its length, then its elements."""
    return element(0, struct.pack("<I", len(elements))) + elements


class Encoder:
    """Writes the messages of a Command Dictionary."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._elements = {str(each.keyword): (each.tag, str(each.vr)) for each in dictionary.elements}

    def command(self, command_field: int, values: Mapping[str, Value], data_set_type: int | None) -> bytes:
        """The Command Set of a message; without Command Data Set Type where that is None."""
        own: dict[str, Value] = {"CommandField": command_field}
        if data_set_type is not None:
            own["CommandDataSetType"] = data_set_type
        elements = {self.tag(keyword): self.value(keyword, value) for keyword, value in {**values, **own}.items()}
        return with_group_length(b"".join(element(tag, value) for tag, value in sorted(elements.items())))

    def tag(self, keyword: str) -> int:
        """The tag of a parameter."""
        return self._elements[keyword][0]

    def vr(self, keyword: str) -> str:
        """The VR of a parameter, "" for a Data Set."""
        return self._elements[keyword][1] if keyword in self._elements else ""

    def value(self, keyword: str, value: Any) -> bytes:
        """The Value Field of a parameter, padded to an even length."""
        if isinstance(value, bytes):
            return value
        if isinstance(value, int):
            return struct.pack("<I" if self.vr(keyword) == "UL" else "<H", value)
        if isinstance(value, list):
            return b"".join(struct.pack("<HH", tag >> 16, tag & 0xFFFF) for tag in value)
        raw: bytes = value.encode("ascii")
        return raw + (b"\0" if self.vr(keyword) == "UI" else b" ") * (len(raw) % 2)


def pdv(context: int, data: bytes, *, command: bool, last: bool = True, reserved: int = 0) -> bytes:
    """A Presentation Data Value item."""
    control = reserved | _COMMAND * command | _LAST * last
    return struct.pack(">IBB", len(data) + 2, context, control) + data


def pdu(items: Iterable[bytes]) -> bytes:
    """A P-DATA-TF PDU."""
    data = b"".join(items)
    return struct.pack(">BxI", 4, len(data)) + data
