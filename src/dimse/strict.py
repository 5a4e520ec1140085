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
from dimse.shape import Cache, Unfit, even
from dimse.value import read, write
from dimse.vr import AE, MAX_UI, UI, ae_fault, make_tag

# The form of `dimse.vr`, possessive: a UID is read without going back.
_UID_FORM = re.compile(rb"(?:0|[1-9][0-9]*+)(?:\.(?:0|[1-9][0-9]*+))*+").fullmatch


def read_uid(raw: bytes) -> UID:
    """A UID in its canonical bytes.

    Raises:
        Unfit: it is none.
    """
    if len(raw) <= MAX_UI and _UID_FORM(raw):
        return str.__new__(UID, raw, "ascii") if raw[:14] != _REGISTERED else UIDS[raw]
    bare = raw[:-1]
    if raw[-1:] == b"\0" and len(bare) % 2 and len(bare) <= MAX_UI and _UID_FORM(bare):
        return str.__new__(UID, bare, "ascii")
    raise Unfit


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


# UIDs that DICOM has registered, SOP Classes and well-known SOP Instances, are few and come again; others do not.
_REGISTERED = b"1.2.840.10008."
UIDS: Cache[bytes, UID] = Cache(lambda raw: str.__new__(UID, raw, "ascii"))
# SOP Class UIDs are few and come again; SOP Instance UIDs do not.
_CLASS_UIDS = (0x0000_0002, 0x0000_0003)
TITLES: Cache[bytes, str] = Cache(_title)
_TAG_LISTS: Cache[int, Callable[[bytes], tuple[int, ...]]] = Cache(lambda size: struct.Struct(f"<{size // 4}I").unpack)
# Tags by their four bytes, read as one Little Endian number.
_TAGS: Cache[int, BaseTag] = Cache(_tag)
AE_VALUES: Cache[str, str] = Cache(AE)
UI_VALUES: Cache[str | bytes, UID] = Cache(UI)


def read_tags(raw: bytes) -> list[BaseTag]:
    """A list of tags in its bytes."""
    return [_TAGS[swapped] for swapped in _TAG_LISTS[len(raw)](raw)]


def element_reader(element: Element) -> Callable[[bytes], Any] | None:
    """What reads the canonical bytes of an element, raising `Unfit` for all others; None for a plain US."""
    if element.vr == "US":
        return partial(_read_one_of, element.values) if element.values else None
    if element.vr == "AE":
        return TITLES.__getitem__
    if element.vr == "UI":
        return Cache(read_uid).__getitem__ if element.tag in _CLASS_UIDS else read_uid
    return partial(_read_canonical, element.vr)


def _read_one_of(values: tuple[int, ...], raw: bytes) -> int:
    value = int.from_bytes(raw, "little")
    if len(raw) != 2 or value not in values:
        raise Unfit
    return value


def _read_canonical(vr: str, raw: bytes) -> Any:
    value, fault = read(vr, raw)
    if fault or write(vr, value) != raw:
        raise Unfit
    return value
