"""Vectors of a service of one's own: the package that the same schema compiles to says of each what it promises."""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import dimse
from dimse_codegen.laws import lint
from dimse_codegen.load import load
from dimse_codegen.model import Schema
from dimse_codegen.render import render
from dimse_codegen.rule_catalogue import catalogue
from dimse_codegen.vectors.case import Case, Step
from dimse_codegen.vectors.files import vector_cases

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "x_test" / "schema"
SERVICE = "services/x_test.yaml"
INSTANCE = """  - parameters: [Affected SOP Instance UID]
    column: Rsp/Conf
    required_when: Affected SOP Instance UID is present in the request
    permitted_when: Affected SOP Instance UID is present in the request
    section: "1.3"
"""


def information(condition: str) -> list[tuple[str, str]]:
    """A C cell in the request, whose condition demands and permits alike."""
    entry = (
        "conditions:\n"
        "  - parameters: [Action Information]\n"
        "    column: Req/Ind\n"
        f"    required_when: {condition}\n"
        f"    permitted_when: {condition}\n"
        '    section: "1.5"\n'
    )
    cell = "Action Information:            ["
    return [(f"{cell}U,", f"{cell}C,"), ("conditions:\n", entry)]


# Changes of the example, and the cells that they make.
SCHEMAS: dict[str, list[tuple[str, str]]] = {
    "required and equal where the request has it": [],
    "optional and equal": [("[U,      C(=)]", "[U,      U(=)]"), (INSTANCE, "")],
    "required where the request lacks it": [
        ("[U,      C(=)]", "[U,      C]"),
        ("is present in the request", "is absent in the request"),
    ],
    "conditional in the request": information("Affected SOP Instance UID is present"),
    "demanded always": information("always"),
    "demanded never": information("never"),
}


def compiled(schema: Schema, folder: Path) -> None:
    """Write the package `tested` of a schema."""
    (folder / "tested").mkdir()
    for name, text in render(schema).items():
        (folder / "tested" / name).write_text(text, "utf-8")


def forget() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "tested"]:
        del sys.modules[name]


@pytest.fixture(params=SCHEMAS.values(), ids=SCHEMAS.keys())
def made(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[ModuleType, dict[str, Case], Schema]]:
    """The package of a schema, imported, and its cases by ID."""
    root = shutil.copytree(EXAMPLE, tmp_path / "schema")
    text = (root / SERVICE).read_text("utf-8")
    for old, new in request.param:
        assert old in text
        text = text.replace(old, new)
    (root / SERVICE).write_text(text, "utf-8")
    schema = load(root)
    assert [str(problem) for problem in lint(schema)] == []
    compiled(schema, tmp_path)
    cases = [case for found in vector_cases(schema, tmp_path / "vectors").values() for case in found]
    monkeypatch.syspath_prepend(str(tmp_path))
    forget()
    yield importlib.import_module("tested"), {case.id: case for case in cases}, schema
    forget()


def message_of(package: ModuleType, step: Step) -> Any:
    if step.command is not None:
        return package.decode(step.command, step.data_set)
    assert step.parameters is not None
    values = {
        keyword: value if package.DICTIONARY.by_keyword[keyword].vr else bytes.fromhex(value)
        for keyword, value in step.parameters.items()
    }
    return package.X_TEST(**values)


def test_vectors_and_package_agree(made: tuple[ModuleType, dict[str, Case], Schema]) -> None:
    """Every rule that is broken, every anomaly, and no other, for every vector; no ID is given twice."""
    package, cases, schema = made
    rules = catalogue(schema)
    differences = []
    for case in cases.values():
        before: list[Any] = []
        for step in case.steps:
            message = message_of(package, step)
            request = before[step.answers] if step.answers is not None else None
            role = "response" if step.message.endswith("RSP") else "request"
            found = {each.rule for each in (*message.violations(role, request=request), *message.anomalies)}
            if found != {*step.expect}:
                differences.append((case.id, sorted(step.expect), sorted(found)))
            assert found <= {*rules}
            before.append(message)
    assert differences == []


def test_every_rule_of_the_messages_is_broken_somewhere(
    made: tuple[ModuleType, dict[str, Case], Schema],
) -> None:
    """There is an invalid case of each rule."""
    _, cases, schema = made
    rules = {name for name, rule in catalogue(schema).items() if rule.page.startswith("X-TEST")}
    broken = {rule for case in cases.values() if not case.valid for rule in case.rules}
    assert rules - broken == set()


@pytest.mark.parametrize("made", [[]], ids=["as it is"], indirect=True)
def test_what_a_request_asks_for_is_in_it(made: tuple[ModuleType, dict[str, Case], Schema]) -> None:
    """A condition on the request is shown kept and broken, both ways, and equality beside a request that has it."""
    _, cases, _ = made
    rule = "X-TEST-RSP.AffectedSOPInstanceUID"
    tag = bytes.fromhex("00000010")
    held = {
        name: [tag in (step.command or b"") for step in cases[f"{rule}.{name}"].steps]
        for name in (
            "C:required",
            "C:wanting",
            "C:forbidden",
            "C:permitted",
            "C:not-required",
            "=:unequal",
            "VR:bad-value",
        )
    }
    assert held == {
        "C:required": [True, True],
        "C:wanting": [True, False],
        "C:forbidden": [False, True],
        "C:permitted": [True, True],
        "C:not-required": [False, False],
        "=:unequal": [True, True],
        "VR:bad-value": [True, True],
    }


@pytest.mark.parametrize("made", [[]], ids=["as it is"], indirect=True)
def test_a_bad_request_of_another_package_is_answered(made: tuple[ModuleType, dict[str, Case], Schema]) -> None:
    """The answer of this package and of that one are the same: by the rules of the request's own package."""
    package, _, _ = made
    bad = package.X_TEST(MessageID=1)
    refusal = dimse.answer(bad)
    assert refusal is not None
    assert (refusal.type, refusal.response.NAME) == ("Processing Failure", "X-TEST-RSP")
    assert refusal == package.answer(bad)
    assert dimse.answer(package.X_TEST_RQ(MessageID=1, AffectedSOPClassUID="1.2.3", ActionTypeID=3).primitive()) is None
    ours = dimse.C_ECHO(MessageID=1)
    assert package.answer(ours) == dimse.answer(ours) is not None


@pytest.mark.parametrize("made", [[]], ids=["as it is"], indirect=True)
def test_a_package_without_rules_answers_nothing(made: tuple[ModuleType, dict[str, Case], Schema]) -> None:
    """A class that no package has rules of is refused, and not passed over as if nothing were wrong with it."""
    package, _, _ = made
    Path(package.__path__[0], "_judgement.py").unlink()
    importlib.invalidate_caches()
    with pytest.raises(TypeError, match="X_TEST is of 'tested', which has no rules to answer by"):
        dimse.answer(package.X_TEST(MessageID=1))


@pytest.mark.parametrize("made", [[]], ids=["as it is"], indirect=True)
def test_a_status_of_ones_own(made: tuple[ModuleType, dict[str, Case], Schema]) -> None:
    """A message's `status` is its primitive's: B123H means what the example's Service Class says, B124H nothing."""
    package, _, _ = made
    uid = "1.2.826.0.1.3680043.10.511.4.7"
    request = package.X_TEST_RQ(MessageID=1, AffectedSOPClassUID=uid, ActionTypeID=3)
    response = request.respond(Status=0xB123, ActionReply=b"")
    assert response.violations(request=request) == ()
    assert response.status == response.primitive().status
    assert (response.status.type, response.status.of_sop_class) == ("Warning", True)
    assert [each.rule for each in request.respond(Status=0xB124).violations()] == ["X-TEST-RSP.Status.sop_class"]


@pytest.mark.parametrize("made", [[]], ids=["as it is"], indirect=True)
def test_streams_and_conversations_take_a_package_of_ones_own(
    made: tuple[ModuleType, dict[str, Case], Schema],
) -> None:
    """PDUs become messages by the package's `decode`, and a conversation pairs them as it does ours."""
    package, _, _ = made
    request = package.X_TEST_RQ(MessageID=1, AffectedSOPClassUID="1.2.3", ActionTypeID=3)
    assembler = dimse.Assembler(decode=package.decode)
    (assembled,) = assembler.feed(
        b"".join(pdu.encode() for pdu in dimse.to_pdus(request.encode(), context_id=1, max_length=0))
    )
    assert assembled.primitive == request.primitive()
    conversation = dimse.Conversation()
    answered = request.respond(Status=0x0000)
    said = [conversation.feed(assembled.primitive, "requestor"), conversation.feed(answered, "acceptor")]
    assert [judgement.violations for judgement in said] == [(), ()]
    (late,) = conversation.feed(answered, "acceptor").violations
    assert late.rule == "CONVERSATION.FINAL"
