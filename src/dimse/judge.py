"""What a glyph demands: the one place where a cell of the matrix is turned into a verdict.

A `Column` is a role of a service with its cells parsed once. It reads a primitive, and the request that the primitive
answers where there is one, and names every violation in row order. It changes nothing and raises nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import Any, Protocol

from attrs import frozen

from dimse.command_set import NO_DATA_SET, Anomaly, RawElement, tag_text
from dimse.parameter import COLUMN_OF_ROLE, Default, Element, Role, Row, Table
from dimse.response import ResponseRules, sop_class_of
from dimse.severities import Severities
from dimse.violation import Violation

# Patterns of parameters, present and absent, that a column remembers as free of violations.
MOST_PATTERNS = 1024

# Anomalies of a value: what stands there breaks the parameter's VR or VM.
VALUE_RULES = frozenset({"WIRE.VALUE", "WIRE.VM", "WIRE.LENGTH"})


@frozen
class Received:
    """What the bytes said beside the values of a primitive.

    Attributes:
        role: by Command Field.
        data_set_type: Command Data Set Type; None where it was missing or unreadable.
        anomalies: what was odd about the bytes.
        residue: the elements that the attributes of the primitive do not give back byte for byte.
        foreign: dictionary entries of the elements that are no field of this message.
        unplaced_data_set: a Data Set that came with a message that has none.
    """

    role: Role
    data_set_type: int | None
    anomalies: tuple[Anomaly, ...] = ()
    residue: tuple[RawElement, ...] = ()
    foreign: tuple[Element, ...] = ()
    unplaced_data_set: bytes | None = None

    @property
    def announces_data_set(self) -> bool:
        """Whether the Command Set says that a Data Set follows."""
        return self.data_set_type is not None and self.data_set_type != NO_DATA_SET


class Judged(Protocol):
    """What a column reads: parameters as attributes, and what the bytes said where it was decoded."""

    @property
    def received(self) -> Received | None:
        """What the bytes said; None where it was not decoded."""
        ...


@frozen
class Announced:
    """Stands for a Data Set that the Command Set announces and that is not at hand."""


ANNOUNCED = Announced()


@frozen
class Cell:
    """A cell, parsed.

    Attributes:
        glyph: -, M, U, C, MF or UF.
        equal: whether (=) stands behind it.
        fixed: the value of MF and UF, as printed; "1 or 2" where there are several; "" for other cells.
    """

    glyph: str
    equal: bool
    fixed: str

    @property
    def values(self) -> list[str]:
        """The values, one of which MF and UF fix."""
        return self.fixed.split(" or ")

    @classmethod
    def parse(cls, text: str) -> Cell:
        """Read a cell as the matrix prints it, as "U(=)" or "MF 0"."""
        bare = text.removesuffix("(=)")
        glyph, _, fixed = bare.partition(" ")
        return cls(glyph, bare != text, fixed)


class Column:
    """A column of a service's table, ready to judge.

    Attributes:
        service: as "C-MOVE".
        role: whose column this is.
        message: name of the message that conveys it, as "C-MOVE-RSP".
        where: the column in words, as "PS3.7 Table 9.1-4".
        fields: where the fields of the message are listed, as "PS3.7 Table 9.3-9".
        data_set: "always", "never" or "conditional"; whether a Data Set follows.
        cells: the rows with their cells, parsed.
        mandatory: keywords of the M parameters.
        owner: the primitive class whose column it is; it also judges others of the service, for a profile.
    """

    def __init__(
        self, service: str, role: Role, message: str, table: Table, data_set: str, fields: str, owner: type[Any]
    ) -> None:
        self.service = service
        self.role: Role = role
        self.message = message
        self.where = f"{table.document} {table.title}"
        self.data_set = data_set
        self.fields = f"{table.document} {fields}"
        self.owner = owner
        self._severities = Severities(dict(owner.SEVERITIES)) if owner.SEVERITIES else None
        self.cells = tuple((row, Cell.parse(row.cell(role) or "-")) for row in table)
        self.mandatory = tuple(row.keyword for row, cell in self.cells if cell.glyph in ("M", "MF"))
        self.data_set_keyword = next(
            (row.keyword for row, cell in self.cells if not row.vr and cell.glyph != "-"), None
        )
        self._equalities = tuple(
            (row.keyword, row.equals or row.keyword, row, cell) for row, cell in self.cells if cell.equal or row.equals
        )
        self._order = {row.keyword: place for place, (row, _) in enumerate(self.cells)}
        self._plain = not any(cell.fixed for _, cell in self.cells)
        self._values = attrgetter(*(row.keyword for row, _ in self.cells), "received")  # of two and more: a tuple
        self._innocent: set[tuple[Any, ...]] = set()
        self._response_rules: ResponseRules | None = None

    def judge(self, primitive: Judged, request: object | None) -> list[Violation]:
        """Every violation of `primitive` in this role, in row order; equality only where `request` is given."""
        pattern = self._pattern(primitive)
        if pattern is not None and pattern in self._innocent:
            found = [] if request is None else self._judge_equalities(primitive, request)
        else:
            reading = Reading(primitive, self, request)
            found = [violation for row, cell in self.cells for violation in self._judge_row(row, cell, reading)]
            found += self._judge_received(primitive)
            if pattern is not None and not found and not reading.has_asked:
                if len(self._innocent) >= MOST_PATTERNS:
                    self._innocent.clear()
                self._innocent.add(pattern)
        if self.role == "response":
            found += self._of_response().judge(primitive, sop_class_of(primitive, request))
        if found and self._severities is not None:
            found = list(self._severities.apply(found))
        if len(found) > 1:
            found.sort(key=lambda violation: self._order.get(violation.keyword, len(self._order)))
        return found

    def _pattern(self, primitive: Judged) -> tuple[Any, ...] | None:
        """All that the verdict on presence depends on; None where it may depend on more than a pattern can hold."""
        received = primitive.received
        if received is None or received.anomalies or received.foreign or received.unplaced_data_set is not None:
            return None
        if not self._plain:
            return None
        return (received.data_set_type, getattr(primitive, "Status", None), *map(type, self._values(primitive)))

    def _judge_equalities(self, primitive: Judged, request: object) -> list[Violation]:
        found: list[Violation] = []
        for keyword, source, row, cell in self._equalities:
            value = getattr(primitive, keyword)
            if value is not None and value != getattr(request, source, None):
                found += self._judge_equality(row, cell, value, Reading(primitive, self, request))
        return found

    def _of_response(self) -> ResponseRules:
        if self._response_rules is None:
            self._response_rules = ResponseRules(self.owner, self.message)
        return self._response_rules

    def _judge_row(self, row: Row, cell: Cell, reading: Reading) -> Iterator[Violation]:
        value = reading.value(row.keyword)
        if value is None:
            if cell.glyph in ("M", "MF"):
                yield self._violation(row, cell, reading.absence(row))
            elif cell.glyph == "C" and row.required is not None and row.required.holds(reading):
                yield self._violation(row, cell, f"{reading.absence(row)}, required while {row.required}")
            elif cell.glyph in ("-", "C") and reading.is_unread(row) and not self._permitted(row, cell, reading):
                yield self._violation(
                    row, cell, f"is {cell.glyph} and present, though without a value that can be read"
                )
            return
        if not self._permitted(row, cell, reading):
            shown = show(value, row)
            if cell.glyph == "-":
                yield self._violation(row, cell, f"is '-' and present ({shown})")
            else:
                allowed = f"permitted only while {row.permitted or row.with_status}"
                yield self._violation(row, cell, f"is {cell.glyph}, {allowed}, and present ({shown})")
        if cell.fixed and str(value) not in cell.values and value is not ANNOUNCED:
            yield self._violation(row, cell, f"is {cell.glyph} {cell.fixed} and has {show(value, row)}")
        if self.role == "response" and (cell.equal or row.equals):
            yield from self._judge_equality(row, cell, value, reading)

    def _permitted(self, row: Row, cell: Cell, reading: Reading) -> bool:
        """Whether the parameter may be present; False only where that is certain."""
        if cell.glyph not in ("-", "C"):
            return True
        if cell.glyph == "-" and not row.vr and self._data_set_is_taken(reading):
            return False
        code = reading.status() if self.role == "response" else None
        if row.with_status is not None and code is not None and row.with_status.covers(code):
            return True
        if cell.glyph == "-" or row.status_related:
            return False
        return row.permitted is None or row.permitted.holds(reading) is not False

    def _data_set_is_taken(self, reading: Reading) -> bool:
        """Whether the message has its Data Set: it has no room for a second one (PS3.7 6.3)."""
        return self.data_set_keyword is not None and reading.present(self.data_set_keyword)

    def _judge_equality(self, row: Row, cell: Cell, value: Any, reading: Reading) -> Iterator[Violation]:
        if reading.request is None:
            return
        source = row.equals or row.keyword
        asked = reading.of_request(source)
        if asked == value:
            return
        shown = "has none" if asked is None else f"has {show(asked, row)}"
        glyph = row.response if cell.equal else "the request's"
        wanted = f"is {glyph}" if cell.equal else f"shall equal {source} of the request"
        text = f"{wanted} and is {show(value, row)}; the request {shown}"
        yield self._violation(row, cell, text, rule="=")

    def _has_data_set(self, primitive: Judged) -> bool:
        keyword, received = self.data_set_keyword, primitive.received
        if keyword is not None and getattr(primitive, keyword) is not None:
            return True
        return received is not None and received.unplaced_data_set is not None

    def _judge_received(self, primitive: Judged) -> Iterator[Violation]:
        received = primitive.received
        if received is None:
            return
        section = self.fields
        if received.data_set_type is None:
            yield self._field_violation("M", "CommandDataSetType is a field of every message and absent", section)
        elif self.data_set == "never" and received.announces_data_set:
            text = (
                f"CommandDataSetType is {received.data_set_type:04X}H; the message has no Data Set, it shall be 0101H"
            )
            yield self._field_violation("never", text, section)
        elif received.data_set_type == NO_DATA_SET and self._has_data_set(primitive):
            text = "CommandDataSetType is 0101H, which says that no Data Set follows, and one came"
            yield self._field_violation("announced", text, section)
        for anomaly in received.anomalies:
            row = next((row for row, _ in self.cells if row.tag == anomaly.tag), None)
            if row is not None and anomaly.rule in VALUE_RULES:
                rule = f"{self.message}.{row.keyword}.VR"
                yield Violation(rule, "error", row.keyword, "", anomaly.text, anomaly.section)
        for element in received.foreign:
            shown = f"{tag_text(element.tag)}" if element.tag is not None else ""
            text = f"{element.keyword} {shown} is no field of {self.message} and present"
            yield Violation(f"{self.message}.{element.keyword}.-", "error", element.keyword, "-", text, section)

    def _violation(self, row: Row, cell: Cell, text: str, rule: str = "") -> Violation:
        name = f"{self.message}.{row.keyword}.{rule or cell.glyph}"
        severity = row.severity if not rule and cell.glyph == "C" else "error"
        return Violation(
            name, severity, row.keyword, row.cell(self.role) or "-", f"{row.keyword} {text}", row.citation(self.role)
        )

    def _field_violation(self, rule: str, text: str, section: str) -> Violation:
        keyword = "CommandDataSetType"
        return Violation(f"{self.message}.{keyword}.{rule}", "error", keyword, "", text, section)


class Reading:
    """A primitive as one column sees it, beside the request that it answers."""

    def __init__(self, primitive: Judged, column: Column, request: object | None) -> None:
        self.primitive = primitive
        self.column = column
        self.request = request
        self.has_asked = False

    def value(self, keyword: str) -> Any:
        """The value of a parameter, ANNOUNCED for a Data Set that is not at hand, None where it is absent."""
        value = getattr(self.primitive, keyword)
        if type(value) is Default and self.column.role != "request":
            return None
        received = self.primitive.received
        if value is None and keyword == self.column.data_set_keyword and received and received.announces_data_set:
            return ANNOUNCED
        return value

    def absence(self, row: Row) -> str:
        """In which way a parameter is absent, beginning with its glyph."""
        glyph = (row.cell(self.column.role) or "-").partition(" ")[0]
        return f"is {glyph} and {'present without a value that can be read' if self.is_unread(row) else 'absent'}"

    def is_unread(self, row: Row) -> bool:
        """Whether bytes of a parameter without a value were there."""
        received = self.primitive.received
        return received is not None and any(element.tag == row.tag for element in received.residue)

    def status(self) -> int | None:
        """The Status code of this message."""
        status: int | None = getattr(self.primitive, "Status", None)
        return status

    def present(self, keyword: str) -> bool:
        """Whether a parameter of this message is present."""
        return self.value(keyword) is not None

    def of_request(self, keyword: str) -> Any:
        """The value of a parameter of the request."""
        return getattr(self.request, keyword, None)

    def request_present(self, keyword: str) -> bool | None:
        """Whether a parameter of the request is present, None where the request is not at hand."""
        self.has_asked = True
        return None if self.request is None else self.of_request(keyword) is not None


def show(value: object, row: Row) -> str:
    """A value for people: numbers as the standard writes them, text quoted, Data Sets by their size."""
    if value is ANNOUNCED:
        return "announced"
    if not row.vr:
        size = len(value.getbuffer()) if hasattr(value, "getbuffer") else len(value)  # type: ignore[arg-type]
        return f"{size} bytes"
    if row.vr == "AT" and isinstance(value, list):
        return ", ".join(tag_text(tag) for tag in value) or "no tag"
    if row.keyword == "Status" and isinstance(value, int):
        return f"{value:04X}H"
    if row.vr == "UI":
        return uid_text(str(value))
    return repr(value) if isinstance(value, str) else str(int(value)) if isinstance(value, int) else repr(value)


def uid_text(uid: str) -> str:
    """A UID with its name behind it, where PS3.6 gives one."""
    from pydicom._uid_dict import UID_dictionary

    name = UID_dictionary.get(uid, ("",))[0]
    shown = uid if uid.isprintable() else ascii(uid)[1:-1]
    return f"{shown} ({name})" if name else shown


def column_name(role: Role) -> str:
    """The head of a role's column, as the standard prints it."""
    return COLUMN_OF_ROLE[role]
