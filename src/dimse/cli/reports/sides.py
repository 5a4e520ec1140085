"""Who broke what: for each side that was met, the rules that it broke, how often, and where first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import Factory, define

from dimse.capture import Association, Began, Ended, Event, Fault, Said
from dimse.cli.output import spelt
from dimse.operation import OTHER_SIDE, Side
from dimse.violation import Violation

# Peers decide how many titles there are; those above are counted as one.
MOST_SIDES = 1000
FAULT = "FAULT"
_OTHERS = ("others", None)


@define
class Breach:
    """A rule that a side broke.

    Attributes:
        rule: its ID; "FAULT" where what was sent makes no PDU or no message.
        severity, section: of the first time.
        times: how often.
        capture, message: where first; None for the message where it was none.
    """

    rule: str
    severity: str
    section: str
    capture: str
    message: int | None
    times: int = 0

    def as_json(self) -> dict[str, Any]:
        """As JSON has it."""
        first = {"capture": spelt(self.capture), "message": self.message}
        return {
            "rule": self.rule,
            "severity": self.severity,
            "section": self.section,
            "times": self.times,
            "first": first,
        }


@define
class Party:
    """One that took part in Associations.

    Attributes:
        title: its AE title, or its address where the title is not known.
        version: its Implementation Version Name, None where it gave none.
        associations, messages: in how many it took part, how many it sent.
        breaches: by rule.
    """

    title: str
    version: str | None
    associations: int = 0
    messages: int = 0
    breaches: dict[str, Breach] = Factory(dict)

    def as_json(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "title": self.title,
            "version": self.version,
            "associations": self.associations,
            "messages": self.messages,
            "broke": [each.as_json() for each in self.breaches.values()],
        }


class Sides:
    """Everybody that was met, in the order of meeting."""

    def __init__(self) -> None:
        self._parties: dict[tuple[str, str | None], Party] = {}

    def __iter__(self) -> Iterator[Party]:
        return iter(self._parties.values())

    def count(self, event: Event, capture: str) -> None:
        """Take an event into account."""
        if isinstance(event, Began) or (isinstance(event, Ended) and event.how == "rejected"):
            for side in OTHER_SIDE:
                self._party(event.association, side).associations += 1
        elif isinstance(event, Said):
            party = self._party(event.association, event.sender)
            party.messages += 1
            for violation in event.judgement.violations:
                self._broke(party, violation.rule, violation.severity, violation.section, capture, event.number)
        elif isinstance(event, Fault):
            self._broke(self._party(event.association, event.sender), FAULT, "error", "PS3.8 9.3", capture, None)
        if isinstance(event, Ended):
            for violation in event.violations:
                party = self._party(event.association, silent_side(violation))
                self._broke(party, violation.rule, violation.severity, violation.section, capture, None)

    def _party(self, association: Association, side: Side) -> Party:
        negotiated = association.negotiated
        version = None
        if negotiated is not None:
            version = (negotiated.requestor if side == "requestor" else negotiated.acceptor).version
        key = association.name(side), version
        if key not in self._parties and len(self._parties) >= MOST_SIDES:
            key = _OTHERS
        return self._parties.setdefault(key, Party(*key))

    def _broke(self, party: Party, rule: str, severity: str, section: str, capture: str, message: int | None) -> None:
        if rule not in party.breaches:
            party.breaches[rule] = Breach(rule, severity, section, capture, message)
        party.breaches[rule].times += 1


def silent_side(violation: Violation) -> Side:
    """The side that left an operation unanswered: the other than the one that the text says has invoked it."""
    return "acceptor" if "of the requestor" in violation.text else "requestor"
