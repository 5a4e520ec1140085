"""Values of each VR, as a user may write them."""

from __future__ import annotations

import struct
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from dimse.parameter import Row
from dimse.services import DICTIONARY
from dimse.vr import MAX_AE, MAX_LO, MAX_SH, MAX_UI, MAX_UL, MAX_US

_PRINTABLE = "".join(map(chr, range(0x20, 0x7F))).replace("\\", "")


def numbers() -> SearchStrategy[int]:
    """Values of VR US, from 0 to 65535."""
    return st.integers(0, MAX_US)


def priorities() -> SearchStrategy[int]:
    """MEDIUM, HIGH and LOW. Source: PS3.7 section E.1."""
    return st.sampled_from(DICTIONARY.by_keyword["Priority"].values)


def uids() -> SearchStrategy[str]:
    """UIDs of 1 to 64 characters. Source: PS3.5 section 9.1."""
    component = st.integers(0, 10**12).map(str)
    return st.lists(component, min_size=1, max_size=20).map(lambda parts: ".".join(parts)[:MAX_UI].rstrip("."))


def ae_titles() -> SearchStrategy[str]:
    """AE titles of 1 to 16 characters, without the spaces that mean nothing."""
    return _texts(MAX_AE)


def long_strings() -> SearchStrategy[str]:
    """Values of VR LO, of 1 to 64 characters, without the spaces that mean nothing."""
    return _texts(MAX_LO)


def short_strings() -> SearchStrategy[str]:
    """Values of VR SH, of 1 to 16 characters, without the spaces that mean nothing."""
    return _texts(MAX_SH)


def tags() -> SearchStrategy[int]:
    """Tags, as numbers of group and element."""
    return st.integers(0, MAX_UL)


def tag_lists() -> SearchStrategy[list[int]]:
    """Lists of 1 to 8 tags."""
    return st.lists(tags(), min_size=1, max_size=8)


def data_sets() -> SearchStrategy[bytes]:
    """Encoded Data Sets, Implicit VR Little Endian: a few Attributes of a patient, perhaps none."""
    attributes = {tag: _texts(16) for tag in (0x0010_0010, 0x0010_0020, 0x0010_4000)}
    return st.fixed_dictionaries({}, optional=attributes).map(_data_set)


def _texts(most: int) -> SearchStrategy[str]:
    return st.text(_PRINTABLE, min_size=1, max_size=most).map(lambda text: text.strip(" ") or "A")


def _data_set(attributes: dict[int, str]) -> bytes:
    return b"".join(element(tag, even(text.encode())) for tag, text in sorted(attributes.items()))


def element(tag: int, value: bytes, form: str = "<HHI") -> bytes:
    """An element: tag, Value Length, Value Field."""
    return struct.pack(form, tag >> 16, tag & 0xFFFF, len(value)) + value


def even(value: bytes) -> bytes:
    """A Value Field of text, padded to even length."""
    return value + b" " if len(value) % 2 else value


def values_of(row: Row) -> SearchStrategy[Any]:
    """What may stand in a parameter."""
    if row.values:
        return st.sampled_from(row.values)
    return _BY_VR[row.vr]


_BY_VR: dict[str, SearchStrategy[Any]] = {
    "AE": ae_titles(),
    "AT": tag_lists(),
    "LO": long_strings(),
    "SH": short_strings(),
    "UI": uids(),
    "UL": st.integers(0, MAX_UL),
    "US": numbers(),
    "": data_sets(),
}
