"""The matrix of a service in both schemas: cells, conditions, equalities."""

from __future__ import annotations

from collections.abc import Iterator

from dimse_codegen.changes.compare import Change, Pair
from dimse_codegen.changes.conditions import told, verdict
from dimse_codegen.model import Condition, Parameter, Service
from dimse_codegen.problem import Text

_SEVERITIES = ("off", "advisory", "warning", "error")


def cells(pair: Pair, _: str) -> Iterator[Change]:
    """The cells of a row, by column; a column that one side lacks is a difference of the table, not of its rows."""
    old, new = (_by_column(parent, row) for parent, row in _rows(pair))
    for column, here in new.items():
        if column in old:
            yield from cell(pair, column, old[column], here)


def new_row(pair: Pair, _: str) -> Iterator[Change]:
    """A new row is a row of '-' that was changed: an M in it is required from now on."""
    assert pair.within is not None
    for column, here in _by_column(pair.within.new, pair.new).items():
        if column in pair.within.old.columns:
            yield from (each for each in cell(pair, column, None, here) if each.kind.breaking)


def _rows(pair: Pair) -> tuple[tuple[Service, Parameter], tuple[Service, Parameter]]:
    assert pair.within is not None
    return (pair.within.old, pair.old), (pair.within.new, pair.new)


def _by_column(service: Service, row: Parameter) -> dict[str, Text]:
    return {str(column): cell for column, cell in zip(service.columns, row.cells, strict=False)}


def cell(pair: Pair, column: str, old: Text | None, new: Text) -> Iterator[Change]:
    """A cell that is another; `old` is None for one of a new row."""
    before, after = _parts(old or "-"), _parts(new)
    kind = _glyph(before[0], after[0])
    if kind is not None:
        yield pair.change(kind, column, old, new)
    # What is forbidden, or was, has no value and repeats nothing.
    if "-" in (after[0], before[0]) and old is not None:
        return
    if before[1] != after[1]:
        yield pair.change(_fixed(before[1], after[1]), column, old, new)
    if before[2] != after[2]:
        yield pair.change("EQUALITY_ADDED" if after[2] else "EQUALITY_REMOVED", column, old, new)


def _parts(cell: str) -> tuple[str, str, bool]:
    """The glyph without its F, the fixed value, whether it repeats the request."""
    glyph, _, fixed = cell.removesuffix("(=)").partition(" ")
    return glyph.removesuffix("F"), fixed, cell.endswith("(=)")


def _fixed(old: str, new: str) -> str:
    """What became of a fixed value; of several, as profiles may have, one has to stand there."""
    if not new:
        return "VALUE_FREED"
    return "VALUES_WIDENED" if old and {*old.split(" or ")} < {*new.split(" or ")} else "VALUE_FIXED"


def _glyph(old: str, new: str) -> str | None:
    if old == new:
        return None
    if new == "M":
        return "CELL_REQUIRED"
    if new == "-":
        return "CELL_FORBIDDEN"
    if old == "M":
        return "CELL_RELAXED"
    if old == "-":
        return "CELL_ALLOWED"
    return "CELL_CONDITIONED" if new == "C" else "CELL_FREED"


def conditions(pair: Pair, _: str) -> Iterator[Change]:
    """What stands behind each C; where only one side has a C, its cell has been told of."""
    old, new = _conditions(pair.old), _conditions(pair.new)
    for key, now in new.items():
        if key in old:
            yield from condition(pair.inner(old[key], now, ", ".join([*key, "condition"])))


def condition(pair: Pair) -> Iterator[Change]:
    """A condition that is another."""
    was, now = pair.old, pair.new
    kind = verdict(was, now)
    if kind is not None:
        yield pair.change(kind, "", Text(told(was), pair.was), Text(told(now), pair.at))
    if was.section != now.section:
        yield pair.change("PLACE_CHANGED", "section", was.section, now.section)
    yield from severity(pair, "severity")


def _conditions(service: Service) -> dict[tuple[str, str], Condition]:
    return {(str(name), str(each.column)): each for each in service.conditions for name in each.parameters}


def severity(pair: Pair, field: str) -> Iterator[Change]:
    """A severity; none is error."""
    old, new = getattr(pair.old, field) or "error", getattr(pair.new, field) or "error"
    if old != new:
        ranks = [_SEVERITIES.index(each) if each in _SEVERITIES else 0 for each in (old, new)]
        yield pair.change("SEVERITY_RAISED" if ranks[1] >= ranks[0] else "SEVERITY_LOWERED", field, old, new)
