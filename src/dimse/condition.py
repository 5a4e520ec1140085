"""The conditions of C cells: a closed vocabulary, judged in three values and read out in words.

A condition asks about the Status of this message, and about parameters of this message or of the request it answers.
It answers True, False or None: None where the request would be needed and is not at hand, so that nothing is said
against a message for want of knowledge.
"""

from __future__ import annotations

from typing import Protocol

from attrs import Factory, field, frozen


class Reader(Protocol):
    """Where a condition reads: `present` of a parameter, `status` code; None where it cannot be known."""

    def status(self) -> int | None:
        """The Status code, None where there is none."""
        ...

    def present(self, keyword: str) -> bool:
        """Whether a parameter of this message is present."""
        ...

    def request_present(self, keyword: str) -> bool | None:
        """Whether a parameter of the request is present, None where the request is not at hand."""
        ...


class Condition(Protocol):
    """What stands behind a C cell."""

    def holds(self, message: Reader) -> bool | None:
        """True, False, or None where it cannot be known."""
        ...


@frozen
class Always:
    """True of every message."""

    def holds(self, message: Reader) -> bool | None:
        """True, False, or None where it cannot be known."""
        return True

    def __str__(self) -> str:
        return "always"


@frozen
class Never:
    """True of no message."""

    def holds(self, message: Reader) -> bool | None:
        """True, False, or None where it cannot be known."""
        return False

    def __str__(self) -> str:
        return "never"


def _ranges(patterns: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    """First and last code of each pattern, `FF00H` or `Bxxx`."""
    return tuple(
        (int(digits.replace("x", "0"), 16), int(digits.replace("x", "F"), 16))
        for digits in (pattern.removesuffix("H") for pattern in patterns)
    )


@frozen
class StatusIs:
    """The Status is one of some codes, each `FF00H` or a range `Bxxx`; codes of `besides` are taken out.

    `name` is what people call them: a status class of Annex C, or the codes themselves.
    """

    name: str
    codes: tuple[str, ...]
    besides: tuple[str, ...] = ()
    _within: tuple[tuple[int, int], ...] = field(
        init=False, eq=False, repr=False, default=Factory(lambda self: _ranges(self.codes), takes_self=True)
    )
    _without: tuple[tuple[int, int], ...] = field(
        init=False, eq=False, repr=False, default=Factory(lambda self: _ranges(self.besides), takes_self=True)
    )

    def holds(self, message: Reader) -> bool | None:
        """True, False, or None where it cannot be known."""
        code = message.status()
        return code is not None and self.covers(code)

    def covers(self, code: int) -> bool:
        """Whether the Status `code` is one of these."""
        for low, high in self._within:
            if low <= code <= high:
                return not any(low <= code <= high for low, high in self._without)
        return False

    def __str__(self) -> str:
        return f"Status is {self.name}"


def codes(*codes: str) -> StatusIs:
    """The Status is one of some codes that have no common name."""
    return StatusIs(" or ".join(codes), codes)


@frozen
class Present:
    """A parameter of this message is present."""

    keyword: str

    def holds(self, message: Reader) -> bool | None:
        """True, False, or None where it cannot be known."""
        return message.present(self.keyword)

    def __str__(self) -> str:
        return f"{self.keyword} is present"


@frozen
class InRequest:
    """A parameter of the request is present."""

    keyword: str

    def holds(self, message: Reader) -> bool | None:
        """True, False, or None where it cannot be known."""
        return message.request_present(self.keyword)

    def __str__(self) -> str:
        return f"{self.keyword} is present in the request"


@frozen
class Not:
    """A condition does not hold."""

    condition: Condition

    def holds(self, message: Reader) -> bool | None:
        """True, False, or None where it cannot be known."""
        held = self.condition.holds(message)
        return None if held is None else not held

    def __str__(self) -> str:
        if isinstance(self.condition, Present | InRequest):
            return str(self.condition).replace(" is present", " is absent")
        return f"not ({self.condition})"


@frozen
class AllOf:
    """Every one of some conditions holds."""

    conditions: tuple[Condition, ...]

    def holds(self, message: Reader) -> bool | None:
        """True, False, or None where it cannot be known."""
        held = [condition.holds(message) for condition in self.conditions]
        return False if False in held else None if None in held else True

    def __str__(self) -> str:
        return " and ".join(f"({c})" if isinstance(c, AnyOf) else str(c) for c in self.conditions)


@frozen
class AnyOf:
    """At least one of some conditions holds."""

    conditions: tuple[Condition, ...]

    def holds(self, message: Reader) -> bool | None:
        """True, False, or None where it cannot be known."""
        held = [condition.holds(message) for condition in self.conditions]
        return True if True in held else None if None in held else False

    def __str__(self) -> str:
        return " or ".join(str(condition) for condition in self.conditions)
