"""What mypy, pyright and Python accept: nothing in this file is an error to any of them."""

from collections.abc import Callable
from io import BytesIO
from typing import Never, assert_type

from pydicom.tag import BaseTag
from pydicom.uid import UID

from dimse import C_CANCEL, C_MOVE, C_MOVE_RQ, C_MOVE_RSP, N_GET_RQ, Cancel, Primitive, Status, Violation, decode

# A message is one column of the table: its M parameters are required and are never None.
rq = C_MOVE_RQ(
    MessageID=7,
    AffectedSOPClassUID="1.2.840.10008.5.1.4.1.2.2.2",
    Priority=0,
    MoveDestination="STORESCP",
    Identifier=b"",
)
assert_type(rq.MessageID, int)
assert_type(rq.AffectedSOPClassUID, UID)
assert_type(rq.MoveDestination, str)
assert_type(rq.Identifier, bytes | bytearray | memoryview)

# Its U and C parameters may be left out.
rsp = rq.respond(Status=0xFF00, NumberOfRemainingSuboperations=3)
assert_type(rsp, C_MOVE_RSP)
assert_type(rsp.Status, int)
assert_type(rsp.NumberOfRemainingSuboperations, int | None)
assert_type(rsp.violations(request=rq), tuple[Violation, ...])
cancel: Cancel = rq.cancel()

# A primitive may be incomplete: every parameter is optional, and may be assigned.
primitive = C_MOVE(AffectedSOPClassUID="1.2.840.10008.5.1.4.1.2.2.2")
primitive.MessageID = 7
primitive.MoveDestination = "STORESCP"
primitive.Identifier = BytesIO(b"")
assert_type(C_MOVE().AffectedSOPClassUID, UID | None)
assert_type(C_MOVE().Identifier, BytesIO | None)
assert_type(primitive.request(), C_MOVE_RQ)
assert_type(primitive.status, Status | None)
assert_type(C_MOVE.STATUSES.status(0xFF00), Status)
assert_type(C_MOVE(MessageIDBeingRespondedTo=7, Status=0).response(), C_MOVE_RSP)
never: Callable[[], Never] = C_CANCEL().response

# UIDs, tags and Data Sets come in the forms in which programs have them.
for uid in ("1.2", b"1.2", UID("1.2")):
    N_GET_RQ(MessageID=1, RequestedSOPClassUID=uid, RequestedSOPInstanceUID=uid)
for tags in ([0x0010_0010], [(0x0010, 0x0020)], ["PatientName"], [BaseTag(0x0010_0010)], "PatientName", 0x0010_0010):
    C_MOVE(OffendingElement=tags)
for data_set in (b"", bytearray(), memoryview(b""), BytesIO()):
    C_MOVE(Identifier=data_set)

# What has been decoded is a primitive of some service: `isinstance` tells of which.
received = decode(rq.encode(), data_set=rq.Identifier)
assert isinstance(received, Primitive)
if isinstance(received, C_MOVE):
    assert_type(received.MessageID, int | None)
