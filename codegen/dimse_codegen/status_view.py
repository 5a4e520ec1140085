"""Service Classes of PS3.4 to what a template prints: SOP Classes by UID, status tables, and which has which."""

from __future__ import annotations

import re

from attrs import frozen

from dimse_codegen.layout import quote
from dimse_codegen.model import Schema, ServiceClass, StatusTable
from dimse_codegen.service_class_laws import written_out
from dimse_codegen.view import tuple_literal


@frozen
class SOPClassesView:
    """The SOP Classes of a Service Class: a constant, and UIDs with names."""

    constant: str
    entries: tuple[tuple[str, str], ...]


@frozen
class TableView:
    """A status table: a constant, and its rows, each code, type and meaning."""

    constant: str
    rows: tuple[tuple[str, ...], ...]


@frozen
class AssignmentsView:
    """All of it; an assignment is service, place in PS3.4, SOP Classes and statuses."""

    sop_classes: tuple[SOPClassesView, ...]
    tables: tuple[TableView, ...]
    assignments: tuple[tuple[str, ...], ...]


def assignments(schema: Schema) -> AssignmentsView:
    """All that is printed of the Service Classes, in the order of PS3.4's annexes."""
    written = written_out(schema)
    classes = sorted(schema.service_classes, key=lambda each: _annex(each.tables[0]))
    return AssignmentsView(
        tuple(_sop_classes(each) for each in classes),
        tuple(_table(table) for each in classes for table in each.tables if table.codes),
        tuple(
            (quote(service), quote(_where(source)), _members(each, table), _constant(source) if source.codes else "()")
            for each in classes
            for table in each.tables
            for source in [written[table.as_in] if table.as_in else table]
            for service in table.services
        ),
    )


def _annex(table: StatusTable) -> tuple[int, str]:
    """Annexes in the order of the document: B before AA."""
    annex = table.section.partition(".")[0]
    return len(annex), annex


def _sop_classes(each: ServiceClass) -> SOPClassesView:
    return SOPClassesView(_name(each), tuple((quote(uid), quote(name)) for name, uid in each.sop_classes.items()))


def _name(each: ServiceClass) -> str:
    return re.sub(r"[ /-]", "_", each.name).upper()


def _members(each: ServiceClass, table: StatusTable) -> str:
    """The constant of a Service Class, or the UIDs of some of its SOP Classes."""
    if set(table.sop_classes) == set(each.sop_classes):
        return _name(each)
    return tuple_literal(tuple(quote(each.uid(name) or "") for name in table.sop_classes))


def _table(table: StatusTable) -> TableView:
    rows = tuple((quote(row.code), quote(row.type), quote(row.meaning)) for row in table.codes)
    return TableView(_constant(table), rows)


def _where(table: StatusTable) -> str:
    """Where PS3.4 prints a table, as people cite it."""
    return f"Table {table.table}" if table.table else table.section


def _constant(table: StatusTable) -> str:
    """The name of a table: of its number, or of its section and its first service, for a section may have several."""
    name = f"TABLE_{table.table}" if table.table else f"SECTION_{table.section}_{table.services[0]}"
    return re.sub("[ .-]", "_", name).upper()
