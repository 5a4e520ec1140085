"""Any bytes as a Command Set: a primitive that gives every byte back, or `DecodeError`, and nothing else.

A target takes bytes and answers with the number of Command Sets it decoded; what does not hold is an `AssertionError`.
It needs no atheris.
"""

from __future__ import annotations

import struct
import zlib
from typing import Any

from dimse import (
    DICTIONARY,
    SERVICES,
    Codec,
    DecodeError,
    Message,
    Primitive,
    RawElement,
    Request,
    RoleError,
    UsageError,
    decode,
)
from dimse.command_set import COMMAND_FIELD, DATA_SET_TYPE, GROUP_LENGTH, NO_DATA_SET, split
from dimse.parameter import Role
from dimse.value import write

CODEC = Codec(DICTIONARY, SERVICES)
ROLES: tuple[Role, ...] = ("request", "response", "cancel")
DATA_SET = b"\x08\x00\x52\x00\x06\x00\x00\x00STUDY "
HEADER = struct.Struct("<HHI")
GROUP_LENGTH_HEADER = bytes((0, 0, 0, 0, 4, 0, 0, 0))
# Anomalies of values; what we write ourselves has no others.
VALUE_RULES = {"WIRE.EMPTY", "WIRE.LENGTH", "WIRE.PADDING", "WIRE.VALUE", "WIRE.VM"}
# One input in so many is judged, shown and made a message: that takes longer than decoding it.
SAMPLE = 32


def target(data: bytes) -> int:
    """The bytes as they are and, where something is odd about them, put in order; the number of decodes."""
    thorough = zlib.crc32(data) % SAMPLE == 0
    decoded, clean = examine(data, thorough)
    return decoded if clean else decoded + examine(ordered(data), thorough)[0]


def ordered(data: bytes) -> bytes:
    """The elements that can be told apart, each once, in order, with their group length: a mutation keeps it seldom."""
    body = data[12:] if data.startswith(GROUP_LENGTH_HEADER) else data
    elements: dict[tuple[int, int], bytes] = {}
    offset = 0
    while offset + 8 <= len(body):
        group, number, length = HEADER.unpack_from(body, offset)
        end = offset + 8 + length
        if end > len(body):
            break
        elements[group, number] = body[offset:end]
        offset = end
    elements.pop((0, 0), None)
    body = b"".join([elements[tag] for tag in sorted(elements)])
    return GROUP_LENGTH_HEADER + len(body).to_bytes(4, "little") + body


def examine(data: bytes, thorough: bool) -> tuple[int, bool]:
    """Decode and check what comes; the number of decodes, and whether nothing was odd."""
    try:
        primitive = decode(data)
    except DecodeError as error:
        check_error(error, data)
        return 1, False
    clean = not (primitive.anomalies or primitive.residue)
    (check_canonical if clean else check_received)(primitive, data)
    decoded = 1 + clean
    if thorough:
        decoded += check_data_set(primitive, data)
        check_answers(primitive)
        decoded += check_messages(primitive)
    return decoded, clean


def check_error(error: DecodeError, data: bytes) -> None:
    """An error says where in the bytes and why."""
    assert 0 <= error.offset <= len(data), error
    assert error.tag is None or 0 <= error.tag <= 0xFFFF_FFFF, error
    assert error.reason, error
    assert str(error).startswith(f"offset {error.offset}"), error


def check_received(primitive: Primitive[Any, Any], data: bytes) -> None:
    """No byte is lost: every element is an attribute that writes the same bytes, or residue; anomalies lie within."""
    received = primitive.received
    assert received is not None
    anomalies, residue = received.anomalies, received.residue
    last = 0
    for anomaly in anomalies:
        assert last <= anomaly.offset < len(data), anomaly
        last = anomaly.offset
        assert str(anomaly), anomaly
    elements, _ = split(data)
    if not any(anomaly.rule == "WIRE.EXPLICIT_VR" for anomaly in anomalies):
        assert sum(8 + len(element.value) for element in elements) == len(data)
    rows = {row.tag: row for row in primitive.TABLE}
    for element in elements:
        assert data.find(element.value, element.offset) >= 0, element
        if element not in residue and not protocol(element, primitive, data):
            row = rows[element.tag]
            assert write(row.vr, getattr(primitive, row.keyword)) == element.value, element
    assert all(element in elements for element in residue), residue


def protocol(element: RawElement, primitive: Primitive[Any, Any], data: bytes) -> bool:
    """Whether it is an element of which the primitive tells in its own words, and does."""
    received = primitive.received
    assert received is not None
    if element.tag == COMMAND_FIELD:
        command_field = primitive.MESSAGES[primitive.role].COMMAND_FIELD
        assert element.value == command_field.to_bytes(2, "little"), element
        return True
    if element.tag == DATA_SET_TYPE:
        number = received.data_set_type
        assert number is not None, element
        assert element.value == number.to_bytes(2, "little"), element
        return True
    if element.tag == GROUP_LENGTH:
        assert element.value == (len(data) - 12).to_bytes(4, "little"), element
        return True
    return False


def check_canonical(primitive: Primitive[Any, Any], data: bytes) -> None:
    """Bytes in which nothing is odd are written again, and every way to read them finds the same."""
    received = primitive.received
    assert received is not None
    lenient = CODEC._lenient.read(data, None)
    assert type(lenient) is type(primitive)
    assert lenient.received == received, (lenient.received, received)
    for row in primitive.TABLE:
        one, other = getattr(primitive, row.keyword), getattr(lenient, row.keyword)
        assert one == other, row.keyword
        assert type(one) is type(other), row.keyword
    assert primitive.encode() == data


def check_data_set(primitive: Primitive[Any, Any], data: bytes) -> int:
    """A Data Set that comes along is kept, and changes nothing that is said of the Command Set."""
    supplied = decode(data, DATA_SET)
    assert type(supplied) is type(primitive)
    one, other = primitive.received, supplied.received
    assert one is not None
    assert other is not None
    assert (one.role, one.data_set_type, one.residue, one.foreign) == (
        other.role,
        other.data_set_type,
        other.residue,
        other.foreign,
    )
    more = {anomaly.rule for anomaly in set(other.anomalies) - set(one.anomalies)}
    assert set(one.anomalies) <= set(other.anomalies)
    assert more == ({"WIRE.DATA_SET"} if one.data_set_type == NO_DATA_SET else set()), more
    keyword = supplied._COLUMNS[supplied.role].data_set_keyword
    held = other.unplaced_data_set if keyword is None else getattr(supplied, keyword).getvalue()
    assert held == DATA_SET
    check_answers(supplied)
    return 1 + check_messages(supplied)


def check_answers(primitive: Primitive[Any, Any]) -> None:
    """All that can be asked of a primitive, in every role, is answered or refused with an error of ours."""
    assert repr(primitive)
    assert primitive._repr_html_()
    for role in ROLES:
        try:
            violations = primitive.violations(role, request=primitive)
        except RoleError:
            assert role not in primitive.MESSAGES, role
        else:
            assert all(str(violation) for violation in violations), violations
    assert type(primitive.is_valid_response) is bool if "response" in primitive.MESSAGES else True
    assert type(primitive.is_valid_request) is bool


def check_messages(primitive: Primitive[Any, Any]) -> int:
    """A message made of what was decoded is valid; what is written of an invalid one is in canonical form."""
    decoded = 0
    for role, make in zip(ROLES, (primitive.request, primitive.response, primitive.cancel), strict=True):
        try:
            wire = primitive.encode(role)
        except RoleError:
            assert role not in primitive.MESSAGES, role
            continue
        again = decode(wire)
        decoded += 1
        assert {anomaly.rule for anomaly in again.anomalies} <= VALUE_RULES, again.anomalies
        try:
            message = make()
        except UsageError as error:
            refusal = error
        else:
            decoded += check_message(message)
            continue
        assert refusal.violations, role
        assert str(refusal), role
    return decoded


def check_message(message: Message) -> int:
    """A message made of what was decoded survives the wire, and a request can be answered."""
    assert repr(message)
    assert not [violation for violation in message.violations() if violation.severity == "error"]
    wire = message.encode()
    again = decode(wire, message.data_set)
    assert {anomaly.rule for anomaly in again.anomalies} <= {"WIRE.EMPTY"}, again.anomalies
    assert again.encode() == wire
    if isinstance(message, Request):
        for status in (0x0000, 0x0110, 0xFF00):
            response = message.respond(Status=status)
            assert decode(response.encode()).encode() == response.encode()
        return 4
    return 1
