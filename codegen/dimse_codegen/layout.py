"""Python text laid out as the formatters lay it out, so that they have nothing left to change.

Texts from a schema enter generated code through `quote`, `docstring` and `comment`, and by no other way: none of them
lets a text end the string, docstring or comment it stands in.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

WIDTH = 120


def quote(text: str) -> str:
    """A string literal, in the quotes that need fewer escapes, double ones first."""
    mark = "'" if text.count('"') > text.count("'") else '"'
    return mark + "".join(_escape(character, mark) for character in text) + mark


def _escape(character: str, mark: str) -> str:
    if character in ("\\", mark):
        return "\\" + character
    return character if character.isprintable() else ascii(character)[1:-1]


def docstring(text: str, indent: int = 4) -> str:
    """A docstring; its paragraphs, parted by blank lines, are wrapped to the width."""
    safe = "".join(_escape(character, '"') if character != "\n" else character for character in text)
    paragraphs = [" ".join(paragraph.split()) for paragraph in safe.split("\n\n")]
    wrapped = [
        textwrap.fill(paragraph, WIDTH - indent - 3, break_long_words=False, break_on_hyphens=False)
        for paragraph in paragraphs
        if paragraph
    ]
    margin = " " * indent
    body = "\n\n".join(wrapped)
    if "\n" not in body:
        return f'{margin}"""{body}"""'
    lines = [f"{margin}{line}".rstrip() for line in body.split("\n")]
    return f'{margin}"""' + "\n".join(lines).lstrip() + f'\n{margin}"""'


def comment(text: str) -> str:
    """A comment of one line."""
    return "# " + " ".join("".join(c if c.isprintable() else " " for c in text).split())


def call(arguments: Sequence[str], head: str, indent: int, tail: str = "") -> str:
    """A call on one line where it fits, else an argument a line, each with its comma."""
    margin = " " * indent
    line = f"{margin}{head}({', '.join(arguments)}){tail}"
    if len(line) <= WIDTH:
        return line
    inner = "".join(f"{margin}    {argument},\n" for argument in arguments)
    return f"{margin}{head}(\n{inner}{margin}){tail}"


def names(module: str, imported: Sequence[str], indent: int = 0) -> str:
    """An import statement, names in the order of isort."""
    ordered = sorted(imported, key=lambda name: (not name.isupper() or len(name) == 1, not name[0].isupper(), name))
    margin = " " * indent
    line = f"{margin}from {module} import {', '.join(ordered)}"
    if len(line) <= WIDTH:
        return line
    inner = "".join(f"{margin}    {name},\n" for name in ordered)
    return f"{margin}from {module} import (\n{inner}{margin})"
