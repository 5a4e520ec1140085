"""Values and their bytes, one pair a VR: Little Endian, padded to even length.

Writing takes values that `dimse.vr` has let through. Reading takes any bytes: it answers with the value, or None where
the bytes hold none that can be trusted, and with what is wrong. Source: PS3.5 sections 6.2 and 9.1.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, TypeAlias

from dimse.vr import MAX_LO, MAX_SH, ae_fault, make_tag, string_fault, uid_fault

# What is wrong with a value: rule ID and words; None where nothing is.
Fault: TypeAlias = "tuple[str, str] | None"

# Beyond these a value is kept as bytes and not turned into text or tags, which would cost many times as much. PS3.6 has
# some 5000 tags.
MOST_TEXT = 1024
MOST_TAGS = 8192

_US = struct.Struct("<H")
_UL = struct.Struct("<I")
_AT = struct.Struct("<HH")


def write(vr: str, value: Any) -> bytes:
    """The Value Field of `value`, an even number of bytes."""
    return _WRITERS[vr](value)


def read(vr: str, raw: bytes) -> tuple[Any, Fault]:
    """The value of a Value Field and what is wrong with it."""
    return _READERS[vr](raw)


def _write_us(value: int) -> bytes:
    return _US.pack(value)


def _write_ul(value: int) -> bytes:
    return _UL.pack(value)


def _write_uid(value: str) -> bytes:
    raw = value.encode("ascii", "backslashreplace")
    return raw + b"\0" if len(raw) % 2 else raw


def _write_text(value: str) -> bytes:
    raw = value.encode("ascii", "backslashreplace")
    return raw + b" " if len(raw) % 2 else raw


def _write_tags(value: list[int]) -> bytes:
    return b"".join(_AT.pack(tag >> 16, tag & 0xFFFF) for tag in value)


def _read_number(layout: struct.Struct, raw: bytes) -> tuple[int | None, Fault]:
    if len(raw) == layout.size:
        return layout.unpack(raw)[0], None
    if not raw:
        return None, ("WIRE.EMPTY", "is present without a value")
    if len(raw) % layout.size:
        return None, ("WIRE.LENGTH", f"has {len(raw)} bytes, its VR takes {layout.size}")
    return None, ("WIRE.VM", f"has {len(raw) // layout.size} values, its VM is 1")


def _read_us(raw: bytes) -> tuple[int | None, Fault]:
    return _read_number(_US, raw)


def _read_ul(raw: bytes) -> tuple[int | None, Fault]:
    return _read_number(_UL, raw)


def _read_uid(raw: bytes) -> tuple[str | None, Fault]:
    bare = raw.removesuffix(b"\0")
    text, fault = _checked(bare, raw, uid_fault)
    if fault is None and len(text or "") < len(bare):
        return text, ("WIRE.PADDING", "is padded with spaces; a UID is padded with one NUL")
    return text, fault


def _read_ae(raw: bytes) -> tuple[str | None, Fault]:
    return _checked(raw, raw, ae_fault)


def _read_string(most: int) -> Callable[[bytes], tuple[str | None, Fault]]:
    def read_string(raw: bytes) -> tuple[str | None, Fault]:
        text, fault = _read_text(raw, raw)
        reason = string_fault(text or "", most)
        if reason and text is not None and _is_padding(fault):
            return text, ("WIRE.VALUE", reason)
        return ("" if not raw.strip(b" \0") else text), fault

    return read_string


def _checked(bare: bytes, raw: bytes, find_fault: Callable[[str], str]) -> tuple[str | None, Fault]:
    """Text and its worst fault: what breaks the VR comes before what is odd about the padding."""
    text, fault = _read_text(bare, raw)
    if text is None or not _is_padding(fault):
        return text or None, fault
    reason = find_fault(text)
    return text or None, ("WIRE.VALUE", reason) if reason else fault


def _is_padding(fault: Fault) -> bool:
    """Whether nothing worse than padding is wrong so far."""
    return fault is None or fault[0] == "WIRE.PADDING"


def _read_text(bare: bytes, raw: bytes) -> tuple[str | None, Fault]:
    """Text without surrounding spaces; None where there is no value or there are several."""
    if not raw:
        return None, ("WIRE.EMPTY", "is present without a value")
    values = raw.count(b"\\") + 1
    if values > 1:
        return None, ("WIRE.VM", f"has {values} values, its VM is 1")
    if len(raw) > MOST_TEXT:
        return None, ("WIRE.VALUE", f"has {len(raw)} bytes, far beyond its VR")
    text = bare.decode("ascii", "backslashreplace").strip(" ")
    if not raw.isascii():
        return text, ("WIRE.VALUE", "has bytes outside the default repertoire")
    if text.endswith("\0"):
        return text.rstrip(" \0"), ("WIRE.PADDING", "is padded with NULs; its VR does not allow them")
    return text, None


def _read_tags(raw: bytes) -> tuple[list[Any] | None, Fault]:
    if not raw:
        return [], ("WIRE.EMPTY", "is present without a value")
    if len(raw) % _AT.size:
        return None, ("WIRE.LENGTH", f"has {len(raw)} bytes, not a multiple of 4")
    if len(raw) > MOST_TAGS * _AT.size:
        return None, ("WIRE.VM", f"has {len(raw) // _AT.size} tags, {MOST_TAGS} are read at most")
    return [make_tag(group << 16 | element) for group, element in _AT.iter_unpack(raw)], None


_WRITERS: dict[str, Callable[[Any], bytes]] = {
    "AE": _write_text,
    "AT": _write_tags,
    "LO": _write_text,
    "SH": _write_text,
    "UI": _write_uid,
    "UL": _write_ul,
    "US": _write_us,
}
_READERS: dict[str, Callable[[bytes], tuple[Any, Fault]]] = {
    "AE": _read_ae,
    "AT": _read_tags,
    "LO": _read_string(MAX_LO),
    "SH": _read_string(MAX_SH),
    "UI": _read_uid,
    "UL": _read_ul,
    "US": _read_us,
}
