"""The checks of `dimse.vr` for parameters that may be left out: None passes, everything else goes to the VR.

Each is a function of its own, so that type checkers see what a U or C parameter takes: pyright sees nothing behind
`attrs.converters.optional`, mypy nothing behind any other call. Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dimse import vr

if TYPE_CHECKING:
    from io import BytesIO

    from pydicom.tag import BaseTag
    from pydicom.uid import UID

    from dimse.vr import BytesLike, TagLike


def US(value: int | None) -> int | None:
    """An unsigned short, or None."""
    return None if value is None else vr.US(value)


def UL(value: int | None) -> int | None:
    """An unsigned long, or None."""
    return None if value is None else vr.UL(value)


def UI(value: str | bytes | UID | None) -> UID | None:
    """A UID, or None."""
    return None if value is None else vr.UI(value)


def AE(value: str | None) -> str | None:
    """An AE title, or None."""
    return None if value is None else vr.AE(value)


def LO(value: str | None) -> str | None:
    """A long string, or None."""
    return None if value is None else vr.LO(value)


def SH(value: str | None) -> str | None:
    """A short string, or None."""
    return None if value is None else vr.SH(value)


def AT(value: TagLike | Iterable[TagLike] | None) -> list[BaseTag] | None:
    """A list of tags, or None."""
    return None if value is None else vr.AT(value)


def DATA_SET(value: BytesIO | BytesLike | None) -> BytesIO | None:
    """An encoded Data Set as a primitive holds it, or None."""
    return None if value is None else vr.DATA_SET(value)


def BYTES(value: BytesIO | BytesLike | None) -> BytesLike | None:
    """An encoded Data Set as a message holds it, or None."""
    return None if value is None else vr.BYTES(value)
