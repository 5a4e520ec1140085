"""What a command found, in the forms that people, programs and code hosts read.

Knows nothing of schemas: a finding is a rule's ID, a level, a sentence and a place.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from attrs import field, frozen

from dimse_codegen.problem import Mark, Problem

LEVELS = ("error", "warning", "note")
_GITHUB = {"error": "error", "warning": "warning", "note": "notice"}


@frozen
class Finding:
    """One thing found.

    Attributes:
        rule: a stable ID, CELL_REQUIRED.
        level: error, warning or note.
        text: what it is, in a line.
        at: the file and, where it is known, line and column; None for no file.
        more: further lines for people.
        data: what else is known, for JSON.
        accepted: why it is meant; "" where nobody has said so.
    """

    rule: str
    level: str
    text: str
    at: Mark | Path | None = None
    more: tuple[str, ...] = ()
    data: Mapping[str, object] = field(factory=dict)
    accepted: str = ""

    @classmethod
    def of(cls, problem: Problem) -> Finding:
        """A fault of a schema as a finding."""
        return cls(problem.law, "error", problem.text, problem.at)


@frozen
class Report:
    """What a command says: findings, the purpose of their rules by ID, and a last line for people."""

    command: str
    version: str
    rules: Mapping[str, str]
    findings: Sequence[Finding]
    summary: str = ""


def printable(text: str) -> str:
    """A text without characters that a terminal would obey."""
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)


def _text(report: Report) -> str:
    lines = []
    for found in report.findings:
        place = f"{found.at}: " if found.at else ""
        lines.append(printable(f"{place}{found.rule}: {found.text}"))
        lines += [f"    {printable(line)}" for line in found.more]
        lines += [f"    accepted: {printable(found.accepted)}"] * bool(found.accepted)
    return "\n".join([*lines, *[report.summary] * bool(report.summary)])


def _json(report: Report) -> str:
    found = [
        {
            "rule": each.rule,
            "level": each.level,
            "text": each.text,
            **_place(each.at),
            **each.data,
            **({"accepted": each.accepted} if each.accepted else {}),
        }
        for each in report.findings
    ]
    return json.dumps({"command": report.command, "findings": found, "summary": report.summary}, indent=2)


def _place(at: Mark | Path | None) -> dict[str, object]:
    if isinstance(at, Mark):
        return {"path": at.path.as_posix(), "line": at.line, "column": at.column}
    return {} if at is None else {"path": at.as_posix()}


def _github(report: Report) -> str:
    """Workflow commands; what is accepted is a notice."""
    lines = []
    for found in report.findings:
        level = "notice" if found.accepted else _GITHUB[found.level]
        names = {"path": "file", "line": "line", "column": "col"}
        place = {names[name]: str(value) for name, value in _place(found.at).items()}
        properties = ",".join(f"{key}={_property(value)}" for key, value in (place | {"title": found.rule}).items())
        text = "\n".join([found.text, *found.more, *[f"accepted: {found.accepted}"] * bool(found.accepted)])
        lines.append(f"::{level} {properties}::{_data(text)}")
    return "\n".join(lines)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _sarif(report: Report) -> str:
    """SARIF 2.1.0, one run."""
    rules = sorted({*report.rules, *(found.rule for found in report.findings)})
    driver = {
        "name": "dimse-codegen",
        "version": report.version,
        "rules": [{"id": rule, "shortDescription": {"text": report.rules.get(rule, rule)}} for rule in rules],
    }
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"dimse-codegen/{report.command}/"},
        "columnKind": "unicodeCodePoints",
        "results": [_result(found, rules.index(found.rule)) for found in report.findings],
    }
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2)


def _result(found: Finding, index: int) -> dict[str, object]:
    text = "\n".join([found.text, *found.more])
    result: dict[str, object] = {
        "ruleId": found.rule,
        "ruleIndex": index,
        "level": found.level,
        "message": {"text": text},
    }
    if found.at is not None:
        path = found.at.path if isinstance(found.at, Mark) else found.at
        uri = path.as_uri() if path.is_absolute() else quote(path.as_posix())
        physical: dict[str, object] = {"artifactLocation": {"uri": uri}}
        if isinstance(found.at, Mark):
            physical["region"] = {"startLine": found.at.line, "startColumn": found.at.column}
        result["locations"] = [{"physicalLocation": physical}]
    if found.data:
        result["properties"] = dict(found.data)
    if found.accepted:
        result["suppressions"] = [{"kind": "external", "justification": found.accepted}]
    return result


FORMATS: dict[str, Callable[[Report], str]] = {"text": _text, "json": _json, "github": _github, "sarif": _sarif}


def form(report: Report, name: str) -> str:
    """A report in one of `FORMATS`; no line break at its end."""
    return FORMATS[name](report)
