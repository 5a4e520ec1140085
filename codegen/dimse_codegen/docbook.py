"""Read the requirement tables of PS3.7 out of the DocBook in which NEMA publishes it.

What lives here knows how PS3.7 is marked up: its sections, tables, captions, headings and turns of phrase.
It must know nothing of our schema and no fact of the standard: every name, cell, tag and code it returns
stands in the document.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypedDict, TypeVar
from xml.etree.ElementTree import Element


# In these types None stands for a value the Service Class chooses, and for the tag, VR and VM of a Data Set.
class Status(TypedDict):
    """A status type that a service lists."""

    type: str
    value: str | None


class Service(TypedDict):
    """A service: its rows in Tables 7.5-1 and 7.5-2, its parameters and statuses."""

    group: str
    kind: str
    sub_operations: str
    multiple_responses: str
    cancel: str
    parameters_table: str
    columns: list[str]
    parameters: dict[str, list[str]]
    statuses: list[Status]
    status_section: str


class Field(TypedDict):
    """A row of a message table, or of a status type of Annex C."""

    field: str
    tag: str | None
    vr: str | None
    vm: str | None


class Message(TypedDict):
    """A message table of 9.3 or 10.3."""

    table: str
    command_field: str
    data_set: str
    fields: list[Field]


class DictionaryEntry(TypedDict):
    """A row of Table E.1-1 or E.2-1."""

    tag: str
    name: str
    keyword: str
    vr: str
    vm: str


# Called, not subclassed: "class" cannot be said in a class body.
StatusType = TypedDict(
    "StatusType", {"section": str, "type": str, "class": str, "value": str | None, "fields": list[Field]}
)


class Facts(TypedDict):
    """All that is read from the document."""

    part: str
    edition: str
    services: dict[str, Service]
    messages: dict[str, Message]
    elements: list[DictionaryEntry]
    retired_elements: list[DictionaryEntry]
    status_types: list[StatusType]


_PART = "PS3.7"
SERVICE_SECTIONS = ("9.1", "10.1")
PROTOCOL_SECTIONS = ("9.3", "10.3")
DESCRIPTION = "Description of Field"
_SPECIFIC = "Service Class specific"
DB = "{http://docbook.org/ns/docbook}"
XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
SECTION_TAGS = frozenset(DB + name for name in ("chapter", "appendix", "section"))
_TITLE_TAGS = frozenset(DB + name for name in ("title", "caption"))
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\ufeff"))
CODE = re.compile(r"\b([0-9A-F]{4})H\b")
_TAG = re.compile(r"\([0-9A-Fa-f]{4},[0-9A-Fa-f]{4}\)")
STATUS_ITEM = re.compile(r"([^()]+?) ?\(([^()]+)\)")
DATA_SET_RULES = {
    "present": re.compile(r"indicates that a Data Set"),
    "absent": re.compile(r"indicates that no Data Set"),
    "optional": re.compile(r"indicates (that )?(if|whether) a Data Set"),
}
_T = TypeVar("_T")


class DocBookError(Exception):
    """The document lacks, or words in a way not understood, something that PS3.7 says."""


def read(path: Path) -> Facts:
    """Read one edition of PS3.7.

    Args:
        path: PS3.7 as DocBook, in UTF-8; any edition.

    Returns:
        The facts, spelt and ordered as the document prints them.

    Raises:
        DocBookError: not XML, not PS3.7, or a table or section missing or not understood.
        OSError: the file cannot be read.

    Source: PS3.7 sections 7.5, 9.1, 9.3, 10.1 and 10.3, Annexes C and E.
    """
    return facts_of(parse(path))


def facts_of(root: Element) -> Facts:
    """The facts of a document that has been parsed; as `read`."""
    book = _Book(root)
    services = _services(book)
    messages = _messages(book)
    _require_messages(book, services, messages)
    return {
        "part": _PART,
        "edition": book.edition(),
        "services": services,
        "messages": messages,
        "elements": _dictionary(book.table("E.1-1")),
        "retired_elements": _dictionary(book.table("E.2-1")),
        "status_types": list(_status_types(book.section("C"))),
    }


def parse(path: Path) -> Element:
    """The root of a document; DocBookError where it is no XML, OSError where it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        # Entities are declared in a DOCTYPE or nowhere, and PS3.7 has none: so no bomb reaches the parser.
        if "<!DOCTYPE" in text:
            raise DocBookError("document: expected no DOCTYPE, found one")
        return ET.fromstring(text)
    except (UnicodeDecodeError, ET.ParseError) as error:
        raise DocBookError(f"document: expected well-formed XML in UTF-8, found {error}") from error


class _Book:
    """The document, its sections and tables found by label."""

    def __init__(self, root: Element) -> None:
        if root.tag != DB + "book" or _label(root) != _PART:
            raise DocBookError(f"document: expected the book {_PART}, found {root.tag} {_label(root)!r}")
        self._root = root
        self._found: dict[str, list[Element]] = defaultdict(list)
        for element in root.iter():
            if element.tag == DB + "table":
                self._found[f"Table {_label(element)}"].append(element)
            elif element.tag in SECTION_TAGS:
                self._found[f"section {_label(element)}"].append(element)

    def edition(self) -> str:
        subtitle = " ".join(map(text_of, self._root.iter(DB + "subtitle")))
        found = re.search(rf"{re.escape(_PART)} (\d{{4}}[a-z]?)\b", subtitle)
        if found is None:
            raise DocBookError(f"subtitle: expected '{_PART}' and an edition, found {subtitle!r}")
        return found[1]

    def section(self, label: str) -> Element:
        return _only(f"section {label}", "one in the document", self._found[f"section {label}"])

    def table(self, label: str) -> _Table:
        return _Table(_only(f"Table {label}", "one in the document", self._found[f"Table {label}"]))


class _Table:
    """The headings and rows of a table, as text, every row as wide as the headings."""

    def __init__(self, element: Element, where: str = "") -> None:
        self.where = where or f"Table {anchor_of(element)}"
        rows = [[text_of(cell) for cell in row] for row in element.findall(f"*/{DB}tr")]
        if len(rows) < 2 or not rows[0] or not all(rows[0]):
            raise DocBookError(f"{self.where}: expected headings and rows below them, found {rows}")
        self.headings, *self.rows = rows
        for number, row in enumerate(self.rows, start=1):
            if len(row) != len(self.headings):
                wanted = len(self.headings)
                raise DocBookError(f"{self.where}, row {number}: expected {wanted} cells, found {len(row)}")

    def column(self, heading: str) -> list[str]:
        found = [at for at, text in enumerate(self.headings) if text.casefold() == heading.casefold()]
        at = _only(self.where, f"one column {heading!r}", found)
        return [row[at] for row in self.rows]

    def select(self, *headings: str) -> list[tuple[str, ...]]:
        selected = list(zip(*map(self.column, headings), strict=True))
        for number, row in enumerate(selected, start=1):
            if not all(row):
                raise DocBookError(f"{self.where}, row {number}: expected {headings}, found {row}")
        return selected

    def by_name(self, *headings: str) -> dict[str, tuple[str, ...]]:
        return _unique(self.where, ((row[0], row[1:]) for row in self.select(*headings)))


def _services(book: _Book) -> dict[str, Service]:
    kinds = book.table("7.5-1").by_name("Name", "Group", "Type")
    procedures = book.table("7.5-2").by_name("Name", "Sub-Operations", "Multiple Responses", "Cancel")
    definitions = _unique("sections 9.1 and 10.1", _definitions(book))
    odd = sorted((kinds.keys() ^ procedures.keys()) | (kinds.keys() ^ definitions.keys()))
    if odd:
        raise DocBookError(
            "Tables 7.5-1 and 7.5-2, tables of Parameters in 9.1 and 10.1: "
            f"expected each service in all three, found {', '.join(odd)} in fewer"
        )
    return {name: _service(kind, procedures[name], *definitions[name]) for name, kind in kinds.items()}


def _definitions(book: _Book) -> Iterator[tuple[str, tuple[Element, Element]]]:
    for part in map(book.section, SERVICE_SECTIONS):
        for section in part.findall(DB + "section"):
            for name, table in _captioned(section, " Parameters"):
                yield name, (section, table)


def _service(kind: Sequence[str], procedure: Sequence[str], section: Element, element: Element) -> Service:
    table = _Table(element)
    if not table.headings[0].endswith("Parameter Name") or len(table.headings) < 2:
        raise DocBookError(f"{table.where}: expected Parameter Name and roles, found {table.headings}")
    titled = [each for each in section.iter(DB + "section") if title_of(each) == "Status"]
    status = _only(f"section {_label(section)}", "one section titled Status", titled)
    return {
        "group": kind[0],
        "kind": kind[1],
        "sub_operations": procedure[0],
        "multiple_responses": procedure[1],
        "cancel": procedure[2],
        "parameters_table": anchor_of(element),
        "columns": table.headings[1:],
        "parameters": {name: [*cells] for name, cells in table.by_name(*table.headings).items()},
        "statuses": _statuses(status),
        "status_section": anchor_of(status),
    }


def _statuses(section: Element) -> list[Status]:
    where = f"section {anchor_of(section)}"
    statuses: list[Status] = []
    for item in map(text_of, section.iter(DB + "listitem")):
        found = STATUS_ITEM.match(item)
        if found is None:
            raise DocBookError(f"{where}: expected a status and its value in parentheses, found {item!r}")
        statuses.append({"type": found[1], "value": _status_value(where, found[2])})
    if not statuses:
        raise DocBookError(f"{where}: expected a list of statuses, found none")
    return statuses


def _status_value(where: str, text: str) -> str | None:
    codes: list[str] = CODE.findall(text)
    if len(codes) + text.count(_SPECIFIC) != 1:
        raise DocBookError(f"{where}: expected one status code or '{_SPECIFIC}', found {text!r}")
    return codes[0] if codes else None


def _messages(book: _Book) -> dict[str, Message]:
    sections = map(book.section, PROTOCOL_SECTIONS)
    tables = (found for section in sections for found in _captioned(section, " Message Fields"))
    return _unique("sections 9.3 and 10.3", ((name, _message(table)) for name, table in tables))


def _message(element: Element) -> Message:
    table = _Table(element)
    fields = _fields(table, "Message Field")
    names = (field["field"] for field in fields)
    descriptions = _unique(table.where, zip(names, table.column(DESCRIPTION), strict=True))
    codes: list[str] = CODE.findall(descriptions.get("Command Field", ""))
    announced = descriptions.get("Command Data Set Type", "")
    rules = [rule for rule, wording in DATA_SET_RULES.items() if wording.search(announced)]
    return {
        "table": anchor_of(element),
        "command_field": "0x" + _only(table.where, "one code in its Command Field row", codes),
        "data_set": _only(table.where, f"one rule in its Command Data Set Type row {announced!r}", rules),
        "fields": [field if field["tag"] else {**field, "vr": None, "vm": None} for field in fields],
    }


def _require_messages(book: _Book, services: Iterable[str], messages: Collection[str]) -> None:
    parts = map(book.section, PROTOCOL_SECTIONS)
    titles = [title_of(section) for part in parts for section in part.iter(DB + "section")]
    named = [title for title in titles if title.endswith(("-RQ", "-RSP"))]
    for name in [*named, *(service + suffix for service in services for suffix in ("-RQ", "-RSP"))]:
        if name not in messages:
            raise DocBookError(f"sections 9.3 and 10.3: expected a table captioned {name} Message Fields")


def _fields(table: _Table, name_heading: str) -> list[Field]:
    return [
        {"field": name, "tag": None if tag == "(no tag)" else _tag(table.where, tag), "vr": vr, "vm": vm}
        for name, tag, vr, vm in table.select(name_heading, "Tag", "VR", "VM")
    ]


def _dictionary(table: _Table) -> list[DictionaryEntry]:
    return [
        {"tag": _tag(table.where, tag), "name": name, "keyword": keyword, "vr": vr, "vm": vm}
        for tag, name, keyword, vr, vm in table.select("Tag", "Message Field", "Keyword", "VR", "VM")
    ]


def _status_types(annex: Element) -> Iterator[StatusType]:
    for section in _sections(annex):
        name, ending, _ = title_of(section).partition(" Status Class")
        if not ending:
            raise DocBookError(f"section {_label(section)}: expected a Status Class, found {name!r}")
        for status_type in _sections(section):
            yield _status_type(status_type, name)


def _status_type(section: Element, status_class: str) -> StatusType:
    where, title = f"section {anchor_of(section)}", title_of(section)
    if not title:
        raise DocBookError(f"{where}: expected a title, found none")
    tables = [*section.iter(DB + "table"), *section.iter(DB + "informaltable")]
    table = _Table(_only(where, "one table", tables), where)
    fields = _fields(table, "Status Field")
    described = zip(fields, table.column(DESCRIPTION), strict=True)
    status = [description for field, description in described if field["field"] == "Status"]
    return {
        "section": anchor_of(section),
        "type": title,
        "class": status_class,
        "value": _status_value(where, _only(where, "one Status row", status)),
        "fields": fields,
    }


def _sections(element: Element) -> list[Element]:
    found = element.findall(DB + "section")
    if not found:
        raise DocBookError(f"section {_label(element)}: expected sections in it, found none")
    return found


def _captioned(within: Element, ending: str) -> Iterator[tuple[str, Element]]:
    for table in within.iter(DB + "table"):
        if title_of(table).endswith(ending):
            yield title_of(table).removesuffix(ending), table


def _label(element: Element) -> str:
    return element.get("label") or element.get(XML_ID, "").rpartition("_")[2]


def anchor_of(element: Element) -> str:
    """Number of a section or table."""
    label = _label(element)
    if not label:
        raise DocBookError(f"{title_of(element)!r}: expected a label or an xml:id")
    return label


def title_of(element: Element) -> str:
    """Title of a section, caption of a table."""
    return " ".join(text_of(each) for each in element if each.tag in _TITLE_TAGS)


def text_of(element: Element) -> str:
    """What an element says, without layout."""
    return " ".join("".join(element.itertext()).translate(_INVISIBLE).split())


def _tag(where: str, text: str) -> str:
    if not _TAG.fullmatch(text):
        raise DocBookError(f"{where}: expected a tag, found {text!r}")
    return text


def _only(where: str, expected: str, found: Sequence[_T]) -> _T:
    if len(found) != 1:
        raise DocBookError(f"{where}: expected {expected}, found {len(found)}")
    return found[0]


def _unique(where: str, pairs: Iterable[tuple[str, _T]]) -> dict[str, _T]:
    result: dict[str, _T] = {}
    for name, value in pairs:
        if name in result:
            raise DocBookError(f"{where}: expected {name!r} once, found it again")
        result[name] = value
    return result
