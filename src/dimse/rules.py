"""Every rule that a package's messages and conversations are judged by, to look up: `RULES["C-FIND-RSP.Identifier.C"]`.

Rules of cells are read off the matrices, the others stand in the package's rulebook.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from attrs import evolve

from dimse.judge import Column
from dimse.parameter import Dictionary, Row
from dimse.response import ResponseRules
from dimse.rule import Rule, Rulebook, package_of, rulebook
from dimse.severities import OFF, Severities
from dimse.violation import Severity

_PREFIXES = {"conversation": "CONVERSATION", "wire": "WIRE", "fragments": "PDV"}
_VALUE_SECTION = "PS3.5 6.2"


class Rules(Mapping[str, Rule]):
    """The rules of some services, by ID.

    Args:
        dictionary: the Command Dictionary.
        services: the primitive classes.

    Attributes:
        packages: names of the packages that the services are of.
    """

    def __init__(self, dictionary: Dictionary, services: Iterable[type[Any]]) -> None:
        self._dictionary = dictionary
        self._rules: dict[str, Rule] = {}
        books: dict[str, Rulebook] = {}
        for service in services:
            book = books.setdefault(package_of(service), rulebook(package_of(service)))
            own = Severities(dict(service.SEVERITIES))
            for message in service.MESSAGES.values():
                if message.PRIMITIVE is service:
                    self._add(_weighed(self._of_message(service, service._COLUMNS[message.ROLE], book), own))
        self.packages = frozenset(books)
        for book in books.values():
            for group, prefix in _PREFIXES.items():
                self._add(book.prefixed(group, prefix).values())

    def __getitem__(self, rule: str) -> Rule:
        return self._rules[rule]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rules)

    def __len__(self) -> int:
        return len(self._rules)

    def _add(self, rules: Iterable[Rule]) -> None:
        self._rules.update((rule.id, rule) for rule in rules)

    def _of_message(self, service: type[Any], column: Column, book: Rulebook) -> Iterator[Rule]:
        cells = book.group("cells")
        for row, cell in column.cells:
            if cell.glyph != "U":
                kind = "fixed" if cell.fixed and cell.glyph == "UF" else cell.glyph.removesuffix("F")
                yield _of_row(column, row, cell.glyph, cells[kind], book, _demand(row, cell.glyph))
            if column.role == "response" and (cell.equal or row.equals):
                yield _of_row(column, row, "=", cells["="], book)
            if row.tag is not None:
                yield _of_row(column, row, "VR", cells["VR"], book)
        yield from self._of_fields(column, book)
        if column.role == "response":
            responses = ResponseRules(service, column.message)
            yield from responses.rules.values()
            yield from (rule for _, _, rule in responses.advice)

    def _of_fields(self, column: Column, book: Rulebook) -> Iterator[Rule]:
        section = column.fields
        for name, rule in book.group("fields").items():
            if name != "never" or column.data_set == "never":
                identifier = f"{column.message}.CommandDataSetType.{name}"
                yield Rule(identifier, rule.severity, section, rule.purpose, rule.statuses)
        absent = book.group("cells")["-"]
        held = {row.tag for row, _ in column.cells}
        for element in self._dictionary.by_tag.values():
            if element.tag not in held and not element.retired and element.keyword not in _PROTOCOL:
                purpose = f"{element.name} is no field of {column.message}."
                identifier = f"{column.message}.{element.keyword}.-"
                yield Rule(identifier, absent.severity, section, purpose, absent.statuses)


def _weighed(rules: Iterable[Rule], severities: Severities) -> Iterator[Rule]:
    """The rules with the severities that a profile gives them, without those that it puts off."""
    for rule in rules:
        severity = severities.of(rule.id)
        if severity is None:
            yield rule
        elif severity != OFF:
            yield evolve(rule, severity=cast(Severity, severity))


_PROTOCOL = ("CommandGroupLength", "CommandField", "CommandDataSetType")


def _of_row(column: Column, row: Row, suffix: str, rule: Rule, book: Rulebook, demand: str = "") -> Rule:
    severity = row.severity if suffix == "C" else rule.severity
    section = _VALUE_SECTION if suffix == "VR" else row.citation(column.role)
    purpose = rule.purpose.format(parameter=row.name) + demand
    statuses = book.statuses(rule, row.keyword) if column.role == "request" else ()
    return Rule(f"{column.message}.{row.keyword}.{suffix}", severity, section, purpose, statuses)


def _demand(row: Row, glyph: str) -> str:
    """The condition of a C cell, as a sentence."""
    if glyph != "C":
        return ""
    required = f" Required while {row.required}." if row.required is not None and not row.status_related else ""
    permitted = row.permitted if row.permitted is not None else row.with_status if row.status_related else None
    return f"{required} Permitted while {permitted}." if permitted is not None else required
