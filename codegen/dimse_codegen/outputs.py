"""What one run prints: the package, the editor's JSON Schema, the targets, none in another's way."""

from __future__ import annotations

from collections.abc import Mapping
from keyword import iskeyword
from pathlib import Path

from dimse_codegen import json_schema
from dimse_codegen.model import Schema
from dimse_codegen.render import HEADER, render_profiles
from dimse_codegen.rule_files import Printed
from dimse_codegen.sync import BESIDE
from dimse_codegen.targets import MARK, Job, TargetError, find, print_target
from dimse_codegen.targets.python import package
from dimse_codegen.templating import environment, template_faults


def job(schema: Schema, templates: Path | None, package: str = "") -> Job:
    """What targets print from.

    Raises:
        TargetError: the package has no name that can be imported.
        TemplateError: the directory of templates cannot be used.
    """
    if package and not all(part.isidentifier() and not iskeyword(part) for part in package.split(".")):
        raise TargetError(f"{package!r} is no package that can be imported, as acme_dimse or acme.dimse")
    return Job(schema, environment(templates), package)


def print_package(of: Job, out: Path) -> Printed:
    """Our package; it needs no entry point, so that nothing that is installed can be in its way."""
    return Printed(out, print_target("python", package, of), BESIDE, HEADER)


def print_profiles(of: Job, out: Path, base: str) -> Printed:
    """The package of the profiles, which imports that of their services as `base`.

    Raises:
        TemplateError: a template is at fault.
    """
    with template_faults():
        return Printed(out, render_profiles(of.schema, base, of.templates), BESIDE, HEADER)


def print_named(name: str, of: Job, out: Path) -> Printed:
    """A target by name.

    Raises:
        TargetError, TemplateError: the target or a template is at fault.
    """
    return Printed(out, print_target(name, find(name), of), BESIDE, MARK)


def print_editor(path: Path) -> Printed:
    """The JSON Schema of the YAML files: one file, and nobody else's business what is beside it."""
    beside = tuple(entry.name for entry in path.parent.iterdir()) if path.parent.is_dir() else ()
    return Printed(path.parent, {path.name: json_schema.printed(json_schema.file_schema())}, beside, MARK)


def keep_apart(places: Mapping[str, Path]) -> None:
    """See to it that no output directory is another's or lies in one: each holds its own files and no other.

    Raises:
        TargetError: two are not apart.
    """
    seen = [(what, path, path.resolve()) for what, path in places.items()]
    for index, (what, path, resolved) in enumerate(seen):
        for other, other_path, other_resolved in seen[:index]:
            if resolved.is_relative_to(other_resolved) or other_resolved.is_relative_to(resolved):
                where = f"{path}" if resolved == other_resolved else f"{path} and {other_path}, one in the other"
                raise TargetError(f"{other} and {what} both print to {where}; give each a directory of its own")
