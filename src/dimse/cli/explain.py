"""`dimse explain`: bytes taken apart, element by element, with the row of the matrix and the verdict beside each.

Made for wrecks: what can be divided into elements is shown up to where it cannot, and why not.
"""

from __future__ import annotations

import json
import string
import warnings
from collections.abc import Iterator
from typing import Any

from dimse.cli.output import STYLES, Output
from dimse.cli.wording import name_of, violation_json
from dimse.command_set import COMMAND_FIELD, DATA_SET_TYPE, NO_DATA_SET, RawElement, split, tag_text
from dimse.errors import DecodeError
from dimse.pdv import COMMAND, LAST, P_DATA_TF
from dimse.primitive import Primitive
from dimse.services import DICTIONARY, decode
from dimse.value import read

MOST_BYTES = 16 << 20
_HEX = frozenset(string.hexdigits.encode())
_BETWEEN = bytes(set(string.whitespace.encode()) | set(b":,-|"))
_GROUP_LENGTH = b"\0\0\0\0\4\0\0\0"
_SHOWN = 24
_PRIORITIES = {0: "MEDIUM", 1: "HIGH", 2: "LOW"}


def bytes_of(data: bytes) -> bytes:
    """What was given, read as hexadecimal digits where it consists of them."""
    bare = data.translate(None, _BETWEEN).removeprefix(b"0x")
    if bare and len(bare) % 2 == 0 and _HEX.issuperset(bare):
        return bytes.fromhex(bare.decode("ascii"))
    return data


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
    """Command Sets, Data Sets and faults, in order."""
    if data[:1] == bytes((P_DATA_TF,)) and len(data) > 12:
        items = _items_of_pdus(data)
    elif data[6:14] == _GROUP_LENGTH and int.from_bytes(data[:4], "big") <= len(data):
        items = _items(data, 0, len(data))
    else:
        yield command_set(data, 0)
        return
    command, began, length = b"", 0, 0
    for offset, control, value in items:
        if control < 0:
            yield {"part": "fault", "offset": offset, "fault": value.decode()}
        elif control & COMMAND:
            began = began if command else offset
            command += value
            if control & LAST:
                yield command_set(command, began)
                command = b""
        else:
            began, length = began if length else offset, length + len(value)
            if control & LAST:
                yield {"part": "data set", "offset": began, "length": length}
                length = 0
    if command:
        yield command_set(command, began)
        yield {"part": "fault", "offset": len(data), "fault": "the bytes end within the Command Set"}
    elif length:
        yield {"part": "fault", "offset": len(data), "fault": "the bytes end within the Data Set"}


def _items_of_pdus(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    at = 0
    while at < len(data):
        end = at + 6 + int.from_bytes(data[at + 2 : at + 6], "big")
        if data[at] != P_DATA_TF:
            yield at, -1, f"a PDU of type {data[at]:02X}H, not P-DATA-TF".encode()
        else:
            yield from _items(data, at + 6, end)
        at = max(end, at + 6)


def _items(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, bytes]]:
    """Offset, Message Control Header and fragment of each PDV; -1 and words where there is none."""
    if end > len(data):
        yield at, -1, f"the PDU ends at {end}, and the bytes at {len(data)}".encode()
    end = min(end, len(data))
    while at < end:
        size = int.from_bytes(data[at : at + 4], "big")
        if end - at < 6 or size < 2:
            yield at, -1, b"no PDV begins here"
            return
        if at + 4 + size > end:
            yield at, -1, f"a PDV of {size} bytes, {end - at - 4} are left".encode()
            yield at, data[at + 5] & ~LAST, data[at + 6 : end]
            return
        yield at, data[at + 5], data[at + 6 : at + 4 + size]
        at += 4 + size


def command_set(data: bytes, offset: int) -> dict[str, Any]:
    """What a Command Set is, in elements, and what is wrong with it."""
    found: dict[str, Any] = {
        "part": "command set",
        "offset": offset,
        "length": len(data),
        "message": None,
        "fault": None,
    }
    elements: list[RawElement] = []
    primitive: Primitive[Any, Any] | None = None
    try:
        elements, _ = split(data)
    except DecodeError as error:
        found["fault"] = str(error)
        if 0 < error.offset <= len(data):
            elements, _ = split(data[: error.offset])
    try:
        primitive = decode(data)
    except DecodeError as error:
        found["fault"] = str(error)
    violations = () if primitive is None else primitive.violations()
    anomalies = () if primitive is None else primitive.anomalies
    if primitive is not None:
        found["message"] = name_of(primitive)
        found["table"] = f"PS3.7 {primitive.TABLE.title}"
    found["elements"] = [_element(each, primitive) for each in elements]
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


def _element(element: RawElement, primitive: Primitive[Any, Any] | None) -> dict[str, Any]:
    entry = DICTIONARY.by_tag.get(element.tag)
    row = None
    if primitive is not None:
        row = next((each for each in primitive.TABLE if each.tag == element.tag), None)
    raw = element.value.hex(" ")
    return {
        "offset": element.offset,
        "tag": tag_text(element.tag),
        "name": "" if entry is None else entry.name,
        "keyword": "" if entry is None else entry.keyword,
        "vr": "" if entry is None else entry.vr,
        "length": len(element.value),
        "raw": raw,
        "meaning": "" if entry is None else _meaning(entry, element, primitive),
        "cell": None if row is None or primitive is None else row.cell(primitive.role),
        "section": None if row is None else f"PS3.7 {row.section}",
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
        from pydicom.uid import UID

        with warnings.catch_warnings(action="ignore"):
            name = UID(value).name
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
    name = part["message"] or "no message that can be read"
    output.line((f"{name}, {part['length']} bytes", "bold"), f", judged by {part['table']}" if "table" in part else "")
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
