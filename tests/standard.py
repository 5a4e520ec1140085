"""What PS3.7 says, for tests: its tables as data read from the document, its conditions written down once more by hand.

Nothing here reads the schema or a generated class. Cells, fields and status types come from
`standard/ps3.7-2026c.json`; what a C cell hangs on stands in prose in the document, and here as small functions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

FACTS: dict[str, Any] = json.loads((Path(__file__).parent / "standard" / "ps3.7-2026c.json").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = FACTS["services"]
ELEMENTS: dict[str, dict[str, str]] = {element["name"]: element for element in FACTS["elements"]}
DATA_SETS = (
    "Data Set",
    "Identifier",
    "Event Information",
    "Event Reply",
    "Attribute List",
    "Modification List",
    "Action Information",
    "Action Reply",
)
SUFFIX = {"Req/Ind": "RQ", "Rsp/Conf": "RSP"}
ROLES = {"Req/Ind": "request", "Rsp/Conf": "response"}

# Two different values a keyword, so that a response can be made unlike its request.
VALUES: dict[str, tuple[Any, Any]] = {
    "MessageID": (7, 8),
    "MessageIDBeingRespondedTo": (7, 8),
    "AffectedSOPClassUID": ("1.2.840.10008.1.1", "1.2.840.10008.1.2"),
    "AffectedSOPInstanceUID": ("2.25.1", "2.25.2"),
    "RequestedSOPClassUID": ("1.2.840.10008.1.1", "1.2.840.10008.1.2"),
    "RequestedSOPInstanceUID": ("2.25.1", "2.25.2"),
    "Priority": (0, 1),
    "MoveDestination": ("STORESCP", "OTHER"),
    "MoveOriginatorApplicationEntityTitle": ("MOVESCU", "OTHER"),
    "MoveOriginatorMessageID": (3, 4),
    "Status": (0x0000, 0xC000),
    "EventTypeID": (1, 2),
    "ActionTypeID": (1, 2),
    "AttributeIdentifierList": ([0x0010_0010], [0x0010_0020]),
    "OffendingElement": ([0x0010_0010], [0x0010_0020]),
    "ErrorComment": ("no", "never"),
    "ErrorID": (5, 6),
    "NumberOfRemainingSuboperations": (1, 2),
    "NumberOfCompletedSuboperations": (1, 2),
    "NumberOfFailedSuboperations": (1, 2),
    "NumberOfWarningSuboperations": (1, 2),
} | {name.replace(" ", ""): (b"\x08\x00\x52\x00\x00\x00\x00\x00", b"") for name in DATA_SETS}

# Every code with a meaning of its own, one or two of each range that a Service Class assigns from, and one of nobody.
FIXED_CODES = sorted({int(found["value"], 16) for found in FACTS["status_types"] if found["value"]})
RANGE_CODES = [0x0001, 0xA000, 0xA700, 0xAFFF, 0xB000, 0xBFFF, 0xC000, 0xCFFF, 0xFF00, 0xFF01]
CODES = sorted({*FIXED_CODES, *RANGE_CODES, 0x0199, 0xFF02})


class Cell(NamedTuple):
    """One entry of one table of PS3.7."""

    service: str
    column: str
    name: str
    text: str

    @property
    def glyph(self) -> str:
        return self.text.removesuffix("(=)")

    @property
    def keyword(self) -> str:
        return keyword(self.name)

    @property
    def role(self) -> str:
        return ROLES[self.column]

    @property
    def message(self) -> str:
        return f"{self.service}-{SUFFIX[self.column]}"

    def rule(self, letter: str = "") -> str:
        """The rule ID of a violation of this cell."""
        return f"{self.message}.{self.keyword}.{letter or self.glyph}"

    def __str__(self) -> str:
        return f"{self.service} {self.column} {self.name} {self.text}"


def keyword(name: str) -> str:
    """The keyword of a parameter: that of Annex E, or for a Data Set, which has no tag, its name without spaces."""
    return name.replace(" ", "") if name in DATA_SETS else ELEMENTS[name]["keyword"]


def cells(*columns: str) -> Iterator[Cell]:
    """Every cell of some columns, in the order of the document."""
    for service, facts in SERVICES.items():
        for name, texts in facts["parameters"].items():
            for column, text in zip(facts["columns"], texts, strict=True):
                if column in columns:
                    yield Cell(service, column, name, text)


def column(service: str, role: str) -> list[Cell]:
    """The cells of one service in one role, row by row."""
    return [cell for cell in cells(*ROLES) if cell.service == service and cell.role == role]


# Annex C


def is_success(code: int) -> bool:
    return code == 0x0000


def is_pending(code: int) -> bool:
    return code in (0xFF00, 0xFF01)


def is_warning(code: int) -> bool:
    return code in (0x0001, 0x0107, 0x0116) or 0xB000 <= code <= 0xBFFF


def is_assigned_failure(code: int) -> bool:
    """A Failure whose meaning a Service Class assigns (C: "Axxx, Cxxx")."""
    return 0xA000 <= code <= 0xAFFF or 0xC000 <= code <= 0xCFFF


def is_assigned_warning(code: int) -> bool:
    """A Warning whose meaning a Service Class assigns (C: "0001H, Bxxx")."""
    return code == 0x0001 or 0xB000 <= code <= 0xBFFF


ASSIGNED: dict[str, Callable[[int], bool]] = {
    "Warning": is_assigned_warning,
    "Failure": is_assigned_failure,
    "Pending": is_pending,
}
# C.5.10 and C.5.16 say of these that they may only be in the response of one service.
ONLY_IN = {
    "Event Type ID": "N-EVENT-REPORT",
    "Event Information": "N-EVENT-REPORT",
    "Action Type ID": "N-ACTION",
    "Action Information": "N-ACTION",
}
# A message has one Data Set: what C.5.10 permits as Information arrives where the response has its Reply.
TRAVELS_AS = {"Event Information": "Event Reply", "Action Information": "Action Reply"}


def annex_c(service: str, code: int) -> set[str]:
    """Names of the parameters that Annex C permits in a response of `service` with the Status `code`.

    A type with a code of its own permits its fields with that code. A type whose code a Service Class assigns permits
    its fields with all such codes, where the service has the type.
    """
    own = {status["type"] for status in SERVICES[service]["statuses"]}
    found: set[str] = set()
    for status in FACTS["status_types"]:
        if status["value"]:
            meant = int(status["value"], 16) == code
        else:
            meant = status["type"] in own and ASSIGNED[status["class"]](code)
        if meant:
            found.update(part for field in status["fields"] for part in field["field"].split("/"))
    found = {name for name in found if ONLY_IN.get(name, service) == service}
    return found | {TRAVELS_AS[name] for name in found if name in TRAVELS_AS}


def annex_c_rows(service: str) -> set[str]:
    """Names of the parameters that the status types of `service` add to the rows of its table."""
    own = {status["type"] for status in SERVICES[service]["statuses"]}
    fields = [f["field"] for status in FACTS["status_types"] if status["type"] in own for f in status["fields"]]
    names = {part for field in fields for part in field.split("/") if ONLY_IN.get(part, service) == service}
    return {name for name in names if name in ELEMENTS} - set(SERVICES[service]["parameters"])


# Sections 9.1 and 10.1: what each C cell of a response hangs on


class Situation(NamedTuple):
    """What a condition may look at."""

    code: int
    reply: bool
    """Whether Event Reply or Action Reply is present."""
    named: bool
    """Whether the request has an Affected SOP Instance UID."""


class Condition(NamedTuple):
    section: str
    required: Callable[[Situation], bool]
    permitted: Callable[[Situation], bool]


def never(_: Situation) -> bool:
    return False


def always(_: Situation) -> bool:
    return True


def pending(situation: Situation) -> bool:
    return is_pending(situation.code)


def success(situation: Situation) -> bool:
    return is_success(situation.code)


def performed(situation: Situation) -> bool:
    """The standard's "success response": a Warning, too, tells of an operation that was performed (C.4)."""
    return is_success(situation.code) or is_warning(situation.code)


def reply(situation: Situation) -> bool:
    return situation.reply


COUNTS = ("Remaining", "Completed", "Failed", "Warning")
CONDITIONS: dict[tuple[str, str], Condition] = {
    # "It shall be sent only when that Status is equal to Pending (not permitted for other statuses)"
    ("C-FIND", "Identifier"): Condition("9.1.2.1.5", pending, pending),
    # "may be included in the success response/confirmation and shall be included if the Event Reply is included"
    ("N-EVENT-REPORT", "Event Type ID"): Condition("10.1.1.1.5", reply, lambda s: success(s) or s.reply),
    # "It may only be included in the success response/confirmation"; N-EVENT-REPORT has no Warning (10.1.1.1.8)
    ("N-EVENT-REPORT", "Event Reply"): Condition("10.1.1.1.7", never, success),
    # "It shall be included in the success response/confirmation"; 0107H returns what could be read (10.1.2.1.9)
    ("N-GET", "Attribute List"): Condition("10.1.2.1.8", success, always),
    ("N-ACTION", "Action Type ID"): Condition("10.1.4.1.5", reply, lambda s: performed(s) or s.reply),
    # "It may be included in the success response/confirmation"
    ("N-ACTION", "Action Reply"): Condition("10.1.4.1.9", never, performed),
    # "may only be included in the success response/confirmation and shall be included if it is not supplied by the
    # Invoking DIMSE Service User"
    ("N-CREATE", "Affected SOP Instance UID"): Condition("10.1.5.1.4", lambda s: success(s) and not s.named, performed),
}
# "It may be included in any response/confirmation and shall be included if the status is equal to Pending"
for _service, _section, _first in (("C-GET", "9.1.3.1", 7), ("C-MOVE", "9.1.4.1", 8)):
    for _number, _count in enumerate(COUNTS, _first):
        _name = f"Number of {_count} Sub-operations"
        CONDITIONS[_service, _name] = Condition(f"{_section}.{_number}", pending, always)


def minimal(service: str, role: str, code: int = 0x0000) -> dict[str, Any]:
    """The fewest parameters that make a valid primitive: every M, and the C that are required with this Status."""
    found = {}
    for cell in column(service, role):
        condition = CONDITIONS.get((service, cell.name)) if role == "response" else None
        if cell.glyph == "M" or (condition and condition.required(Situation(code, reply=False, named=True))):
            found[cell.keyword] = VALUES[cell.keyword][0]
    return found | ({"Status": code} if role == "response" else {})
