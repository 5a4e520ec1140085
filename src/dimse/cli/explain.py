"""`dimse explain`: bytes taken apart, element by element, with the row of the matrix and the verdict beside each.

Made for wrecks: what can be divided into elements is shown up to where it cannot, and why not. Streams of PDUs, and of
PDVs without their PDUs, are put together first; `at` is where in the stream a thing stands, `offset` where in its
Command Set.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from dimse.cli.output import STYLES, Output
from dimse.cli.wording import name_of, uid_name, violation_json
from dimse.command_set import COMMAND_FIELD, DATA_SET_TYPE, NO_DATA_SET, RawElement, split, tag_text
from dimse.errors import DecodeError
from dimse.pdv import COMMAND, LAST, P_DATA_TF
from dimse.primitive import Primitive
from dimse.services import DICTIONARY, decode
from dimse.value import read

if TYPE_CHECKING:
    from dimse.capture.associate import Negotiation

_GROUP_LENGTH = b"\0\0\0\0\4\0\0\0"
_SHOWN = 24
_PDUS = range(1, 8)
_HEADER = 6
_PRIORITIES = {0: "MEDIUM", 1: "HIGH", 2: "LOW"}


def explain(data: bytes, output: Output, *, as_json: bool) -> bool:
    """Write what the bytes are; gives whether nothing is wrong with them."""
    found = list(_parts(data))
    if as_json:
        output.raw(json.dumps({"parts": found}, indent=2) + "\n")
    else:
        for part in found:
            _write(part, output)
    return not any(part.get("fault") or part.get("violations") or part.get("anomalies") for part in found)


def _parts(data: bytes) -> Iterator[dict[str, Any]]:
    """Command Sets, Data Sets, other PDUs and faults, in order."""
    if len(data) > _HEADER and data[0] in _PDUS and data[1] == 0:
        items = _items_of_pdus(data)
    elif data[6:14] == _GROUP_LENGTH and int.from_bytes(data[:4], "big") <= len(data):
        items = _items(data, 0, len(data))
    else:
        yield command_set(data, [(0, 0)])
        return
    command, starts, began, length = b"", list[tuple[int, int]](), 0, 0
    for item in items:
        if not isinstance(item, Fragment):
            yield item
        elif item.control & COMMAND:
            starts.append((len(command), item.at))
            command += item.value
            if item.control & LAST:
                yield command_set(command, starts)
                command, starts = b"", []
        else:
            began, length = began if length else item.at, length + len(item.value)
            if item.control & LAST:
                yield {"part": "data set", "offset": began, "length": length}
                length = 0
    if command:
        yield command_set(command, starts)
        yield _fault(len(data), "the bytes end within the Command Set")
    elif length:
        yield _fault(len(data), "the bytes end within the Data Set")


class Fragment(NamedTuple):
    """A fragment, where it begins, and its Message Control Header."""

    at: int
    control: int
    value: bytes


def _fault(offset: int, text: str) -> dict[str, Any]:
    return {"part": "fault", "offset": offset, "fault": text}


def _items_of_pdus(data: bytes) -> Iterator[Fragment | dict[str, Any]]:
    at = 0
    proposed: Negotiation | None = None
    while at < len(data):
        end = at + _HEADER + int.from_bytes(data[at + 2 : at + _HEADER], "big")
        if len(data) - at < _HEADER:
            yield _fault(at, f"{len(data) - at} bytes are left, too few for the header of a PDU ({_HEADER})")
            return
        if data[at] not in _PDUS:
            yield _fault(at, f"no PDU begins with {data[at]:02X}H")
            return
        if end > len(data):
            yield _fault(at, f"the PDU ends at {end}, and the bytes at {len(data)}")
        if data[at] == P_DATA_TF:
            yield from _items(data, at + _HEADER, min(end, len(data)))
        else:
            from dimse.cli.explain_pdu import control_pdu

            part, proposed = control_pdu(data[at:end], at, proposed)
            yield part
        at = end


def _items(data: bytes, at: int, end: int) -> Iterator[Fragment | dict[str, Any]]:
    """The fragments of PDVs, and a fault where there is none."""
    while at < end:
        size = int.from_bytes(data[at : at + 4], "big")
        if end - at < 6 or size < 2:
            yield _fault(at, "no PDV begins here")
            return
        if at + 4 + size > end:
            yield _fault(at, f"a PDV of {size} bytes, {end - at - 4} are left")
            yield Fragment(at + 6, data[at + 5] & ~LAST, data[at + 6 : end])
            return
        yield Fragment(at + 6, data[at + 5], data[at + 6 : at + 4 + size])
        at += 4 + size


def command_set(data: bytes, starts: list[tuple[int, int]]) -> dict[str, Any]:
    """What a Command Set is, in elements, and what is wrong with it.

    Args:
        data: all of it.
        starts: where its fragments begin, in it and in the stream.
    """
    found: dict[str, Any] = {
        "part": "command set",
        "offset": starts[0][1],
        "length": len(data),
        "message": None,
        "fault": None,
        "fault_offset": None,
    }
    elements: list[RawElement] = []
    primitive: Primitive[Any, Any] | None = None
    try:
        elements, _ = split(data)
    except DecodeError as error:
        found["fault"], found["fault_offset"] = str(error), error.offset
        if 0 < error.offset <= len(data):
            elements, _ = split(data[: error.offset])
    try:
        primitive = decode(data)
    except DecodeError as error:
        found["fault"], found["fault_offset"] = str(error), error.offset
    violations = () if primitive is None else primitive.violations()
    anomalies = () if primitive is None else primitive.anomalies
    if primitive is not None:
        found["message"] = name_of(primitive)
        found["table"] = f"{primitive.TABLE.document} {primitive.TABLE.title}"
    found["elements"] = [_element(each, primitive, starts) for each in elements]
    found["violations"] = [violation_json(each) for each in violations]
    found["anomalies"] = [
        {
            "rule": a.rule,
            "offset": a.offset,
            "tag": None if a.tag is None else tag_text(a.tag),
            "text": a.text,
            "section": a.section,
        }
        for a in anomalies
    ]
    return found


def _element(
    element: RawElement, primitive: Primitive[Any, Any] | None, starts: list[tuple[int, int]]
) -> dict[str, Any]:
    own, stream = next(start for start in reversed(starts) if start[0] <= element.offset)
    entry = DICTIONARY.by_tag.get(element.tag)
    row = None
    if primitive is not None:
        row = next((each for each in primitive.TABLE if each.tag == element.tag), None)
    raw = element.value.hex(" ")
    return {
        "offset": element.offset,
        "at": stream + element.offset - own,
        "tag": tag_text(element.tag),
        "name": "" if entry is None else entry.name,
        "keyword": "" if entry is None else entry.keyword,
        "vr": "" if entry is None else entry.vr,
        "length": len(element.value),
        "raw": raw,
        "meaning": "" if entry is None else _meaning(entry, element, primitive),
        "cell": None if row is None or primitive is None else row.cell(primitive.role),
        "section": None if row is None else row.citation(),
    }


def _meaning(entry: Any, element: RawElement, primitive: Any) -> str:
    value, fault = (
        read(entry.vr, element.value) if entry.vr in ("AE", "AT", "LO", "SH", "UI", "UL", "US") else (None, None)
    )
    if value is None:
        return "" if fault is None else fault[1]
    if element.tag == COMMAND_FIELD:
        return f"{value:04X}H" if primitive is None else f"{value:04X}H {name_of(primitive)}"
    if element.tag == DATA_SET_TYPE:
        return f"{value:04X}H, {'no Data Set' if value == NO_DATA_SET else 'a Data Set follows'}"
    if entry.keyword == "Priority":
        return f"{value:04X}H {_PRIORITIES.get(value, '')}".rstrip()
    if entry.keyword == "Status":
        status = None if primitive is None else primitive.status
        return f"{value:04X}H" if status is None else str(status)
    if entry.vr == "UI":
        name = uid_name(value)
        return value if name == value else f"{value} {name}"
    if entry.vr == "AT":
        return ", ".join(tag_text(int(tag)) for tag in value)
    return str(value)


def _write(part: dict[str, Any], output: Output) -> None:
    if part["part"] == "fault":
        output.line((f"{part['offset']:>6}  ", "dim"), ("fault: ", STYLES["error"]), part["fault"])
        return
    if part["part"] == "data set":
        output.line((f"{part['offset']:>6}  Data Set, {part['length']} bytes, not shown", "dim"))
        return
    if part["part"] == "pdu":
        output.line((f"{part['offset']:>6}  {part['pdu']}, {part['length']} bytes", "bold"))
        for line in part["told"]:
            output.line(" " * 8, line)
        return
    name = part["message"] or "no message that can be read"
    at = f", from {part['offset']} on" if part["offset"] else ""
    judged = f", judged by {part['table']}" if "table" in part else ""
    output.line((f"{name}, {part['length']} bytes", "bold"), at, judged)
    told: set[int] = set()
    for element in part["elements"]:
        raw = element["raw"] if len(element["raw"]) <= 3 * _SHOWN else f"{element['raw'][: 3 * _SHOWN]}..."
        cell = element["cell"] or ""
        head = (
            f"{element['offset']:>6}  {element['tag']}  {element['name'] or 'unknown':36}  {element['vr']:2}  {cell:4}"
        )
        output.line(head, (f"  {element['meaning']}", "bold"), (f"  [{raw}]", "dim"))
        told |= _verdicts(part, element, output)
    for violation in (each for each in part["violations"] if id(each) not in told):
        _verdict(violation["severity"], violation, output)
    for anomaly in (each for each in part["anomalies"] if id(each) not in told):
        _verdict("warning", anomaly, output)
    if part["fault"]:
        output.line(" " * 8, ("fault      ", STYLES["error"]), part["fault"])
    elif not part["violations"] and not part["anomalies"]:
        output.line(" " * 8, ("ok", "green"))


def _verdicts(part: dict[str, Any], element: dict[str, Any], output: Output) -> set[int]:
    told = set()
    for violation in part["violations"]:
        if violation["keyword"] in (element["keyword"], element["tag"]):
            _verdict(violation["severity"], violation, output)
            told.add(id(violation))
    for anomaly in part["anomalies"]:
        if anomaly["tag"] == element["tag"] and anomaly["offset"] == element["offset"]:
            _verdict("warning", anomaly, output)
            told.add(id(anomaly))
    return told


def _verdict(severity: str, facts: dict[str, Any], output: Output) -> None:
    output.line(
        " " * 8, (f"{severity:9}", STYLES[severity]), f"  {facts['text']} ({facts['section']})  [{facts['rule']}]"
    )
