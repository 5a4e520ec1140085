"""The laws of the Service Classes of PS3.4: their SOP Classes, and the statuses that they assign."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from dimse_codegen import forms
from dimse_codegen.law import class_of, law, unknown, within
from dimse_codegen.layout import columns
from dimse_codegen.model import AssignedStatus, Schema, ServiceClass, StatusTable
from dimse_codegen.problem import Text

MAX_UID = 64
MAX_NAME = 64
# What the constants of tables begin with, where those of Service Classes stand.
TAKEN = ("TABLE", "SECTION")
# A meaning stands in messages to people, beside its code and its table.
MAX_MEANING = 100


@law("SERVICE_CLASS_NAME", "A Service Class has a name of its own, for which its file is called.")
def _service_class_name(schema: Schema) -> Iterator[tuple[Text, str]]:
    for each in schema.service_classes:
        formed = re.fullmatch(forms.SERVICE_CLASS_NAME, each.name) and len(each.name) <= MAX_NAME
        if not formed or each.name.upper().startswith(TAKEN):
            yield each.name, f"'{each.name}' is no name of a Service Class; one reads Modality Worklist"
            continue
        expected = re.sub(r"[ /-]", "_", each.name.lower()) + ".yaml"
        if each.path.name != expected:
            yield each.name, f"the file of {each.name} is {expected}, this one is {each.path.name}"


@law("SOP_CLASS_UID", "A SOP Class has a UID: numbers and dots, 64 characters at most (PS3.5 9.1).")
def _sop_class_uid(schema: Schema) -> Iterator[tuple[Text, str]]:
    for each in schema.service_classes:
        for name, uid in each.sop_classes.items():
            if not re.fullmatch(forms.UID, uid) or len(uid) > MAX_UID:
                yield uid, f"'{uid}' is no UID"
            if not name.isprintable() or " ".join(name.split()) != name or not 0 < columns(name) <= MAX_MEANING:
                yield name, f"'{name}' is no name; one is printable, with single spaces, of {MAX_MEANING} columns"


@law("SOP_CLASS_UNIQUE", "A SOP Class, its name and its UID, stands in one place.")
def _sop_class_unique(schema: Schema) -> Iterator[tuple[Text, str]]:
    for what in ("keys", "values"):
        found: list[Text] = [text for each in schema.service_classes for text in getattr(each.sop_classes, what)()]
        counts = Counter(map(str, found))
        for text in found:
            if counts[text] > 1:
                yield text, f"'{text}' stands {counts[text]} times"


@law("SOP_CLASS_USED", "Every SOP Class has a service, and a table of statuses its SOP Classes.")
def _sop_class_used(schema: Schema) -> Iterator[tuple[Text, str]]:
    for each in schema.service_classes:
        known = {str(name) for name in each.sop_classes}
        used = {str(name) for table in each.tables for name in table.sop_classes}
        for table in each.tables:
            yield from unknown(table.sop_classes, known, "sop_classes")
            if not table.sop_classes:
                yield table.section, "no SOP Class has these statuses"
        if not each.sop_classes:
            yield each.name, f"{each.name} has no SOP Class"
        for name in each.sop_classes:
            if name not in used:
                yield name, f"'{name}' has no service here"


@law("ASSIGNED_SERVICE_KNOWN", "A Service Class assigns statuses to the responses of services that are here.")
def _assigned_service_known(schema: Schema) -> Iterator[tuple[Text, str]]:
    known = {str(service.name) for service in schema.services if service.status_types}
    for each in schema.service_classes:
        for table in each.tables:
            yield from unknown(table.services, known, "the services that have statuses")
            if not table.services:
                yield table.section, "no service has these statuses"


@law("STATUS_TABLE_PLACE", "A status table has a number like the standard's, CC.2.8-2; a place has one for a service.")
def _status_table_place(schema: Schema) -> Iterator[tuple[Text, str]]:
    tables = [table for each in schema.service_classes for table in each.tables]
    counts = Counter((str(t.place), str(service)) for t in tables if t.codes for service in t.services)
    numbers = Counter(str(table.table) for table in tables)
    for table in tables:
        if table.table is not None and not re.fullmatch(forms.STATUS_TABLE_NUMBER, table.table):
            yield table.table, f"'{table.table}' is no number of a table; one reads CC.2.8-2"
        twice = table.codes and any(counts[table.place, service] > 1 for service in table.services)
        if twice or (table.table is not None and numbers[table.table] > 1):
            yield table.place, f"{table.place} is written out more than once"


@law("AS_IN_KNOWN", "What is as in another table is as in one that is written out, of the same service.")
def _as_in_known(schema: Schema) -> Iterator[tuple[Text, str]]:
    written = written_out(schema)
    for each in schema.service_classes:
        for table in each.tables:
            if table.as_in is None:
                continue
            yield from unknown([table.as_in], set(written), "the status tables")
            other = written.get(table.as_in)
            if other is not None and not set(table.services) <= set(other.services):
                yield table.as_in, f"{table.as_in} is of {', '.join(other.services)}, not {', '.join(table.services)}"


@law("ASSIGNED_CODE_OF_CLASS", "An assigned code is one that PS3.4 may assign, or its type's own; its type is known.")
def _assigned_code_of_class(schema: Schema) -> Iterator[tuple[Text, str]]:
    for _, row in _rows(schema):
        status_type = schema.statuses.type(row.type)
        if status_type is None:
            yield from unknown([row.type], {str(known.name) for known in schema.statuses.types}, "Annex C")
        elif status_type.code is not None:
            if row.code != status_type.code:
                yield row.code, f"{row.code} is not {status_type.code}, the code of {status_type.name}"
        elif class_of(schema, row.code) != status_type.status_class:
            found = class_of(schema, row.code) or "none"
            yield row.code, f"{row.code} is of class {found}; {status_type.name} is of {status_type.status_class}"
        elif not any(within(row.code, pattern) for pattern in schema.statuses.assigned_by_service_class):
            yield row.code, f"{row.code} is no code that a Service Class assigns"


@law("ASSIGNED_TYPE_ANSWERED", "The type of an assigned code is one that the service answers with (PS3.7 9.1, 10.1).")
def _assigned_type_answered(schema: Schema) -> Iterator[tuple[Text, str]]:
    services = {str(service.name): service for service in schema.services}
    known = {str(status_type.name) for status_type in schema.statuses.types}
    for table, row in _rows(schema):
        for name in table.services:
            if row.type in known and name in services and row.type not in services[name].status_types:
                yield row.type, f"{name} does not answer with '{row.type}'"


@law("PENDING_HAS_MORE", "A Pending status is of a service with more than one response: it says that more will come.")
def _pending_has_more(schema: Schema) -> Iterator[tuple[Text, str]]:
    single = {str(each.name) for each in schema.services if each.procedures.get("multiple_responses") == "-"}
    for service in schema.services:
        for name in service.status_types:
            status_type = schema.statuses.type(name)
            if service.name in single and status_type is not None and status_type.status_class == "Pending":
                yield name, f"{service.name} has one response, which cannot be {name}"
    for table, row in _rows(schema):
        for name in table.services:
            if name in single and class_of(schema, row.code) == "Pending":
                yield row.code, f"{name} has one response, which cannot be {row.code}"


@law(
    "ASSIGNED_CODE_ONCE",
    "A code means one thing to a SOP Class and service; one written out may stand in a range, and is taken out of it.",
)
def _assigned_code_once(schema: Schema) -> Iterator[tuple[Text, str]]:
    for each in schema.service_classes:
        for name in each.sop_classes:
            for service in {str(service) for table in each.tables for service in table.services}:
                seen: list[AssignedStatus] = []
                for row in rows_of(schema, each, name, service):
                    clash = next((other for other in seen if _clash(row, other)), None)
                    if clash is not None:
                        yield row.code, f"{row.code} and {clash.code} overlap, for {name} and {service}"
                    seen.append(row)


@law("MEANING_FORM", "A meaning is a few words on one line, from a capital, without a full stop.")
def _meaning_form(schema: Schema) -> Iterator[tuple[Text, str]]:
    for _, row in _rows(schema):
        meaning = row.meaning
        plain = meaning.isprintable() and " ".join(meaning.split()) == meaning and columns(meaning) <= MAX_MEANING
        if meaning and (not plain or meaning.endswith(".") or not meaning[0].isupper()):
            yield meaning, f"this is no meaning; write {MAX_MEANING} columns at most, from a capital, without full stop"


def written_out(schema: Schema) -> dict[str, StatusTable]:
    """The tables that another can be said to be like, by the place where PS3.4 prints them."""
    tables = [table for each in schema.service_classes for table in each.tables if table.codes]
    counts = Counter(str(table.place) for table in tables)
    return {str(table.place): table for table in tables if counts[table.place] == 1}


def rows_of(schema: Schema, of: ServiceClass, sop_class: str, service: str) -> Iterator[AssignedStatus]:
    """Every row that a SOP Class has for a service, those of tables that are referred to among them."""
    written = written_out(schema)
    for table in of.tables:
        if sop_class in table.sop_classes and service in table.services:
            yield from written[table.as_in].codes if table.as_in in written else table.codes


def _rows(schema: Schema) -> Iterator[tuple[StatusTable, AssignedStatus]]:
    return ((table, row) for each in schema.service_classes for table in each.tables for row in table.codes)


def _clash(row: AssignedStatus, other: AssignedStatus) -> bool:
    """Whether two rows cover a code, other than one written out in a range, or the same said twice."""
    if row.code == other.code:
        return (row.type, row.meaning) != (other.type, other.meaning)
    ranges = "x" in row.code and "x" in other.code
    return ranges and (within(row.code, other.code) or within(other.code, row.code))
