"""What a law is, and the helpers that laws share."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator

from attrs import frozen

from dimse_codegen.model import Schema
from dimse_codegen.problem import Text

Check = Callable[[Schema], Iterator[tuple[Text, str]]]


@frozen
class Law:
    """One law; `purpose` is a sentence for people. Those of profiles wait until the services obey theirs."""

    id: str
    purpose: str
    check: Check | None = None
    of_profiles: bool = False


# Every law there is, in the order of registration.
LAWS: list[Law] = []


def law(id: str, purpose: str, *, of_profiles: bool = False) -> Callable[[Check], Check]:
    """Register a check under its ID."""

    def register(check: Check) -> Check:
        LAWS.append(Law(id, purpose, check, of_profiles))
        return check

    return register


def class_of(schema: Schema, code: str) -> str | None:
    """The status class of a code or range: where it is written out, else the range that covers it."""
    classes = schema.statuses.classes
    exact = [name for name, patterns in classes.items() if code in patterns]
    ranges = [name for name, patterns in classes.items() if any(within(code, pattern) for pattern in patterns)]
    return next(iter(exact + ranges), None)


def within(code: str, pattern: str) -> bool:
    """Whether a code or range lies in a range, or is the same."""
    return code == pattern or ("x" in pattern and code.startswith(pattern.rstrip("x")))


def unknown(names: Iterable[Text], known: set[str], where: str) -> Iterator[tuple[Text, str]]:
    """The names that are not known, with the nearest one that is."""
    for name in names:
        if name not in known:
            yield name, f"'{name}' is not in {where}{nearest(name, known)}"


def nearest(name: str, known: set[str]) -> str:
    """A hint at the known name that a slip may have meant."""
    close = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return f"; did you mean '{close[0]}'?" if close else ""
