"""What is measured: the six messages, three with optional fields, and fresh values for them without end.

No message comes twice in a measurement: every round is given 1000 new ones, with Message IDs and SOP Instance UIDs that
no earlier round has seen. Something that kept whole messages would never find one again. What does come again is what
comes again between two peers: SOP Class UIDs, AE titles, tags of attributes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from attrs import frozen

COUNT = 1000
# At most 64, lest Message IDs come again; `make bench` with BENCH_ROUNDS=3 takes a minute on a quiet machine.
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "12"))
WARM_UP = 1
DATA_SET = b"\x08\x00\x52\x00\x06\x00\x00\x00STUDY "

_ROOT = "1.2.826.0.1.3680043.9.7433."
_FIND, _MOVE = "1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.5.1.4.1.2.2.2"
_CT, _PROCEDURE_STEP, _FILM_SESSION = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.3.1.2.3.4", "1.2.840.10008.5.1.1.1"
_TAGS = (0x0020_000D, 0x0008_0018, 0x0040_0252, 0x0040_0244, 0x0040_0245)


@frozen
class Kind:
    """A message that is measured.

    Attributes:
        name: as "C-MOVE-RQ".
        keywords: the parameters it is given, in the order of `values`.
        values: of one message, made of a running number.
        label: what tells it from another kind of the same message.
    """

    name: str
    keywords: tuple[str, ...]
    values: Callable[[int], tuple[Any, ...]]
    label: str = ""

    @property
    def title(self) -> str:
        """Name and label."""
        return f"{self.name}{self.label}"

    @property
    def class_name(self) -> str:
        """Name of the message class, here and in pynetdicom."""
        return self.name.replace("-", "_")

    @property
    def service(self) -> str:
        """Name of the primitive class, here and in pynetdicom."""
        return self.class_name.rpartition("_")[0]

    def rows(self, number: int, count: int = COUNT) -> list[tuple[Any, ...]]:
        """Values of `count` messages, those of the round with this number."""
        return [self.values(number * count + each) for each in range(count)]


def message_id(number: int) -> int:
    """A Message ID; the same again after 65536 messages, more than a measurement has."""
    return number % 0x1_0000


def uid(number: int, length: int) -> str:
    """A SOP Instance UID of `length` characters."""
    return _ROOT + str(10 ** (length - len(_ROOT) - 1) + number)


KINDS = (
    Kind(
        "C-MOVE-RQ",
        ("MessageID", "AffectedSOPClassUID", "Priority", "MoveDestination", "Identifier"),
        lambda number: (message_id(number), _MOVE, 0, "STORESCP", DATA_SET),
    ),
    Kind(
        "C-MOVE-RSP",
        (
            "MessageIDBeingRespondedTo",
            "AffectedSOPClassUID",
            "Status",
            "NumberOfRemainingSuboperations",
            "NumberOfCompletedSuboperations",
            "NumberOfFailedSuboperations",
            "NumberOfWarningSuboperations",
        ),
        lambda number: (message_id(number), _MOVE, 0xFF00, 1000 - number % 1000, number % 1000, 1, 0),
    ),
    Kind(
        "C-FIND-RSP",
        ("MessageIDBeingRespondedTo", "AffectedSOPClassUID", "Status", "Identifier"),
        lambda number: (message_id(number), _FIND, 0xFF00, DATA_SET),
    ),
    Kind(
        "C-STORE-RQ",
        (
            "MessageID",
            "AffectedSOPClassUID",
            "AffectedSOPInstanceUID",
            "Priority",
            "MoveOriginatorApplicationEntityTitle",
            "MoveOriginatorMessageID",
            "DataSet",
        ),
        lambda number: (message_id(number), _CT, uid(number, 56), 0, "MOVESCU", message_id(number + 7), DATA_SET),
    ),
    Kind(
        "N-ACTION-RQ",
        ("MessageID", "RequestedSOPClassUID", "RequestedSOPInstanceUID", "ActionTypeID", "ActionInformation"),
        lambda number: (message_id(number), _FILM_SESSION, uid(number, 41), 1, DATA_SET),
    ),
    Kind(
        "N-GET-RQ",
        ("MessageID", "RequestedSOPClassUID", "RequestedSOPInstanceUID", "AttributeIdentifierList"),
        lambda number: (message_id(number), _PROCEDURE_STEP, uid(number, 41), list(_TAGS)),
    ),
)

# Optional fields, which no straight line has: these take the general path by themselves.
OPTIONAL_KINDS = (
    Kind(
        "C-FIND-RSP",
        ("MessageIDBeingRespondedTo", "AffectedSOPClassUID", "Status", "OffendingElement", "ErrorComment"),
        lambda number: (message_id(number), _FIND, 0xA900, [0x0008_0052], "No such level"),
        " A900H",
    ),
    Kind(
        "C-STORE-RSP",
        ("MessageIDBeingRespondedTo", "AffectedSOPClassUID", "AffectedSOPInstanceUID", "Status", "ErrorComment"),
        lambda number: (message_id(number), _CT, uid(number, 56), 0xA700, "The archive is full"),
        " A700H",
    ),
    Kind(
        "N-ACTION-RSP",
        ("MessageIDBeingRespondedTo", "AffectedSOPClassUID", "AffectedSOPInstanceUID", "Status", "ErrorID"),
        lambda number: (message_id(number), _FILM_SESSION, uid(number, 41), 0x0110, 7),
        " 0110H",
    ),
)
