"""What a response by itself may not say, though each of its cells is right: its Status, its counts, what is retired.

Source: PS3.7 Annex C, the lists of statuses in 9.1 and 10.1, and PS3.4 for what its Service Classes assign and count.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from attrs import frozen

from dimse.condition import StatusIs
from dimse.rule import Rule, package_of, rulebook
from dimse.violation import Severity, Violation

if TYPE_CHECKING:
    from dimse.status import Status, Statuses

COUNTS = (
    "NumberOfRemainingSuboperations",
    "NumberOfCompletedSuboperations",
    "NumberOfFailedSuboperations",
    "NumberOfWarningSuboperations",
)
_REMAINING, _COMPLETED, _FAILED, _WARNING = COUNTS
# Pairs of code and SOP Class that one service remembers.
_REMEMBERED = 4096


@frozen
class Only:
    """The Status codes that a profile leaves to a service.

    Attributes:
        codes: these.
        severity: of any other.
        section: where that stands, as "PS3.4 C.4.2.1.5".
    """

    codes: StatusIs
    severity: Severity
    section: str


class ResponseRules:
    """The rules of one service's responses.

    Args:
        service: its primitive class.
        message: name of its response, as "C-MOVE-RSP".
    """

    def __init__(self, service: type[Any], message: str) -> None:
        book = rulebook(package_of(service))
        sections = {row.keyword: row.citation("response") for row in service.TABLE}
        self._statuses: Statuses = service.STATUSES
        self._counts = all(keyword in sections for keyword in COUNTS)
        self.rules: dict[str, Rule] = {}
        for name, rule in book.group("responses").items():
            keyword, _, _ = name.partition(".")
            if keyword in sections and self._can_be_broken(name):
                where = sections[keyword] if rule.section == "row" else rule.section
                self.rules[name] = Rule(f"{message}.{name}", rule.severity, where, rule.purpose)
        self._only: Only | None = service.STATUS_ONLY
        if self._only is not None:
            purpose = f"A response has a Status that the profile leaves: {self._only.codes.name}."
            rule = Rule(f"{message}.Status.only", self._only.severity, self._only.section, purpose)
            self.rules["Status.only"] = rule
        self.advice = tuple(
            (
                advice.keyword,
                advice.when == "present",
                Rule(f"{message}.{advice.keyword}.{advice.rule}", advice.severity, section, advice.purpose),
            )
            for advice in book.advice
            if service.SERVICE in advice.services and (section := sections.get(advice.keyword))
        )
        self._of_status = lru_cache(_REMEMBERED)(self._judge_status)

    def _can_be_broken(self, name: str) -> bool:
        """Whether a rule says anything of this service: it has the codes, or the counts, that the rule is about."""
        if name == "Status.type":
            return bool(self._statuses.types)
        if name == "Status.sop_class":
            return any(each.code is None for each in self._statuses.types)
        return self._counts or name.startswith("Status.")

    def judge(self, response: Any, sop_class: str | None) -> Iterator[Violation]:
        """What is wrong with a response; `sop_class` is the UID that its Status has a meaning for."""
        code = response.Status
        if code is not None and self.rules:
            if self._only is not None and not self._only.codes.covers(code):
                text = f"Status is {code:04X}H and shall be {self._only.codes.name}"
                yield self._broken("Status.only", text)
            else:
                yield from self._of_status(code, sop_class)
            if self._counts:
                yield from self._judge_counts(response, self._statuses.status(code))
        for keyword, present, rule in self.advice:
            if (getattr(response, keyword) is not None) is present:
                yield rule.broken(f"{keyword} is {'present' if present else 'absent'}. {rule.purpose}", keyword=keyword)

    def _judge_status(self, code: int, sop_class: str | None) -> tuple[Violation, ...]:
        status = self._statuses.status(code, sop_class)
        shown = f"Status {code:04X}H"
        if status.status_class is None:
            return (self._broken("Status.class", f"{shown} is in no status class"),)
        if status.of_service is False:
            kind = status.type or status.status_class
            text = f"{shown} ({kind}) is of no type that {self._statuses.service} lists"
            return (self._broken("Status.type", text),)
        if status.of_sop_class is False:
            text = f"{shown} is in a range that Service Classes assign, and that of {sop_class} does not assign it"
            return (self._broken("Status.sop_class", text),)
        return ()

    def _judge_counts(self, response: Any, status: Status) -> Iterator[Violation]:
        remaining, completed, failed, warning = (getattr(response, keyword) for keyword in COUNTS)
        if status.is_success:
            if remaining:
                yield self._broken(f"{_REMAINING}.success", f"Status is Success and {_REMAINING} is {remaining}")
            if failed:
                yield self._broken(f"{_FAILED}.success", f"Status is Success and {_FAILED} is {failed}")
            if warning:
                yield self._broken(f"{_WARNING}.success", f"Status is Success and {_WARNING} is {warning}")
        elif status.is_warning and failed == 0 and warning == 0:
            text = f"Status {status.code:04X}H is a Warning, and no sub-operation failed or ended with one"
            yield self._broken(f"{_FAILED}.warning", text)
        elif status.is_failure and completed and failed == 0 and not remaining:
            text = f"Status {status.code:04X}H is a Failure, {completed} sub-operations are complete and none failed"
            yield self._broken(f"{_COMPLETED}.failure", text)

    def _broken(self, name: str, text: str) -> Violation:
        return self.rules[name].broken(text, keyword=name.partition(".")[0])


def sop_class_of(*messages: Any) -> str | None:
    """The SOP Class UID that the first of some messages names, None where none does."""
    for message in messages:
        for keyword in ("AffectedSOPClassUID", "RequestedSOPClassUID"):
            uid = getattr(message, keyword, None)
            if uid is not None:
                return str(uid)
    return None
