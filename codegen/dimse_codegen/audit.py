"""A schema laid beside the standard, fact by fact.

The schema is put in the shape of the facts; both are spread out as sheets, a sheet being a table of PS3.7 or a section
that lists something; sheets are compared, knowing nothing of what they mean. No file is opened here.

What the facts do not hold (conditions, rules of equality, allowed values, codes of a status class) is not compared.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest

from attrs import evolve, field, frozen

from dimse_codegen import docbook
from dimse_codegen.docbook import Facts
from dimse_codegen.model import Element, Schema, Service, StatusType

NOTHING = "nothing"
# The standard prints a cancel column and a cancel message for each of these; the schema has one C-CANCEL for all.
CANCELLED = ("C-FIND", "C-GET", "C-MOVE")
_TYPED = ("Tag", "VR", "VM")
_DATA_SET_RULES = {"always": "present", "never": "absent", "conditional": "optional"}


@frozen
class Difference:
    """One fact that stands otherwise in the schema than in the standard; "nothing" where one of them lacks it.

    `where` is table or section, row, column: "Table 9.1-4, Priority, Req/Ind". An accepted difference names it so, and
    is stale where there is none such.
    """

    where: str
    standard: str
    schema: str
    stale: bool = False

    def __str__(self) -> str:
        told = f"the standard has {self.standard}, the schema has {self.schema}"
        if self.stale:
            told = f"accepted as a difference, but it is not so that {told}"
        elif self.standard == NOTHING:
            told = f"not in the standard; the schema has {self.schema}"
        elif self.schema == NOTHING:
            told = f"not in the schema; the standard has {self.standard}"
        return f"{self.where}: {told}"


@frozen
class Report:
    """What an audit found: how many facts were compared, by kind; what differs; what is meant to, and why."""

    edition: str
    compared: dict[str, int]
    differences: tuple[Difference, ...]
    accepted: tuple[tuple[Difference, str], ...]

    def __str__(self) -> str:
        counts = {**self.compared, "in all": sum(self.compared.values())}
        lines = [f"Facts of PS3.7 {self.edition} that the schema was compared with:"]
        lines += [f"  {kind:<20}{count:>7,}" for kind, count in counts.items() if count]
        if self.accepted:
            lines += ["", f"{_many(self.accepted)} accepted:"]
            lines += [f"  {difference}\n    {reason}" for difference, reason in self.accepted]
        none = f"No {'other ' if self.accepted else ''}difference."
        lines += ["", f"{_many(self.differences)}:" if self.differences else none]
        return "\n".join([*lines, *(f"  {difference}" for difference in self.differences)])


def _many(found: Sequence[object]) -> str:
    return f"{len(found)} difference{'s' if len(found) != 1 else ''}"


@frozen
class _Sheet:
    """A table of the standard, or what the schema has in its place; `about` tells of it as a whole."""

    kind: str
    where: str
    columns: Sequence[str] = ()
    rows: dict[str, tuple[str, ...]] = field(factory=dict, eq=lambda rows: [*rows.items()])  # order is a fact
    about: dict[str, str] = field(factory=dict)


def audit(schema: Schema, facts: Facts) -> Report:
    """Compare a schema with the standard, both ways: missing, extra, different, in another order.

    A schema that carries its own command dictionary and statuses transcribes the standard and must be whole. Of any
    other, the services it has are compared; what it lacks or borrows is passed over.
    """
    own = _facts(schema)
    home = schema.services[0].path.parent.parent
    if any(part.edition.at.path.parent != home for part in (schema.dictionary, schema.statuses)):
        facts, own = _part(facts, own), _part(own, own)
    theirs, ours = _sheets(facts), _sheets(own)
    compared: dict[str, int] = {}
    found: list[Difference] = []
    for name, sheet in (ours | theirs).items():
        # A row is a fact, that it is there and in its place, and so is each of its cells.
        count = len(sheet.about) + sum(1 + len(row) for row in sheet.rows.values())
        compared[sheet.kind] = compared.get(sheet.kind, 0) + count
        if name in theirs and name in ours:
            found += _differences(theirs[name], ours[name]) if theirs[name] != ours[name] else ()
        else:
            left, right = (name if name in side else NOTHING for side in (theirs, ours))
            found.append(Difference(sheet.where, left, right))
    reasons = {Difference(each.where, each.standard, each.schema): str(each.reason) for each in schema.accepted}
    accepted = tuple((difference, reasons[difference]) for difference in found if difference in reasons)
    stale = [evolve(difference, stale=True) for difference in reasons if difference not in found]
    differences = [difference for difference in found if difference not in reasons]
    return Report(facts["edition"], compared, (*differences, *stale), accepted)


def _part(facts: Facts, wanted: Facts) -> Facts:
    """Of services and messages those that are wanted, of Annexes C and E nothing."""
    services = {name: each for name, each in facts["services"].items() if name in wanted["services"]}
    messages = {name: each for name, each in facts["messages"].items() if name in wanted["messages"]}
    return {
        **facts,
        "services": services,
        "messages": messages,
        "elements": [],
        "retired_elements": [],
        "status_types": [],
    }


def _differences(theirs: _Sheet, ours: _Sheet) -> Iterator[Difference]:
    where = theirs.where
    for name in theirs.about | ours.about:
        left, right = theirs.about.get(name, NOTHING), ours.about.get(name, NOTHING)
        if left != right:
            yield Difference(f"{where}, {name}", left, right)
    pairs = _pairs([*theirs.rows], [*ours.rows])
    for row, mine in pairs.items():
        if row != mine:
            yield Difference(f"{where}, {row}", row, mine)
        for at, (left, right) in enumerate(zip_longest(theirs.rows[row], ours.rows[mine], fillvalue=NOTHING)):
            if left != right:
                column = theirs.columns[at] if at < len(theirs.columns) else f"column {at + 1}"
                yield Difference(f"{where}, {row}, {column}", left, right)
    for row in [row for row in theirs.rows if row not in pairs]:
        yield Difference(f"{where}, {row}", ", ".join([row, *theirs.rows[row]]), NOTHING)
    for row in [row for row in ours.rows if row not in pairs.values()]:
        yield Difference(f"{where}, {row}", NOTHING, ", ".join([row, *ours.rows[row]]))
    order = [*pairs], sorted(pairs, key=lambda row: [*ours.rows].index(pairs[row]))
    if order[0] != order[1]:
        apart = [at for at, (left, right) in enumerate(zip(*order, strict=True)) if left != right]
        left, right = (", ".join(rows[apart[0] : apart[-1] + 1]) for rows in order)
        yield Difference(f"{where}, order", left, right)


def _pairs(theirs: list[str], ours: list[str]) -> dict[str, str]:
    """Rows of the standard, in its order, with ours: of the same name, else in the same place under another name."""
    pairs = {row: row for row in theirs if row in ours}
    for tag, start, end, begin, stop in difflib.SequenceMatcher(None, theirs, ours, autojunk=False).get_opcodes():
        if tag == "replace" and end - start == stop - begin:
            renamed = zip(theirs[start:end], ours[begin:stop], strict=True)
            pairs |= {row: mine for row, mine in renamed if row not in ours and mine not in theirs}
    return {row: pairs[row] for row in theirs if row in pairs}


def _sheets(facts: Facts) -> dict[str, _Sheet]:
    """All facts, by the name of the sheet they stand on."""
    services = {name: each for name, each in sorted(facts["services"].items()) if name != "C-CANCEL"}
    kinds = _rows((name, (each["group"], each["kind"])) for name, each in services.items())
    steps = ((n, (s["sub_operations"], s["multiple_responses"], s["cancel"])) for n, s in services.items())
    heads = ("Sub-Operations", "Multiple Responses", "Cancel")
    sheets = {
        "Title Page": _Sheet("title page", "Title page", about={"part": facts["part"], "edition": facts["edition"]}),
        "Services": _Sheet("services", "Table 7.5-1", ("Group", "Type"), kinds),
        "Procedures": _Sheet("services", "Table 7.5-2", heads, _rows(steps)),
    }
    for name, service in services.items():
        number, columns, section = service["parameters_table"], service["columns"], service["status_section"]
        about = {f"number of {name} Parameters": number, "columns": ", ".join(columns)}
        rows = _rows(service["parameters"].items())
        sheets[f"{name} Parameters"] = _Sheet("parameters", f"Table {number}", columns, rows, about)
        rows = _rows((status["type"], [_code(status["value"])]) for status in service["statuses"])
        about = {f"number of {name} Status": section}
        sheets[f"{name} Status"] = _Sheet("statuses of services", f"Section {section}", ["Code"], rows, about)
    sheets["Cancel Columns"] = _cancel(facts["services"])
    for name, message in facts["messages"].items():
        about = {
            f"number of {name} Message Fields": message["table"],
            "Command Field, Code": message["command_field"].removeprefix("0x") + "H",
            "Command Data Set Type, Data Set": message["data_set"],
        }
        where, rows = f"Table {message['table']}", _typed(message["fields"])
        sheets[f"{name} Message Fields"] = _Sheet("messages", where, _TYPED, rows, about)
    types = facts["status_types"]
    rows = _rows((each["type"], (each["section"], each["class"], _code(each["value"]))) for each in types)
    sheets["Status Types"] = _Sheet("status types", "Annex C", ("Section", "Class", "Code"), rows)
    for each in types:
        where, name = f"Section {each['section']}", f"Fields of {each['type']}"
        sheets[name] = _Sheet("status types", where, _TYPED, _typed(each["fields"]))
    for number, elements in (("E.1-1", facts["elements"]), ("E.2-1", facts["retired_elements"])):
        rows = _rows((row["name"], (row["tag"], row["vr"], row["vm"], row["keyword"])) for row in elements)
        where = f"Table {number}"
        sheets[where] = _Sheet("command dictionary", where, (*_TYPED, "Keyword"), rows)
    return sheets


def _cancel(services: Mapping[str, docbook.Service]) -> _Sheet:
    """The cancel columns side by side, a row a parameter; where there is C-CANCEL, its column stands for each."""
    tables = {name: services[name]["parameters_table"] for name in CANCELLED if name in services}
    found = [services.get("C-CANCEL", services[name]) for name in tables]
    rows: dict[str, list[str]] = {}
    for at, service in enumerate(found):
        for row, cells in service["parameters"].items():
            cell = dict(zip(service["columns"], cells, strict=False)).get("CnclReq/CnclInd", "-")
            if cell != "-":
                rows.setdefault(row, ["-"] * len(found))[at] = cell
    about = {"Group": found[0]["group"], "number of its table": found[0]["parameters_table"]} if found else {}
    return _Sheet("parameters", "C-CANCEL", [f"Table {each}" for each in tables.values()], _rows(rows.items()), about)


def _rows(rows: Iterable[tuple[str, Sequence[str]]]) -> dict[str, tuple[str, ...]]:
    """Cells by name of row; a name that comes again is told apart, so that no row hides another."""
    found: dict[str, tuple[str, ...]] = {}
    times: dict[str, int] = {}
    for name, cells in rows:
        times[name] = times.get(name, 0) + 1
        found[name if times[name] == 1 else f"{name} #{times[name]}"] = tuple(cells)
    return found


def _typed(fields: Iterable[docbook.Field]) -> dict[str, tuple[str, ...]]:
    return _rows((each["field"], [each["tag"] or "-", each["vr"] or "-", each["vm"] or "-"]) for each in fields)


def _code(value: str | None) -> str:
    return "a code of a Service Class" if value is None else f"{value}H"


def _facts(schema: Schema) -> Facts:
    """The schema in the shape of the facts; the service C-CANCEL stays one of its own."""
    editions = [schema.dictionary.edition, schema.statuses.edition, *(each.edition for each in schema.services)]
    return {
        "part": "PS3.7",
        "edition": ", ".join(dict.fromkeys(editions)),
        "services": {each.name: _service(schema, each) for each in schema.services},
        "messages": dict(pair for service in schema.services for pair in _messages(schema, service)),
        "elements": [_entry(element) for element in schema.dictionary.elements if not element.retired],
        "retired_elements": [_entry(element) for element in schema.dictionary.elements if element.retired],
        "status_types": [_status_type(schema, each) for each in schema.statuses.types],
    }


def _service(schema: Schema, service: Service) -> docbook.Service:
    codes = {str(each.name): each.code[:-1] for each in schema.statuses.types if each.code}
    return {
        "group": service.group,
        "kind": service.kind,
        "sub_operations": service.procedures["sub_operations"],
        "multiple_responses": service.procedures["multiple_responses"],
        "cancel": service.procedures["cancel"],
        "parameters_table": service.table,
        "columns": [*service.columns],
        "parameters": {row.name: [*row.cells] for row in service.parameters},
        "statuses": [{"type": name, "value": codes.get(name)} for name in service.status_types],
        "status_section": service.status_section or NOTHING,
    }


def _messages(schema: Schema, service: Service) -> Iterator[tuple[str, docbook.Message]]:
    for message in service.messages:
        thrice = message.name == "C-CANCEL-RQ"
        names = [f"C-CANCEL-{name[2:]}-RQ" for name in CANCELLED] if thrice else [message.name]
        code, data_set = f"0x{message.command_field:04X}", _DATA_SET_RULES[message.data_set]
        fields = [_field(schema, field) for field in message.fields]
        for name, table in zip_longest(names, message.tables, fillvalue=NOTHING):
            yield name, {"table": table, "command_field": code, "data_set": data_set, "fields": fields}


def _status_type(schema: Schema, each: StatusType) -> docbook.StatusType:
    """A status type with the field Status, which the schema leaves out, ahead of the first that has a higher tag."""
    tags = [found.tag if (found := schema.dictionary.element(name)) else 0xFFFF for name in each.fields]
    at = next((at for at, tag in enumerate(tags) if tag > 0x0900), len(tags))
    return {
        "section": each.section,
        "type": each.name,
        "class": each.status_class,
        "value": each.code[:-1] if each.code else None,
        "fields": [_field(schema, name) for name in (*each.fields[:at], "Status", *each.fields[at:])],
    }


def _field(schema: Schema, name: str) -> docbook.Field:
    found = schema.dictionary.element(name)
    if found is None:
        return {"field": name, "tag": None, "vr": None, "vm": None}
    return {"field": name, "tag": _tag(found), "vr": found.vr, "vm": found.vm}


def _entry(found: Element) -> docbook.DictionaryEntry:
    return {"tag": _tag(found), "name": found.name, "keyword": found.keyword, "vr": found.vr, "vm": found.vm}


def _tag(found: Element) -> str:
    return f"({found.tag >> 16:04X},{found.tag & 0xFFFF:04X})"
