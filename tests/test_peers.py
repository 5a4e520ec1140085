"""The same values, the same bytes: what we encode against what pynetdicom and pydicom encode.

pydicom is asked for every filling of every message; pynetdicom for those whose fields it knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any, NamedTuple

import pytest
from attrs import NOTHING, fields
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_dataset

import dimse
from dimse import DICTIONARY, Message, decode

MESSAGES: dict[str, type[Message]] = {m.NAME: m for service in dimse.SERVICES for m in service.MESSAGES.values()}
NO_PYNETDICOM = "pynetdicom is not here: `pip install pynetdicom==3.0.4` installs the release that this compares with"

# Values of each VR: odd and even lengths, the shortest and the longest, the first and the last number.
VALUES: dict[str, list[Any]] = {
    "UI": ["1.2.840.10008.1.1", "1.2.840.10008.5.1.4.1.1.2.1", "1.22", "0", "1." + "2" * 62, "2.25." + "9" * 39],
    "AE": ["STORESCP", "STORE", "A", "A" * 15, "A" * 16, "MY SCP"],
    "LO": ["bad query", "odd text.", "x", "x" * 63, "x" * 64, "[a] ~ {b}"],
    "US": [0, 1, 255, 256, 32768, 65535],
    "AT": [
        [0x0010_0010],
        [0x0008_0052, 0x0020_000D],
        [0, 0xFFFF_FFFF],
        [0x7FE0_0010],
        [0x0009_1001] * 5,
        [0x0010_0020],
    ],
    "": [b"\x08\x00\x52\x00\x00\x00\x00\x00", bytes(8), bytes(10), bytes(512), b"ab", bytearray(8)],
}
ENUMERATED = {"Priority": [0, 1, 2], "Status": [0x0000, 0xFF00, 0xFE00, 0xA801, 0xB000, 0x0110]}
FILLINGS = len(VALUES["UI"])

# Elements that a message of ours may have and one of pynetdicom 3.0.4 has not, so that its bytes lack them.
UNKNOWN_TO_PYNETDICOM: dict[str, dict[str, str]] = {
    "MessageID": {
        "C-STORE-RSP C-FIND-RSP C-GET-RSP C-MOVE-RSP C-ECHO-RSP": "U in Tables 9.1-1 to 9.1-5, in no table of 9.3"
    },
    "OffendingElement": {
        "N-GET-RSP N-SET-RSP N-ACTION-RSP N-CREATE-RSP": "C.4.1 and C.5.3: these services have Warning and Failed"
    },
    "AttributeIdentifierList": {"N-CREATE-RSP": "C.4.2, C.5.13 and C.5.17: N-CREATE has these three status types"},
}


class Filling(NamedTuple):
    """A message with values."""

    name: str
    number: int
    values: dict[str, Any]

    @property
    def message(self) -> Message:
        return MESSAGES[self.name](**self.values)

    def __str__(self) -> str:
        return f"{self.name} {self.number}"


def value(keyword: str, number: int) -> Any:
    choice = ENUMERATED.get(keyword, VALUES[DICTIONARY.by_keyword[keyword].vr])
    return choice[number % len(choice)]


def fillings() -> Iterator[Filling]:
    """Every message with all its fields six times over, with the required alone, and with one optional field each."""
    for name, message in MESSAGES.items():
        keywords = [field.name for field in fields(message)]
        optional = [field.name for field in fields(message) if field.default is not NOTHING]
        chosen = [(number, keywords) for number in range(FILLINGS)]
        least = [keyword for keyword in keywords if keyword not in optional]
        chosen += [(number, least) for number in range(FILLINGS)]
        chosen += [(number, [*least, keyword]) for keyword in optional for number in range(FILLINGS)]
        for count, (number, present) in enumerate(chosen):
            # Neighbouring fields take different values, so that lengths mix.
            filled = {keyword: value(keyword, number + 2 * keywords.index(keyword)) for keyword in present}
            yield Filling(name, count, filled)


FILLED = list(fillings())
each = pytest.mark.parametrize("filling", FILLED, ids=str)


def written_by_pydicom(command: Dataset) -> bytes:
    written = DicomBytesIO()
    written.is_little_endian = written.is_implicit_VR = True
    write_dataset(written, command)
    return written.getvalue()


def by_pydicom(filling: Filling, data_set_type: int) -> bytes:
    """The Command Set as pydicom writes it: Implicit VR Little Endian, the group length counted from its own bytes."""
    command = Dataset()
    command.CommandField = MESSAGES[filling.name].COMMAND_FIELD
    command.CommandDataSetType = data_set_type
    for keyword, given in filling.values.items():
        if DICTIONARY.by_keyword[keyword].vr:
            setattr(command, keyword, given)
    command.CommandGroupLength = len(written_by_pydicom(command))
    return written_by_pydicom(command)


def by_pynetdicom(filling: Filling) -> bytes:
    """The Command Set as pynetdicom writes it, from its own primitive to its own message to bytes."""
    messages = pytest.importorskip("pynetdicom.dimse_messages", reason=NO_PYNETDICOM)
    primitives = pytest.importorskip("pynetdicom.dimse_primitives", reason=NO_PYNETDICOM)
    dsutils = pytest.importorskip("pynetdicom.dsutils", reason=NO_PYNETDICOM)
    service = filling.name.rpartition("-")[0].replace("-", "_")
    primitive = getattr(primitives, service)()
    for keyword, given in filling.values.items():
        setattr(primitive, keyword, given if DICTIONARY.by_keyword[keyword].vr else BytesIO(given))
    message = getattr(messages, filling.name.replace("-", "_"))()
    message.primitive_to_message(primitive)
    encoded: bytes = dsutils.encode(message.command_set, True, True)
    return encoded


def unknown_to_pynetdicom(filling: Filling) -> set[str]:
    """The fields of a filling that pynetdicom's message of that name does not have."""
    return {
        keyword
        for keyword, where in UNKNOWN_TO_PYNETDICOM.items()
        for names in where
        if filling.name in names.split() and keyword in filling.values
    }


@each
def test_pydicom(filling: Filling) -> None:
    """Every message encodes to the bytes that pydicom writes for the same elements."""
    has_data_set = any(not DICTIONARY.by_keyword[keyword].vr for keyword in filling.values)
    assert filling.message.encode() == by_pydicom(filling, 0x0001 if has_data_set else 0x0101)


@each
def test_pydicom_reads(filling: Filling) -> None:
    """Pydicom reads from our bytes the values that went in."""
    wire = filling.message.encode()
    read = read_dataset(BytesIO(wire), is_implicit_VR=True, is_little_endian=True)
    assert read.CommandGroupLength == len(wire) - 12
    assert read.CommandField == MESSAGES[filling.name].COMMAND_FIELD
    for keyword, given in filling.values.items():
        if DICTIONARY.by_keyword[keyword].vr:
            found = read[keyword].value
            assert ([found] if isinstance(given, list) and len(given) == 1 else found) == given


@each
def test_pynetdicom(filling: Filling) -> None:
    """Every message encodes to the bytes of pynetdicom, which leaves out only what UNKNOWN_TO_PYNETDICOM argues."""
    theirs = by_pynetdicom(filling)
    unknown = unknown_to_pynetdicom(filling)
    ours = {keyword: given for keyword, given in filling.values.items() if keyword not in unknown}
    assert MESSAGES[filling.name](**ours).encode() == theirs
    assert (filling.message.encode() == theirs) == (not unknown)


@each
def test_decode(filling: Filling) -> None:
    """What pynetdicom encoded decodes to the primitive of the same values, with nothing odd about it."""
    primitive = decode(by_pynetdicom(filling))
    unknown = unknown_to_pynetdicom(filling)
    expected = filling.message.primitive()
    for row in primitive.TABLE:
        if row.vr:
            wanted = None if row.keyword in unknown else getattr(expected, row.keyword)
            assert getattr(primitive, row.keyword) == wanted
    assert (primitive.anomalies, primitive.residue) == ((), ())


def test_the_table_of_differences() -> None:
    """UNKNOWN_TO_PYNETDICOM is exact: pynetdicom has every field of ours but those, and no other."""
    messages = pytest.importorskip("pynetdicom.dimse_messages", reason=NO_PYNETDICOM)
    for name, message in MESSAGES.items():
        ours = {field.name for field in fields(message) if DICTIONARY.by_keyword[field.name].vr}
        theirs = set(messages._COMMAND_SET_KEYWORDS[name])
        listed = {k for k, where in UNKNOWN_TO_PYNETDICOM.items() for names in where if name in names.split()}
        assert ours - theirs == listed
        assert theirs - ours == {"CommandGroupLength", "CommandField", "CommandDataSetType"}


def test_empty_data_set() -> None:
    """An empty Data Set is one that is there: both sides announce it."""
    filling = Filling("C-FIND-RSP", 0, {"MessageIDBeingRespondedTo": 1, "Status": 0xFF00, "Identifier": b""})
    assert filling.message.encode() == by_pynetdicom(filling) == by_pydicom(filling, 0x0001)


def test_defaults() -> None:
    """Pynetdicom fills a Priority in where none was given, in a message of ours it is required."""
    values = {"MessageID": 1, "AffectedSOPClassUID": "1.2", "Identifier": b""}
    theirs = decode(by_pynetdicom(Filling("C-FIND-RQ", 0, values)))
    assert theirs.Priority == 2
    assert dimse.C_FIND(**values).encode() == theirs.encode()
    with pytest.raises(TypeError, match="Priority"):
        dimse.C_FIND_RQ(**values)  # type: ignore[call-arg]
