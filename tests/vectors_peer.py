"""How pynetdicom fares on the vectors of messages: `python -m tests.vectors_peer` prints a table.

It notices what is wrong where decoding raises, or where `is_valid_request` or `is_valid_response` is False. It has no
way to compare a response with its request. Only the last message of a case is judged; the others are legal.
"""

from __future__ import annotations

import json
import logging
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pynetdicom
from pynetdicom.dimse_messages import DIMSEMessage
from pynetdicom.pdu_primitives import P_DATA

VECTORS = Path(__file__).resolve().parents[1] / "vectors"
KINDS = {
    "M": "`M` parameter absent",
    "-": "`-` parameter present",
    "C": "`C` parameter against its condition",
    "=": "`(=)` parameter unequal to the request",
    "VR": "value against its VR, VM or enumeration",
    "CommandDataSetType": "Command Data Set Type",
    "Status": "Status unknown to class, service or SOP Class",
    "NumberOf": "counts of sub-operations against the Status",
    "advice": "retired or advised parameters",
    "WIRE": "bytes, generated",
    "malformed": "bytes, written by hand",
}


def notices(step: dict[str, Any]) -> bool:
    """Whether pynetdicom has anything against a message."""
    fragments = P_DATA()
    fragments.presentation_data_value_list.append([1, b"\x03" + bytes.fromhex(step["command"])])
    if "data_set" in step:
        fragments.presentation_data_value_list.append([1, b"\x02" + bytes.fromhex(step["data_set"])])
    message = DIMSEMessage()
    try:
        if not message.decode_msg(fragments):
            return False  # it waits for a Data Set
        primitive = message.message_to_primitive()
        role = "response" if type(message).__name__.endswith("RSP") else "request"
        return not getattr(primitive, f"is_valid_{role}", True)  # a C_CANCEL is never judged
    except Exception:
        return True


def kind_of(case: dict[str, Any]) -> str:
    """What a case is about, one of `KINDS`."""
    if "kind" in case:
        return "malformed"
    prefix, keyword, *kind = case["rules"][0].split(".")
    if prefix == "WIRE":
        return prefix
    if keyword == "CommandDataSetType":
        return keyword
    if kind[0] in KINDS:
        return kind[0]
    if kind[0] in ("retired", "advised"):
        return "advice"
    return "NumberOf" if keyword.startswith("NumberOf") else "Status"


def cases() -> Iterator[dict[str, Any]]:
    """Cases of messages that bytes convey."""
    for path in sorted(VECTORS.glob("*.json")):
        file = json.loads(path.read_text("utf-8"))
        if file.get("level") == "message":
            yield from (case for case in file["cases"] if "command" in case["steps"][-1])


def report() -> str:
    """The table, as `vectors/README.md` has it."""
    logging.getLogger("pynetdicom").setLevel(logging.CRITICAL)
    invalid, noticed, valid, refused = Counter[str](), Counter[str](), 0, 0
    for case in cases():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydicom's are for whoever reads a log, and stop nothing
            found = notices(case["steps"][-1])
        if case["result"] == "valid":
            valid, refused = valid + 1, refused + found
        else:
            invalid[kind_of(case)] += 1
            noticed[kind_of(case)] += found
    return "\n".join(
        [
            f"pynetdicom {pynetdicom.__version__} notices {noticed.total()} of {invalid.total()} invalid messages",
            f"and refuses {refused} of {valid} valid ones.",
            "",
            "| what is wrong | cases | noticed |\n|---|---|---|",
            *(f"| {words} | {invalid[kind]} | {noticed[kind]} |" for kind, words in KINDS.items()),
        ]
    )


if __name__ == "__main__":
    print(report())
