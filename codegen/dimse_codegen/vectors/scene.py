"""Messages to begin from: of each service a request and responses in which nothing is wrong.

A response is settled for a Status: what its conditions demand is there, what they do not permit is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from attrs import evolve, frozen

from dimse_codegen.expression import Constant, Expression, Negation, ParameterIs, StatusIs, leaves
from dimse_codegen.model import Condition, Message, Schema, Service
from dimse_codegen.rule_catalogue import Cell, cells, messages
from dimse_codegen.service_class_laws import rows_of
from dimse_codegen.vectors.case import Step
from dimse_codegen.vectors.encode import DATA_SET_FOLLOWS, NO_DATA_SET, Encoder, Value

# (0008,0052) Query/Retrieve Level: no Data Set is looked into, so one serves for all.
DATA_SET = bytes.fromhex("0800520006000000") + b"STUDY "
OF_VR: dict[str, Value] = {
    "US": 1,
    "UL": 1,
    "UI": "2.25.7",
    "AE": "STORESCP",
    "LO": "no",
    "SH": "no",
    "AT": [0x0010_0010],
    "": DATA_SET,
}
# The longest and largest that a VR takes.
LIMITS: dict[str, Value] = {
    "US": 0xFFFF,
    "UL": 0xFFFF_FFFF,
    "UI": "2.25." + "7" * 59,
    "AE": "SIXTEEN LETTERS.",
    "LO": "~" * 64,
    "SH": "~" * 16,
    "AT": [0x0000_0000, 0xFFFF_FFFF],
    "": DATA_SET,
}
COUNTS: dict[str, Value] = {
    "NumberOfRemainingSuboperations": 0,
    "NumberOfCompletedSuboperations": 1,
    "NumberOfFailedSuboperations": 0,
    "NumberOfWarningSuboperations": 0,
}
# Of no Service Class of PS3.4, so that a status may be any of those that the service has.
PRIVATE_SOP_CLASS = "1.2.826.0.1.3680043.10.511.4.1"
Values = Mapping[str, Value]


@frozen
class Fault:
    """What is to be wrong with a message's Command Set, beside its values.

    Attributes:
        data_set_type: Command Data Set Type, None for that of the message.
        omit_type: whether it is left out.
        data_set: a Data Set that follows, whatever the Command Set says.
    """

    data_set_type: int | None = None
    omit_type: bool = False
    data_set: bytes | None = None


NO_FAULT = Fault()


def matches(pattern: str, code: int) -> bool:
    """Whether a code is FF00H, or of a range as Bxxx."""
    digits = pattern.removesuffix("H")
    return all(wanted in ("x", found) for wanted, found in zip(digits, f"{code:04X}", strict=True))


class Scene:
    """One service, ready to be cast into messages."""

    def __init__(self, schema: Schema, service: Service) -> None:
        self.schema = schema
        self.service = service
        self.encoder = Encoder(schema.dictionary)
        self.messages: dict[str, Message] = dict(messages(service))
        self.cells = {role: cells(schema, service, role) for role in self.messages}

    @property
    def opening(self) -> str:
        """The role of the first message: request, or cancel."""
        return next(iter(self.messages))

    def name(self, role: str) -> str:
        """The name of a role's message."""
        return str(self.messages[role].name)

    def cell(self, role: str, keyword: str) -> Cell | None:
        """The row of a parameter, None where the service has none."""
        return next((cell for cell in self.cells[role] if cell.keyword == keyword), None)

    def data_set(self, role: str) -> Cell | None:
        """The Data Set of a message, None where it never has one."""
        return next((c for c in self.cells[role] if not self.encoder.vr(c.keyword) and c.glyph != "-"), None)

    @cached_property
    def sop_classes(self) -> list[str]:
        """UIDs of the SOP Classes that PS3.4 gives statuses of this service, one for each of its tables."""
        found = (
            str(each.uid(table.sop_classes[0]))
            for each in self.schema.service_classes
            for table in each.tables
            if self.service.name in table.services
        )
        return list(dict.fromkeys(found))

    def rows(self, sop_class: str) -> list[tuple[str, str]]:
        """Codes and types that PS3.4 assigns to a SOP Class."""
        return [
            (str(row.code), str(row.type))
            for each in self.schema.service_classes
            for name, uid in each.sop_classes.items()
            if uid == sop_class
            for row in rows_of(self.schema, each, str(name), str(self.service.name))
        ]

    # Statuses

    def status_class(self, code: int) -> str | None:
        """The class of a code: a code written out is of its class even where a range covers it."""
        patterns = [(p, str(name)) for name, listed in self.schema.statuses.classes.items() for p in listed]
        fitting = sorted((("x" in p, name) for p, name in patterns if matches(p, code)))
        return fitting[0][1] if fitting else None

    @cached_property
    def fixed_codes(self) -> dict[str, int]:
        """The types of Annex C with one code everywhere."""
        return {str(t.name): int(t.code[:4], 16) for t in self.schema.statuses.types if t.code is not None}

    def assignable(self, code: int) -> bool:
        """Whether the service has a type of a code's class whose codes Service Classes assign."""
        types = (self.schema.statuses.type(name) for name in self.service.status_types)
        return any(t is not None and t.code is None and t.status_class == self.status_class(code) for t in types)

    @cached_property
    def sop_class(self) -> str:
        """UID of a SOP Class that has codes of every class that it may have; of a private one where there is none."""
        patterns = self.schema.statuses.assigned_by_service_class
        wanted = {self.status_class(first(pattern)) for pattern in patterns if self.assignable(first(pattern))}
        for uid in self.sop_classes:
            if wanted <= {self.status_class(first(code)) for code, _ in self.rows(uid)}:
                return uid
        return PRIVATE_SOP_CLASS

    @cached_property
    def codes(self) -> list[int]:
        """Codes that nothing can be said against: Success, those of the SOP Class, those of one meaning everywhere."""
        own = [code for name, code in self.fixed_codes.items() if name in self.service.status_types]
        patterns = [code for code, _ in self.rows(self.sop_class)]
        if not patterns:
            patterns = [p for p in self.schema.statuses.assigned_by_service_class if self.assignable(first(p))]
        return list(dict.fromkeys([0, *map(first, patterns), *own]))

    # Values

    def value(self, keyword: str, *, limit: bool = False) -> Value:
        """A value that may stand in a parameter; to the limit, the longest or largest."""
        allowed = self.allowed(keyword)
        if allowed:
            return allowed[-1 if limit else 0]
        if limit:
            return LIMITS[self.encoder.vr(keyword)]
        own: dict[str, Value] = {"MessageID": 7, **COUNTS}
        own |= dict.fromkeys(("AffectedSOPClassUID", "RequestedSOPClassUID"), self.sop_class)
        return own.get(keyword, OF_VR[self.encoder.vr(keyword)])

    def allowed(self, keyword: str) -> list[int]:
        """The values that may stand in a parameter; none where every value may."""
        dictionary = self.schema.dictionary
        return next(
            (sorted(dictionary.allowed(e.name).values()) for e in dictionary.elements if e.keyword == keyword), []
        )

    def fixed(self, cell: Cell) -> Value:
        """The one value that a profile fixes."""
        return int(cell.fixed) if self.encoder.vr(cell.keyword) in ("US", "UL") else cell.fixed

    def request(self, *, limit: bool = False, extra: tuple[str, ...] = ()) -> dict[str, Value]:
        """A request, or cancel, of its mandatory parameters and of `extra`; to the limits, of all that it may have."""
        values: dict[str, Value] = {}
        # What may always be there first, for the conditions of the others to ask for.
        for cell in sorted(self.cells[self.opening], key=lambda cell: cell.glyph == "C"):
            wanted = cell.glyph.startswith("M") or (cell.glyph != "-" and (limit or cell.keyword in extra))
            if cell.glyph == "C":
                wanted = wanted or self.required(cell, values, values)
                wanted = wanted and self.permitted(cell, {**values, cell.keyword: b""}, values)
            if wanted:
                values[cell.keyword] = self.fixed(cell) if cell.fixed else self.value(cell.keyword, limit=limit)
        return values

    def requests(self) -> list[dict[str, Value]]:
        """The request, and where a response depends on more of it: with each such parameter, and with all of them."""
        rows = self.cells.get("response", [])
        asked = [name for cell in rows if cell.condition for name in asked_of_request(cell.condition)]
        wanted = {self.schema.dictionary.keyword(name) for name in asked} | {cell.source for cell in rows}
        base = self.request()
        more = [cell.keyword for cell in self.cells[self.opening] if cell.keyword in wanted - {*base}]
        extras = list(dict.fromkeys([(), *((keyword,) for keyword in more), tuple(more)]))
        found = (self.request(extra=extra) for extra in extras)
        return [request for number, request in enumerate(found) if not number or request != base]

    def response(self, request: Values, code: int | None = 0, extra: tuple[str, ...] = ()) -> dict[str, Value]:
        """A response, settled for a Status; with `extra` where its conditions permit that. None for no Status."""
        values: dict[str, Value] = {} if code is None else {"Status": code}
        for cell in self.cells["response"]:
            repeats = cell.glyph == "U" and cell.source in request
            if cell.keyword != "Status" and (cell.glyph.startswith("M") or repeats):
                values[cell.keyword] = self.repeated(cell, request)
        conditional = [cell for cell in self.cells["response"] if cell.glyph in ("-", "C")]
        for _ in range(2):  # what one condition demands, another may ask for
            for cell in conditional:
                wanted = cell.keyword in extra or (cell.glyph == "C" and self.required(cell, values, request))
                if wanted and self.permitted(cell, {**values, cell.keyword: b""}, request):
                    values[cell.keyword] = self.repeated(cell, request)
        return values

    def repeated(self, cell: Cell, request: Values) -> Value:
        """The value of a parameter of a response: the one that is fixed, that of the request where it repeats one."""
        if cell.fixed:
            return self.fixed(cell)
        return request[cell.source] if cell.source in request else self.value(cell.keyword)

    # Conditions

    def required(self, cell: Cell, values: Values, request: Values) -> bool:
        """Whether the condition of a C cell demands its parameter."""
        return cell.condition is not None and self._holds(cell.condition.required, values, request)

    def permitted(self, cell: Cell, values: Values, request: Values) -> bool:
        """Whether a C cell, or Annex C, permits its parameter."""
        code = values.get("Status")
        if isinstance(code, int) and any(matches(pattern, code) for pattern in cell.codes):
            return True
        return cell.condition is not None and self._holds(cell.condition.permitted, values, request)

    def broken(self, role: str, values: Values, request: Values) -> set[str]:
        """Keywords of the C cells of a message that are broken."""
        return {
            cell.keyword
            for cell in self.cells[role]
            if cell.glyph == "C"
            and not (
                self.permitted(cell, values, request)
                if cell.keyword in values
                else not self.required(cell, values, request)
            )
        }

    def _holds(self, expression: Expression, values: Values, request: Values) -> bool:
        if isinstance(expression, Constant):
            return expression.truth
        if isinstance(expression, StatusIs):
            code = values.get("Status")
            if not isinstance(code, int):
                return False
            if expression.name in self.schema.statuses.classes:
                return self.status_class(code) == expression.name
            return matches(expression.name, code)
        if isinstance(expression, ParameterIs):
            keyword = self.schema.dictionary.keyword(expression.name)
            return (keyword in (request if expression.in_request else values)) is expression.present
        if isinstance(expression, Negation):
            return not self._holds(expression.of, values, request)
        held: Iterator[bool] = (self._holds(part, values, request) for part in expression.parts)
        return all(held) if expression.word == "and" else any(held)

    # Messages

    def step(self, role: str, values: Values, expect: tuple[str, ...] = (), fault: Fault = NO_FAULT) -> Step:
        """A message with some values, as a step of a case."""
        holder = self.data_set(role)
        follows = values.get(holder.keyword) if holder else None
        said = DATA_SET_FOLLOWS if follows is not None else NO_DATA_SET
        said_type = None if fault.omit_type else fault.data_set_type or said
        held = {keyword: value for keyword, value in values.items() if self.encoder.vr(keyword)}
        command = self.encoder.command(self.messages[role].command_field, held, said_type)
        data_set = follows if isinstance(follows, bytes) else fault.data_set
        notifies = self.service.kind == "notification"
        sender = "acceptor" if (role == "response") is not notifies else "requestor"
        return Step(sender, self.name(role), command, data_set, expect=expect)

    def pair(
        self, request: Values, response: Values, expect: tuple[str, ...] = (), fault: Fault = NO_FAULT
    ) -> tuple[Step, ...]:
        """A request and its response."""
        answer = self.step("response", response, expect, fault)
        return self.step("request", request), evolve(answer, answers=0)


def asked_of_request(condition: Condition) -> list[str]:
    """Names of the parameters of the request that a condition asks for."""
    asked = [*leaves(condition.required), *leaves(condition.permitted)]
    return [str(leaf.name) for leaf in asked if isinstance(leaf, ParameterIs) and leaf.in_request]


def first(code: str) -> int:
    """The first code of a range."""
    return int(code.removesuffix("H").replace("x", "0"), 16)
