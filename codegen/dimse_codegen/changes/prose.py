"""What a DocBook edition of PS3.7 says beside its facts: the text of sections, and of the rows of its tables.

What `docbook` reads as a fact is left out of the text, so that one change of the document is told once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.etree.ElementTree import Element

from attrs import frozen

from dimse_codegen import docbook
from dimse_codegen.docbook import (
    CODE,
    DATA_SET_RULES,
    DB,
    SECTION_TAGS,
    STATUS_ITEM,
    Facts,
    anchor_of,
    text_of,
    title_of,
)

_START = re.compile(r"<(table|section|chapter|appendix)\b([^>]*)>")
_LABEL = re.compile(r'\b(?:label="([^"]+)"|xml:id="[^"]*_([^"_]+)")')
# Columns that are facts; whatever else a table has is text.
_FACTS = {
    "Tag", "VR", "VM", "Keyword", "Name", "Group", "Type", "Sub-Operations", "Cancel", "Message Field",
    "Status Field", "Multiple Responses",
}  # fmt: skip


@frozen
class Section:
    """A section by itself, without those in it."""

    id: str
    text: str


@frozen
class Edition:
    """A document.

    Attributes:
        path: its file.
        facts: as `docbook` reads them.
        sections: by number, "9.1.4.1.8".
        rows: the text of each row, by table or section and name: "Table 9.3-9", "Priority".
        lines: where sections and tables begin, by number.
    """

    path: Path
    facts: Facts
    sections: Mapping[str, Section]
    rows: Mapping[str, Mapping[str, str]]
    lines: Mapping[str, int]


def read(path: Path) -> Edition:
    """Read one edition of PS3.7.

    Raises:
        DocBookError: not XML, not PS3.7, or a table or section missing or not understood.
        OSError: the file cannot be read.
    """
    root = docbook.parse(path)
    facts = docbook.facts_of(root)
    printed = {"7.5-1", "7.5-2", "E.1-1", "E.2-1"}
    printed |= {each["parameters_table"] for each in facts["services"].values()}
    printed |= {each["table"] for each in facts["messages"].values()}
    types = {each["section"] for each in facts["status_types"]}
    sections: dict[str, Section] = {}
    rows: dict[str, Mapping[str, str]] = {}
    for element in root.iter():
        if element.tag in SECTION_TAGS:
            label = anchor_of(element)
            tables = [*_tables(element)] if label in types else []
            skipped = {id(each): each for each in tables}
            skipped |= {id(each): each for each in _tables(element) if each.get("label") and anchor_of(each) in printed}
            text = _text(element, skipped, title_of(element) == "Status")
            sections[label] = Section(element.get(docbook.XML_ID, ""), " ".join(text.split()))
            for each in skipped.values():
                rows[f"Section {label}" if each in tables else f"Table {anchor_of(each)}"] = dict(_rows(each))
    return Edition(path, facts, sections, rows, _lines(path))


def _tables(section: Element) -> Iterator[Element]:
    """The tables of a section that are in no section in it."""
    for child in section:
        if child.tag in (DB + "table", DB + "informaltable"):
            yield child
        elif child.tag not in SECTION_TAGS:
            yield from _tables(child)


def _text(element: Element, skipped: Mapping[int, Element], lists_statuses: bool) -> str:
    """All that a section says, but for sections in it and tables of facts; of a status that is listed, its comment."""
    parts = [element.text or ""]
    for child in element:
        if child.tag == DB + "listitem" and lists_statuses:
            parts.append(STATUS_ITEM.sub(lambda found: CODE.sub("", found[2]), text_of(child), count=1))
        elif child.tag not in SECTION_TAGS and id(child) not in skipped:
            parts.append(_text(child, skipped, lists_statuses))
        parts.append(child.tail or "")
    return " ".join(parts)


def _rows(table: Element) -> Iterator[tuple[str, str]]:
    """The name of each row and what its columns of text say, without the codes that are facts."""
    rows = [[text_of(cell) for cell in row] for row in table.findall(f"*/{DB}tr")]
    headings, *body = rows
    for row in body:
        named = dict(zip(headings, row, strict=False))
        name = next((named[each] for each in ("Message Field", "Status Field", "Name") if each in named), row[0])
        if headings[0].endswith("Parameter Name"):
            continue
        said = " ".join(text for heading, text in named.items() if heading not in _FACTS)
        yield name, _without_facts(name, said)


def _without_facts(name: str, text: str) -> str:
    if name in ("Command Field", "Status"):
        return CODE.sub("", text)
    if name == "Command Data Set Type":
        for wording in DATA_SET_RULES.values():
            text = wording.sub("", text)
    return text


def _lines(path: Path) -> dict[str, int]:
    """Where each section and table begins; their numbers differ in form."""
    text = path.read_text(encoding="utf-8-sig")
    lines: dict[str, int] = {}
    line, last = 1, 0
    for found in _START.finditer(text):
        line += text.count("\n", last, found.start())
        last = found.start()
        label = _LABEL.search(found[2])
        if label is not None:
            lines.setdefault(f"{'Table' if found[1] == 'table' else 'Section'} {label[1] or label[2]}", line)
    return lines
