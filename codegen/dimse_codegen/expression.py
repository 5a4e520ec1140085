"""The words a condition is written in, parsed to a tree; there is no `eval` anywhere.

Status is Pending                 a class of Annex C, or a code: FF00H, Bxxx
Event Reply is present            a parameter of this message; "is absent" likewise
... is absent in the request      a parameter of the request that the message answers
always, never
not X, X and Y, X or Y, (X)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from attrs import frozen

from dimse_codegen.problem import Problem, Text


@frozen
class Constant:
    """`always` or `never`."""

    truth: bool


@frozen
class StatusIs:
    """`Status is NAME`: a status class, or a code."""

    name: Text


@frozen
class ParameterIs:
    """`NAME is present` or `is absent`, in this message or in the request."""

    name: Text
    present: bool
    in_request: bool


@frozen
class Negation:
    """`not X`."""

    of: Expression


@frozen
class Junction:
    """`X and Y`, `X or Y`."""

    word: str
    parts: tuple[Expression, ...]


Expression: TypeAlias = Constant | StatusIs | ParameterIs | Negation | Junction

_TOKEN = re.compile(r"\s*(\(|\)|(?:and|or|not)\b|(?:(?!\b(?:and|or)\b)[^()])+)")
_PARAMETER = re.compile(r"(?P<name>\S.*?) is (?P<state>present|absent)(?P<request> in the request)?")
_GRAMMAR = "'Status is NAME', 'NAME is present', 'NAME is absent', either 'in the request', 'always' or 'never'"


class ExpressionError(Exception):
    """A condition that cannot be parsed; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


def parse(text: Text) -> Expression:
    """Parse a condition.

    Raises:
        ExpressionError: it is not written in the words above.
    """
    return _Parser(text).parse()


def leaves(expression: Expression) -> list[StatusIs | ParameterIs]:
    """The questions an expression asks, in order."""
    if isinstance(expression, Negation):
        return leaves(expression.of)
    if isinstance(expression, Junction):
        return [leaf for part in expression.parts for leaf in leaves(part)]
    return [] if isinstance(expression, Constant) else [expression]


class _Parser:
    """Recursive descent: or, and, not, then a question in brackets or by itself."""

    def __init__(self, text: Text) -> None:
        self.at = text.at
        self.tokens = [token.strip() for token in _TOKEN.findall(text) if token.strip()]
        self.depth = 0

    def parse(self) -> Expression:
        expression = self._junction("or")
        if self.tokens:
            raise self._error(f"'{self.tokens[0]}' is left over")
        return expression

    def _junction(self, word: str) -> Expression:
        part = self._operand if word == "and" else lambda: self._junction("and")
        parts = [part()]
        while self.tokens[:1] == [word]:
            self.tokens.pop(0)
            parts.append(part())
        return parts[0] if len(parts) == 1 else Junction(word, tuple(parts))

    def _operand(self) -> Expression:
        if not self.tokens:
            raise self._error("ends where a question should stand")
        token = self.tokens.pop(0)
        if token == "(":
            return self._nested(self._bracket)
        if token == "not":
            return Negation(self._nested(self._operand))
        if token.startswith("not "):
            self.tokens.insert(0, token.removeprefix("not "))
            return Negation(self._nested(self._operand))
        return self._question(token)

    def _nested(self, inner: Callable[[], Expression]) -> Expression:
        self.depth += 1
        if self.depth > 20:
            raise self._error("is nested too deeply")
        expression = inner()
        self.depth -= 1
        return expression

    def _bracket(self) -> Expression:
        expression = self._junction("or")
        if self.tokens[:1] != [")"]:
            raise self._error("lacks a closing bracket")
        self.tokens.pop(0)
        return expression

    def _question(self, token: str) -> Expression:
        if token in ("always", "never"):
            return Constant(token == "always")
        if token.startswith("Status is ") and not token.endswith((" present", " absent")):
            return StatusIs(Text(token.removeprefix("Status is ").strip(), self.at))
        match = _PARAMETER.fullmatch(token)
        if match is None:
            raise self._error(f"'{token}' is no question; write {_GRAMMAR}")
        return ParameterIs(Text(match["name"], self.at), match["state"] == "present", bool(match["request"]))

    def _error(self, text: str) -> ExpressionError:
        return ExpressionError(Problem(self.at, "CONDITION_SYNTAX", f"the condition {text}"))
