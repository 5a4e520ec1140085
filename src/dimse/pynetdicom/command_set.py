"""Command Sets that pydicom has not read: a `Dataset` to whoever looks, and bytes to whoever does not.

Nearly nobody looks. pynetdicom asks a Command Set for three or four elements, its handlers for logging ask for a few
more, and both are answered from what `dimse` has read or written. At the first question beyond those the object fills
itself, by pydicom from the bytes, and is from then on a plain `Dataset` that may be read, changed and compared.

Knows nothing of how pynetdicom is patched, and goes on working when it no longer is.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from threading import Lock
from typing import Any

from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset

from dimse.message import Message
from dimse.primitive import Primitive

# Read from our own objects as pydicom would give them: numbers, UIDs and text. Lists of tags are left to pydicom.
PLAIN = frozenset(
    {
        "AffectedSOPClassUID",
        "AffectedSOPInstanceUID",
        "ActionTypeID",
        "CommandDataSetType",
        "CommandField",
        "ErrorComment",
        "ErrorID",
        "EventTypeID",
        "MessageID",
        "MessageIDBeingRespondedTo",
        "MoveDestination",
        "MoveOriginatorApplicationEntityTitle",
        "MoveOriginatorMessageID",
        "NumberOfCompletedSuboperations",
        "NumberOfFailedSuboperations",
        "NumberOfRemainingSuboperations",
        "NumberOfWarningSuboperations",
        "Priority",
        "RequestedSOPClassUID",
        "RequestedSOPInstanceUID",
        "Status",
    }
)

_filling = Lock()


class UnreadCommandSet(Dataset):
    """A Command Set as bytes, or as what makes a `Dataset`, that becomes a plain `Dataset` when it has to.

    Attributes, none of which a `Dataset` has:
        encoded: its bytes; None where `make` makes it.
        source: the primitive or message with its values; None where there is none.
    """

    def __init__(
        self,
        encoded: bytes | None = None,
        source: Primitive[Any, Any] | Message | None = None,
        make: Callable[[], Dataset] | None = None,
    ) -> None:
        # Past Dataset's own: what it would set up is set up by `_fill`.
        self.__dict__.update(encoded=encoded, source=source, make=make)

    def __getattr__(self, name: str) -> Any:
        if name in PLAIN:
            value = _value(self.__dict__.get("source"), name)
            if value is not None:
                return value
        elif name.startswith("__"):
            raise AttributeError(name)
        _fill(self)
        return getattr(self, name)

    def __contains__(self, name: Any) -> bool:
        source = self.__dict__.get("source")
        if source is not None and type(name) is str and name in PLAIN:
            return _value(source, name) is not None
        _fill(self)
        return name in self

    def __reduce_ex__(self, protocol: Any) -> Any:
        _fill(self)
        return self.__reduce_ex__(protocol)

    def __eq__(self, other: object) -> bool:
        _fill(self)
        return self == other

    __hash__ = None  # type: ignore[assignment]


def _value(source: Primitive[Any, Any] | Message | None, name: str) -> Any:
    """The value of an element, the two of the protocol included; None where only pydicom can tell."""
    if name == "CommandField":
        if isinstance(source, Primitive):
            return source.MESSAGES[source.role].COMMAND_FIELD
        return None if source is None else source.COMMAND_FIELD
    if name == "CommandDataSetType" and isinstance(source, Primitive):
        return None if source.received is None else source.received.data_set_type
    return getattr(source, name, None)


def _fill(unread: Any) -> None:
    """Make a plain `Dataset` of it, where it stands."""
    with _filling:
        if type(unread) is not UnreadCommandSet:
            return
        held = unread.__dict__
        make, encoded = held["make"], held["encoded"]
        made = read_dataset(BytesIO(encoded), True, True) if make is None else make()
        held.update(made.__dict__)
        plain: Any = Dataset
        unread.__class__ = plain
        del held["encoded"], held["source"], held["make"]
