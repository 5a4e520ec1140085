"""`_repr_html_`: the matrix of a primitive for a notebook, whatever the peer put into it."""

from __future__ import annotations

import struct
from xml.etree import ElementTree

import pytest

from dimse import C_CANCEL, C_FIND, C_MOVE, C_MOVE_RSP, N_CREATE, Primitive, decode
from dimse.html import matrix_html
from dimse.services import SERVICES

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)> & <!--'


def command_set(*elements: tuple[int, bytes]) -> bytes:
    """A Command Set of elements, as a peer may have written it."""
    body = b"".join(struct.pack("<HHI", tag >> 16, tag & 0xFFFF, len(value)) + value for tag, value in elements)
    return struct.pack("<HHII", 0, 0, 4, len(body)) + body


def us(value: int) -> bytes:
    return struct.pack("<H", value)


def parsed(html: str) -> ElementTree.Element:
    return ElementTree.fromstring(html)


def table_rows(html: str) -> list[list[str]]:
    """The texts of the cells of the table's body, row by row."""
    body = parsed(html).find("table/tbody")
    assert body is not None
    return [["".join(cell.itertext()) for cell in row] for row in body]


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.SERVICE)
def test_rows_are_those_of_the_table(service: type[Primitive]) -> None:
    """Every row of the matrix is shown, in its order and with its cells, of a primitive that holds nothing."""
    html = matrix_html(service())
    shown = [row[: 1 + len(service.TABLE.columns)] for row in table_rows(html)]
    assert shown == [[row.name, *(row.cell(role) for role in service.TABLE.roles)] for row in service.TABLE]


def test_violations_stand_in_their_row_with_their_section() -> None:
    """A violation is printed in the row of its parameter, with its citation, and the caption counts them."""
    primitive = C_MOVE(MessageIDBeingRespondedTo=1, Status=0xFF00)
    html = matrix_html(primitive)
    verdicts = {row[0]: row[-1] for row in table_rows(html)}
    assert verdicts["Number of Failed Sub-operations"].endswith("(PS3.7 9.1.4.1.10)")
    assert verdicts["Status"] == "ok"
    assert verdicts["Identifier"] == ""
    assert len(primitive.violations()) == 4
    assert "C-MOVE response, PS3.7 Table 9.1-4: 4 violations" in "".join(parsed(html).itertext())


def test_role_is_marked() -> None:
    """Of the columns, the one that the primitive is judged by has a background of its own."""
    body = parsed(matrix_html(C_MOVE(MessageID=1))).find("table/tbody")
    assert body is not None
    marked = {cell.get("title") for row in body for cell in row if "70, 130, 220" in cell.get("style", "")}
    assert marked == {"Req/Ind"}


def test_condition_of_a_c_cell_is_its_tooltip() -> None:
    """A C cell says on pointing at it when it is required."""
    titles = {cell.get("title") for cell in parsed(matrix_html(C_MOVE())).iter("td")}
    assert "required while Status is Pending" in titles


def test_hostile_text_stays_text() -> None:
    """Markup in a value of the peer's reaches the page as characters and never as elements."""
    comment = HOSTILE.encode()
    primitive = decode(
        command_set(
            (0x0002, b"1.2<b>\x1b[31m"),
            (0x0100, us(0x8020)),
            (0x0120, us(1)),
            (0x0800, us(0x0101)),
            (0x0900, us(0xC001)),
            (0x0902, comment + b" " * (len(comment) % 2)),
        )
    )
    assert isinstance(primitive, C_FIND)
    html = matrix_html(primitive)
    found = {element.tag for element in parsed(html).iter()}
    assert found <= {"div", "table", "caption", "b", "thead", "tbody", "tr", "th", "td", "br", "p", "ul", "li"}
    assert "<script" not in html
    assert repr(HOSTILE) in "".join(parsed(html).itertext())
    assert "\x1b" not in html


def test_attributes_hold_no_text_of_the_peer() -> None:
    """Attributes are style, class and tooltips of the schema's own: no place for an event handler."""
    primitive = C_FIND(MessageIDBeingRespondedTo=1, Status=0xC001, ErrorComment=HOSTILE[:64])
    elements = list(parsed(matrix_html(primitive)).iter())
    assert {name for element in elements for name in element.attrib} == {"class", "style", "title"}
    assert not any("script" in value for element in elements for value in element.attrib.values())


def test_long_values_are_cut() -> None:
    """A list of ten thousand tags takes no more room than a few lines, and says how long it is."""
    primitive = C_FIND(MessageIDBeingRespondedTo=1, Status=0xC001, OffendingElement=[0x0010_0010] * 10_000)
    html = matrix_html(primitive)
    assert len(html) < 10_000
    assert "characters)" in html


def test_fields_that_the_table_lacks_have_a_row() -> None:
    """An element that is no field of the message is shown beneath the table's own rows."""
    elements = ((0x0002, b"1.2.840.10008.1.1\0"), (0x0100, us(0x0FFF)), (0x0120, us(1)), (0x0800, us(0x0101)))
    primitive = decode(command_set(*elements))
    assert isinstance(primitive, C_CANCEL)
    *own, stray = table_rows(matrix_html(primitive))
    assert [row[0] for row in own] == ["Message ID Being Responded To"]
    assert stray[0] == "AffectedSOPClassUID"
    assert "is no field of C-CANCEL-RQ" in stray[-1]


def test_anomalies_are_listed() -> None:
    """What was odd about the bytes stands below the table; where nothing was, nothing does."""
    wire = command_set((0x0100, us(0x0FFF)), (0x0120, us(1)), (0x0800, us(0x0101)))
    assert parsed(matrix_html(decode(wire))).find("ul") is None
    items = parsed(matrix_html(decode(wire[12:]))).findall("ul/li")
    assert ["Command Group Length is missing" in (item.text or "") for item in items] == [True]


def test_messages_show_the_matrix_too() -> None:
    """`_repr_html_` of a message is that of its primitive, and both are the function's answer."""
    message = C_MOVE_RSP(MessageIDBeingRespondedTo=1, Status=0)
    assert message._repr_html_() == matrix_html(message.primitive())
    assert N_CREATE()._repr_html_() == matrix_html(N_CREATE())
