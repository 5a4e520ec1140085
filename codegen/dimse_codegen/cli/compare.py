"""Commands that hold a schema against its laws, another schema, and the standard."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

import click

from dimse_codegen.changes.kinds import CLASSES
from dimse_codegen.cli.common import fail, linted, say, schema_directory
from dimse_codegen.cli.options import FILE, format_option, schema_option
from dimse_codegen.docbook import DocBookError
from dimse_codegen.findings import Finding, Report
from dimse_codegen.laws import LAWS
from dimse_codegen.laws import lint as lint_schema
from dimse_codegen.load import load
from dimse_codegen.problem import SchemaError


@click.command()
@schema_option
@click.option("--laws", is_flag=True, help="List the laws and their purpose.")
@format_option
def lint(schema: Path | None, laws: bool, form_name: str) -> None:
    """Check a schema against the laws that every schema obeys."""
    if laws:
        for law in sorted(LAWS, key=lambda law: law.id):
            click.echo(f"{law.id:24} {law.purpose}")
        return
    root = schema_directory(schema)
    if form_name == "text":
        linted(root, whole=True)
        click.echo(f"{root} obeys all {len(LAWS)} laws")
        return
    try:
        problems = lint_schema(load(root))
    except SchemaError as error:
        problems = [*error.problems]
    purposes = {law.id: law.purpose for law in LAWS}
    say(Report("lint", version("dimse"), purposes, [Finding.of(problem) for problem in problems]), form_name)
    if problems:
        sys.exit(1)


@click.command()
@click.argument("part07", type=FILE)
@schema_option
def audit(part07: Path, schema: Path | None) -> None:
    """Compare a schema, cell by cell, with PS3.7 as DocBook (PART07.XML)."""
    from dimse_codegen.audit import audit as audit_schema
    from dimse_codegen.docbook import read

    try:
        facts = read(part07)
    except DocBookError as error:
        fail(f"{part07}: {error}")
    report = audit_schema(linted(schema_directory(schema)), facts)
    click.echo(str(report))
    if report.differences:
        sys.exit(1)


@click.command()
@schema_option
@click.option("--against", metavar="REF|DIR|WHEEL", help="The schema to compare with: a directory, a wheel, a commit.")
@click.option("--rules", is_flag=True, help="List the kinds of change, their classes and purpose.")
@click.option(
    "--fail-on",
    type=click.Choice(CLASSES),
    multiple=True,
    help="Fail for breaks of this class alone; may be given more than once. All classes, if not given.",
)
@format_option
def breaking(schema: Path | None, against: str | None, rules: bool, fail_on: tuple[str, ...], form_name: str) -> None:
    """Tell every difference from another schema: whom it concerns, and what it means for them.

    Exit status 0: nothing breaks; 1: something does; 2: one of the schemas cannot be read.
    """
    from dimse_codegen.changes import fields, sources, suppressions, told
    from dimse_codegen.changes.kinds import KINDS

    if rules:
        for kind in sorted(KINDS.values(), key=lambda kind: kind.id):
            classes = f"{' '.join(kind.classes)}{', breaking' * kind.breaking}"
            click.echo(f"{kind.id:27}{classes:27}{kind.purpose}")
        return
    if against is None:
        raise click.UsageError("say what to compare with: --against REF, DIR or WHEEL")
    root = schema_directory(schema)
    current = linted(root, 2, whole=True)
    try:
        accepted = suppressions.read(root)
        with sources.opened(against, root) as other:
            changes = fields.compare(other.schema, current)
            verdict = told.judge(changes, other, accepted, fail_on or CLASSES, version("dimse"))
    except (sources.SourceError, SchemaError, OSError) as error:
        fail(str(error), 2)
    say(verdict.report, form_name)
    if verdict.broken:
        sys.exit(1)


@click.command()
@click.argument("old", type=FILE)
@click.argument("new", type=FILE)
@schema_option
@format_option
def diff(old: Path, new: Path, schema: Path | None, form_name: str) -> None:
    """Compare two editions of PS3.7 as DocBook: tables, cells, codes, and the text of what the schema cites.

    Exit status 0: nothing differs; 1: something does; 2: one of them cannot be read.
    """
    from dimse_codegen.changes import editions

    current = linted(schema_directory(schema), 2)
    books = []
    for path in (old, new):
        try:
            books.append(editions.read(path))
        except (DocBookError, OSError) as error:
            fail(f"{path}: {error}", 2)
    report = editions.compare(books[0], books[1], current, version("dimse"))
    say(report, form_name)
    if report.findings:
        sys.exit(1)
