"""The intermediate form: complete, stable, described, and enough to print the standard's tables again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

import dimse
from dimse_codegen.ir_schema import ir_schema
from standard import FACTS, SERVICES, annex_c_rows, keyword

ROOT = Path(__file__).resolve().parents[1]


def printed(*options: str, cwd: Path = ROOT, **environment: str) -> str:
    command = [sys.executable, "-m", "dimse_codegen", "ir", *options]
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, **environment}, check=True, capture_output=True, encoding="utf-8"
    )
    return done.stdout


@pytest.fixture(scope="module")
def text() -> str:
    return printed("--json")


@pytest.fixture(scope="module")
def form(text: str) -> Any:
    return json.loads(text)


def test_it_is_of_its_form(form: Any) -> None:
    """What is printed is of the JSON Schema that is printed, in which every key is told and asked for."""
    described = json.loads(printed("--form"))
    assert described == ir_schema()
    Draft7Validator.check_schema(described)
    assert [error.message for error in Draft7Validator(described).iter_errors(form)] == []
    for of in [described, *described["definitions"].values()]:
        assert list(of["properties"]) == of["required"]
        assert all(key["description"].endswith(".") for key in of["properties"].values())


def test_every_key_is_described(form: Any) -> None:
    """With keys that the JSON Schema does not name forbidden, nothing is refused: the description is whole."""
    closed = ir_schema()
    for of in [closed, *closed["definitions"].values()]:
        of["additionalProperties"] = False
    assert [error.message for error in Draft7Validator(closed).iter_errors(form)] == []


def test_it_depends_on_the_schema_alone(text: str, tmp_path: Path) -> None:
    """Hash seed, directory and language change no byte."""
    elsewhere = printed(
        "--json", "--schema", str(ROOT / "schema"), cwd=tmp_path, PYTHONHASHSEED="1", LC_ALL="C", PYTHONUTF8="1"
    )
    assert elsewhere == text
    assert str(ROOT) not in text


def test_it_prints_the_matrices_of_the_standard(form: Any) -> None:
    """From the form alone comes every matrix of PS3.7, row by row and cell by cell, as the document has it."""
    reprinted = {
        service["name"]: {
            "columns": [column["head"] for column in service["columns"]],
            "rows": [
                [row["name"], *(cell["text"] for cell in row["cells"])] for row in service["rows"] if not row["added"]
            ],
        }
        for service in form["services"]
    }
    told = {
        name: {
            "columns": facts["columns"],
            "rows": [[row, *texts] for row, texts in facts["parameters"].items()],
        }
        for name, facts in SERVICES.items()
    }
    # C-CANCEL has no table of its own: its column stands in those of C-FIND, C-GET and C-MOVE.
    assert {name: reprinted[name] for name in told} == told
    assert set(reprinted) - set(told) <= {"C-CANCEL"}


def test_what_annex_c_adds_is_marked(form: Any) -> None:
    """The rows that are not of the table are those that the document's status types permit beside it."""
    for service in form["services"]:
        if service["name"] in SERVICES:
            added = {row["keyword"] for row in service["rows"] if row["added"]}
            assert added == {keyword(name) for name in annex_c_rows(service["name"])}


def test_it_has_the_elements_and_statuses_of_the_standard(form: Any) -> None:
    """Tags, VRs, VMs and keywords of Annex E, and codes of Annex C, are the document's."""
    found = {each["name"]: (each["tag"], each["vr"], each["vm"], each["keyword"]) for each in form["elements"]}
    for element in FACTS["elements"]:
        assert found[element["name"]] == tuple(element[key] for key in ("tag", "vr", "vm", "keyword"))
    codes = {each["name"]: each["code"] or "" for each in form["status_types"]}
    for each in FACTS["status_types"]:
        assert codes[each["type"]].removesuffix("H") == (each["value"] or "").removesuffix("H")


def test_its_rules_are_those_that_checks_report(form: Any) -> None:
    """The rules by ID, with severity and section, are those of the runtime."""
    assert {rule["id"]: (rule["severity"], rule["section"]) for rule in form["rules"]} == {
        name: (rule.severity, rule.section) for name, rule in dimse.RULES.items()
    }


def truth(tree: Any, status: int | None, present: set[str]) -> bool:
    """What a condition says of a message that has these parameters; a reading of the tree by its description alone."""
    if tree["op"] in ("always", "never"):
        return bool(tree["op"] == "always")
    if tree["op"] in ("present", "absent"):
        return (tree["name"] in present) is (tree["op"] == "present")
    if tree["op"] == "status":
        return status is not None and tree["name"] == "Pending" and status in (0xFF00, 0xFF01)
    parts = [truth(part, status, present) for part in tree["parts"]]
    return not parts[0] if tree["op"] == "not" else all(parts) if tree["op"] == "and" else any(parts)


def test_a_condition_can_be_read_from_its_tree(form: Any) -> None:
    """The counts of C-MOVE are required while the Status is Pending (9.1.4.1.8), and permitted at any time."""
    (service,) = (each for each in form["services"] if each["name"] == "C-MOVE")
    (row,) = (each for each in service["rows"] if each["keyword"] == "NumberOfRemainingSuboperations")
    condition = row["condition"]
    assert (condition["role"], condition["required_words"]) == ("response", "Status is Pending")
    assert [truth(condition["required"], code, set()) for code in (0xFF00, 0x0000, 0xFE00)] == [True, False, False]
    assert truth(condition["permitted"], 0x0000, set())


def test_every_place_can_be_looked_up(form: Any) -> None:
    """A source is a file of the schema and the line in which the thing is written."""
    lines = {
        path.relative_to(ROOT / "schema").as_posix(): path.read_text(encoding="utf-8").splitlines()
        for path in (ROOT / "schema").rglob("*.yaml")
    }
    for service in form["services"]:
        for thing in (service, *service["messages"], *(row for row in service["rows"] if row["source"])):
            assert thing["name"] in lines[thing["source"]["file"]][thing["source"]["line"] - 1]
    for element in form["elements"]:
        assert element["name"] in lines[element["source"]["file"]][element["source"]["line"] - 1]
