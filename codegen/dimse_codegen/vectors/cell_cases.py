"""Cases of the cells: each parameter of each message absent, present, unequal to the request, and with a bad value.

A message in which nothing is wrong is the valid twin of every message that differs from it in one parameter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from dimse_codegen.rule_catalogue import Cell, Rule
from dimse_codegen.vectors.case import Case, Step
from dimse_codegen.vectors.encode import DATA_SET_FOLLOWS, NO_DATA_SET, Value
from dimse_codegen.vectors.scene import DATA_SET, NO_FAULT, Fault, Scene, Values

# What breaks a VR: a value, the anomaly that it is, and whether it can be read all the same.
BAD: dict[str, tuple[Value, str, bool]] = {
    "US": (b"\1\0\2\0", "WIRE.VM", False),
    "UI": ("1.2.840.010008", "WIRE.VALUE", True),
    "AE": ("EIGHTEEN CHARACTER", "WIRE.VALUE", True),
    "LO": ("~" * 66, "WIRE.VALUE", True),
    "SH": ("~" * 18, "WIRE.VALUE", True),
    "UL": (b"\1\0\0\0\2\0\0\0", "WIRE.VM", False),
    "AT": (b"\x10\0\x10\0\x10\0", "WIRE.LENGTH", False),
}
UNEQUAL: dict[str, Value] = {
    "US": 8,
    "UL": 8,
    "UI": "1.2.840.10008.5.1.4.1.1.7",
    "AE": "OTHER",
    "LO": "other",
    "SH": "other",
    "AT": [0x0010_0020],
}


def opening_cases(scene: Scene, rules: Mapping[str, Rule]) -> Iterator[Case]:
    """Cases of the first message of a service: the request or the cancel."""
    yield from _CellCases(scene, scene.opening, rules).cases()


def response_cases(scene: Scene, rules: Mapping[str, Rule]) -> Iterator[Case]:
    """Cases of the response, each beside the request that it answers."""
    if "response" in scene.messages:
        yield from _CellCases(scene, "response", rules).cases()


class _CellCases:
    """The cases of one message."""

    def __init__(self, scene: Scene, role: str, rules: Mapping[str, Rule]) -> None:
        self.scene = scene
        self.role = role
        self.message = scene.name(role)
        self.rules = {name: rule for name, rule in rules.items() if rule.page == self.message}
        self.request = scene.request()
        self.base = self._values()

    def cases(self) -> Iterator[Case]:
        """A legal message, one with every value at its limit, and those that break a rule each."""
        conditional = {cell.keyword for cell in self._cells() if cell.glyph == "C"}
        legal = [r.id for r in self.rules.values() if r.keyword not in conditional or r.kind == "="]
        yield self._valid(
            "legal", f"{self.message} with what it shall have and nothing else.", legal, self._steps(self.base)
        )
        yield self._limits()
        yield from self._options()
        for rule in self.rules.values():
            yield from self._of(rule)

    def _cells(self) -> list[Cell]:
        return self.scene.cells[self.role]

    def _values(
        self, code: int | None = 0, extra: tuple[str, ...] = (), request: Values | None = None
    ) -> dict[str, Value]:
        request = self.request if request is None else request
        if self.role == "response":
            return self.scene.response(request, code, extra)
        return dict(request)

    def _steps(
        self,
        values: Values,
        expect: tuple[str, ...] = (),
        fault: Fault = NO_FAULT,
        request: Values | None = None,
    ) -> tuple[Step, ...]:
        if self.role == "response":
            return self.scene.pair(self.request if request is None else request, values, expect, fault)
        return (self.scene.step(self.role, values, expect, fault),)

    def _valid(self, name: str, comment: str, rules: list[str], steps: tuple[Step, ...]) -> Case:
        return Case(f"{self.message}:{name}", comment, tuple(rules), True, steps)

    def _invalid(self, rule: Rule, name: str, comment: str, steps: tuple[Step, ...]) -> Case:
        return Case(f"{rule.id}:{name}", comment, (rule.id,), False, steps)

    def _limits(self) -> Case:
        request = self.scene.request(limit=True)
        values = self.scene.response(request) if self.role == "response" else request
        steps = self.scene.pair(request, values) if self.role == "response" else self._steps(request)
        rules = [rule.id for rule in self.rules.values() if rule.kind == "VR" and rule.keyword in values]
        return self._valid("limits", f"{self.message} with the longest and largest values.", rules, steps)

    def _options(self) -> Iterator[Case]:
        """A response with all that it may have; a request to the limits has that already."""
        retired = {rule.keyword for rule in self.rules.values() if rule.kind == "retired"}
        every = [cell for cell in self._cells() if cell.glyph == "U" and cell.keyword not in {*self.base, *retired}]
        repeating = any(cell.source for cell in every)
        request = self.scene.requests()[-1] if repeating else self.request
        extra = {cell.keyword: self.scene.repeated(cell, request) for cell in every}
        if self.role == "response" and extra:
            held = {*extra, "CommandDataSetType"}
            rules = [rule.id for rule in self.rules.values() if rule.keyword in held and rule.kind != "never"]
            comment = f"{self.message} with all that is U."
            values = {**self._values(request=request), **extra}
            yield self._valid("options", comment, rules, self._steps(values, request=request))

    def _of(self, rule: Rule) -> Iterator[Case]:
        cell = self.scene.cell(self.role, rule.keyword)
        if rule.keyword == "CommandDataSetType":
            yield self._of_field(rule)
        elif rule.kind == "-":
            yield self._present(rule, cell)
        elif cell is not None and rule.kind in ("M", "MF", "UF"):
            yield from [self._absent(rule)] if rule.kind != "UF" else []
            yield from [self._unfixed(rule)] if cell.fixed else []
        elif cell is not None and rule.kind == "C":
            yield from self._condition(rule, cell)
        elif cell is not None and rule.kind == "=":
            yield self._unequal(rule, cell)
        elif cell is not None and rule.kind == "VR":
            yield self._bad_value(rule, cell)

    def _absent(self, rule: Rule) -> Case:
        values = self._values(None) if rule.keyword == "Status" else self.base
        left = {keyword: value for keyword, value in values.items() if keyword != rule.keyword}
        return self._invalid(rule, "absent", f"{rule.keyword} is absent.", self._steps(left, (rule.id,)))

    def _present(self, rule: Rule, cell: Cell | None) -> Case:
        comment = f"{rule.keyword} is present."
        if cell is not None and not self.scene.encoder.vr(rule.keyword):
            return self._invalid(rule, "present", f"{comment} No bytes can say so.", self._beside_bytes(rule))
        values = {**self.base, rule.keyword: self.scene.value(rule.keyword)}
        return self._invalid(rule, "present", comment, self._steps(values, (rule.id,)))

    def _beside_bytes(self, rule: Rule) -> tuple[Step, ...]:
        """A message that has a Data Set parameter which none of its messages conveys: parameters, not bytes."""
        *before, step = self._steps(self.base)
        held = {**self.base, rule.keyword: DATA_SET}
        told = {keyword: value.hex().upper() if isinstance(value, bytes) else value for keyword, value in held.items()}
        return *before, Step(step.sender, self.message, parameters=told, answers=step.answers, expect=(rule.id,))

    def _unfixed(self, rule: Rule) -> Case:
        others = (value for value in self.scene.allowed(rule.keyword) if value != self.base.get(rule.keyword))
        values = {**self.base, rule.keyword: next(others, UNEQUAL[self.scene.encoder.vr(rule.keyword)])}
        comment = f"{rule.keyword} has another value than the one that is fixed."
        return self._invalid(rule, "unfixed", comment, self._steps(values, (rule.id,)))

    def _unequal(self, rule: Rule, cell: Cell) -> Case:
        request, held = self._holding(cell, True)
        values = {**held, rule.keyword: UNEQUAL[self.scene.encoder.vr(rule.keyword)]}
        steps = self._steps(values, (rule.id,), request=request)
        return self._invalid(rule, "unequal", f"{rule.keyword} is not that of the request.", steps)

    # Conditions

    def _condition(self, rule: Rule, cell: Cell) -> Iterator[Case]:
        """The first message in which the parameter is wanting, the first where it is too much, and a twin of each."""
        scene, keyword, found = self.scene, rule.keyword, set()
        for request, code, values in self._settled():
            required = scene.required(cell, values, request)
            without = {name: value for name, value in values.items() if name != keyword}
            present = {**without, keyword: scene.repeated(cell, request)}
            permitted = scene.permitted(cell, present, request)
            unequal = bool(cell.source) and cell.source not in request
            for name, tried, breaks in (
                ("wanting", without, required),
                ("forbidden", present, not permitted),
                ("required", present, not required),
                ("permitted", present, not permitted),
                ("not-required", without, required),
            ):
                wanted = name in ("wanting", "forbidden")
                said = "absent" if tried is without else "present"
                broken = scene.broken(self.role, tried, request)
                if name in found or broken != ({keyword} if wanted else set()) or (breaks is not wanted):
                    continue
                if unequal and tried is present and not wanted:
                    continue  # it repeats what the request has not: no legal message
                found.add(name)
                comment = f"{keyword} is {said}." if code is None else f"Status {code:04X}H: {keyword} is {said}."
                too = (f"{self.message}.{keyword}.=",) if unequal and tried is present else ()
                steps = self._steps(tried, (rule.id, *too) if wanted else (), request=request)
                if wanted:
                    yield self._invalid(rule, name, comment, steps)
                else:
                    rules = [r.id for r in self.rules.values() if r.keyword == keyword and r.kind in ("C", "VR", "=")]
                    held = rules if said == "present" else [rule.id]
                    yield Case(f"{rule.id}:{name}", comment, tuple(held), True, steps)

    def _settled(self) -> Iterator[tuple[dict[str, Value], int | None, dict[str, Value]]]:
        """Responses for each Status, alone and with each other conditional parameter of the table; to each request.

        A request has no Status: alone, with each parameter that it may have besides, and with all of them.
        """
        if self.role != "response":
            more = tuple(each.keyword for each in self._cells() if each.glyph in ("U", "C"))
            for extra in [(), *((keyword,) for keyword in more), more]:
                request = self.scene.request(extra=extra)
                yield request, None, request
            return
        others = [(), *((each.keyword,) for each in self._cells() if each.glyph == "C" and not each.added)]
        for request, extra, code in product(self.scene.requests(), others, self.scene.codes):
            yield request, code, self._values(code, extra, request)

    # Values

    def _bad_value(self, rule: Rule, cell: Cell) -> Case:
        bad, anomaly, readable = BAD[self.scene.encoder.vr(rule.keyword)]
        allowed = self.scene.allowed(rule.keyword)
        if allowed:
            bad, anomaly, readable = allowed[-1] + 1, "WIRE.VALUE", True
        expect = [rule.id, anomaly]
        request, values = self._holding(cell, readable)
        expect += [f"{self.message}.{rule.keyword}.-"] * (cell.glyph == "-")
        if readable:
            expect += [f"{self.message}.{rule.keyword}.="] * bool(cell.source)
            expect += [f"{self.message}.{rule.keyword}.{cell.glyph}"] * bool(cell.fixed)
        else:
            expect += [f"{self.message}.{rule.keyword}.{cell.glyph}"] * cell.glyph.startswith("M")
        if cell.glyph == "C":
            absent = not readable and self.scene.required(cell, values, request)
            permitted = self.scene.permitted(cell, {**values, rule.keyword: b""}, request)
            expect += [f"{self.message}.{rule.keyword}.C"] * (absent or not permitted)
        steps = self._steps({**values, rule.keyword: bad}, tuple(expect), request=request)
        return self._invalid(rule, "bad-value", f"{rule.keyword} has a value that breaks its VR or VM.", steps)

    def _holding(self, cell: Cell, readable: bool) -> tuple[dict[str, Value], dict[str, Value]]:
        """A request and a message in which a parameter may stand, the request with what it repeats."""
        if cell.keyword == "Status" and self.role == "response" and not readable:
            return self.request, self._values(None)
        if cell.glyph != "C":
            if self.role != "response":
                return self.request, self.scene.request(extra=(cell.keyword,))
            able = (request for request in self.scene.requests() if not cell.source or cell.source in request)
            request = next(able, self.request)
            return request, self._values(request=request)
        for request, _, values in self._settled():
            held = {**values, cell.keyword: b""}
            repeats = not cell.source or cell.source in request
            if repeats and not self.scene.broken(self.role, held, request if self.role == "response" else held):
                return request, values
        return self.request, self.base

    # Command Data Set Type

    def _of_field(self, rule: Rule) -> Case:
        data_set = self.scene.data_set(self.role)
        request, values, fault, expect = self.request, self.base, NO_FAULT, [rule.id]
        if data_set is not None and rule.kind != "never":
            request, values = self._holding(data_set, True)
            values = {**values, data_set.keyword: DATA_SET}
        if rule.kind == "M":
            expect, comment = [rule.id, "WIRE.DATA_SET_TYPE"], "Command Data Set Type is absent."
            fault = Fault(omit_type=True)
        elif rule.kind == "never":
            comment = "Command Data Set Type announces a Data Set."
            fault = Fault(data_set_type=DATA_SET_FOLLOWS)
        else:
            expect, comment = [rule.id, "WIRE.DATA_SET"], "Command Data Set Type is 0101H, and a Data Set follows."
            fault = Fault(data_set_type=NO_DATA_SET, data_set=DATA_SET)
        if data_set is not None and data_set.glyph == "C" and rule.kind != "never":
            expect += [f"{self.message}.{data_set.keyword}.C"] * (not self.scene.permitted(data_set, values, request))
        return self._invalid(rule, "broken", comment, self._steps(values, tuple(expect), fault, request))
