"""A profile's YAML to its model: every form is checked here, every meaning in `profile_laws`."""

from __future__ import annotations

import re

from ruamel.yaml.nodes import Node

from dimse_codegen import forms
from dimse_codegen.model import Change, Extension, LeftStatuses, NewCondition, NewSeverity, Profile
from dimse_codegen.problem import Problem, Text
from dimse_codegen.reading import condition_of, entries_of, pattern_of, text_of
from dimse_codegen.yaml_source import Source

_CELL = re.compile(forms.PROFILE_CELL)
_CITED = re.compile(forms.CITED)


def read_profile(source: Source) -> Profile:
    """A file of `profiles/`."""
    fields = source.fields(source.root, *forms.PROFILE.names)
    return Profile(
        source.path,
        text_of(source, fields.get("edition")),
        text_of(source, fields.get("profile")),
        text_of(source, fields.get("document")),
        _cited(source, text_of(source, fields.get("section"))),
        text_of(source, fields.get("summary")),
        tuple(_extension(source, node) for node in _items(source, fields.get("services"))),
    )


def _extension(source: Source, node: Node) -> Extension:
    fields = source.fields(node, *forms.EXTENSION.names)
    changes = [_change(source, row, relaxed=False) for row in _items(source, fields.get("cells"))]
    changes += [_change(source, row, relaxed=True) for row in _items(source, fields.get("relaxed"))]
    severities = [_severity(source, row) for row in _items(source, fields.get("severities"))]
    return Extension(
        text_of(source, fields.get("extends")),
        source.texts(fields["sop_classes"]) if "sop_classes" in fields else (),
        tuple(change for change in changes if change is not None),
        tuple(_condition(source, entry) for entry in _items(source, fields.get("conditions"))),
        _statuses(source, fields["statuses"]) if "statuses" in fields else None,
        tuple(severity for severity in severities if severity is not None),
    )


def _items(source: Source, node: Node | None) -> list[Node]:
    return [] if node is None else source.items(node)


def _change(source: Source, node: Node, *, relaxed: bool) -> Change | None:
    entries = entries_of(source, node, forms.CHANGE)
    if not entries:
        return None
    parameter, column, base, here, section, reason = (source.text(entry) for entry in entries)
    for cell in (base, here):
        if cell and not _CELL.fullmatch(cell):
            text = f"'{cell}' is no cell; one of '-', M, U, C, with (=) behind it, or MF VALUE, UF VALUE"
            source.problems.append(Problem(cell.at, "CELL_KNOWN", text))
    return Change(parameter, column, base, here, _cited(source, section), reason, relaxed)


def _condition(source: Source, node: Node) -> NewCondition:
    fields = source.fields(node, *forms.NEW_CONDITION.names)
    return NewCondition(condition_of(source, fields), text_of(source, fields.get("reason")))


def _statuses(source: Source, node: Node) -> LeftStatuses:
    fields = source.fields(node, *forms.LEFT_STATUSES.names)
    codes = source.texts(fields["only"], "a list of codes") if "only" in fields else ()
    for code in codes:
        pattern_of(source, code)
    severity = source.text(fields["severity"]) if "severity" in fields else None
    section = _cited(source, text_of(source, fields.get("section")))
    return LeftStatuses(codes, severity, section, text_of(source, fields.get("reason")))


def _severity(source: Source, node: Node) -> NewSeverity | None:
    entries = entries_of(source, node, forms.NEW_SEVERITY)
    if not entries:
        return None
    rule, base, here, section, reason = (source.text(entry) for entry in entries)
    return NewSeverity(rule, base, here, _cited(source, section), reason)


def _cited(source: Source, section: Text) -> Text:
    if section and not _CITED.fullmatch(section):
        text = f"'{section}' is no section; write C.4.2.1.6, Table C.4-2, or with another part ahead, PS3.7 9.1.4.1.6"
        source.problems.append(Problem(section.at, "SECTION_FORM", text))
    return section
