"""Command Sets, elements and what is said of them, word for word; the bytes are written down here."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from pydicom.uid import UID

from dimse import C_FIND, Anomaly, DecodeError, RawElement, decode
from dimse.command_set import join, split, tag_text

HEAD = "00000000 04000000"
FIELD = "00000001 02000000 2080"  # C-FIND-RSP
ANSWERS = "00002001 02000000 0100"
NO_DATA_SET = "00000008 02000000 0101"
STATUS = "00000009 02000000 0000"


def wire(*elements: str) -> bytes:
    """A Command Set of elements in hex, their group length in front."""
    body = bytes.fromhex("".join(elements))
    return bytes.fromhex(HEAD) + len(body).to_bytes(4, "little") + body


def said(data: bytes, data_set: bytes | None = None) -> list[str]:
    return [str(anomaly) for anomaly in decode(data, data_set).anomalies]


# Division into elements


def test_tags_are_printed_as_in_the_standard() -> None:
    """Group and element, four hexadecimal digits each."""
    assert tag_text(0x0012_ABCD) == "(0012,ABCD)"
    assert tag_text(0x0000_0100) == "(0000,0100)"


def test_elements_are_joined_in_order() -> None:
    """The group length first, then the elements by tag, each with its length."""
    body = bytes.fromhex("00000001 02000000 3000 01FF02EE 04000000 61626364")
    assert join([(0xFF01_EE02, b"abcd"), (0x0100, b"\x30\0")]) == wire(body.hex())
    assert join([]) == wire()
    assert split(join([(0xFF01_EE02, b"x" * 70_000)]))[0][1] == RawElement(0xFF01_EE02, 12, b"x" * 70_000)


def test_command_data_set_type() -> None:
    """0101H where no Data Set follows (E.1); where one does, 0001H, as other programs write it."""
    found = C_FIND(MessageIDBeingRespondedTo=1, Status=0xFF00)
    assert found.encode("response") == wire(FIELD, ANSWERS, NO_DATA_SET, "00000009 02000000 00FF")
    found.Identifier = b"ab"
    assert found.encode("response") == wire(FIELD, ANSWERS, "00000008 02000000 0100", "00000009 02000000 00FF")


@pytest.mark.parametrize("vr", ["AE", "AT", "CS", "IS", "LO", "LT", "SH", "UI", "UL", "US"])
def test_explicit_vr(vr: str) -> None:
    """A Command Set in Explicit VR is divided, whatever VR comes first; lengths have two bytes."""
    first = bytes.fromhex("00010002") + vr.encode() + b"\4\0abcd"
    large = bytes.fromhex("00010003") + b"LT" + b"\x00\x80" + bytes(0x8000)
    elements, (explicit, *_) = split(first + large)
    assert elements == [RawElement(0x0100_0200, 0, b"abcd"), RawElement(0x0100_0300, 12, bytes(0x8000))]
    text = "the Command Set is in Explicit VR; it is read, and shall be Implicit VR Little Endian"
    assert explicit == Anomaly("WIRE.EXPLICIT_VR", None, 0, text, "PS3.7 6.3.1")


def test_explicit_vr_of_long_values() -> None:
    """UN has a Value Length of four bytes behind two reserved ones."""
    value = bytes(70_000)
    data = bytes.fromhex("01000200") + b"UN\0\0" + len(value).to_bytes(4, "little") + value
    assert split(data)[0] == [RawElement(0x0001_0002, 0, value)]
    assert split(bytes.fromhex("01000200") + b"UN\0\0" + bytes(4))[0] == [RawElement(0x0001_0002, 0, b"")]
    with pytest.raises(DecodeError) as raised:
        split(bytes.fromhex("01000200") + b"UN\0\0\xff\xff\xff\xff")
    assert "Value Length is 4294967295" in str(raised.value)


ECHO = "00001001 02000000 0700"
UNDEFINED = "undefined length is for sequences, and a Command Set has none"


@pytest.mark.parametrize(
    ("data", "offset", "tag", "reason"),
    [
        ("", 0, None, "the Command Set is empty"),
        ("0000", 0, None, "2 bytes are left, too few for a tag and a Value Length (8)"),
        (ECHO + "00000000040000", 10, None, "7 bytes are left, too few for a tag and a Value Length (8)"),
        (ECHO + "00000001 04000000 01", 10, 0x0100, "Value Length is 4, 1 bytes are left"),
        (
            ECHO + "00000001 FFFFFFFF",
            10,
            0x0100,
            f"Value Length is 4294967295, 0 bytes are left; {UNDEFINED}",
        ),
        (
            ECHO + "00000001 00000002",
            10,
            0x0100,
            "Value Length is 33554432, 0 bytes are left; the Command Set may be Big Endian",
        ),
        (
            ECHO + "00000001 0000FFFF",
            10,
            0x0100,
            "Value Length is 4294901760, 0 bytes are left; the Command Set may be Big Endian",
        ),
        (ECHO + "00000001 00010000", 10, 0x0100, "Value Length is 256, 0 bytes are left"),
        (
            "00000001 55530200 3000 10001001 58580000",
            10,
            0x0010_0110,
            "b'XX' is no VR, in a Command Set that began in Explicit VR",
        ),
        (
            "00000001 55530200 3000 10001001 554E0000 000000",
            10,
            0x0010_0110,
            "the Command Set ends within the Value Length",
        ),
    ],
)
def test_what_cannot_be_divided(data: str, offset: int, tag: int | None, reason: str) -> None:
    """Where division stopped, at which element, and why."""
    with pytest.raises(DecodeError) as raised:
        split(bytes.fromhex(data))
    assert (raised.value.offset, raised.value.tag, raised.value.reason) == (offset, tag, reason)


def test_elements_are_counted() -> None:
    """1024 elements are read, and one more is not."""
    element = bytes.fromhex("00000072 00000000")
    assert len(split(element * 1024)[0]) == 1024
    with pytest.raises(DecodeError) as raised:
        split(element * 1025)
    facts = raised.value
    reason = "a Command Set of more than 1024 elements is not read"
    assert (facts.offset, facts.tag, facts.reason) == (8 * 1024, 0x7200, reason)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (wire(ECHO), []),
        (wire(), []),
        (
            wire(ECHO, "00001001 02000000 0900", "00000000 04000000 00000000"),
            [
                (0x0110, 22, "WIRE.REPEATED", "(0000,0110) occurs a second time", "PS3.7 6.3.1"),
                (0x0000, 32, "WIRE.REPEATED", "(0000,0000) occurs a second time", "PS3.7 6.3.1"),
            ],
        ),
        (
            wire(ECHO, "00000001 02000000 3000", "00000201 00000000"),
            [
                (0x0100, 22, "WIRE.ORDER", "(0000,0100) comes after (0000,0110); tags shall increase", "PS3.7 6.3.1"),
                (0x0102, 32, "WIRE.ORDER", "(0000,0102) comes after (0000,0110); tags shall increase", "PS3.7 6.3.1"),
            ],
        ),
        (
            wire("01000000 00000000"),
            [
                (
                    0x1_0000,
                    12,
                    "WIRE.GROUP",
                    "(0001,0000) is of group 0001; a Command Set has group 0000 alone",
                    "PS3.7 6.3.1",
                )
            ],
        ),
        (
            wire("00001001 03000000 070707"),
            [(0x0110, 12, "WIRE.ODD_LENGTH", "(0000,0110) has 3 bytes; a Value Length shall be even", "PS3.7 6.3.1")],
        ),
        (
            bytes.fromhex(ECHO),
            [(0, 0, "WIRE.GROUP_LENGTH", "Command Group Length is missing", "PS3.7 E.1")],
        ),
        (
            bytes.fromhex("00000000 02000000 0A00" + ECHO),
            [(0, 0, "WIRE.GROUP_LENGTH", "Command Group Length has 2 bytes, not 4", "PS3.7 E.1")],
        ),
        (
            bytes.fromhex("00000000 04000000 0A010000" + ECHO),
            [(0, 0, "WIRE.GROUP_LENGTH", "Command Group Length says 266 bytes, 10 follow", "PS3.7 E.1")],
        ),
        (
            bytes.fromhex(ECHO + "00000000 04000000 0A000000"),
            [
                (0, 10, "WIRE.ORDER", "(0000,0000) comes after (0000,0110); tags shall increase", "PS3.7 6.3.1"),
                (0, 10, "WIRE.GROUP_LENGTH", "Command Group Length says 10 bytes, 0 follow", "PS3.7 E.1"),
            ],
        ),
    ],
)
def test_odd_forms(data: bytes, expected: list[tuple[int, int, str, str, str]]) -> None:
    """What is odd about order, repetition, group, length and group length, and where."""
    found = split(data)[1]
    assert [(odd.tag, odd.offset, odd.rule, odd.text, odd.section) for odd in found] == expected
    assert [str(odd) for odd in found] == [f"offset {at}: {text} ({section})" for _, at, _, text, section in expected]


# Reading leniently


@pytest.mark.parametrize(
    ("elements", "reason"),
    [
        ([STATUS], (0, "Command Field is missing; it says which message this is (PS3.7 E.1)")),
        ([STATUS, "00000001 00000000"], (22, "Command Field is present without a value")),
        ([STATUS, "00000001 01000000 20"], (22, "Command Field has 1 bytes, its VR takes 2")),
        ([FIELD, "00000001 02000000 2000"], (12, "Command Field occurs twice with two values")),
        (["00000001 02000000 CD0A"], (12, "Command Field is 0ACDH, of no message (PS3.7 E.1)")),
    ],
)
def test_no_message(elements: list[str], reason: tuple[int, str]) -> None:
    """Bytes that do not say which message they are are refused at the Command Field."""
    with pytest.raises(DecodeError) as raised:
        decode(wire(*elements))
    assert (raised.value.offset, raised.value.tag, raised.value.reason) == (reason[0], 0x0100, reason[1])


USUAL = (FIELD, ANSWERS, NO_DATA_SET, STATUS)


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        (
            (*USUAL, "01000000 02000000 0000"),
            ["offset 52: (0001,0000) is of group 0001; a Command Set has group 0000 alone (PS3.7 6.3.1)"],
        ),
        ((*USUAL, "00001170 02000000 0000"), ["offset 52: (0000,7011) is in no Command Dictionary (PS3.7 E.1)"]),
        ((*USUAL, "00001051 02000000 4120"), ["offset 52: (0000,5110) Display Format is retired (PS3.7 E.2)"]),
        (
            (*USUAL, "00000209 04000000 5800 0000"),
            ["offset 52: Error Comment is padded with NULs; its VR does not allow them (PS3.5 6.2)"],
        ),
        ((FIELD, ANSWERS, STATUS), ["offset 0: Command Data Set Type is missing (PS3.7 E.1)"]),
        (
            (FIELD, ANSWERS, "00000008 00000000", STATUS),
            ["offset 32: Command Data Set Type is present without a value (PS3.7 E.1)"],
        ),
        (
            (FIELD, ANSWERS, NO_DATA_SET, "00000008 02000000 0100", STATUS),
            [
                "offset 32: Command Data Set Type occurs twice with two values (PS3.7 E.1)",
                "offset 42: (0000,0800) occurs a second time (PS3.7 6.3.1)",
            ],
        ),
        (
            (
                "00000200 04000000 312E3200",
                "00000001 02000000 0100",
                ECHO,
                "00000007 02000000 CD0A",
                "00000008 02000000 0000",
                "00000010 04000000 312E3200",
            ),
            ["offset 44: Priority is 0ACDH, one of 0000H, 0001H, 0002H may stand there (PS3.7 E.1)"],
        ),
    ],
)
def test_odd_values(elements: tuple[str, ...], expected: list[str]) -> None:
    """What is odd about an element is said with its name, its offset and the section."""
    assert said(wire(*elements)) == expected


def test_a_data_set_that_was_not_announced() -> None:
    """It is kept, and the anomaly is at the element that denied it."""
    stream = BytesIO(b"ab")
    assert decode(wire(*USUAL), stream).Identifier is stream  # type: ignore[attr-defined]
    found = decode(wire(*USUAL), b"ab")
    text = "a Data Set came with C-FIND-RSP, and Command Data Set Type says that none follows"
    assert found.anomalies == (Anomaly("WIRE.DATA_SET", 0x0800, 0, text, "PS3.7 E.1"),)
    assert found.Identifier.getvalue() == b"ab"  # type: ignore[attr-defined]


def test_anomalies_and_residue_are_in_order() -> None:
    """Whoever found them, anomalies and residue are given in the order of the bytes."""
    odd = ("00001170 02000000 0100", ANSWERS, "00001070 02000000 0000", FIELD, STATUS)
    found = decode(wire(*odd))
    assert [anomaly.offset for anomaly in found.anomalies] == sorted(anomaly.offset for anomaly in found.anomalies)
    assert [(element.tag, element.offset) for element in found.residue] == [(0x7011, 12), (0x7010, 32)]


def test_a_uid_is_pydicoms_however_it_was_read() -> None:
    """Canonical or padded otherwise, a UID has pydicom's type, and no other text has."""
    for uid in ("312E3200", "312E3220", "312E3032"):
        found: Any = decode(wire(f"00000200 04000000 {uid}", *USUAL, "00000209 02000000 6100"))
        assert type(found.AffectedSOPClassUID) is UID
        assert type(found.ErrorComment) is str


# Bytes of any type


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bytes_like(kind: type) -> None:
    """A Command Set may be any bytes-like object, odd or not."""
    for elements in (USUAL, (*USUAL, "00001170 02000000 0000")):
        data = wire(*elements)
        assert decode(kind(data)) == decode(data)
        assert decode(kind(data)).received == decode(data).received
        assert split(kind(data)) == split(data)


def test_no_bytes() -> None:
    """Anything else is a TypeError that names what came."""
    for value in ("00", 7, None, [0]):
        with pytest.raises(TypeError, match=rf"^a Command Set is bytes-like, got {type(value).__name__}$"):
            decode(value)  # type: ignore[arg-type]
