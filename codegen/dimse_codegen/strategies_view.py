"""What a legal message of each kind holds, every condition resolved: what test strategies are built from.

A C cell is worked out here once for every Status that the service may answer with, and for every parameter that its
condition asks about. It is the compiler's own reading of the conditions; the runtime's is in `dimse.judge`, and the
tests hold one against the other.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from attrs import frozen

from dimse_codegen.annex_c import AnnexC
from dimse_codegen.expression import Constant, Expression, Negation, ParameterIs, StatusIs
from dimse_codegen.layout import quote
from dimse_codegen.model import ROLES, Condition, Message, Schema, Service


@frozen
class _Case:
    """What a message holds in one case.

    Attributes:
        request: keyword of a parameter that the request holds, ahead of it "-" where it must not hold it.
        shall, may: keywords of the parameters.
    """

    request: tuple[str, ...]
    shall: tuple[str, ...]
    may: tuple[str, ...]


# Truth of each parameter that a condition asks about: its name, and whether the request is asked.
_Known = dict[tuple[str, bool], bool]


def case_views(schema: Schema) -> tuple[tuple[str, ...], ...]:
    """The cases of every message as arguments of a call, in the order of the services."""
    return tuple(
        case
        for service in schema.services
        for message, column in _columns(service)
        for case in _Unroller(schema, service, column).printed(message.name)
    )


def _columns(service: Service) -> list[tuple[Message, str]]:
    columns = ["CnclReq/CnclInd"] if service.kind == "cancel" else ["Req/Ind", "Rsp/Conf"]
    return list(zip(service.messages, columns, strict=True))


class _Unroller:
    """One column of a service on its way to cases."""

    def __init__(self, schema: Schema, service: Service, column: str) -> None:
        self.dictionary = schema.dictionary
        self.statuses = schema.statuses
        self.annex_c = AnnexC(schema, service)
        self.service = service
        self.column = column
        retired = {
            str(advice.parameter)
            for advice in schema.rules.advice
            if column == "Rsp/Conf" and advice.when == "present" and service.name in advice.services
        }
        self.names = [name for name in self.annex_c.parameters_of(column) if name not in retired]

    def printed(self, message: str) -> Iterator[tuple[str, ...]]:
        """What is so in every case, then what a Status adds to it; cases that differ in the Status alone are one."""
        statuses: dict[_Case, list[str]] = {}
        for code, status_class in self._codes():
            for case in self._cases(code, status_class):
                statuses.setdefault(case, []).append(code)
        shall = set.intersection(*(set(case.shall) for case in statuses))
        may = set.intersection(*({*case.shall, *case.may} for case in statuses)) - shall
        order = [self.dictionary.keyword(name) for name in self.names]
        in_all = _Case((), tuple(k for k in order if k in shall), tuple(k for k in order if k in may))
        yield _arguments(message, [], in_all)
        if list(statuses.values()) != [[""]]:
            for case, codes in statuses.items():
                left = tuple(k for k in case.shall if k not in shall), tuple(k for k in case.may if k not in may)
                yield _arguments(message, codes, _Case(case.request, *left))

    def _codes(self) -> list[tuple[str, str]]:
        """The codes that the Status may have, each with its class; one of neither where there is no Status.

        A service that lists no types may answer with any.
        """
        if ROLES[self.column] != "response":
            return [("", "")]
        found: dict[str, str] = {}
        for name in self.service.status_types or [status_type.name for status_type in self.statuses.types]:
            status_type = self.statuses.type(name)
            assert status_type is not None
            patterns = [status_type.code] if status_type.code else self.statuses.classes[status_type.status_class]
            assigned = self.statuses.assigned_by_service_class
            found |= {str(p): str(status_type.status_class) for p in patterns if status_type.code or p in assigned}
        return list(found.items())

    def _cases(self, code: str, status_class: str) -> Iterator[_Case]:
        """What a message of one Status holds, for every answer to what its conditions ask about parameters."""
        asked = {
            (str(part.name), part.in_request)
            for condition in self._conditions()
            for expression in (condition.required, condition.permitted)
            for part in _parameters(expression)
        }
        order = sorted(asked)
        seen: set[_Case] = set()
        for truths in itertools.product((True, False), repeat=len(order)):
            known = dict(zip(order, truths, strict=True))
            case = self._case(code, status_class, known)
            if case is not None and case not in seen:
                seen.add(case)
                yield case

    def _case(self, code: str, status_class: str, known: _Known) -> _Case | None:
        """What a message holds where the answers are known; None where they contradict the cells."""
        shall: list[str] = []
        may: list[str] = []
        for name in self.names:
            required, permitted = self._demand(name, code, status_class, known)
            present = known.get((name, False))
            if (present is False and required) or (present and not permitted):
                return None
            if required or present:
                shall.append(self.dictionary.keyword(name))
            elif permitted and present is None:
                may.append(self.dictionary.keyword(name))
        request = self._asked_of_request(code, status_class, known)
        return _Case(request, tuple(shall), tuple(may))

    def _asked_of_request(self, code: str, status_class: str, known: _Known) -> tuple[str, ...]:
        """The parameters of the request on which this case hangs: with the other answer, the case would be another."""
        found = []
        for (name, in_request), truth in known.items():
            if in_request:
                other = {**known, (name, in_request): not truth}
                demands = [[self._demand(n, code, status_class, k) for n in self.names] for k in (known, other)]
                if demands[0] != demands[1]:
                    found.append(("" if truth else "-") + self.dictionary.keyword(name))
        return tuple(found)

    def _demand(self, name: str, code: str, status_class: str, known: _Known) -> tuple[bool, bool]:
        """Whether a parameter is required, and whether it is permitted."""
        cell = str(self.service.cell(name, self.column) or "-")
        if cell.startswith("M"):
            return True, True
        if cell.startswith("U"):
            return False, True
        by_status = code in self.annex_c.codes(name) or f"{code[:1]}xxx" in self.annex_c.codes(name)
        conditions = [condition for condition in self._conditions() if name in condition.parameters]
        required = any(_holds(condition.required, code, status_class, known) for condition in conditions)
        permitted = any(_holds(condition.permitted, code, status_class, known) for condition in conditions)
        return required, required or permitted or by_status

    def _conditions(self) -> list[Condition]:
        return [condition for condition in self.service.conditions if condition.column == self.column]


def _arguments(message: str, codes: list[str], case: _Case) -> tuple[str, ...]:
    parts = {"request": case.request, "shall": case.shall, "may": case.may}
    named = (f"{word}={quote(' '.join(part))}" for word, part in parts.items() if part)
    return quote(message), *(quote(" ".join(codes)) for _ in codes[:1]), *named


def _parameters(expression: Expression) -> Iterator[ParameterIs]:
    if isinstance(expression, ParameterIs):
        yield expression
    elif isinstance(expression, Negation):
        yield from _parameters(expression.of)
    elif not isinstance(expression, Constant | StatusIs):
        for part in expression.parts:
            yield from _parameters(part)


def _holds(expression: Expression, code: str, status_class: str, known: _Known) -> bool:
    """Whether a condition holds for a Status, where all that it asks about parameters is known."""
    if isinstance(expression, Constant):
        return expression.truth
    if isinstance(expression, StatusIs):
        return expression.name in (code, status_class) or expression.name == f"{code[:1]}xxx"
    if isinstance(expression, ParameterIs):
        return known[str(expression.name), expression.in_request] is expression.present
    if isinstance(expression, Negation):
        return not _holds(expression.of, code, status_class, known)
    held = [_holds(part, code, status_class, known) for part in expression.parts]
    return all(held) if expression.word == "and" else any(held)
