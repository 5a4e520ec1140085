"""Malformed Command Sets, written out by hand with what PS3.7 and PS3.5 have against each (`vectors/malformed.json`).

A vector has hex, an element a line, and either the DecodeError or the anomalies, violations and residue expected.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dimse import DICTIONARY, DecodeError, decode
from dimse.testing import MALFORMED
from dimse.value import write

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "vectors" / "malformed.json").read_text("utf-8"))
READABLE = [vector for vector in VECTORS if "error" not in vector]
UNREADABLE = [vector for vector in VECTORS if "error" in vector]
# Wrong in itself, and neither in its bytes nor in its set of parameters: not for `dimse.testing`.
JUDGED_ELSEWHERE = {"Status unknown"}


def name_of(vector: dict[str, Any]) -> str:
    return f"{vector['name']}: {vector['about']}"


def wire_of(vector: dict[str, Any]) -> bytes:
    return bytes.fromhex("".join(vector["hex"]))


def data_set_of(vector: dict[str, Any]) -> bytes | None:
    return bytes.fromhex(vector["data_set"]) if "data_set" in vector else None


def tag_of(text: str | None) -> int | None:
    return None if text is None else int(text.strip("()").replace(",", ""), 16)


def elements(wire: bytes, *, explicit: bool) -> Iterator[tuple[int, int, bytes]]:
    """Offset, tag and value of each element: divided once more, by other means than ours."""
    at = 0
    while at < len(wire):
        group, element = struct.unpack_from("<HH", wire, at)
        length = int.from_bytes(wire[at + 6 : at + 8] if explicit else wire[at + 4 : at + 8], "little")
        yield at, group << 16 | element, wire[at + 8 : at + 8 + length]
        at += 8 + length


@pytest.mark.parametrize("vector", UNREADABLE, ids=name_of)
def test_unreadable(vector: dict[str, Any]) -> None:
    """What cannot be read is a DecodeError that says where, at which element, and why."""
    with pytest.raises(DecodeError) as raised:
        decode(wire_of(vector), data_set_of(vector))
    expected = vector["error"]
    assert (raised.value.offset, raised.value.tag) == (expected["offset"], tag_of(expected["tag"]))
    assert expected["reason"] in raised.value.reason


@pytest.mark.parametrize("vector", READABLE, ids=name_of)
def test_readable(vector: dict[str, Any]) -> None:
    """What can be read is read: every anomaly, violation and left-over element is expected, and so are the values."""
    primitive = decode(wire_of(vector), data_set_of(vector))
    expected = [(anomaly["rule"], tag_of(anomaly["tag"]), anomaly["offset"]) for anomaly in vector["anomalies"]]
    assert [(anomaly.rule, anomaly.tag, anomaly.offset) for anomaly in primitive.anomalies] == expected
    assert [violation.rule for violation in primitive.violations()] == vector["violations"]
    residue = [(tag_of(element["tag"]), element["offset"]) for element in vector["residue"]]
    assert [(element.tag, element.offset) for element in primitive.residue] == residue
    for keyword, value in vector.get("values", {}).items():
        assert getattr(primitive, keyword) == value


@pytest.mark.parametrize("vector", READABLE, ids=name_of)
def test_no_byte_is_lost(vector: dict[str, Any]) -> None:
    """Each element is in the residue, or an attribute gives it back byte for byte, or the primitive's own facts do."""
    wire = wire_of(vector)
    primitive = decode(wire, data_set_of(vector))
    received = primitive.received
    assert received is not None
    kept = {(element.offset, element.tag, element.value) for element in primitive.residue}
    explicit = any(anomaly.rule == "WIRE.EXPLICIT_VR" for anomaly in primitive.anomalies)
    told: list[int] = []
    for offset, tag, value in elements(wire, explicit=explicit):
        if (offset, tag, value) in kept:
            continue
        keyword = DICTIONARY.by_tag[tag].keyword
        if keyword == "CommandGroupLength":
            assert value == struct.pack("<I", len(wire) - offset - 12)
        elif keyword == "CommandField":
            assert value == struct.pack("<H", primitive.MESSAGES[primitive.role].COMMAND_FIELD)
        elif keyword == "CommandDataSetType":
            assert value == struct.pack("<H", received.data_set_type)
        else:
            assert value == write(DICTIONARY.by_keyword[keyword].vr, getattr(primitive, keyword))
        told.append(tag)
    assert len(set(told)) == len(told)


@pytest.mark.parametrize("vector", READABLE, ids=name_of)
def test_canonical_bytes_come_back(vector: dict[str, Any]) -> None:
    """Where nothing is odd about the bytes, those that are written again are the same, whatever the rules broken."""
    primitive = decode(wire_of(vector))
    if not primitive.anomalies and not primitive.residue:
        assert primitive.encode() == wire_of(vector)


def test_a_vector_for_each_kind() -> None:
    """Each kind of malformed Command Set that `dimse.testing` draws has a vector, and no other but those listed."""
    assert {vector["name"] for vector in VECTORS} == {*MALFORMED, *JUDGED_ELSEWHERE}


def test_vectors_are_whole() -> None:
    """A vector says what it is and where the rule stands, and no two have the same bytes."""
    assert all(vector["about"].endswith(".") or " " not in vector["about"] for vector in VECTORS)
    assert all(vector["source"].startswith("PS3.") for vector in VECTORS)
    wires = [(wire_of(vector), data_set_of(vector)) for vector in VECTORS]
    assert len(set(wires)) == len(wires)
