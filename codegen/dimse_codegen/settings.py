"""The table tool.dimse-codegen of the nearest pyproject.toml above the working directory."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import click


def configured(key: str) -> Path | None:
    """A path, shown relative where it lies below the working directory; None where nothing is said."""
    project = _project()
    if project is None:
        return None
    value = _table(project).get(key)
    if value is not None and not isinstance(value, str):
        raise click.UsageError(f"{project}: tool.dimse-codegen.{key} is no path")
    return None if value is None else _shown(project, value)


def configured_targets() -> dict[str, Path]:
    """The output directory of each target under tool.dimse-codegen.targets."""
    project = _project()
    if project is None:
        return {}
    targets = _table(project).get("targets", {})
    if not isinstance(targets, dict):
        raise click.UsageError(f"{project}: tool.dimse-codegen.targets is no table")
    found: dict[str, Path] = {}
    for name, table in targets.items():
        where = f"{project}: tool.dimse-codegen.targets.{name}"
        if not isinstance(table, dict) or not isinstance(table.get("out"), str):
            raise click.UsageError(f'{where} wants out = "DIRECTORY"')
        unknown = [key for key in table if key != "out"]
        if unknown:
            raise click.UsageError(f"{where}: {', '.join(unknown)} is no setting; the one there is is out")
        found[name] = _shown(project, table["out"])
    return found


def _project() -> Path | None:
    here = Path.cwd()
    files = (directory / "pyproject.toml" for directory in (here, *here.parents))
    return next((file for file in files if file.is_file()), None)


def _shown(project: Path, value: str) -> Path:
    here, path = Path.cwd(), project.parent / value
    return path.relative_to(here) if path.is_relative_to(here) else path


def _table(project: Path) -> dict[str, Any]:
    try:
        table: object = tomllib.loads(project.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise click.UsageError(f"{project}: {error}") from None
    for name in ("tool", "dimse-codegen"):
        table = table.get(name, {}) if isinstance(table, dict) else None
    if not isinstance(table, dict):
        raise click.UsageError(f"{project}: tool.dimse-codegen is no table")
    return table
