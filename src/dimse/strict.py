"""Values read strictly: canonical bytes give the value, all others are `Unfit` and left to the lenient reader.

Imports pydicom, so it is itself imported when the first message is made or read, and not before.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from functools import partial
from typing import Any

from pydicom.tag import BaseTag
from pydicom.uid import UID

from dimse.parameter import Element
from dimse.shape import CLASS_UIDS, Cache, Unfit, even
from dimse.value import MOST_TAGS, read, write
from dimse.vr import AE, AT, MAX_LO, MAX_UI, UI, ae_fault, make_tag

# The form of `dimse.vr`, possessive: a UID is read without going back. The NUL is behind those of odd length.
_UID_FORM = re.compile(rb"(?:0|[1-9][0-9]*+)(?:\.(?:0|[1-9][0-9]*+))*+\0?").fullmatch

_UID_TEXT = re.compile(r"(?:0|[1-9][0-9]*+)(?:\.(?:0|[1-9][0-9]*+))*+").fullmatch
_new = str.__new__

# Text of the default repertoire, without space in front of it and with the one behind it that even length may want.
_BARE_TEXT = re.compile(rb"[!-\[\]-~](?:[ -\[\]-~]*[!-\[\]-~] ?| ?)").fullmatch
_SPACE = ord(" ")


def read_uid(raw: bytes) -> UID:
    """A UID in its canonical bytes, of even number and of a length that a legal one had.

    Raises:
        Unfit: it is none.
    """
    if _UID_FORM(raw) is None:
        raise Unfit
    return _new(UID, raw if raw[-1] else raw[:-1], "ascii")


def _read_any_uid(raw: bytes) -> UID:
    if len(raw) > MAX_UI:
        raise Unfit
    return read_uid(raw)


def uid_value(value: Any) -> UID:
    """A UID: `dimse.vr.UI`, in less time for text."""
    return _new(UID, value) if type(value) is str and len(value) <= MAX_UI and _UID_TEXT(value) else UI(value)


def tag_list(value: list[Any]) -> list[BaseTag]:
    """A list of tags: `dimse.vr.AT`, in less time for a list of numbers."""
    return [_TAG_VALUES[tag] if type(tag) is int else _one_tag(tag) for tag in value]


def _one_tag(value: Any) -> BaseTag:
    (tag,) = AT([value])
    return tag


def _title(raw: bytes) -> str:
    try:
        title = raw.decode("ascii").strip(" ")
    except UnicodeDecodeError:
        raise Unfit from None
    if ae_fault(title) or even(title, b" ") != raw:
        raise Unfit
    return title


def _tag(swapped: int) -> BaseTag:
    return make_tag((swapped & 0xFFFF) << 16 | swapped >> 16)


_TAG_VALUES: Cache[int, BaseTag] = Cache(_one_tag)
TITLES: Cache[bytes, str] = Cache(_title)
_TAG_LISTS: Cache[int, Callable[[bytes], tuple[int, ...]]] = Cache(lambda size: struct.Struct(f"<{size // 4}I").unpack)
# Tags by their four bytes, read as one Little Endian number.
_tag_of = Cache[int, BaseTag](_tag).__getitem__
AE_VALUES: Cache[str, str] = Cache(AE)
UI_VALUES: Cache[str | bytes, UID] = Cache(UI)


def read_tags(raw: bytes) -> list[BaseTag]:
    """A list of tags in its bytes."""
    return [*map(_tag_of, _TAG_LISTS[len(raw)](raw))]


def element_reader(element: Element) -> Callable[[bytes], Any] | None:
    """What reads the canonical bytes of an element, raising `Unfit` or KeyError for all others; None for a plain US."""
    if element.vr == "US":
        known = {value.to_bytes(2, "little"): value for value in element.values}
        return known.__getitem__ if known else None
    if element.vr == "LO":
        return _read_long_string
    if element.vr == "AT":
        return _read_some_tags
    if element.vr == "AE":
        return TITLES.__getitem__
    if element.vr == "UI":
        return Cache(_read_any_uid).__getitem__ if element.tag in CLASS_UIDS else _read_any_uid
    return partial(_read_canonical, element.vr)


def _read_long_string(raw: bytes) -> str:
    if len(raw) > MAX_LO or _BARE_TEXT(raw) is None:
        raise Unfit
    return raw.decode() if raw[-1] != _SPACE else raw[:-1].decode()


def _read_some_tags(raw: bytes) -> list[BaseTag]:
    if not raw or len(raw) % 4 or len(raw) > 4 * MOST_TAGS:
        raise Unfit
    return [*map(_tag_of, _TAG_LISTS[len(raw)](raw))]


def _read_canonical(vr: str, raw: bytes) -> Any:
    value, fault = read(vr, raw)
    if fault or write(vr, value) != raw:
        raise Unfit
    return value
