"""The laws of profiles: what they change is there, can be changed, is changed, and is said for what it is.

They are applied where services and Service Classes obey theirs: beside a broken service, nothing can be said of a
profile.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from keyword import iskeyword

from attrs import evolve

from dimse_codegen import forms
from dimse_codegen.expression import ParameterIs, StatusIs, leaves
from dimse_codegen.law import class_of, law, nearest, unknown, within
from dimse_codegen.layout import docstring
from dimse_codegen.model import Change, Element, Extension, Profile, Schema, Service, StatusType
from dimse_codegen.problem import Text
from dimse_codegen.profiled import Cell, condition_of, contradiction, profiled, relaxes, sop_class_uids
from dimse_codegen.rule_catalogue import catalogue
from dimse_codegen.service_laws import ROLE_PARAMETERS

_UID = re.compile(forms.UID)
_TEXT_LENGTHS = {"AE": 16, "LO": 64, "SH": 16}
_OF_ANY_MESSAGE = ("CONVERSATION.", "WIRE.")


def _extended(schema: Schema) -> Iterator[tuple[Profile, Extension, Service]]:
    """Each service that a profile extends, where there is one of that name."""
    for profile in schema.profiles:
        for extension in profile.services:
            service = schema.service(extension.extends)
            if service is not None and service.kind != "cancel":
                yield profile, extension, service


def _changes(schema: Schema) -> Iterator[tuple[Extension, Service, Change]]:
    """Each change of a cell that the service has."""
    for _, extension, service in _extended(schema):
        for change in extension.changes:
            if service.cell(change.parameter, change.column) is not None:
                yield extension, service, change


@law(
    "PROFILE_NAME",
    "A profile has a name of its own, for which its file is called, and names its document.",
    of_profiles=True,
)
def _profile_name(schema: Schema) -> Iterator[tuple[Text, str]]:
    for each in schema.profiles:
        expected = re.sub(r"[ /-]", "_", each.name.lower())
        formed = re.fullmatch(forms.PROFILE_NAME, each.name) and len(each.name) <= 64
        if not formed or iskeyword(expected):
            yield each.name, f"'{each.name}' is no name of a profile; one reads Study Root Query/Retrieve"
        elif each.path.name != f"{expected}.yaml":
            yield each.name, f"the file of {each.name} is {expected}.yaml, this one is {each.path.name}"
        if not re.fullmatch(forms.DOCUMENT, each.document):
            yield each.document, f"'{each.document}' is no document; write PS3.4, or what a reader finds it by"


@law(
    "PROFILE_PROSE",
    "A summary and a reason are sentences on one line, from a capital to a full stop.",
    of_profiles=True,
)
def _profile_prose(schema: Schema) -> Iterator[tuple[Text, str]]:
    for profile in schema.profiles:
        reasons = [
            each.reason
            for extension in profile.services
            for each in (
                *extension.changes,
                *extension.conditions,
                *extension.severities,
                *((extension.statuses,) if extension.statuses is not None else ()),
            )
        ]
        for text in (profile.summary, *reasons):
            plain = "\n" not in docstring(text) and "\n" not in text
            if not (plain and text[0].isupper() and text.endswith(".")):
                yield text, "this is no sentence; write one line, from a capital to a full stop, of 110 columns at most"


@law(
    "EXTENDS_KNOWN",
    "A profile extends services that are here, each once, and no cancel, which names no SOP Class.",
    of_profiles=True,
)
def _extends_known(schema: Schema) -> Iterator[tuple[Text, str]]:
    known = {str(service.name) for service in schema.services if service.kind != "cancel"}
    for profile in schema.profiles:
        names = [extension.extends for extension in profile.services]
        counts = Counter(map(str, names))
        if not names:
            yield profile.name, f"{profile.name} extends no service"
        for name in names:
            service = schema.service(name)
            if service is not None and service.kind == "cancel":
                yield name, f"{name} names no SOP Class; a profile cannot tell whether it is one of its own"
            elif counts[name] > 1:
                yield name, f"{name} is extended {counts[name]} times; write one profile for each"
        yield from unknown((name for name in names if schema.service(name) is None), known, "the services")


@law(
    "PROFILE_SOP_CLASS",
    "A profile is of SOP Classes: names or UIDs, or a Service Class; each has the service.",
    of_profiles=True,
)
def _profile_sop_class(schema: Schema) -> Iterator[tuple[Text, str]]:
    classes = schema.service_classes
    uids = {str(uid): name for each in classes for name, uid in each.sop_classes.items()}
    names = {str(name) for each in classes for name in each.sop_classes} | {str(each.name) for each in classes}
    for profile, extension, service in _extended(schema):
        served = {
            str(each.uid(name))
            for each in classes
            for table in each.tables
            if service.name in table.services
            for name in table.sop_classes
        }
        if not extension.sop_classes:
            yield extension.extends, f"{profile.name} has no SOP Class for {service.name}"
        for entry in extension.sop_classes:
            is_uid = _UID.fullmatch(entry) is not None and len(entry) <= 64
            found = sop_class_uids(schema, evolve(extension, sop_classes=(entry,)))
            if entry not in names and not is_uid:
                yield entry, f"'{entry}' is no SOP Class, Service Class or UID{nearest(entry, names)}"
            elif not found or any(uid in uids and uid not in served for uid in found):
                yield entry, f"'{entry}' has no {service.name}"
        counts = Counter(sop_class_uids(schema, extension))
        for entry in extension.sop_classes:
            if any(counts[uid] > 1 for uid in sop_class_uids(schema, evolve(extension, sop_classes=(entry,)))):
                yield entry, f"'{entry}' is named more than once"


@law("CHANGE_OF_CELL", "A change is of a cell that the service has, as the service has it, once.", of_profiles=True)
def _change_of_cell(schema: Schema) -> Iterator[tuple[Text, str]]:
    for _, extension, service in _extended(schema):
        rows = {str(row.name) for row in service.parameters}
        yield from unknown((c.parameter for c in extension.changes), rows, f"the table of {service.name}")
        columns = set(map(str, service.columns[:2]))
        yield from unknown((c.column for c in extension.changes), columns, f"the columns of {service.name}")
        counts = Counter((str(change.parameter), str(change.column)) for change in extension.changes)
        for change in extension.changes:
            if counts[str(change.parameter), str(change.column)] > 1:
                yield change.parameter, f"{change.parameter} in {change.column} is changed more than once"
    for _, service, change in _changes(schema):
        cell = service.cell(change.parameter, change.column)
        if cell != change.base:
            yield change.base, f"{change.parameter} is {cell} in {change.column} of {service.name}, not {change.base}"


@law(
    "CHANGE_CHANGES",
    "A change changes something, and a profile has changes: the rest is the service's already.",
    of_profiles=True,
)
def _change_changes(schema: Schema) -> Iterator[tuple[Text, str]]:
    for _, extension, service in _extended(schema):
        if not (extension.changes or extension.conditions or extension.statuses or extension.severities):
            yield extension.extends, f"nothing of {service.name} is changed"
        for new in extension.conditions:
            for name in new.condition.parameters:
                old = condition_of(service, name, new.condition.column)
                same = old is not None and _says(old) == _says(new.condition)
                if same and not any(change.parameter == name for change in extension.changes):
                    yield name, f"the condition of {name} is the one that {service.name} has"
    for _, service, change in _changes(schema):
        if change.base == change.here and service.cell(change.parameter, change.column) == change.base:
            yield change.here, f"{change.parameter} is {change.here} in {service.name} already"


@law(
    "CHANGE_POSSIBLE",
    "A change leaves messages that please service and profile: else no peer could keep both.",
    of_profiles=True,
)
def _change_possible(schema: Schema) -> Iterator[tuple[Text, str]]:
    for _, service, change in _changes(schema):
        reason = contradiction(service, change) if change.base != change.here else None
        kept = change.parameter in ROLE_PARAMETERS.get(change.column, ()) and not change.here.startswith("M")
        if reason is not None:
            yield change.here, f"{change.parameter} is {change.base} and cannot become {change.here}: {reason}"
        elif kept:
            yield change.here, f"{change.parameter} cannot become {change.here}: no answer finds its request without it"
        elif change.here.endswith("(=)") and (change.column != "Rsp/Conf" or change.here == "-(=)"):
            yield change.here, f"{change.here} has no value to its left to be equal to"
        elif change.here.endswith("(=)") and service.cell(change.parameter, "Req/Ind") in (None, "-"):
            yield change.here, f"{change.here}: the request has no {change.parameter}"


@law(
    "RELAXED_SAID",
    "What lets through what the service refuses stands under `relaxed`, and nothing else does.",
    of_profiles=True,
)
def _relaxed_said(schema: Schema) -> Iterator[tuple[Text, str]]:
    for _, service, change in _changes(schema):
        if change.base == change.here or contradiction(service, change) is not None:
            continue
        if relaxes(change) and not change.relaxed:
            yield (
                change.here,
                f"{change.base} to {change.here} lets through what {service.name} refuses; it stands under relaxed",
            )
        elif change.relaxed and not relaxes(change):
            yield change.here, f"{change.base} to {change.here} lets nothing through that {service.name} refuses"


@law(
    "FIXED_VALUE_FITS",
    "What MF and UF fix is a value that the parameter may have: a number, a UID, a text.",
    of_profiles=True,
)
def _fixed_value_fits(schema: Schema) -> Iterator[tuple[Text, str]]:
    for _, _, change in _changes(schema):
        for value in Cell.parse(change.here).fixed:
            reason = _misfit(schema, schema.dictionary.element(change.parameter), change, value)
            if reason is not None:
                yield change.here, f"{change.here}: {reason}"


@law(
    "PROFILE_CONDITION",
    "A condition of a profile is of a cell that is C here, asks as a service's, is new or has one.",
    of_profiles=True,
)
def _profile_condition(schema: Schema) -> Iterator[tuple[Text, str]]:
    classes = [str(name) for name in schema.statuses.classes]
    for _, extension, service in _extended(schema):
        here = profiled(schema, service, extension)
        explained = Counter((str(name), str(c.column)) for c in here.conditions for name in c.parameters)
        for new in extension.conditions:
            condition = new.condition
            for name in condition.parameters:
                cell = here.cell(name, condition.column)
                if cell is None or not cell.startswith("C"):
                    stands = "is no cell" if cell is None else f"is {cell} here"
                    yield name, f"{name} in {condition.column} {stands}; a condition explains a C cell"
                elif explained[str(name), str(condition.column)] > 1:
                    yield name, f"{name} in {condition.column} has more than one condition"
            if condition.severity is not None and condition.severity not in forms.SEVERITIES:
                yield condition.severity, f"'{condition.severity}' is no severity; one of {', '.join(forms.SEVERITIES)}"
            names = {str(row.name) for row in service.parameters}
            for leaf in [*leaves(condition.required), *leaves(condition.permitted)]:
                if isinstance(leaf, ParameterIs) and leaf.name not in names:
                    yield leaf.name, f"'{leaf.name}' is no parameter of {service.name}{nearest(leaf.name, names)}"
                code = re.fullmatch(r"[0-9A-F]{4}H|(?=.{4}$)[0-9A-F]{1,3}x{1,3}", leaf.name)
                if isinstance(leaf, StatusIs) and leaf.name not in classes and not code:
                    yield leaf.name, f"'{leaf.name}' is no status class or code; one of {', '.join(classes)}, or FF00H"
        for change in extension.changes:
            if change.here.startswith("C") and not explained[str(change.parameter), str(change.column)]:
                yield change.here, f"{change.parameter} is {change.here} here, and no condition explains it"
            row = here.parameter(change.parameter)
            if change.here.startswith("C") and row and sum(cell.startswith("C") for cell in row.cells) > 1:
                yield change.here, f"{change.parameter} is C in two columns; its row has room for one condition"


@law(
    "STATUSES_NARROWED",
    "The statuses that a profile leaves are of the service, and fewer: others it cannot give.",
    of_profiles=True,
)
def _statuses_narrowed(schema: Schema) -> Iterator[tuple[Text, str]]:
    for _, extension, service in _extended(schema):
        left = extension.statuses
        if left is None:
            continue
        if left.severity is not None and left.severity not in forms.SEVERITIES:
            yield left.severity, f"'{left.severity}' is no severity; one of {', '.join(forms.SEVERITIES)}"
        types = [found for name in service.status_types if (found := schema.statuses.type(name)) is not None]
        counts = Counter(map(str, left.codes))
        for code in left.codes:
            if not any(_gives(schema, each, code) for each in types):
                yield code, f"{code} is no status that {service.name} has"
            elif counts[code] > 1 or any(code != other and within(code, other) for other in left.codes):
                yield code, f"{code} stands here more than once"
        whole = set(map(str, left.codes))
        if types and all(_patterns(schema, each) <= whole for each in types):
            yield left.section, f"every status that {service.name} has is left; name those that remain"


@law(
    "SEVERITY_OF_RULE",
    "A severity is set for a rule that judges the service's messages, and is another one.",
    of_profiles=True,
)
def _severity_of_rule(schema: Schema) -> Iterator[tuple[Text, str]]:
    for _, extension, service in _extended(schema):
        if not extension.severities:
            continue
        here = profiled(schema, service, extension)
        rules = catalogue(evolve(schema, services=(here,)))
        of_service = {
            rule: each.severity
            for rule, each in rules.items()
            if rule.startswith((*(f"{message.name}." for message in service.messages), *_OF_ANY_MESSAGE))
        }
        counts = Counter(str(each.rule) for each in extension.severities)
        for each in extension.severities:
            severity = of_service.get(each.rule)
            if severity is None:
                yield from unknown([each.rule], set(of_service), f"the rules of {service.name}")
            elif severity != each.base:
                yield each.base, f"{each.rule} is of severity {severity} here, not {each.base}"
            elif each.here == each.base:
                yield each.here, f"{each.rule} is of severity {each.here} already"
            if counts[each.rule] > 1:
                yield each.rule, f"{each.rule} stands here more than once"
            if each.here not in (*forms.SEVERITIES, forms.OFF):
                yield each.here, f"'{each.here}' is no severity; one of {', '.join(forms.SEVERITIES)}, {forms.OFF}"


def _says(condition: object) -> tuple[object, ...]:
    """A condition without where it stands and whom it is about."""
    return tuple(getattr(condition, name) for name in ("required", "permitted", "severity"))


def _misfit(schema: Schema, element: Element | None, change: Change, value: str) -> str | None:
    """Why a value may not stand in a parameter, None where it may."""
    if element is None:
        return f"{change.parameter} is a Data Set, which no value can be fixed to"
    allowed = schema.dictionary.allowed(element.name)
    if element.vr in ("US", "UL"):
        most = 0xFFFF if element.vr == "US" else 0xFFFF_FFFF
        if not re.fullmatch(r"0|[1-9][0-9]{0,9}", value) or int(value) > most:
            return f"'{value}' is no number from 0 to {most}"
        if allowed and int(value) not in allowed.values():
            return f"{value} may not stand in {element.name}; one of {', '.join(map(str, sorted(allowed.values())))}"
    elif element.vr == "UI":
        if not _UID.fullmatch(value) or len(value) > 64:
            return f"'{value}' is no UID"
    elif element.vr in _TEXT_LENGTHS:
        most = _TEXT_LENGTHS[element.vr]
        if not re.fullmatch(r"[!-~]([ -~]*[!-~])?", value) or "\\" in value or len(value) > most:
            return f"'{value}' is no {element.vr} of {most} characters at most"
    else:
        return f"{element.name} is a list, which no value can be fixed to"
    return None


def _patterns(schema: Schema, of: StatusType) -> set[str]:
    """The codes and ranges from which a status type has its own."""
    if of.code is not None:
        return {str(of.code)}
    assigned = set(map(str, schema.statuses.assigned_by_service_class))
    return set(map(str, schema.statuses.classes.get(of.status_class, ()))) & assigned


def _gives(schema: Schema, of: StatusType, code: str) -> bool:
    """Whether a code, or every one of a range, may be of a status type."""
    if of.code is not None:
        return code == of.code
    patterns = _patterns(schema, of)
    return class_of(schema, code) == of.status_class and any(within(code, pattern) for pattern in patterns)
