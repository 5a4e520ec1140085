"""Differences between two schemas: which there are, what kind they are of, that none is passed over."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from dimse_codegen import expression, model
from dimse_codegen.changes.compare import FIELDS, Change
from dimse_codegen.changes.fields import compare
from dimse_codegen.changes.kinds import CLASSES, KINDS
from dimse_codegen.laws import lint
from dimse_codegen.load import load
from dimse_codegen.load_profile import read_profile
from dimse_codegen.problem import Text
from dimse_codegen.yaml_source import Source

SMALL = Path(__file__).resolve().parent / "laws" / "schema"
PROFILE = "profiles/quick_find.yaml"
SCHEMA = attrs.evolve(load(SMALL), profiles=(read_profile(Source.open(SMALL.parent / PROFILE)),))

FIND, CANCEL = "services/x_find.yaml", "services/x_cancel.yaml"
DICTIONARY, STATUSES, RULES = "command_dictionary.yaml", "statuses.yaml", "rules.yaml"
WIDGETS, GADGETS = "service_classes/widgets.yaml", "service_classes/gadgets.yaml"
PRIORITY = "  Priority:                      [U,   '-',  '-']"
COUNT = "  Number of Widgets:             ['-', U,    '-']"
COUNT_ELEMENT = "['(0000,1020)', US, 1,   NumberOfWidgets]"
SECTION = "9.1.2.1.7, "

# A file, what stands there, what is put in its place; the differences then, and those of the way back.
CASES: list[tuple[str, str, str, set[str], set[str]]] = [
    (FIND, PRIORITY, PRIORITY.replace("U", "M"), {"CELL_REQUIRED"}, {"CELL_RELAXED"}),
    (FIND, PRIORITY, PRIORITY.replace("U,  ", "MF 1,"),
     {"CELL_REQUIRED", "VALUE_FIXED"}, {"CELL_RELAXED", "VALUE_FREED"}),
    (FIND, PRIORITY, PRIORITY.replace("U,  ", "UF 1,"), {"VALUE_FIXED"}, {"VALUE_FREED"}),
    (FIND, PRIORITY, PRIORITY.replace("U,  ", "'-',"), {"CELL_FORBIDDEN"}, {"CELL_ALLOWED"}),
    (FIND, PRIORITY, PRIORITY.replace("U", "C"), {"CELL_CONDITIONED"}, {"CELL_FREED"}),
    (FIND, "U(=)", "U", {"EQUALITY_REMOVED"}, {"EQUALITY_ADDED"}),
    (FIND, f"{COUNT}\n", "", {"ROW_REMOVED"}, {"ROW_ADDED"}),
    (FIND, f"{COUNT}\n", f"{COUNT.replace('U', 'M')}\n", {"CELL_REQUIRED"}, {"CELL_RELAXED"}),
    (FIND, "columns: [Req/Ind, Rsp/Conf, CnclReq/CnclInd]", "columns: [Req/Ind, Rsp/Conf]",
     {"COLUMN_REMOVED"}, {"COLUMN_ADDED"}),
    (FIND, "required_when: Status is Pending", "required_when: Status is Pending or Status is Failure",
     {"CONDITION_TIGHTENED"}, {"CONDITION_RELAXED"}),
    (FIND, "Status is Pending and Priority is absent in the request", "Status is Pending",
     {"CONDITION_RELAXED"}, {"CONDITION_TIGHTENED"}),
    (FIND, "Status is Pending and Priority is absent in the request",
     "not (Priority is present in the request or not Status is Pending)",
     {"CONDITION_REWORDED"}, {"CONDITION_REWORDED"}),
    (FIND, "    section: 9.1.2.1.5", "    section: 9.1.2.1.5\n    severity: warning",
     {"SEVERITY_LOWERED"}, {"SEVERITY_RAISED"}),
    (FIND, "    section: 9.1.2.1.5", "    section: 9.1.2.1.6", {"PLACE_CHANGED"}, {"PLACE_CHANGED"}),
    (FIND, "  Message ID Being Responded To: Message ID", "  Status: Message ID",
     {"EQUALITY_ADDED", "EQUALITY_REMOVED"}, {"EQUALITY_ADDED", "EQUALITY_REMOVED"}),
    (FIND, "summary: Find widgets.", "summary: Find all widgets.", {"TEXT_CHANGED"}, {"TEXT_CHANGED"}),
    (FIND, "Widgets found so far.", "Widgets.", {"TEXT_CHANGED"}, {"TEXT_CHANGED"}),
    (FIND, "group: DIMSE-X", "group: DIMSE-Y", {"SERVICE_GROUP_CHANGED"}, {"SERVICE_GROUP_CHANGED"}),
    (FIND, "kind: operation", "kind: notification", {"SERVICE_KIND_CHANGED"}, {"SERVICE_KIND_CHANGED"}),
    (FIND, "cancel: M", "cancel: '-'", {"PROCEDURE_CHANGED"}, {"PROCEDURE_CHANGED"}),
    (FIND, "Failed, Refused]", "Failed]", {"SERVICE_STATUS_REMOVED"}, {"SERVICE_STATUS_ADDED"}),
    (FIND, "command_field: 0020H", "command_field: 0030H", {"COMMAND_FIELD_CHANGED"}, {"COMMAND_FIELD_CHANGED"}),
    (FIND, "Status, Number of Widgets, Identifier]", "Status, Identifier]", {"FIELD_REMOVED"}, {"FIELD_ADDED"}),
    (FIND, "data_set: conditional", "data_set: always", {"DATA_SET_RULE_CHANGED"}, {"DATA_SET_RULE_CHANGED"}),
    (FIND, "without_field: [Message ID]", "without_field: [Status]",
     {"WITHOUT_FIELD_CHANGED"}, {"WITHOUT_FIELD_CHANGED"}),
    (FIND, "  X-FIND-RSP:", "  X-FIND-ANSWER:",
     {"MESSAGE_REMOVED", "MESSAGE_ADDED"}, {"MESSAGE_REMOVED", "MESSAGE_ADDED"}),
    (FIND, "service: X-FIND", "service: X-SEEK",
     {"SERVICE_REMOVED", "SERVICE_ADDED"}, {"SERVICE_REMOVED", "SERVICE_ADDED"}),
    (FIND, "edition: 2026c", "edition: 2031a", {"EDITION_CHANGED"}, {"EDITION_CHANGED"}),
    (FIND, f"{PRIORITY}\n  Identifier:                    [M,   C,    '-']",
     f"  Identifier:                    [M,   C,    '-']\n{PRIORITY}", {"ROW_ORDER"}, {"ROW_ORDER"}),
    (DICTIONARY, "1020)', US", "1021)', US", {"TAG_CHANGED"}, {"TAG_CHANGED"}),
    (DICTIONARY, "1020)', US", "1020)', UL", {"VR_CHANGED"}, {"VR_CHANGED"}),
    (DICTIONARY, "1,   NumberOfWidgets", "1-n, NumberOfWidgets", {"VM_CHANGED"}, {"VM_CHANGED"}),
    (DICTIONARY, "NumberOfWidgets", "WidgetCount", {"KEYWORD_CHANGED"}, {"KEYWORD_CHANGED"}),
    (DICTIONARY, f"  Number of Widgets:             {COUNT_ELEMENT}\n\nretired:\n",
     f"\nretired:\n  Number of Widgets:             {COUNT_ELEMENT}\n", {"ELEMENT_RETIRED"}, {"ELEMENT_REVIVED"}),
    (DICTIONARY, f"  Number of Widgets:             {COUNT_ELEMENT}\n", "", {"ELEMENT_REMOVED"}, {"ELEMENT_ADDED"}),
    (DICTIONARY, "{ LOW: 0002H, MEDIUM: 0000H }", "{ LOW: 0002H }", {"VALUE_REMOVED"}, {"VALUE_ADDED"}),
    (DICTIONARY, "MEDIUM: 0000H", "MEDIUM: 0001H", {"VALUE_CHANGED"}, {"VALUE_CHANGED"}),
    (DICTIONARY, "values:\n  Priority: { LOW: 0002H, MEDIUM: 0000H }\n", "", {"VALUES_FREED"}, {"VALUE_REMOVED"}),
    (DICTIONARY, "Priority: LOW", "Priority: MEDIUM", {"DEFAULT_CHANGED"}, {"DEFAULT_CHANGED"}),
    (STATUSES, "  Refused: [C.5.6, Failure, 0122H, [Error Comment]]\n", "",
     {"STATUS_TYPE_REMOVED"}, {"STATUS_TYPE_ADDED"}),
    (STATUSES, "C.5.6, Failure, 0122H", "C.5.6, Failure, 0123H", {"STATUS_CODE_CHANGED"}, {"STATUS_CODE_CHANGED"}),
    (STATUSES, "C.5.6, Failure", "C.5.6, Success", {"STATUS_CLASS_CHANGED"}, {"STATUS_CLASS_CHANGED"}),
    (STATUSES, "  Success: [0000H]\n  Pending: [FF00H]", "  Success: [FF00H]\n  Pending: [0000H]",
     {"STATUS_CLASS_CHANGED"}, {"STATUS_CLASS_CHANGED"}),
    (STATUSES, "[Axxx, 0122H]", "[Axxx]", {"STATUS_CLASS_REMOVED"}, {"STATUS_CLASS_ADDED"}),
    (STATUSES, "[FF00H, Axxx]", "[FF00H]", {"STATUS_ASSIGNED_CHANGED"}, {"STATUS_ASSIGNED_CHANGED"}),
    (STATUSES, "[Offending Element, Error Comment]", "[Error Comment]",
     {"STATUS_FIELD_REMOVED"}, {"STATUS_FIELD_ADDED"}),
    (STATUSES, "only_in:\n  Error Comment: X-FIND\n", "", {"STATUS_FIELD_UNCONFINED"}, {"STATUS_FIELD_CONFINED"}),
    (RULES, "  M: [error, row, It holds., [Failed]]", "  M: [error, row, It holds., []]",
     {"ANSWER_CHANGED"}, {"ANSWER_CHANGED"}),
    (RULES, "  UNKNOWN: [error, 7.5.3, It holds., []]\n", "", {"RULE_REMOVED"}, {"RULE_ADDED"}),
    (RULES, "  Status.type: [warning, row, It holds., []]\n", "", {"RULE_REMOVED"}, {"REMARK_ADDED"}),
    (RULES, "  UNKNOWN: [error,", "  UNKNOWN: [advisory,", {"SEVERITY_LOWERED"}, {"SEVERITY_RAISED"}),
    (RULES, "    when: absent", "    when: present", {"REMARK_CHANGED"}, {"REMARK_CHANGED"}),
    (WIDGETS, "service_class: Widgets", "service_class: Things",
     {"SERVICE_CLASS_REMOVED", "SERVICE_CLASS_ADDED"}, {"SERVICE_CLASS_REMOVED", "SERVICE_CLASS_ADDED"}),
    (WIDGETS, "1.2.3.2", "1.2.3.4", {"SOP_CLASS_UID_CHANGED"}, {"SOP_CLASS_UID_CHANGED"}),
    (WIDGETS, "  Thing Query:  1.2.3.2\n", "", {"SOP_CLASS_REMOVED"}, {"SOP_CLASS_ADDED"}),
    (WIDGETS, "sop_classes: [Thing Query]", "sop_classes: [Widget Query]",
     {"STATUS_TABLE_CHANGED"}, {"STATUS_TABLE_CHANGED"}),
    (WIDGETS, "  - services: [X-FIND]\n    sop_classes: [Thing Query]\n    section: ZZ.2.4\n    codes: {}\n", "",
     {"STATUS_TABLE_REMOVED"}, {"STATUS_TABLE_ADDED"}),
    (WIDGETS, "      A700H: [Failed,  Out of widgets]\n", "", {"ASSIGNED_STATUS_REMOVED"}, {"ASSIGNED_STATUS_ADDED"}),
    (WIDGETS, "A700H: [Failed,", "A700H: [Refused,", {"ASSIGNED_STATUS_CHANGED"}, {"ASSIGNED_STATUS_CHANGED"}),
    (WIDGETS, "Widget found", "A widget", {"TEXT_CHANGED"}, {"TEXT_CHANGED"}),
    (FIND, "types: [Success, Pending", "types: [Pending, Success", {"ORDER_CHANGED"}, {"ORDER_CHANGED"}),
    (PROFILE, "      - [Priority, Req/Ind, U, MF 0, 4.2.2, It is always urgent.]\n", "",
     {"CELL_RELAXED", "VALUE_FREED"}, {"CELL_REQUIRED", "VALUE_FIXED"}),
    (PROFILE, "MF 0, 4.2.2", "M, 4.2.2", {"VALUE_FREED"}, {"VALUE_FIXED"}),
    (PROFILE, "MF 0, 4.2.2", "MF 0 or 2, 4.2.2", {"VALUES_WIDENED"}, {"VALUE_FIXED"}),
    (PROFILE, "U(=), U, 4.2.4", "U(=), U(=), 4.2.4", {"EQUALITY_ADDED"}, {"EQUALITY_REMOVED"}),
    (PROFILE, "permitted_when: Status is Pending\n        section: 4.2.3",
     "permitted_when: always\n        section: 4.2.3",
     {"CONDITION_RELAXED"}, {"CONDITION_TIGHTENED"}),
    (PROFILE, "reason: Urgent", "reason: All urgent", {"TEXT_CHANGED"}, {"TEXT_CHANGED"}),
    (PROFILE, "4.2.1, There", "4.2.9, There", {"PLACE_CHANGED"}, {"PLACE_CHANGED"}),
    (PROFILE, "[0000H, FF00H, A700H]", "[0000H, FF00H]", {"STATUS_LEFT_OUT"}, {"STATUS_LET_IN"}),
    (PROFILE, "    statuses:\n      only: [0000H, FF00H, A700H]\n      section: PS3.4 ZZ.1.4\n"
     "      reason: The shelf knows no other.\n", "", {"STATUS_LET_IN"}, {"STATUS_LEFT_OUT"}),
    (PROFILE, "warning, error, 4.2.6", "warning, off, 4.2.6", {"SEVERITY_LOWERED"}, {"SEVERITY_RAISED"}),
    (PROFILE, "    severities:\n      - [X-FIND-RSP.Status.type, warning, error, 4.2.6, "
     "It is not to be argued with.]\n", "", {"SEVERITY_LOWERED"}, {"SEVERITY_RAISED"}),
    (PROFILE, "sop_classes: [Widget Query]", "sop_classes: [Widget Query, Thing Query]",
     {"PROFILE_SOP_CLASS_ADDED"}, {"PROFILE_SOP_CLASS_REMOVED"}),
    (PROFILE, "extends: X-FIND", "extends: X-CANCEL",
     {"EXTENSION_REMOVED", "EXTENSION_ADDED"}, {"EXTENSION_REMOVED", "EXTENSION_ADDED"}),
    (PROFILE, "profile: Quick Find", "profile: Slow Find",
     {"PROFILE_REMOVED", "PROFILE_ADDED"}, {"PROFILE_REMOVED", "PROFILE_ADDED"}),
    ("accepted_differences.yaml", "reason: ", "reason: still ", {"ACCEPTED_CHANGED"}, {"ACCEPTED_CHANGED"}),
]  # fmt: skip


def edited(directory: Path, file: str, old: str, new: str) -> model.Schema:
    """The small schema with a change; the laws may refuse it, form must not."""
    shutil.copytree(SMALL, directory, dirs_exist_ok=True)
    shutil.copytree(SMALL.parent / "profiles", directory / "profiles", dirs_exist_ok=True)
    text = (directory / file).read_text(encoding="utf-8")
    assert old in text, f"{file} no longer says {old!r}"
    text = text.replace(old, new, 1)
    if old.startswith(COUNT) and not new:
        text = text.replace(f"  Number of Widgets:             [{SECTION}Widgets found so far.]\n", "")
    (directory / file).write_text(text, encoding="utf-8")
    return load(directory)


def ids(changes: tuple[Change, ...]) -> set[str]:
    return {change.kind.id for change in changes}


@pytest.mark.parametrize(
    ("file", "old", "new", "there", "back"), CASES, ids=[f"{c[0]} {c[1][:30]!r} {c[2][:30]!r}" for c in CASES]
)
def test_change_is_of_its_kind(file: str, old: str, new: str, there: set[str], back: set[str], tmp_path: Path) -> None:
    """A change of a file is told as what it is, both ways, and nothing else is told."""
    changed = edited(tmp_path, file, old, new)
    assert ids(compare(SCHEMA, changed)) == there
    assert ids(compare(changed, SCHEMA)) == back


def test_every_kind_has_a_change() -> None:
    """There is no kind that no change makes."""
    made = set().union(*(there | back for *_, there, back in CASES))
    # The laws fix the order of columns; what is renamed has a test of its own.
    assert {*KINDS} - made == {"COLUMN_ORDER", "ELEMENT_RENAMED", "STATUS_TYPE_RENAMED", "SERVICES_BORROWED"}


def test_changed_file_is_told_with_its_line(tmp_path: Path) -> None:
    """A change stands at the cell itself, in both schemas."""
    [change] = compare(SCHEMA, edited(tmp_path, FIND, PRIORITY, PRIORITY.replace("U", "M")))
    line = (SMALL / FIND).read_text(encoding="utf-8").splitlines().index(PRIORITY) + 1
    column = PRIORITY.index("U") + 1
    assert (change.where, change.old, change.new) == ("X-FIND, Priority, Req/Ind", "U", "M")
    assert str(change.at) == f"{tmp_path / FIND}:{line}:{column}"
    assert str(change.was) == f"{SMALL / FIND}:{line}:{column}"


def test_kinds_are_whole() -> None:
    """Each kind has classes that there are, and sentences."""
    for name, kind in KINDS.items():
        assert name == kind.id
        assert kind.classes
        assert {*kind.classes} <= {*CLASSES}
        assert all(text.endswith(".") and len(text) > 10 for text in (kind.purpose, kind.callers, kind.peers))
        assert not (kind.breaking and kind.classes == ("DOC",)), "a text breaks nobody"


def test_new_mandatory_row_breaks(tmp_path: Path) -> None:
    """A new row is an addition, and a new M is required all the same."""
    shutil.copytree(SMALL, tmp_path / "old")
    without = edited(tmp_path / "old", FIND, f"{COUNT}\n", "")
    mandatory = edited(tmp_path / "new", FIND, COUNT, COUNT.replace("U", "M"))
    found = {change.kind.id: change.where for change in compare(without, mandatory)}
    assert found == {"ROW_ADDED": "X-FIND, Number of Widgets", "CELL_REQUIRED": "X-FIND, Number of Widgets, Rsp/Conf"}


def test_one_rename_is_one_change(tmp_path: Path) -> None:
    """An element, Data Set or type of status that is renamed wherever it stands is one difference."""
    shutil.copytree(SMALL, tmp_path, dirs_exist_ok=True)
    shutil.copytree(SMALL.parent / "profiles", tmp_path / "profiles")
    names = {"Error Comment": "Remark", "Number of Widgets:": "Widget Count:", "Refused": "Denied"}
    names |= {
        "Number of Widgets,": "Widget Count,",
        "[Number of Widgets]": "[Widget Count]",
        "Identifier: Identifier": "Query: Identifier",
    }
    names |= {"[Identifier]": "[Query]", " Identifier]": " Query]", "  Identifier:  ": "  Query:  "}
    for path in tmp_path.rglob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        for old, new in names.items():
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")
    assert lint(load(tmp_path)) == []
    renamed = compare(SCHEMA, load(tmp_path))
    assert sorted((each.kind.id, each.old, each.new) for each in renamed) == [
        ("ELEMENT_RENAMED", "Error Comment", "Remark"),
        ("ELEMENT_RENAMED", "Identifier", "Query"),
        ("ELEMENT_RENAMED", "Number of Widgets", "Widget Count"),
        ("STATUS_TYPE_RENAMED", "Refused", "Denied"),
    ]


# Completeness


def classes() -> list[type]:
    """Every class of the model."""
    return [
        each
        for each in vars(model).values()
        if isinstance(each, type) and attrs.has(each) and each.__module__ == model.__name__
    ]


@pytest.mark.parametrize("of", classes(), ids=lambda of: of.__name__)
def test_every_field_of_the_model_has_its_comparison(of: Any) -> None:
    """A class or field that the model gets and `fields` does not know fails here, and in `walk`."""
    assert {*FIELDS[of]} == {each.name for each in attrs.fields(of)}


# What the laws refuse need not be told: a C cell without its condition, a row that is shorter than its table.
REFUSED = {
    ("Condition", "parameters"),
    ("Condition", "column"),
    ("Service", "conditions"),
    ("Extension", "conditions"),
    ("Parameter", "cells"),
    ("Change", "base"),
    ("Change", "relaxed"),
    ("NewSeverity", "base"),
}


def variants(thing: Any) -> Iterator[Any]:
    """Other values of a field: another text, one entry fewer, another order, nothing."""
    if isinstance(thing, Text):
        yield Text(f"{thing}x", thing.at)
    elif thing is None:
        yield "warning"
    elif isinstance(thing, bool):
        yield not thing
    elif isinstance(thing, int):
        yield thing + 1
    elif isinstance(thing, tuple) and thing:
        yield thing[1:]
        yield from [thing[::-1]] if thing[::-1] != thing else []
        if isinstance(thing[0], Text):
            yield (*thing, Text("x", thing[0].at))
    elif isinstance(thing, dict) and thing:
        first, *_ = thing
        yield {key: value for key, value in thing.items() if key != first}
        for value in variants(thing[first]):
            yield {**thing, first: value}
    elif isinstance(thing, expression.StatusIs | expression.Junction | expression.Constant):
        yield expression.Negation(thing)


def mutants(thing: Any, path: str = "") -> Iterator[tuple[str, str, Any]]:
    """A thing with one field of one object in it changed, and which class and field that was."""
    if isinstance(thing, tuple):
        for at, each in enumerate(thing):
            for owner, name, other in mutants(each):
                yield owner, name, (*thing[:at], other, *thing[at + 1 :])
    elif isinstance(thing, dict):
        for key, each in thing.items():
            for owner, name, other in mutants(each):
                yield owner, name, {**thing, key: other}
    elif attrs.has(type(thing)) and type(thing).__module__ == model.__name__:
        for field in attrs.fields(type(thing)):
            value = getattr(thing, field.name)
            for other in variants(value):
                yield type(thing).__name__, field.name, attrs.evolve(thing, **{field.name: other})
            for owner, name, other in mutants(value):
                yield owner, name, attrs.evolve(thing, **{field.name: other})


def test_no_change_of_the_model_goes_unnoticed() -> None:
    """Every field of every object of a schema, changed by itself, is told, or the laws refuse it."""
    tried: set[tuple[str, str]] = set()
    silent = set()
    for owner, name, other in mutants(SCHEMA):
        tried.add((owner, name))
        if not compare(SCHEMA, other):
            silent.add((owner, name))
            assert lint(other) != [], f"{owner}.{name}"
    assert silent == REFUSED
    every = {(of.__name__, field.name) for of in classes() for field in attrs.fields(of)}
    # The name of a file is no fact; a part of the whole is changed in its own fields.
    parts = {("Schema", name) for name in ("dictionary", "statuses", "rules")}
    parts |= {("Extension", "statuses"), ("NewCondition", "condition")}
    assert every - tried == {(of, "path") for of in ("Service", "ServiceClass", "Profile")} | parts


def test_a_schema_is_as_itself() -> None:
    """Our schema differs from itself in nothing."""
    ours = load(SMALL.parents[2] / "schema")
    assert compare(ours, ours) == ()
