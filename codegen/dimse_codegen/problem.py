"""A fault in a schema: where it stands, which law it breaks, what would be right."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from attrs import field, frozen


@frozen(order=True)
class Mark:
    """A place in a schema file; lines and columns count from 1."""

    path: Path
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


class Text(str):
    """A string from a schema that knows where it stands."""

    at: Mark

    def __new__(cls, value: str, at: Mark) -> Text:
        """A string and its place."""
        text = super().__new__(cls, value)
        text.at = at
        return text


@frozen(order=True)
class Problem:
    """One fault. `law` is the ID of the law that is broken; `text` says what stands there and what would be right."""

    at: Mark
    law: str = field(order=False)
    text: str

    def __str__(self) -> str:
        text = "".join(character if character.isprintable() else ascii(character)[1:-1] for character in self.text)
        return f"{self.at}: {self.law}: {text}"


class SchemaError(Exception):
    """A schema that cannot be compiled; `problems` lists every fault found, in order of file and line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems)
        self.problems = tuple(sorted(problems))

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)
