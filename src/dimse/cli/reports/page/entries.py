"""What the page is told of each event: the facts that JSON has, and what joins them to tables, names and each other.

A table is told once for each kind of message, the name of a UID once, each before it is first needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from weakref import WeakKeyDictionary

from dimse.capture import Ended, Event, Said
from dimse.capture.associate import CONTEXT_RESULTS
from dimse.cli.output import plain
from dimse.cli.reports.json import facts_of
from dimse.cli.reports.sides import found_in
from dimse.cli.wording import carried, message_id, name_of
from dimse.html import condition_text
from dimse.operation import OTHER_SIDE, Operation, Side
from dimse.primitive import Primitive

# Hexadecimal digits of a Command Set that are told.
_MOST_DIGITS = 8192


class Entries:
    """Events as the page takes them, of one capture after the other."""

    def __init__(self) -> None:
        self._capture = -1
        self._tables: set[str] = set()
        self._uids: set[str] = set()
        self._requests: WeakKeyDictionary[Operation, int] = WeakKeyDictionary()

    def begin(self, path: str) -> dict[str, Any]:
        """A capture begins."""
        self._capture += 1
        self._requests = WeakKeyDictionary()
        entry: dict[str, Any] = {"event": "capture", "path": plain(path)}
        return entry | ({"results": CONTEXT_RESULTS} if self._capture == 0 else {})

    def unread(self, reason: str) -> dict[str, Any]:
        """The capture could not be read on."""
        return {"event": "unread", "capture": self._capture, "reason": plain(reason)}

    def link(self, event: Event) -> None:
        """Remember a request, so that its responses and sub-operations can name it."""
        if isinstance(event, Said):
            operation = event.judgement.operation
            if operation is not None and event.message.primitive.role == "request":
                self._requests[operation] = event.number

    def of(self, event: Event, seconds: float | None) -> Iterator[dict[str, Any]]:
        """The entry of an event, behind the table and the names that it needs."""
        facts: dict[str, Any] = {"event": type(event).__name__.lower(), "capture": self._capture, "frame": event.frame}
        facts |= {"seconds": seconds} | facts_of(event)
        if isinstance(event, Said):
            primitive = event.message.primitive
            if facts["message"] not in self._tables:
                self._tables.add(facts["message"])
                yield table_of(primitive)
            yield from self._names(
                str(value)
                for row in primitive.TABLE
                if row.vr == "UI"
                for value in [facts["parameters"].get(row.keyword)]
            )
            facts |= self._said(event, facts)
        association = getattr(event, "association", None)
        if association is not None:
            yield from self._names(_uids_of(facts.get("contexts", [])))
            sender: Side = facts.get("from") or facts.get("by") or "requestor"
            facts["sender"], facts["receiver"] = association.name(sender), association.name(OTHER_SIDE[sender])
        if isinstance(event, Ended):
            facts["owed_by"] = list(dict.fromkeys(event.association.name(side) for side, _ in found_in(event)))
        told = ((key, value) for key, value in facts.items() if value not in (None, "", [], {}))
        yield {key: value if key == "command" else harmless(value) for key, value in told}

    def _said(self, event: Said, facts: dict[str, Any]) -> dict[str, Any]:
        primitive, operation = event.message.primitive, event.judgement.operation
        status = primitive.status
        digits = facts["command"]
        return {
            "id": message_id(primitive),
            "told": carried(primitive, with_meaning=False),
            "status": None
            if status is None
            else {
                "code": f"{status.code:04X}H",
                "class": status.status_class,
                "meaning": status.meaning,
                "section": status.section,
            },
            "request": None if operation is None or primitive.role == "request" else self._requests.get(operation),
            "parent": None if operation is None or operation.parent is None else self._requests.get(operation.parent),
            "command": digits[:_MOST_DIGITS],
            "cut": len(digits) // 2 if len(digits) > _MOST_DIGITS else None,
        }

    def _names(self, uids: Iterable[str]) -> Iterator[dict[str, Any]]:
        from pydicom._uid_dict import UID_dictionary

        for uid in uids:
            if uid in UID_dictionary and uid not in self._uids:
                self._uids.add(uid)
                yield {"event": "name", "uid": uid, "name": UID_dictionary[uid][0]}


def table_of(primitive: Primitive[Any, Any]) -> dict[str, Any]:
    """The matrix that a message is judged by, with the column that is its own."""
    table, role = primitive.TABLE, primitive.role
    return {
        "event": "table",
        "message": name_of(primitive),
        "title": f"{table.document} {table.title}",
        "columns": list(table.columns),
        "column": table.roles.index(role),
        "rows": [
            {
                "name": row.name,
                "keyword": row.keyword,
                "tag": None if row.tag is None else f"({row.tag >> 16:04X},{row.tag & 0xFFFF:04X})",
                "vr": row.vr,
                "cell": row.cell(role),
                "condition": condition_text(row, role),
                "section": row.citation(role),
                "status_related": row.status_related,
            }
            for row in table
        ],
    }


def harmless(value: Any) -> Any:
    """The same, each text printable and of bounded length."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, dict):
        return {harmless(key): harmless(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [harmless(each) for each in value]
    return value


def _uids_of(contexts: list[dict[str, Any]]) -> Iterator[str]:
    for context in contexts:
        yield context["abstract_syntax"]
        yield from context["proposed"]
