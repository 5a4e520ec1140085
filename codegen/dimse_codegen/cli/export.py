"""Commands that give out what others build on: the intermediate form, the editor's schema, templates, targets."""

from __future__ import annotations

import json
from pathlib import Path

import click

from dimse_codegen import ir_schema, json_schema
from dimse_codegen.cli.common import fail, linted, schema_directory
from dimse_codegen.cli.options import DIRECTORY, schema_option
from dimse_codegen.forms import KINDS
from dimse_codegen.ir_make import intermediate
from dimse_codegen.load import shipped_schema
from dimse_codegen.targets import target_names
from dimse_codegen.templating import template_names, template_text


@click.command()
@schema_option
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON, the one form there is.")
@click.option("--form", is_flag=True, help="Print the JSON Schema of the form in place of a schema in it.")
def ir(schema: Path | None, as_json: bool, form: bool) -> None:
    """Print a schema in the intermediate form, from which anything can be generated in any language."""
    if not as_json and not form:
        raise click.UsageError("say --json for the schema in the intermediate form, or --form for the form itself")
    found = ir_schema.ir_schema() if form else intermediate(linted(schema_directory(schema), whole=True)).to_json()
    click.echo(json.dumps(found, indent=1, ensure_ascii=False))


@click.command("schema")
@click.option("--kind", type=click.Choice([kind.name for kind in KINDS]), help="Of one kind of file; else of all.")
@click.option("--copy", "directory", type=DIRECTORY, help="Copy the files of PS3.7, or those named, to this directory.")
@click.argument("names", nargs=-1, metavar="[FILE]...")
def print_schema(kind: str | None, directory: Path | None, names: tuple[str, ...]) -> None:
    """Print the JSON Schema of schema files, by which editors complete and check them; or copy those of PS3.7."""
    if directory is not None:
        if kind is not None:
            raise click.UsageError("--kind is for the JSON Schema, --copy for the files of PS3.7: one of them")
        _copy_schema(directory, names)
        return
    if names:
        raise click.UsageError("say where the files go: --copy DIR")
    found = next((each for each in KINDS if each.name == kind), None)
    click.echo(json_schema.printed(json_schema.kind_schema(found) if found else json_schema.file_schema()), nl=False)


def _copy_schema(directory: Path, names: tuple[str, ...]) -> None:
    """Copy files of the schema that comes with the compiler; all but what is said of them alone."""
    shipped = shipped_schema()
    known = {path.relative_to(shipped).as_posix(): path for path in sorted(shipped.rglob("*.yaml"))}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise click.UsageError(f"{', '.join(unknown)} is no file of the schema; the names are {', '.join(known)}")
    chosen = names or [name for name in known if not name.startswith(("accepted_", "profiles/"))]
    written = _copy_out({name: known[name].read_text("utf-8") for name in chosen}, directory)
    click.echo(f"{written} file{'s' * (written != 1)} in {directory}")


def _copy_out(texts: dict[str, str], directory: Path) -> int:
    """Write texts into a directory, all or none where one of them is there already; how many they are."""
    paths = {name: directory / name for name in texts}
    there = [str(path) for path in paths.values() if path.exists()]
    if there:
        fail(f"{', '.join(there)} is there already; nothing was copied")
    try:
        for name, path in paths.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(texts[name], encoding="utf-8", newline="\n")
    except OSError as error:
        fail(str(error))
    return len(paths)


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--copy", "directory", type=DIRECTORY, help="Copy them, or those named, to this directory.")
def templates(names: tuple[str, ...], directory: Path | None) -> None:
    """List the built-in templates, or copy them out to be changed and given back with --templates."""
    known = template_names()
    unknown = [name for name in names if name not in known]
    if unknown:
        raise click.UsageError(f"{', '.join(unknown)} is no template; the names are {', '.join(known)}")
    chosen = names or known
    if directory is None:
        click.echo("\n".join(chosen))
        return
    written = _copy_out({name: template_text(name) for name in chosen}, directory)
    click.echo(f"{written} templates in {directory}; keep those that you change, and delete the others")


@click.command("targets")
def list_targets() -> None:
    """List the targets that are installed."""
    click.echo("\n".join(target_names()))
