"""Shapes: Command Sets as nearly all traffic has them, written and read in one go.

A Command Set of given elements and lengths is constant but for its values. Writing it is one `Struct.pack`; reading it
is one comparison of all that is constant, one `Struct.unpack` and one object. The straight lines for each message are
generated (`services/wire_*.py`); what they share is here and, for single values, in `dimse.strict`. Whatever does not
fit is `Unfit` and takes the general path, which gives the same answer.

Caches hold SOP Class UIDs, AE titles, tags and layouts, never messages. They forget everything rather than grow beyond
a bound, so that a peer cannot fill the memory.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, overload

from attrs import frozen

from dimse.command_set import COMMAND_FIELD, GROUP_LENGTH, split
from dimse.judge import Received
from dimse.parameter import Role
from dimse.vr import MAX_UL

if TYPE_CHECKING:
    from dimse.primitive import Primitive

# SOP Class UIDs are few and come again; SOP Instance UIDs do not.
CLASS_UIDS = (0x0000_0002, 0x0000_0003)
MOST_CACHED = 1024
# Bytes of a Command Set of which the layout is kept: three UIDs, two AE titles and 64 tags fit.
MOST_LEARNT = 1024
# Layouts of one total length that are tried before the general path is taken.
MOST_ALIKE = 8

_HEADER = struct.Struct("<HHI")
_TAG = struct.Struct("<HH")
Packer: TypeAlias = Callable[..., bytes]
_KeyT = TypeVar("_KeyT")
_ValueT = TypeVar("_ValueT")


class Unfit(Exception):
    """A value that the straight lines do not take; never seen by a user."""


class Cache(dict[_KeyT, _ValueT], Generic[_KeyT, _ValueT]):
    """A dictionary that makes what it lacks, and forgets everything rather than grow beyond its bound."""

    def __init__(self, make: Callable[[_KeyT], _ValueT]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: _KeyT) -> _ValueT:
        value = self._make(key)
        if len(self) >= MOST_CACHED:
            self.clear()
        self[key] = value
        return value


# Writing


def header(tag: int, length: int = 2) -> bytes:
    """Tag and Value Length of an element."""
    return _HEADER.pack(tag >> 16, tag & 0xFFFF, length)


def headers(tag: int) -> Cache[int, bytes]:
    """The headers of an element of changing length, by length."""
    return Cache(lambda length: header(tag, length))


def titles(tag: int) -> Cache[str, bytes]:
    """Whole elements of an AE title, header and padding included, by title."""

    def element(title: str) -> bytes:
        raw = even(title, b" ")
        return header(tag, len(raw)) + raw

    return Cache(element)


def uids(tag: int) -> Cache[str, bytes]:
    """Whole elements of a UID that comes again, header and padding included, by UID."""

    def element(uid: str) -> bytes:
        raw = even(uid, b"\0")
        return header(tag, len(raw)) + raw

    return Cache(element)


def heads(tag: int, command_field: int, rest: str) -> Cache[str, tuple[bytes, Packer]]:
    """How Command Sets of constant length begin, group length included, and their packers; by SOP Class UID.

    Args:
        tag: of the UID.
        command_field: value of Command Field.
        rest: format of what follows the Command Field.
    """
    size = struct.calcsize(f"<{rest}")
    packers: Cache[int, Packer] = Cache(lambda length: struct.Struct(f"<{length}s{rest}").pack)

    def head(uid: str) -> tuple[bytes, Packer]:
        body = _head(tag, command_field, uid)
        begun = GROUP_LENGTHS[len(body) + size] + body
        return begun, packers[len(begun)]

    return Cache(head)


@overload
def open_heads(
    tag: int, command_field: int, rest: str, first: str, /
) -> Cache[str, tuple[bytes, int, Cache[int, Packer]]]: ...
@overload
def open_heads(
    tag: int, command_field: int, rest: str, first: str, second: str, /
) -> Cache[str, tuple[bytes, int, Cache[int, Cache[int, Packer]]]]: ...
@overload
def open_heads(
    tag: int, command_field: int, rest: str, first: str, second: str, third: str, /, *more: str
) -> Cache[str, tuple[bytes, int, Cache[int, Any]]]: ...
def open_heads(tag: int, command_field: int, rest: str, *between: str) -> Cache[str, tuple[bytes, int, Any]]:
    """How Command Sets of changing length begin, the length of their constant part, and their packers, by UID.

    The packers are caches within caches, a level for the length of each part that changes.

    Args:
        tag: of the UID.
        command_field: value of Command Field.
        rest: format of what follows the Command Field, up to the first part that changes.
        between: formats behind each part that changes.
    """
    size = struct.calcsize(f"<{rest}") + sum(struct.calcsize(f"<{part}") for part in between)

    packers: Cache[int, Any] = Cache(lambda length: _packers(f"<8sI{length}s{rest}", between))

    def head(uid: str) -> tuple[bytes, int, Any]:
        body = _head(tag, command_field, uid)
        return body, len(body) + size, packers[len(body)]

    return Cache(head)


def _packers(layout: str, between: tuple[str, ...]) -> Cache[int, Any]:
    if len(between) == 1:
        return Cache(lambda length: struct.Struct(f"{layout}{length}s{between[0]}").pack)
    return Cache(lambda length: _packers(f"{layout}{length}s{between[0]}", between[1:]))


def _head(tag: int, command_field: int, uid: str) -> bytes:
    raw = even(uid, b"\0")
    return header(tag, len(raw)) + raw + header(COMMAND_FIELD) + command_field.to_bytes(2, "little")


def even(text: str, pad: bytes) -> bytes:
    """Text as a Value Field, padded to even length."""
    raw = text.encode("ascii")
    return raw + pad if len(raw) % 2 else raw


def _tag_bytes(tag: int) -> bytes:
    return _TAG.pack(tag >> 16, tag & 0xFFFF)


def element_writer(tag: int, vr: str) -> Callable[[Any], bytes]:
    """What writes one element, header and all."""
    if vr == "US":
        return partial(struct.Struct("<8sH").pack, header(tag))
    if vr == "UL":
        return partial(struct.Struct("<8sI").pack, header(tag, 4))
    if vr == "AE":
        return titles(tag).__getitem__
    if vr == "UI" and tag in CLASS_UIDS:
        return uids(tag).__getitem__
    opening = headers(tag)
    pad = b"\0" if vr == "UI" else b" "

    def tags(value: Any) -> bytes:
        raw = b"".join([TAG_BYTES[+tag] for tag in value])
        return opening[len(raw)] + raw

    def text(value: Any) -> bytes:
        raw: bytes = value.encode()
        if len(raw) % 2:
            raw += pad
        return opening[len(raw)] + raw

    return tags if vr == "AT" else text


GROUP_LENGTH_HEADER = header(GROUP_LENGTH, 4)
# The Command Group Length as a whole element, by its value; of none where it is less than nothing or beyond 32 bits.
GROUP_LENGTHS: Cache[int, bytes] = Cache(
    lambda length: GROUP_LENGTH_HEADER + length.to_bytes(4, "little") if 0 <= length <= MAX_UL else b""
)
TAG_BYTES: Cache[int, bytes] = Cache(_tag_bytes)


# Reading


def twin(cls: type[Any]) -> Any:
    """A class with the layout of `cls` and none of its checks, to be filled with checked values and turned into it."""
    # CPython takes its short way to a slot only where both of these are object's own. A subclass without slots of its
    # own turns into its base without a comparison of the slots.
    plain = {"__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
    return type(cls.__name__, (cls,), {"__slots__": (), "__init__": object.__init__, **plain})


# Past a frozen class: what `object.__class__ = ...` comes to in the end.
turn_into: Callable[[Any, type[Any]], None] = vars(object)["__class__"].__set__
# One object a code: a pending status comes thousands of times.
STATUSES: Cache[int, int] = Cache(lambda code: code)


def received(role: Role) -> Cache[int, Received]:
    """What the bytes said beside the values, where nothing was odd; by Command Data Set Type."""
    return Cache(lambda data_set_type: Received(role, data_set_type))


@frozen
class Shape:
    """Elements that a message has in nearly all traffic, and the function that reads them.

    Attributes:
        tags: of the elements, in order.
        varying: how each is unpacked: "H" for a number, "s" for bytes, "" for what is constant.
        read: makes the primitive of the unpacked values, of the UID that the Command Set begins with, and of what it
            says beside the values.
    """

    tags: tuple[int, ...]
    varying: tuple[str, ...]
    read: Callable[[tuple[Any, ...], str, Received], Primitive[Any, Any]]


# Mask over all that is constant, the constants, what unpacks values and what makes a primitive, the UID, the rest said.
_Layout: TypeAlias = (
    "tuple[int, int, Callable[[bytes], tuple[Any, ...]], Callable[..., Primitive[Any, Any]], str, Received]"
)


class Layouts:
    """The layouts of Command Sets met so far: what is constant in each, and how it is read.

    Attributes:
        by_length: the layouts of each total length.
    """

    def __init__(self) -> None:
        self.by_length: dict[int, list[_Layout]] = {}
        self._count = 0

    def learn(self, data: bytes, shape: Shape, uid: str, said: Received) -> None:
        """Take in the layout of a Command Set in which nothing is odd, and which has a shape."""
        if len(data) > MOST_LEARNT or len(self.by_length.get(len(data), ())) >= MOST_ALIKE:
            return
        elements, _ = split(data)
        if self._count >= MOST_CACHED:
            self.by_length.clear()
            self._count = 0
        mask = bytearray(b"\xff" * len(data))
        layout = "<"
        for element, varying in zip(elements, shape.varying, strict=True):
            size = len(element.value)
            layout += "8x" + (f"{size}x" if not varying else "H" if varying == "H" else f"{size}s")
            if varying:
                start = element.offset + _HEADER.size
                mask[start : start + size] = bytes(size)
        masked = int.from_bytes(mask)
        constant = int.from_bytes(data) & masked
        entry = (masked, constant, struct.Struct(layout).unpack, shape.read, uid, said)
        self.by_length.setdefault(len(data), []).append(entry)
        self._count += 1
