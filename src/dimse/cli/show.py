"""`dimse show`: a service, a message, an element, a Status, a profile or rules, as the schema has it.

Only what is asked for is imported: a service is looked up by its name, and its rules are read off its own matrix.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from dimse import services
from dimse.cli.output import Output
from dimse.profiles import PROFILES

_TAG = re.compile(r"\(?([0-9A-Fa-f]{4}),?\s?([0-9A-Fa-f]{4})\)?")
_STATUS = re.compile(r"(?:0[xX]([0-9A-Fa-f]{1,4})|([0-9A-Fa-f]{4})[hH]?)")
_NEAR = 5


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
    upper = re.sub(r"[\s_]+", "-", name.upper())
    attribute = upper.replace("-", "_")
    if attribute in services.__all__:
        found = getattr(services, attribute)
        if getattr(found, "SERVICE", None) == upper:
            return _service(found)
        if getattr(found, "NAME", None) == upper:
            return _message(found)
    if tag := _TAG.fullmatch(name):
        return _element(int(tag[1] + tag[2], 16))
    if status := _STATUS.fullmatch(name):
        return _status(int(status[1] or status[2], 16))
    for known, element in services.DICTIONARY.by_tag.items():
        if _bare(name) in (element.keyword.lower(), _bare(element.name)):
            return _element(known)
    for module, title in PROFILES.items():
        if _bare(name) in (_bare(module), _bare(title)):
            return _profile(module)
    return _rules(name)


def show(what: str | None, output: Output, *, as_json: bool) -> None:
    """Write what there is to show.

    Raises:
        UnknownError: nothing of that name.
    """
    found = facts(what)
    if as_json:
        import json

        output.raw(json.dumps(found, indent=2) + "\n")
        return
    from dimse.cli.show_text import write

    write(found, output)


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _services() -> Iterator[Any]:
    for name in services.__all__:
        if name.startswith(("C_", "N_")) and not name.endswith(("_RQ", "_RSP")):
            yield getattr(services, name)


def _all() -> dict[str, Any]:
    return {
        "kind": "services",
        "services": [
            {"service": each.SERVICE, "table": each.TABLE.title, "messages": [m.NAME for m in each.MESSAGES.values()]}
            for each in _services()
        ],
        "profiles": [{"profile": title, "module": module} for module, title in PROFILES.items()],
    }


def _profile(module: str) -> dict[str, Any]:
    from importlib import import_module

    from attrs import asdict

    profile = import_module(f"dimse.profiles.{module}").PROFILE
    return {
        "kind": "profile",
        "profile": profile.name,
        "module": f"dimse.profiles.{module}",
        "section": profile.section,
        "summary": profile.summary,
        "changes": [asdict(change) for change in profile.changes],
        "services": [
            {
                "service": service.SERVICE,
                "sop_classes": list(uids),
                "columns": list(service.TABLE.columns),
                "rows": [row for row, of_service in _rows_beside(service, service.EXTENDS) if row != of_service],
            }
            for service, uids in profile.services.items()
        ],
    }


def _rows_beside(service: Any, of_service: Any) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """The rows of a profile's class, each with its service's; rows are the same, in the same order."""
    return zip(_rows(service), _rows(of_service), strict=True)


def _service(service: Any) -> dict[str, Any]:
    return {
        "kind": "service",
        "service": service.SERVICE,
        "table": f"{service.TABLE.document} {service.TABLE.title}",
        "columns": list(service.TABLE.columns),
        "messages": [message.NAME for message in service.MESSAGES.values()],
        "rows": _rows(service),
        "statuses": [
            {"type": each.name, "class": each.status_class, "code": _hex(each.code), "section": f"PS3.7 {each.section}"}
            for each in service.STATUSES.types
        ],
    }


def _rows(service: Any) -> list[dict[str, Any]]:
    return [
        {
            **_entry(row),
            "cells": [row.cell(role) for role in service.TABLE.roles],
            "status_related": row.status_related,
            "section": _cited(row, service.TABLE.roles),
            **_conditions(row),
        }
        for row in service.TABLE
    ]


def _cited(row: Any, roles: Iterable[Any]) -> str:
    """Where a row stands; one that a profile changes stands where its changed cell does, a C before others."""
    own = [role for role in roles if row.citation(role) != row.citation()]
    return str(row.citation(min(own, key=lambda role: row.cell(role) != "C") if own else None))


def _hex(code: int | None) -> str | None:
    return None if code is None else f"{code:04X}H"


def _entry(row: Any) -> dict[str, Any]:
    tag = None if row.tag is None else f"({row.tag >> 16:04X},{row.tag & 0xFFFF:04X})"
    return {"name": row.name, "keyword": row.keyword, "tag": tag, "vr": row.vr, "vm": row.vm}


def _conditions(row: Any) -> dict[str, str | None]:
    """When a C cell's parameter is required, and when it is permitted, in words; None where nothing is said of it."""
    permitted = row.with_status if row.status_related and row.permitted is None else row.permitted
    return {
        "required_while": None if row.required is None else str(row.required),
        "permitted_while": None if permitted is None else str(permitted),
    }


def _message(message: Any) -> dict[str, Any]:
    service = message.PRIMITIVE
    rules = _told(_rules_of(service))
    rows = [
        {
            **_entry(row),
            "cell": row.cell(message.ROLE),
            "section": row.citation(),
            **_conditions(row),
            "rules": [rule for rule in rules if rule["rule"].startswith(f"{message.NAME}.{row.keyword}.")],
        }
        for row in service.TABLE
        if row.cell(message.ROLE) != "-"
    ]
    taken = {rule["rule"] for row in rows for rule in row["rules"]}
    return {
        "kind": "message",
        "message": message.NAME,
        "command_field": f"{message.COMMAND_FIELD:04X}H",
        "table": f"{service.TABLE.document} {message.FIELDS}",
        "data_set": message.DATA_SET,
        "parameters": rows,
        "rules": [r for r in rules if r["rule"].startswith(f"{message.NAME}.") and r["rule"] not in taken],
    }


def _rules_of(service: Any) -> Iterable[Any]:
    from dimse.rules import Rules

    return Rules(services.DICTIONARY, [service]).values()


def _told(rules: Iterable[Any]) -> list[dict[str, Any]]:
    return [
        {
            "rule": rule.id,
            "severity": rule.severity,
            "section": rule.section,
            "purpose": rule.purpose,
            "statuses": list(rule.statuses),
        }
        for rule in rules
    ]


def _element(tag: int) -> dict[str, Any]:
    element = services.DICTIONARY.by_tag.get(tag)
    if element is None:
        raise UnknownError(f"({tag >> 16:04X},{tag & 0xFFFF:04X}) is in no Command Dictionary (PS3.7 E.1)")
    return {
        "kind": "element",
        **_entry(element),
        "retired": element.retired,
        "section": "PS3.7 E.2" if element.retired else "PS3.7 E.1",
        "values": [f"{value:04X}H" for value in element.values],
        "used": [
            {
                "service": service.SERVICE,
                "cells": dict(
                    zip(service.TABLE.columns, (row.cell(role) for role in service.TABLE.roles), strict=True)
                ),
                "section": row.citation(),
                **_conditions(row),
            }
            for service in _services()
            for row in service.TABLE
            if row.tag == tag
        ],
    }


def _status(code: int) -> dict[str, Any]:
    found = []
    status_class = None
    for service in _services():
        plain = service.STATUSES.status(code)
        status_class = plain.status_class
        if "response" not in service.MESSAGES:
            continue
        rows: dict[tuple[str, str, str], None] = {}
        for uid in service.STATUSES.sop_classes:
            status = service.STATUSES.status(code, uid)
            if status.of_sop_class:
                rows[status.type or "", status.meaning, status.section] = None
        if rows or (plain.of_service and plain.type):
            rows = rows or {(plain.type or "", plain.meaning, plain.section): None}
            fields = list(plain.keywords)
            found += [
                {"service": service.SERVICE, "type": type_, "meaning": meaning, "section": section, "fields": fields}
                for type_, meaning, section in rows
            ]
    return {"kind": "status", "status": f"{code:04X}H", "class": status_class, "services": found}


def _rules(name: str) -> dict[str, Any]:
    """A rule, or those of a pattern or a beginning."""
    from fnmatch import fnmatchcase

    upper = name.upper()
    among = _rules_among(upper)
    found = [rule for rule in among if rule.id.upper() == upper]
    if found:
        return {"kind": "rule", **_told(found)[0]}
    patterns = (upper, f"{upper}.*") if upper else ()
    matched = [rule for rule in among if any(fnmatchcase(rule.id.upper(), pattern) for pattern in patterns)]
    if not matched:
        raise UnknownError(f"{name!r} is no service, message, element, Status, profile or rule{_hint(name)}")
    return {"kind": "rules", "pattern": name, "rules": _told(matched)}


def _rules_among(upper: str) -> Iterable[Any]:
    """The rules among which one of that name is: those of a message, those of no message, or all."""
    head = upper.partition(".")[0]
    if re.search(r"[*?\[]", head):
        return services.RULES.values()
    message = getattr(services, head.replace("-", "_"), None) if head.endswith(("-RQ", "-RSP")) else None
    return _rules_of(services.C_ECHO if message is None else message.PRIMITIVE)


def _hint(name: str) -> str:
    from difflib import get_close_matches

    known = {each.SERVICE: None for each in _services()}
    known |= {message.NAME: None for each in _services() for message in each.MESSAGES.values()}
    known |= {each.keyword: None for each in services.DICTIONARY.by_tag.values()}
    known |= dict.fromkeys((*PROFILES, *PROFILES.values()))
    known |= dict.fromkeys(services.RULES)
    by_upper = {each.upper(): each for each in known}
    upper = name.upper()
    near = sorted((each for each in by_upper if upper and upper in each), key=len)[:_NEAR] or get_close_matches(
        upper, by_upper, _NEAR
    )
    return f"; did you mean {', '.join(by_upper[each] for each in near)}?" if near else ""
