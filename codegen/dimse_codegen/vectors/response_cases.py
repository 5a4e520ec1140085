"""Cases of what a response says: statuses by type and SOP Class, counts of sub-operations, advice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dimse_codegen.rule_catalogue import Rule
from dimse_codegen.vectors.case import Case
from dimse_codegen.vectors.encode import Value
from dimse_codegen.vectors.scene import COUNTS, Scene, first

# Of no class of Annex C.
NO_CLASS = 0x0300
_REMAINING, _COMPLETED, _FAILED, _WARNING = COUNTS
# Rules of counts: the class of the Status, the counts that break the rule, and those that just do not.
OF_COUNTS: dict[str, tuple[str, dict[str, Value], dict[str, Value]]] = {
    f"{_REMAINING}.success": ("Success", {_REMAINING: 1}, {_REMAINING: 0, _COMPLETED: 3}),
    f"{_FAILED}.success": ("Success", {_COMPLETED: 2, _FAILED: 1}, {_COMPLETED: 3, _FAILED: 0}),
    f"{_WARNING}.success": ("Success", {_COMPLETED: 2, _WARNING: 1}, {_COMPLETED: 3, _WARNING: 0}),
    f"{_FAILED}.warning": ("Warning", {_FAILED: 0, _WARNING: 0}, {_FAILED: 1, _WARNING: 0}),
    f"{_COMPLETED}.failure": ("Failure", {_COMPLETED: 3, _FAILED: 0}, {_COMPLETED: 2, _FAILED: 1}),
}


def status_cases(scene: Scene, rules: Mapping[str, Rule]) -> Iterator[Case]:
    """Every type of status that a service has and every one that it has not; every row of its SOP Classes."""
    if "response" not in scene.messages:
        return
    cases = _ResponseCases(scene, rules)
    yield from cases.types()
    for sop_class in scene.sop_classes:
        yield from cases.of_sop_class(sop_class)


def said_cases(scene: Scene, rules: Mapping[str, Rule]) -> Iterator[Case]:
    """Cases of counts and of advice."""
    if "response" in scene.messages:
        cases = _ResponseCases(scene, rules)
        yield from cases.counts()
        yield from cases.advice()


class _ResponseCases:
    def __init__(self, scene: Scene, rules: Mapping[str, Rule]) -> None:
        self.scene = scene
        self.message = scene.name("response")
        self.rules = {name: rule for name, rule in rules.items() if rule.page == self.message}
        self.request = scene.request()

    def types(self) -> Iterator[Case]:
        """A code of each type with one code everywhere, a code of no class, and ranges that the service has not.

        A service that lists no types may answer with any.
        """
        listed = self.scene.service.status_types
        if not listed:
            yield self._status(0, "of a service that lists none", ("class", "type", "sop_class"), ())
        for name, code in self.scene.fixed_codes.items():
            if name in listed:
                yield self._status(code, name, ("class", "type"), ())
            elif listed:
                yield self._status(code, f"{name}, no status of the service", ("type",), ("type",))
        for pattern in self.scene.schema.statuses.assigned_by_service_class:
            if listed and not self.scene.assignable(first(pattern)):
                yield self._status(first(pattern), f"{pattern}, no status of the service", ("type",), ("type",))
        yield self._status(NO_CLASS, "of no status class", ("class",), ("class",))

    def of_sop_class(self, uid: str) -> Iterator[Case]:
        """Every code that PS3.4 assigns to a SOP Class, ranges by both ends; one of each range that it does not."""
        rows = self.scene.rows(uid)
        codes = [code for pattern, _ in rows for code in {first(pattern), _last(pattern)}]
        every = {code for pattern, _ in rows for code in range(first(pattern), _last(pattern) + 1)}
        for code in sorted(set(codes)):
            yield self._status(code, "assigned by PS3.4", ("sop_class",), (), uid)
        for pattern in self.scene.schema.statuses.assigned_by_service_class:
            free = next((code for code in range(first(pattern), _last(pattern) + 1) if code not in every), None)
            if free is not None and self.scene.assignable(free):
                text = f"of {pattern}, not assigned by PS3.4"
                yield self._status(free, text, ("sop_class",), ("sop_class",), uid)

    def counts(self) -> Iterator[Case]:
        """Counts that do not go with the Status."""
        for name, (status_class, wrong, right) in OF_COUNTS.items():
            rule = self.rules.get(f"{self.message}.{name}")
            if rule is not None and all(self.scene.cell("response", keyword) for keyword in COUNTS):
                codes = (code for code in self.scene.codes if self.scene.status_class(code) == status_class)
                code = next(code for code in codes if status_class == "Success" or code >= 0xA000)
                yield self._case(rule, "wrong-count", f"{status_class} with {_told(wrong)}.", code, wrong, broken=True)
                yield self._case(rule, "right-count", f"{status_class} with {_told(right)}.", code, right)

    def advice(self) -> Iterator[Case]:
        """What is retired and present, or advised and absent; the legal response is the twin."""
        for advice in self.scene.schema.rules.advice:
            keyword = self.scene.schema.dictionary.keyword(advice.parameter)
            rule = self.rules.get(f"{self.message}.{keyword}.{advice.rule}")
            if rule is not None:
                values = self.scene.response(self.request)
                if advice.when == "present":
                    values[keyword] = self.scene.value(keyword)
                else:
                    del values[keyword]
                steps = self.scene.pair(self.request, values, (rule.id,))
                yield Case(f"{rule.id}:{advice.when}", f"{keyword} is {advice.when}.", (rule.id,), False, steps)

    def _status(self, code: int, text: str, kinds: tuple[str, ...], broken: tuple[str, ...], uid: str = "") -> Case:
        request = {
            keyword: uid if uid and "SOPClassUID" in keyword else value for keyword, value in self.request.items()
        }
        values = self.scene.response(request, code)
        expect = tuple(f"{self.message}.Status.{kind}" for kind in broken)
        name = f"{self.message}.Status:{code:04X}H{':' * bool(uid)}{uid}"
        rules = tuple(f"{self.message}.Status.{kind}" for kind in kinds)
        return Case(name, f"Status {code:04X}H, {text}.", rules, not broken, self.scene.pair(request, values, expect))

    def _case(
        self, rule: Rule, name: str, comment: str, code: int, counts: Mapping[str, Value], broken: bool = False
    ) -> Case:
        values = {**self.scene.response(self.request, code), **counts}
        steps = self.scene.pair(self.request, values, (rule.id,) if broken else ())
        return Case(f"{rule.id}:{name}", comment, (rule.id,), not broken, steps)


def _last(code: str) -> int:
    return int(code.removesuffix("H").replace("x", "F"), 16)


def _told(counts: Mapping[str, Value]) -> str:
    return ", ".join(f"{keyword} {count!r}" for keyword, count in counts.items())
