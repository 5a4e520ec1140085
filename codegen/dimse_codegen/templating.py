"""The templates: those of the compiler, and those that a user puts in their place.

A directory of templates replaces built-in ones by name. What goes wrong in a template is told with file and line.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, StrictUndefined
from jinja2.exceptions import TemplateSyntaxError

from dimse_codegen import layout

ENDING = ".j2"


class TemplateError(Exception):
    """A template, or a directory of templates, that cannot be used; its text says which, where and why."""


def template_names() -> list[str]:
    """The built-in templates, as paths below their directory."""
    return sorted(name for name in PackageLoader("dimse_codegen").list_templates() if name.endswith(ENDING))


def template_text(name: str) -> str:
    """The text of a built-in template."""
    environment = Environment(autoescape=False)
    return PackageLoader("dimse_codegen").get_source(environment, name)[0]


def environment(directory: Path | None = None) -> Environment:
    """What renders: the built-in templates, or those of a directory where it has one of the same name.

    Args:
        directory: of templates; names in it that begin with a dot are passed over.

    Raises:
        TemplateError: the directory is none, is empty, or has a file that replaces nothing.
    """
    loader: PackageLoader | ChoiceLoader = PackageLoader("dimse_codegen")
    if directory is not None:
        _check(directory)
        loader = ChoiceLoader([FileSystemLoader(directory), loader])
    made = Environment(
        loader=loader,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # Python is printed, not HTML; texts pass through the filters of `layout`
    )
    made.filters["quote"] = layout.quote
    made.filters["docstring"] = layout.docstring
    made.filters["comment"] = layout.comment
    made.filters["call"] = layout.call
    made.filters["entry"] = layout.entry
    made.filters["listed"] = layout.listed
    made.filters["table"] = layout.table
    made.filters["names"] = lambda imported, module, indent=0: layout.names(module, imported, indent)
    return made


def _check(directory: Path) -> None:
    if not directory.is_dir():
        raise TemplateError(f"{directory}: no directory of templates")
    below = [path.relative_to(directory) for path in sorted(directory.rglob("*")) if not path.is_dir()]
    found = [path.as_posix() for path in below if not any(part.startswith(".") for part in path.parts)]
    known = template_names()
    if not found:
        raise TemplateError(f"{directory}: no template here; the names are {', '.join(known)}")
    unknown = [name for name in found if name not in known]
    if unknown:
        raise TemplateError(f"{directory}: {', '.join(unknown)} replaces nothing; the names are {', '.join(known)}")


@contextmanager
def template_faults() -> Iterator[None]:
    """Tell what goes wrong in a template with its file and line.

    Raises:
        TemplateError: it cannot be parsed, or what it does fails.
    """
    try:
        yield
    except TemplateSyntaxError as error:
        raise TemplateError(f"{error.filename or error.name}:{error.lineno}: {error.message}") from None
    except Exception as error:
        # A template can raise whatever an expression in it can. What was raised elsewhere is passed on.
        frames = traceback.extract_tb(error.__traceback__)
        place = next((frame for frame in reversed(frames) if frame.filename.endswith(ENDING)), None)
        if place is None:
            raise
        raise TemplateError(f"{place.filename}:{place.lineno}: {type(error).__name__}: {error}") from None
