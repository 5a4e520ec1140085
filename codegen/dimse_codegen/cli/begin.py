"""The command that begins a project."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable
from pathlib import Path

import click

from dimse_codegen.cli.common import fail
from dimse_codegen.cli.options import DIRECTORY
from dimse_codegen.project import PACKAGE, SERVICE, SETTINGS, InTheWayError, project


def _named(pattern: str) -> Callable[[click.Context, click.Parameter, str], str]:
    """Takes names of a form, and says so of others."""

    def check(_: click.Context, __: click.Parameter, given: str) -> str:
        if not re.fullmatch(pattern, given) or keyword.iskeyword(given):
            raise click.BadParameter(f"{given!r} is not of the form {pattern}")
        return given

    return check


@click.command()
@click.argument("directory", type=DIRECTORY, default=".")
@click.option(
    "--service",
    default="X-LOAD",
    callback=_named(SERVICE),
    show_default=True,
    help="Name of the service to begin with.",
)
@click.option(
    "--package",
    default="acme_dimse",
    callback=_named(PACKAGE),
    show_default=True,
    help="Name of the generated package.",
)
def init(directory: Path, service: str, package: str) -> None:
    """Write a small project: a schema with one service, its settings, hooks for pre-commit and a CI file."""
    new = project(directory, service, package)
    try:
        new.write()
    except (InTheWayError, OSError) as error:
        fail(str(error))
    for path in new.files:
        click.echo(f"{path}: written")
    if directory / SETTINGS not in new.files:
        click.echo(f"{directory / SETTINGS} is there already; add to it:\n\n{new.settings}")
    click.echo("next: dimse-codegen lint && dimse-codegen generate")
