"""What a message says, in a few words and as plain data."""

from __future__ import annotations

import warnings
from functools import cache, lru_cache
from typing import Any

from dimse.primitive import Primitive
from dimse.status import Status
from dimse.violation import Violation

_COUNTS = ("Remaining", "Completed", "Failed", "Warning")
_CARRIED = {
    "MoveDestination": "to {}",
    "AffectedSOPInstanceUID": "instance {}",
    "RequestedSOPInstanceUID": "instance {}",
    "MoveOriginatorMessageID": "for C-MOVE {}",
    "EventTypeID": "event {}",
    "ActionTypeID": "action {}",
    **{f"NumberOf{word}Suboperations": f"{{}} {word.lower()}" for word in _COUNTS},
    "ErrorComment": '"{}"',
}


def name_of(primitive: Primitive[Any, Any]) -> str:
    """The name of a message, as "C-MOVE-RSP"."""
    return primitive.MESSAGES[primitive.role].NAME


def message_id(primitive: Primitive[Any, Any]) -> int | None:
    """The Message ID that tells the operation."""
    keyword = "MessageID" if primitive.role == "request" else "MessageIDBeingRespondedTo"
    found: int | None = getattr(primitive, keyword, None)
    return found


def carried(primitive: Primitive[Any, Any], *, with_meaning: bool = True) -> str:
    """What a message carries: its status, with what it means, destination, instance, counts."""
    status = primitive.status
    parts = [] if status is None else [_status(status, with_meaning=with_meaning)]
    kind: Any = type(primitive)
    for keyword, text in _carried(kind):
        value = getattr(primitive, keyword)
        if value is not None:
            parts.append(text.format(value))
    return ", ".join(parts)


@cache
def _carried(kind: Any) -> tuple[tuple[str, str], ...]:
    """What a primitive may carry: keywords and words."""
    return tuple((keyword, text) for keyword, text in _CARRIED.items() if hasattr(kind, keyword))


@lru_cache(1024)
def _status(status: Status, *, with_meaning: bool) -> str:
    text = f"{status.code:04X}H {status.status_class or 'of no class'}"
    means = with_meaning and status.meaning and status.meaning != status.status_class
    return f"{text}: {status.meaning}" if means else text


@lru_cache(1024)
def uid_name(value: str) -> str:
    """The name of a UID that PS3.6 registers, another as it stands."""
    from pydicom.uid import UID

    with warnings.catch_warnings(action="ignore"):
        return str(UID(value).name)


def sop_class(primitive: Primitive[Any, Any]) -> str:
    """The name of the SOP Class that a message speaks of, "" where there is none."""
    keywords = "AffectedSOPClassUID", "RequestedSOPClassUID"
    found = next((value for keyword in keywords if (value := getattr(primitive, keyword, None))), None)
    return "" if found is None else uid_name(str(found))


def parameters(primitive: Primitive[Any, Any]) -> dict[str, Any]:
    """The parameters that are there, for JSON; Data Sets are not among them."""
    found = ((row, getattr(primitive, row.keyword, None)) for row in primitive.TABLE if row.vr)
    return {row.keyword: _as_json(value) for row, value in found if value is not None}


def violation_json(violation: Violation) -> dict[str, str]:
    """A violation as JSON has it."""
    return {
        "rule": violation.rule,
        "severity": violation.severity,
        "keyword": violation.keyword,
        "cell": violation.cell,
        "text": violation.text,
        "section": violation.section,
    }


def _as_json(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_as_json(each) for each in value]
    if isinstance(value, int):
        return int(value) if type(value).__name__ != "BaseTag" else f"({value >> 16:04X},{value & 0xFFFF:04X})"
    return str(value)
