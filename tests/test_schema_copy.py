"""`dimse-codegen schema --copy`: the files of PS3.7 for a schema of one's own, and the example there."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dimse_codegen.cli import main
from dimse_codegen.laws import lint
from dimse_codegen.load import load, shipped_schema

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples" / "x_test"


def copy(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["schema", *arguments])


def test_the_whole_schema_takes_a_service_more(tmp_path: Path) -> None:
    """Every file byte for byte; with the example's files beside them one schema knows all, and obeys every law."""
    done = copy("--copy", str(tmp_path / "schema"))
    assert done.exit_code == 0, done.output
    copied = {path.relative_to(tmp_path / "schema"): path.read_bytes() for path in (tmp_path / "schema").rglob("*.*")}
    assert copied == {name: (shipped_schema() / name).read_bytes() for name in copied}
    assert {"c_cancel.yaml", "n_delete.yaml", "statuses.yaml", "rules.yaml"} <= {name.name for name in copied}
    shutil.copytree(EXAMPLE / "schema", tmp_path / "schema", dirs_exist_ok=True)
    schema = load(tmp_path / "schema")
    assert [str(problem) for problem in lint(schema)] == []
    assert len(schema.services) == 13


def test_single_files(tmp_path: Path) -> None:
    """By name; one that is there already stays, and nothing is copied then."""
    done = copy("--copy", str(tmp_path), "statuses.yaml")
    assert (done.exit_code, done.output) == (0, f"1 file in {tmp_path}\n")
    (tmp_path / "statuses.yaml").write_text("mine", "utf-8")
    done = copy("--copy", str(tmp_path), "rules.yaml", "statuses.yaml")
    assert done.exit_code == 1
    assert "is there already; nothing was copied" in done.output
    assert [path.name for path in tmp_path.iterdir()] == ["statuses.yaml"]
    assert (tmp_path / "statuses.yaml").read_text("utf-8") == "mine"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("--copy", "DIR", "stati.yaml"),
            "stati.yaml is no file of the schema; the names are accepted_differences.yaml",
        ),
        (("--copy", "DIR", "--kind", "service"), "one of them"),
        (("statuses.yaml",), "say where the files go: --copy DIR"),
    ],
)
def test_wrong_turns(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    """A name that is none, and options that do not go together, are refused, and nothing is written."""
    done = copy(*(str(tmp_path) if each == "DIR" else each for each in arguments))
    assert done.exit_code == 2
    assert said in " ".join(done.output.split())
    assert list(tmp_path.iterdir()) == []


def test_the_page_says_what_the_example_touches() -> None:
    """The files and lines that docs/own_schema.md lists are all the example has."""
    page = (ROOT / "docs" / "own_schema.md").read_text("utf-8")
    told = re.findall(r"^\| `([^`]+)` \| (\d+) \|", page, re.MULTILINE)
    there = {
        path.relative_to(EXAMPLE).as_posix().removeprefix("schema/"): str(len(path.read_text("utf-8").splitlines()))
        for path in EXAMPLE.rglob("*")
        if path.is_file()
    }
    assert dict(told) == there
