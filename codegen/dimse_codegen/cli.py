"""`dimse-codegen`: the compiler's commands. Exit status 0: all is well; 1: something was found; 2: wrong usage."""

from __future__ import annotations

import json
import keyword
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn

import click

from dimse_codegen import ir_schema, json_schema, outputs
from dimse_codegen.changes.kinds import CLASSES
from dimse_codegen.docbook import DocBookError
from dimse_codegen.findings import FORMATS, Finding, Report, form, printable
from dimse_codegen.forms import KINDS
from dimse_codegen.ir_make import intermediate
from dimse_codegen.laws import LAWS, lint_profiles, lint_services
from dimse_codegen.laws import lint as lint_schema
from dimse_codegen.load import load, shipped_schema
from dimse_codegen.model import Schema
from dimse_codegen.problem import Problem, SchemaError
from dimse_codegen.project import PACKAGE, SERVICE, SETTINGS, InTheWayError, project
from dimse_codegen.rule_files import Printed, print_rules
from dimse_codegen.settings import configured, configured_targets
from dimse_codegen.sync import ForeignFileError
from dimse_codegen.targets import TargetError, target_names
from dimse_codegen.templating import TemplateError, template_names, template_text

_DIRECTORY = click.Path(path_type=Path)
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)

schema_option = click.option(
    "--schema",
    type=_DIRECTORY,
    help="Schema directory; else tool.dimse-codegen.schema of pyproject.toml, else the one that comes with dimse.",
)
out_option = click.option(
    "--out",
    type=_DIRECTORY,
    help="Package directory, all of it generated; else tool.dimse-codegen.out of pyproject.toml.",
)
profiles_option = click.option(
    "--profiles",
    type=_DIRECTORY,
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
    type=_DIRECTORY,
    help="Directory of templates that replace built-in ones; else tool.dimse-codegen.templates.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dimse")
def main() -> None:
    """Compile the requirement tables of PS3.7, written as YAML, to Python."""


def _named(pattern: str) -> Callable[[click.Context, click.Parameter, str], str]:
    """Takes names of a form, and says so of others."""

    def check(_: click.Context, __: click.Parameter, given: str) -> str:
        if not re.fullmatch(pattern, given) or keyword.iskeyword(given):
            raise click.BadParameter(f"{given!r} is not of the form {pattern}")
        return given

    return check


@main.command()
@click.argument("directory", type=_DIRECTORY, default=".")
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
        _fail(str(error))
    for path in new.files:
        click.echo(f"{path}: written")
    if directory / SETTINGS not in new.files:
        click.echo(f"{directory / SETTINGS} is there already; add to it:\n\n{new.settings}")
    click.echo("next: dimse-codegen lint && dimse-codegen generate")


@main.command()
@schema_option
@out_option
@profiles_option
@target_option
@package_option
@templates_option
def generate(
    schema: Path | None,
    out: Path | None,
    profiles: Path | None,
    target: str | None,
    package: str,
    templates: Path | None,
) -> None:
    """Write what pyproject.toml asks for, or with --out the package alone, or with --target that target.

    Profiles become a package beside that of their services; those of a schema that has nothing else go to --out.
    Where a profile does not fit its service any more, the services are written, and the profiles left as they were.
    Files that are up to date, and files that are not ours, are left alone.
    """
    for printed in _outputs(schema, out, profiles, target, package, templates):
        try:
            changed = printed.write()
        except (ForeignFileError, OSError) as error:
            _fail(str(error))
        for difference in changed:
            click.echo(f"{difference.path}: {'removed' if difference.kind == 'orphaned' else 'written'}")
        click.echo(f"{_counted(printed)}, {len(changed)} changed")


@main.command()
@schema_option
@out_option
@profiles_option
@target_option
@package_option
@templates_option
@click.option("--diff", is_flag=True, help="Show what generate would change.")
def check(
    schema: Path | None,
    out: Path | None,
    profiles: Path | None,
    target: str | None,
    package: str,
    templates: Path | None,
    diff: bool,
) -> None:
    """Say whether all that generate writes is as the schema has it: no file missing, stale or orphaned."""
    root = _schema_directory(schema)
    faults = []
    for printed in _outputs(schema, out, profiles, target, package, templates):
        try:
            differences = printed.compare()
        except OSError as error:
            _fail(str(error))
        for difference in differences:
            click.echo(str(difference))
            if diff:
                click.echo(difference.diff(), nl=False)
            if difference.kind == "orphaned" and not difference.old.startswith(printed.header):
                click.echo(f"{difference.path} is not generated, and stays: move it elsewhere")
        if differences:
            faults.append(f"{len(differences)} files of {printed.directory}")
        else:
            click.echo(_in_sync(printed, root))
    if faults:
        _fail(
            f"{', '.join(faults)} are not as {root} has them; "
            "what was changed by hand belongs in the schema: change that, and run dimse-codegen generate"
        )


@main.command()
@schema_option
@click.option("--out", type=_DIRECTORY, help="Directory of the vectors; else tool.dimse-codegen.vectors.")
@click.option("--pages", type=_DIRECTORY, help="Directory of the rules' pages; else tool.dimse-codegen.pages.")
@click.option("--check", is_flag=True, help="Say what differs, and write nothing.")
def vectors(schema: Path | None, out: Path | None, pages: Path | None, check: bool) -> None:
    """Write test vectors for every rule, and a page for every message's rules."""
    root = _schema_directory(schema)
    out = out or _configured_or_fail("vectors", "--out")
    pages = pages or _configured_or_fail("pages", "--pages")
    try:
        printed = print_rules(_linted(root), out, pages)
        differences = [each for directory in printed for each in (directory.compare if check else directory.write)()]
    except (SchemaError, ForeignFileError, OSError) as error:
        _fail(str(error))
    for difference in differences:
        click.echo(str(difference) if check else f"{difference.path}: written")
    if check and differences:
        _fail(f"{len(differences)} files are not as {root} and {out / 'source'} have them; run dimse-codegen vectors")
    click.echo(f"{sum(len(each.files) for each in printed)} files of vectors and pages are as {root} has them")


@main.command()
@schema_option
@click.option("--laws", is_flag=True, help="List the laws and their purpose.")
@format_option
def lint(schema: Path | None, laws: bool, form_name: str) -> None:
    """Check a schema against the laws that every schema obeys."""
    if laws:
        for law in sorted(LAWS, key=lambda law: law.id):
            click.echo(f"{law.id:24} {law.purpose}")
        return
    root = _schema_directory(schema)
    if form_name == "text":
        _linted(root, whole=True)
        click.echo(f"{root} obeys all {len(LAWS)} laws")
        return
    try:
        problems = lint_schema(load(root))
    except SchemaError as error:
        problems = [*error.problems]
    purposes = {law.id: law.purpose for law in LAWS}
    _say(Report("lint", version("dimse"), purposes, [Finding.of(problem) for problem in problems]), form_name)
    if problems:
        sys.exit(1)


@main.command()
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
    root = _schema_directory(schema)
    current = _linted(root, 2, whole=True)
    try:
        accepted = suppressions.read(root)
        with sources.opened(against, root) as other:
            changes = fields.compare(other.schema, current)
            verdict = told.judge(changes, other, accepted, fail_on or CLASSES, version("dimse"))
    except (sources.SourceError, SchemaError, OSError) as error:
        _fail(str(error), 2)
    _say(verdict.report, form_name)
    if verdict.broken:
        sys.exit(1)


@main.command()
@click.argument("old", type=_FILE)
@click.argument("new", type=_FILE)
@schema_option
@format_option
def diff(old: Path, new: Path, schema: Path | None, form_name: str) -> None:
    """Compare two editions of PS3.7 as DocBook: tables, cells, codes, and the text of what the schema cites.

    Exit status 0: nothing differs; 1: something does; 2: one of them cannot be read.
    """
    from dimse_codegen.changes import editions

    current = _linted(_schema_directory(schema), 2)
    books = []
    for path in (old, new):
        try:
            books.append(editions.read(path))
        except (DocBookError, OSError) as error:
            _fail(f"{path}: {error}", 2)
    report = editions.compare(books[0], books[1], current, version("dimse"))
    _say(report, form_name)
    if report.findings:
        sys.exit(1)


@main.command()
@click.argument("part07", type=_FILE)
@schema_option
def audit(part07: Path, schema: Path | None) -> None:
    """Compare a schema, cell by cell, with PS3.7 as DocBook (PART07.XML)."""
    from dimse_codegen.audit import audit as audit_schema
    from dimse_codegen.docbook import read

    try:
        facts = read(part07)
    except DocBookError as error:
        _fail(f"{part07}: {error}")
    report = audit_schema(_linted(_schema_directory(schema)), facts)
    click.echo(str(report))
    if report.differences:
        sys.exit(1)


def _say(report: Report, form_name: str) -> None:
    text = form(report, form_name)
    if text:
        click.echo(text)


@main.command()
@schema_option
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON, the one form there is.")
@click.option("--form", is_flag=True, help="Print the JSON Schema of the form in place of a schema in it.")
def ir(schema: Path | None, as_json: bool, form: bool) -> None:
    """Print a schema in the intermediate form, from which anything can be generated in any language."""
    if not as_json and not form:
        raise click.UsageError("say --json for the schema in the intermediate form, or --form for the form itself")
    found = ir_schema.ir_schema() if form else intermediate(_linted(_schema_directory(schema), whole=True)).to_json()
    click.echo(json.dumps(found, indent=1, ensure_ascii=False))


@main.command("schema")
@click.option("--kind", type=click.Choice([kind.name for kind in KINDS]), help="Of one kind of file; else of all.")
def print_schema(kind: str | None) -> None:
    """Print the JSON Schema of schema files, by which editors complete, explain and check them."""
    found = next((each for each in KINDS if each.name == kind), None)
    click.echo(json_schema.printed(json_schema.kind_schema(found) if found else json_schema.file_schema()), nl=False)


@main.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--copy", "directory", type=_DIRECTORY, help="Copy them, or those named, to this directory.")
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
    paths = {name: directory / name for name in chosen}
    there = [str(path) for path in paths.values() if path.exists()]
    if there:
        _fail(f"{', '.join(there)} is there already; nothing was copied")
    try:
        for name, path in paths.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(template_text(name), encoding="utf-8", newline="\n")
    except OSError as error:
        _fail(str(error))
    click.echo(f"{len(paths)} templates in {directory}; keep those that you change, and delete the others")


@main.command("targets")
def list_targets() -> None:
    """List the targets that are installed."""
    click.echo("\n".join(target_names()))


def _counted(printed: Printed) -> str:
    """What was printed; a single file by its name."""
    names = list(printed.files)
    return str(printed.directory / names[0]) if len(names) == 1 else f"{len(names)} files in {printed.directory}"


def _in_sync(printed: Printed, root: Path) -> str:
    return f"{_counted(printed)} {'is up to date' if len(printed.files) == 1 else f'are as {root} has them'}"


def _outputs(
    schema: Path | None,
    out: Path | None,
    profiles: Path | None,
    target: str | None,
    package: str,
    templates: Path | None,
) -> Iterator[Printed]:
    """What generate writes and check compares; with --schema or --out that alone which they ask for.

    Profiles come last: one that its service has left behind is told of when all else has been printed.
    """
    if package and target is None:
        raise click.UsageError("--package is for the examples of a target, and --target names none")
    root = _schema_directory(schema)
    wanted = configured_targets()
    directory = _target_directory(out, target, wanted)
    found = _linted(root)
    beside = None if target is not None else _profiles_directory(found, out, profiles, directory)
    try:
        job = outputs.job(found, templates or configured("templates"), package)
        printed = []
        if target is not None:
            _obeys(root, lint_profiles(found))
            printed.append(outputs.print_named(target, job, directory))
        elif schema is None and out is None:
            places = {"the package": directory, **({"the profiles": beside} if beside is not None else {})}
            outputs.keep_apart({**places, **{f"target '{name}'": at for name, at in wanted.items()}})
            if wanted:
                _obeys(root, lint_profiles(found))
            printed += [outputs.print_named(name, job, at) for name, at in wanted.items()]
            editor = configured("editor")
            printed += [outputs.print_editor(editor)] if editor is not None else []
        if target is None and not found.borrowed:
            printed.append(outputs.print_package(job, directory))
        yield from printed
        if beside is not None:
            _obeys(root, lint_profiles(found))
            base = "dimse.services" if found.borrowed else f"..{directory.resolve().name}"
            yield outputs.print_profiles(job, beside, base)
    except (TargetError, TemplateError, OSError) as error:
        _fail(str(error))


def _profiles_directory(schema: Schema, out: Path | None, profiles: Path | None, package: Path) -> Path | None:
    """Where the profiles go, None where they go nowhere, which is said of those that there are."""
    if schema.borrowed:
        if profiles is not None:
            raise click.UsageError("a schema of profiles alone has one package: --out DIR")
        return package
    # What pyproject.toml says of profiles goes with what it says of --out.
    beside = profiles or (configured("profiles") if out is None else None)
    if beside is None:
        if schema.profiles:
            names = ", ".join(profile.name for profile in schema.profiles)
            click.echo(f"not compiled, for want of --profiles DIR: {names}", err=True)
        return None
    if beside.resolve().parent != package.resolve().parent or beside.resolve() == package.resolve():
        raise click.UsageError(f"the profiles' package stands beside that of the services: {beside} beside {package}")
    return beside


def _target_directory(out: Path | None, target: str | None, wanted: dict[str, Path]) -> Path:
    if target is None:
        return _out_directory(out)
    found = out or wanted.get(target)
    if found is None:
        text = f"say where the target goes: --out DIR, or tool.dimse-codegen.targets.{target}.out in pyproject.toml"
        raise click.UsageError(text)
    return found


def _linted(root: Path, status: int = 1, *, whole: bool = False) -> Schema:
    """Load a schema; faults of form and broken laws, `whole` with those of profiles, go to standard error."""
    try:
        schema = load(root)
    except SchemaError as error:
        _obeys(root, error.problems, status)
        raise
    _obeys(root, lint_schema(schema) if whole else lint_services(schema), status)
    return schema


def _obeys(root: Path, problems: Sequence[Problem], status: int = 1) -> None:
    """Say what is wrong with a schema, and end there, where anything is."""
    if problems:
        click.echo(str(SchemaError(problems)), err=True)
        _fail(f"{len(problems)} problems in {root}", status)


def _schema_directory(option: Path | None) -> Path:
    if option is not None:
        return option
    return configured("schema") or shipped_schema()


def _configured_or_fail(key: str, option: str) -> Path:
    found = configured(key)
    if found is None:
        raise click.UsageError(f"say where they go: {option} DIR, or tool.dimse-codegen.{key} in pyproject.toml")
    return found


def _out_directory(option: Path | None) -> Path:
    found = option or configured("out")
    if found is None:
        raise click.UsageError("say where the package goes: --out DIR, or tool.dimse-codegen.out in pyproject.toml")
    return found


def _fail(text: str, status: int = 1) -> NoReturn:
    click.echo("dimse-codegen: " + "\n".join(map(printable, text.split("\n"))), err=True)
    sys.exit(status)
