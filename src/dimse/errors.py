"""What can go wrong, one class a layer.

Nothing of ours is imported here. Every error carries its facts as attributes and composes its text from them, so that
a program never has to parse a message. `DimseError` is the root and is never raised itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dimse.violation import Violation


class DimseError(Exception):
    """Root of all errors of this package."""


class ParameterError(DimseError):
    """A value may not stand in a parameter.

    Attributes:
        keyword: keyword of the parameter (PS3.7 Annex E), "" where a value is checked outside any parameter.
        vr: Value Representation that judged, or "data set".
        value: the value got.
        reason: what the value should have been.
    """

    def __init__(self, vr: str, value: object, reason: str, keyword: str = "") -> None:
        super().__init__(vr, value, reason)
        self.keyword = keyword
        self.vr = vr
        self.value = value
        self.reason = reason

    def __str__(self) -> str:
        shown = repr(self.value)
        shown = shown if len(shown) <= 100 else f"{shown[:97]}..."
        return f"{self.keyword or 'value'} ({self.vr}) {self.reason}, got {shown}"


class ParameterTypeError(ParameterError, TypeError):
    """A value of a Python type that the parameter's VR does not take."""


class ParameterValueError(ParameterError, ValueError):
    """A value outside the range, length, repertoire or enumeration of the parameter."""


class RoleError(DimseError, ValueError):
    """A service was asked for a role that its table has no column for.

    Attributes:
        service: name of the service, as "C-STORE".
        role: the role asked for.
    """

    def __init__(self, service: str, role: object, roles: Sequence[str]) -> None:
        super().__init__(service, role, roles)
        self.service = service
        self.role = role
        self.roles = tuple(roles)

    def __str__(self) -> str:
        return f"{self.service} has no {self.role!r}; its roles are {', '.join(self.roles)}"


class UsageError(DimseError, ValueError):
    """A set of parameters may not be the request, response or cancel it was to be.

    Attributes:
        service: name of the service, as "C-MOVE".
        role: "request", "response" or "cancel".
        violations: all that is wrong, in row order.
    """

    def __init__(self, service: str, role: str, where: str, violations: Sequence[Violation]) -> None:
        super().__init__(service, role, where, violations)
        self.service = service
        self.role = role
        self.where = where
        self.violations = tuple(violations)

    def __str__(self) -> str:
        lines = [f"{self.service} {self.role} breaks {self.where}:"]
        lines += [f"  {violation}" for violation in self.violations]
        return "\n".join(lines)


class DecodeError(DimseError, ValueError):
    """Bytes that cannot be read as a Command Set.

    Attributes:
        offset: where reading stopped, in bytes from the start of the Command Set.
        tag: tag of the element at fault, as group and element in one number, or None where none could be read.
        reason: what was found there, and what should have been.
    """

    def __init__(self, offset: int, tag: int | None, reason: str) -> None:
        super().__init__(offset, tag, reason)
        self.offset = offset
        self.tag = tag
        self.reason = reason

    def __str__(self) -> str:
        where = "" if self.tag is None else f", element ({self.tag >> 16:04X},{self.tag & 0xFFFF:04X})"
        return f"offset {self.offset}{where}: {self.reason}"
