"""The mutator of `mutate_schema.py`: that it changes every kind of fact, one at a time, and that the judges judge."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

import mutate_schema
from dimse_codegen.load import load
from dimse_codegen.render import render
from mutate_schema import Mutation, Verdict, cheap, enter, mutations, other_condition, read, replaced, report, walk

ROOT = Path(__file__).resolve().parents[1]
ALL = list(mutations(ROOT / "schema"))
CODE = render(load(ROOT / "schema"))

KINDS = {
    "UID", "VM", "VR", "accepted difference", "assigned code", "assigned status", "cell", "code moved", "column",
    "command field", "condition", "data set rule", "default", "dropped", "edition", "equality", "field added",
    "group", "keyword", "kind", "only in", "procedure", "renamed", "row dropped", "section", "service", "severity",
    "status added", "status class", "status code", "swapped", "table", "tag", "value",
}  # fmt: skip


def one(pattern: str) -> Mutation:
    (found,) = [each for each in ALL if re.search(pattern, str(each))]
    return found


def test_every_kind_of_fact_is_changed() -> None:
    """Each kind of fact has its mutations, and each file."""
    assert {each.kind for each in ALL} == KINDS
    files = {path.relative_to(ROOT / "schema").as_posix() for path in mutate_schema.tables(ROOT / "schema")}
    assert {each.file for each in ALL} == files


def test_every_cell_is_every_glyph() -> None:
    """Each cell of each table is replaced by each other glyph."""
    cells = 0
    for path in (ROOT / "schema" / "services").glob("*.yaml"):
        cells += sum(len(glyphs) for glyphs in read(path)["parameters"].values())
    assert sum(each.kind == "cell" for each in ALL) == cells * (len(mutate_schema.CELLS) - 1)


def test_every_text_but_prose_is_changed() -> None:
    """No text of the schema goes unmutated, but for summaries and notes."""
    passed_over = Counter[str]()
    for path in mutate_schema.tables(ROOT / "schema"):
        file, tree = path.relative_to(ROOT / "schema").as_posix(), read(path)
        texts = {json.dumps(place): text for place, text in walk(tree) if isinstance(text, str)}
        touched = set()
        for each in (each for each in ALL if each.file == file):
            changed = {json.dumps(place): text for place, text in walk(json.loads(each.text)) if isinstance(text, str)}
            touched |= {place for place, text in texts.items() if changed.get(place) != text}
        passed_over.update(str(json.loads(place)[-1]) for place in texts.keys() - touched)
    assert passed_over.keys() == {"summary", "note"}


def test_a_mutation_changes_something_and_is_found_once() -> None:
    """A mutation differs from the schema as data, and no two of a file are the same."""
    trees = {path.relative_to(ROOT / "schema").as_posix(): read(path) for path in mutate_schema.tables(ROOT / "schema")}
    assert not [str(each) for each in ALL if json.dumps(json.loads(each.text)) == json.dumps(trees[each.file])]
    assert Counter((each.file, each.text) for each in ALL).most_common(1)[0][1] == 1


def test_a_condition_becomes_always_never_and_another() -> None:
    """A condition is replaced by what a slip would make of it."""
    found = other_condition("Status is Success or Status is Warning")
    assert {"always", "never", "Status is Success", "Status is Warning", "Status is Pending"} <= {*found}
    assert "Status is Success and Status is Warning" in found
    assert "Action Reply is absent" in other_condition("Action Reply is present")


def test_replacing_leaves_the_rest_alone() -> None:
    """One place of a tree is replaced in a copy."""
    tree = {"a": [1, {"b": 2}], "c": 3}
    assert replaced(tree, ("a", 1, "b"), 4) == {"a": [1, {"b": 4}], "c": 3}
    assert tree == {"a": [1, {"b": 2}], "c": 3}


@pytest.mark.parametrize(
    ("pattern", "by"),
    [
        (r"c_move.yaml: cell: parameters / Priority / 0: M -> U$", "the audit"),
        (r"c_move.yaml: cell: parameters / Priority / 0: M -> C$", "a law"),
        (r"c_find.yaml: swapped: parameters / Priority$", "the audit"),
        (r"n_get.yaml: condition: conditions / 0 / required_when: Status is Success -> never$", ""),
    ],
)
def test_the_cheap_judges_notice(tmp_path: Path, pattern: str, by: str) -> None:
    """A law notices a cell without its condition, the audit a cell that is not the standard's, neither a condition."""
    enter(str(tmp_path), CODE, [])
    assert cheap(one(pattern)) == Verdict(one(pattern), by)


def test_the_tests_notice_a_condition(tmp_path: Path) -> None:
    """What the cheap judges let pass is compiled, and the tests of the matrix fail."""
    enter(str(tmp_path), CODE, ["test_matrix.py"])
    mutation = one(r"n_get.yaml: condition: conditions / 0 / required_when: Status is Success -> never$")
    assert mutate_schema.thorough(mutation).by == "test_matrix.py"


def test_a_survivor_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    """Every mutation that nobody noticed has its line, and the exit status is 1; 0 where there is none."""
    noticed, survivor = Verdict(ALL[0], "a law"), Verdict(ALL[1], "", same_code=True)
    assert report([noticed]) == 0
    assert report([noticed, survivor]) == 1
    assert capsys.readouterr().out.endswith(f"survived: {ALL[1]} (same code)\n")
