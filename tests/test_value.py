"""Values and their bytes, a table a VR: what is written, what is read back, and what is said of any other bytes."""

from __future__ import annotations

from typing import Any

import pytest
from pydicom.tag import BaseTag

from dimse.value import MOST_TAGS, MOST_TEXT, read, write

EMPTY = ("WIRE.EMPTY", "is present without a value")
BEYOND = ("WIRE.VALUE", "has bytes outside the default repertoire")
NULS = ("WIRE.PADDING", "is padded with NULs; its VR does not allow them")
SPACES = ("WIRE.PADDING", "is padded with spaces; a UID is padded with one NUL")
TWO = ("WIRE.VM", "has 2 values, its VM is 1")
BAD = "must hold printable characters of the default repertoire, without backslash"


@pytest.mark.parametrize(
    ("vr", "value", "raw"),
    [
        ("US", 0x0102, b"\2\1"),
        ("US", 0xFFFF, b"\xff\xff"),
        ("UL", 0x0102_0304, b"\4\3\2\1"),
        ("UL", 0xFFFF_FFFF, b"\xff\xff\xff\xff"),
        ("UI", "1.2", b"1.2\0"),
        ("UI", "1.22", b"1.22"),
        ("AE", "STORESCP", b"STORESCP"),
        ("AE", "A", b"A "),
        ("LO", "a b", b"a b "),
        ("SH", "ab", b"ab"),
        ("AT", [0x0102_0304, 0xFFFE_FFFF], b"\2\1\4\3\xfe\xff\xff\xff"),
    ],
)
def test_both_ways(vr: str, value: Any, raw: bytes) -> None:
    """A value has its bytes, Little Endian and padded, and the bytes are read as the value without a fault."""
    assert write(vr, value) == raw
    assert read(vr, raw) == (value, None)


@pytest.mark.parametrize("vr", ["UI", "AE", "LO", "SH"])
def test_foreign_characters_are_written_as_escapes(vr: str) -> None:
    """What a peer sent outside the default repertoire can be written again, in other words."""
    pad = b"\0" if vr == "UI" else b" "
    assert write(vr, "\xe9") == b"\\xe9"
    assert write(vr, "a\xe9") == b"a\\xe9" + pad


@pytest.mark.parametrize(
    ("vr", "raw", "value", "fault"),
    [
        ("US", b"", None, EMPTY),
        ("US", b"\1", None, ("WIRE.LENGTH", "has 1 bytes, its VR takes 2")),
        ("US", b"\1\0\2\0", None, TWO),
        ("UL", b"", None, EMPTY),
        ("UL", b"\1\0", None, ("WIRE.LENGTH", "has 2 bytes, its VR takes 4")),
        ("UL", bytes(8), None, TWO),
        ("UI", b"", None, EMPTY),
        ("UI", b"\0", None, ("WIRE.VALUE", "must not be empty")),
        ("UI", b"1.2 ", "1.2", SPACES),
        ("UI", b" 1.2", "1.2", SPACES),
        ("UI", b"1.2\0\0\0", "1.2", NULS),
        ("UI", b"1.02", "1.02", ("WIRE.VALUE", "must not have a component with a leading zero")),
        ("UI", b"1.2\\1.3\0", None, TWO),
        ("UI", b"1.\xe9\0", "1.\\xe9", BEYOND),
        ("AE", b"  ", None, ("WIRE.VALUE", "must not be blank")),
        ("AE", b" A", "A", None),
        ("AE", b"X X", "X X", None),
        ("AE", b"A\0", "A", NULS),
        ("AE", b"XAX \0\0", "XAX", NULS),
        ("AE", b"A\t", "A\t", ("WIRE.VALUE", BAD)),
        ("AE", b"A\\B ", None, TWO),
        ("AE", b"x" * 18, "x" * 18, ("WIRE.VALUE", "must have at most 16 characters, has 18")),
        ("AE", b"\xe9\0", "\\xe9\0", BEYOND),
        ("LO", b"", "", EMPTY),
        ("LO", b"  ", "", None),
        ("LO", b"\0\0", "", NULS),
        ("LO", b"X ", "X", None),
        ("LO", b"A\0", "A", NULS),
        ("LO", b"x" * 64, "x" * 64, None),
        ("LO", b"x" * 66, "x" * 66, ("WIRE.VALUE", "must have at most 64 characters, has 66")),
        ("LO", b"x" * 66 + b"\0\0", "x" * 66, ("WIRE.VALUE", "must have at most 64 characters, has 66")),
        ("LO", b"a\\b\\c ", None, ("WIRE.VM", "has 3 values, its VM is 1")),
        ("LO", b"\xe9" * 80, "\\xe9" * 80, BEYOND),
        ("LO", bytes(1026), "", ("WIRE.VALUE", "has 1026 bytes, far beyond its VR")),
        ("SH", b"x" * 16, "x" * 16, None),
        ("SH", b"x" * 18, "x" * 18, ("WIRE.VALUE", "must have at most 16 characters, has 18")),
        ("AT", b"", [], EMPTY),
        ("AT", b"\1\0", None, ("WIRE.LENGTH", "has 2 bytes, not a multiple of 4")),
    ],
)
def test_odd_bytes(vr: str, raw: bytes, value: Any, fault: tuple[str, str] | None) -> None:
    """Whatever the bytes, what can be trusted of them is the value, and the worst that is wrong is named."""
    assert read(vr, raw) == (value, fault)


@pytest.mark.parametrize("vr", ["UI", "AE", "LO", "SH"])
def test_text_is_read_up_to_a_bound(vr: str) -> None:
    """1024 bytes are read as text, and found too long; more are none."""
    assert MOST_TEXT == 1024
    assert read(vr, b"1" * 1024)[0] == "1" * 1024
    assert read(vr, b"1" * 1025) == (None, ("WIRE.VALUE", "has 1025 bytes, far beyond its VR"))


def test_tags_are_read_up_to_a_bound() -> None:
    """8192 tags are read, each pydicom's; of more, none is."""
    assert MOST_TAGS == 8192
    tags, fault = read("AT", b"\x10\0\x20\0" * 8192)
    assert (tags, fault) == ([0x0010_0020] * 8192, None)
    assert {type(tag) for tag in tags} == {BaseTag}
    said = ("WIRE.VM", "has 8193 tags, 8192 are read at most")
    assert read("AT", bytes(4 * 8193)) == (None, said)
