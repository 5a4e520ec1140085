"""What users read when a value is refused, word for word; and the checks that let None through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dimse import ParameterError, optional, vr

REPERTOIRE = "must hold printable characters of the default repertoire, without backslash"
TAG = "must be a tag: an int, a (group, element) pair or a keyword"
PAIR = "must have a group and an element from 0000H to FFFFH"


@pytest.mark.parametrize(
    ("check", "value", "text"),
    [
        (vr.US, 65536, "US must be from 0 to 65535"),
        (vr.US, True, "US must be an int"),
        (vr.UL, 2**32, "UL must be from 0 to 4294967295"),
        (vr.UL, "1", "UL must be an int"),
        (vr.UI, 7, "UI must be a UID as str, bytes or pydicom UID"),
        (vr.UI, "", "UI must not be empty"),
        (vr.UI, "1" * 65, "UI must have at most 64 characters, has 65"),
        (vr.UI, "1.a", "UI must hold digits and dots only"),
        (vr.UI, "1.X", "UI must hold digits and dots only"),
        (vr.UI, "1..2", "UI must not have an empty component"),
        (vr.UI, "1.02", "UI must not have a component with a leading zero"),
        (vr.UI, b"\xff", "UI must hold ASCII characters only"),
        (vr.AE, 7, "AE must be an AE title as str"),
        (vr.AE, " ", "AE must not be blank"),
        (vr.AE, "A" * 17, "AE must have at most 16 characters, has 17"),
        (vr.AE, "A\\B", f"AE {REPERTOIRE}"),
        (vr.AE, b"\xff", "AE must hold ASCII characters only"),
        (vr.LO, 7, "LO must be a str"),
        (vr.LO, "x" * 65, "LO must have at most 64 characters, has 65"),
        (vr.LO, "\n", f"LO {REPERTOIRE}"),
        (vr.LO, b"\xff", "LO must hold ASCII characters only"),
        (vr.SH, 7, "SH must be a str"),
        (vr.SH, "x" * 17, "SH must have at most 16 characters, has 17"),
        (vr.AT, 1.5, "AT must be a tag or a list of tags"),
        (vr.AT, [1.5], f"AT {TAG}"),
        (vr.AT, True, f"AT {TAG}"),
        (vr.AT, -1, "AT must be a tag from 00000000H to FFFFFFFFH"),
        (vr.AT, [2**32], "AT must be a tag from 00000000H to FFFFFFFFH"),
        (vr.AT, (0x1_0000, 0), f"AT {PAIR}"),
        (vr.AT, (0, 0x1_0000), f"AT {PAIR}"),
        (vr.AT, (-1, 0), f"AT {PAIR}"),
        (vr.AT, "Nobody", "AT must be a keyword of the Data Dictionary (PS3.6)"),
        (vr.DATA_SET, "a", "data set must be io.BytesIO or bytes-like"),
        (vr.BYTES, "a", "data set must be bytes-like or io.BytesIO"),
    ],
)
def test_reason(check: Callable[[Any], Any], value: Any, text: str) -> None:
    """The VR, what it wants, and what it got."""
    with pytest.raises(ParameterError) as raised:
        check(value)
    assert f"{raised.value.vr} {raised.value.reason}" == text


@pytest.mark.parametrize("pair", [(0, 0), (0, 0xFFFF), (0xFFFF, 0), (0xFFFF, 0xFFFF)])
def test_every_group_and_element_makes_a_tag(pair: tuple[int, int]) -> None:
    """The limits of group and element are in range."""
    assert vr.AT(pair) == [pair[0] << 16 | pair[1]]


def test_a_uid_of_64_characters_is_one() -> None:
    """The limit is in range, whatever the UID came in."""
    for value in ("1" * 64, b"1" * 64, "1" * 64 + "\0"):
        assert vr.UI(value) == "1" * 64


def test_only_spaces_are_dropped() -> None:
    """What surrounds a text and is no space belongs to it."""
    for check in (vr.AE, vr.LO, vr.SH):
        assert check(" X X ") == "X X"
        assert check("XAX") == "XAX"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("US", 7),
        ("UL", 7),
        ("UI", "1.2"),
        ("AE", "A"),
        ("LO", "a"),
        ("SH", "a"),
        ("AT", [0x0010_0010]),
        ("BYTES", b"a"),
    ],
)
def test_optional(name: str, value: Any) -> None:
    """None passes; everything else is the VR's to take or refuse."""
    check = getattr(optional, name)
    assert check(None) is None
    assert check(value) == value
    with pytest.raises(ParameterError):
        check(object())


def test_optional_data_set() -> None:
    """None passes; bytes are wrapped as the VR wraps them."""
    assert optional.DATA_SET(None) is None
    held = optional.DATA_SET(b"ab")
    assert held is not None
    assert held.getvalue() == b"ab"
