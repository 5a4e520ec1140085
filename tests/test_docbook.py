"""The reader of PS3.7's DocBook: on small documents with an invented service, and on the real one."""

from __future__ import annotations

import json
import os
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dimse_codegen.docbook import DocBookError, Facts, read

ROOT = Path(__file__).resolve().parents[1]
TRANSCRIPTION = ROOT / "tests" / "standard" / "ps3.7-2026c.json"
HOW_TO_GET_IT = (
    "PS3.7 as DocBook is not here: download it from "
    "https://dicom.nema.org/medical/dicom/2026c/source/docbook/part07/part07.xml "
    "and set DIMSE_PART07 to the name of the file"
)

FIELD_HEADINGS = ("Tag", "VR", "VM", "Description of Field")
HAS_DATA_SET = "This field indicates that a Data Set is present in the Message."
NO_DATA_SET = "This field indicates that no Data Set is present in the Message."
MAYBE_DATA_SET = "This field indicates if a Data Set is present in the Message."


STATUSES = (
    "<orderedlist><listitem><para>Fine (0000H) - All is well (see (0000,0100)).</para></listitem>"
    "<listitem><para>Odd: rather (Status value is Service Class specific): why.</para></listitem>"
    "</orderedlist>"
)


def cells(*texts: str, tag: str = "td") -> str:
    return "<tr>" + "".join(f"<{tag}><para>{text}</para></{tag}>" for text in texts) + "</tr>\n"


def body(headings: tuple[str, ...], *rows: tuple[str, ...]) -> str:
    return f"<thead>{cells(*headings, tag='th')}</thead><tbody>{''.join(cells(*row) for row in rows)}</tbody>"


def table(label: str, caption: str, headings: tuple[str, ...], *rows: tuple[str, ...]) -> str:
    start = f'<table label="{label}" xml:id="table_{label}"><caption>{caption}</caption>'
    return f"{start}{body(headings, *rows)}</table>\n"


def section(label: str, title: str, *content: str, name: str = "section") -> str:
    start = f'<{name} label="{label}" xml:id="sect_{label}"><title>{title}</title>'
    return f"{start}{''.join(content)}</{name}>\n"


def message(label: str, name: str, code: str, data_set: str, *rows: tuple[str, ...]) -> str:
    fields = (
        ("Command Field", "(0000,0100)", "US", "1", f"It shall be set to {code} for the {name} Message."),
        ("Command Data Set Type", "(0000,0800)", "US", "1", data_set),
        *rows,
    )
    return section(
        f"s{label}", name, table(label, f"{name} Message Fields", ("Message Field", *FIELD_HEADINGS), *fields)
    )


def status_type(label: str, title: str, *rows: tuple[str, ...]) -> str:
    fields = body(("Status Field", *FIELD_HEADINGS), *rows)
    return section(label, title, f"<informaltable>{fields}</informaltable>")


def document() -> str:
    """A whole, tiny PS3.7: one service, X-TEST, its three messages, two statuses and a dictionary."""
    parameters = table(
        "9.1-7",
        "X-TEST Parameters",
        ("DIMSE-X Parameter Name", "Req/Ind", "Rsp/Conf", "CnclReq/CnclInd"),
        ("Test ID", "M", "U(=)", "-"),
        ("Load", "U", "-", "M"),
    )
    dictionary = ("Tag", "Message Field", "Keyword", "VR", "VM")
    return "".join(
        (
            '<?xml version="1.0" encoding="utf-8"?>\n',
            '<book xmlns="http://docbook.org/ns/docbook" label="PS3.7" xml:id="PS3.7"><title>PS3.7</title>',
            "<subtitle>DICOM PS3.7 2031x - Message Exchange</subtitle>\n",
            table("7.5-1", "DIMSE Services", ("Name", "Group", "Type"), ("X-TEST", "DIMSE-X", "operation")),
            table(
                "7.5-2",
                "DIMSE Services and Procedures",
                ("Name", "Sub-Operations", "Multiple Responses", "Cancel"),
                ("X-TEST", "-", "C", "M"),
            ),
            section(
                "9.1",
                "Services",
                section(
                    "9.1.4",
                    "X-TEST Service",
                    section("9.1.4.1", "Things", parameters, section("9.1.4.1.2", "Status", STATUSES)),
                ),
            ),
            section(
                "9.3",
                "Protocol",
                message("9.3-1", "X-TEST-RQ", "0A01H", HAS_DATA_SET, ("Load", "(no tag)", "-", "-", "Set.")),
                message("9.3-2", "X-TEST-RSP", "8A01H", MAYBE_DATA_SET),
                message("9.3-3", "X-CANCEL-TEST-RQ", "0FFFH", NO_DATA_SET),
            ),
            section("10.1", "Services"),
            section("10.3", "Protocol"),
            section(
                "C",
                "Status Type Encoding",
                section(
                    "C.1",
                    "Good Status Class",
                    status_type(
                        "C.1.1",
                        "Fine",
                        ("Status", "(0000,0900)", "US", "1", "It shall be set to 0000H."),
                        ("Load", "(no tag)", "-", "-", "Optionally contains the Data Set."),
                    ),
                ),
                section(
                    "C.2",
                    "Bad Status Class",
                    status_type(
                        "C.2.1",
                        "Odd: rather",
                        ("Remark", "(0000,0902)", "LO", "1-n", "This optional field contains FFFFH."),
                        ("Status", "(0000,0900)", "US", "1", "The value is Service Class specific."),
                    ),
                ),
                name="chapter",
            ),
            table(
                "E.1-1",
                "Command Fields",
                dictionary,
                ("(0000,0100)", "Command Field", "CommandField", "US", "1"),
            ),
            table("E.2-1", "Retired", dictionary, ("(0000,51A0)", "Old/New", "OldNew", "CS", "1-n")),
            "</book>\n",
        )
    )


DOCUMENT = document()


def message_facts(label: str, code: str, data_set: str, *fields: dict[str, str | None]) -> dict[str, Any]:
    return {
        "table": label,
        "command_field": code,
        "data_set": data_set,
        "fields": [
            {"field": "Command Field", "tag": "(0000,0100)", "vr": "US", "vm": "1"},
            {"field": "Command Data Set Type", "tag": "(0000,0800)", "vr": "US", "vm": "1"},
            *fields,
        ],
    }


FACTS: dict[str, Any] = {
    "part": "PS3.7",
    "edition": "2031x",
    "services": {
        "X-TEST": {
            "group": "DIMSE-X",
            "kind": "operation",
            "sub_operations": "-",
            "multiple_responses": "C",
            "cancel": "M",
            "parameters_table": "9.1-7",
            "columns": ["Req/Ind", "Rsp/Conf", "CnclReq/CnclInd"],
            "parameters": {"Test ID": ["M", "U(=)", "-"], "Load": ["U", "-", "M"]},
            "statuses": [{"type": "Fine", "value": "0000"}, {"type": "Odd: rather", "value": None}],
            "status_section": "9.1.4.1.2",
        }
    },
    "messages": {
        "X-TEST-RQ": message_facts(
            "9.3-1", "0x0A01", "present", {"field": "Load", "tag": None, "vr": None, "vm": None}
        ),
        "X-TEST-RSP": message_facts("9.3-2", "0x8A01", "optional"),
        "X-CANCEL-TEST-RQ": message_facts("9.3-3", "0x0FFF", "absent"),
    },
    "elements": [{"tag": "(0000,0100)", "name": "Command Field", "keyword": "CommandField", "vr": "US", "vm": "1"}],
    "retired_elements": [{"tag": "(0000,51A0)", "name": "Old/New", "keyword": "OldNew", "vr": "CS", "vm": "1-n"}],
    "status_types": [
        {
            "section": "C.1.1",
            "type": "Fine",
            "class": "Good",
            "value": "0000",
            "fields": [
                {"field": "Status", "tag": "(0000,0900)", "vr": "US", "vm": "1"},
                {"field": "Load", "tag": None, "vr": "-", "vm": "-"},
            ],
        },
        {
            "section": "C.2.1",
            "type": "Odd: rather",
            "class": "Bad",
            "value": None,
            "fields": [
                {"field": "Remark", "tag": "(0000,0902)", "vr": "LO", "vm": "1-n"},
                {"field": "Status", "tag": "(0000,0900)", "vr": "US", "vm": "1"},
            ],
        },
    ],
}


class Reader:
    """Reads a document given as text or bytes, by way of a file."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "part07.xml"

    def __call__(self, content: str | bytes) -> Facts:
        self.path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read(self.path)

    def changed(self, old: str, new: str) -> Facts:
        assert old in DOCUMENT, f"the document no longer says {old!r}"
        return self(DOCUMENT.replace(old, new, 1))


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path)


def test_small_document(reader: Reader) -> None:
    """A complete document is read whole, names, cells and order as printed."""
    facts = reader(DOCUMENT)
    assert facts == FACTS
    assert json.dumps(facts) == json.dumps(FACTS)


def test_xml_id_stands_in_for_label(reader: Reader) -> None:
    """Where an edition gives an element no label, its xml:id says the same."""
    assert reader(re.sub(r' label="[^"]*"', "", DOCUMENT)) == FACTS


def test_layout_is_not_text(reader: Reader) -> None:
    """Line breaks, emphasis, no-break and zero-width spaces do not change what a cell says."""
    facts = reader.changed("<para>CommandField</para>", "\n<para>\n <emphasis>Command</emphasis>\u200bField</para>")
    assert facts == FACTS
    assert reader.changed("<para>Test ID</para>", "<para>Test\u00a0\n  ID</para>") == FACTS


def test_headings_in_any_case(reader: Reader) -> None:
    """A heading that an edition capitalises differently is still that column."""
    assert reader.changed("Sub-Operations", "Sub-operations") == FACTS


def test_prose_beside_the_tables_is_skipped(reader: Reader) -> None:
    """Comments, paragraphs and tables of other sections change nothing."""
    other = "<!-- (0000,0000) --><para>0001H</para>" + table("D.3-1", "X-OTHER Parameters", ("A",), ("B",))
    assert reader.changed("<subtitle>", f"{other}<subtitle>") == FACTS


@pytest.mark.parametrize("edition", ["2013", "2016b", "2026c"])
def test_edition(reader: Reader, edition: str) -> None:
    """The edition is the year, and the letter if there is one, of the subtitle."""
    assert reader.changed("2031x", edition)["edition"] == edition


@pytest.mark.parametrize(
    ("wording", "rule"),
    [
        (HAS_DATA_SET, "present"),
        (NO_DATA_SET, "absent"),
        ("This field indicates that no Data Set shall be present and shall be set to 0101H).", "absent"),
        (MAYBE_DATA_SET, "optional"),
        ("This field indicates that if a Data Set is present in the Message.", "optional"),
        ("This field indicates if a Data Set is present: 0101H if no Data Set is present.", "optional"),
    ],
)
def test_data_set_rule(reader: Reader, wording: str, rule: str) -> None:
    """The Command Data Set Type row says whether a message has a Data Set, in any of its wordings."""
    assert reader.changed(HAS_DATA_SET, wording)["messages"]["X-TEST-RQ"]["data_set"] == rule


@pytest.mark.parametrize(
    "item",
    [
        "Fine (0000H) -one is well",
        "Fine (0000H): all is well",
        "Fine (0000H)",
        "Fine\n  (0000H) - the ID (0000,0110)",
    ],
)
def test_status_item(reader: Reader, item: str) -> None:
    """A status is the text before its parenthesis, whatever follows."""
    facts = reader.changed("Fine (0000H) - All is well (see (0000,0100)).", item)
    assert facts["services"]["X-TEST"]["statuses"][0] == {"type": "Fine", "value": "0000"}


ERRORS = {
    "no edition": ("DICOM PS3.7 2031x", "DICOM", "subtitle: expected 'PS3.7' and an edition"),
    "another part": ('label="PS3.7"', 'label="PS3.8"', "document: expected the book PS3.7"),
    "no services table": ('label="7.5-1"', 'label="7.5-9"', "Table 7.5-1: expected one .*, found 0"),
    "two tables of one label": ('label="E.2-1"', 'label="E.1-1"', "Table E.1-1: expected one .*, found 2"),
    "no section": ('label="10.3"', 'label="10.4"', "section 10.3: expected one .*, found 0"),
    "no annex": ('label="C"', 'label="B"', "section C: expected one .*, found 0"),
    "missing cell": ("<td><para>operation</para></td>", "", "Table 7.5-1, row 1: expected 3 cells, found 2"),
    "empty cell": ("<para>operation</para>", "<para/>", "Table 7.5-1, row 1: expected"),
    "extra cell": (
        "<td><para>Load</para></td>",
        "<td/><td/>",
        "Table 9.1-7, row 2: expected 4 cells, found 5",
    ),
    "no rows": (cells("X-TEST", "DIMSE-X", "operation"), "", "Table 7.5-1: expected headings and rows"),
    "blank heading": ("<th><para>Group</para></th>", "<th/>", "Table 7.5-1: expected headings"),
    "no such column": (
        "<para>Keyword</para>",
        "<para>Key</para>",
        "Table E.1-1: expected one column 'Keyword'",
    ),
    "repeated column": ("<para>Group</para>", "<para>Type</para>", "Table 7.5-1: expected one column"),
    "repeated service": (
        cells("X-TEST", "DIMSE-X", "operation"),
        cells("X-TEST", "DIMSE-X", "operation") * 2,
        "Table 7.5-1: expected 'X-TEST' once",
    ),
    "service without procedures": (
        cells("X-TEST", "-", "C", "M"),
        cells("Y-TEST", "-", "C", "M"),
        "Tables 7.5-1 and 7.5-2, .*: expected each service in all three, found X-TEST, Y-TEST",
    ),
    "service without parameters": (
        "X-TEST Parameters",
        "X-TEST",
        "tables of Parameters in 9.1 and 10.1: expected",
    ),
    "parameters without headings": (
        "DIMSE-X Parameter Name",
        "Test ID",
        "Table 9.1-7: expected Parameter Name",
    ),
    "repeated parameter": (
        "<para>Load</para>",
        "<para>Test ID</para>",
        "Table 9.1-7: expected 'Test ID' once",
    ),
    "no status section": (
        "<title>Status</title>",
        "<title>State</title>",
        "section 9.1.4: expected one section",
    ),
    "no status list": (STATUSES, "", "section 9.1.4.1.2: expected a list of statuses"),
    "status without value": (
        "Fine (0000H) - All is well (see (0000,0100)).",
        "Fine",
        "section 9.1.4.1.2: expected a",
    ),
    "status value not understood": (
        "Fine (0000H)",
        "Fine (zero)",
        "section 9.1.4.1.2: expected one status code",
    ),
    "message without table": (
        "X-TEST-RSP Message Fields",
        "X-TEST-RSP",
        "captioned X-TEST-RSP Message Fields",
    ),
    "cancel without table": (
        "X-CANCEL-TEST-RQ Message Fields",
        "X-CANCEL-TEST-RQ",
        "captioned X-CANCEL-TEST-RQ Message Fields",
    ),
    "service without message": (
        message("9.3-2", "X-TEST-RSP", "8A01H", MAYBE_DATA_SET),
        "",
        "sections 9.3 and 10.3: expected a table captioned X-TEST-RSP",
    ),
    "message twice": (
        "X-TEST-RSP Message Fields",
        "X-TEST-RQ Message Fields",
        "sections 9.3 and 10.3: expected 'X-TEST-RQ' once",
    ),
    "message table without label": (
        'label="9.3-1" xml:id="table_9.3-1"',
        "",
        "'X-TEST-RQ Message Fields': expected a label",
    ),
    "no Command Field": (
        "<para>Command Field</para>",
        "<para>Field</para>",
        "Table 9.3-1: .* Command Field row",
    ),
    "no code": ("set to 0A01H for", "set for", "Table 9.3-1: expected one code .*, found 0"),
    "two codes": (
        "set to 0A01H for",
        "set to 0A01H or 0A02H for",
        "Table 9.3-1: expected one code .*, found 2",
    ),
    "no Data Set rule": (HAS_DATA_SET, "Any value.", "Table 9.3-1: expected one rule .* 'Any value.'"),
    "two Data Set rules": (
        HAS_DATA_SET,
        HAS_DATA_SET + NO_DATA_SET,
        "Table 9.3-1: expected one rule .* found 2",
    ),
    "field twice": (
        "<para>Command Data Set Type</para>",
        "<para>Command Field</para>",
        "'Command Field' once",
    ),
    "not a tag": (
        "(0000,0100)</para></td><td><para>US",
        "0000,0100</para></td><td><para>US",
        "expected a tag",
    ),
    "dictionary without tag": ("(0000,51A0)", "(no tag)", r"Table E.2-1: expected a tag, found '\(no tag\)'"),
    "no status class": ("Good Status Class", "Good", "section C.1: expected a Status Class, found 'Good'"),
    "status class without types": (
        "<title>Bad Status Class</title>",
        "<title>Bad Status Class</title></section><section><title>Ugly Status Class</title>",
        "section C.2: expected sections in it",
    ),
    "status type without title": ("<title>Fine</title>", "", "section C.1.1: expected a title"),
    "status type without table": (
        "<informaltable>",
        "<informaltable/><informaltable>",
        "section C.1.1: .* found 2",
    ),
    "no status value": ("set to 0000H.", "set.", "section C.1.1: expected one status code"),
    "two status values": (
        "is Service Class specific.",
        "is Service Class specific or 0001H.",
        "section C.2.1",
    ),
    "no Status row": ("<para>Status</para>", "<para>State</para>", "section C.1.1: expected one Status row"),
}


@pytest.mark.parametrize(("old", "new", "says"), ERRORS.values(), ids=ERRORS.keys())
def test_error_names_the_place(reader: Reader, old: str, new: str, says: str) -> None:
    """What is missing or not understood is an error that says where and what was expected."""
    with pytest.raises(DocBookError, match=says):
        reader.changed(old, new)


def bomb() -> str:
    entities = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))
    return DOCUMENT.replace("<book", f'<!DOCTYPE book [<!ENTITY e0 "boom">{entities}]><book', 1).replace(
        "2031x", "&e9;", 1
    )


HOSTILE: dict[str, str | bytes] = {
    "empty": "",
    "text": "PS3.7",
    "JSON": "{}",
    "binary": bytes(range(256)),
    "NUL": "<book>\0</book>",
    "UTF-16": DOCUMENT.encode("utf-16"),
    "entity bomb": bomb(),
    "external entity": '<!DOCTYPE book SYSTEM "file:///etc/passwd"><book/>',
    "undefined entity": DOCUMENT.replace("2031x", "&edition;"),
    "another root": "<article/>",
    "no namespace": DOCUMENT.replace(' xmlns="http://docbook.org/ns/docbook"', ""),
    "bare book": '<book xmlns="http://docbook.org/ns/docbook" label="PS3.7"/>',
    "deep nesting": "<book>" * 200_000 + "</book>" * 200_000,
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_document(reader: Reader, content: str | bytes) -> None:
    """Whatever is not PS3.7 in DocBook is refused with the reader's own error."""
    with pytest.raises(DocBookError):
        reader(content)


def test_truncated_document(reader: Reader) -> None:
    """A file cut short anywhere is refused."""
    whole = DOCUMENT.rstrip().encode()
    for length in range(0, len(whole), 37):
        with pytest.raises(DocBookError):
            reader(whole[:length])


def broken_documents() -> Iterator[bytes]:
    """The document, less each of its elements in turn, then with each renamed, bared and emptied in turn."""
    root = ET.fromstring(DOCUMENT)
    for parent in root.iter():
        for at, child in enumerate(list(parent)):
            parent.remove(child)
            yield ET.tostring(root)
            for tag, attributes, children in (
                ("para", child.attrib, list(child)),
                (child.tag, {}, list(child)),
                (child.tag, child.attrib, []),
            ):
                other = ET.Element(tag, attributes)
                other.extend(children)
                parent.insert(at, other)
                yield ET.tostring(root)
                parent.remove(other)
            parent.insert(at, child)


def test_broken_anywhere(reader: Reader) -> None:
    """One element missing, renamed, bared or emptied, wherever it is: facts or the reader's own error."""
    outcomes = set()
    for content in broken_documents():
        try:
            outcomes.add(reader(content)["part"])
        except DocBookError as error:
            outcomes.add(re.sub(r".*: (expected ).*", r"\1...", str(error), flags=re.DOTALL))
    assert outcomes == {"PS3.7", "expected ..."}


def test_no_file(tmp_path: Path) -> None:
    """A file that is not there is the system's error, not the document's."""
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "part07.xml")


def test_no_fact_in_the_reader() -> None:
    """The reader's source names no tag, no code and no service: all of them come from the document."""
    source = Path(read.__code__.co_filename).read_text(encoding="utf-8")
    assert not re.findall(r"\([0-9A-F]{4},|\b[0-9A-F]{4}H|0x[0-9A-F]{4}|\b[CN]-[A-Z]{3}", source)


def part07() -> Path:
    named = os.environ.get("DIMSE_PART07")
    path = Path(named) if named else ROOT.parent / "shared" / "standard" / "part07.xml"
    if not named and not path.exists():
        pytest.skip(HOW_TO_GET_IT)
    return path


def test_the_standard_itself() -> None:
    """PS3.7, read from its DocBook, is what was transcribed from it by another route, order included."""
    transcription = json.loads(TRANSCRIPTION.read_text(encoding="utf-8"))
    facts = read(part07())
    if facts["edition"] != transcription["edition"]:
        pytest.skip(f"DIMSE_PART07 is edition {facts['edition']}; {TRANSCRIPTION.name} is another")
    assert facts == transcription
    assert json.dumps(facts) == json.dumps(transcription)
