"""Options that commands share, and what these ask for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from attrs import frozen

from dimse_codegen.findings import FORMATS

Command = TypeVar("Command", bound=Callable[..., Any])

DIRECTORY = click.Path(path_type=Path)
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)

schema_option = click.option(
    "--schema",
    type=DIRECTORY,
    help="Schema directory; else tool.dimse-codegen.schema of pyproject.toml, else the one that comes with dimse.",
)
out_option = click.option(
    "--out",
    type=DIRECTORY,
    help="Package directory, all of it generated; else tool.dimse-codegen.out of pyproject.toml.",
)
profiles_option = click.option(
    "--profiles",
    type=DIRECTORY,
    help="Package directory of the profiles, beside --out; else tool.dimse-codegen.profiles of pyproject.toml.",
)
format_option = click.option(
    "--format",
    "form_name",
    type=click.Choice([*FORMATS]),
    default="text",
    help="text for people, json, github for workflow commands, sarif for SARIF 2.1.0.",
)
target_option = click.option(
    "--target", help="Print this target in place of the package; --out, or tool.dimse-codegen.targets.NAME, says where."
)
package_option = click.option(
    "--package", default="", help="Package that the target's examples import; without it there are none."
)
templates_option = click.option(
    "--templates",
    type=DIRECTORY,
    help="Directory of templates that replace built-in ones; else tool.dimse-codegen.templates.",
)


@frozen(kw_only=True)
class Wanted:
    """What `generate` is to write and `check` to compare; None where pyproject.toml decides.

    Attributes:
        schema: directory of the schema.
        out: directory of the package, or of the target.
        profiles: directory of the package of the profiles.
        target: its name; None for the package.
        package: what the target's examples import, "" for none.
        templates: directory of templates that replace built-in ones.
    """

    schema: Path | None
    out: Path | None
    profiles: Path | None
    target: str | None
    package: str
    templates: Path | None


def printing_options(command: Command) -> Command:
    """The options that `Wanted` holds."""
    for option in (templates_option, package_option, target_option, profiles_option, out_option, schema_option):
        command = option(command)
    return command
