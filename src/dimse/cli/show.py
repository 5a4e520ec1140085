"""`dimse show`: a service, a message, an element, a Status or a rule, as the schema has it."""

from __future__ import annotations

import json
import re
from typing import Any

from dimse.cli.output import STYLES, Output

_TAG = re.compile(r"\(?([0-9A-Fa-f]{4}),?\s?([0-9A-Fa-f]{4})\)?")
_STATUS = re.compile(r"(?:0[xX]([0-9A-Fa-f]{1,4})|([0-9A-Fa-f]{4})[hH]?)")


class UnknownError(Exception):
    """Nothing of that name."""


def facts(what: str | None) -> dict[str, Any]:
    """What there is to show, as JSON has it.

    Raises:
        UnknownError: nothing of that name.
    """
    if what is None:
        return _all()
    name = what.strip()
    upper = name.upper().replace("_", "-")
    for service in _services():
        if upper == service.SERVICE:
            return _service(service)
        for message in service.MESSAGES.values():
            if upper == message.NAME:
                return _message(message)
    if tag := _TAG.fullmatch(name):
        return _element(int(tag[1] + tag[2], 16))
    if status := _STATUS.fullmatch(name):
        return _status(int(status[1] or status[2], 16))
    return _rule(name)


def show(what: str | None, output: Output, *, as_json: bool) -> None:
    """Write what there is to show.

    Raises:
        UnknownError: nothing of that name.
    """
    found = facts(what)
    if as_json:
        output.raw(json.dumps(found, indent=2) + "\n")
        return
    _WRITERS[found["kind"]](found, output)


def _services() -> tuple[Any, ...]:
    from dimse import services

    return tuple(
        getattr(services, name) for name in services.__all__ if name.count("_") in (1, 2) and _is_service(name)
    )


def _is_service(name: str) -> bool:
    return name.startswith(("C_", "N_")) and not name.endswith(("_RQ", "_RSP"))


def _all() -> dict[str, Any]:
    return {
        "kind": "services",
        "services": [
            {"service": each.SERVICE, "table": each.TABLE.title, "messages": [m.NAME for m in each.MESSAGES.values()]}
            for each in _services()
        ],
    }


def _service(service: Any) -> dict[str, Any]:
    return {
        "kind": "service",
        "service": service.SERVICE,
        "table": f"PS3.7 {service.TABLE.title}",
        "columns": list(service.TABLE.columns),
        "messages": [message.NAME for message in service.MESSAGES.values()],
        "rows": [
            {
                **_entry(row),
                "cells": [row.cell(role) for role in service.TABLE.roles],
                "status_related": row.status_related,
                "section": f"PS3.7 {row.section}",
            }
            for row in service.TABLE
        ],
    }


def _entry(row: Any) -> dict[str, Any]:
    tag = None if row.tag is None else f"({row.tag >> 16:04X},{row.tag & 0xFFFF:04X})"
    return {"name": row.name, "keyword": row.keyword, "tag": tag, "vr": row.vr, "vm": row.vm}


def _message(message: Any) -> dict[str, Any]:
    service = message.PRIMITIVE
    rows = [
        {
            **_entry(row),
            "cell": row.cell(message.ROLE),
            "section": f"PS3.7 {row.section}",
            "rules": _rules_of(f"{message.NAME}.{row.keyword}."),
        }
        for row in service.TABLE
        if row.cell(message.ROLE) != "-"
    ]
    return {
        "kind": "message",
        "message": message.NAME,
        "command_field": f"{message.COMMAND_FIELD:04X}H",
        "table": f"PS3.7 {message.FIELDS}",
        "data_set": message.DATA_SET,
        "parameters": rows,
    }


def _rules_of(prefix: str) -> list[dict[str, str]]:
    from dimse.services import RULES

    return [
        {"rule": rule.id, "severity": rule.severity, "section": rule.section, "purpose": rule.purpose}
        for identifier, rule in RULES.items()
        if identifier.startswith(prefix)
    ]


def _element(tag: int) -> dict[str, Any]:
    from dimse.services import DICTIONARY

    element = DICTIONARY.by_tag.get(tag)
    if element is None:
        raise UnknownError(f"({tag >> 16:04X},{tag & 0xFFFF:04X}) is in no Command Dictionary (PS3.7 E.1)")
    return {
        "kind": "element",
        **_entry(element),
        "retired": element.retired,
        "section": "PS3.7 E.2" if element.retired else "PS3.7 E.1",
        "values": [f"{value:04X}H" for value in element.values],
        "used": [
            {"service": service.SERVICE, "cells": dict(zip(service.TABLE.columns, cells, strict=True))}
            for service in _services()
            for row in service.TABLE
            if row.tag == tag
            for cells in [[row.cell(role) for role in service.TABLE.roles]]
        ],
    }


def _status(code: int) -> dict[str, Any]:
    found = []
    for service in _services():
        if "response" not in service.MESSAGES:
            continue
        plain = service.STATUSES.status(code)
        rows: dict[tuple[str, str, str], None] = {}
        for uid in service.STATUSES.sop_classes:
            status = service.STATUSES.status(code, uid)
            if status.of_sop_class:
                rows[status.type or "", status.meaning, status.section] = None
        if rows or (plain.of_service and plain.type):
            rows = rows or {(plain.type or "", plain.meaning, plain.section): None}
            found += [
                {
                    "service": service.SERVICE,
                    "type": type_,
                    "meaning": meaning,
                    "section": section,
                    "fields": list(plain.keywords),
                }
                for type_, meaning, section in rows
            ]
    status_class = next(iter(_services())).STATUSES.status(code).status_class
    return {"kind": "status", "status": f"{code:04X}H", "class": status_class, "services": found}


def _rule(name: str) -> dict[str, Any]:
    from dimse.services import RULES

    rule = RULES.get(name)
    if rule is None:
        near = [each for each in RULES if name.upper() in each.upper()][:5]
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        raise UnknownError(f"{name!r} is no service, message, tag, Status or rule{hint}")
    return {
        "kind": "rule",
        "rule": rule.id,
        "severity": rule.severity,
        "section": rule.section,
        "purpose": rule.purpose,
        "statuses": list(rule.statuses),
    }


# To read


def table(rows: list[list[str]], output: Output) -> None:
    """Rows in columns, the first row as heads."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for number, row in enumerate(rows):
        text = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        output.line((text, "" if number else "bold"))


def _write_services(found: dict[str, Any], output: Output) -> None:
    rows = [[each["service"], each["table"], ", ".join(each["messages"])] for each in found["services"]]
    table([["Service", "PS3.7", "Messages"], *rows], output)


def _write_service(found: dict[str, Any], output: Output) -> None:
    output.line((f"{found['service']}: {found['table']}", "bold"))
    heads = ["Parameter", "Tag", "VR", *found["columns"], "Section"]
    rows = [
        [
            r["name"],
            r["tag"] or "",
            r["vr"],
            *(cell or "" for cell in r["cells"]),
            r["section"] + " (Annex C)" * r["status_related"],
        ]
        for r in found["rows"]
    ]
    table([heads, *rows], output)


def _write_message(found: dict[str, Any], output: Output) -> None:
    output.line((f"{found['message']}: {found['table']}, Command Field {found['command_field']}", "bold"))
    output.line(f"Data Set: {found['data_set']}")
    rows = [[r["tag"] or "", r["name"], r["vr"], r["vm"], r["cell"] or "", r["section"]] for r in found["parameters"]]
    table([["Tag", "Parameter", "VR", "VM", "Cell", "Section"], *rows], output)
    output.line()
    for row in found["parameters"]:
        for rule in row["rules"]:
            style = STYLES[rule["severity"]]
            output.line((f"{rule['severity']:9}", style), f"{rule['rule']}: {rule['purpose']} ({rule['section']})")


def _write_element(found: dict[str, Any], output: Output) -> None:
    retired = ", retired" if found["retired"] else ""
    output.line((f"{found['tag']} {found['name']}", "bold"))
    output.line(f"{found['keyword']}, VR {found['vr']}, VM {found['vm']}{retired} ({found['section']})")
    if found["values"]:
        output.line(f"one of {', '.join(found['values'])}")
    for used in found["used"]:
        output.line(f"  {used['service']:15} " + ", ".join(f"{head} {cell}" for head, cell in used["cells"].items()))


def _write_status(found: dict[str, Any], output: Output) -> None:
    output.line((f"{found['status']}: {found['class'] or 'of no status class'}", "bold"))
    rows = [[e["service"], e["type"], e["meaning"], e["section"], ", ".join(e["fields"])] for e in found["services"]]
    if rows:
        table([["Service", "Type", "Meaning", "Section", "Fields permitted"], *rows], output)
    else:
        output.line("No service answers with it.")


def _write_rule(found: dict[str, Any], output: Output) -> None:
    output.line((found["rule"], "bold"))
    output.line((found["severity"], STYLES[found["severity"]]), f", {found['section']}")
    output.line(found["purpose"])
    if found["statuses"]:
        output.line(f"To be refused with: {', '.join(found['statuses'])}")


_WRITERS = {
    "services": _write_services,
    "service": _write_service,
    "message": _write_message,
    "element": _write_element,
    "status": _write_status,
    "rule": _write_rule,
}
