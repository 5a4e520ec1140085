"""Two editions of PS3.7 laid side by side: every table that a schema transcribes, and the text of what it cites.

Of tables, cells are told; of text, that it is another and where: no sentence of the standard is repeated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import attrs

from dimse_codegen.changes.prose import Edition, read
from dimse_codegen.docbook import CODE
from dimse_codegen.findings import Finding, Report
from dimse_codegen.model import Schema
from dimse_codegen.problem import Mark, Text
from dimse_codegen.sheets import NOTHING, Difference, differences_of, pairs, sheets

RULES = {
    "TABLE_ADDED": "A table, or a section that lists statuses, is new.",
    "TABLE_REMOVED": "A table, or a section that lists statuses, is gone.",
    "ROW_ADDED": "A row of a table is new.",
    "ROW_REMOVED": "A row of a table is gone.",
    "ROW_RENAMED": "A row of a table stands under another name.",
    "ROW_ORDER": "The rows of a table stand in another order.",
    "CELL_CHANGED": "A cell of a table, a code in it, or its number is another.",
    "TEXT_CHANGED": "What a row of a table says of its field is another text.",
    "PROSE_CHANGED": "The text of a section that the schema cites is another.",
    "SECTION_REMOVED": "A section that the schema cites is gone.",
}
# A sheet that is made of others: what changes in it has been told.
_DERIVED = "Cancel Columns"
_RANGE = re.compile(r"(\S+)\.([0-9]+) to \1\.([0-9]+)")


def compare(old: Edition, new: Edition, schema: Schema, version: str) -> Report:
    """Everything in which two editions differ, as far as the schema transcribes or cites it.

    Args:
        old: one edition.
        new: the other.
        schema: whose citations count.
        version: of the compiler.
    """
    found = [*_facts(old, new), *_rows(old, new)]
    cited = citations(schema)
    changed = [label for label in old.sections if _differs(old, new, label)]
    changed += [label for label in new.sections if label not in old.sections]
    found += [_section(old, new, label, cited[label]) for label in changed if label in cited and label in old.sections]
    others = sum(label not in cited for label in changed)
    editions = f"{old.facts['edition']} to {new.facts['edition']}"
    summary = f"PS3.7 {editions}: {len(found)} difference{'s' * (len(found) != 1)}"
    if others:
        summary += f"; {others} section{'s' * (others != 1)} that the schema does not cite changed too"
    return Report("diff", version, RULES, found, summary)


def _differs(old: Edition, new: Edition, label: str) -> bool:
    return label not in new.sections or old.sections[label].text != new.sections[label].text


# Facts


def _facts(old: Edition, new: Edition) -> Iterator[Finding]:
    theirs, ours = sheets(old.facts), sheets(new.facts)
    renamed = pairs([*theirs], [*ours])
    for name, mine in renamed.items():
        if name != _DERIVED:
            for each in differences_of(theirs[name], attrs.evolve(ours[mine], where=theirs[name].where)):
                yield _fact(old, new, each, ours[mine].where)
    for name, sheet in theirs.items():
        if name not in renamed:
            yield _finding("TABLE_REMOVED", f"{sheet.where}, {name}: gone", old, sheet.where)
    for name, sheet in ours.items():
        if name not in renamed.values():
            yield _finding("TABLE_ADDED", f"{sheet.where}, {name}: new", new, sheet.where)


def _fact(old: Edition, new: Edition, each: Difference, where: str) -> Finding:
    what = each.where.removeprefix(where).removeprefix(", ")
    if what == "order":
        rule = "ROW_ORDER"
    elif each.standard == NOTHING and "," not in what:
        rule = "ROW_ADDED"
    elif each.schema == NOTHING and "," not in what:
        rule = "ROW_REMOVED"
    elif what == each.standard:
        rule = "ROW_RENAMED"
    else:
        rule = "CELL_CHANGED"
    gone = rule == "ROW_REMOVED" and where not in new.lines
    text = f"{each.where}: {each.standard} -> {each.schema}"
    data = {"where": each.where, "old": each.standard, "new": each.schema}
    return _finding(rule, text, old if gone else new, where, data)


def _finding(rule: str, text: str, edition: Edition, where: str, data: dict[str, Any] | None = None) -> Finding:
    line = edition.lines.get(where)
    at = edition.path if line is None else Mark(edition.path, line, 1)
    return Finding(rule, "error", text, at, data=data or {"where": where})


# Text


def _rows(old: Edition, new: Edition) -> Iterator[Finding]:
    """Rows of a table that both have, under whatever name, and that say something else of their field."""
    for where, theirs in old.rows.items():
        ours = new.rows.get(where, {})
        for name, mine in pairs([*theirs], [*ours]).items():
            if theirs[name] != ours[mine]:
                codes = [", ".join(f"{code}H" for code in CODE.findall(text)) for text in (theirs[name], ours[mine])]
                told = f"; codes {codes[0] or NOTHING} -> {codes[1] or NOTHING}" if codes[0] != codes[1] else ""
                yield _finding("TEXT_CHANGED", f"{where}, {mine}: its text is another{told}", new, where)


def _section(old: Edition, new: Edition, label: str, cited: Text) -> Finding:
    gone = label not in new.sections
    identifier = old.sections[label].id if gone else new.sections[label].id
    said = "it is gone" if gone else "its text is another"
    edition = old if gone else new
    line = edition.lines.get(f"Section {label}")
    place = f"{edition.path}:{line}" if line else str(edition.path)
    return Finding(
        "SECTION_REMOVED" if gone else "PROSE_CHANGED",
        "error",
        f"Section {label} ({identifier}): {said}; cited here",
        cited.at,
        (f"stands at {place}",),
        {"where": f"Section {label}", "id": identifier},
    )


def citations(schema: Schema) -> dict[str, Text]:
    """The sections of PS3.7 that a schema cites, each with the first place that does."""
    found: dict[str, Text] = {}
    for text in _cited(schema):
        match = _RANGE.fullmatch(text)
        numbers = range(int(match[2]), int(match[3]) + 1) if match else ()
        labels = [f"{match[1]}.{each}" for each in numbers] if match else text.removeprefix("Annex ").split(", ")
        for label in labels:
            found.setdefault(label, text)
    return found


def _cited(thing: Any) -> Iterator[Text]:
    """Every text of the model that cites a section; one that names another part than PS3.7 is no section here."""
    if isinstance(thing, tuple):
        for each in thing:
            yield from _cited(each)
    elif isinstance(thing, dict):
        for each in thing.values():
            yield from _cited(each)
    elif attrs.has(type(thing)):
        for field in attrs.fields(type(thing)):
            value = getattr(thing, field.name)
            if field.name in ("service_classes", "profiles"):
                continue  # their sections are of PS3.4, or of a user's own document
            if field.name in ("section", "status_section") and isinstance(value, Text):
                yield value
            else:
                yield from _cited(value)


__all__ = ["RULES", "Edition", "citations", "compare", "read"]
