"""What the readers of schema files have in common: texts, lists, codes, sections and conditions, with their laws."""

from __future__ import annotations

import re

from ruamel.yaml.nodes import Node, SequenceNode

from dimse_codegen import expression, forms
from dimse_codegen.form import Row
from dimse_codegen.model import Condition
from dimse_codegen.problem import Mark, Problem, Text
from dimse_codegen.yaml_source import Source

CODE = re.compile(forms.CODE)
_PATTERN = re.compile(forms.STATUS_CODE)
_SECTION = re.compile(forms.SECTION)


def conditions_of(source: Source, node: Node | None) -> tuple[Condition, ...]:
    """The conditions of C cells; none where the key is missing."""
    entries = source.items(node) if node is not None else []
    return tuple(condition_of(source, source.fields(entry, *forms.CONDITION.names)) for entry in entries)


def condition_of(source: Source, fields: dict[str, Node]) -> Condition:
    """The condition that stands in keys of `forms.CONDITION`."""
    text_of(source, fields.get("note"))
    return Condition(
        source.texts(fields["parameters"]) if "parameters" in fields else (),
        text_of(source, fields.get("column")),
        expression_of(source, fields.get("required_when")),
        expression_of(source, fields.get("permitted_when")),
        section_of(source, fields.get("section")),
        source.text(fields["severity"]) if "severity" in fields else None,
    )


def expression_of(source: Source, node: Node | None) -> expression.Expression:
    """A condition, parsed; `always` and a problem where it cannot be."""
    if node is None:
        return expression.Constant(True)
    text = source.text(node, "a condition")
    try:
        return expression.parse(text) if text else expression.Constant(True)
    except expression.ExpressionError as error:
        source.problems.append(error.problem)
        return expression.Constant(True)


def pattern_of(source: Source, pattern: Text) -> None:
    """Note a problem where a text is no status code and no range of them."""
    if pattern and not _PATTERN.fullmatch(pattern):
        text = f"'{pattern}' is no status code; write FF00H, or Bxxx for a range"
        source.problems.append(Problem(pattern.at, "CODE_FORM", text))


def text_of(source: Source, node: Node | None) -> Text:
    """A text, or "" where the key is missing: that has been noted already."""
    return Text("", Mark(source.path, 1, 1)) if node is None else source.text(node)


def pairs_of(source: Source, node: Node | None) -> list[tuple[Text, Node]]:
    """Pairs of a mapping, none where the key is missing; noted problems are not noted twice."""
    if node is None:
        return []
    before = len(source.problems)
    pairs = list(source.pairs(node))
    source.problems[before:] = [p for p in source.problems[before:] if p not in source.problems[:before]]
    return pairs


def entries_of(source: Source, node: Node, form: Row) -> list[Node]:
    """The entries of a list of a known length; none, and one problem, where it is not of that form."""
    if not isinstance(node, SequenceNode):
        return source.items(node, form.text)
    if len(node.value) == len(form.places):
        return list(node.value)
    source.note(node, "VALUE_KIND", f"{len(node.value)} entries stand here, where {form.text} is wanted")
    return []


def texts_by_name(source: Source, node: Node | None) -> dict[Text, Text]:
    """A mapping of texts to texts."""
    return {name: source.text(value) for name, value in pairs_of(source, node)}


def text_or_texts(source: Source, node: Node | None) -> tuple[Text, ...]:
    """One text, or a list of them."""
    if node is None:
        return ()
    if isinstance(node, SequenceNode):
        return source.texts(node)
    return (source.text(node),)


def code_of(source: Source, node: Node | None) -> int:
    """A code such as 0021H as a number; 0 and a problem where it is none."""
    text = text_of(source, node)
    if CODE.fullmatch(text):
        return int(text[:4], 16)
    if text and node is not None:
        source.note(node, "CODE_FORM", f"'{text}' is no code; write four capital hexadecimal digits and H, as 0021H")
    return 0


def section_of(source: Source, node: Node | None) -> Text:
    """The number of a section; a problem where it is none."""
    text = text_of(source, node)
    if text and node is not None and not _SECTION.fullmatch(text):
        source.note(node, "SECTION_FORM", f"'{text}' is no section; write 9.1.4.1.8, or 9.1.4.1.8 to 9.1.4.1.11")
    return text
