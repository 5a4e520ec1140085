"""A schema laid beside the standard, fact by fact.

The schema is put in the shape of the facts; both are spread out as sheets, and the sheets compared. No file is opened
here.

What the facts do not hold (conditions, rules of equality, allowed values, codes of a status class) is not compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from attrs import evolve, frozen

from dimse_codegen import docbook
from dimse_codegen.docbook import Facts
from dimse_codegen.model import Element, Schema, Service, StatusType
from dimse_codegen.sheets import CANCELLED, NOTHING, Difference, differences_of, sheets

_DATA_SET_RULES = {"always": "present", "never": "absent", "conditional": "optional"}


@frozen
class Report:
    """What an audit found: how many facts were compared, by kind; what differs; what is meant to, and why."""

    edition: str
    compared: dict[str, int]
    differences: tuple[Difference, ...]
    accepted: tuple[tuple[Difference, str], ...]

    def __str__(self) -> str:
        counts = {**self.compared, "in all": sum(self.compared.values())}
        lines = [f"Facts of PS3.7 {self.edition} that the schema was compared with:"]
        lines += [f"  {kind:<20}{count:>7,}" for kind, count in counts.items() if count]
        if self.accepted:
            lines += ["", f"{_many(self.accepted)} accepted:"]
            lines += [f"  {difference}\n    {reason}" for difference, reason in self.accepted]
        none = f"No {'other ' if self.accepted else ''}difference."
        lines += ["", f"{_many(self.differences)}:" if self.differences else none]
        return "\n".join([*lines, *(f"  {difference}" for difference in self.differences)])


def _many(found: Sequence[object]) -> str:
    return f"{len(found)} difference{'s' if len(found) != 1 else ''}"


def audit(schema: Schema, facts: Facts) -> Report:
    """Compare a schema with the standard, both ways: missing, extra, different, in another order.

    A schema that carries its own command dictionary and statuses transcribes the standard and must be whole. Of any
    other, the services it has are compared; what it lacks or borrows is passed over.
    """
    own = _facts(schema)
    home = schema.services[0].path.parent.parent
    if any(part.edition.at.path.parent != home for part in (schema.dictionary, schema.statuses)):
        facts, own = _part(facts, own), _part(own, own)
    theirs, ours = sheets(facts), sheets(own)
    compared: dict[str, int] = {}
    found: list[Difference] = []
    for name, sheet in (ours | theirs).items():
        # A row is a fact, that it is there and in its place, and so is each of its cells.
        count = len(sheet.about) + sum(1 + len(row) for row in sheet.rows.values())
        compared[sheet.kind] = compared.get(sheet.kind, 0) + count
        if name in theirs and name in ours:
            found += differences_of(theirs[name], ours[name]) if theirs[name] != ours[name] else ()
        else:
            left, right = (name if name in side else NOTHING for side in (theirs, ours))
            found.append(Difference(sheet.where, left, right))
    reasons = {Difference(each.where, each.standard, each.schema): str(each.reason) for each in schema.accepted}
    accepted = tuple((difference, reasons[difference]) for difference in found if difference in reasons)
    stale = [evolve(difference, stale=True) for difference in reasons if difference not in found]
    differences = [difference for difference in found if difference not in reasons]
    return Report(facts["edition"], compared, (*differences, *stale), accepted)


def _part(facts: Facts, wanted: Facts) -> Facts:
    """Of services and messages those that are wanted, of Annexes C and E nothing."""
    services = {name: each for name, each in facts["services"].items() if name in wanted["services"]}
    messages = {name: each for name, each in facts["messages"].items() if name in wanted["messages"]}
    return {
        **facts,
        "services": services,
        "messages": messages,
        "elements": [],
        "retired_elements": [],
        "status_types": [],
    }


def _facts(schema: Schema) -> Facts:
    """The schema in the shape of the facts; the service C-CANCEL stays one of its own."""
    editions = [schema.dictionary.edition, schema.statuses.edition, *(each.edition for each in schema.services)]
    return {
        "part": "PS3.7",
        "edition": ", ".join(dict.fromkeys(editions)),
        "services": {each.name: _service(schema, each) for each in schema.services},
        "messages": dict(pair for service in schema.services for pair in _messages(schema, service)),
        "elements": [_entry(element) for element in schema.dictionary.elements if not element.retired],
        "retired_elements": [_entry(element) for element in schema.dictionary.elements if element.retired],
        "status_types": [_status_type(schema, each) for each in schema.statuses.types],
    }


def _service(schema: Schema, service: Service) -> docbook.Service:
    codes = {str(each.name): each.code[:-1] for each in schema.statuses.types if each.code}
    return {
        "group": service.group,
        "kind": service.kind,
        "sub_operations": service.procedures["sub_operations"],
        "multiple_responses": service.procedures["multiple_responses"],
        "cancel": service.procedures["cancel"],
        "parameters_table": service.table,
        "columns": [*service.columns],
        "parameters": {row.name: [*row.cells] for row in service.parameters},
        "statuses": [{"type": name, "value": codes.get(name)} for name in service.status_types],
        "status_section": service.status_section or NOTHING,
    }


def _messages(schema: Schema, service: Service) -> Iterator[tuple[str, docbook.Message]]:
    for message in service.messages:
        thrice = message.name == "C-CANCEL-RQ"
        names = [f"C-CANCEL-{name[2:]}-RQ" for name in CANCELLED] if thrice else [message.name]
        code, data_set = f"0x{message.command_field:04X}", _DATA_SET_RULES[message.data_set]
        fields = [_field(schema, field) for field in message.fields]
        for name, table in zip_longest(names, message.tables, fillvalue=NOTHING):
            yield name, {"table": table, "command_field": code, "data_set": data_set, "fields": fields}


def _status_type(schema: Schema, each: StatusType) -> docbook.StatusType:
    """A status type with the field Status, which the schema leaves out, ahead of the first that has a higher tag."""
    tags = [found.tag if (found := schema.dictionary.element(name)) else 0xFFFF for name in each.fields]
    at = next((at for at, tag in enumerate(tags) if tag > 0x0900), len(tags))
    return {
        "section": each.section,
        "type": each.name,
        "class": each.status_class,
        "value": each.code[:-1] if each.code else None,
        "fields": [_field(schema, name) for name in (*each.fields[:at], "Status", *each.fields[at:])],
    }


def _field(schema: Schema, name: str) -> docbook.Field:
    found = schema.dictionary.element(name)
    if found is None:
        return {"field": name, "tag": None, "vr": None, "vm": None}
    return {"field": name, "tag": _tag(found), "vr": found.vr, "vm": found.vm}


def _entry(found: Element) -> docbook.DictionaryEntry:
    return {"tag": _tag(found), "name": found.name, "keyword": found.keyword, "vr": found.vr, "vm": found.vm}


def _tag(found: Element) -> str:
    return f"({found.tag >> 16:04X},{found.tag & 0xFFFF:04X})"
