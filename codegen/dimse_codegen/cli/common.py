"""A schema found, read and held against its laws, or the end with a word on standard error."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from dimse_codegen.findings import Report, form, printable
from dimse_codegen.laws import lint, lint_services
from dimse_codegen.load import load, shipped_schema
from dimse_codegen.model import Schema
from dimse_codegen.problem import Problem, SchemaError
from dimse_codegen.settings import configured


def linted(root: Path, status: int = 1, *, whole: bool = False) -> Schema:
    """Load a schema; faults of form and broken laws, `whole` with those of profiles, go to standard error."""
    try:
        schema = load(root)
    except SchemaError as error:
        obeys(root, error.problems, status)
        raise
    obeys(root, lint(schema) if whole else lint_services(schema), status)
    return schema


def obeys(root: Path, problems: Sequence[Problem], status: int = 1) -> None:
    """Say what is wrong with a schema, and end there, where anything is."""
    if problems:
        click.echo(str(SchemaError(problems)), err=True)
        fail(f"{len(problems)} problem{'s' * (len(problems) != 1)} in {root}", status)


def schema_directory(option: Path | None) -> Path:
    """Where the schema is: as the option says, or pyproject.toml, or the one that comes with us."""
    if option is not None:
        return option
    return configured("schema") or shipped_schema()


def say(report: Report, form_name: str) -> None:
    """Write what was found, in one of `FORMATS`."""
    text = form(report, form_name)
    if text:
        click.echo(text)


def fail(text: str, status: int = 1) -> NoReturn:
    """End with a word on standard error."""
    click.echo("dimse-codegen: " + "\n".join(map(printable, text.split("\n"))), err=True)
    sys.exit(status)
