"""What a value of each Value Representation is: one rule a VR, for every parameter that has it.

A function named for the VR takes what a user may write and returns the value as it is kept, or raises
`ParameterTypeError` or `ParameterValueError`. It knows neither the parameter nor the matrix. pydicom is imported
when the first UID or tag is made, not before: importing it costs more than all of this package.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, TypeAlias

from dimse.errors import ParameterTypeError, ParameterValueError

if TYPE_CHECKING:
    from pydicom.tag import BaseTag
    from pydicom.uid import UID

BytesLike: TypeAlias = bytes | bytearray | memoryview
TagLike: TypeAlias = "int | str | tuple[int, int]"

MAX_US = 0xFFFF
MAX_UL = 0xFFFF_FFFF
MAX_UI = 64
MAX_AE = 16
MAX_LO = 64
MAX_SH = 16

# PS3.5 9.1: components of digits without leading zero, separated by single dots.
# Possessive, so that it never goes back: time is linear, and half of that of a pattern that could.
_UID_FORM = re.compile(r"(?:0|[1-9][0-9]*+)(?:\.(?:0|[1-9][0-9]*+))*+")
# PS3.5 6.1.3: the default repertoire is ISO-IR 6; the backslash separates values and stands in none.
_DEFAULT_REPERTOIRE = re.compile(r"[ -\[\]-~]*")


def US(value: int) -> int:
    """An unsigned short: an `int` from 0 to 65535, `bool` excluded. Source: PS3.5 section 6.2."""
    if type(value) is int and 0 <= value <= MAX_US:
        return value
    return _integer("US", value, MAX_US)


def UL(value: int) -> int:
    """An unsigned long: an `int` from 0 to 4294967295, `bool` excluded. Source: PS3.5 section 6.2."""
    return _integer("UL", value, MAX_UL)


def UI(value: str | bytes | UID) -> UID:
    """A UID of up to 64 digits and dots; `str`, `bytes` or `UID`, one trailing NUL dropped.

    Source: PS3.5 sections 6.2 and 9.1.
    """
    if isinstance(value, str) and len(value) <= MAX_UI and _UID_FORM.fullmatch(value):
        return make_uid(value)
    text = _text("UI", value, "a UID as str, bytes or pydicom UID").removesuffix("\0")
    reason = uid_fault(text)
    if reason:
        raise ParameterValueError("UI", value, reason)
    return make_uid(text)


def AE(value: str) -> str:
    """An AE title of 1 to 16 printable characters; surrounding spaces mean nothing and are dropped.

    Source: PS3.5 section 6.2.
    """
    text = _text("AE", value, "an AE title as str").strip(" ")
    reason = ae_fault(text)
    if reason:
        raise ParameterValueError("AE", value, reason)
    return text


def LO(value: str) -> str:
    """A long string of up to 64 printable characters; surrounding spaces are dropped. Source: PS3.5 section 6.2."""
    return _string("LO", value, MAX_LO)


def SH(value: str) -> str:
    """A short string of up to 16 printable characters; surrounding spaces are dropped. Source: PS3.5 section 6.2."""
    return _string("SH", value, MAX_SH)


def AT(value: TagLike | Iterable[TagLike]) -> list[BaseTag]:
    """A list of tags, each an `int`, a (group, element) pair, a keyword of PS3.6 or a pydicom tag; or one of these.

    Source: PS3.5 section 6.2.
    """
    if isinstance(value, (int, str)) or _is_pair(value):
        return [_tag(value)]
    if isinstance(value, Iterable) and not isinstance(value, (bytes, bytearray, memoryview)):
        return [make_tag(tag) if type(tag) is int and 0 <= tag <= MAX_UL else _tag(tag) for tag in value]
    raise ParameterTypeError("AT", value, "must be a tag or a list of tags")


def DATA_SET(value: BytesIO | BytesLike) -> BytesIO:
    """An encoded Data Set, as a primitive holds it: `io.BytesIO`; bytes-like is wrapped."""
    if isinstance(value, BytesIO):
        return value
    if isinstance(value, (bytes, bytearray, memoryview)):
        return BytesIO(value)
    raise ParameterTypeError("data set", value, "must be io.BytesIO or bytes-like")


def BYTES(value: BytesIO | BytesLike) -> BytesLike:
    """An encoded Data Set, as a message holds it: bytes-like; `io.BytesIO` gives all its bytes."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return value
    if isinstance(value, BytesIO):
        return value.getvalue()
    raise ParameterTypeError("data set", value, "must be bytes-like or io.BytesIO")


def make_uid(text: str) -> UID:
    """A pydicom UID of any text: the rule has been applied, and pydicom's constructor would apply its own once more."""
    uid: UID = str.__new__(_pydicom().UID, text)
    return uid


@lru_cache(maxsize=1024)
def make_tag(number: int) -> BaseTag:
    """A pydicom tag; the same tags come again and again."""
    tag: BaseTag = int.__new__(_pydicom().BaseTag, number)
    return tag


@cache
def _pydicom() -> Any:
    """The value classes of pydicom, imported when the first one is needed."""
    from types import SimpleNamespace

    from pydicom.tag import BaseTag
    from pydicom.uid import UID

    return SimpleNamespace(BaseTag=BaseTag, UID=UID)


def uid_fault(text: str) -> str:
    """What keeps `text` from being a UID, "" where nothing does. Source: PS3.5 section 9.1."""
    if len(text) > MAX_UI:
        return f"must have at most {MAX_UI} characters, has {len(text)}"
    if _UID_FORM.fullmatch(text):
        return ""
    if not text:
        return "must not be empty"
    if text.strip("0123456789.") or not text.isascii():
        return "must hold digits and dots only"
    if "" in text.split("."):
        return "must not have an empty component"
    return "must not have a component with a leading zero"


def ae_fault(text: str) -> str:
    """What keeps `text`, its padding gone, from being an AE title, "" where nothing does. Source: PS3.5 section 6.2."""
    if not text:
        return "must not be blank"
    return string_fault(text, MAX_AE)


def string_fault(text: str, most: int) -> str:
    """What keeps `text` from being a string of at most `most` characters, "" where nothing does."""
    if len(text) > most:
        return f"must have at most {most} characters, has {len(text)}"
    if not _DEFAULT_REPERTOIRE.fullmatch(text):
        return "must hold printable characters of the default repertoire, without backslash"
    return ""


def _integer(vr: str, value: object, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ParameterTypeError(vr, value, "must be an int")
    if not 0 <= value <= most:
        raise ParameterValueError(vr, value, f"must be from 0 to {most}")
    return value


def _text(vr: str, value: object, wanted: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        try:
            return value.decode("ascii")
        except UnicodeDecodeError:
            raise ParameterValueError(vr, value, "must hold ASCII characters only") from None
    raise ParameterTypeError(vr, value, f"must be {wanted}")


def _string(vr: str, value: object, most: int) -> str:
    text = _text(vr, value, "a str").strip(" ")
    reason = string_fault(text, most)
    if reason:
        raise ParameterValueError(vr, value, reason)
    return text


def _is_pair(value: object) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(type(part) is int for part in value)


def _tag(value: object) -> BaseTag:
    if isinstance(value, str):
        from pydicom.datadict import tag_for_keyword

        number = tag_for_keyword(value)
        if number is None:
            raise ParameterValueError("AT", value, "must be a keyword of the Data Dictionary (PS3.6)")
        return make_tag(number)
    if isinstance(value, tuple) and _is_pair(value):
        group, element = value
        if not (0 <= group <= MAX_US and 0 <= element <= MAX_US):
            raise ParameterValueError("AT", value, "must have a group and an element from 0000H to FFFFH")
        return make_tag(group << 16 | element)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ParameterTypeError("AT", value, "must be a tag: an int, a (group, element) pair or a keyword")
    if not 0 <= value <= MAX_UL:
        raise ParameterValueError("AT", value, "must be a tag from 00000000H to FFFFFFFFH")
    return make_tag(value)
