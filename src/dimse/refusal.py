"""An answer for every complaint: the status and Error Comment with which an SCP should refuse a request.

Source: PS3.7 Annex C for the statuses, 9.1 and 10.1 for those that a service has; PS3.4 for the codes of a SOP Class.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from attrs import frozen

from dimse.comment import fit_error_comment
from dimse.message import Response, answer_to
from dimse.primitive import Primitive
from dimse.response import sop_class_of
from dimse.rule import Rule, package_of
from dimse.rules import Rules
from dimse.status import StatusType
from dimse.violation import Violation

# Codes of types whose codes PS3.4 assigns, where the SOP Class has none of its own.
_CODES = {
    "Error: Cannot understand": 0xC000,
    "Failed": 0xC000,
    "Refused: Out of resources": 0xA700,
}


@frozen
class Answer:
    """The refusal of a request.

    Attributes:
        status: code of the Status.
        type: its type in Annex C.
        violation: what the request is refused for.
        error_comment: that in 64 characters; None where Annex C permits no Error Comment with the status.
        response: the message to send; None where the request has no Message ID to answer.
    """

    status: int
    type: str
    violation: Violation
    error_comment: str | None
    response: Response | None


class Refusals:
    """Proposes answers to requests.

    Args:
        rules: the rules that requests are judged by; a request of another package than theirs, by that package's own.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    def answer(self, request: Primitive[Any, Any], violations: Iterable[Violation] | None = None) -> Answer | None:
        """The refusal of a request, None where nothing that is an error is wrong with it.

        Args:
            request: as it was decoded.
            violations: those of a conversation's judgement; the request's own where left out.

        Raises:
            TypeError: no package that dimse-codegen printed knows the request's class, so nothing answers for it.
        """
        rules = self._rules_of(type(request))
        found = request.violations("request") if violations is None else violations
        for violation in found:
            rule = rules.get(violation.rule)
            if violation.severity == "error" and rule is not None:
                status = self._status(request, rule)
                if status is not None:
                    return _answer(request, violation, *status)
        return None

    def _rules_of(self, cls: type[Primitive[Any, Any]]) -> Rules:
        package = package_of(cls)
        if package in self._rules.packages:
            return self._rules
        name = f"{package}._judgement"
        try:
            rules: Rules = import_module(name).RULES
        except ModuleNotFoundError as error:
            if error.name not in (name, package):
                raise
            raise TypeError(f"{cls.__qualname__} is of {package!r}, which has no rules to answer by") from None
        return rules

    def _status(self, request: Primitive[Any, Any], rule: Rule) -> tuple[StatusType, int] | None:
        types = {each.name: each for each in request.STATUSES.types}
        for name in rule.statuses:
            if name in types:
                return types[name], _code(request, types[name])
        return None


def _code(request: Primitive[Any, Any], status_type: StatusType) -> int:
    if status_type.code is not None:
        return status_type.code
    rows = [r for r in request.STATUSES.assigned(sop_class_of(request) or "") if r.type == status_type.name]
    # A range is for whatever has no code of its own.
    general = sorted(rows, key=lambda row: row.first == row.last)
    return general[0].first if general else _CODES[status_type.name]


def _answer(request: Primitive[Any, Any], violation: Violation, status_type: StatusType, code: int) -> Answer:
    comment = None
    if "ErrorComment" in status_type.keywords:
        comment = fit_error_comment(str(violation)).text
    given = {"Status": code} if comment is None else {"Status": code, "ErrorComment": comment}
    answerable = getattr(request, "MessageID", None) is not None
    response = answer_to(request, type(request), given) if answerable else None
    return Answer(code, status_type.name, violation, comment, response)
