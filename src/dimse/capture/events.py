"""What happens in a capture, one class a kind of event."""

from __future__ import annotations

from typing import Literal, TypeAlias

from attrs import define, frozen

from dimse.capture.associate import Negotiation
from dimse.capture.frames import Endpoint
from dimse.conversation import Judgement
from dimse.joiner import Assembled
from dimse.operation import Side
from dimse.violation import Violation

How: TypeAlias = Literal["released", "aborted", "rejected", "closed", "reset", "unfinished"]


@define(eq=False)
class Association:
    """An Association, or what was seen of one.

    Attributes:
        number: in the order in which they began, from 1.
        requestor, acceptor: their addresses; of one that was joined late, the lower port is taken for the acceptor's.
        from_start: whether its A-ASSOCIATE-RQ and its answer were seen.
        negotiated: what was proposed and answered; None where that was not seen.
    """

    number: int
    requestor: Endpoint
    acceptor: Endpoint
    from_start: bool = True
    negotiated: Negotiation | None = None

    def name(self, side: Side) -> str:
        """The AE title of a side, or its address where the title is not known."""
        if self.negotiated is not None:
            return self.negotiated.calling if side == "requestor" else self.negotiated.called
        return str(self.requestor if side == "requestor" else self.acceptor)


@frozen(kw_only=True)
class Event:
    """Something that happened: in which frame of the capture, and when, in nanoseconds."""

    frame: int
    time: int


@frozen(kw_only=True)
class Began(Event):
    """An Association was accepted, or found under way."""

    association: Association


@frozen(kw_only=True)
class Said(Event):
    """A message: `number` counts those of a capture; `missing` bytes of its Data Set were not captured."""

    association: Association
    sender: Side
    number: int
    message: Assembled
    judgement: Judgement
    missing: int = 0


@frozen(kw_only=True)
class Gap(Event):
    """Something was not captured, or could not be followed; what was missed is held against nobody."""

    association: Association
    sender: Side
    missing: int


@frozen(kw_only=True)
class Fault(Event):
    """What one side sent makes no PDU or no message."""

    association: Association
    sender: Side
    reason: str


@frozen(kw_only=True)
class Ended(Event):
    """An Association is over, or was never accepted; with what is still unanswered."""

    association: Association
    how: How
    by: Side | None = None
    text: str = ""
    violations: tuple[Violation, ...] = ()


@frozen(kw_only=True)
class Encrypted(Event):
    """A connection that speaks TLS: nothing in it can be read."""

    client: Endpoint
    server: Endpoint
