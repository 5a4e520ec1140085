"""An editor's language server on our schema files: yaml-language-server, asked as an editor asks it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from .programs import node_module, run

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).with_name("editor.cjs")


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    return shutil.copytree(ROOT / "schema", tmp_path / "schema")


def asked(file: Path, *places: str) -> Any:
    return json.loads(run(node_module("yaml-language-server"), SCRIPT, file, *places))


def place(file: Path, text: str) -> str:
    """Line and column, counted from 0, of a text in a file."""
    before = file.read_text(encoding="utf-8").partition(text)[0]
    return f"{before.count(chr(10))}:{len(before) - before.rfind(chr(10))}"


def test_our_file_is_accepted_and_explained(schema: Path) -> None:
    """Nothing is wrong in a file of ours; over a key stands what it is for."""
    file = schema / "services" / "c_move.yaml"
    key = place(file, "equal_to_request:")
    told = asked(file, key)
    assert told["diagnostics"] == []
    assert "Parameters of a response that repeat one of the request" in told["answers"][key]["hover"]


def test_a_fault_is_shown_where_it_stands(schema: Path) -> None:
    """A bad cell, a bad word and a misspelt key are underlined in their lines."""
    file = schema / "services" / "c_echo.yaml"
    text = file.read_text(encoding="utf-8")
    for old, new in (("kind: operation", "kind: operatio"), ("U(=)", "V(=)"), ("summary:", "sumary:")):
        assert text.count(old) == 1
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
    lines = text.splitlines()
    said = asked(file)["diagnostics"]
    found = {lines[each["line"]].split(":")[0].strip() for each in said}
    assert {"kind", "Affected SOP Class UID", "sumary"} <= found


def test_an_empty_file_is_offered_its_keys(schema: Path) -> None:
    """A new file with the modeline of its kind is offered the keys of that kind."""
    file = schema / "services" / "x_load.yaml"
    modeline = (schema / "services" / "c_move.yaml").read_text(encoding="utf-8").splitlines()[0]
    file.write_text(f"{modeline}\n\n", encoding="utf-8")
    offers = asked(file, "1:0")["answers"]["1:0"]["offers"]
    assert {"edition", "service", "columns", "equal_to_request"} <= set(offers)
