"""The rules beside the cells, as a template prints them."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from dimse_codegen.layout import quote
from dimse_codegen.model import Schema
from dimse_codegen.view import tuple_literal


@frozen
class RulesView:
    """The module of rules: rows of literals."""

    rules: tuple[tuple[str, ...], ...]
    parameters: tuple[tuple[str, ...], ...]
    advice: tuple[tuple[str, ...], ...]
    several_responses: tuple[str, ...]


def rules_view(schema: Schema) -> RulesView:
    """All that is printed of the rules; advice about the services that the schema has."""
    services = {str(service.name) for service in schema.services}
    keyword = schema.dictionary.keyword
    return RulesView(
        tuple(
            (*map(quote, (group, rule.name, rule.severity, rule.section, rule.purpose)), _texts(rule.statuses))
            for group, rules in schema.rules.groups.items()
            for rule in rules
        ),
        tuple((quote(keyword(name)), _texts(statuses)) for name, statuses in schema.rules.parameters.items()),
        tuple(
            (
                *map(quote, (advice.rule, keyword(advice.parameter), advice.when)),
                _texts([name for name in advice.services if name in services]),
                *map(quote, (advice.severity, advice.purpose)),
            )
            for advice in schema.rules.advice
            if services.intersection(advice.services)
        ),
        tuple(quote(s.name) for s in schema.services if s.procedures.get("multiple_responses", "-") != "-"),
    )


def _texts(texts: Sequence[str]) -> str:
    return tuple_literal(tuple(map(quote, texts))) if texts else "()"
