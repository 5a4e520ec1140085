"""How each field of each class of the model is compared, and what kind of difference it makes.

A new class or field of the model gets its line here; a test asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import attrs

from dimse_codegen.changes import profiles
from dimse_codegen.changes.cells import cells, conditions, new_row, severity
from dimse_codegen.changes.compare import (
    FIELDS,
    NOTHING,
    Change,
    Comparer,
    Pair,
    items,
    mapping,
    members,
    place,
    unique,
    value,
    walk,
)
from dimse_codegen.changes.kinds import KINDS
from dimse_codegen.changes.renames import rename
from dimse_codegen.model import (
    Accepted,
    Advice,
    AssignedStatus,
    Condition,
    Dictionary,
    Element,
    Extension,
    LeftStatuses,
    Message,
    NewCondition,
    NewSeverity,
    Parameter,
    Profile,
    Rule,
    Rules,
    Schema,
    Service,
    ServiceClass,
    Statuses,
    StatusTable,
    StatusType,
)
from dimse_codegen.model import Change as CellChange
from dimse_codegen.problem import Mark, Text

_NOWHERE = Mark(Path("schema"), 1, 1)
_NAME = "what pairs the two"
_BY_CELLS = "compared by parameter and column, with the cells"
_BY_PROFILE = "compared with what it comes to beside the service"
_OF_SERVICE = "as the service has it, which is compared itself"
_FILE = "a file may have any name that the laws allow"

place_changed = value("PLACE_CHANGED")
text_changed = value("TEXT_CHANGED", "")
edition = value("EDITION_CHANGED")


def _inner(label: str) -> Comparer:
    """A field that is one object."""

    def comparer(pair: Pair, field: str) -> Iterator[Change]:
        yield from walk(pair.inner(getattr(pair.old, field), getattr(pair.new, field), label))

    return comparer


def _borrowed(pair: Pair, _: str) -> Iterator[Change]:
    if pair.old.borrowed != pair.new.borrowed:
        words = ["those of dimse" if each.borrowed else "its own" for each in (pair.old, pair.new)]
        yield pair.change("SERVICES_BORROWED", "services", *words)


def _tag(pair: Pair, field: str) -> Iterator[Change]:
    if pair.old.tag != pair.new.tag:
        old, new = (f"({tag >> 16:04X},{tag & 0xFFFF:04X})" for tag in (pair.old.tag, pair.new.tag))
        yield pair.change("TAG_CHANGED", field, old, new)


def _retired(pair: Pair, field: str) -> Iterator[Change]:
    if pair.old.retired != pair.new.retired:
        words = ["retired" if each.retired else "in use" for each in (pair.old, pair.new)]
        yield pair.change("ELEMENT_RETIRED" if pair.new.retired else "ELEMENT_REVIVED", "", *words)


def _values(pair: Pair, _: str) -> Iterator[Change]:
    """The values that may stand in a parameter; none are all."""
    for name in dict.fromkeys([*pair.old.values, *pair.new.values]):
        old, new = pair.old.allowed(name), pair.new.allowed(name)
        label = f"{name}, values"
        if not new and old:
            yield pair.change("VALUES_FREED", label, tuple(old), None)
            continue
        if not old and new:
            yield pair.change("VALUE_REMOVED", f"{label}, all others", "any", tuple(new))
            continue
        words = [
            {str(word): Text(f"{word} {code:04X}H", word.at) for word, code in each.items()} for each in (old, new)
        ]
        for word in dict.fromkeys([*words[0], *words[1]]):
            was, now = (each.get(word) for each in words)
            kind = "VALUE_REMOVED" if now is None else "VALUE_ADDED" if was is None else "VALUE_CHANGED"
            if was != now:
                yield pair.change(kind, f"{label}, {word}", was, now)


def _classes(pair: Pair, _: str) -> Iterator[Change]:
    """The class of each code and range, then the classes themselves."""
    old, new = (
        {str(code): name for name, codes in each.classes.items() for code in codes} for each in (pair.old, pair.new)
    )
    for code in dict.fromkeys([*old, *new]):
        if code not in new:
            yield pair.change("STATUS_CLASS_REMOVED", code, old[code], None)
        elif code not in old:
            yield pair.change("STATUS_CLASS_ADDED", code, None, new[code])
        elif old[code] != new[code]:
            yield pair.change("STATUS_CLASS_CHANGED", code, old[code], new[code])
    names = mapping("STATUS_CLASS_ADDED", "STATUS_CLASS_REMOVED", "ORDER_CHANGED", label="class")
    for each in names(pair, "classes"):
        # Of codes that one side lacks it has been told; what is left of a class is the order of its codes.
        if each.kind.id != "ORDER_CHANGED" or sorted(each.old.split(", ")) == sorted(each.new.split(", ")):
            yield each


def _rule_groups(pair: Pair, field: str) -> Iterator[Change]:
    for group in dict.fromkeys([*pair.old.groups, *pair.new.groups]):
        old, new = (_Group(each.groups.get(group, ())) for each in (pair.old, pair.new))
        yield from _rules(pair.inner(old, new, group), "rules")


class _Group:
    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.rules = rules


def _rules(pair: Pair, field: str) -> Iterator[Change]:
    """New rules are told apart by what they can do to a verdict."""
    key = _advice_key if field == "advice" else lambda each: str(each.name)
    new = unique(getattr(pair.new, field), key)
    for each in items("RULE_ADDED", "RULE_REMOVED", "ORDER_CHANGED", key)(pair, field):
        mild = each.kind.id == "RULE_ADDED" and new[each.new].severity != "error"
        yield Change(KINDS["REMARK_ADDED"], each.where, NOTHING, each.new, each.at, each.was) if mild else each


def _advice_key(advice: Advice) -> str:
    return f"{advice.parameter}, {advice.rule}"


def _table_key(table: StatusTable) -> str:
    return f"{table.place} for {', '.join(table.services)}"


FIELDS[Schema] = {
    "dictionary": _inner("Command Dictionary"),
    "statuses": _inner("Annex C"),
    "rules": _inner("rules"),
    "services": items("SERVICE_ADDED", "SERVICE_REMOVED", "ORDER_CHANGED"),
    "service_classes": items("SERVICE_CLASS_ADDED", "SERVICE_CLASS_REMOVED", "ORDER_CHANGED"),
    "profiles": items("PROFILE_ADDED", "PROFILE_REMOVED", "ORDER_CHANGED"),
    "borrowed": _borrowed,
    "accepted": items("ACCEPTED_CHANGED", "ACCEPTED_CHANGED", "ORDER_CHANGED", lambda each: f"accepted, {each.where}"),
}
FIELDS[Accepted] = {
    "where": _NAME,
    "standard": value("ACCEPTED_CHANGED"),
    "schema": value("ACCEPTED_CHANGED"),
    "reason": value("ACCEPTED_CHANGED"),
}
FIELDS[Dictionary] = {
    "edition": edition,
    "elements": items("ELEMENT_ADDED", "ELEMENT_REMOVED", "ORDER_CHANGED"),
    "data_sets": mapping("ELEMENT_ADDED", "ELEMENT_REMOVED", "KEYWORD_CHANGED", label="Data Set"),
    "values": _values,
    "defaults": mapping("DEFAULT_CHANGED", "DEFAULT_CHANGED", "DEFAULT_CHANGED", label="default of"),
}
FIELDS[Element] = {
    "name": _NAME,
    "tag": _tag,
    "vr": value("VR_CHANGED", "VR"),
    "vm": value("VM_CHANGED", "VM"),
    "keyword": value("KEYWORD_CHANGED"),
    "retired": _retired,
}
FIELDS[Statuses] = {
    "edition": edition,
    "classes": _classes,
    "assigned_by_service_class": members(
        "STATUS_ASSIGNED_CHANGED", "STATUS_ASSIGNED_CHANGED", "ORDER_CHANGED", "assigned by Service Classes,"
    ),
    "types": items("STATUS_TYPE_ADDED", "STATUS_TYPE_REMOVED", "ORDER_CHANGED"),
    "only_in": mapping(
        "STATUS_FIELD_CONFINED", "STATUS_FIELD_UNCONFINED", "STATUS_FIELD_CONFINED", label="only in one service:"
    ),
}
FIELDS[StatusType] = {
    "name": _NAME,
    "section": place_changed,
    "status_class": value("STATUS_CLASS_CHANGED", "class"),
    "code": value("STATUS_CODE_CHANGED"),
    "fields": members("STATUS_FIELD_ADDED", "STATUS_FIELD_REMOVED", "ORDER_CHANGED", "field"),
}
FIELDS[Rules] = {
    "edition": edition,
    "groups": _rule_groups,
    "parameters": mapping("ANSWER_CHANGED", "ANSWER_CHANGED", "ANSWER_CHANGED", label="parameters"),
    "advice": _rules,
}
FIELDS[Rule] = {
    "name": _NAME,
    "severity": severity,
    "section": place_changed,
    "purpose": text_changed,
    "statuses": value("ANSWER_CHANGED"),
}
FIELDS[Advice] = {
    "rule": _NAME,
    "parameter": _NAME,
    "when": value("REMARK_CHANGED"),
    "services": value("REMARK_CHANGED"),
    "severity": severity,
    "purpose": text_changed,
}
FIELDS[ServiceClass] = {
    "path": _FILE,
    "edition": edition,
    "name": _NAME,
    "sop_classes": mapping("SOP_CLASS_ADDED", "SOP_CLASS_REMOVED", "SOP_CLASS_UID_CHANGED"),
    "tables": items("STATUS_TABLE_ADDED", "STATUS_TABLE_REMOVED", "ORDER_CHANGED", _table_key),
}
FIELDS[StatusTable] = {
    "services": value("STATUS_TABLE_CHANGED"),
    "sop_classes": value("STATUS_TABLE_CHANGED"),
    "section": place_changed,
    "table": place_changed,
    "as_in": value("STATUS_TABLE_CHANGED"),
    "codes": items("ASSIGNED_STATUS_ADDED", "ASSIGNED_STATUS_REMOVED", "ORDER_CHANGED", lambda each: str(each.code)),
}
FIELDS[AssignedStatus] = {
    "code": _NAME,
    "type": value("ASSIGNED_STATUS_CHANGED"),
    "meaning": text_changed,
}
FIELDS[Service] = {
    "path": _FILE,
    "edition": edition,
    "name": _NAME,
    "section": place_changed,
    "summary": value("TEXT_CHANGED"),
    "group": value("SERVICE_GROUP_CHANGED"),
    "kind": value("SERVICE_KIND_CHANGED"),
    "procedures": mapping("PROCEDURE_CHANGED", "PROCEDURE_CHANGED", "PROCEDURE_CHANGED", label="procedures"),
    "table": place_changed,
    "columns": members("COLUMN_ADDED", "COLUMN_REMOVED", "COLUMN_ORDER", "column"),
    "parameters": items("ROW_ADDED", "ROW_REMOVED", "ROW_ORDER", more=new_row),
    "conditions": conditions,
    "equal_to_request": mapping("EQUALITY_ADDED", "EQUALITY_REMOVED", "EQUALITY_ADDED", label="equal to request,"),
    "messages": items("MESSAGE_ADDED", "MESSAGE_REMOVED", "ORDER_CHANGED"),
    "status_section": place_changed,
    "document": place_changed,
    "status_types": members("SERVICE_STATUS_ADDED", "SERVICE_STATUS_REMOVED", "ORDER_CHANGED", "status"),
}
FIELDS[Parameter] = {
    "name": _NAME,
    "cells": cells,
    "section": place_changed,
    "description": value("TEXT_CHANGED"),
}
FIELDS[Condition] = dict.fromkeys(("parameters", "column", "required", "permitted", "section", "severity"), _BY_CELLS)
FIELDS[Message] = {
    "name": _NAME,
    "tables": place_changed,
    "command_field": value("COMMAND_FIELD_CHANGED"),
    "fields": members("FIELD_ADDED", "FIELD_REMOVED", "ORDER_CHANGED", "field"),
    "data_set": value("DATA_SET_RULE_CHANGED"),
    "without_field": value("WITHOUT_FIELD_CHANGED"),
}
FIELDS[Profile] = {
    "path": _FILE,
    "edition": edition,
    "name": _NAME,
    "document": place_changed,
    "section": place_changed,
    "summary": value("TEXT_CHANGED"),
    "services": items("EXTENSION_ADDED", "EXTENSION_REMOVED", "ORDER_CHANGED", lambda each: str(each.extends)),
}
FIELDS[Extension] = {
    "extends": _NAME,
    "sop_classes": members("PROFILE_SOP_CLASS_ADDED", "PROFILE_SOP_CLASS_REMOVED", "ORDER_CHANGED", "SOP Class"),
    "changes": profiles.changes,
    "conditions": profiles.conditions,
    "statuses": profiles.statuses,
    "severities": profiles.severities,
}
FIELDS[CellChange] = {
    "parameter": _NAME,
    "column": _NAME,
    "base": _OF_SERVICE,
    "here": _BY_PROFILE,
    "relaxed": "follows from the cells, as the laws have it",
    "section": place_changed,
    "reason": text_changed,
}
FIELDS[NewCondition] = dict.fromkeys(("condition", "reason"), _BY_PROFILE)
FIELDS[LeftStatuses] = {
    "codes": members("STATUS_LET_IN", "STATUS_LEFT_OUT", "ORDER_CHANGED", ""),
    "severity": severity,
    "section": place_changed,
    "reason": text_changed,
}
FIELDS[NewSeverity] = {
    "rule": _NAME,
    "base": _OF_SERVICE,
    "here": profiles.given_severity,
    "section": place_changed,
    "reason": text_changed,
}


def compare(old: Schema, new: Schema) -> tuple[Change, ...]:
    """Every difference between two schemas, file by file in the order of the model; of a name changed, one."""
    start = Pair(old, new, "", place(new, place(old, _NOWHERE)), place(old, _NOWHERE))
    renamed, changes = rename(start)
    return (*changes, *walk(attrs.evolve(start, old=renamed)))
