"""Words and file names of the reference."""

from __future__ import annotations

import re

from dimse_codegen.ir import Condition, Rule

# A kind is the end of an ID; those that are no word have one in file names.
_KINDS = {"-": "absent-by-table", "=": "equal"}


def escaped(text: str) -> str:
    """A text in which no character is Markdown, on one line."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return re.sub(r"([\\`*_{}\[\]<>|#&])", r"\\\1", " ".join(printable.split()))


def code(text: str) -> str:
    """A text as code; the IDs of rules have no backquote."""
    return f"`{text.replace('`', ' ')}`"


def slug(name: str) -> str:
    """The file of a service or message: small letters."""
    return name.lower()


def rule_file(rule: Rule) -> str:
    """The file of a rule, without ending: what its ID has behind that of its page."""
    return ".".join(part for part in (rule.keyword, _KINDS.get(rule.kind, rule.kind)) if part)


def demand(condition: Condition) -> str:
    """A condition in words."""
    required = "never required" if condition.required.op == "never" else f"required while {condition.required_words}"
    if condition.permitted.op == "always":
        return f"{required}, permitted at any time."
    return f"{required}, permitted while {condition.permitted_words}."
