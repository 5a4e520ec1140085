"""PDUs that carry no message, for `dimse explain`: A-ASSOCIATE, A-RELEASE and A-ABORT in words."""

from __future__ import annotations

from typing import Any

from dimse.capture.associate import (
    ABORT,
    ASSOCIATE_AC,
    ASSOCIATE_RJ,
    ASSOCIATE_RQ,
    CONTEXT_RESULTS,
    LEAST_REQUEST,
    Context,
    Negotiation,
    UserInformation,
    abort_text,
    read_accept,
    read_request,
    reject_text,
)
from dimse.cli.wording import uid_name

_NAMES = {
    1: "A-ASSOCIATE-RQ",
    2: "A-ASSOCIATE-AC",
    3: "A-ASSOCIATE-RJ",
    5: "A-RELEASE-RQ",
    6: "A-RELEASE-RP",
    7: "A-ABORT",
}


def control_pdu(pdu: bytes, at: int, proposed: Negotiation | None) -> tuple[dict[str, Any], Negotiation | None]:
    """A PDU in lines of words, and what is proposed as far as the stream has gone.

    Args:
        pdu: from its type on.
        at: where in the stream it begins.
        proposed: by the A-ASSOCIATE-RQ before it, if there was one.
    """
    told: list[str] = []
    kind = pdu[0]
    if kind in (ASSOCIATE_RQ, ASSOCIATE_AC) and len(pdu) >= LEAST_REQUEST:
        if kind == ASSOCIATE_RQ or proposed is None:
            proposed = read_request(pdu)
            if kind == ASSOCIATE_AC:  # of an answer alone, contexts are known by their numbers
                proposed.contexts.update((number, Context("")) for number in range(1, 256, 2))
        told.append(f"{proposed.calling} calls {proposed.called}")
        if kind == ASSOCIATE_AC:
            read_accept(pdu, proposed)
        told += _contexts(proposed, answered=kind == ASSOCIATE_AC)
        told += _user(proposed.requestor if kind == ASSOCIATE_RQ else proposed.acceptor)
    elif kind == ASSOCIATE_RJ:
        told.append(reject_text(pdu))
    elif kind == ABORT:
        told.append(abort_text(pdu))
    return {"part": "pdu", "pdu": _NAMES[kind], "offset": at, "length": len(pdu), "told": told}, proposed


def _contexts(found: Negotiation, *, answered: bool) -> list[str]:
    lines = []
    for number, context in found.contexts.items():
        name = uid_name(context.abstract_syntax) if context.abstract_syntax else "not seen proposed"
        if not answered:
            lines.append(f"context {number}: {name}, in {', '.join(map(uid_name, context.proposed))}")
        elif context.result is not None:
            known = context.result < len(CONTEXT_RESULTS)
            result = CONTEXT_RESULTS[context.result] if known else f"result {context.result}"
            syntax = f" in {uid_name(context.transfer_syntax)}" if context.transfer_syntax else ""
            lines.append(f"context {number}: {name}, {result}{syntax}")
    return lines


def _user(side: UserInformation) -> list[str]:
    told = {
        "maximum length": side.maximum_length,
        "implementation": side.implementation,
        "version": side.version,
        "window": None if side.window is None else f"{side.window[0]}/{side.window[1]}",
    }
    return [f"{name}: {value}" for name, value in told.items() if value is not None]
