"""`dimse-codegen`: the compiler's commands. Exit status 0: all is well; 1: something was found; 2: wrong usage."""

from __future__ import annotations

import click

from dimse_codegen.cli.begin import init
from dimse_codegen.cli.compare import audit, breaking, diff, lint
from dimse_codegen.cli.compile import check, generate, vectors
from dimse_codegen.cli.export import ir, list_targets, print_schema, templates


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dimse")
def main() -> None:
    """Compile the requirement tables of PS3.7, written as YAML, to Python."""


for _command in (init, generate, check, vectors, lint, audit, breaking, diff):
    main.add_command(_command)
for _command in (ir, print_schema, templates, list_targets):
    main.add_command(_command)
