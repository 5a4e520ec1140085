"""TypeScript: a type for each message, in which a cell is a type, and the matrices as a constant.

`M` is a property, `U` and `C` an optional one, `-` is `never`; a value that the table fixes or lists is a literal. The
constant is plain JSON in a module, and the same text declares its type.
"""

from __future__ import annotations

import json

from attrs import frozen

from dimse_codegen.ir import IR, Cell, Element, Message, Row, Service
from dimse_codegen.targets import MARK, Job

_TYPES = {"US": "number", "UL": "number", "AT": "number"}


@frozen
class Property:
    """A property of a message: how it is declared, and the comment above it."""

    declaration: str
    comment: str


@frozen
class Interface:
    """The type of a message."""

    name: str
    quoted: str
    comment: str
    properties: tuple[Property, ...]


def declarations(job: Job) -> dict[str, str]:
    """A package of npm: declarations, the module with the constants, and what makes them a package."""
    tables, messages = _literal(_tables(job.ir)), _literal(_messages(job.ir))
    values = {"edition": job.ir.edition, "tables": tables, "messages": messages}
    package = {
        "description": f"{MARK}from the schema (PS3.7 {job.ir.edition}). Do not edit.",
        "name": "dimse-tables",
        "private": True,
        "type": "module",
        "main": "dimse.js",
        "types": "dimse.d.ts",
    }
    return {
        "dimse.d.ts": job.render("typescript/dimse.d.ts.j2", interfaces=_interfaces(job.ir), **values),
        "dimse.js": job.render("typescript/dimse.js.j2", **values),
        "package.json": json.dumps(package, indent=2) + "\n",
    }


def _literal(value: object) -> str:
    """A value that is JavaScript and, as a type, the TypeScript of itself alone."""
    return json.dumps(value, indent=2)


def _tables(ir: IR) -> dict[str, object]:
    elements = {element.keyword: element for element in ir.elements}
    return {
        service.name: {
            "table": service.table,
            "section": service.section,
            "columns": [column.head for column in service.columns],
            "rows": [_row(row, elements.get(row.keyword)) for row in service.rows],
        }
        for service in ir.services
    }


def _row(row: Row, element: Element | None) -> dict[str, object]:
    """A row; without tag, VR and VM it is a Data Set."""
    return {
        "name": row.name,
        "keyword": row.keyword,
        "tag": element.tag if element else None,
        "vr": element.vr if element else None,
        "vm": element.vm if element else None,
        **{cell.role: cell.text for cell in row.cells},
        "withStatus": list(row.with_status),
        "added": row.added,
        "section": row.section,
    }


def _messages(ir: IR) -> dict[str, object]:
    return {
        message.name: {
            "service": service.name,
            "role": message.role,
            "commandField": int(message.command_field[:4], 16),
            "dataSet": message.data_set,
        }
        for service in ir.services
        for message in service.messages
    }


def _interfaces(ir: IR) -> tuple[Interface, ...]:
    elements = {element.keyword: element for element in ir.elements}
    return tuple(
        Interface(
            message.name.replace("-", "_"),
            json.dumps(message.name),
            _comment(f"{message.name}: {service.summary} PS3.7 Table {', '.join(message.tables)}."),
            tuple(_property(service, message, row, elements.get(row.keyword)) for row in service.rows),
        )
        for service in ir.services
        for message in service.messages
    )


def _property(service: Service, message: Message, row: Row, element: Element | None) -> Property:
    cell = next(cell for cell in row.cells if cell.role == message.role)
    # Annex C may permit in a response what its table has as '-'; a message has one Data Set, which is a row of its own.
    permitted = message.role == "response" and bool(row.with_status) and element is not None
    if cell.glyph == "-" and not permitted:
        declaration = f"{row.keyword}?: never;"
    else:
        mark = "" if cell.glyph.startswith("M") else "?"
        declaration = f"{row.keyword}{mark}: {_type(cell, element)};"
    where = "Annex C" if row.added else f"Table {service.table}"
    return Property(declaration, _comment(f"{row.name}: {cell.text} in {where} ({row.section})."))


def _type(cell: Cell, element: Element | None) -> str:
    if element is None:
        return "Uint8Array"
    if cell.fixed is not None:
        return str(cell.fixed)
    if element.values:
        return " | ".join(str(value.code) for value in sorted(element.values, key=lambda each: each.code))
    plain = _TYPES.get(element.vr, "string")
    return plain if element.vm == "1" else f"readonly {plain}[]"


def _comment(text: str) -> str:
    """A text that does not end the comment it stands in, on one line."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split()).replace("*/", "* /")
