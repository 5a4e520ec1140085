"""A primitive as an HTML table: its matrix, what is set, what is wrong.

Read by people in a notebook, so it shows what `violations` and `anomalies` say and judges nothing itself. Values come
from peers: every text is escaped, cut where it is long, and its control characters are spelt out.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING, Any

from dimse.parameter import COLUMN_OF_ROLE, Role, Row

if TYPE_CHECKING:
    from dimse.primitive import Primitive
    from dimse.violation import Violation

_LONGEST = 400

# Colours that are laid over the page's own, so that they serve a light page and a dark one.
_LEFT = "text-align: left; vertical-align: top"
_HIGHLIGHT = f"{_LEFT}; background: rgba(70, 130, 220, 0.18)"
_WRONG = f"{_LEFT}; background: rgba(220, 50, 50, 0.22)"
_TABLE = "border-collapse: collapse; font-variant-numeric: tabular-nums"


def matrix_html(primitive: Primitive[Any, Any]) -> str:
    """The matrix of a primitive as HTML, without style sheet or script.

    A row a parameter, in table order: name, a cell a column with that of the primitive's role marked, the value, and
    what is said against it with its section. Below the table stand the anomalies of the bytes it was decoded from.
    """
    role = primitive.role
    violations = primitive.violations()
    shown = dict(primitive._shown())
    rows = [
        _row(row, primitive.TABLE.roles, role, shown.get(row.keyword, ""), _of(violations, row.keyword))
        for row in primitive.TABLE
    ]
    known = {row.keyword for row in primitive.TABLE}
    stray = (violation for violation in violations if violation.keyword not in known)
    rows += [_stray(violation, len(primitive.TABLE.roles)) for violation in stray]
    head = _cells("th", ("Parameter", *primitive.TABLE.columns, "Value", "Verdict"))
    table = (
        f'<table class="dimse-matrix" style="{_TABLE}">'
        f"<caption>{_caption(primitive, len(violations))}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )
    return f"<div>{table}{_anomalies(primitive)}</div>"


def _caption(primitive: Primitive[Any, Any], number: int) -> str:
    counted = "no violation" if not number else f"{number} violation{'' if number == 1 else 's'}"
    equality = "; (=) is judged by violations(request=...)" if primitive.role == "response" else ""
    where = _text(f"{primitive.TABLE.document} {primitive.TABLE.title}")
    return f"<b>{_text(primitive.SERVICE)} {primitive.role}</b>, {where}: {counted}{equality}"


def _row(row: Row, roles: Iterable[Role], role: Role, value: str, violations: list[Violation]) -> str:
    cells = "".join(
        _cell(
            "td",
            _text(row.cell(each) or ""),
            _HIGHLIGHT if each == role else _LEFT,
            condition_text(row, each) or COLUMN_OF_ROLE[each],
        )
        for each in roles
    )
    verdict = "<br/>".join(_text(str(violation)) for violation in violations) or ("ok" if value else "")
    style = _WRONG if violations else _LEFT
    name = _cell("th", _text(row.name), _LEFT, f"{row.keyword}, {row.citation()}")
    return f"<tr>{name}{cells}{_cell('td', _text(value), style)}{_cell('td', verdict, style)}</tr>"


def _stray(violation: Violation, columns: int) -> str:
    """A row for what is said of something that is no row of the table."""
    name = _cell("th", _text(violation.keyword), _LEFT)
    empty = _cell("td", "", _LEFT) * columns
    return f"<tr>{name}{empty}{_cell('td', '', _WRONG)}{_cell('td', _text(str(violation)), _WRONG)}</tr>"


def condition_text(row: Row, role: Role) -> str:
    """What stands behind a C cell, in words; "" for any other."""
    if not (row.cell(role) or "").startswith("C"):
        return ""
    parts = []
    if row.required is not None:
        parts.append(f"required while {row.required}")
    if row.permitted is not None or row.with_status is not None:
        parts.append(f"permitted only while {row.permitted or row.with_status}")
    return "; ".join(parts)


def _anomalies(primitive: Primitive[Any, Any]) -> str:
    items = "".join(f"<li>{_text(str(anomaly))}</li>" for anomaly in primitive.anomalies)
    return f"<p>Anomalies of the bytes:</p><ul>{items}</ul>" if items else ""


def _of(violations: Iterable[Violation], keyword: str) -> list[Violation]:
    return [violation for violation in violations if violation.keyword == keyword]


def _cells(tag: str, texts: Iterable[str]) -> str:
    return "".join(_cell(tag, _text(text), _LEFT) for text in texts)


def _cell(tag: str, content: str, style: str, title: str = "") -> str:
    tip = f' title="{_text(title)}"' if title else ""
    return f'<{tag} style="{style}"{tip}>{content}</{tag}>'


def _text(text: str) -> str:
    """Text that stays text: cut, control characters spelt out, the rest escaped."""
    cut = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... ({len(text)} characters)"
    return escape("".join(c if c.isprintable() else ascii(c)[1:-1] for c in cut))
