"""A service of one's own, with VRs and conditions that no service of PS3.7 has: compiled here, used as any other."""

from __future__ import annotations

import importlib
import pickle
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dimse import ParameterValueError, UsageError, testing
from dimse.message import write_any
from dimse_codegen.load import load
from dimse_codegen.render import render
from dimse_codegen.rule_catalogue import catalogue

DICTIONARY = """
edition: 2026c
elements:
  Command Group Length:          ['(0000,0000)', UL, 1, CommandGroupLength]
  Command Field:                 ['(0000,0100)', US, 1, CommandField]
  Message ID:                    ['(0000,0110)', US, 1, MessageID]
  Message ID Being Responded To: ['(0000,0120)', US, 1, MessageIDBeingRespondedTo]
  Command Data Set Type:         ['(0000,0800)', US, 1, CommandDataSetType]
  Status:                        ['(0000,0900)', US, 1, Status]
  Shelf Name:                    ['(0000,7001)', SH, 1, ShelfName]
  Number of Bytes:               ['(0000,7002)', UL, 1, NumberOfBytes]
  Number of Widgets:             ['(0000,7003)', US, 1, NumberOfWidgets]
data_sets:
  Identifier: Identifier
"""
SERVICE = """
edition: 2026c
service: X-STOCK
section: "9.1"
summary: Ask a shelf what it holds.
group: DIMSE-X
kind: operation
procedures: { sub_operations: '-', multiple_responses: '-', cancel: '-' }
table: "9.1-1"
columns: [Req/Ind, Rsp/Conf]
parameters:
  Message ID:                    [M,   '-']
  Message ID Being Responded To: ['-', M]
  Shelf Name:                    [U,   U]
  Number of Bytes:               [C,   U]
  Number of Widgets:             [C,   U]
  Identifier:                    [C,   '-']
  Status:                        ['-', M]
conditions:
  - parameters: [Number of Bytes]
    column: Req/Ind
    required_when: always
    permitted_when: always
    section: "9.1"
  - parameters: [Number of Widgets]
    column: Req/Ind
    required_when: never
    permitted_when: never
    section: "9.1"
  - parameters: [Identifier]
    column: Req/Ind
    required_when: not (Shelf Name is present and Number of Bytes is absent)
    permitted_when: always
    section: "9.1"
descriptions:
  Message ID:                    ["9.1", One.]
  Message ID Being Responded To: ["9.1", Two.]
  Shelf Name:                    ["9.1", Three.]
  Number of Bytes:               ["9.1", Four.]
  Number of Widgets:             ["9.1", Five.]
  Identifier:                    ["9.1", Six.]
  Status:                        ["9.1", Seven.]
messages:
  X-STOCK-RQ:
    table: "9.3-1"
    command_field: 0060H
    fields: [Command Group Length, Command Field, Message ID, Command Data Set Type, Shelf Name, Number of Bytes,
             Number of Widgets, Identifier]
    data_set: conditional
  X-STOCK-RSP:
    table: "9.3-2"
    command_field: 8060H
    fields: [Command Group Length, Command Field, Message ID Being Responded To, Command Data Set Type, Status,
             Shelf Name, Number of Bytes, Number of Widgets]
    data_set: never
statuses:
  section: "9.1"
  types: [Success]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the package `stock` of the schema above stands."""
    root = tmp_path_factory.mktemp("own")
    (root / "schema" / "services").mkdir(parents=True)
    (root / "schema" / "services" / "x_stock.yaml").write_text(SERVICE, "utf-8")
    (root / "schema" / "command_dictionary.yaml").write_text(DICTIONARY, "utf-8")
    (root / "stock").mkdir()
    for name, text in render(load(root / "schema")).items():
        (root / "stock" / name).write_text(text, "utf-8")
    return root


def forget() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "stock"]:
        del sys.modules[name]


@pytest.fixture
def stock(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The package, imported anew."""
    monkeypatch.syspath_prepend(str(folder))
    forget()
    yield importlib.import_module("stock")
    forget()


def request(stock: ModuleType, **values: Any) -> Any:
    return stock.X_STOCK_RQ(
        **{"MessageID": 7, "ShelfName": "A 12", "NumberOfBytes": 0x1_0000, "Identifier": b""} | values
    )


@pytest.mark.parametrize("shelf", ["A 12", "A 1", "", "x" * 16])
@pytest.mark.parametrize("count", [0, 0x1_0000, 0xFFFF_FFFF])
def test_there_and_back(stock: ModuleType, shelf: str, count: int) -> None:
    """UL is four bytes and SH is padded with a space; both come back as they were, also by a layout seen before."""
    made = request(stock, ShelfName=shelf, NumberOfBytes=count)
    padded = shelf.encode() + b" " * (len(shelf) % 2)
    elements = b"\0\0\1\x70" + len(padded).to_bytes(4, "little") + padded
    elements += b"\0\0\2\x70\4\0\0\0" + count.to_bytes(4, "little")
    wire = made.encode()
    assert wire.endswith(elements)
    assert wire == write_any(made) == made.primitive().encode()
    for _ in range(2):
        found = stock.decode(wire, b"")
        assert found == made.primitive()
        assert [anomaly.rule for anomaly in found.anomalies] == ([] if shelf else ["WIRE.EMPTY"])


SHELF, COUNT = b"A 12", bytes.fromhex("0000 0270 04000000 00000100")


@pytest.mark.parametrize(
    ("was", "now", "rule", "kept"),
    [
        (SHELF, b"A 1\7", "WIRE.VALUE", []),
        (SHELF, b" A12", None, [0x7001]),
        (COUNT, bytes.fromhex("0000 0270 02000000 0000"), "WIRE.LENGTH", [0x7002]),
        (COUNT, bytes.fromhex("0000 0270 08000000 0000010000000100"), "WIRE.VM", [0x7002]),
    ],
    ids=["control character", "space in front", "two bytes", "two values"],
)
def test_other_bytes(stock: ModuleType, was: bytes, now: bytes, rule: str | None, kept: list[int]) -> None:
    """What is no canonical SH or UL is read leniently: the fault is named, and bytes that no value gives back kept."""
    body = request(stock).encode()[12:].replace(was, now)
    found = stock.decode(bytes.fromhex("00000000 04000000") + len(body).to_bytes(4, "little") + body)
    assert [anomaly.rule for anomaly in found.anomalies] == ([rule] if rule else [])
    assert [element.tag for element in found.residue] == kept
    assert (found.NumberOfBytes is None) == (0x7002 in kept)


def test_values(stock: ModuleType) -> None:
    """A primitive takes what its VRs take, None included, and names the parameter that refuses."""
    primitive = stock.X_STOCK(ShelfName=" A ", NumberOfBytes=0xFFFF_FFFF)
    assert (primitive.ShelfName, primitive.NumberOfBytes) == ("A", 0xFFFF_FFFF)
    primitive.ShelfName = primitive.NumberOfBytes = None
    assert primitive == stock.X_STOCK()
    for keyword, value in (("ShelfName", "x" * 17), ("NumberOfBytes", 2**32)):
        with pytest.raises(ParameterValueError, match=keyword):
            setattr(primitive, keyword, value)


def test_conditions(stock: ModuleType) -> None:
    """Always, never, and a denial of several: each is judged, and put in words."""
    assert request(stock).violations() == ()
    with pytest.raises(UsageError) as raised:
        stock.X_STOCK(MessageID=7, NumberOfWidgets=1).request()
    assert [violation.text for violation in raised.value.violations] == [
        "NumberOfBytes is C and absent, required while always",
        "NumberOfWidgets is C, permitted only while never, and present (1)",
        "Identifier is C and absent, required while not (ShelfName is present and NumberOfBytes is absent)",
    ]
    (missed,) = stock.X_STOCK(MessageID=7, ShelfName="A").violations("request")
    assert missed.keyword == "NumberOfBytes"


def test_strategies(stock: ModuleType) -> None:
    """Hypothesis draws the classes of a package by their types, once it has been told of the package."""
    testing.register(stock)

    @settings(max_examples=10, deadline=None)
    @given(st.from_type(stock.X_STOCK), st.from_type(stock.X_STOCK_RQ), st.from_type(stock.X_STOCK_RSP))
    def holds(primitive: Any, request: Any, response: Any) -> None:
        assert type(primitive) is stock.X_STOCK
        assert stock.decode(request.encode(), request.data_set) == request.primitive()
        assert type(response) is stock.X_STOCK_RSP

    holds()
    with pytest.raises(TypeError, match="it has no SERVICES"):
        testing.register(pickle)


def test_a_document_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that names its document is cited by it in verdicts and rules; Annex C stays that of PS3.7."""
    (tmp_path / "schema" / "services").mkdir(parents=True)
    own = SERVICE.replace("service: X-STOCK\n", "service: X-STOCK\ndocument: ACME Stock 3\n")
    own = own.replace("types: [Success]", "types: [Success, Failed]")
    (tmp_path / "schema" / "services" / "x_stock.yaml").write_text(own, "utf-8")
    dictionary = DICTIONARY.replace("data_sets:", "  Error Comment: ['(0000,0902)', LO, 1, ErrorComment]\ndata_sets:")
    dictionary = dictionary.replace(
        "data_sets:", "  Offending Element: ['(0000,0901)', AT, 1-n, OffendingElement]\ndata_sets:"
    )
    (tmp_path / "schema" / "command_dictionary.yaml").write_text(dictionary, "utf-8")
    schema = load(tmp_path / "schema")
    (tmp_path / "stock").mkdir()
    for name, text in render(schema).items():
        (tmp_path / "stock" / name).write_text(text, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    forget()
    stock = importlib.import_module("stock")
    response = stock.X_STOCK(MessageIDBeingRespondedTo=1, Status=0, ErrorComment="none")
    sections = {violation.rule: violation.section for violation in stock.X_STOCK().violations("request")}
    assert sections["X-STOCK-RQ.MessageID.M"] == "ACME Stock 3 9.1"
    assert [violation.section for violation in response.violations()] == ["PS3.7 C.5.3"]
    assert stock.X_STOCK.MESSAGES["request"].FIELDS == "Table 9.3-1"
    assert stock.RULES["X-STOCK-RQ.CommandDataSetType.M"].section == "ACME Stock 3 Table 9.3-1"
    assert stock.X_STOCK.TABLE.document == pickle.loads(pickle.dumps(stock.X_STOCK.TABLE)).document == "ACME Stock 3"
    with pytest.raises(UsageError, match=r"breaks ACME Stock 3 Table 9\.1-1"):
        stock.X_STOCK().request()
    listed = {identifier: rule.section for identifier, rule in catalogue(schema).items()}
    assert {identifier: rule.section for identifier, rule in stock.RULES.items()} == listed
    forget()


def test_what_straight_lines_lack_is_named(stock: ModuleType, folder: Path) -> None:
    """Straight lines may be missing, and all goes the general way; what they need may not."""
    lines = folder / "stock" / "wire_x_stock.py"
    assert not lines.exists()
    assert request(stock).encode() == write_any(request(stock))
    forget()
    lines.write_text("import no_such_module", "utf-8")
    importlib.invalidate_caches()
    try:
        with pytest.raises(ModuleNotFoundError, match="no_such_module"):
            request(importlib.import_module("stock"))
    finally:
        lines.unlink()
