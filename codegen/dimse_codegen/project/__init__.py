"""A project for a schema of one's own: what `dimse-codegen init` writes. The templates are the files beside this."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from attrs import frozen
from jinja2 import Environment, PackageLoader, StrictUndefined

from dimse_codegen.load import load, shipped_schema

SERVICE = "[A-Z]-[A-Z]+(-[A-Z]+)*"
PACKAGE = "[a-z][a-z0-9_]*"
SCHEMA = "schema"
SETTINGS = "pyproject.toml"


class InTheWayError(Exception):
    """Files stand where new ones would be written; nothing has been."""

    def __init__(self, paths: list[Path]) -> None:
        super().__init__(paths)
        self.paths = paths

    def __str__(self) -> str:
        several = ", ".join(map(str, self.paths))
        return f"{several}: there already, so nothing was written; move it away, or choose another directory"


@frozen
class Project:
    """A new project.

    Attributes:
        files: the text of each, by path.
        settings: the table for pyproject.toml; among the files only where there is none yet.
    """

    files: dict[Path, str]
    settings: str

    def write(self) -> None:
        """Write all files, or none.

        Raises:
            InTheWayError: one is there already.
            OSError: one cannot be written.
        """
        present = [path for path in self.files if path.exists() or path.is_symlink()]
        if present:
            raise InTheWayError(present)
        for path, text in self.files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")


def project(directory: Path, service: str, package: str) -> Project:
    """What a new project has in it.

    Args:
        directory: where it goes.
        service: name of the service to begin with, as `SERVICE` has it.
        package: name of the package that is generated, as `PACKAGE` has it.
    """
    environment = Environment(
        loader=PackageLoader("dimse_codegen", "project"),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # YAML and TOML are printed; names are letters, digits, hyphens and underscores
    )
    facts = {
        "edition": str(load(shipped_schema()).dictionary.edition),
        "package": package,
        "requirement": f"dimse[codegen]>={version('dimse').partition('.dev')[0]}",
        "schema": SCHEMA,
        "service": service,
    }

    def text(name: str) -> str:
        return environment.get_template(f"{name}.j2").render(facts)

    settings = text("settings.toml")
    module = service.lower().replace("-", "_")
    files = {
        directory / SCHEMA / "services" / f"{module}.yaml": text("service.yaml"),
        directory / ".pre-commit-config.yaml": text("pre-commit.yaml"),
        directory / ".github" / "workflows" / "dimse.yml": text("workflow.yaml"),
    }
    if not (directory / SETTINGS).exists():
        files[directory / SETTINGS] = settings
    return Project(files, settings)
