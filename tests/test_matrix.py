"""Every cell of every table of PS3.7, absent, present and unequal to the request; the cells are those of `standard`."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import fields

import dimse
import standard
from dimse import Primitive, Violation
from standard import VALUES, Cell, Situation, cells, keyword, minimal

CLASSES: dict[str, type[Primitive[Any, Any]]] = {service.SERVICE: service for service in dimse.SERVICES}
BOTH = list(cells("Req/Ind", "Rsp/Conf"))
CANCEL = list(cells("CnclReq/CnclInd"))
RESPONSES = list(cells("Rsp/Conf"))
CONFIRMED = list(standard.SERVICES)

# Rules of the text beside the (=) cells: 10.1.2.1.6 and .7, 10.1.3.1.7 and .8, 10.1.4.1.7 and .8, 10.1.6.1.5 and .6.
REPEATS = [
    (service, f"AffectedSOP{what}UID", f"RequestedSOP{what}UID")
    for service in ("N-GET", "N-SET", "N-ACTION", "N-DELETE")
    for what in ("Class", "Instance")
] + [(service, "MessageIDBeingRespondedTo", "MessageID") for service in CONFIRMED]


# What the ID of a rule ends with where it is that of a cell.
OF_CELLS = {"M", "-", "C", "=", "VR"}


def make(service: str, values: dict[str, Any]) -> Primitive[Any, Any]:
    """A primitive of these parameters and of no default."""
    made = CLASSES[service](**values)
    for name in fields(CLASSES[service]):
        if name.init and name.name not in values:
            setattr(made, name.name, None)
    return made


def rules(service: str, role: str, values: dict[str, Any], request: Primitive[Any, Any] | None = None) -> list[str]:
    """The rule IDs of all violations of cells, each once a violation."""
    found: tuple[Violation, ...] = make(service, values).violations(role, request=request)  # type: ignore[arg-type]
    return [violation.rule for violation in found if violation.rule.rpartition(".")[2] in OF_CELLS]


def asking(service: str) -> Primitive[Any, Any]:
    """A request that leaves nothing for the response to supply."""
    named = {"AffectedSOPInstanceUID": "2.25.1"} if service == "N-CREATE" else {}
    return make(service, minimal(service, "request") | named)


def ids(cell: Cell) -> str:
    return str(cell)


@pytest.mark.parametrize("service", CONFIRMED)
@pytest.mark.parametrize("role", ["request", "response"])
def test_minimal(service: str, role: str) -> None:
    """A primitive with every M parameter, the required C ones and no other has no violation."""
    assert rules(service, role, minimal(service, role)) == []


@pytest.mark.parametrize("cell", [cell for cell in BOTH if cell.glyph == "M"], ids=ids)
def test_mandatory(cell: Cell) -> None:
    """M: absent is one violation, of this cell; present is none."""
    values = minimal(cell.service, cell.role)
    assert rules(cell.service, cell.role, values) == []
    del values[cell.keyword]
    assert rules(cell.service, cell.role, values) == [cell.rule("M")]


@pytest.mark.parametrize("cell", [cell for cell in BOTH if cell.glyph == "-"], ids=ids)
def test_not_present(cell: Cell) -> None:
    """-: present is one violation, of this cell; absent is none."""
    values = minimal(cell.service, cell.role)
    assert cell.keyword not in values
    values[cell.keyword] = VALUES[cell.keyword][0]
    assert rules(cell.service, cell.role, values) == [cell.rule("-")]


@pytest.mark.parametrize("cell", [cell for cell in BOTH if cell.glyph == "U"], ids=ids)
def test_user_option(cell: Cell) -> None:
    """U: neither absent nor present is a violation."""
    values = minimal(cell.service, cell.role)
    assert cell.keyword not in values
    assert rules(cell.service, cell.role, values | {cell.keyword: VALUES[cell.keyword][0]}) == []


@pytest.mark.parametrize("cell", [cell for cell in BOTH if cell.text.endswith("(=)")], ids=ids)
def test_equal(cell: Cell) -> None:
    """(=): a value other than the request's is one violation; an equal one, an absent one or no request is none."""
    request = asking(cell.service)
    values = minimal(cell.service, "response")
    same, other = VALUES[cell.keyword]
    assert rules(cell.service, "response", values, request) == []
    assert rules(cell.service, "response", values | {cell.keyword: same}, request) == []
    assert rules(cell.service, "response", values | {cell.keyword: other}, request) == [cell.rule("=")]
    assert rules(cell.service, "response", values | {cell.keyword: other}) == []


@pytest.mark.parametrize(("service", "here", "there"), REPEATS)
def test_equal_by_the_text(service: str, here: str, there: str) -> None:
    """A parameter that the text wants equal to one of the request is judged as a (=) cell is."""
    request = asking(service)
    values = minimal(service, "response")
    same, other = VALUES[there]
    assert rules(service, "response", values | {here: same}, request) == []
    assert rules(service, "response", values | {here: other}, request) == [f"{service}-RSP.{here}.="]
    assert rules(service, "response", values | {here: other}) == []


def permitted(cell: Cell, code: int, *, reply: bool) -> bool:
    condition = standard.CONDITIONS.get((cell.service, cell.name))
    by_table = cell.glyph in ("M", "U") or bool(
        condition and condition.permitted(Situation(code, reply=reply, named=True))
    )
    return by_table or cell.name in standard.annex_c(cell.service, code)


def conditional() -> list[Cell]:
    """The C cells of the tables, the - cells that Annex C opens with some status, and the rows it adds."""
    opened = {
        (service, name) for service in CONFIRMED for code in standard.CODES for name in standard.annex_c(service, code)
    }
    found = [
        cell for cell in RESPONSES if cell.glyph == "C" or ((cell.service, cell.name) in opened and cell.glyph == "-")
    ]
    added = [Cell(service, "Rsp/Conf", name, "C") for service in CONFIRMED for name in standard.annex_c_rows(service)]
    return found + sorted(added)


@pytest.mark.parametrize("cell", conditional(), ids=ids)
def test_conditional_present(cell: Cell) -> None:
    """C, and what Annex C permits: present is a violation with exactly the statuses that do not permit it."""
    judged, expected = {}, {}
    for code in standard.CODES:
        values = minimal(cell.service, "response", code)
        values[cell.keyword] = VALUES[cell.keyword][0]
        if cell.keyword == "EventReply":
            values["EventTypeID"] = 1
        if cell.keyword == "ActionReply":
            values["ActionTypeID"] = 1
        judged[f"{code:04X}H"] = rules(cell.service, "response", values)
        expected[f"{code:04X}H"] = [] if permitted(cell, code, reply=False) else [cell.rule()]
    assert judged == expected


@pytest.mark.parametrize("cell", [cell for cell in RESPONSES if cell.glyph == "C"], ids=ids)
@pytest.mark.parametrize("reply", [False, True], ids=["", "with reply"])
@pytest.mark.parametrize("named", [False, True], ids=["", "named in request"])
def test_conditional_absent(cell: Cell, reply: bool, named: bool) -> None:
    """C: absent is a violation exactly where its condition requires it."""
    request = minimal(cell.service, "request")
    if cell.service == "N-CREATE" and named:
        request["AffectedSOPInstanceUID"] = "2.25.1"
    replies = {"N-EVENT-REPORT": "Event Reply", "N-ACTION": "Action Reply"}
    name = replies.get(cell.service)
    own = reply and name is not None and name != cell.name
    condition = standard.CONDITIONS[cell.service, cell.name]
    judged, expected = {}, {}
    for code in standard.CODES:
        if own and not permitted(Cell(cell.service, "Rsp/Conf", str(name), "C"), code, reply=True):
            continue
        values = minimal(cell.service, "response", code)
        values.pop(cell.keyword, None)
        if own:
            values[keyword(str(name))] = b""
        judged[f"{code:04X}H"] = rules(cell.service, "response", values, make(cell.service, request))
        required = condition.required(Situation(code, reply=own, named=named))
        expected[f"{code:04X}H"] = [cell.rule("C")] if required else []
    assert judged == expected


def test_condition_without_request() -> None:
    """A condition that asks for the request says nothing against a response whose request is not at hand."""
    values = minimal("N-CREATE", "response")
    assert rules("N-CREATE", "response", values) == []
    request = make("N-CREATE", minimal("N-CREATE", "request"))
    assert rules("N-CREATE", "response", values, request) == ["N-CREATE-RSP.AffectedSOPInstanceUID.C"]


def cancel_wire(*extra: tuple[int, bytes], data_set_type: int = 0x0101) -> bytes:
    """A C-CANCEL-RQ written by hand, with elements more."""
    elements = {0x0100: b"\xff\x0f", 0x0120: b"\x07\x00", 0x0800: data_set_type.to_bytes(2, "little"), **dict(extra)}
    body = b"".join(
        b"\0\0" + tag.to_bytes(2, "little") + len(value).to_bytes(4, "little") + value
        for tag, value in sorted(elements.items())
        if value
    )
    return bytes(4) + b"\4\0\0\0" + len(body).to_bytes(4, "little") + body


@pytest.mark.parametrize("cell", CANCEL, ids=ids)
def test_cancel(cell: Cell) -> None:
    """The cancel column of C-FIND, C-GET and C-MOVE is what C-CANCEL-RQ demands: one M, and no other field."""
    assert dimse.decode(cancel_wire()).violations() == ()
    if cell.glyph == "M":
        wire = cancel_wire((0x0120, b""))
    elif cell.name in standard.DATA_SETS:
        wire = cancel_wire(data_set_type=1)
    else:
        wire = cancel_wire((int(standard.ELEMENTS[cell.name]["tag"][6:10], 16), b"1\0"))
    by_name = "CommandDataSetType.never" if cell.name in standard.DATA_SETS else f"{cell.keyword}.{cell.glyph}"
    assert [violation.rule for violation in dimse.decode(wire).violations()] == [f"C-CANCEL-RQ.{by_name}"]
    if cell.glyph != "M":
        assert not hasattr(dimse.C_CANCEL(), cell.keyword)
