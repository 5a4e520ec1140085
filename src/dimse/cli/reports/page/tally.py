"""What the summary of the page is made of, counted as events come; nothing here grows with the capture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TypeAlias

from attrs import Factory, define

from dimse.capture import Association, Event, Fault, Said
from dimse.cli.output import STYLES, plain
from dimse.cli.reports.report import violations_of
from dimse.violation import Violation

MOST_LISTED = 500
MOST_SIDES = 200
OTHERS = "others"
# What a side sent that makes no PDU and no message breaks no rule of a table: it is an error under this name.
FAULT = "FAULT"

# Name of the message's anchor, name of the side at fault, and what is wrong.
Finding: TypeAlias = tuple[str, str, Violation]


@define
class RuleCount:
    """A rule that was broken: `example` is what was said the first time, `sides` who broke it, and how often."""

    example: Violation
    count: int = 0
    sides: Counter[str] = Factory(Counter)


@define
class AssociationCount:
    """An Association, and what was counted of it."""

    anchor: str
    capture: int
    association: Association
    messages: int = 0
    severities: Counter[str] = Factory(Counter)
    how: str = ""


@define
class Tally:
    """Counts by side, by rule and by Association, and the first findings of all."""

    captures: list[str] = Factory(list)
    sides: dict[str, Counter[str]] = Factory(dict)
    rules: dict[str, RuleCount] = Factory(dict)
    associations: list[AssociationCount] = Factory(list)
    findings: list[Finding] = Factory(list)
    broken: int = 0
    _under_way: dict[int, AssociationCount] = Factory(dict)
    _capture: int = -1

    @property
    def prefix(self) -> str:
        """What stands before the anchors of a capture: nothing for the first."""
        return f"c{self._capture + 1}-" if self._capture else ""

    def begin(self, path: str) -> None:
        """A capture begins."""
        self._capture += 1
        self._under_way.clear()
        if len(self.captures) < MOST_LISTED:
            self.captures.append(plain(path))

    def count(self, event: Event) -> None:
        """Take an event into account."""
        association: Association | None = getattr(event, "association", None)
        if association is None:
            return
        line = self._line(association)
        line.messages += isinstance(event, Said)
        side = plain(association.name(event.sender)) if isinstance(event, Said | Fault) else ""
        anchor = f"{self.prefix}m{event.number}" if isinstance(event, Said) else line.anchor
        for violation in found_in(event):
            line.severities[violation.severity] += 1
            self._break(anchor, side, violation)
        how = getattr(event, "how", "")
        if how:
            by = getattr(event, "by", None)
            line.how = f"{how} by {plain(association.name(by))}" if by else how
            del self._under_way[association.number]

    def _line(self, association: Association) -> AssociationCount:
        line = self._under_way.get(association.number)
        if line is None:
            line = AssociationCount(f"{self.prefix}a{association.number}", self._capture, association)
            self._under_way[association.number] = line
            if len(self.associations) < MOST_LISTED:
                self.associations.append(line)
        return line

    def _break(self, anchor: str, side: str, violation: Violation) -> None:
        self.broken += 1
        rule = self.rules.get(violation.rule)
        if rule is None:
            name = violation.rule if len(self.rules) < MOST_LISTED else OTHERS
            rule = self.rules.setdefault(name, RuleCount(violation))
        rule.count += 1
        if side:
            side = side if side in self.sides or len(self.sides) < MOST_SIDES else OTHERS
            self.sides.setdefault(side, Counter())[violation.severity] += 1
            rule.sides[side] += 1
        if len(self.findings) < MOST_LISTED:
            self.findings.append((anchor, side, violation))

    def worst_rules(self) -> list[tuple[str, RuleCount]]:
        """The rules, the gravest and then the most often broken first."""
        gravity = list(STYLES)
        return sorted(
            self.rules.items(), key=lambda each: (gravity.index(each[1].example.severity), -each[1].count, each[0])
        )

    def worst_sides(self) -> list[tuple[str, Counter[str]]]:
        """The sides that broke a rule, the worst first."""
        return sorted(self.sides.items(), key=lambda each: ([-each[1][level] for level in STYLES], each[0]))


def found_in(event: Event) -> Iterator[Violation]:
    """What is wrong with an event; bytes that make no message among it."""
    if isinstance(event, Fault):
        yield Violation(FAULT, "error", "", "", event.reason, "PS3.8 9.3")
    yield from violations_of(event)
