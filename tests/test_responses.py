"""What is said of a response for its Status and counts, and how a request is refused: word for word, case by case."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

import dimse
from dimse import RULES, Primitive, Refusals, Severities, Violation, answer, judge
from dimse.response import ResponseRules, sop_class_of
from dimse.rule import Rulebook
from dimse.status import Statuses, _tables
from dimse.testing.legal import _counted

FIND, MOVE = "1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.5.1.4.1.2.2.2"
CT, MPPS = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.3.1.2.3.3"
REMAINING, COMPLETED, FAILED, WARNING = (
    f"NumberOf{name}Suboperations" for name in ("Remaining", "Completed", "Failed", "Warning")
)


def said(response: Primitive[Any, Any], **request: Any) -> list[tuple[str, str, str, str, str]]:
    """The violations that are of the response as a whole: rule, severity, keyword, section and text."""
    found = response.violations("response", **request)
    wanted = ("Status", REMAINING, COMPLETED, FAILED, WARNING, "MessageID", "AffectedSOPClassUID")
    return [(v.rule, v.severity, v.keyword, v.section, v.text) for v in found if v.keyword in wanted]


def find(status: int, sop_class: str | None = FIND) -> dimse.C_FIND:
    return dimse.C_FIND(MessageIDBeingRespondedTo=1, AffectedSOPClassUID=sop_class, Status=status)


def move(status: int, *counts: int | None) -> dimse.C_MOVE:
    named: Any = dict(zip((REMAINING, COMPLETED, FAILED, WARNING), counts, strict=False))
    return dimse.C_MOVE(MessageIDBeingRespondedTo=1, AffectedSOPClassUID=MOVE, Status=status, **named)


@pytest.mark.parametrize(
    ("response", "rule", "severity", "section", "text"),
    [
        (find(0x0004), "C-FIND-RSP.Status.class", "error", "PS3.7 Annex C", "Status 0004H is in no status class"),
        (
            dimse.C_ECHO(MessageIDBeingRespondedTo=1, AffectedSOPClassUID="1.2.840.10008.1.1", Status=0xFE00),
            "C-ECHO-RSP.Status.type",
            "warning",
            "PS3.7 9.1.5.1.4",
            "Status FE00H (Cancel) is of no type that C-ECHO lists",
        ),
        (
            dimse.C_ECHO(MessageIDBeingRespondedTo=1, AffectedSOPClassUID="1.2.840.10008.1.1", Status=0x0107),
            "C-ECHO-RSP.Status.type",
            "warning",
            "PS3.7 9.1.5.1.4",
            "Status 0107H (Attribute List warning) is of no type that C-ECHO lists",
        ),
        (
            find(0xA701),
            "C-FIND-RSP.Status.sop_class",
            "warning",
            "PS3.7 9.1.2.1.6",
            f"Status A701H is in a range that Service Classes assign, and that of {FIND} does not assign it",
        ),
        (
            move(0, 2, 1, 0, 0),
            f"C-MOVE-RSP.{REMAINING}.success",
            "error",
            "PS3.7 9.1.4.1.8",
            f"Status is Success and {REMAINING} is 2",
        ),
        (
            move(0, None, 1, 3, 0),
            f"C-MOVE-RSP.{FAILED}.success",
            "error",
            "PS3.4 C.4.2.3.1",
            f"Status is Success and {FAILED} is 3",
        ),
        (
            move(0, None, 1, 0, 4),
            f"C-MOVE-RSP.{WARNING}.success",
            "warning",
            "PS3.4 C.4.2.3.1",
            f"Status is Success and {WARNING} is 4",
        ),
        (
            move(0xB000, None, 1, 0, 0),
            f"C-MOVE-RSP.{FAILED}.warning",
            "warning",
            "PS3.4 C.4.2.3.1",
            "Status B000H is a Warning, and no sub-operation failed or ended with one",
        ),
        (
            move(0xA702, None, 5, 0, 0),
            f"C-MOVE-RSP.{COMPLETED}.failure",
            "advisory",
            "PS3.4 C.4.2.3.1",
            "Status A702H is a Failure, 5 sub-operations are complete and none failed",
        ),
    ],
)
def test_one_thing_is_wrong(response: Primitive[Any, Any], rule: str, severity: str, section: str, text: str) -> None:
    """The rule, how grave it is, the parameter, the section and what is wrong, in words; the rule can be looked up."""
    assert said(response) == [(rule, severity, rule.split(".")[1], section, text)]
    assert (RULES[rule].severity, RULES[rule].section) == (severity, section)
    assert RULES[rule].purpose.endswith(".")


@pytest.mark.parametrize(
    "response",
    [
        move(0, None, 0, 0, 0),
        move(0, 0, 5, 0, 0),
        move(0, None, 5, None, None),
        move(0xB000, None, 1, 1, 0),
        move(0xB000, None, 1, 0, 1),
        move(0xB000, None, 1, None, 0),
        move(0xB000, None, 1, 0, None),
        move(0xA702, None, 0, 0, 0),
        move(0xA702, None, 5, 1, 0),
        move(0xA702, None, 5, None, 0),
        move(0xA702, 3, 5, 0, 0),
        find(0xA700),
        find(0xC123),
        find(0x0000),
    ],
)
def test_nothing_is_wrong(response: Primitive[Any, Any]) -> None:
    """Next to each thing that is wrong, one that is not."""
    kinds = ("success", "warning", "failure", "class", "type", "sop_class")
    assert [rule for rule, *_ in said(response) if rule.endswith(kinds)] == []


def test_the_sop_class_of_the_request_counts() -> None:
    """A response that leaves its SOP Class out is judged by that of its request; by none if neither has one."""
    request = dimse.C_FIND(MessageID=1, AffectedSOPClassUID=FIND, Priority=0)
    rules = [rule for rule, *_ in said(find(0xA701, None), request=request)]
    assert "C-FIND-RSP.Status.sop_class" in rules
    assert "C-FIND-RSP.Status.sop_class" not in [rule for rule, *_ in said(find(0xA701, None))]


def test_sop_class_of() -> None:
    """The first that is named, affected or requested, as plain text; a message may lack either parameter."""
    get = dimse.N_GET(RequestedSOPClassUID=MPPS)
    assert sop_class_of(None, find(0, None), get, find(0)) == MPPS
    assert type(sop_class_of(get)) is str
    assert sop_class_of(dimse.N_GET(AffectedSOPClassUID=CT, RequestedSOPClassUID=MPPS)) == CT
    assert sop_class_of(find(0, None), None) is None


def test_advice() -> None:
    """What is retired, and what should be there: said beside the cells, as the rule says it."""
    found = said(dimse.C_ECHO(MessageID=1, MessageIDBeingRespondedTo=1, Status=0))
    for rule, text in (
        ("C-ECHO-RSP.MessageID.retired", "MessageID is present. "),
        ("C-ECHO-RSP.AffectedSOPClassUID.advised", "AffectedSOPClassUID is absent. "),
    ):
        about = RULES[rule]
        assert (rule, about.severity, rule.split(".")[1], about.section, text + about.purpose) in found
    assert said(dimse.C_ECHO(MessageIDBeingRespondedTo=1, AffectedSOPClassUID="1.2", Status=0)) == []


def test_what_a_service_cannot_break_is_no_rule_of_it() -> None:
    """Only C-GET and C-MOVE have counts; C-ECHO has no code that a Service Class assigns."""
    ours = {name.partition(".")[0] for name in RULES if name.endswith("Suboperations.success")}
    assert ours == {"C-GET-RSP", "C-MOVE-RSP"}
    assert "C-ECHO-RSP.Status.type" in RULES
    assert "C-ECHO-RSP.Status.sop_class" not in RULES
    assert "C-STORE-RSP.Status.sop_class" in RULES


def test_a_service_without_types_is_not_held_to_any() -> None:
    """Where a service lists no types of status, no status can be of a type that it does not list."""
    listed = Statuses("C-FIND", "", (), (), "dimse.services")
    bare = type("Bare", (), {"TABLE": dimse.C_FIND.TABLE, "SERVICE": "C-FIND", "STATUSES": listed, "STATUS_ONLY": None})
    bare.__module__ = dimse.C_FIND.__module__
    assert list(ResponseRules(bare, "C-FIND-RSP").rules) == ["Status.class"]


def test_no_more_verdicts_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found right is remembered within bounds, and what comes after is judged as before."""
    monkeypatch.setattr(judge, "MOST_PATTERNS", 4)
    innocent = dimse.C_FIND._COLUMNS["response"]._innocent
    for status in range(0xC000, 0xC020):
        response = dimse.decode(find(status).encode("response"))
        assert not [rule for rule, severity, *_ in said(response) if severity == "error"]
    assert len(innocent) <= 4


def test_counts_that_are_drawn_agree_with_a_warning() -> None:
    """A Warning that is made up for a test counts something that failed, or ended with one."""
    kind = dimse.C_MOVE_RSP
    drawn = {"Status": 0xB000, COMPLETED: 1, FAILED: 0, WARNING: 0}
    assert _counted(kind, drawn) == drawn | {FAILED: 1}
    assert _counted(kind, drawn | {WARNING: 2}) == drawn | {WARNING: 2}


@pytest.mark.parametrize("module", ["_rules", "_service_classes"])
def test_a_package_that_is_broken_says_so(module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package may have no rules and no Service Classes; one whose modules cannot be imported is an error."""
    read: Any = Rulebook if module == "_rules" else _tables
    package = tmp_path / f"half{module}"
    package.mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    (package / "__init__.py").touch()
    if module == "_rules":
        book = read(package.name)
        assert (book.group("cells"), book.advice, book.several_responses) == ({}, (), ())
    else:
        assert tuple(read(package.name)) == ()
    (package / f"{module}.py").write_text("import no_such_module", encoding="utf-8")
    importlib.invalidate_caches()
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        read(package.name)


def test_no_more_statuses_are_remembered() -> None:
    """A peer may name any SOP Class: the verdicts on 4096 pairs of code and SOP Class are kept, and no more."""
    rules = ResponseRules(dimse.C_FIND, "C-FIND-RSP")
    for number in range(5000):
        assert list(rules.judge(find(0), f"1.2.{number}")) == []
    assert rules._of_status.cache_info().currsize == 4096


# Refusals


def test_a_refusal_says_why() -> None:
    """The comment is the complaint; the status, its type and the response are for whoever sends it."""
    request = dimse.C_FIND(MessageID=7, AffectedSOPClassUID=FIND, Priority=0)
    refusal = answer(request)
    assert refusal is not None
    assert (refusal.status, refusal.type) == (0xC000, "Failed")
    assert refusal.violation == request.violations("request")[0]
    assert refusal.error_comment == str(refusal.violation)[:64]
    assert refusal.response == dimse.C_FIND_RSP(
        MessageIDBeingRespondedTo=7,
        AffectedSOPClassUID=FIND,
        Status=0xC000,
        ErrorComment=refusal.error_comment,
    )


def violation(rule: str, severity: Any = "error") -> Violation:
    return Violation(rule, severity, "", "", "said", "PS3.7 9.1")


def test_the_first_error_that_has_an_answer_is_answered() -> None:
    """Warnings, rules that are not known and those without an answer are passed over."""
    request = dimse.C_ECHO(MessageID=7, AffectedSOPClassUID="1.2.840.10008.1.1")
    missing, twice = violation("C-ECHO-RQ.MessageID.M"), violation("CONVERSATION.MESSAGE_ID")
    passed = [
        violation("CONVERSATION.MESSAGE_ID", "warning"),
        violation("OTHER.RULE"),
        violation("C-ECHO-RSP.Status.class"),
    ]
    for first, status in ((missing, 0x0212), (twice, 0x0210)):
        refusal = answer(request, [*passed, first, missing, twice])
        assert refusal is not None
        assert (refusal.violation, refusal.status) == (first, status)
    assert answer(request, passed) is None
    assert answer(request) is None
    assert Refusals(dimse.Rules(dimse.DICTIONARY, [dimse.C_FIND])).answer(request, [missing]) is None


@pytest.mark.parametrize(("sop_class", "status"), [(CT, 0xC000), ("1.2.3", 0xC000), (None, 0xC000)])
def test_codes_of_a_sop_class(sop_class: str | None, status: int) -> None:
    """The code is that of the SOP Class where it has one, and the first of the type's range where it has none."""
    request = dimse.C_STORE(MessageID=7, AffectedSOPClassUID=sop_class, AffectedSOPInstanceUID="1.2", DataSet=b"ab")
    refusal = answer(request, [violation("C-STORE-RQ.Priority.M")])
    assert refusal is not None
    assert (refusal.status, refusal.type) == (status, "Error: Cannot understand")


# Severities


def rules_of(given: dict[str, Any], *rules: str) -> list[tuple[str, str]]:
    return [(v.rule, v.severity) for v in Severities(given).apply([violation(rule) for rule in rules])]


def test_severities_by_pattern() -> None:
    """The last pattern that fits holds; case counts; what fits none stays, and what is off is gone."""
    given = {"C-*": "off", "C-FIND-*.M": "advisory", "C-FIND-RQ.*": "warning", "X": "error", "c-find-rsp.*": "off"}
    assert rules_of(given, "C-STORE-RQ.A.M", "C-FIND-RSP.A.M", "C-FIND-RQ.A.M", "N-GET-RQ.A.M", "X") == [
        ("C-FIND-RSP.A.M", "advisory"),
        ("C-FIND-RQ.A.M", "warning"),
        ("N-GET-RQ.A.M", "error"),
        ("X", "error"),
    ]
    assert rules_of({}, "A", "B") == [("A", "error"), ("B", "error")]


def test_severities_are_taken_once() -> None:
    """What is given later to the mapping changes nothing; what is no severity is refused, with those there are."""
    given = {"A": "warning"}
    severities = Severities(given)
    given["A"] = "off"
    assert [v.severity for v in severities.apply([violation("A")])] == ["warning"]
    with pytest.raises(ValueError, match=r"^A: 'OFF' is no severity; one of error, warning, advisory, off$"):
        Severities({"A": "OFF"})


def test_no_more_rules_are_remembered() -> None:
    """Rules of a user's own may have any ID: 4096 are remembered, and no more."""
    severities = Severities({"A*": "warning"})
    for number in range(5000):
        assert [v.severity for v in severities.apply([violation(f"A{number}")])] == ["warning"]
    assert severities._found.cache_info().currsize == 4096
