"""Primitives and messages: any that can be made, and those that no rule is broken by.

What a message holds is printed from the schema (`services/strategies.py`): a valid message is built, not searched for.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple, TypeVar, overload

from attrs import NOTHING, fields
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from dimse.message import Message, Request, Response
from dimse.parameter import Row
from dimse.primitive import Primitive
from dimse.response import COUNTS
from dimse.services import SERVICES
from dimse.testing.values import numbers, values_of

MessageT = TypeVar("MessageT", bound=Message)
PrimitiveT = TypeVar("PrimitiveT", bound=Primitive[Any, Any])
ResponseT = TypeVar("ResponseT", bound=Response)

KINDS: tuple[type[Message], ...] = tuple(
    message for service in SERVICES for message in service.MESSAGES.values() if message.PRIMITIVE is service
)

# Strategies of valid messages made so far: Hypothesis looks a strategy over once, and there are many parts to them.
_VALID: dict[tuple[object, object], SearchStrategy[Any]] = {}


def statuses(kind: type[Response]) -> SearchStrategy[int]:
    """Status codes that a response of a kind may have; those of ranges, as Bxxx, included."""
    return st.one_of([_codes(case.status) for case in _cases(kind)])


def primitives(kind: type[PrimitiveT]) -> SearchStrategy[PrimitiveT]:
    """Primitives of a service with any of its parameters, valid or not in any role."""
    absent = dict.fromkeys(row.keyword for row in kind.TABLE)
    chosen = st.fixed_dictionaries({}, optional={row.keyword: values_of(row) for row in kind.TABLE})
    return chosen.map(lambda values: kind(**(absent | values)))


@overload
def messages() -> SearchStrategy[Message]: ...
@overload
def messages(kind: type[MessageT]) -> SearchStrategy[MessageT]: ...
def messages(kind: type[Any] | None = None) -> SearchStrategy[Any]:
    """Messages of a kind, or of any: every M, and any of U and C, whether or not the Status permits it."""
    if kind is None:
        return st.one_of([messages(each) for each in KINDS])
    rows = rows_of(kind)
    required = {field.name for field in fields(kind) if field.default is NOTHING}
    shall = {keyword: values_of(rows[keyword]) for keyword in rows if keyword in required}
    may = {field.name: values_of(rows[field.name]) for field in fields(kind) if field.name not in required}
    if issubclass(kind, Response):
        shall["Status"] = statuses(kind) | numbers()
    return st.fixed_dictionaries(shall, optional=may).map(lambda values: kind(**values))


@overload
def valid_messages(*, status: int | None = None) -> SearchStrategy[Message]: ...
@overload
def valid_messages(kind: type[MessageT], *, status: int | None = None) -> SearchStrategy[MessageT]: ...
def valid_messages(kind: type[Any] | None = None, *, status: int | None = None) -> SearchStrategy[Any]:
    """Messages of a kind, or of any, that `violations` has nothing against.

    Args:
        kind: the message class.
        status: of a response; any that it may have where left out.

    Raises:
        ValueError: no message of this kind has that Status.
    """
    key = kind, status
    if key not in _VALID:
        _VALID[key] = _any_legal(status) if kind is None else _legal(kind, {}, frozenset(), list(_cases(kind)), status)
    return _VALID[key]


def _any_legal(status: int | None) -> SearchStrategy[Any]:
    kinds = [kind for kind in KINDS if status is None or any(_covers(case, status) for case in _cases(kind))]
    if not kinds:
        raise ValueError(f"no message has Status {status:04X}H")
    return st.one_of([valid_messages(kind, status=status) for kind in kinds])


def may_have(kind: type[Message], keyword: str) -> bool:
    """Whether there are valid messages of a kind that have a parameter: a retired one is in none."""
    return any(keyword in f"{case.shall} {case.may}".split() for case in _cases(kind))


def valid_with(kind: type[Message], keyword: str) -> SearchStrategy[Message]:
    """Valid messages of a kind that have a parameter."""
    key = kind, keyword
    if key not in _VALID:
        cases = [case for case in _cases(kind) if keyword in f"{case.shall} {case.may}".split()]
        having = [case._replace(shall=f"{case.shall} {keyword}") for case in cases]
        _VALID[key] = _legal(kind, {}, frozenset(), having, None)
    return _VALID[key]


def responses_to(request: Request[ResponseT], *, status: int | None = None) -> SearchStrategy[ResponseT]:
    """Responses that answer a request: `violations(request=...)` has nothing against them.

    Args:
        request: the message to answer.
        status: of the response; any that it may have where left out.

    Raises:
        ValueError: no response to this request has that Status.
    """
    kind: Any = request.PRIMITIVE.MESSAGES["response"]
    repeated: dict[str, Any] = {}
    for keyword, row in rows_of(kind).items():
        if row.equals or (row.response or "").endswith("(=)"):
            repeated[keyword] = getattr(request, row.equals or keyword, None)
    barred = frozenset(keyword for keyword, value in repeated.items() if value is None)
    cases = [case for case in _cases(kind) if _suits(case, request) and not barred & set(case.shall.split())]
    return _legal(kind, repeated, barred, cases, status)


class _Case(NamedTuple):
    """A case of `services/strategies.py`, what is so in all cases added."""

    status: str
    request: str
    shall: str
    may: str


def _cases(kind: type[Message]) -> tuple[_Case, ...]:
    """The cases of a kind of message."""
    printed: Any = import_module(f"{kind.__module__.rpartition('.')[0]}.strategies")
    own = [case for case in printed.CASES if case.message == kind.NAME]
    always = own[0]
    return tuple(
        _Case(case.status, case.request, f"{always.shall} {case.shall}", f"{always.may} {case.may}")
        for case in own[1:] or [always._replace(shall="", may="")]
    )


def _legal(
    kind: type[Any], repeated: dict[str, Any], barred: frozenset[str], cases: list[_Case], status: int | None
) -> SearchStrategy[Any]:
    """Messages of some cases, with what they repeat and without what is barred."""
    fitting = [case for case in cases if status is None or _covers(case, status)]
    if not fitting:
        raise ValueError(f"no {kind.NAME} has Status {status:04X}H")
    rows = rows_of(kind)

    def values(keyword: str, case: _Case) -> SearchStrategy[Any]:
        if keyword == "Status":
            return _codes(case.status) if status is None else st.just(status)
        if repeated.get(keyword) is not None:
            return st.just(repeated[keyword])
        glyph, _, fixed = (rows[keyword].cell(kind.ROLE) or "").removesuffix("(=)").partition(" ")
        return st.just(int(fixed)) if glyph in ("MF", "UF") else values_of(rows[keyword])

    def legal(case: _Case) -> SearchStrategy[Any]:
        shall = case.shall.split()
        may = [keyword for keyword in case.may.split() if keyword not in shall and keyword not in barred]
        required = {keyword: values(keyword, case) for keyword in shall}
        optional = {keyword: values(keyword, case) for keyword in may}
        return st.fixed_dictionaries(required, optional=optional).map(lambda chosen: kind(**_counted(kind, chosen)))

    return st.one_of([legal(case) for case in fitting])


def _counted(kind: type[Any], chosen: dict[str, Any]) -> dict[str, Any]:
    """The values with counts of sub-operations that agree with the Status."""
    remaining, _, failed, warning = COUNTS
    if failed not in chosen and remaining not in chosen and warning not in chosen:
        return chosen
    status = kind.PRIMITIVE.STATUSES.status(chosen["Status"])
    if status.is_success:
        return chosen | {keyword: 0 for keyword in (remaining, failed, warning) if keyword in chosen}
    if status.is_warning and chosen.get(failed) == chosen.get(warning) == 0:
        return chosen | {failed: 1}
    return chosen


def _suits(case: _Case, request: Message) -> bool:
    """Whether the request holds what it holds in this case."""
    return all(
        (getattr(request, asked.removeprefix("-"), None) is None) is asked.startswith("-")
        for asked in case.request.split()
    )


def _covers(case: _Case, status: int) -> bool:
    return any(low <= status <= high for low, high in _ranges(case.status))


def _codes(patterns: str) -> SearchStrategy[int]:
    return st.one_of([st.integers(low, high) for low, high in _ranges(patterns)])


def _ranges(patterns: str) -> list[tuple[int, int]]:
    """First and last code of each pattern, `FF00H` or `Bxxx`."""
    digits = [pattern.removesuffix("H") for pattern in patterns.split()]
    return [(int(text.replace("x", "0"), 16), int(text.replace("x", "F"), 16)) for text in digits]


def rows_of(kind: type[Message]) -> dict[str, Row]:
    """The rows of the parameters that a message has, by keyword."""
    held = {field.name for field in fields(kind)}
    return {row.keyword: row for row in kind.PRIMITIVE.TABLE if row.keyword in held}
