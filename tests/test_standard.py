"""The schema is PS3.7: laid beside a transcription read from the document by another route, fact by fact.

What the transcription does not hold, section numbers above all, stands here, typed from the document.
"""

from __future__ import annotations

import json
import os
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from dimse_codegen.audit import Difference, audit
from dimse_codegen.docbook import Facts
from dimse_codegen.load import load
from dimse_codegen.model import Service

ROOT = Path(__file__).resolve().parents[1]
FACTS: Facts = json.loads((ROOT / "tests" / "standard" / "ps3.7-2026c.json").read_text(encoding="utf-8"))
SCHEMA = load(ROOT / "schema")
SERVICES = {str(service.name): service for service in SCHEMA.services}
PART07 = Path(os.environ.get("DIMSE_PART07") or ROOT.parent / "shared" / "standard" / "part07.xml")
HOW_TO_GET_IT = (
    "PS3.7 as DocBook is not here: download it from "
    "https://dicom.nema.org/medical/dicom/2026c/source/docbook/part07/part07.xml "
    "and set DIMSE_PART07 to the name of the file"
)

COMPARED = {
    "title page": 2,
    "services": 77,
    "parameters": 322,
    "statuses of services": 291,
    "messages": 807,
    "status types": 420,
    "command dictionary": 230,
}

ACCEPTED = {
    # One code, two names: the list of 10.1.4.1.10 and the title of C.5.24.
    Difference("Section 10.1.4.1.10, No such Action", "No such Action", "No such Action Type"),
    # The schema says which fields stand beside Status, not where Status stands among them.
    Difference("Section C.5.10, order", "Status, Affected SOP Class UID", "Affected SOP Class UID, Status"),
}

SECTIONS = {
    "C-STORE": "9.1.1",
    "C-FIND": "9.1.2",
    "C-GET": "9.1.3",
    "C-MOVE": "9.1.4",
    "C-ECHO": "9.1.5",
    "C-CANCEL": "9.3.2.3",
    "N-EVENT-REPORT": "10.1.1",
    "N-GET": "10.1.2",
    "N-SET": "10.1.3",
    "N-ACTION": "10.1.4",
    "N-CREATE": "10.1.5",
    "N-DELETE": "10.1.6",
}
OPERATIONS = [service for service in SCHEMA.services if service.kind != "cancel"]
ANSWERED_AS_AFFECTED = ("N-GET", "N-SET", "N-ACTION", "N-DELETE")
WITHOUT_MESSAGE_ID = {"C-STORE-RSP", "C-FIND-RSP", "C-GET-RSP", "C-MOVE-RSP", "C-ECHO-RSP"}


def test_the_schema_is_the_standard() -> None:
    """No fact of PS3.7 2026c stands otherwise in the schema, but for those that are meant to."""
    report = audit(SCHEMA, FACTS)
    assert [str(difference) for difference in report.differences] == []
    assert {difference for difference, _ in report.accepted} == ACCEPTED
    assert len(report.accepted) == len(ACCEPTED)


def test_every_fact_is_compared() -> None:
    """The number of facts compared is that of the transcription: 2,149."""
    assert audit(SCHEMA, FACTS).compared == COMPARED
    assert sum(COMPARED.values()) == 2149


def test_a_service_stands_in_its_section() -> None:
    """Each service cites the section that defines it, and the one that lists its statuses lies in it."""
    assert {name: str(service.section) for name, service in SERVICES.items()} == SECTIONS
    for service in OPERATIONS:
        assert str(service.status_section).startswith(f"{service.section}.1.")


@pytest.mark.parametrize("service", OPERATIONS, ids=lambda service: str(service.name))
def test_rows_are_numbered_as_they_stand(service: Service) -> None:
    """The first row is explained in section .1.1 of its service, the next in .1.2, and so on; Status lists statuses."""
    sections = [str(row.section) for row in service.parameters]
    assert sections == [f"{service.section}.1.{number}" for number in range(1, len(sections) + 1)]
    status = service.parameter("Status")
    assert status is not None
    assert status.section == service.status_section


@pytest.mark.parametrize("service", OPERATIONS, ids=lambda service: str(service.name))
def test_a_condition_stands_where_its_rows_are_explained(service: Service) -> None:
    """A condition cites the section of its parameter, or the first and the last of several."""
    for condition in service.conditions:
        rows = [service.parameter(name) for name in condition.parameters]
        sections = [str(row.section) for row in rows if row is not None]
        assert condition.section == " to ".join(dict.fromkeys([sections[0], sections[-1]]))


def test_cancel_is_explained_where_c_find_is() -> None:
    """C-CANCEL has one row, explained in C-FIND's section, and no procedure of its own in Table 7.5-2."""
    cancel = SERVICES["C-CANCEL"]
    assert [(str(row.name), str(row.section)) for row in cancel.parameters] == [
        ("Message ID Being Responded To", "9.1.2.1.2")
    ]
    assert set(cancel.procedures.values()) == {"-"}
    assert (cancel.status_section, cancel.status_types) == (None, ())


def test_the_responses_of_dimse_c_have_no_field_for_message_id() -> None:
    """Message ID is U in DIMSE-C responses and no field of their messages (9.1.1.1.1), there and nowhere else."""
    lacking = {str(message.name): message.without_field for each in SCHEMA.services for message in each.messages}
    assert {name: fields for name, fields in lacking.items() if fields} == dict.fromkeys(
        WITHOUT_MESSAGE_ID, ("Message ID",)
    )


def test_what_equals_the_request_beside_the_table() -> None:
    """A response repeats the Message ID, those of four services the UIDs as Affected (10.1.2.1.6, 10.1.2.1.7 ...)."""
    for service in SCHEMA.services:
        expected = {"Message ID Being Responded To": "Message ID"} if service.kind != "cancel" else {}
        if service.name in ANSWERED_AS_AFFECTED:
            expected |= {f"Affected SOP {what} UID": f"Requested SOP {what} UID" for what in ("Class", "Instance")}
        assert service.equal_to_request == expected


def test_a_condition_that_the_text_leaves_open_is_a_warning() -> None:
    """Event and Action Type ID "may be included in the success response" (10.1.1.1.5, 10.1.4.1.5), not "may only"."""
    severities = {
        (str(service.name), str(name)): str(condition.severity)
        for service in OPERATIONS
        for condition in service.conditions
        for name in condition.parameters
        if condition.severity is not None
    }
    assert severities == {("N-EVENT-REPORT", "Event Type ID"): "warning", ("N-ACTION", "Action Type ID"): "warning"}


def test_priority_has_three_values() -> None:
    """Table E.1-1: Priority is LOW 0002H, MEDIUM 0000H or HIGH 0001H; a new primitive has LOW; nothing else is so."""
    assert SCHEMA.dictionary.values == {"Priority": {"LOW": 2, "MEDIUM": 0, "HIGH": 1}}
    assert SCHEMA.dictionary.defaults == {"Priority": "LOW"}


def test_codes_are_classed_as_annex_c_classes_them() -> None:
    """Annex C: which codes are of which class, and which of them a Service Class may assign."""
    assert SCHEMA.statuses.classes == {
        "Success": ("0000H",),
        "Pending": ("FF00H", "FF01H"),
        "Cancel": ("FE00H",),
        "Warning": ("0001H", "Bxxx", "0107H", "0116H"),
        "Failure": ("Axxx", "Cxxx", "01xx", "02xx"),
    }
    assert {*SCHEMA.statuses.assigned_by_service_class} == {"FF00H", "FF01H", "0001H", "Bxxx", "Axxx", "Cxxx"}


def test_some_fields_of_a_status_are_of_one_service() -> None:
    """C.5.10, C.5.16: what tells of an event is for N-EVENT-REPORT alone, what tells of an action for N-ACTION."""
    assert SCHEMA.statuses.only_in == {
        "Event Type ID": "N-EVENT-REPORT",
        "Event Information": "N-EVENT-REPORT",
        "Action Type ID": "N-ACTION",
        "Action Information": "N-ACTION",
    }


def test_data_sets_have_the_names_of_the_seed() -> None:
    """A Data Set has no keyword in Annex E; its attribute is its name without spaces."""
    names = {name: str(keyword) for name, keyword in SCHEMA.dictionary.data_sets.items()}
    assert names == {name: name.replace(" ", "") for name in names}


@pytest.mark.skipif(not PART07.is_file(), reason=HOW_TO_GET_IT)
def test_every_section_is_titled_with_the_row_it_explains() -> None:
    """In the document itself, the section that a row cites bears the row's name."""
    titles = section_titles(ET.parse(PART07).getroot())
    for service in OPERATIONS:
        assert titles[service.section] == f"{service.name} Service"
        for row in service.parameters:
            assert titles[row.section].lower() == row.name.lower()


def section_titles(book: ET.Element) -> dict[str, str]:
    namespace = re.match(r"\{.*\}", book.tag)
    prefix = namespace[0] if namespace else ""
    found = {section.get("label", ""): section.find(f"{prefix}title") for section in book.iter(f"{prefix}section")}
    return {label: " ".join("".join(title.itertext()).split()) for label, title in found.items() if title is not None}
