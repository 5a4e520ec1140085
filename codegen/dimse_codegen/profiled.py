"""A service as a profile has it: the changes applied to its model, which is then printed and judged as any other.

Nothing is checked here: what a profile must obey is in `profile_laws`, and a profile that breaks it is not printed.
"""

from __future__ import annotations

from attrs import evolve, frozen

from dimse_codegen.expression import Constant
from dimse_codegen.model import Change, Condition, Extension, Message, Parameter, Profile, Schema, Service
from dimse_codegen.problem import Text


@frozen
class Cell:
    """A cell, parsed: the glyph alone, whether (=) stands behind it, and the values that MF and UF fix."""

    glyph: str
    equal: bool
    fixed: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Cell:
        """Read a cell as the matrix prints it: "U(=)", "MF 1", "MF 1 or 2"."""
        bare = text.removesuffix("(=)")
        glyph, _, fixed = bare.partition(" ")
        return cls(glyph.removesuffix("F"), bare != text, tuple(fixed.split(" or ")) if fixed else ())


def profiled(schema: Schema, service: Service, extension: Extension) -> Service:
    """The service with the cells and conditions of a profile."""
    cells = {(str(change.parameter), str(change.column)): change for change in extension.changes}
    replaced = {
        (str(name), str(new.condition.column)) for new in extension.conditions for name in new.condition.parameters
    }
    parameters = tuple(_row(service, parameter, cells) for parameter in service.parameters)
    changed = evolve(service, parameters=parameters)
    kept = [_kept(changed, condition, replaced) for condition in service.conditions]
    conditions = (*(each for each in kept if each.parameters), *(new.condition for new in extension.conditions))
    messages = tuple(_message(schema, changed, message, column) for message, column in _columns(service))
    return evolve(changed, conditions=conditions, messages=messages)


def citations(profile: Profile, extension: Extension) -> dict[tuple[str, str], str]:
    """Where the cells stand that a profile changes, by parameter and column; a condition before its cell."""
    found = {(str(each.parameter), str(each.column)): profile.cited(each.section) for each in extension.changes}
    for new in extension.conditions:
        section = profile.cited(new.condition.section)
        found.update(((str(name), str(new.condition.column)), section) for name in new.condition.parameters)
    return found


def sop_class_uids(schema: Schema, extension: Extension) -> list[str]:
    """The UIDs of a profile's SOP Classes: those named, and all of a Service Class that have the service."""
    uids = []
    for entry in extension.sop_classes:
        of_class = next((each for each in schema.service_classes if each.name == entry), None)
        if of_class is not None and of_class.uid(entry) is None:
            names = [
                name
                for name in of_class.sop_classes
                if any(name in table.sop_classes and extension.extends in table.services for table in of_class.tables)
            ]
            uids += [str(of_class.uid(name)) for name in names]
        else:
            named = (each.uid(entry) for each in schema.service_classes)
            uids.append(str(next((uid for uid in named if uid is not None), entry)))
    return uids


def condition_of(service: Service, parameter: str, column: str) -> Condition | None:
    """The condition of a cell, None where it has none."""
    return next((each for each in service.conditions if parameter in each.parameters and each.column == column), None)


def contradiction(service: Service, change: Change) -> str | None:
    """Why a cell cannot become another one, None where it can: no message could please service and profile."""
    base, here = Cell.parse(change.base), Cell.parse(change.here)
    condition = condition_of(service, change.parameter, change.column)
    if base.glyph == "-":
        return "the message has no field for it, and a profile gives it none"
    if base.glyph == "M" and here.glyph == "-":
        return "every message of the service has it"
    if base.glyph == "C" and here.glyph == "-" and condition and condition.required != Constant(False):
        return "the service requires it while its condition holds"
    if base.glyph == "C" and here.glyph == "M" and condition and condition.permitted != Constant(True):
        return "the service permits it only while its condition holds"
    if base.fixed and here.fixed and not set(base.fixed) & set(here.fixed):
        return f"the service fixes it to {' or '.join(base.fixed)}"
    return None


def relaxes(change: Change) -> bool:
    """Whether a change lets something pass that the service refuses: an absence, another value, a presence."""
    base, here = Cell.parse(change.base), Cell.parse(change.here)
    if base.equal and not here.equal and here.glyph != "-":
        return True
    if base.fixed and here.glyph != "-" and not set(here.fixed or ("any",)) <= set(base.fixed):
        return True
    return (base.glyph, here.glyph) in {("M", "U"), ("M", "C"), ("C", "U")}


def _row(service: Service, parameter: Parameter, cells: dict[tuple[str, str], Change]) -> Parameter:
    here = list(parameter.cells)
    for at, column in enumerate(service.columns[: len(here)]):
        change = cells.get((str(parameter.name), str(column)))
        here[at] = here[at] if change is None else change.here
    return evolve(parameter, cells=tuple(here))


def _kept(service: Service, condition: Condition, replaced: set[tuple[str, str]]) -> Condition:
    """A condition of the service with the parameters that it still explains."""
    column = condition.column
    names = [
        name
        for name in condition.parameters
        if (str(name), str(column)) not in replaced and str(service.cell(name, column)).startswith("C")
    ]
    return evolve(condition, parameters=tuple(names))


def _columns(service: Service) -> list[tuple[Message, str]]:
    return [(message, str(column)) for message, column in zip(service.messages, service.columns, strict=False)]


def _message(schema: Schema, service: Service, message: Message, column: str) -> Message:
    """A message with the rule of its Data Set as the cell here has it."""
    cells = [str(service.cell(name, column) or "-") for name in schema.dictionary.data_sets]
    cell = next((cell for cell in cells if cell != "-"), "-")
    rule = "never" if cell == "-" else "always" if cell.startswith("M") else "conditional"
    return evolve(message, data_set=Text(rule, message.data_set.at))
