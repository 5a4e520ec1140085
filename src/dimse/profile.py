"""Profiles: services as a conformance statement or a Service Class of PS3.4 has them, for some SOP Classes.

A profile is generated: primitive classes beside those of the services, each with its own table. Here is what they have
in common, and how a message finds the table that it is judged by. What a cell demands is in `dimse.judge`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from attrs import frozen

from dimse.judge import Column
from dimse.parameter import Dictionary
from dimse.rules import Rules
from dimse.severities import Severities

Primitives = type[Any]


@frozen
class Change:
    """What a profile changes, and why.

    Attributes:
        service: as "C-MOVE".
        what: the parameter and its column, "Identifier, Rsp/Conf", a rule's ID, or "Status".
        base, here: cell, condition, statuses or severity as the service has it, and as the profile has it.
        relaxed: whether something passes here that the service refuses.
        section: where that stands, as "PS3.4 C.4.2.1.6".
        reason: in a sentence.
    """

    service: str
    what: str
    base: str
    here: str
    relaxed: bool
    section: str
    reason: str

    def __str__(self) -> str:
        mark = " (relaxed)" if self.relaxed else ""
        return f"{self.service} {self.what}: {self.base} > {self.here}{mark}. {self.reason} ({self.section})"


class Profile:
    """A profile: classes for the services that it changes, and the SOP Classes for which they hold.

    Attributes:
        name: as "Study Root Query/Retrieve".
        section: what it is taken from, as "PS3.4 C.6.2".
        summary: what it is, in a sentence.
        services: primitive classes, each with the UIDs of its SOP Classes.
        changes: what differs from the services.
    """

    def __init__(
        self,
        name: str,
        section: str,
        summary: str,
        dictionary: Dictionary,
        services: Iterable[tuple[Primitives, tuple[str, ...]]],
        changes: Iterable[tuple[str, str, str, str, bool, str, str]],
    ) -> None:
        self.name = name
        self.section = section
        self.summary = summary
        self.services = dict(services)
        self.changes = tuple(Change(*each) for each in changes)
        self._dictionary = dictionary
        self._by_sop_class = {(cls.SERVICE, uid): cls for cls, uids in self.services.items() for uid in uids}

    def __repr__(self) -> str:
        return f"<Profile {self.name} ({self.section})>"

    @cached_property
    def RULES(self) -> Rules:
        """Every rule of its messages, with section and severity as the profile has them.

        Those of conversations stand here as they are without it: their severities are those of one service each.
        """
        return Rules(self._dictionary, self.services)

    def service(self, name: str, *sop_classes: str | None) -> Primitives | None:
        """The class for a service and the first of some SOP Classes that has one; None where none has.

        Args:
            name: as "C-MOVE".
            sop_classes: UIDs; None for one that is not known.
        """
        found = (self._by_sop_class.get((name, uid)) for uid in sop_classes if uid is not None)
        return next((cls for cls in found if cls is not None), None)

    def column(self, column: Column, *sop_classes: str | None) -> Column:
        """The column that judges for the first of some SOP Classes that has one; else the column given."""
        cls = self.service(column.service, *sop_classes)
        return column if cls is None else column_of(cls, column)


def column_of(cls: Primitives, column: Column) -> Column:
    """The column of a profile's class in place of its service's."""
    found: Column = cls._COLUMNS[column.role]
    return found


class Profiles:
    """Several profiles at once; of those that have a class for a service and SOP Class, the last one holds."""

    def __init__(self, profiles: Iterable[Profile]) -> None:
        self._profiles = tuple(reversed(tuple(profiles)))
        for each in self._profiles:
            if not isinstance(each, Profile):
                raise TypeError(f"a profile is a dimse.profile.Profile, as PROFILE of a profile's module; got {each!r}")
        self._severities: dict[Primitives, Severities] = {}

    def service(self, name: str, *sop_classes: str | None) -> Primitives | None:
        """The class for a service and the first of some SOP Classes that has one; None where none has."""
        for uid in sop_classes:
            for profile in self._profiles:
                cls = profile.service(name, uid)
                if cls is not None:
                    return cls
        return None

    def severities(self, cls: Primitives) -> Severities:
        """The severities that the profile gives to the rules of its class, those of conversations among them."""
        found = self._severities.get(cls)
        if found is None:
            found = self._severities[cls] = Severities(dict(cls.SEVERITIES))
        return found
