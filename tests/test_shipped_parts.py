"""A schema with some files of PS3.7 as they came: a user's changes are judged, what came with the compiler is not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dimse_codegen.laws import lint
from dimse_codegen.load import load, shipped_schema

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "x_test" / "schema"
PARTS = ("command_dictionary.yaml", "statuses.yaml", "rules.yaml")
SERVICE = "services/x_test.yaml"
# A private element, and X-TEST with it.
SCORE = "  Test Score: ['(0000,7001)', US, 1, TestScore]\n"
SCORED = [
    ("  Status:                        ['-',    M]\n", "  Status: ['-', M]\n  Test Score: ['-', U]\n"),
    ("descriptions:\n", 'descriptions:\n  Test Score: ["1.9", How many tests were passed.]\n'),
    ("Action Type ID, Action Reply]", "Action Type ID, Test Score, Action Reply]"),
]


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    return shutil.copytree(EXAMPLE, tmp_path / "schema")


def copy(schema: Path, *parts: str) -> None:
    for part in parts:
        shutil.copyfile(shipped_schema() / part, schema / part)


def change(path: Path, *changes: tuple[str, str]) -> None:
    text = path.read_text("utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path.write_text(text, "utf-8")


def report(schema: Path) -> list[str]:
    return [f"{problem.at.path.name}: {problem.law}: {problem.text}" for problem in lint(load(schema))]


@pytest.mark.parametrize("parts", [*((part,) for part in PARTS), PARTS], ids=[*PARTS, "all three"])
def test_copied_as_they_came(schema: Path, parts: tuple[str, ...]) -> None:
    """Files of PS3.7 beside one private service: it uses few of their rows, and that is no fault."""
    copy(schema, *parts)
    assert report(schema) == []


def test_a_private_element_beside_those_of_ps3_7(schema: Path) -> None:
    """A copy of the dictionary with an element more: it is used by the service, and that is all that is asked."""
    copy(schema, "command_dictionary.yaml")
    change(schema / "command_dictionary.yaml", ("\nretired:", f"{SCORE}\nretired:"))
    unused = "command_dictionary.yaml: DICTIONARY_USED: 'Test Score' is used by no message and no status type"
    assert report(schema) == [unused]
    change(schema / SERVICE, *SCORED)
    assert report(schema) == []


def test_a_changed_row_is_ones_own(schema: Path) -> None:
    """A status type that differs from the one that came and is answered by no service is told of, it alone."""
    copy(schema, "statuses.yaml")
    change(schema / "statuses.yaml", ("[C.5.22,  Failure, 0213H,  []]", "[C.5.22,  Failure, 0214H,  []]"))
    assert report(schema) == ["statuses.yaml: STATUS_TYPE_USED: 'Resource limitation' is answered by no service"]


def test_a_whole_schema_uses_all_it_has(tmp_path: Path) -> None:
    """All services of PS3.7 and one more: there an unused row is a slip, also where it is as it came."""
    root = shutil.copytree(shipped_schema(), tmp_path / "schema")
    shutil.copyfile(EXAMPLE / SERVICE, root / SERVICE)
    shutil.copyfile(EXAMPLE / "service_classes/self_test.yaml", root / "service_classes/self_test.yaml")
    assert report(root) == []
    change(root / "services" / "n_create.yaml", ("Duplicate SOP Instance, ", ""))
    assert "statuses.yaml: STATUS_TYPE_USED: 'Duplicate SOP Instance' is answered by no service" in report(root)


def test_no_fault_in_files_that_are_not_there(schema: Path) -> None:
    """A dictionary and an edition of one's own: what the compiler's files then have amiss is no fault of theirs."""
    copy(schema, "command_dictionary.yaml")
    dictionary = schema / "command_dictionary.yaml"
    kept = (line for line in dictionary.read_text("utf-8").splitlines() if "Error Comment" not in line)
    dictionary.write_text("\n".join(kept), "utf-8")
    assert report(schema) == []
    for path in schema.rglob("*.yaml"):
        change(path, ("edition: 2026c", "edition: 2027a"))
    said = "command_dictionary.yaml: EDITION_SAME: edition is 2027a, that of {} as it came is 2026c; copy that too"
    assert report(schema) == [said.format("rules.yaml"), said.format("statuses.yaml")]
