"""What is printed of the rules beside the package: test vectors, and pages that name them."""

from __future__ import annotations

import os
from pathlib import Path

from attrs import frozen

from dimse_codegen import rule_pages, sync
from dimse_codegen.model import Schema
from dimse_codegen.render import render_pages
from dimse_codegen.rule_catalogue import catalogue
from dimse_codegen.rule_pages import page_views
from dimse_codegen.sync import Difference
from dimse_codegen.vectors import case
from dimse_codegen.vectors.files import BESIDE, print_vectors, vector_cases


@frozen
class Printed:
    """The files of a directory, by name, and what may stand beside them."""

    directory: Path
    files: dict[str, str]
    beside: tuple[str, ...]
    header: str

    def compare(self) -> list[Difference]:
        """How the directory differs."""
        return sync.compare(self.files, self.directory, self.beside)

    def write(self) -> list[Difference]:
        """Bring the directory in sync.

        Raises:
            ForeignFileError, OSError: a file that is not ours is in the way, or cannot be written.
        """
        return sync.generate(self.files, self.directory, self.beside, self.header)


def print_rules(schema: Schema, vectors: Path, pages: Path) -> tuple[Printed, Printed]:
    """The vectors and the pages, rendered.

    Raises:
        SchemaError: a script of a conversation is not written in its forms.
    """
    cases = vector_cases(schema, vectors)
    views = page_views(catalogue(schema), cases)
    about = vectors / "README.md"
    readme = Path(os.path.relpath(about, pages)).as_posix() if about.exists() else ""
    return (
        Printed(vectors, print_vectors(schema, cases), BESIDE, case.HEADER),
        Printed(pages, render_pages(views, str(schema.dictionary.edition), readme), (), rule_pages.HEADER),
    )
