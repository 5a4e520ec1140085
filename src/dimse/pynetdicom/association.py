"""What was negotiated for an Association, from its A-ASSOCIATE PDUs as pynetdicom's handlers see them.

Source: PS3.7 sections D.3.3.3 and D.3.3.4; PS3.8 sections 9.3.2 and 9.3.3.
"""

from __future__ import annotations

from typing import Any

from pynetdicom.pdu import A_ASSOCIATE_AC, A_ASSOCIATE_RQ

from dimse.conversation import Conversation
from dimse.operation import Moves

_ACCEPTED = 0


class Negotiation:
    """The two PDUs that open an Association."""

    def __init__(self) -> None:
        self._request: Any = None

    def ask(self, pdu: bytes) -> None:
        """Take in the A-ASSOCIATE-RQ."""
        self._request = A_ASSOCIATE_RQ()
        self._request.decode(pdu)

    def accept(self, pdu: bytes, moves: Moves) -> Conversation:
        """Take in the A-ASSOCIATE-AC; gives the conversation that it opens."""
        answer = A_ASSOCIATE_AC()
        answer.decode(pdu)
        if self._request is None:
            return Conversation(from_start=False, moves=moves)
        offered: dict[Any, str] = {c.context_id: str(c.abstract_syntax) for c in self._request.presentation_context}
        taken: list[Any] = [each.context_id for each in answer.presentation_context if each.result == _ACCEPTED]
        return Conversation(
            requestor=self._request.calling_ae_title.strip(),
            acceptor=self._request.called_ae_title.strip(),
            contexts={context: offered[context] for context in taken if context in offered},
            window=_window(answer),
            moves=moves,
        )


def _window(answer: Any) -> tuple[int, int]:
    """How many operations the requestor may invoke and perform at once; one of each where nothing is said."""
    item = answer.user_information and answer.user_information.async_ops_window
    if item is None:
        return 1, 1
    return item.maximum_number_operations_invoked, item.maximum_number_operations_performed
