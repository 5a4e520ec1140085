"""Names that changed: the old schema is given the new ones before the two are compared, so that each is told once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from dimse_codegen.changes.compare import Change, Pair
from dimse_codegen.expression import ParameterIs
from dimse_codegen.model import (
    Advice,
    AssignedStatus,
    Condition,
    Dictionary,
    Element,
    Message,
    Parameter,
    Rule,
    Rules,
    Schema,
    Service,
    Statuses,
    StatusType,
)
from dimse_codegen.model import Change as CellChange
from dimse_codegen.problem import Text

# Where names of parameters and of status types stand: in a field, in the keys of one, in its values.
_PARAMETERS = {
    (Element, "name"), (Parameter, "name"), (Condition, "parameters"), (Message, "fields"), (Message, "without_field"),
    (Advice, "parameter"), (ParameterIs, "name"), (StatusType, "fields"), (Service, "equal_to_request"),
    (CellChange, "parameter"),
}  # fmt: skip
_PARAMETER_KEYS = {
    (Dictionary, "data_sets"), (Dictionary, "values"), (Dictionary, "defaults"), (Rules, "parameters"),
    (Statuses, "only_in"), (Service, "equal_to_request"),
}  # fmt: skip
_TYPES = {
    (StatusType, "name"), (Service, "status_types"), (AssignedStatus, "type"), (Rule, "statuses"),
    (Rules, "parameters"),
}  # fmt: skip
_NONE: Mapping[str, str] = {}


def rename(pair: Pair) -> tuple[Schema, tuple[Change, ...]]:
    """The old schema with the names of the new one, and the differences that these are."""
    dictionary = pair.inner(pair.old.dictionary, pair.new.dictionary, "Command Dictionary")
    statuses = pair.inner(pair.old.statuses, pair.new.statuses, "Annex C")
    parameters: dict[str, str] = dict(_elements(dictionary))
    types: dict[str, str] = dict(_types(statuses))
    changes = [
        *(dictionary.change("ELEMENT_RENAMED", f"{new}, name", old, new) for old, new in parameters.items()),
        *(statuses.change("STATUS_TYPE_RENAMED", f"{new}, name", old, new) for old, new in types.items()),
    ]
    return _named(pair.old, parameters, types) if changes else pair.old, tuple(changes)


def _elements(pair: Pair) -> Iterator[tuple[Text, Text]]:
    """Elements of the same tag, else keyword, and Data Sets of the same keyword, under another name."""
    old = {each.name: (each.tag, each.keyword) for each in pair.old.elements}
    new = {each.name: (each.tag, each.keyword) for each in pair.new.elements}
    old |= {name: (None, keyword) for name, keyword in pair.old.data_sets.items()}
    new |= {name: (None, keyword) for name, keyword in pair.new.data_sets.items()}
    left = {name: each for name, each in new.items() if name not in old}
    for name, (tag, keyword) in old.items():
        if name in new:
            continue
        alike = [other for other, each in left.items() if tag is not None and each[0] == tag]
        alike += [other for other, each in left.items() if each[1] == keyword and (each[0] is None) == (tag is None)]
        if alike:
            del left[alike[0]]
            yield name, alike[0]


def _types(pair: Pair) -> Iterator[tuple[Text, Text]]:
    """Status types of the same section and code under another name."""
    old = {each.name: (each.section, each.code) for each in pair.old.types}
    new = {(each.section, each.code): each.name for each in pair.new.types if each.name not in old}
    names = {each.name for each in pair.new.types}
    for name, what in old.items():
        if name not in names and what in new:
            yield name, new.pop(what)


def _named(thing: Any, parameters: Mapping[str, str], types: Mapping[str, str]) -> Any:
    """A part of the model with other names."""
    if isinstance(thing, tuple):
        return tuple(_named(each, parameters, types) for each in thing)
    if isinstance(thing, dict):
        return {key: _named(each, parameters, types) for key, each in thing.items()}
    if not attrs.has(type(thing)):
        return thing
    changed = {}
    for each in attrs.fields(type(thing)):
        place, found = (type(thing), each.name), getattr(thing, each.name)
        names = parameters if place in _PARAMETERS else types if place in _TYPES else _NONE
        keys = parameters if place in _PARAMETER_KEYS else _NONE
        if names or keys:
            changed[each.name] = _replaced(found, names, keys)
        else:
            changed[each.name] = _named(found, parameters, types)
    return attrs.evolve(thing, **changed)


def _replaced(thing: Any, names: Mapping[str, str], keys: Mapping[str, str]) -> Any:
    if isinstance(thing, Text):
        # A field of Annex C may be one of two: "Modification List/Attribute List".
        return Text(names.get(thing) or "/".join(names.get(part, part) for part in thing.split("/")), thing.at)
    if isinstance(thing, tuple):
        return tuple(_replaced(each, names, keys) for each in thing)
    if isinstance(thing, dict):
        return {_replaced(key, keys, _NONE): _replaced(each, names, _NONE) for key, each in thing.items()}
    return thing
