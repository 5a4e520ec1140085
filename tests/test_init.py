"""`dimse-codegen init`: what it writes, and what it leaves alone."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from ruamel.yaml import YAML

from dimse_codegen.cli import main


def init(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["init", *arguments])


def test_the_page_prints_what_it_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The console block of docs/own_schema.md is what the command writes."""
    page = Path(__file__).resolve().parents[1] / "docs" / "own_schema.md"
    monkeypatch.chdir(tmp_path)
    done = init("acme")
    assert f"```console\n$ dimse-codegen init acme\n{done.output}```" in page.read_text("utf-8")


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_new_project_is_complete(empty: Path) -> None:
    """A service, settings, hooks and a workflow are written, each can be read, and the schema obeys every law."""
    done = init("acme", "--service", "X-GAUGE-READ", "--package", "gauges")
    assert done.exit_code == 0, done.output
    acme = empty / "acme"
    written = {path.relative_to(acme).as_posix() for path in acme.rglob("*") if path.is_file()}
    assert written == {
        ".github/workflows/dimse.yml",
        ".pre-commit-config.yaml",
        "pyproject.toml",
        "schema/services/x_gauge_read.yaml",
    }
    for name in written - {"pyproject.toml"}:
        assert YAML().load(acme / name)
    settings = tomllib.loads((acme / "pyproject.toml").read_text("utf-8"))["tool"]["dimse-codegen"]
    assert settings == {"schema": "schema", "out": "gauges"}
    linted = CliRunner().invoke(main, ["lint", "--schema", str(acme / "schema")])
    assert linted.exit_code == 0, linted.output


def test_what_is_there_stays(empty: Path) -> None:
    """Where one of the files is there already, none is written, and that one is named."""
    mine = empty / ".pre-commit-config.yaml"
    mine.write_text("repos: []\n", "utf-8")
    done = init()
    assert done.exit_code == 1
    assert ".pre-commit-config.yaml: there already, so nothing was written" in done.output
    assert mine.read_text("utf-8") == "repos: []\n"
    assert [path.name for path in empty.iterdir()] == [mine.name]


def test_settings_of_a_project_are_its_own(empty: Path) -> None:
    """A pyproject.toml is never changed: what belongs in it is printed."""
    mine = empty / "pyproject.toml"
    mine.write_text('[project]\nname = "acme"\n', "utf-8")
    done = init()
    assert done.exit_code == 0, done.output
    assert mine.read_text("utf-8") == '[project]\nname = "acme"\n'
    assert 'add to it:\n\n[tool.dimse-codegen]\nschema = "schema"' in done.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("--service", "../../X-LOAD"),
        ("--service", "x-load"),
        ("--service", "LOAD"),
        ("--service", "X-LOAD\n"),
        ("--package", "acme-dimse"),
        ("--package", "../acme"),
        ("--package", "class"),
        ("--package", ""),
    ],
)
def test_names_have_a_form(empty: Path, arguments: tuple[str, str]) -> None:
    """A name that is no service's or no package's is refused with the form that is wanted, and nothing is written."""
    done = init(*arguments)
    assert done.exit_code == 2
    assert "is not of the form" in done.output
    assert list(empty.iterdir()) == []


def test_a_directory_that_cannot_be_written_is_said(empty: Path) -> None:
    """A file where the directory would be: the reason is given, no traceback."""
    (empty / "acme").write_text("", "utf-8")
    done = init("acme")
    assert done.exit_code == 1
    assert "dimse-codegen: " in done.output
    assert not isinstance(done.exception, OSError)
