"""Commands that print from a schema, and compare what was printed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from dimse_codegen import outputs
from dimse_codegen.cli.common import fail, linted, obeys, schema_directory
from dimse_codegen.cli.options import DIRECTORY, Wanted, printing_options, schema_option
from dimse_codegen.laws import lint_profiles
from dimse_codegen.model import Schema
from dimse_codegen.problem import SchemaError
from dimse_codegen.rule_files import Printed, print_rules
from dimse_codegen.settings import configured, configured_targets
from dimse_codegen.sync import ForeignFileError
from dimse_codegen.targets import TargetError
from dimse_codegen.templating import TemplateError


@click.command()
@printing_options
def generate(**given: Any) -> None:
    """Write what pyproject.toml asks for, or with --out the package alone, or with --target that target.

    Profiles become a package beside that of their services; those of a schema that has nothing else go to --out.
    Where a profile does not fit its service any more, the services are written, and the profiles left as they were.
    Files that are up to date, and files that are not ours, are left alone.
    """
    for printed in _outputs(Wanted(**given)):
        try:
            changed = printed.write()
        except (ForeignFileError, OSError) as error:
            fail(str(error))
        for difference in changed:
            click.echo(f"{difference.path}: {'removed' if difference.kind == 'orphaned' else 'written'}")
        click.echo(f"{_counted(printed)}, {len(changed)} changed")


@click.command()
@printing_options
@click.option("--diff", is_flag=True, help="Show what generate would change.")
def check(diff: bool, **given: Any) -> None:
    """Say whether all that generate writes is as the schema has it: no file missing, stale or orphaned."""
    wanted = Wanted(**given)
    root = schema_directory(wanted.schema)
    faults = []
    for printed in _outputs(wanted):
        try:
            differences = printed.compare()
        except OSError as error:
            fail(str(error))
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
        fail(
            f"{', '.join(faults)} are not as {root} has them; "
            "what was changed by hand belongs in the schema: change that, and run dimse-codegen generate"
        )


@click.command()
@schema_option
@click.option("--out", type=DIRECTORY, help="Directory of the vectors; else tool.dimse-codegen.vectors.")
@click.option("--pages", type=DIRECTORY, help="Directory of the rules' pages; else tool.dimse-codegen.pages.")
@click.option("--check", is_flag=True, help="Say what differs, and write nothing.")
def vectors(schema: Path | None, out: Path | None, pages: Path | None, check: bool) -> None:
    """Write test vectors for every rule, and a page for every message's rules."""
    root = schema_directory(schema)
    out = out or _configured_or_fail("vectors", "--out")
    pages = pages or _configured_or_fail("pages", "--pages")
    try:
        printed = print_rules(linted(root), out, pages)
        differences = [each for directory in printed for each in (directory.compare if check else directory.write)()]
    except (SchemaError, ForeignFileError, OSError) as error:
        fail(str(error))
    for difference in differences:
        click.echo(str(difference) if check else f"{difference.path}: written")
    if check and differences:
        fail(f"{len(differences)} files are not as {root} and {out / 'source'} have them; run dimse-codegen vectors")
    click.echo(f"{sum(len(each.files) for each in printed)} files of vectors and pages are as {root} has them")


def _outputs(wanted: Wanted) -> Iterator[Printed]:
    """What generate writes and check compares; with --schema or --out that alone which they ask for.

    Profiles come last: one that its service has left behind is told of when all else has been printed.
    """
    if wanted.package and wanted.target is None:
        raise click.UsageError("--package is for the examples of a target, and --target names none")
    root = schema_directory(wanted.schema)
    targets = configured_targets()
    directory = _target_directory(wanted, targets)
    found = linted(root)
    beside = None if wanted.target is not None else _profiles_directory(found, wanted, directory)
    try:
        job = outputs.job(found, wanted.templates or configured("templates"), wanted.package)
        printed = []
        if wanted.target is not None:
            obeys(root, lint_profiles(found))
            printed.append(outputs.print_named(wanted.target, job, directory))
        elif wanted.schema is None and wanted.out is None:
            places = {"the package": directory, **({"the profiles": beside} if beside is not None else {})}
            outputs.keep_apart({**places, **{f"target '{name}'": at for name, at in targets.items()}})
            if targets:
                obeys(root, lint_profiles(found))
            printed += [outputs.print_named(name, job, at) for name, at in targets.items()]
            editor = configured("editor")
            printed += [outputs.print_editor(editor)] if editor is not None else []
        if wanted.target is None and not found.borrowed:
            printed.append(outputs.print_package(job, directory))
        yield from printed
        if beside is not None:
            obeys(root, lint_profiles(found))
            base = "dimse.services" if found.borrowed else f"..{directory.resolve().name}"
            yield outputs.print_profiles(job, beside, base)
    except (TargetError, TemplateError, OSError) as error:
        fail(str(error))


def _profiles_directory(schema: Schema, wanted: Wanted, package: Path) -> Path | None:
    """Where the profiles go, None where they go nowhere, which is said of those that there are."""
    if schema.borrowed:
        if wanted.profiles is not None:
            raise click.UsageError("a schema of profiles alone has one package: --out DIR")
        return package
    # What pyproject.toml says of profiles goes with what it says of --out.
    beside = wanted.profiles or (configured("profiles") if wanted.out is None else None)
    if beside is None:
        if schema.profiles:
            names = ", ".join(profile.name for profile in schema.profiles)
            click.echo(f"not compiled, for want of --profiles DIR: {names}", err=True)
        return None
    if beside.resolve().parent != package.resolve().parent or beside.resolve() == package.resolve():
        raise click.UsageError(f"the profiles' package stands beside that of the services: {beside} beside {package}")
    return beside


def _target_directory(wanted: Wanted, targets: dict[str, Path]) -> Path:
    if wanted.target is None:
        return _out_directory(wanted.out)
    found = wanted.out or targets.get(wanted.target)
    if found is None:
        text = (
            f"say where the target goes: --out DIR, or tool.dimse-codegen.targets.{wanted.target}.out in pyproject.toml"
        )
        raise click.UsageError(text)
    return found


def _counted(printed: Printed) -> str:
    """What was printed; a single file by its name."""
    names = list(printed.files)
    return str(printed.directory / names[0]) if len(names) == 1 else f"{len(names)} files in {printed.directory}"


def _in_sync(printed: Printed, root: Path) -> str:
    return f"{_counted(printed)} {'is up to date' if len(printed.files) == 1 else f'are as {root} has them'}"


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
