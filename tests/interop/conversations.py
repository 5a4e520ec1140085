"""One conversation of each service: what is said in it, in words of the test, and the messages of ours that say it."""

from __future__ import annotations

import struct
from typing import Any

from attrs import field, frozen

import dimse
from dimse import Message, to_pdus
from dimse.operation import Side

from .pcap import MAXIMUM_LENGTH, RELEASE_RP, RELEASE_RQ, Link, associate

CONTEXT = 1
# PS3.7 Table E.1-1, Command Field.
COMMAND_FIELDS = {
    "C-STORE": 0x0001,
    "C-GET": 0x0010,
    "C-FIND": 0x0020,
    "C-MOVE": 0x0021,
    "C-ECHO": 0x0030,
    "N-EVENT-REPORT": 0x0100,
    "N-GET": 0x0110,
    "N-SET": 0x0120,
    "N-ACTION": 0x0130,
    "N-CREATE": 0x0140,
    "N-DELETE": 0x0150,
    "C-CANCEL": 0x0FFF,
}
IMAGE, QUERY, STEP = "1.2.840.10008.5.1.4.1.1.7", "1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.3.1.2.3.3"
GET, MOVE, COMMIT = "1.2.840.10008.5.1.4.1.2.2.3", "1.2.840.10008.5.1.4.1.2.2.2", "1.2.840.10008.1.20.1"
VERIFICATION, PRINTER, SESSION = "1.2.840.10008.1.1", "1.2.840.10008.5.1.1.16", "1.2.840.10008.5.1.1.1"
INSTANCE = "1.2.826.0.1.3680043.10.1234.1"


@frozen
class DataSet:
    """One element, in Implicit VR Little Endian."""

    tag: int
    value: bytes

    @property
    def encoded(self) -> bytes:
        return struct.pack("<HHI", self.tag >> 16, self.tag & 0xFFFF, len(self.value)) + self.value


@frozen(init=False)
class Said:
    """A message: its side, its name, its parameters by keyword, and its data set, None for none."""

    side: Side
    name: str
    parameters: dict[str, Any] = field()
    data_set: DataSet | None

    def __init__(self, side: Side, name: str, data_set: DataSet | None = None, **parameters: Any) -> None:
        self.__attrs_init__(side, name, parameters, data_set)

    @property
    def command_field(self) -> int:
        service, _, kind = self.name.rpartition("-")
        return COMMAND_FIELDS[service] | (0x8000 if kind == "RSP" else 0)

    @property
    def message(self) -> Message:
        """The message of ours."""
        kind: type[Message] = getattr(dimse, self.name.replace("-", "_"))
        if self.data_set is None:
            return kind(**self.parameters)
        keyword = next(row.keyword for row in kind.PRIMITIVE.TABLE if not row.vr and hasattr(kind, row.keyword))
        return kind(**self.parameters, **{keyword: self.data_set.encoded})


def rq(name: str, message_id: int, data_set: DataSet | None = None, side: Side = "requestor", **more: Any) -> Said:
    return Said(side, f"{name}-RQ", data_set, MessageID=message_id, **more)


def rsp(
    name: str, message_id: int, status: int, data_set: DataSet | None = None, side: Side = "acceptor", **more: Any
) -> Said:
    return Said(side, f"{name}-RSP", data_set, MessageIDBeingRespondedTo=message_id, Status=status, **more)


def cancel(message_id: int) -> Said:
    return Said("requestor", "C-CANCEL-RQ", MessageIDBeingRespondedTo=message_id)


def counts(remaining: int | None, completed: int, failed: int, warning: int) -> dict[str, Any]:
    """The numbers of sub-operations; the first is left out where it is None."""
    found = {
        "NumberOfRemainingSuboperations": remaining,
        "NumberOfCompletedSuboperations": completed,
        "NumberOfFailedSuboperations": failed,
        "NumberOfWarningSuboperations": warning,
    }
    return {keyword: value for keyword, value in found.items() if value is not None}


def affected(sop_class: str, instance: str = INSTANCE) -> dict[str, Any]:
    return {"AffectedSOPClassUID": sop_class, "AffectedSOPInstanceUID": instance}


def requested(sop_class: str, instance: str = INSTANCE) -> dict[str, Any]:
    return {"RequestedSOPClassUID": sop_class, "RequestedSOPInstanceUID": instance}


LEVEL = DataSet(0x0008_0052, b"STUDY ")
NAME = DataSet(0x0010_0010, b"Made^Up ")
PIXELS = DataSet(0x7FE0_0010, bytes(range(256)) * 200)  # three PDUs
STATE = DataSet(0x0040_0252, b"COMPLETED ")
TRANSACTION = DataSet(0x0008_1195, b"1.2.826.0.1.3680043.10.1234.99")
FIND: dict[str, Any] = {"AffectedSOPClassUID": QUERY}

CONVERSATIONS: dict[str, tuple[str, list[Said]]] = {
    "C-ECHO": (
        VERIFICATION,
        [
            rq("C-ECHO", 65535, AffectedSOPClassUID=VERIFICATION),
            rsp("C-ECHO", 65535, 0x0000, AffectedSOPClassUID=VERIFICATION),
        ],
    ),
    "C-STORE": (
        IMAGE,
        [
            rq(
                "C-STORE",
                2,
                PIXELS,
                **affected(IMAGE),
                Priority=1,
                MoveOriginatorApplicationEntityTitle="MOVER",
                MoveOriginatorMessageID=77,
            ),
            rsp("C-STORE", 2, 0xB007, **affected(IMAGE), OffendingElement=[0x0028_0010, 0x0028_0011]),
        ],
    ),
    "C-FIND": (
        QUERY,
        [
            rq("C-FIND", 3, LEVEL, **FIND, Priority=2),
            rsp("C-FIND", 3, 0xFF00, NAME, **FIND),
            rsp("C-FIND", 3, 0xFF01, NAME, **FIND),
            cancel(3),
            rsp("C-FIND", 3, 0xFE00, **FIND),
        ],
    ),
    "C-GET": (
        GET,
        [
            rq("C-GET", 4, LEVEL, AffectedSOPClassUID=GET, Priority=0),
            rq("C-STORE", 1, PIXELS, "acceptor", **affected(IMAGE), Priority=0),
            rsp("C-STORE", 1, 0x0000, None, "requestor", **affected(IMAGE)),
            rsp("C-GET", 4, 0xFF00, AffectedSOPClassUID=GET, **counts(1, 1, 0, 0)),
            cancel(4),
            rsp("C-GET", 4, 0xFE00, AffectedSOPClassUID=GET, **counts(1, 1, 0, 0)),
        ],
    ),
    "C-MOVE": (
        MOVE,
        [
            rq("C-MOVE", 5, LEVEL, AffectedSOPClassUID=MOVE, Priority=0, MoveDestination="SIXTEEN LETTERS."),
            rsp("C-MOVE", 5, 0xFF00, AffectedSOPClassUID=MOVE, **counts(65533, 1, 2, 3)),
            rsp("C-MOVE", 5, 0xA702, AffectedSOPClassUID=MOVE, ErrorComment="Out of space", **counts(None, 1, 2, 3)),
        ],
    ),
    "N-EVENT-REPORT": (
        COMMIT,
        [
            rq("N-EVENT-REPORT", 6, TRANSACTION, "acceptor", **affected(COMMIT), EventTypeID=2),
            rsp("N-EVENT-REPORT", 6, 0x0110, None, "requestor", **affected(COMMIT), ErrorComment="Disk", ErrorID=513),
        ],
    ),
    "N-GET": (
        PRINTER,
        [
            rq("N-GET", 7, **requested(PRINTER), AttributeIdentifierList=[0x2110_0010, 0x2110_0020]),
            rsp("N-GET", 7, 0x0000, DataSet(0x2110_0010, b"NORMAL"), **affected(PRINTER)),
            rq("N-GET", 8, **requested(PRINTER)),
            rsp("N-GET", 8, 0x0112, AffectedSOPInstanceUID=INSTANCE),
        ],
    ),
    "N-SET": (
        STEP,
        [
            rq("N-SET", 9, STATE, **requested(STEP)),
            rsp("N-SET", 9, 0x0000, STATE, **affected(STEP)),
        ],
    ),
    "N-ACTION": (
        COMMIT,
        [
            rq("N-ACTION", 10, TRANSACTION, **requested(COMMIT), ActionTypeID=1),
            rsp("N-ACTION", 10, 0x0000, **affected(COMMIT), ActionTypeID=1),
        ],
    ),
    "N-CREATE": (
        STEP,
        [
            rq("N-CREATE", 11, STATE, **affected(STEP)),
            rsp("N-CREATE", 11, 0x0116, STATE, **affected(STEP)),
        ],
    ),
    "N-DELETE": (
        SESSION,
        [
            rq("N-DELETE", 12, **requested(SESSION)),
            rsp("N-DELETE", 12, 0x0000, **affected(SESSION)),
        ],
    ),
}


def link(port: int, abstract_syntax: str, said: list[Said]) -> Link:
    """A conversation as an association, from its request to its release."""
    link, contexts = Link(port), {CONTEXT: abstract_syntax}
    link.open()
    link.send("requestor", associate(1, contexts))
    link.send("acceptor", associate(2, contexts))
    for each in said:
        message = each.message
        for pdu in to_pdus(message.encode(), message.data_set, context_id=CONTEXT, max_length=MAXIMUM_LENGTH):
            link.send(each.side, pdu.encode())
    link.send("requestor", RELEASE_RQ)
    link.send("acceptor", RELEASE_RP)
    link.close()
    return link
