"""Python text laid out as the formatters lay it out, so that they have nothing left to change.

Texts from a schema enter generated code through `quote`, `docstring` and `comment`, and by no other way: none of them
lets a text end the string, docstring or comment it stands in.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import TypeAlias

WIDTH = 120


def columns(text: str) -> int:
    """The columns that a text may take: a character outside ASCII may be as wide as two."""
    return len(text) + sum(not character.isascii() for character in text)


def natural(name: str) -> tuple[tuple[str, int], ...]:
    """The order of isort: numbers within names count as numbers, X_2 before X_10."""
    return tuple((letters, int(digits or 0)) for letters, digits in re.findall(r"(\D*)(\d*)", name))


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
    paragraphs = [_safe(" ".join(paragraph.split())) for paragraph in text.split("\n\n")]
    body = "\n\n".join("\n".join(_wrap(paragraph, WIDTH - indent - 6)) for paragraph in paragraphs if paragraph)
    margin = " " * indent
    if "\n" not in body:
        return f'{margin}"""{body}"""'
    lines = [f"{margin}{line}".rstrip() for line in body.split("\n")]
    return f'{margin}"""' + "\n".join(lines).lstrip() + f'\n{margin}"""'


def _safe(text: str) -> str:
    """A text that ends no docstring: backslashes, controls and quotes in the way as the escapes pydocstyle allows."""
    text = "".join(c if c.isprintable() and c != "\\" else _numbered(c) for c in text)
    return re.sub(r'^"|(?<=")"|"$', lambda _: _numbered('"'), text)


def _numbered(character: str) -> str:
    number = ord(character)
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def comment(text: str) -> str:
    """A comment, of more lines than one where it is long."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return "\n".join(f"# {line}" for line in _wrap(printable, WIDTH - 2))


def _wrap(text: str, width: int) -> list[str]:
    """Lines of as many words as fit; a word is never parted."""
    lines: list[str] = []
    for word in text.split():
        if lines and columns(lines[-1]) + 1 + columns(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def call(arguments: Sequence[str], head: str, indent: int, tail: str = "") -> str:
    """A call on one line where it fits, else an argument a line, each with its comma."""
    line = f"{' ' * indent}{head}({', '.join(arguments)}){tail}"
    return line if columns(line) <= WIDTH else _opened(arguments, head, indent, tail)


def _opened(arguments: Sequence[str], head: str, indent: int, tail: str) -> str:
    margin = " " * indent
    inner = "".join(f"{_argument(argument, indent + 4)}\n" for argument in arguments)
    return f"{margin}{head}(\n{inner}{margin}){tail}"


def _argument(text: str, indent: int) -> str:
    """An argument and its comma; where they do not fit, a call or tuple is opened and a string parted."""
    line = f"{' ' * indent}{text},"
    if columns(line) <= WIDTH:
        return line
    source = f"_({text})"
    outer = ast.parse(source, mode="eval").body
    assert isinstance(outer, ast.Call)
    head, value = (f"{outer.keywords[0].arg}=", outer.keywords[0].value) if outer.keywords else ("", outer.args[0])
    if isinstance(value, ast.Call):
        return _opened(_sources(source, value.args), head + _source(source, value.func), indent, ",")
    if isinstance(value, ast.Tuple):
        return _opened(_sources(source, value.elts), head, indent, ",")
    if isinstance(value, ast.Constant) and isinstance(value.value, str) and " " in value.value:
        return _parted(value.value, head, indent)
    return line


def _parted(text: str, head: str, indent: int) -> str:
    """A long string as adjacent ones, a line each."""
    margin = " " * indent
    parts = [""]
    room = WIDTH - indent - 4
    words = re.findall(r" ?[^ ]+| +$", text)
    # A word that no line holds is cut into pieces that fit with every character escaped.
    pieces = [piece for word in words for piece in ([word] if columns(quote(word)) <= room else _cut(word))]
    for word in pieces:
        if columns(quote(parts[-1] + word)) > room and parts[-1]:
            parts.append("")
        parts[-1] += word
    return f"{margin}{head}(\n" + "".join(f"{margin}    {quote(part)}\n" for part in parts) + f"{margin}),"


def _cut(word: str) -> list[str]:
    return [word[start : start + 8] for start in range(0, len(word), 8)]


def _sources(source: str, nodes: Sequence[ast.expr]) -> list[str]:
    return [_source(source, node) for node in nodes]


def _source(source: str, node: ast.expr) -> str:
    return ast.get_source_segment(source, node) or ""


def listed(items: Sequence[str], name: str, indent: int = 0) -> str:
    """A tuple under a name, on one line where it fits, else an item a line."""
    margin = " " * indent
    line = f"{margin}{name} = ({', '.join(items)}{',' * (len(items) == 1)})"
    if columns(line) <= WIDTH:
        return line
    return f"{margin}{name} = (\n" + "".join(f"{margin}    {item},\n" for item in items) + f"{margin})"


def table(rows: Sequence[Sequence[str]], name: str) -> str:
    """A tuple of tuples under a name, a row a line; one alone stands beside the name where it fits."""
    lines = [call(row, "", 4, ",") for row in rows]
    line = f"{name} = ({lines[0].strip()})" if len(lines) == 1 else ""
    if line and "\n" not in line and columns(line) <= WIDTH:
        return line
    return "\n".join([f"{name} = (", *lines, ")"]) if lines else f"{name} = ()"


def entry(items: Sequence[str], key: str, indent: int) -> str:
    """An entry of a dictionary: strings under a key, on one line where they fit, else an item a line."""
    margin = " " * indent
    quoted = [quote(item) for item in sorted(items, key=_isort)]
    line = f"{margin}{quote(key)}: ({', '.join(quoted)}{',' * (len(quoted) == 1)}),"
    if columns(line) <= WIDTH:
        return line
    return f"{margin}{quote(key)}: (\n" + "".join(f"{margin}    {item},\n" for item in quoted) + f"{margin}),"


# A test of an `if`: as it stands, or alternatives of which one must hold.
Test: TypeAlias = "str | tuple[str, str]"


def branch(tests: Sequence[Test], operator: str, indent: int, *, negated: bool = False) -> list[str]:
    """The head of an `if` on one line where it fits, else a test a line."""
    margin = " " * indent
    joined = f" {operator} ".join(_alternatives(test) for test in tests)
    line = f"{margin}if not ({joined}):" if negated else f"{margin}if {joined}:"
    if columns(line) <= WIDTH:
        return [line]
    inner = [line for number, test in enumerate(tests) for line in _test(test, operator if number else "", indent + 4)]
    return [f"{margin}if {'not ' * negated}(", *inner, f"{margin}):"]


def _alternatives(test: Test) -> str:
    if isinstance(test, str):
        return test
    return f"({test[0]} or {_grouped(test[1])})"


def _grouped(test: str) -> str:
    return f"({test})" if " and " in test else test


def _test(test: Test, operator: str, indent: int) -> list[str]:
    opening = " " * indent + (f"{operator} " if operator else "")
    line = opening + _alternatives(test)
    if columns(line) <= WIDTH or isinstance(test, str):
        return [line]
    margin = " " * (indent + 4)
    return [f"{opening}(", f"{margin}{test[0]}", f"{margin}or {_grouped(test[1])}", " " * indent + ")"]


def names(module: str, imported: Sequence[str], indent: int = 0) -> str:
    """An import statement, names in the order of isort."""
    ordered = sorted(imported, key=_isort)
    margin = " " * indent
    line = f"{margin}from {module} import {', '.join(ordered)}"
    if len(line) <= WIDTH:
        return line
    inner = "".join(f"{margin}    {name},\n" for name in ordered)
    return f"{margin}from {module} import (\n{inner}{margin})"


def _isort(name: str) -> tuple[bool, bool, tuple[tuple[str, int], ...]]:
    """Constants, then classes, then the rest."""
    return not name.isupper() or len(name) == 1, not name[0].isupper(), natural(name)
