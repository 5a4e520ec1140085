"""The tables that the classes carry, and the messages made of them, against the facts of PS3.7."""

from __future__ import annotations

import copy
import importlib
import pickle
import sys
from pathlib import Path
from typing import Any

import pytest
from attrs import NOTHING, fields

import dimse
import standard
from dimse import Message, Primitive
from dimse_codegen.load import load
from dimse_codegen.render import render
from standard import ELEMENTS, FACTS, SERVICES, VALUES, column, keyword

CLASSES: dict[str, type[Primitive[Any, Any]]] = {service.SERVICE: service for service in dimse.SERVICES}
MESSAGES: dict[str, type[Message]] = {m.NAME: m for service in dimse.SERVICES for m in service.MESSAGES.values()}
ROLE_OF_SUFFIX = {"RQ": "request", "RSP": "response"}
CANCELS = ["C-CANCEL-FIND-RQ", "C-CANCEL-GET-RQ", "C-CANCEL-MOVE-RQ"]
DATA_SET = {"present": "always", "absent": "never", "optional": "conditional"}
CONFIRMED = [name for name in FACTS["messages"] if name not in CANCELS]


def role_of(message: str) -> tuple[str, str]:
    """The service and the role of a message, from its name."""
    service, _, suffix = message.rpartition("-")
    return service, ROLE_OF_SUFFIX[suffix]


def opened(service: str) -> set[str]:
    """Keywords of what Annex C permits in responses of a service with some status, Data Sets apart."""
    names = {name for code in standard.CODES for name in standard.annex_c(service, code)}
    own = {*SERVICES[service]["parameters"], *standard.annex_c_rows(service)}
    return {keyword(name) for name in names & own if name in ELEMENTS}


def allowed(message: str) -> dict[str, str]:
    """Keyword and glyph of every parameter that a message may have."""
    service, role = role_of(message)
    found = {cell.keyword: cell.glyph for cell in column(service, role)}
    if role == "request":
        return {name: glyph for name, glyph in found.items() if glyph != "-"}
    more = opened(service)
    listed = {name: "C" if glyph == "-" else glyph for name, glyph in found.items() if glyph != "-" or name in more}
    return listed | {keyword(name): "C" for name in ELEMENTS if name in standard.annex_c_rows(service)}


def test_counts() -> None:
    """There are twelve services and twenty-three messages: those of 9.3 and 10.3, the three cancels being one."""
    assert len(dimse.SERVICES) == 12
    assert set(CLASSES) == {*SERVICES, "C-CANCEL"}
    assert len(MESSAGES) == 23
    assert set(MESSAGES) == {*CONFIRMED, "C-CANCEL-RQ"}
    for name, service in CLASSES.items():
        assert getattr(dimse, name.replace("-", "_")) is service
        assert service().msg_type == name
    for name, message in MESSAGES.items():
        assert getattr(dimse, name.replace("-", "_")) is message


@pytest.mark.parametrize("service", SERVICES)
def test_table(service: str) -> None:
    """TABLE is the table of the standard: title, columns, rows in order, each cell as printed."""
    facts, table = SERVICES[service], CLASSES[service].TABLE
    assert table.title == f"Table {facts['parameters_table']}"
    assert list(table.columns) == facts["columns"]
    assert list(table.roles) == ["request", "response", "cancel"][: len(facts["columns"])]
    printed = [(row.name, [row.cell(role) for role in table.roles]) for row in table if not row.status_related]
    assert printed == list(facts["parameters"].items())
    for row in table:
        assert (row.cancel is None) == ("CnclReq/CnclInd" not in facts["columns"])


@pytest.mark.parametrize("service", SERVICES)
def test_rows_of_annex_c(service: str) -> None:
    """Below the table stand the elements that the service's own status types add, never in a request or cancel."""
    added = [row for row in CLASSES[service].TABLE if row.status_related]
    assert [row.name for row in added] == [name for name in ELEMENTS if name in standard.annex_c_rows(service)]
    assert {(row.request, row.response) for row in added} <= {("-", "C")}
    assert {row.cancel for row in added} <= {None, "-"}
    assert all(not row.status_related for row in CLASSES[service].TABLE[: len(SERVICES[service]["parameters"])])


@pytest.mark.parametrize("service", CLASSES)
def test_dictionary_of_rows(service: str) -> None:
    """Tag, VR, VM and keyword of every row are those of Annex E; a Data Set has no tag and no VR."""
    for row in CLASSES[service].TABLE:
        entry = ELEMENTS.get(row.name, {"tag": None, "vr": "", "vm": ""})
        tag = None if row.tag is None else f"({row.tag >> 16:04X},{row.tag & 0xFFFF:04X})"
        assert (tag, row.vr, row.vm) == (entry["tag"], entry["vr"], entry["vm"])
        assert row.keyword == keyword(row.name)
        assert hasattr(CLASSES[service](), row.keyword)


def test_dictionary() -> None:
    """The Command Dictionary has the elements of E.1 and E.2, each with its tag, keyword, VR and VM, and no other."""
    for retired, listed in ((False, FACTS["elements"]), (True, FACTS["retired_elements"])):
        ours = [e for e in dimse.DICTIONARY.by_name.values() if e.retired is retired and e.tag is not None]
        found = [(f"({e.tag >> 16:04X},{e.tag & 0xFFFF:04X})", e.name, e.keyword, e.vr, e.vm) for e in ours]
        assert found == [tuple(e[key] for key in ("tag", "name", "keyword", "vr", "vm")) for e in listed]
    assert {e.name for e in dimse.DICTIONARY.by_name.values() if e.tag is None} == set(standard.DATA_SETS)


def test_cancel_table() -> None:
    """C-CANCEL has one row, which is all that the cancel columns of C-FIND, C-GET and C-MOVE leave."""
    left = {(cell.name, cell.text) for cell in standard.cells("CnclReq/CnclInd") if cell.text != "-"}
    assert {(row.name, row.cancel) for row in dimse.C_CANCEL.TABLE} == left == {("Message ID Being Responded To", "M")}
    assert dimse.C_CANCEL.TABLE.roles == ("cancel",)


@pytest.mark.parametrize("service", SERVICES)
def test_keywords(service: str) -> None:
    """REQUEST_KEYWORDS and RESPONSE_KEYWORDS are the M parameters in row order, STATUS_OPTIONAL_KEYWORDS Annex C's."""
    for role, keywords in (("request", "REQUEST_KEYWORDS"), ("response", "RESPONSE_KEYWORDS")):
        mandatory = tuple(cell.keyword for cell in column(service, role) if cell.glyph == "M")
        assert getattr(CLASSES[service], keywords) == mandatory
    added = {keyword(name) for name in standard.annex_c_rows(service)}
    assert added <= set(CLASSES[service].STATUS_OPTIONAL_KEYWORDS)


@pytest.mark.parametrize(("service", "name"), standard.CONDITIONS)
def test_sections(service: str, name: str) -> None:
    """A C row cites the section in which its condition was read."""
    condition = standard.CONDITIONS[service, name]
    assert [row.section for row in CLASSES[service].TABLE if row.name == name] == [condition.section]


@pytest.mark.parametrize("name", FACTS["messages"])
def test_message(name: str) -> None:
    """A message has the Command Field and the word on the Data Set that its table of 9.3 or 10.3 gives."""
    facts = FACTS["messages"][name]
    message = MESSAGES["C-CANCEL-RQ" if name in CANCELS else name]
    assert int(facts["command_field"], 16) == message.COMMAND_FIELD
    assert DATA_SET[facts["data_set"]] == message.DATA_SET
    assert facts["table"] in message.FIELDS


def test_cancelled() -> None:
    """C-FIND, C-GET and C-MOVE can be cancelled and no other operation can (Table 7.5-2)."""
    can = {name for name in CONFIRMED if getattr(MESSAGES[name], "CANCEL", None) is dimse.C_CANCEL_RQ}
    assert can == {f"{service}-RQ" for service, facts in SERVICES.items() if facts["cancel"] == "M"}


@pytest.mark.parametrize("name", CONFIRMED)
def test_constructor(name: str) -> None:
    """A message demands its M parameters, takes the others it may have, in row order, and knows no - parameter."""
    message, expected = MESSAGES[name], allowed(name)
    assert [field.name for field in fields(message)] == list(expected)
    required = [field.name for field in fields(message) if field.default is NOTHING]
    assert required == [keyword for keyword, glyph in expected.items() if glyph == "M"]
    least = {keyword: VALUES[keyword][0] for keyword in required}
    for missing in required:
        with pytest.raises(TypeError, match=missing):
            message(**{keyword: value for keyword, value in least.items() if keyword != missing})
    everything = {keyword: VALUES[keyword][0] for keyword in expected}
    assert message(**everything).primitive() == CLASSES[role_of(name)[0]](
        **({"Priority": None} | everything) if "Priority" in CLASSES[role_of(name)[0]].REQUEST_KEYWORDS else everything
    )


@pytest.mark.parametrize("name", CONFIRMED)
def test_no_other_argument(name: str) -> None:
    """A message refuses a - parameter of its column, even as None, and any parameter by position."""
    least = {keyword: VALUES[keyword][0] for keyword, glyph in allowed(name).items() if glyph == "M"}
    service, role = role_of(name)
    refused = {cell.keyword for cell in column(service, role)} - set(allowed(name))
    for wrong in {*refused, "CommandField", "CommandDataSetType", "Misspelt"}:
        with pytest.raises(TypeError, match=wrong):
            MESSAGES[name](**least, **{wrong: None})
    with pytest.raises(TypeError, match="positional"):
        MESSAGES[name](*least.values())


@pytest.mark.parametrize("name", CONFIRMED)
def test_no_other_field(name: str) -> None:
    """An element of Annex E that is no field of a message is a violation where one arrives, and the only one."""
    service, role = role_of(name)
    primitive = CLASSES[service](**standard.minimal(service, role))
    if role == "response" and hasattr(primitive, "Priority"):
        primitive.Priority = None  # type: ignore[attr-defined]
    body = primitive.encode(role)[12:]  # type: ignore[arg-type]
    foreign = [
        e for e in ELEMENTS.values() if e["keyword"] not in allowed(name) and not e["keyword"].startswith("Command")
    ]
    assert foreign
    for element in foreign:
        value = {"UI": b"1.2\0", "AT": b"\x10\0\x10\0", "US": b"\1\0"}.get(element["vr"], b"A ")
        more = body + bytes.fromhex(f"0000{element['tag'][8:10]}{element['tag'][6:8]}{len(value):02X}000000") + value
        found = dimse.decode(bytes.fromhex("0000000004000000") + len(more).to_bytes(4, "little") + more).violations()
        broken = [violation.rule for violation in found if violation.severity == "error"]
        assert broken == [f"{name}.{element['keyword']}.-"]


def test_misspelt() -> None:
    """A misspelt parameter is an error, on construction and on assignment, and leaves no trace."""
    for service in dimse.SERVICES:
        build: Any = service
        with pytest.raises(TypeError, match="MesageID"):
            build(MesageID=1)
        primitive = build()
        with pytest.raises(AttributeError, match="MesageID"):
            primitive.MesageID = 1
        assert not hasattr(primitive, "MesageID")
        assert not hasattr(primitive, "__dict__")


MF_UF = """
edition: 2026c
service: C-PING
section: "9.1.5"
summary: A service with fixed values.
group: DIMSE-C
kind: operation
procedures: { sub_operations: '-', multiple_responses: '-', cancel: '-' }
table: "9.1-5"
columns: [Req/Ind, Rsp/Conf]
parameters:
  Message ID:                    [MF 7, U]
  Message ID Being Responded To: ['-',  M]
  Priority:                      [UF 0, '-']
  Affected SOP Class UID:        [MF 12, 'U(=)']
  Status:                        ['-',  MF 0]
descriptions:
  Message ID:                    [9.1.5.1.1, One.]
  Message ID Being Responded To: [9.1.5.1.2, Two.]
  Priority:                      [9.1.5.1.3, Three.]
  Affected SOP Class UID:        [9.1.5.1.4, Four.]
  Status:                        [9.1.5.1.4, Five.]
messages:
  C-PING-RQ:
    table: "9.3-12"
    command_field: 0030H
    fields: [Command Group Length, Affected SOP Class UID, Command Field, Message ID, Priority, Command Data Set Type]
    data_set: never
  C-PING-RSP:
    table: "9.3-13"
    command_field: 8030H
    fields: [Command Group Length, Affected SOP Class UID, Command Field, Message ID Being Responded To,
             Command Data Set Type, Status]
    data_set: never
statuses:
  section: "9.1.5.1.4"
  types: [Success]
"""


@pytest.fixture
def ping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type[Primitive[Any, Any]]:
    """A service compiled here and now, whose cells have fixed values."""
    (tmp_path / "schema" / "services").mkdir(parents=True)
    (tmp_path / "schema" / "services" / "c_ping.yaml").write_text(MF_UF, "utf-8")
    (tmp_path / "fixed_values").mkdir()
    for name, text in render(load(tmp_path / "schema")).items():
        (tmp_path / "fixed_values" / name).write_text(text, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if name.startswith("fixed_values")]:
        monkeypatch.delitem(sys.modules, name)
    found: type[Primitive[Any, Any]] = importlib.import_module("fixed_values").C_PING
    return found


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, []),
        ({"Priority": None}, []),
        ({"Priority": 2}, ["Priority.UF"]),
        ({"MessageID": None}, ["MessageID.MF"]),
        ({"MessageID": 8}, ["MessageID.MF"]),
        ({"AffectedSOPClassUID": "1.2"}, ["AffectedSOPClassUID.MF"]),
    ],
)
def test_fixed_values(ping: type[Primitive[Any, Any]], values: dict[str, Any], expected: list[str]) -> None:
    """MF: absent or another value is one violation; UF: another value is, absence is none."""
    right = {"MessageID": 7, "Priority": 0, "AffectedSOPClassUID": "12"}
    found = ping(**(right | values)).violations("request")
    assert [violation.rule for violation in found] == [f"C-PING-RQ.{rule}" for rule in expected]
    assert ping.REQUEST_KEYWORDS == ("MessageID", "AffectedSOPClassUID")


def test_print() -> None:
    """A table prints as the standard does, with the rows of Annex C below a rule, if it has any."""
    lines = str(dimse.C_MOVE.TABLE).splitlines()
    assert lines[0] == "Parameter                           Req/Ind  Rsp/Conf  CnclReq/CnclInd"
    assert lines[1] == "----------------------------------  -------  --------  ---------------"
    assert lines[2] == "Message ID                          M        U         -"
    assert lines[-3] == "----------------------------------  -------  --------  ---------------  (Annex C)"
    assert lines[-2:] == [
        "Offending Element                   -        C         -",
        "Error Comment                       -        C         -",
    ]
    assert str(dimse.C_CANCEL.TABLE).splitlines() == [
        "Parameter                      CnclReq/CnclInd",
        "-----------------------------  ---------------",
        "Message ID Being Responded To  M",
    ]


@pytest.mark.parametrize("service", CLASSES)
def test_a_table_survives_pickle(service: str) -> None:
    """A table is the same, its title, columns and roles included, after pickle and copy."""
    table = CLASSES[service].TABLE
    for again in (pickle.loads(pickle.dumps(table)), copy.deepcopy(table)):
        assert type(again) is type(table)
        assert (again, again.title, again.columns, again.roles) == (table, table.title, table.columns, table.roles)
        assert str(again) == str(table)
