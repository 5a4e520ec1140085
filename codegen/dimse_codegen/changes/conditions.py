"""Whether one condition asks more than another: both are tried with every answer to the questions that they ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from dimse_codegen.expression import Constant, Expression, Junction, Negation, ParameterIs, StatusIs
from dimse_codegen.model import Condition

# Beyond so many questions, 4096 rows of answers, what differs is taken to be tighter.
_MOST = 12


def verdict(old: Condition, new: Condition) -> str | None:
    """The kind of difference between two conditions, None where they are written alike.

    Questions count as independent of each other, though FF00H and Pending are not: so a condition may be called
    tightened that never is, and never the other way.
    """
    if (old.required, old.permitted) == (new.required, new.permitted):
        return None
    conditions = (old.required, new.required, old.permitted, new.permitted)
    asked = sorted({question for each in conditions for question in _questions(each)})
    if len(asked) > _MOST:
        return "CONDITION_TIGHTENED"
    tighter = looser = False
    for answers in product((False, True), repeat=len(asked)):
        given = dict(zip(asked, answers, strict=True))
        was_required, required, was_permitted, permitted = (_holds(each, given) for each in conditions)
        tighter |= (required and not was_required) or (was_permitted and not permitted)
        looser |= (was_required and not required) or (permitted and not was_permitted)
    if tighter:
        return "CONDITION_TIGHTENED"
    return "CONDITION_RELAXED" if looser else "CONDITION_REWORDED"


def _questions(expression: Expression) -> Iterator[str]:
    match expression:
        case StatusIs() | ParameterIs():
            yield _question(expression)
        case Negation(of):
            yield from _questions(of)
        case Junction(_, parts):
            for part in parts:
                yield from _questions(part)
        case Constant():
            pass


def _question(expression: StatusIs | ParameterIs) -> str:
    if isinstance(expression, StatusIs):
        return f"Status is {expression.name}"
    return f"{expression.name} is present{' in the request' * expression.in_request}"


def _holds(expression: Expression, given: Mapping[str, bool]) -> bool:
    match expression:
        case Constant(truth):
            return truth
        case StatusIs():
            return given[_question(expression)]
        case ParameterIs():
            return given[_question(expression)] is expression.present
        case Negation(of):
            return not _holds(of, given)
        case Junction(word, parts):
            return (all if word == "and" else any)(_holds(part, given) for part in parts)


def told(condition: Condition) -> str:
    """A condition as the schema writes it."""
    return f"required when {words(condition.required)}, permitted when {words(condition.permitted)}"


def words(expression: Expression) -> str:
    """An expression in the schema's own words."""
    match expression:
        case Constant(truth):
            return "always" if truth else "never"
        case StatusIs(name):
            return f"Status is {name}"
        case ParameterIs(name, present, in_request):
            return f"{name} is {'present' if present else 'absent'}{' in the request' * in_request}"
        case Negation(of):
            return f"not {_bracketed(of)}"
        case Junction(word, parts):
            return f" {word} ".join(map(_bracketed, parts))


def _bracketed(expression: Expression) -> str:
    return f"({words(expression)})" if isinstance(expression, Junction) else words(expression)
