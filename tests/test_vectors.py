"""The test vectors of `vectors/`: they are whole and have their form, and `dimse` says of each what they promise."""

from __future__ import annotations

import json
import struct
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import dimse
from dimse import DICTIONARY, RULES, Assembler, Conversation, DecodeError, FragmentError, Moves, Violation, decode
from dimse.command_set import Anomaly
from dimse.testing import MALFORMED
from dimse.value import write
from dimse_codegen.load import load
from dimse_codegen.rule_catalogue import catalogue
from vectors_peer import report

ROOT = Path(__file__).resolve().parents[1]
VECTORS = ROOT / "vectors"
FILES: dict[str, dict[str, Any]] = {
    path.name: json.loads(path.read_text("utf-8"))
    for path in sorted(VECTORS.glob("*.json"))
    if path.name != "vectors.schema.json"
}
EVERY: list[dict[str, Any]] = [case for file in FILES.values() for case in file["cases"]]
MALFORMED_CASES: list[dict[str, Any]] = FILES["malformed.json"]["cases"]
READABLE = [case for case in MALFORMED_CASES if "error" not in case["reading"]]
UNREADABLE = [case for case in MALFORMED_CASES if "error" in case["reading"]]
# Wrong in itself, and neither in its bytes nor in its set of parameters: not for `dimse.testing`.
JUDGED_ELSEWHERE = {"Status unknown"}


def of_level(level: str) -> list[Any]:
    """The cases of the files of a level."""
    return [
        pytest.param(case, id=case["id"]) for file in FILES.values() for case in file["cases"] if file["level"] == level
    ]


def said(found: Iterable[Violation | Anomaly]) -> dict[str, str]:
    """Severity by rule."""
    return {each.rule: RULES[each.rule].severity if isinstance(each, Anomaly) else each.severity for each in found}


def message_of(step: dict[str, Any]) -> Any:
    """The message of a step, from its bytes or its parameters."""
    if "command" in step:
        return decode(wire_of(step), data_set_of(step))
    service, _, _ = step["message"].rpartition("-")
    values = {
        keyword: value if DICTIONARY.by_keyword[keyword].vr else bytes.fromhex(value)
        for keyword, value in step["parameters"].items()
    }
    return getattr(dimse, service.replace("-", "_"))(**values)


def wire_of(step: dict[str, Any]) -> bytes:
    return bytes.fromhex(step["command"])


def data_set_of(step: dict[str, Any]) -> bytes | None:
    return bytes.fromhex(step["data_set"]) if "data_set" in step else None


@pytest.mark.parametrize("case", of_level("message"))
def test_messages(case: dict[str, Any]) -> None:
    """Each message by itself, or beside its request: every rule broken and every anomaly is promised, and no other."""
    messages: list[Any] = []
    for step in case["steps"]:
        if "unreadable" in step:
            with pytest.raises(DecodeError):
                message_of(step)
            continue
        message = message_of(step)
        messages.append(message)
        role = "response" if step["message"].endswith("RSP") else "request"
        request = messages[step["answers"]] if "answers" in step else None
        found = message.violations("cancel" if "CANCEL" in step["message"] else role, request=request)
        assert said([*found, *message.anomalies]) == step["expect"]
        if message.received is not None:
            assert step["message"] == message.MESSAGES[message.role].NAME


@pytest.mark.parametrize("case", of_level("conversation"))
def test_conversations(case: dict[str, Any]) -> None:
    """Messages of one or more Associations: each is judged in the light of those before it, as promised."""
    moves = Moves()
    conversations = [Conversation(moves=moves, **association) for association in case.get("associations", [{}])]
    for step in case["steps"]:
        conversation = conversations[step.get("association", 0)]
        assert said(take(conversation, step)) == step["expect"]


def take(conversation: Conversation, step: dict[str, Any]) -> Iterable[Violation]:
    """What a conversation says of a step."""
    if "command" in step:
        judgement = conversation.feed(
            message_of(step), step["from"], context=step.get("context"), data_set="data_set" in step
        )
        return judgement.violations
    if step["event"] == "gap":
        conversation.gap()
        return ()
    return conversation.end(released=step["event"] == "release")


@pytest.mark.parametrize("case", of_level("fragments"))
def test_fragments(case: dict[str, Any]) -> None:
    """PDUs in one piece and byte by byte: the anomalies that are promised, or no message."""
    for step in case["steps"]:
        stream = bytes.fromhex(step["pdus"])
        for pieces in ([stream], [stream[at : at + 1] for at in range(len(stream))]):
            assembler = Assembler()
            if "unreadable" in step:
                with pytest.raises(FragmentError):
                    join(assembler, pieces)
            else:
                assert said(join(assembler, pieces)) == step["expect"]


def join(assembler: Assembler, pieces: Iterable[bytes]) -> list[Anomaly]:
    """The anomalies of the messages in a stream."""
    done = [message for piece in pieces for message in assembler.feed(piece)]
    done += assembler.close()
    assert done
    return [anomaly for message in done for anomaly in (*message.anomalies, *message.primitive.anomalies)]


@pytest.mark.parametrize("name", FILES)
def test_form(name: str) -> None:
    """Every file has the form of `vectors.schema.json`."""
    schema = json.loads((VECTORS / "vectors.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    errors = Draft202012Validator(schema).iter_errors(FILES[name])
    assert [f"{error.json_path}: {error.message}" for error in errors] == []


def test_every_rule_has_both() -> None:
    """Every rule of the catalogue is kept in a valid case and broken in an invalid one."""
    rules = set(catalogue(load(ROOT / "schema")))
    for result in ("valid", "invalid"):
        held = {rule for case in EVERY if case["result"] == result for rule in case["rules"]}
        assert held <= rules
        assert rules - held == set()


def test_results_are_what_is_expected() -> None:
    """A valid case breaks none of its rules and expects no error; an invalid one says where each of them is broken."""
    for case in EVERY:
        expected = {rule: severity for step in case["steps"] for rule, severity in step["expect"].items()}
        if case["result"] == "valid":
            assert not {*case["rules"]} & {*expected}, case["id"]
            assert "error" not in expected.values(), case["id"]
        else:
            unreadable = any("unreadable" in step for step in case["steps"])
            assert {*case["rules"]} <= {*expected}, case["id"]
            assert case["rules"] or unreadable, case["id"]


def test_generated_cases_are_of_one_rule() -> None:
    """A generated case that is invalid is a case of one rule: what else it breaks comes with that one."""
    for name, file in FILES.items():
        if "generator" in file:
            assert all(len(case["rules"]) <= 1 for case in file["cases"] if case["result"] == "invalid"), name


def test_every_case_is_one() -> None:
    """No two cases have the same ID."""
    counts = Counter(case["id"] for case in EVERY)
    assert [name for name, count in counts.items() if count > 1] == []


def test_severities_are_those_of_the_rules() -> None:
    """A rule that is expected is there, and as grave as it is said to be."""
    for case in EVERY:
        for step in case["steps"]:
            assert step["expect"] == {rule: RULES[rule].severity for rule in step["expect"]}, case["id"]


def test_the_report_on_pynetdicom() -> None:
    """What the README says of pynetdicom is what comes out when it is asked again."""
    assert report() in (VECTORS / "README.md").read_text("utf-8")


# Malformed Command Sets, written by hand: what the reader makes of each


def name_of(case: dict[str, Any]) -> str:
    name: str = case["id"]
    return name


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


@pytest.mark.parametrize("case", UNREADABLE, ids=name_of)
def test_unreadable(case: dict[str, Any]) -> None:
    """What cannot be read is a DecodeError that says where, at which element, and why."""
    with pytest.raises(DecodeError) as raised:
        decode(wire_of(case["steps"][0]), data_set_of(case["steps"][0]))
    expected = case["reading"]["error"]
    assert (raised.value.offset, raised.value.tag) == (expected["offset"], tag_of(expected["tag"]))
    assert expected["reason"] in raised.value.reason


@pytest.mark.parametrize("case", READABLE, ids=name_of)
def test_readable(case: dict[str, Any]) -> None:
    """What can be read is read: every anomaly and left-over element is expected, and so are the values."""
    primitive = decode(wire_of(case["steps"][0]), data_set_of(case["steps"][0]))
    expected = [
        (anomaly["rule"], tag_of(anomaly["tag"]), anomaly["offset"]) for anomaly in case["reading"]["anomalies"]
    ]
    assert [(anomaly.rule, anomaly.tag, anomaly.offset) for anomaly in primitive.anomalies] == expected
    residue = [(tag_of(element["tag"]), element["offset"]) for element in case["reading"]["residue"]]
    assert [(element.tag, element.offset) for element in primitive.residue] == residue
    for keyword, value in case["reading"].get("values", {}).items():
        assert getattr(primitive, keyword) == value


@pytest.mark.parametrize("case", READABLE, ids=name_of)
def test_no_byte_is_lost(case: dict[str, Any]) -> None:
    """Each element is in the residue, or an attribute gives it back byte for byte, or the primitive's own facts do."""
    wire = wire_of(case["steps"][0])
    primitive = decode(wire, data_set_of(case["steps"][0]))
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


@pytest.mark.parametrize("case", READABLE, ids=name_of)
def test_canonical_bytes_come_back(case: dict[str, Any]) -> None:
    """Where nothing is odd about the bytes, those that are written again are the same, whatever the rules broken."""
    primitive = decode(wire_of(case["steps"][0]))
    if not primitive.anomalies and not primitive.residue:
        assert primitive.encode() == wire_of(case["steps"][0])


def test_a_case_for_each_kind() -> None:
    """Each kind of malformed Command Set that `dimse.testing` draws has a case, and no other but those listed."""
    assert {case["kind"] for case in MALFORMED_CASES} == {*MALFORMED, *JUDGED_ELSEWHERE}


def test_malformed_cases_are_whole() -> None:
    """A case says where the standard forbids it, and no two have the same bytes."""
    assert all(case["source"].startswith("PS3.") for case in MALFORMED_CASES)
    wires = [(wire_of(case["steps"][0]), data_set_of(case["steps"][0])) for case in MALFORMED_CASES]
    assert len(set(wires)) == len(wires)
