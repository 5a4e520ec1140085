"""What the page lists beside the summary, counted as events come; nothing here grows with the capture."""

from __future__ import annotations

from collections import Counter
from typing import TypeAlias

from attrs import Factory, define

from dimse.capture import Association, Event, Said
from dimse.cli.output import plain
from dimse.cli.reports.sides import found_in
from dimse.violation import Violation

MOST_LISTED = 500

# Name of the message's anchor, name of the side at fault, and what is wrong.
Finding: TypeAlias = tuple[str, str, Violation]


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
    """The first captures, Associations and findings."""

    captures: list[str] = Factory(list)
    associations: list[AssociationCount] = Factory(list)
    findings: list[Finding] = Factory(list)
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
        anchor = f"{self.prefix}m{event.number}" if isinstance(event, Said) else line.anchor
        for side, violation in found_in(event):
            line.severities[violation.severity] += 1
            if len(self.findings) < MOST_LISTED:
                self.findings.append((anchor, plain(association.name(side)), violation))
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
