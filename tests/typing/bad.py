"""What mypy, pyright and Python refuse: the lines marked `# E`, and no others.

A mark with a name, as `# E(mypy)`, is refused by that one alone.
"""

from io import BytesIO

from pydicom.uid import UID

from dimse import C_CANCEL_RQ, C_ECHO_RQ, C_MOVE, C_MOVE_RQ, C_MOVE_RSP, N_SET_RSP

SOP_CLASS = UID("1.2.840.10008.1.1")
rq = C_MOVE_RQ(MessageID=7, AffectedSOPClassUID=SOP_CLASS, Priority=0, MoveDestination="AE", Identifier=b"")

# M: left out, or None.
C_ECHO_RQ(MessageID=7)  # E: Affected SOP Class UID is M
C_ECHO_RQ(MessageID=None, AffectedSOPClassUID=SOP_CLASS)  # E: Message ID is M
C_MOVE_RSP(MessageIDBeingRespondedTo=7)  # E: Status is M
C_CANCEL_RQ()  # E: Message ID Being Responded To is M

# '-': there is no such parameter.
C_MOVE_RSP(MessageIDBeingRespondedTo=7, Status=0, Priority=0)  # E: Priority is '-' in a response
C_ECHO_RQ(MessageID=7, AffectedSOPClassUID=SOP_CLASS, Status=0)  # E: Status is '-' in a request
N_SET_RSP(MessageIDBeingRespondedTo=7, Status=0, ModificationList=b"")  # E: Modification List is '-' in a response
C_MOVE_RSP(MessageIDBeingRespondedTo=7, Status=0, NumberOfFailedSubOperations=0)  # E: Annex E spells Suboperations

# A value of another type.
C_ECHO_RQ(MessageID="7", AffectedSOPClassUID=SOP_CLASS)  # E: US is int
C_ECHO_RQ(MessageID=7, AffectedSOPClassUID=12)  # E: UI is str, bytes or UID
C_MOVE_RSP(MessageIDBeingRespondedTo=7, Status=0, NumberOfFailedSuboperations="0")  # E: US is int
C_MOVE(Identifier="text")  # E: a Data Set is bytes-like or BytesIO

# Messages are frozen and take keywords alone; requests are answered, responses are not.
rq.Priority = 2  # E: frozen
C_CANCEL_RQ(7)  # E: keywords alone
rq.respond()  # E: a response has a Status
rq.respond(Status=0).respond(Status=0)  # E: a response is the end

# What the type system cannot say, Python does.
C_ECHO_RQ(MessageID=True, AffectedSOPClassUID=SOP_CLASS)  # E(python): a bool is an int to type checkers
C_ECHO_RQ(MessageID=65536, AffectedSOPClassUID=SOP_CLASS)  # E(python): US ends at 65535
C_ECHO_RQ(MessageID=7, AffectedSOPClassUID="1.02")  # E(python): a component with a leading zero
rq.respond(Status=0, Priority=0)  # E(python): `respond` takes the parameters of any response

# mypy holds an assignment to the type that is read; pyright knows that the value passes through a check.
primitive = C_MOVE()
primitive.AffectedSOPClassUID = "1.2.840.10008.5.1.4.1.2.2.2"  # E(mypy)
primitive.Identifier = b""  # E(mypy)
primitive.AffectedSOPClassUID = UID("1.2.840.10008.5.1.4.1.2.2.2")
primitive.Identifier = BytesIO(b"")
primitive.Status = "0000H"  # E: US is int
