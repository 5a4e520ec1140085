"""What messages have to do with each other across Associations: sub-operations, and what was left unanswered."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from dimse.capture import Ended, Event, Said
from dimse.operation import Operation

# Of each: what is told of more is nothing that anybody would read.
MOST = 64


class Links:
    """Follows events; memory does not grow with the capture."""

    def __init__(self) -> None:
        self._associations: WeakKeyDictionary[Operation, int] = WeakKeyDictionary()
        self._stores: WeakKeyDictionary[Operation, dict[int, None]] = WeakKeyDictionary()
        self._unanswered: dict[int, dict[Operation, int]] = {}

    def follow(self, event: Event) -> None:
        """Take an event in, before it is asked about; an Association that has ended is forgotten by `forget`."""
        if not isinstance(event, Said) or (operation := event.judgement.operation) is None:
            return
        number = event.association.number
        unanswered = self._unanswered.setdefault(number, {})
        if event.judgement.message.role == "request":
            self._associations[operation] = number
            if operation.parent is not None:
                stores = self._stores.setdefault(operation.parent, {})
                if len(stores) < MOST:
                    stores[number] = None
            if len(unanswered) < MOST:
                unanswered[operation] = event.number
        if operation.state == "complete":
            unanswered.pop(operation, None)

    def parent(self, event: Said) -> tuple[Operation, int] | None:
        """The C-GET or C-MOVE that a C-STORE request is a sub-operation of, and its Association."""
        operation = event.judgement.operation
        if operation is None or operation.parent is None or event.judgement.message.role != "request":
            return None
        number = self._associations.get(operation.parent)
        return None if number is None else (operation.parent, number)

    def stores(self, event: Said) -> tuple[int, ...]:
        """The other Associations on which the sub-operations came that this response is the final one of."""
        operation = event.judgement.operation
        if operation is None or operation.state != "complete":
            return ()
        return tuple(each for each in self._stores.get(operation, ()) if each != event.association.number)

    def unanswered(self, event: Ended) -> list[tuple[Operation, int]]:
        """What had no final response on an Association that has ended, with the numbers of the requests."""
        return list(self._unanswered.get(event.association.number, {}).items())

    def forget(self, event: Ended) -> None:
        """Let go of an Association that has ended."""
        self._unanswered.pop(event.association.number, None)
