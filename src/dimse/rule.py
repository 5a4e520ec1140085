"""Rules that can be looked up: what an ID means, where it stands, how grave breaking it is.

The rules of a package's cells are read off its matrices (`dimse.rules`); those beside the cells stand in its `_rules`
module, printed from `schema/rules.yaml`, and are kept here as a `Rulebook`.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import Any
from weakref import WeakKeyDictionary

from attrs import frozen

from dimse.violation import Severity, Violation


@frozen
class Rule:
    """A rule of the standard.

    Attributes:
        id: stable, as "C-MOVE-RSP.Identifier.M" or "CONVERSATION.PENDING".
        severity: of breaking it, where no profile says otherwise.
        section: where it stands, as "PS3.7 9.1.4.1.8".
        purpose: what it demands, in a sentence.
        statuses: the types of status that a request which breaks it should be answered with, the best one first.
    """

    id: str
    severity: Severity
    section: str
    purpose: str
    statuses: tuple[str, ...] = ()

    def broken(self, text: str, *, keyword: str = "", cell: str = "", section: str = "") -> Violation:
        """The violation of this rule, in words."""
        return Violation(self.id, self.severity, keyword, cell, text, section or self.section)


@frozen
class Advice:
    """Something worth saying of a response for what it has or lacks.

    Attributes:
        rule: what the rule's ID ends with.
        keyword: the parameter.
        when: "present" or "absent".
        services: in whose responses.
        severity, purpose: of the rule.
    """

    rule: str
    keyword: str
    when: str
    services: tuple[str, ...]
    severity: Severity
    purpose: str


class Rulebook:
    """The rules of a package beside its cells.

    Attributes:
        advice: what is said of responses.
        several_responses: the services to which PS3.7 Table 7.5-2 grants more than one response.
    """

    def __init__(self, package: str) -> None:
        name = f"{package}._rules"
        printed: Any = None
        try:
            printed = import_module(name)
        except ModuleNotFoundError as error:
            if error.name not in (name, package):
                raise
        self._groups: dict[str, dict[str, Rule]] = {}
        for group, rule, severity, section, purpose, statuses in printed.RULES if printed else ():
            where = section if section.startswith(("PS3.", "row")) else f"PS3.7 {section}"
            self._groups.setdefault(group, {})[rule] = Rule(rule, severity, where, purpose, statuses)
        self._parameters: dict[str, tuple[str, ...]] = dict(printed.PARAMETERS if printed else ())
        self.advice = tuple(Advice(*row) for row in (printed.ADVICE if printed else ()))
        self.several_responses: tuple[str, ...] = printed.SEVERAL_RESPONSES if printed else ()

    def group(self, name: str) -> dict[str, Rule]:
        """The rules of a group, by name: cells, fields, responses, conversation, wire or fragments."""
        return self._groups.get(name, {})

    def prefixed(self, group: str, prefix: str) -> dict[str, Rule]:
        """The rules of a group under their IDs, by name."""
        return {
            name: Rule(f"{prefix}.{name}", rule.severity, rule.section, rule.purpose, rule.statuses)
            for name, rule in self.group(group).items()
        }

    def statuses(self, rule: Rule, keyword: str) -> tuple[str, ...]:
        """The types of status for a rule broken by a parameter, which may have statuses of its own for bad values."""
        return (*self._parameters.get(keyword, ()), *rule.statuses) if rule.id == "VR" else rule.statuses


@lru_cache(maxsize=64)
def rulebook(package: str) -> Rulebook:
    """The rulebook of a generated package, an empty one where it has none."""
    return Rulebook(package)


_PACKAGES: WeakKeyDictionary[type[Any], str] = WeakKeyDictionary()


def package_of(cls: type[Any]) -> str:
    """The package that a primitive class, or the class it derives from or extends, was generated into."""
    package = _PACKAGES.get(cls)
    if package is None:
        home = next(each for each in cls.__mro__ if "TABLE" in vars(each))
        home = vars(home).get("EXTENDS") or home
        package = _PACKAGES[cls] = str(home.__module__).rpartition(".")[0]
    return package
