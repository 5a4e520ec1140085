"""Severities of a user's own: how grave each rule is here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import cast, get_args

from attrs import evolve

from dimse.violation import Severity, Violation

OFF = "off"


class Severities:
    """Other severities for some rules.

    Args:
        given: "error", "warning", "advisory" or "off" by rule ID; `*` in an ID stands for anything, and of several
            that fit, the last one holds.

    Raises:
        ValueError: no such severity.
    """

    def __init__(self, given: Mapping[str, Severity | str]) -> None:
        for rule, severity in given.items():
            if severity not in (*get_args(Severity), OFF):
                raise ValueError(f"{rule}: {severity!r} is no severity; one of {', '.join(get_args(Severity))}, {OFF}")
        self._given = dict(given)
        self._found = lru_cache(4096)(self._find)

    def apply(self, violations: Iterable[Violation]) -> tuple[Violation, ...]:
        """The violations with their severities here, without those of rules that are off."""
        if not self._given:
            return tuple(violations)
        found = [(violation, self._found(violation.rule)) for violation in violations]
        return tuple(
            violation if severity is None else evolve(violation, severity=cast(Severity, severity))
            for violation, severity in found
            if severity != OFF
        )

    def of(self, rule: str) -> str | None:
        """The severity that was given for a rule, "off" among them; None where none was."""
        return self._found(rule)

    def _find(self, rule: str) -> str | None:
        fitting = [severity for pattern, severity in self._given.items() if fnmatchcase(rule, pattern)]
        return fitting[-1] if fitting else None
