"""The audit: whatever is changed in the standard's facts, it says so and says where.

The facts are those of the transcription. Each is changed by itself, in every way that a list, a table or a text can
go wrong, so that no fact can stand outside the comparison.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from dimse_codegen.audit import Difference, Report, audit
from dimse_codegen.docbook import Facts
from dimse_codegen.load import load
from dimse_codegen.model import Accepted, Schema
from dimse_codegen.problem import Text

ROOT = Path(__file__).resolve().parents[1]
FACTS: Facts = json.loads((ROOT / "tests" / "standard" / "ps3.7-2026c.json").read_text(encoding="utf-8"))
SCHEMA = load(ROOT / "schema")
PART07 = Path(os.environ.get("DIMSE_PART07") or ROOT.parent / "shared" / "standard" / "part07.xml")
HOW_TO_GET_IT = (
    "PS3.7 as DocBook is not here: download it from "
    "https://dicom.nema.org/medical/dicom/2026c/source/docbook/part07/part07.xml "
    "and set DIMSE_PART07 to the name of the file"
)

# A mapping among the facts is keyed by names of the standard here, and by words of ours everywhere else.
NAMED = ("services", "messages", "parameters")
Place = tuple[str | int, ...]


def replaced(node: Any, path: Place, new: Any) -> Any:
    """Facts with another value at a path; what is not on the path is shared."""
    if not path:
        return new
    copy = node.copy()
    copy[path[0]] = replaced(node[path[0]], path[1:], new)
    return copy


def walk(node: Any, path: Place = ()) -> Iterator[tuple[Place, Any]]:
    yield path, node
    if isinstance(node, dict | list):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield from walk(value, (*path, key))


def variants(kind: str, path: Place, node: Any) -> Iterator[Any]:
    """A leaf, a list or a mapping by name, gone wrong in one place."""
    if kind == "changed" and (node is None or isinstance(node, str)):
        yield "0000" if node is None else f"{node}x"
    named = isinstance(node, dict) and path[-1:] != () and path[-1] in NAMED
    items = node if isinstance(node, list) else [*node.items()] if named else []
    build = dict if named else list
    for at, item in enumerate(items):
        before, after = items[:at], items[at + 1 :]
        if kind == "dropped":
            yield build([*before, *after])
        elif kind == "repeated" and not named:
            yield [*before, item, item, *after]
        elif kind == "renamed" and named:
            yield dict([*before, (f"{item[0]}x", item[1]), *after])
        elif kind == "swapped" and (not named or path[-1] == "parameters") and after and item != after[0]:
            yield build([*before, after[0], item, *after[1:]])


def home(facts: Any, path: Place) -> tuple[str, ...]:
    """The tables or sections that a fact stands in."""
    match path:
        case ("services",):
            return ("Table 7.5-1", "Table 7.5-2")
        case ("services", _, "group" | "kind"):
            return ("Table 7.5-1",)
        case ("services", _, "sub_operations" | "multiple_responses" | "cancel"):
            return ("Table 7.5-2",)
        case ("services", name, "statuses" | "status_section", *_):
            return (f"Section {facts['services'][name]['status_section']}",)
        case ("services", name, *_):
            return (f"Table {facts['services'][name]['parameters_table']}",)
        case ("messages",):
            return tuple(f"Table {message['table']}" for message in facts["messages"].values())
        case ("messages", name, *_):
            return (f"Table {facts['messages'][name]['table']}",)
        case ("status_types", at, "fields", *_):
            return (f"Section {facts['status_types'][at]['section']}",)
        case ("status_types", *_):
            return ("Annex C",)
        case ("elements", *_):
            return ("Table E.1-1",)
        case ("retired_elements", *_):
            return ("Table E.2-1",)
    return ("Title page",)


def found(report: Report) -> list[str]:
    return [difference.where for difference in report.differences]


@pytest.mark.parametrize("kind", ["changed", "dropped", "repeated", "swapped", "renamed"])
def test_no_change_of_a_fact_goes_unnoticed(kind: str) -> None:
    """Every fact, changed by itself, is a difference in the table where it stands."""
    mutants = [(path, new) for path, node in walk(FACTS) for new in variants(kind, path, node)]
    unnoticed = []
    for path, new in mutants:
        facts = replaced(FACTS, path, new)
        tables = {where.partition(",")[0] for where in found(audit(SCHEMA, facts))}
        if not tables & {*home(facts, path), *home(FACTS, path)}:
            unnoticed.append((path, sorted(tables)))
    print(f"{len(mutants)} facts {kind}")
    assert unnoticed == []


MOVE = ("services", "C-MOVE")
CELLS = (*MOVE, "parameters")
ROWS = FACTS["services"]["C-MOVE"]["parameters"]
FIRST, SECOND, *OTHERS = ROWS
COLUMNS = ", ".join(FACTS["services"]["C-MOVE"]["columns"])
LACKING = {name: cells for name, cells in ROWS.items() if name != "Priority"}
RENAMED = {"Haste" if name == "Priority" else name: cells for name, cells in ROWS.items()}
SWAPPED = {name: ROWS[name] for name in (SECOND, FIRST, *OTHERS)}
MESSAGE = ("messages", "C-MOVE-RQ")
PRIORITY = "Table 9.1-4, Priority, Req/Ind"

# A change of the facts; where it is found; what the standard then has there, and the schema.
TOLD: list[tuple[Place, Any, str, str, str]] = [
    (("part",), "PS3.8", "Title page, part", "PS3.8", "PS3.7"),
    (("edition",), "2031a", "Title page, edition", "2031a", "2026c"),
    ((*MOVE, "kind"), "notification", "Table 7.5-1, C-MOVE, Type", "notification", "operation"),
    ((*MOVE, "cancel"), "-", "Table 7.5-2, C-MOVE, Cancel", "-", "M"),
    ((*MOVE, "parameters_table"), "9.1-40", "Table 9.1-40, number of C-MOVE Parameters", "9.1-40", "9.1-4"),
    ((*MOVE, "columns", 0), "Req", "Table 9.1-4, columns", "Req, Rsp/Conf, CnclReq/CnclInd", COLUMNS),
    ((*CELLS, "Priority", 0), "U", "Table 9.1-4, Priority, Req/Ind", "U", "M"),
    ((*CELLS, "Priority"), ["M", "-"], "Table 9.1-4, Priority, CnclReq/CnclInd", "nothing", "-"),
    (CELLS, {**ROWS, "Hue": ["M", "U", "-"]}, "Table 9.1-4, Hue", "Hue, M, U, -", "nothing"),
    (CELLS, LACKING, "Table 9.1-4, Priority", "nothing", "Priority, M, -, -"),
    (CELLS, RENAMED, "Table 9.1-4, Haste", "Haste", "Priority"),
    (CELLS, SWAPPED, "Table 9.1-4, order", f"{SECOND}, {FIRST}", f"{FIRST}, {SECOND}"),
    ((*MOVE, "statuses", 0, "value"), None, "Section 9.1.4.1.7, Success, Code", "a code of a Service Class", "0000H"),
    ((*MESSAGE, "command_field"), "0x0022", "Table 9.3-9, Command Field, Code", "0022H", "0021H"),
    ((*MESSAGE, "data_set"), "absent", "Table 9.3-9, Command Data Set Type, Data Set", "absent", "present"),
    ((*MESSAGE, "fields", 0, "vr"), "US", "Table 9.3-9, Command Group Length, VR", "US", "UL"),
    (("elements", 4, "keyword"), "MessageId", "Table E.1-1, Message ID, Keyword", "MessageId", "MessageID"),
    (("status_types", 3, "class"), "Failure", "Annex C, Warning, Class", "Failure", "Warning"),
    (("status_types", 3, "fields", 1, "vm"), "1", "Section C.4.1, Offending Element, VM", "1", "1-n"),
]


@pytest.mark.parametrize(("path", "new", "where", "standard", "schema"), TOLD, ids=[told[2] for told in TOLD])
def test_a_difference_names_table_row_and_column(path: Place, new: Any, where: str, standard: str, schema: str) -> None:
    """A difference says where it stands, what the standard has there, and what the schema has."""
    report = audit(SCHEMA, replaced(FACTS, path, new))
    assert report.differences == (Difference(where, standard, schema),)


def test_a_cell_of_a_cancel_column_is_two_facts() -> None:
    """A cancel cell stands in the table of its service, and C-CANCEL has it as its own."""
    report = audit(SCHEMA, replaced(FACTS, (*CELLS, "Message ID Being Responded To", 2), "U"))
    name = "Message ID Being Responded To"
    assert found(report) == [f"Table 9.1-4, {name}, CnclReq/CnclInd", f"C-CANCEL, {name}, Table 9.1-4"]


def without(name: str) -> Schema:
    return evolve(SCHEMA, services=tuple(each for each in SCHEMA.services if each.name != name))


def accepting(where: str, standard: str, schema: str) -> Schema:
    at = SCHEMA.dictionary.edition.at
    entry = Accepted(Text(where, at), Text(standard, at), Text(schema, at), Text("It is meant.", at))
    return evolve(SCHEMA, accepted=(*SCHEMA.accepted, entry))


def test_a_service_of_the_standard_alone_is_missing() -> None:
    """A service that the schema lacks is told of in Table 7.5-1, and so are its tables."""
    report = audit(without("C-ECHO"), FACTS)
    assert Difference("Table 7.5-1, C-ECHO", "C-ECHO, DIMSE-C, operation", "nothing") in report.differences
    assert {"Table 9.1-5", "Section 9.1.5.1.4", "Table 9.3-12", "Table 9.3-13"} <= {*found(report)}


def test_the_cancel_service_is_missing_thrice() -> None:
    """A schema without C-CANCEL lacks the three cancel messages."""
    assert found(audit(without("C-CANCEL"), FACTS)) == ["Table 9.3-5", "Table 9.3-8", "Table 9.3-11"]


def test_an_accepted_difference_is_listed_apart() -> None:
    """A difference that is meant is no difference, and its reason is given."""
    difference = Difference("Title page, edition", "2031a", "2026c")
    report = audit(accepting("Title page, edition", "2031a", "2026c"), replaced(FACTS, ("edition",), "2031a"))
    assert report.differences == ()
    assert report.accepted[0] == (difference, "It is meant.")


@pytest.mark.parametrize("entry", [("elsewhere", "U", "M"), (PRIORITY, "C", "M"), (PRIORITY, "U", "C")])
def test_an_accepted_difference_that_is_none_is_one(entry: tuple[str, str, str]) -> None:
    """An accepted difference that is not so word for word is stale, and the one it was meant for stands."""
    report = audit(accepting(*entry), replaced(FACTS, (*CELLS, "Priority", 0), "U"))
    assert report.differences == (Difference(PRIORITY, "U", "M"), Difference(*entry, stale=True))


def own_schema(root: Path, *services: str) -> Path:
    """A user's directory: some services, and no dictionary or statuses of its own."""
    (root / "services").mkdir()
    for name in services:
        shutil.copy(ROOT / "schema" / "services" / name, root / "services")
    return root


@pytest.mark.parametrize("names", [["c_echo.yaml"], ["c_cancel.yaml", "c_find.yaml"], ["n_get.yaml"]])
def test_some_services_are_compared_for_what_they_have(tmp_path: Path, names: list[str]) -> None:
    """Services by themselves, with the shipped dictionary, are compared, and nothing is missing besides them."""
    report = audit(load(own_schema(tmp_path, *names)), FACTS)
    assert report.differences == ()
    assert report.compared["status types"] == report.compared["command dictionary"] == 0
    assert 30 < sum(report.compared.values()) < 300


def test_a_service_of_ones_own_is_not_in_the_standard(tmp_path: Path) -> None:
    """A service that PS3.7 does not have is a difference, beside one that it has."""
    path = own_schema(tmp_path, "c_echo.yaml") / "services" / "c_ping.yaml"
    echo = (ROOT / "schema" / "services" / "c_echo.yaml").read_text(encoding="utf-8")
    path.write_text(echo.replace("C-ECHO", "C-PING").replace("9.3-1", "Z"), encoding="utf-8")
    report = audit(load(tmp_path), FACTS)
    assert [str(difference) for difference in report.differences if "7.5-1" in difference.where] == [
        "Table 7.5-1, C-PING: not in the standard; the schema has C-PING, DIMSE-C, operation"
    ]
    assert all("not in the standard" in str(difference) for difference in report.differences)
    assert "Table Z2: not in the standard; the schema has C-PING-RQ Message Fields" in str(report)


REPORT = """\
Facts of PS3.7 2026c that the schema was compared with:
  parameters            1,322
  messages                  7
  in all                1,329

1 difference accepted:
  Table A, Hue: the standard has Hue, the schema has Colour
    It is meant.

4 differences:
  Table A, x, VR: the standard has US, the schema has UL
  Table A, y: not in the schema; the standard has y, US
  Table A, z: not in the standard; the schema has z, US
  Table A, x, VM: accepted as a difference, but it is not so that the standard has 1, the schema has 2"""


def test_the_report_is_for_reading() -> None:
    """A report counts what was compared, gives the accepted differences and their reasons, then the others."""
    texts = [("Table A, x, VR", "US", "UL"), ("Table A, y", "y, US", "nothing"), ("Table A, z", "nothing", "z, US")]
    differences = (*(Difference(*text) for text in texts), Difference("Table A, x, VM", "1", "2", stale=True))
    accepted = ((Difference("Table A, Hue", "Hue", "Colour"), "It is meant."),)
    counts = {"parameters": 1322, "messages": 7, "status types": 0}
    assert str(Report("2026c", counts, differences, accepted)) == REPORT
    assert str(Report("2026c", counts, (), accepted)).endswith("It is meant.\n\nNo other difference.")
    assert str(Report("2026c", {}, (), ())).endswith("compared with:\n\nNo difference.")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dimse_codegen", "audit", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_command_refuses_what_is_not_the_standard(tmp_path: Path) -> None:
    """A file that is not PS3.7 as DocBook ends with status 1 and says so in one line."""
    (tmp_path / "part07.xml").write_text("<book/>", encoding="utf-8")
    done = run(str(tmp_path / "part07.xml"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert run(str(tmp_path / "absent.xml")).returncode == 2


@pytest.mark.skipif(not PART07.is_file(), reason=HOW_TO_GET_IT)
def test_the_command_reads_the_standard_itself(tmp_path: Path) -> None:
    """On PS3.7 as published, status 0 and no other difference; with one cell changed, status 1 and its line."""
    done = run(str(PART07))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("No other difference.\n")
    schema = shutil.copytree(ROOT / "schema", tmp_path / "schema")
    move = schema / "services" / "c_move.yaml"
    text = move.read_text(encoding="utf-8")
    row = "Priority:                           [M, "
    assert row in text
    move.write_text(text.replace(row, row.replace("M", "U")), encoding="utf-8")
    done = run(str(PART07), "--schema", str(schema))
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.endswith(
        "1 difference:\n  Table 9.1-4, Priority, Req/Ind: the standard has M, the schema has U\n"
    )
