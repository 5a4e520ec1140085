"""Operations and notifications under way: what a conversation remembers of each until its final response.

Source: PS3.7 sections 7.5.3, 9.1.3, 9.1.4 and Table 7.5-2.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Literal, TypeAlias

from attrs import Factory, define, evolve

from dimse.response import COUNTS
from dimse.vr import MAX_US

# The two sides of an Association, and the one that the other is.
Side: TypeAlias = Literal["requestor", "acceptor"]
OTHER_SIDE: dict[Side, Side] = {"requestor": "acceptor", "acceptor": "requestor"}

# Operations that are over and remembered for a while, to tell a late response from one to nothing.
MOST_REMEMBERED = 64


@define(eq=False)
class Operation:
    """An operation or notification, from its request to its final response.

    Attributes:
        service: as "C-MOVE".
        message_id: of the request.
        invoked_by: the side of the Association that sent the request.
        request: the request; None where it is over and only remembered.
        context: Presentation Context ID of the request, None where it was not told.
        cancellable: whether the service has a cancel.
        state: "outstanding", "cancelled" once its cancel was seen, "complete" after the final response.
        status: the last Status code, None before the first response.
        responses: how many came.
        counts: the last of each count of sub-operations that a response gave, by keyword.
        parent: the C-GET or C-MOVE of which this C-STORE is a sub-operation, where that is known.
        suboperations: outstanding C-STOREs of this C-GET or C-MOVE.
        outcomes: how many of its C-STOREs ended with each status class.
        told_apart: False for a C-GET that shares its time with another: whose C-STOREs came, nobody knows.
        certain: False where messages about it may have been missed.
    """

    service: str
    message_id: int
    invoked_by: Side
    request: Any
    context: int | None = None
    cancellable: bool = False
    state: Literal["outstanding", "cancelled", "complete"] = "outstanding"
    status: int | None = None
    responses: int = 0
    counts: dict[str, int] = Factory(dict)
    parent: Operation | None = None
    suboperations: int = 0
    outcomes: dict[str, int] = Factory(dict)
    told_apart: bool = True
    certain: bool = True

    def brief(self) -> Operation:
        """What is worth remembering once it is over: a Data Set of the request is not."""
        return evolve(self, request=None, parent=None, counts={}, outcomes={})

    @property
    def is_complete(self) -> bool:
        """Whether the final response was seen."""
        return self.state == "complete"

    @property
    def total(self) -> int | None:
        """Sum of the four counts of sub-operations, None where one was never given."""
        return sum(self.counts.values()) if len(self.counts) == len(COUNTS) else None

    @property
    def is_beyond_counting(self) -> bool:
        """Whether it has more sub-operations than a US can count, so that a response can only leave the counts out."""
        seen = sum(self.outcomes.values()) + self.suboperations
        return max(seen, *self.counts.values(), 0) >= MAX_US

    def __str__(self) -> str:
        return f"{self.service} {self.message_id} of the {self.invoked_by}"


class Remembered(OrderedDict[Any, Operation]):
    """Operations that are over, the latest of each key; the oldest is forgotten when there are too many."""

    def keep(self, key: Any, operation: Operation) -> None:
        """Remember an operation under a key."""
        self[key] = operation
        self.move_to_end(key)
        if len(self) > MOST_REMEMBERED:
            self.popitem(last=False)


class Moves:
    """The C-MOVEs of several Associations: shared by their conversations, it links C-STOREs to the C-MOVE they are for.

    A C-STORE names the AE title that invoked the C-MOVE, and the C-MOVE's Message ID (PS3.7 9.1.1.1.6 and 9.1.1.1.7).
    """

    def __init__(self) -> None:
        self._outstanding: dict[tuple[str, int], list[Operation]] = {}
        self._over = Remembered()
        self._known: OrderedDict[str, None] = OrderedDict()
        self._doubtful: set[str] = set()

    def know(self, title: str) -> None:
        """Note that an Association of an AE is followed from its beginning."""
        self._known[title] = None
        if len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)

    def forget(self, title: str) -> None:
        """Note that messages of an AE may have been missed; of too many AEs, and nothing is known of any."""
        if len(self._doubtful) <= MOST_REMEMBERED:
            self._doubtful.add(title)

    def knows(self, title: str) -> bool:
        """Whether every C-MOVE of an AE is among those noted."""
        certain = title not in self._doubtful and len(self._doubtful) <= MOST_REMEMBERED
        return certain and title in self._known

    def begin(self, title: str, move: Operation) -> None:
        """Note a C-MOVE that an AE has invoked."""
        self._outstanding.setdefault((title, move.message_id), []).append(move)

    def end(self, title: str, move: Operation) -> None:
        """Note that a C-MOVE is over, or was lost sight of."""
        key = title, move.message_id
        left = [each for each in self._outstanding.pop(key, ()) if each is not move]
        if left:
            self._outstanding[key] = left
        self._over.keep(key, move.brief())

    def find(self, title: str, message_id: int) -> tuple[Operation, ...]:
        """The C-MOVEs of an AE with a Message ID: those outstanding, each on its Association, or one lately over."""
        over = self._over.get((title, message_id))
        return tuple(self._outstanding.get((title, message_id), ())) or ((over,) if over is not None else ())
