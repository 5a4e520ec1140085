"""Recorded traffic of eight implementations: every message decodes to what its sidecar says, and encodes to its bytes.

The sidecars were made by other programs (`captures/README.md`); nothing of ours had a part in them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dimse import Codec, DecodeError, Primitive, UsageError, decode
from dimse.services import DICTIONARY, SERVICES

CAPTURES = Path(__file__).parent / "captures"
PROTOCOL = {"CommandGroupLength", "CommandField", "CommandDataSetType"}
ROLES = {"RQ": "request", "RSP": "response"}
PEER = {"requestor": "acceptor", "acceptor": "requestor"}

# dcmjs-dimse puts an Affected SOP Class UID into C-CANCEL-RQ; Tables 9.3-5, 9.3-8 and 9.3-11 have no such field. It is
# kept as residue, and a C-CANCEL-RQ of ours is without it.
NOT_A_FIELD = {("dcmjs_mpps_cancel", 11): "AffectedSOPClassUID"}
# pynetdicom sends an Attribute Identifier List of length zero (VM 1-n): an empty list, and an anomaly.
ANOMALIES = {("mpps_pynetdicom", 21): ["WIRE.EMPTY"]}
# The peer closed the connection after a PDV header: not one byte of a Command Set arrived.
INCOMPLETE = {("peer_crash_gdcm", 3)}


class Captured(NamedTuple):
    """A message as a sidecar describes it."""

    file: str
    facts: dict[str, Any]

    @property
    def key(self) -> tuple[str, int]:
        return self.file, self.facts["n"]

    @property
    def wire(self) -> bytes:
        return bytes.fromhex(self.facts["command"]["hex"])

    @property
    def name(self) -> str:
        return str(self.facts["message"])

    def __str__(self) -> str:
        return f"{self.file} {self.facts['n']} {self.name}"


def sidecars() -> list[dict[str, Any]]:
    return [json.loads(path.read_text("utf-8")) for path in sorted(CAPTURES.glob("*.json"))]


ALL = [Captured(Path(sidecar["file"]).stem, facts) for sidecar in sidecars() for facts in sidecar["messages"]]
COMPLETE = [captured for captured in ALL if captured.facts["complete"]]
JUDGEMENTS = json.loads((CAPTURES.parent / "judgements.json").read_text("utf-8"))
GOLDEN = [entry for entry in JUDGEMENTS if not entry["rule"].startswith(("CONVERSATION.", "WIRE."))]
each = pytest.mark.parametrize("captured", COMPLETE, ids=str)


def test_the_corpus() -> None:
    """All is there: 33 captures with their sidecars, 838 messages, all 23 kinds, one message incomplete."""
    found = sidecars()
    assert len(found) == 33
    assert {path.stem for path in CAPTURES.glob("*.pcapng")} == {Path(sidecar["file"]).stem for sidecar in found}
    assert sum(sidecar["message_count"] for sidecar in found) == len(ALL) == 838
    assert {captured.name for captured in COMPLETE} == {m.NAME for s in SERVICES for m in s.MESSAGES.values()}
    assert {captured.key for captured in ALL if not captured.facts["complete"]} == INCOMPLETE


@each
def test_message(captured: Captured) -> None:
    """The Command Field decides on class, role and message."""
    primitive = decode(captured.wire)
    service, _, suffix = captured.name.rpartition("-")
    role = "cancel" if service == "C-CANCEL" else ROLES[suffix]
    assert (primitive.msg_type, primitive.role) == (service, role)
    assert captured.name == primitive.MESSAGES[primitive.role].NAME


@each
def test_elements(captured: Captured) -> None:
    """Every element is an attribute with the value the sidecar gives; an attribute without an element is None."""
    primitive = decode(captured.wire)
    expected = {element["keyword"]: element["value"] for element in captured.facts["elements"]}
    assert expected.keys() >= PROTOCOL
    expected = {keyword: value for keyword, value in expected.items() if keyword not in PROTOCOL}
    expected.pop(NOT_A_FIELD.get(captured.key, ""), None)
    found = {row.keyword: getattr(primitive, row.keyword) for row in primitive.TABLE}
    for keyword in ("OffendingElement", "AttributeIdentifierList"):
        if found.get(keyword) is not None:
            found[keyword] = [f"({tag.group:04X},{tag.element:04X})" for tag in found[keyword]]
    assert {keyword: value for keyword, value in found.items() if value is not None} == expected


@each
def test_nothing_odd(captured: Captured) -> None:
    """No element is left over and nothing is odd about the bytes, but for what is listed above."""
    primitive = decode(captured.wire)
    keywords = [DICTIONARY.by_tag[element.tag].keyword for element in primitive.residue]
    assert keywords == ([NOT_A_FIELD[captured.key]] if captured.key in NOT_A_FIELD else [])
    assert [anomaly.rule for anomaly in primitive.anomalies] == ANOMALIES.get(captured.key, [])


@each
def test_encode(captured: Captured) -> None:
    """What was decoded encodes to the bytes it came from, the sender's Command Data Set Type included."""
    again = decode(captured.wire).encode()
    if captured.key in NOT_A_FIELD:
        assert again != captured.wire
        assert decode(again) == decode(captured.wire)
        assert decode(again).residue == ()
    else:
        assert again == captured.wire


@each
def test_data_set(captured: Captured) -> None:
    """A Data Set is announced exactly where one came, and stands in the one parameter that the message has for it."""
    bare = decode(captured.wire)
    present = captured.facts["data_set"]["present"]
    assert bare.received is not None
    assert bare.received.announces_data_set is present
    assert bare.encode() == decode(captured.wire).encode()
    if not present:
        return
    whole = decode(captured.wire, b"a data set")
    held = {row.keyword: getattr(whole, row.keyword) for row in whole.TABLE if not row.vr}
    assert [value.getvalue() for value in held.values() if value is not None] == [b"a data set"]
    assert whole.received is not None
    assert whole.received.unplaced_data_set is None
    assert whole.anomalies == bare.anomalies


@each
def test_as_message(captured: Captured) -> None:
    """What breaks no rule is a message, the announcement of its Data Set written our way; other things are none."""
    present = captured.facts["data_set"]["present"]
    whole = decode(captured.wire, b"a data set" if present else None)
    make = whole.response if whole.role == "response" else whole.request
    errors = tuple(violation for violation in whole.violations() if violation.severity == "error")
    if errors:
        with pytest.raises(UsageError) as raised:
            make()
        assert raised.value.violations == errors
        return
    message = make()
    assert captured.name == message.NAME
    wire, ours = captured.wire, message.encode()
    at = wire.index(bytes.fromhex("0000000802000000")) + 8
    assert ours == wire[:at] + (b"\1\0" if present else b"\1\1") + wire[at + 2 :]
    assert message.data_set == (b"a data set" if present else None)


def requests() -> dict[tuple[str, int, str, int], list[tuple[int, Primitive[Any, Any]]]]:
    """The requests of each association and side, by Message ID, in the order they were sent."""
    found: dict[tuple[str, int, str, int], list[tuple[int, Primitive[Any, Any]]]] = {}
    for captured in COMPLETE:
        primitive = decode(captured.wire)
        if primitive.role == "request":
            key = captured.file, captured.facts["association"], captured.facts["from"], primitive.MessageID
            found.setdefault(key, []).append((captured.facts["n"], primitive))
    return found


REQUESTS = requests()


def answered(captured: Captured, response: Primitive[Any, Any]) -> Primitive[Any, Any]:
    """The request that a response answers: the last of its service before it, of the other side and with its ID."""
    key = captured.file, captured.facts["association"], PEER[captured.facts["from"]]
    earlier = REQUESTS[(*key, response.MessageIDBeingRespondedTo)]
    return [request for n, request in earlier if n < captured.facts["n"] and type(request) is type(response)][-1]


@each
def test_violations(captured: Captured) -> None:
    """The rules that a message breaks, judged against its request, are those that `judgements.json` argues for."""
    primitive = decode(captured.wire)
    request = answered(captured, primitive) if primitive.role == "response" else None
    found = [(violation.rule, violation.section) for violation in primitive.violations(request=request)]
    argued = [entry for entry in GOLDEN if (entry["file"], entry["n"]) == captured.key]
    assert {entry["message"] for entry in argued} <= {captured.name}
    assert found == [(entry["rule"], entry["section"]) for entry in argued]


@pytest.mark.parametrize("captured", [c for c in ALL if c.key in INCOMPLETE], ids=str)
def test_incomplete(captured: Captured) -> None:
    """A message of which no byte arrived cannot be decoded."""
    assert captured.wire == b""
    with pytest.raises(DecodeError, match="empty"):
        decode(captured.wire)


def test_cut_short() -> None:
    """No Command Set of the corpus can be cut without notice: it is a DecodeError, or the group length is wrong."""
    for wire in {captured.wire for captured in COMPLETE}:
        for end in range(len(wire)):
            try:
                primitive = decode(wire[:end])
            except DecodeError:
                continue
            assert "WIRE.GROUP_LENGTH" in {anomaly.rule for anomaly in primitive.anomalies}


def test_own_codec() -> None:
    """A decoder of one service alone knows its messages and refuses those of the others."""
    echo = Codec(DICTIONARY, tuple(service for service in SERVICES if service.SERVICE == "C-ECHO"))
    for captured in COMPLETE:
        if captured.name.startswith("C-ECHO"):
            assert echo.decode(captured.wire) == decode(captured.wire)
        else:
            with pytest.raises(DecodeError, match="Command Field"):
                echo.decode(captured.wire)
