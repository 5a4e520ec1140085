"""The profiles of both schemas: what each comes to, beside its service, is compared, not how it was written down."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dimse_codegen.changes.cells import cell, condition, severity
from dimse_codegen.changes.compare import Change, Pair, moved, unique, walk
from dimse_codegen.model import Condition, Extension, Schema, Service
from dimse_codegen.problem import Text
from dimse_codegen.profiled import condition_of, profiled


def changes(pair: Pair, field: str) -> Iterator[Change]:
    """The cells that either profile changes; one that it leaves alone is its service's."""
    old, new = (unique(each.changes, lambda change: f"{change.parameter}, {change.column}") for each in _sides(pair))
    services = _services(pair)
    for key in dict.fromkeys([*old, *new]):
        was, now = old.get(key), new.get(key)
        inner = pair.inner(was, now, key)
        parameter, column = (getattr(now or was, name) for name in ("parameter", "column"))
        before, after = (None if each is None else each.cell(parameter, column) for each in services)
        if before is not None and after is not None:
            yield from cell(inner, "", before, after)
        if was is not None and now is not None:
            yield from walk(inner)
    yield from moved(pair, "ORDER_CHANGED", [*old], [*new], field)


def conditions(pair: Pair, field: str) -> Iterator[Change]:
    """The conditions that either profile has in place of its service's; where a C is gone, its cell is told of."""
    old, new = (_by_cell(each) for each in _sides(pair))
    services = _services(pair)
    for key in dict.fromkeys([*old, *new]):
        found: list[Condition | None] = [None if each is None else condition_of(each, *key) for each in services]
        if None in found:
            continue
        inner = pair.inner(found[0], found[1], ", ".join([*key, "condition"]))
        yield from condition(inner)
        if key in old and key in new and old[key].reason != new[key].reason:
            yield inner.change("TEXT_CHANGED", "", old[key].reason, new[key].reason)
    yield from moved(pair, "ORDER_CHANGED", [", ".join(key) for key in old], [", ".join(key) for key in new], field)


def statuses(pair: Pair, _: str) -> Iterator[Change]:
    """The statuses that are left; a profile that names none leaves all."""
    old, new = pair.old.statuses, pair.new.statuses
    if old is not None and new is not None:
        yield from walk(pair.inner(old, new, "statuses"))
    elif old is not None or new is not None:
        codes = [each and each.codes for each in (old, new)]
        yield pair.change("STATUS_LEFT_OUT" if old is None else "STATUS_LET_IN", "statuses", *codes)


def severities(pair: Pair, field: str) -> Iterator[Change]:
    """The severities that either profile gives; one that it does not give is the rule's own."""
    old, new = (unique(each.severities, lambda given: str(given.rule)) for each in _sides(pair))
    for rule in dict.fromkeys([*old, *new]):
        was, now = old.get(rule), new.get(rule)
        inner = pair.inner(was, now, rule)
        if was is not None and now is not None:
            yield from walk(inner)
        elif now is not None:
            yield from severity(inner.inner(_Severity(now.base), _Severity(now.here), ""), "severity")
        elif was is not None:
            yield from severity(inner.inner(_Severity(was.here), _Severity(was.base), ""), "severity")
    yield from moved(pair, "ORDER_CHANGED", [*old], [*new], field)


def given_severity(pair: Pair, field: str) -> Iterator[Change]:
    """The severity that both profiles give to a rule."""
    yield from severity(pair.inner(_Severity(pair.old.here), _Severity(pair.new.here), ""), "severity")


class _Severity:
    def __init__(self, severity: Text) -> None:
        self.severity = severity


def _sides(pair: Pair) -> tuple[Extension, Extension]:
    return pair.old, pair.new


def _by_cell(extension: Extension) -> dict[tuple[str, str], Any]:
    return {
        (str(name), str(each.condition.column)): each
        for each in extension.conditions
        for name in each.condition.parameters
    }


def _services(pair: Pair) -> list[Service | None]:
    """The service with the changes of each profile, None where a schema has no such service."""
    assert pair.within is not None
    assert pair.within.within is not None
    whole = pair.within.within
    sides: list[tuple[Schema, Extension]] = [(whole.old, pair.old), (whole.new, pair.new)]
    services = [(schema, schema.service(extension.extends), extension) for schema, extension in sides]
    return [service and profiled(schema, service, extension) for schema, service, extension in services]
