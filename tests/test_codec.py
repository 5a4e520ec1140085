"""Which bytes are read strictly, and which layouts are kept: the limits, one step to either side."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from pydicom.tag import BaseTag
from pydicom.uid import UID

import dimse
from dimse import DICTIONARY, SERVICES, Codec, DecodeError, ParameterError
from dimse.command_set import join, split
from dimse.message import load_straight_lines
from dimse.shape import GROUP_LENGTHS, MOST_ALIKE, MOST_CACHED, MOST_LEARNT, Cache, Unfit, element_writer, even, header
from dimse.strict import element_reader, read_tags, read_uid, tag_list, uid_value

PRINTABLE = bytes(range(0x21, 0x7F)).replace(b"\\", b"")


def codec() -> Codec:
    return Codec(DICTIONARY, SERVICES)


def get(**values: Any) -> dimse.N_GET_RQ:
    usual = {"MessageID": 1, "RequestedSOPClassUID": "1.2", "RequestedSOPInstanceUID": "1.3"}
    return dimse.N_GET_RQ(**usual | values)


def reader(keyword: str) -> Callable[[bytes], Any]:
    found = element_reader(DICTIONARY.by_keyword[keyword])
    assert found is not None
    return found


# Single values


@pytest.mark.parametrize(
    ("keyword", "raw", "value"),
    [
        ("AffectedSOPClassUID", b"1.2.840.10008.1.1\0", "1.2.840.10008.1.1"),
        ("AffectedSOPInstanceUID", b"1.20", "1.20"),
        ("AffectedSOPInstanceUID", b"0\0", "0"),
        ("AffectedSOPInstanceUID", b"0.0.10\0\0"[:6], "0.0.10"),
        ("AffectedSOPInstanceUID", b"1" * 64, "1" * 64),
        ("MoveDestination", b"STORESCP", "STORESCP"),
        ("MoveDestination", b"A ", "A"),
        ("MoveDestination", b"A B ", "A B"),
        ("MoveDestination", b"X" * 16, "X" * 16),
        ("ErrorComment", b"a ", "a"),
        ("ErrorComment", b"ab", "ab"),
        ("ErrorComment", b"a b ", "a b"),
        ("ErrorComment", PRINTABLE[:64], PRINTABLE[:64].decode()),
        ("ErrorComment", PRINTABLE[64:] + b"!", PRINTABLE[64:].decode() + "!"),
        ("ErrorComment", b"x" * 64, "x" * 64),
        ("OffendingElement", b"\x10\0\x20\0\xff\xfe\xfe\xff", [0x0010_0020, 0xFEFF_FFFE]),
        ("OffendingElement", b"\1\0\2\0" * 8192, [0x0001_0002] * 8192),
        ("Priority", b"\2\0", 2),
    ],
)
def test_canonical(keyword: str, raw: bytes, value: Any) -> None:
    """The bytes that we would write ourselves are read, up to the limits of the VR."""
    raw = raw if len(raw) % 2 == 0 else raw + b" "
    found = reader(keyword)(raw)
    assert found == value
    if keyword.endswith("UID"):
        assert type(found) is UID
    if isinstance(found, list):
        assert {type(tag) for tag in found} == {BaseTag}


@pytest.mark.parametrize(
    ("keyword", "raw"),
    [
        *(
            ("AffectedSOPInstanceUID", raw)
            for raw in (b"", b"\0\0", b"1.2\0\0\0", b"1.2 ", b" 1.2", b"1.02", b"1..2", b"1." * 2)
        ),
        ("AffectedSOPInstanceUID", b"1" * 66),
        *(("AffectedSOPClassUID", raw) for raw in (b"1.2 ", b"1.x\0", b"1" * 66)),
        *(("MoveDestination", raw) for raw in (b"", b"  ", b" A", b"A  ", b"A\0", b"A\\", b"A\xe9", b"X" * 18)),
        *(("ErrorComment", raw) for raw in (b"", b"  ", b" a", b"a  ", b"a\0", b"a\\", b"a\n", b"a\xe9", b"x" * 66)),
        *(("OffendingElement", raw) for raw in (b"", b"\1\0", bytes(6), bytes(4 * 8193))),
        *(("Priority", raw) for raw in (b"\3\0", b"\0\1", b"", b"\2\0\2\0")),
        *(("CommandGroupLength", raw) for raw in (b"", b"\1\0", bytes(8))),
    ],
)
def test_not_canonical(keyword: str, raw: bytes) -> None:
    """All other bytes are left to the lenient reader."""
    with pytest.raises((Unfit, KeyError)):
        reader(keyword)(raw)


def test_plain_numbers() -> None:
    """A number that may be any needs no reader; one that is a UL is read as such."""
    assert element_reader(DICTIONARY.by_keyword["MessageID"]) is None
    assert reader("CommandGroupLength")(b"\1\0\0\1") == 0x0100_0001


def test_uids_are_pydicoms() -> None:
    """A UID is made of text without a second check, and of anything else by the VR."""
    for value in ("1.2", b"1.2", UID("1.2"), "1.2\0"):
        assert uid_value(value) == "1.2"
        assert type(uid_value(value)) is UID
    assert read_uid(b"1.2\0") == uid_value("1.2")
    assert uid_value("1" * 64) == "1" * 64
    for bad in ("1" * 65, "1.02", "", 7):
        with pytest.raises(ParameterError):
            uid_value(bad)


def test_tag_lists() -> None:
    """Numbers, pairs and keywords make tags; what is none is refused."""
    assert tag_list([0x0010_0020, (0x10, 0x20), "PatientID", BaseTag(0x0010_0020)]) == [0x0010_0020] * 4
    assert {type(tag) for tag in tag_list([1, "PatientID"])} == {BaseTag}
    assert read_tags(b"\x10\0\x20\0") == [0x0010_0020]
    for bad in (-1, 2**32, True, None):
        with pytest.raises(ParameterError):
            tag_list([bad])


@pytest.mark.parametrize(
    ("tag", "vr", "value", "raw"),
    [
        (0x0110, "US", 0x0102, "00001001 02000000 0201"),
        (0x7002, "UL", 0x8102_0304, "00000270 04000000 04030281"),
        (0x0002, "UI", "1.2", "00000200 04000000 312E3200"),
        (0x1000, "UI", "1.2", "00000010 04000000 312E3200"),
        (0x1000, "UI", "1.22", "00000010 04000000 312E3232"),
        (0x0600, "AE", "A", "00000006 02000000 4120"),
        (0x0902, "LO", "abc", "00000209 04000000 61626320"),
        (0x0902, "LO", "", "00000209 00000000"),
        (0x0902, "LO", "x" * 300, "00000209 2C010000" + "78" * 300),
        (0x0901, "AT", [0x0102_0304, 5], "00000109 08000000 02010403 00000500"),
        (0x7777_0901, "US", 1, "77770109 02000000 0100"),
        (0xFFFE_FF01, "US", 1, "FEFF01FF 02000000 0100"),
    ],
)
def test_an_element_is_written(tag: int, vr: str, value: Any, raw: str) -> None:
    """Tag, Value Length and value, Little Endian and padded; the same as the general writer joins."""
    write = element_writer(tag, vr)
    assert write(value) == bytes.fromhex(raw)
    assert write(value) == bytes.fromhex(raw)
    assert header(tag, len(bytes.fromhex(raw)) - 8) == bytes.fromhex(raw)[:8]


def test_padding() -> None:
    """Text of odd length gets one character more."""
    assert (even("abc", b" "), even("ab", b" "), even("", b" ")) == (b"abc ", b"ab", b"")
    assert header(0x0110) == bytes.fromhex("00001001 02000000")


def test_group_lengths() -> None:
    """Command Group Length is four bytes; none is written of more than these hold, and none belongs to fewer."""
    for length, raw in ((0, "00000000"), (0x0102, "02010000"), (2**32 - 1, "FFFFFFFF")):
        assert GROUP_LENGTHS[length] == bytes.fromhex("00000000 04000000" + raw)
    assert [GROUP_LENGTHS[length] for length in (-1, 2**32)] == [b"", b""]


# Caches and layouts


def test_a_cache_makes_and_forgets() -> None:
    """What is lacking is made once; at the bound everything is forgotten, and the newest kept."""
    made: list[int] = []

    def make(key: int) -> int:
        made.append(key)
        return -key

    cache = Cache(make)
    assert [cache[1], cache[1]] == [-1, -1]
    assert made == [1]
    for key in range(1, MOST_CACHED + 1):
        assert cache[key] == -key
    assert (len(cache), len(made)) == (MOST_CACHED, MOST_CACHED)
    assert cache[0] == 0
    assert dict(cache) == {0: 0}
    assert MOST_CACHED == 1024


def straight(reader: Codec, wire: bytes) -> bool:
    """Whether the layout of a Command Set is known."""
    number = int.from_bytes(wire)
    return any(number & mask == constant for mask, constant, *_ in reader._by_length.get(len(wire), ()))


def test_layouts_of_short_command_sets_are_kept() -> None:
    """A layout is kept of up to 1024 bytes, and of no more."""
    assert MOST_LEARNT == 1024
    warm = codec()
    for tags in range(230, 240):
        wire = get(AttributeIdentifierList=[1] * tags).encode()
        warm.decode(wire)
        assert straight(warm, wire) == (len(wire) <= 1024)
    fits = get(RequestedSOPInstanceUID="1." + "1" * 8, AttributeIdentifierList=[1] * 229).encode()
    for size in (1022, 1024, 1026):
        uid = "1." + "1" * (8 + size - len(fits))
        wire = get(RequestedSOPInstanceUID=uid, AttributeIdentifierList=[1] * 229).encode()
        assert len(wire) == size
        warm.decode(wire)
        assert straight(warm, wire) == (size <= 1024)


def test_few_layouts_of_one_length_are_kept() -> None:
    """Eight layouts of one length are kept; the ninth is read without."""
    assert MOST_ALIKE == 8
    warm = codec()
    wires = [get(RequestedSOPClassUID=f"1.2.{number}").encode() for number in range(1, 10)]
    assert len({len(wire) for wire in wires}) == 1
    for wire in wires:
        assert warm.decode(wire).encode() == wire
    assert [straight(warm, wire) for wire in wires] == [True] * 8 + [False]


def test_layouts_are_forgotten_at_the_bound() -> None:
    """1024 layouts are kept; with one more, all but the newest are forgotten, and so again."""
    warm = codec()
    wires = [
        get(RequestedSOPInstanceUID="1." + "2" * size, AttributeIdentifierList=[1] * tags).encode()
        for size in range(2, 62, 2)
        for tags in range(1, 200, 2)
    ]
    kept = forgotten = 0
    for wire in wires:
        known = straight(warm, wire)
        full = len(warm._by_length.get(len(wire), ())) >= MOST_ALIKE
        warm.decode(wire)
        if not known and not full:
            forgotten += kept == MOST_CACHED
            kept = kept % MOST_CACHED + 1
        assert sum(map(len, warm._by_length.values())) == kept
        if forgotten == 2:
            break
    else:
        pytest.fail("too few layouts")


# Its elements have no straight lines.
FAILED = dimse.N_GET_RSP(MessageIDBeingRespondedTo=1, Status=0x0110, ErrorComment="odd", AffectedSOPClassUID="1.2")


def test_a_layout_is_of_one_sop_class() -> None:
    """A SOP Class UID that a Command Set begins with is constant in its layout, whoever laid it out."""
    for message in (FAILED, get()):
        warm = codec()
        wire = message.encode()
        warm.decode(wire)
        assert straight(warm, wire)
        assert not straight(warm, wire.replace(b"1.2\0", b"1.4\0", 1))


def test_a_layout_is_the_same_without_straight_lines() -> None:
    """Which elements are constant: straight lines and the loop for elements that have none agree on it."""
    warm = codec()
    for service in SERVICES:
        for message in service.MESSAGES.values():
            load_straight_lines(message)
            for shape in message.SHAPES:
                warm._make_readers()
                same = warm._any_shape(message, shape.tags[1:])
                assert (same.tags, list(map(bool, same.varying))) == (shape.tags, list(map(bool, shape.varying)))
                assert {*same.varying, *shape.varying} <= {"", "H", "s"}


MOVE = dimse.C_MOVE_RQ(MessageID=7, AffectedSOPClassUID="1.2", Priority=0, MoveDestination="STORESCP", Identifier=b"")


@pytest.mark.parametrize("warmed", [False, True])
def test_a_layout_is_left_where_a_value_does_not_fit(warmed: bool) -> None:
    """A value that is not canonical, in a layout that is known, is read as by a decoder that knows none."""
    reader = codec()
    if warmed:
        reader.decode(MOVE.encode())
    wire = MOVE.encode().replace(b"STORESCP", b"STORE\0\0\0")
    found = reader.decode(wire)
    assert found.MoveDestination == "STORE"  # type: ignore[attr-defined]
    assert [anomaly.rule for anomaly in found.anomalies] == ["WIRE.PADDING"]
    wire = MOVE.encode().replace(bytes.fromhex("00000007 02000000 0000"), bytes.fromhex("00000007 02000000 0300"))
    assert [anomaly.rule for anomaly in reader.decode(wire).anomalies] == ["WIRE.VALUE"]


# The path of legal Command Sets


def without(wire: bytes, *tags: int) -> list[tuple[int, bytes]]:
    return [(e.tag, e.value) for e in split(wire)[0] if e.tag not in (0, *tags)]


WIRE = MOVE.encode()
NOT_LEGAL = {
    "nothing": b"",
    "too short": WIRE[:11],
    "group length alone": join([]),
    "group length wrong": WIRE[:8] + b"\0" + WIRE[9:],
    "no Command Field": join(without(WIRE, 0x0100)),
    "no Command Data Set Type": join(without(WIRE, 0x0800)),
    "unknown Command Field": join([*without(WIRE, 0x0100), (0x0100, b"\xcd\x0a")]),
    "an element of another message": join([*without(WIRE), (0x1002, b"\1\0")]),
    "a retired element": join([*without(WIRE), (0x0200, b"A ")]),
    "an unknown element": join([*without(WIRE), (0x7011, b"A ")]),
    "an element of another group": join([*without(WIRE), (0x0010_0110, b"A ")]),
    "a number of four bytes": join([*without(WIRE, 0x0110), (0x0110, bytes(4))]),
    "a number without bytes": join([*without(WIRE, 0x0110), (0x0110, b"")]),
    "an element twice": join([*without(WIRE), (0x0110, b"\7\0")]),
    "odd length": join([*without(WIRE, 0x0600), (0x0600, b"ABC")]),
    "cut short": WIRE[:8] + bytes([WIRE[8] - 1]) + WIRE[9:-1],
    "cut in a header": join(without(WIRE)[:-1])[:8] + b"\x40" + join(without(WIRE)[:-1])[9:] + bytes(4),
}


@pytest.mark.parametrize("wire", NOT_LEGAL.values(), ids=NOT_LEGAL)
def test_not_legal(wire: bytes) -> None:
    """What is odd in any way is left to the lenient reader, by a decoder that has seen much as by one that has not."""
    for reader in (codec(), dimse.Codec(DICTIONARY, SERVICES)):
        assert reader._read_legal(wire) is None
        reader.decode(WIRE)
        assert reader._read_legal(wire) is None
        assert not straight(reader, wire)


def test_out_of_order_is_not_legal() -> None:
    """Elements that do not increase are left to the lenient reader."""
    first, *others = [(tag, value) for tag, value in without(WIRE) if tag != 0x0002]
    body = b"".join(header(tag, len(value)) + value for tag, value in (*others, first))
    assert codec()._read_legal(header(0, 4) + len(body).to_bytes(4, "little") + body) is None


def test_a_legal_command_set_needs_no_lenient_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever fields are there, in values that we would write: read without it, the second time by its layout."""
    reader = codec()
    lenient = reader._lenient
    monkeypatch.setattr(reader, "_lenient", None)
    for values in ({}, {"AttributeIdentifierList": [1, 2]}, {"RequestedSOPClassUID": "1.2.3.45"}):
        wire = get(**values).encode()
        expected = lenient.read(wire, None)
        for known in (False, True):
            assert straight(reader, wire) is known
            found = reader.decode(wire)
            assert (found, found.received) == (expected, expected.received)
            assert type(found) is dimse.N_GET
    bare = join(without(FAILED.encode(), 0x0002))
    for wire in (FAILED.encode(), bare):
        expected = lenient.read(wire, None)
        for _ in range(2):
            found = reader.decode(wire)
            assert (found, found.received) == (expected, expected.received)
            assert type(found.AffectedSOPClassUID) is type(expected.AffectedSOPClassUID)  # type: ignore[attr-defined]


@pytest.mark.parametrize("warmed", [False, True])
def test_a_data_set_is_handed_over(warmed: bool) -> None:
    """An announced Data Set is held, a stream as it is; one that has no place is kept and remarked upon."""
    reader = codec()
    if warmed:
        reader.decode(WIRE)
        reader.decode(get().encode())
    stream = BytesIO(b"ab")
    assert reader.decode(WIRE, stream).Identifier is stream  # type: ignore[attr-defined]
    assert reader.decode(WIRE, b"ab").Identifier.getvalue() == b"ab"  # type: ignore[attr-defined]
    assert reader.decode(WIRE).Identifier is None  # type: ignore[attr-defined]
    found = reader.decode(get().encode(), b"ab").received
    assert found is not None
    assert found.unplaced_data_set == b"ab"
    assert [anomaly.rule for anomaly in found.anomalies] == ["WIRE.DATA_SET"]
    announced = get().encode().replace(bytes.fromhex("00000008 02000000 0101"), bytes.fromhex("00000008 02000000 0100"))
    found = reader.decode(announced, b"ab").received
    assert found is not None
    assert (found.unplaced_data_set, found.anomalies) == (b"ab", ())


@pytest.mark.parametrize(
    "message", [MOVE, get(), dimse.N_GET_RSP(MessageIDBeingRespondedTo=1, Status=1, ErrorComment="odd")]
)
def test_a_known_layout_is_read_by_it(message: dimse.Message, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second time, the elements are not looked at again; an announced Data Set is handed over all the same."""
    reader = codec()
    first = reader.decode(message.encode())
    monkeypatch.setattr(reader, "_read_legal", None)
    monkeypatch.setattr(reader, "_lenient", None)
    again = reader.decode(message.encode())
    assert (again, again.received) == (first, first.received)
    if message is MOVE:
        assert reader.decode(WIRE, b"ab").Identifier.getvalue() == b"ab"  # type: ignore[attr-defined]


def test_an_odd_command_set_keeps_its_data_set() -> None:
    """A Data Set stays where it belongs, however odd the Command Set."""
    odd = join([*without(WIRE), (0x7011, b"")])
    assert codec().decode(odd, b"ab").Identifier.getvalue() == b"ab"  # type: ignore[attr-defined]


def test_nothing_is_no_command_set() -> None:
    """No bytes are a DecodeError for a decoder that has seen much, too."""
    reader = codec()
    reader.decode(WIRE)
    with pytest.raises(DecodeError):
        reader.decode(b"")
