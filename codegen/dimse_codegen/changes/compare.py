"""Two models laid side by side: how objects, lists and mappings are paired, whatever they mean.

`fields` says, for every field of every class of the model, how it is compared. A field that it does not name cannot be
passed over: `walk` asks for each that attrs knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import attrs
from attrs import frozen

from dimse_codegen.changes.kinds import KINDS, Kind
from dimse_codegen.problem import Mark, Text

NOTHING = "nothing"


@frozen
class Change:
    """One difference.

    Attributes:
        kind: what kind of difference.
        where: "C-MOVE, Move Destination, Req/Ind".
        old, new: what stands there in each; "nothing" where one lacks it.
        at: where it stands in the new schema, or what it was gone from.
        was: likewise in the old.
    """

    kind: Kind
    where: str
    old: str
    new: str
    at: Mark
    was: Mark


@frozen
class Pair:
    """The same thing in both schemas, with its name and its places."""

    old: Any
    new: Any
    where: str
    at: Mark
    was: Mark
    within: Pair | None = None

    def change(self, kind: str, label: str, old: object, new: object) -> Change:
        """A difference of this thing; `label` tells what of it."""
        where = ", ".join(part for part in (self.where, label) if part)
        return Change(KINDS[kind], where, show(old), show(new), place(new, self.at), place(old, self.was))

    def inner(self, old: Any, new: Any, label: str) -> Pair:
        """The pair of two things that stand in this one."""
        where = ", ".join(part for part in (self.where, label) if part)
        return Pair(old, new, where, place(new, self.at), place(old, self.was), self)


Comparer = Callable[[Pair, str], Iterator[Change]]
# A reason why a field is not compared by itself.
Reason = str
# For every class of the model a comparer a field, or the reason why there is none; `fields` fills it.
FIELDS: dict[type, Mapping[str, Comparer | Reason]] = {}


def walk(pair: Pair) -> Iterator[Change]:
    """Every difference between two objects of one class of the model."""
    comparers = FIELDS[type(pair.new)]
    for each in attrs.fields(type(pair.new)):
        comparer = comparers[each.name]
        if not isinstance(comparer, str):
            yield from comparer(pair, each.name)


def place(thing: object, otherwise: Mark) -> Mark:
    """Where a thing stands: a text, or an object by the first text in it."""
    if isinstance(thing, Text):
        return thing.at
    if isinstance(thing, tuple) and thing:
        return place(thing[0], otherwise)
    kind: Any = type(thing)
    if attrs.has(kind):
        for each in attrs.fields(kind):
            found = place(getattr(thing, each.name), otherwise)
            if found != otherwise:
                return found
    return otherwise


def show(thing: object) -> str:
    """A thing in a few words."""
    if thing is None or (isinstance(thing, tuple) and not thing):
        return NOTHING
    if isinstance(thing, tuple):
        return ", ".join(map(show, thing))
    if isinstance(thing, int) and not isinstance(thing, bool):
        return f"{thing:04X}H"
    return str(thing)


def value(kind: str, label: str | None = None) -> Comparer:
    """A field that is one value."""

    def comparer(pair: Pair, field: str) -> Iterator[Change]:
        old, new = getattr(pair.old, field), getattr(pair.new, field)
        if old != new:
            yield pair.change(kind, field.replace("_", " ") if label is None else label, old, new)

    return comparer


def members(added: str, removed: str, order: str, label: str | None = None) -> Comparer:
    """A field that is a list of texts."""

    def comparer(pair: Pair, field: str) -> Iterator[Change]:
        name = field.replace("_", " ") if label is None else label
        yield from _members(pair, getattr(pair.old, field), getattr(pair.new, field), (added, removed, order), name)

    return comparer


def _members(
    pair: Pair, old: Sequence[str], new: Sequence[str], kinds: tuple[str, str, str], label: str
) -> Iterator[Change]:
    added, removed, order = kinds
    named = f"{label} " if label else ""
    for each in old:
        if each not in new:
            yield pair.change(removed, f"{named}{each}", each, None)
    for each in new:
        if each not in old:
            yield pair.change(added, f"{named}{each}", None, each)
    yield from moved(pair, order, [*old], [*new], label)


def moved(pair: Pair, kind: str, old: Sequence[str], new: Sequence[str], label: str) -> Iterator[Change]:
    """Whether those that both have stand in another order."""
    left = [each for each in old if each in new]
    right = [each for each in new if each in old]
    if left != right:
        apart = [at for at, (one, two) in enumerate(zip(left, right, strict=True)) if one != two]
        first, last = apart[0], apart[-1] + 1
        yield pair.change(kind, f"{label} order".strip(), tuple(left[first:last]), tuple(right[first:last]))


def mapping(added: str, removed: str, changed: str, order: str = "ORDER_CHANGED", label: str = "") -> Comparer:
    """A field that is texts by name."""

    def comparer(pair: Pair, field: str) -> Iterator[Change]:
        old, new = getattr(pair.old, field), getattr(pair.new, field)
        named = f"{label} " if label else ""
        yield from _members(pair, [*old], [*new], (added, removed, order), label)
        for name in new:
            if name in old and old[name] != new[name]:
                yield pair.change(changed, f"{named}{name}", old[name], new[name])

    return comparer


def items(
    added: str,
    removed: str,
    order: str,
    key: Callable[[Any], str] = lambda each: str(each.name),
    more: Comparer | None = None,
) -> Comparer:
    """A field that is a list of objects; `more` tells further of one that is new."""

    def comparer(pair: Pair, field: str) -> Iterator[Change]:
        old = unique(getattr(pair.old, field), key)
        new = unique(getattr(pair.new, field), key)
        for name, each in old.items():
            if name not in new:
                gone = pair.inner(each, None, name)
                yield Change(KINDS[removed], gone.where, name, NOTHING, gone.at, gone.was)
        for name, each in new.items():
            inner = pair.inner(old.get(name), each, name)
            if name in old:
                yield from walk(inner)
                continue
            yield Change(KINDS[added], inner.where, NOTHING, name, inner.at, pair.was)
            if more is not None:
                yield from more(inner, field)
        yield from moved(pair, order, [*old], [*new], "")

    return comparer


def unique(things: Sequence[Any], key: Callable[[Any], str]) -> dict[str, Any]:
    """Things by key; one that comes again is told apart, so that none hides another."""
    found: dict[str, Any] = {}
    times: dict[str, int] = {}
    for thing in things:
        name = key(thing)
        times[name] = times.get(name, 0) + 1
        found[name if times[name] == 1 else f"{name} #{times[name]}"] = thing
    return found
