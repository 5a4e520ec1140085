"""What every report is handed, and what is counted for all of them."""

from __future__ import annotations

from collections import Counter
from typing import Any, Protocol

from attrs import Factory, define

from dimse.capture import Encrypted, Ended, Event, Fault, Gap, Said
from dimse.cli.output import STYLES
from dimse.cli.reports.sides import Sides, found_in


@define
class Summary:
    """What was found, counted; `sides` says who broke what."""

    captures: int = 0
    associations: int = 0
    messages: int = 0
    gaps: int = 0
    faults: int = 0
    encrypted: int = 0
    severities: Counter[str] = Factory(Counter)
    unread: list[str] = Factory(list)
    sides: Sides = Factory(Sides)

    def count(self, event: Event, capture: str = "") -> None:
        """Take an event of a capture into account."""
        self.sides.count(event, capture)
        if isinstance(event, Said):
            self.messages += 1
        elif isinstance(event, Ended):
            self.associations += 1
        elif isinstance(event, Gap):
            self.gaps += 1
        elif isinstance(event, Encrypted):
            self.encrypted += 1
        elif isinstance(event, Fault):
            self.faults += 1
        for _, violation in found_in(event):
            self.severities[violation.severity] += 1

    def as_json(self) -> dict[str, Any]:
        """As JSON has it."""
        counts = {name: self.severities[name] for name in STYLES}
        names = ("captures", "associations", "messages", "gaps", "faults", "encrypted", "unread")
        sides = [side.as_json() for side in self.sides]
        return {**{name: getattr(self, name) for name in names}, **counts, "sides": sides}


class Report(Protocol):
    """Where what was found is told."""

    def begin(self, path: str) -> None:
        """A capture begins."""

    def event(self, event: Event, first: int) -> None:
        """Something happened; `first` is when the capture began."""

    def unread(self, path: str, reason: str) -> None:
        """A capture could not be read, or not to its end."""

    def end(self, summary: Summary) -> None:
        """All was read."""
