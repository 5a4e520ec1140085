"""The catalogue of rules beside the runtime's own: two readings of the schema that know nothing of each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from dimse import RULES
from dimse_codegen.expression import parse
from dimse_codegen.load import load
from dimse_codegen.problem import Mark, Text
from dimse_codegen.rule_catalogue import catalogue, words

SCHEMA = load(Path(__file__).resolve().parents[1] / "schema")
CATALOGUE = catalogue(SCHEMA)


def test_the_same_rules() -> None:
    """The compiler lists the rules that `dimse.RULES` has, in the same order, and no other."""
    assert list(CATALOGUE) == list(RULES)


@pytest.mark.parametrize("attribute", ["severity", "section", "purpose", "statuses"])
def test_the_same_of_each_rule(attribute: str) -> None:
    """Severity, section, purpose and the statuses to answer with are those of the runtime, rule by rule."""
    assert {name: getattr(rule, attribute) for name, rule in CATALOGUE.items()} == {
        name: getattr(rule, attribute) for name, rule in RULES.items()
    }


def test_an_id_is_its_parts() -> None:
    """An ID begins with the page of its rule and ends with its kind; a message's has the parameter between."""
    for rule in CATALOGUE.values():
        assert rule.id == ".".join(filter(None, (rule.page, rule.keyword, rule.kind)))


CONDITIONS = {
    "always": "always",
    "never": "never",
    "Status is Pending": "Status is Pending",
    "not Status is FF00H": "not (Status is FF00H)",
    "not Event Reply is present": "EventReply is absent",
    "Event Reply is absent in the request": "EventReply is absent in the request",
    "Status is Success and (Event Reply is present or Status is Warning)": (
        "Status is Success and (EventReply is present or Status is Warning)"
    ),
    "Status is Success or Event Reply is present and Status is Warning": (
        "Status is Success or EventReply is present and Status is Warning"
    ),
}


@pytest.mark.parametrize(("written", "read"), CONDITIONS.items(), ids=CONDITIONS)
def test_conditions_in_words(written: str, read: str) -> None:
    """A condition is read out with keywords, a negated presence as absence, and brackets where they decide."""
    assert words(SCHEMA, parse(Text(written, Mark(Path("x.yaml"), 1, 1)))) == read
