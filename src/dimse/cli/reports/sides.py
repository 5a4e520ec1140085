"""Who broke what: for each side that was met, the rules that it broke, how often, and where first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from attrs import Factory, define, evolve

from dimse.capture import Association, Began, Ended, Event, Fault, Said
from dimse.cli.output import STYLES, spelt
from dimse.operation import OTHER_SIDE, Side
from dimse.violation import Severity, Violation

# Peers decide how many titles there are; those above are counted as one.
MOST_SIDES = 1000
FAULT = "FAULT"
OF_PDUS = "PS3.8 9.3"
_OTHERS = ("others", None)


@define
class Breach:
    """A rule that a side broke.

    Attributes:
        rule: its ID; "FAULT" where what was sent makes no PDU or no message.
        example: what was said the first time.
        capture, message: where first; None for the message where it was none.
        times: how often.
    """

    rule: str
    example: Violation
    capture: str
    message: int | None
    times: int = 0

    @property
    def severity(self) -> Severity:
        """That of the first time."""
        return self.example.severity

    @property
    def section(self) -> str:
        """Where the standard says so."""
        return self.example.section

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
        severities: how often it broke any, by severity.
    """

    title: str
    version: str | None
    associations: int = 0
    messages: int = 0
    breaches: dict[str, Breach] = Factory(dict)
    severities: Counter[str] = Factory(Counter)

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
        # Of Associations that have begun, by side: who they are does not change until they have ended.
        self._known: dict[Association, dict[Side, Party]] = {}

    def __iter__(self) -> Iterator[Party]:
        return iter(self._parties.values())

    def count(self, event: Event, capture: str) -> None:
        """Take an event into account."""
        if isinstance(event, Began) or (isinstance(event, Ended) and event.how == "rejected"):
            known: dict[Side, Party] = {side: self._party(event.association, side) for side in OTHER_SIDE}
            for party in known.values():
                party.associations += 1
            if isinstance(event, Began):
                self._known[event.association] = known
        elif isinstance(event, Said):
            self._of(event.association, event.sender).messages += 1
        for side, violation in found_in(event):
            assert isinstance(event, Said | Ended | Fault)
            party = self._of(event.association, side)
            number = event.number if isinstance(event, Said) else None
            breach = party.breaches.setdefault(violation.rule, Breach(violation.rule, violation, capture, number))
            breach.times += 1
            party.severities[violation.severity] += 1
        if isinstance(event, Ended):
            self._known.pop(event.association, None)

    def by_title(self) -> list[Party]:
        """Those that broke a rule, one a title whatever the version, the worst first."""
        found: dict[str, Party] = {}
        for party in self:
            if party.breaches:
                _add(found.setdefault(party.title, Party(party.title, None)), party)
        return sorted(found.values(), key=lambda each: ([-each.severities[level] for level in STYLES], each.title))

    def by_rule(self) -> list[Breach]:
        """The rules that were broken, whoever did, the gravest and then the most often broken first."""
        everybody = Party("", None)
        for party in self:
            _add(everybody, party)
        gravity = list(STYLES)
        return sorted(
            everybody.breaches.values(), key=lambda each: (gravity.index(each.severity), -each.times, each.rule)
        )

    def _of(self, association: Association, side: Side) -> Party:
        known = self._known.get(association)
        return self._party(association, side) if known is None else known[side]

    def _party(self, association: Association, side: Side) -> Party:
        negotiated = association.negotiated
        version = None
        if negotiated is not None:
            version = (negotiated.requestor if side == "requestor" else negotiated.acceptor).version
        key = association.name(side), version
        if key not in self._parties and len(self._parties) >= MOST_SIDES:
            key = _OTHERS
        return self._parties.setdefault(key, Party(*key))


def _add(total: Party, party: Party) -> None:
    for breach in party.breaches.values():
        known = total.breaches.setdefault(breach.rule, evolve(breach, times=0))
        known.times += breach.times
    total.associations += party.associations
    total.messages += party.messages
    total.severities += party.severities


def found_in(event: Event) -> Iterable[tuple[Side, Violation]]:
    """What is wrong with an event, and whose it is; bytes that make no PDU or no message among it."""
    if isinstance(event, Said):
        return [(event.sender, violation) for violation in event.judgement.violations]
    if isinstance(event, Ended):
        return [(_silent_side(violation), violation) for violation in event.violations]
    if isinstance(event, Fault):
        return [(event.sender, Violation(FAULT, "error", "", "", event.reason, OF_PDUS))]
    return ()


def _silent_side(violation: Violation) -> Side:
    """The side that left an operation unanswered: the other than the one that the text says has invoked it."""
    return "acceptor" if "of the requestor" in violation.text else "requestor"
