"""What is said against a message: one violation, one rule, one citation."""

from __future__ import annotations

from typing import Literal, TypeAlias

from attrs import frozen

Severity: TypeAlias = Literal["error", "warning", "advisory"]


@frozen
class Violation:
    """A rule of PS3.7 that a message breaks.

    Attributes:
        rule: stable ID, message, parameter and cell, as "C-MOVE-RSP.NumberOfRemainingSuboperations.C".
        severity: "error", "warning" or "advisory".
        keyword: the parameter at fault; a tag, as "(0009,0010)", for an element that has no keyword.
        cell: the glyph at fault, "" where a rule of the text is broken.
        text: what is wrong, in words.
        section: where the rule stands, as "PS3.7 9.1.4.1.8".
    """

    rule: str
    severity: Severity
    keyword: str
    cell: str
    text: str
    section: str

    def __str__(self) -> str:
        return f"{self.text} ({self.section})"
