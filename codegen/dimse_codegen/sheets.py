"""Facts of PS3.7 spread out as sheets, a sheet being a table of it or a section that lists something, and two compared.

Sheets are compared knowing nothing of what they mean: of the standard and a schema, or of two editions of the standard.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest

from attrs import field, frozen

from dimse_codegen import docbook
from dimse_codegen.docbook import Facts

NOTHING = "nothing"
# The standard prints a cancel column and a cancel message for each of these; the schema has one C-CANCEL for all.
CANCELLED = ("C-FIND", "C-GET", "C-MOVE")
_TYPED = ("Tag", "VR", "VM")


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
class Sheet:
    """A table of the standard, or what the schema has in its place; `about` tells of it as a whole."""

    kind: str
    where: str
    columns: Sequence[str] = ()
    rows: dict[str, tuple[str, ...]] = field(factory=dict, eq=lambda rows: [*rows.items()])  # order is a fact
    about: dict[str, str] = field(factory=dict)


def differences_of(theirs: Sheet, ours: Sheet) -> Iterator[Difference]:
    """Every fact in which two sheets differ."""
    where = theirs.where
    for name in theirs.about | ours.about:
        left, right = theirs.about.get(name, NOTHING), ours.about.get(name, NOTHING)
        if left != right:
            yield Difference(f"{where}, {name}", left, right)
    paired = pairs([*theirs.rows], [*ours.rows])
    for row, mine in paired.items():
        if row != mine:
            yield Difference(f"{where}, {row}", row, mine)
        for at, (left, right) in enumerate(zip_longest(theirs.rows[row], ours.rows[mine], fillvalue=NOTHING)):
            if left != right:
                column = theirs.columns[at] if at < len(theirs.columns) else f"column {at + 1}"
                yield Difference(f"{where}, {row}, {column}", left, right)
    for row in [row for row in theirs.rows if row not in paired]:
        yield Difference(f"{where}, {row}", ", ".join([row, *theirs.rows[row]]), NOTHING)
    for row in [row for row in ours.rows if row not in paired.values()]:
        yield Difference(f"{where}, {row}", NOTHING, ", ".join([row, *ours.rows[row]]))
    order = [*paired], sorted(paired, key=lambda row: [*ours.rows].index(paired[row]))
    if order[0] != order[1]:
        apart = [at for at, (left, right) in enumerate(zip(*order, strict=True)) if left != right]
        left, right = (", ".join(rows[apart[0] : apart[-1] + 1]) for rows in order)
        yield Difference(f"{where}, order", left, right)


def pairs(theirs: list[str], ours: list[str]) -> dict[str, str]:
    """Rows of the standard, in its order, with ours: of the same name, else in the same place under another name."""
    found = {row: row for row in theirs if row in ours}
    for tag, start, end, begin, stop in difflib.SequenceMatcher(None, theirs, ours, autojunk=False).get_opcodes():
        if tag == "replace" and end - start == stop - begin:
            renamed = zip(theirs[start:end], ours[begin:stop], strict=True)
            found |= {row: mine for row, mine in renamed if row not in ours and mine not in theirs}
    return {row: found[row] for row in theirs if row in found}


def sheets(facts: Facts) -> dict[str, Sheet]:
    """All facts, by the name of the sheet they stand on."""
    services = {name: each for name, each in sorted(facts["services"].items()) if name != "C-CANCEL"}
    kinds = _rows((name, (each["group"], each["kind"])) for name, each in services.items())
    steps = ((n, (s["sub_operations"], s["multiple_responses"], s["cancel"])) for n, s in services.items())
    heads = ("Sub-Operations", "Multiple Responses", "Cancel")
    found = {
        "Title Page": Sheet("title page", "Title page", about={"part": facts["part"], "edition": facts["edition"]}),
        "Services": Sheet("services", "Table 7.5-1", ("Group", "Type"), kinds),
        "Procedures": Sheet("services", "Table 7.5-2", heads, _rows(steps)),
    }
    for name, service in services.items():
        number, columns, section = service["parameters_table"], service["columns"], service["status_section"]
        about = {f"number of {name} Parameters": number, "columns": ", ".join(columns)}
        rows = _rows(service["parameters"].items())
        found[f"{name} Parameters"] = Sheet("parameters", f"Table {number}", columns, rows, about)
        rows = _rows((status["type"], [_code(status["value"])]) for status in service["statuses"])
        about = {f"number of {name} Status": section}
        found[f"{name} Status"] = Sheet("statuses of services", f"Section {section}", ["Code"], rows, about)
    found["Cancel Columns"] = _cancel(facts["services"])
    for name, message in facts["messages"].items():
        about = {
            f"number of {name} Message Fields": message["table"],
            "Command Field, Code": message["command_field"].removeprefix("0x") + "H",
            "Command Data Set Type, Data Set": message["data_set"],
        }
        where, rows = f"Table {message['table']}", _typed(message["fields"])
        found[f"{name} Message Fields"] = Sheet("messages", where, _TYPED, rows, about)
    types = facts["status_types"]
    rows = _rows((each["type"], (each["section"], each["class"], _code(each["value"]))) for each in types)
    found["Status Types"] = Sheet("status types", "Annex C", ("Section", "Class", "Code"), rows)
    for each in types:
        where, name = f"Section {each['section']}", f"Fields of {each['type']}"
        found[name] = Sheet("status types", where, _TYPED, _typed(each["fields"]))
    for number, elements in (("E.1-1", facts["elements"]), ("E.2-1", facts["retired_elements"])):
        rows = _rows((row["name"], (row["tag"], row["vr"], row["vm"], row["keyword"])) for row in elements)
        where = f"Table {number}"
        found[where] = Sheet("command dictionary", where, (*_TYPED, "Keyword"), rows)
    return found


def _cancel(services: Mapping[str, docbook.Service]) -> Sheet:
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
    return Sheet("parameters", "C-CANCEL", [f"Table {each}" for each in tables.values()], _rows(rows.items()), about)


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
