"""Any of the 23 messages, built from bytes: three ways to write it give the same bytes, which decode to what it was.

The bytes are read by a few lines of our own and not by atheris's FuzzedDataProvider, so that an input means the same
message where atheris is not installed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import NOTHING, Attribute, fields

from dimse import DICTIONARY, SERVICES, Message, ParameterError, UsageError, decode
from dimse.comment import fit_error_comment
from dimse.message import write_any
from dimse.vr import LO

MESSAGES: tuple[type[Message], ...] = tuple(
    message for service in SERVICES for message in service.MESSAGES.values() if message.PRIMITIVE is service
)
UIDS = (
    "1.2.840.10008.1.1",
    "1.2.840.10008.5.1.4.1.2.2.2",
    "1.2.840.10008.5.1.4.1.1.2",
    "1.2.840.10008.3.1.2.3.3",
    "2.25." + "9" * 59,
    "0",
    "1.2\0",
    "1.2.",
    "1.02",
)
TITLES = ("STORESCP", "A", "0123456789ABCDEF", " PADDED ", "", "a\\b", "LONG" * 5, "odd")
STATUSES = (0x0000, 0xFF00, 0xFF01, 0xFE00, 0xA701, 0xB000, 0xC001, 0x0110, 0x0115, 0x0122)


class Draw:
    """Values drawn from bytes; where the bytes run out, noughts follow."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, number: int) -> bytes:
        """The next bytes."""
        taken = self._data[self._at : self._at + number]
        self._at += number
        return taken.ljust(number, b"\0")

    def byte(self) -> int:
        """A number below 256."""
        return self.take(1)[0]

    def one_of(self, values: tuple[Any, ...]) -> Any:
        """One of some values."""
        return values[self.byte() % len(values)]


def _us(draw: Draw) -> Any:
    if draw.byte() % 8 == 7:
        return draw.one_of((-1, 65536, True, "1", 1.0, None, 2**70))
    return int.from_bytes(draw.take(2), "little")


def _uid(draw: Draw) -> Any:
    kind = draw.byte() % 8
    if kind < 3:
        return draw.one_of(UIDS)
    if kind == 3:
        return draw.take(draw.byte() % 80)
    if kind == 4:
        return draw.take(draw.byte() % 80).decode("latin-1")
    parts = (int.from_bytes(draw.take(draw.byte() % 5), "little") for _ in range(1 + draw.byte() % 12))
    return ".".join(map(str, parts))


def _text(most: int) -> Callable[[Draw], Any]:
    def text(draw: Draw) -> Any:
        kind = draw.byte() % 8
        if kind < 2:
            return draw.one_of(TITLES)
        raw = draw.take(draw.byte() % (most + 4))
        if kind == 2:
            return raw.decode("latin-1")
        if kind == 3:
            return raw
        return "".join(chr(0x20 + byte % 0x5F) for byte in raw)

    return text


def _tags(draw: Draw) -> Any:
    kind = draw.byte() % 8
    if kind == 0:
        return draw.one_of((-1, 2**32, "PatientName", "NoSuchKeyword", (8, 0x52), (1, 2, 3), [None], b"ab", 7))
    return [int.from_bytes(draw.take(4), "little") for _ in range(draw.byte() % 6)]


def _data_set(draw: Draw) -> Any:
    if draw.byte() % 16 == 15:
        return draw.one_of(("text", 1, bytearray(b"ab"), memoryview(b"abcd")))
    return draw.take(draw.byte() % 40)


def _priority(draw: Draw) -> Any:
    number = draw.byte()
    return number if number < 5 else number % 3


def _status(draw: Draw) -> Any:
    return draw.one_of(STATUSES) if draw.byte() % 2 else _us(draw)


MAKERS: dict[str, Callable[[Draw], Any]] = {
    "": _data_set,
    "AE": _text(16),
    "AT": _tags,
    "LO": _text(64),
    "SH": _text(16),
    "UI": _uid,
    "US": _us,
    "Priority": _priority,
    "Status": _status,
}


def _maker(field: Attribute[Any]) -> Callable[[Draw], Any]:
    return MAKERS.get(field.name) or MAKERS[DICTIONARY.by_keyword[field.name].vr]


# Name, whether it may be left out, what draws a value.
FIELDS = {
    message: tuple((field.name, field.default is not NOTHING, _maker(field)) for field in fields(message))
    for message in MESSAGES
}


def build(data: bytes) -> Message | None:
    """The message that the bytes describe; None where a parameter refuses its value."""
    draw = Draw(data)
    message = draw.one_of(MESSAGES)
    chosen = int.from_bytes(draw.take(2), "little")
    values = {}
    for number, (name, optional, make) in enumerate(FIELDS[message]):
        if not optional or chosen >> number & 1:
            values[name] = make(draw)
    try:
        return message(**values)
    except ParameterError as error:
        refusal = error
    assert refusal.keyword in values, refusal
    assert str(refusal), refusal
    return None


def target(data: bytes) -> int:
    """Write the message three ways, read it back, judge it; the number of Command Sets decoded."""
    check_comment(data.decode("latin-1"))
    message = build(data)
    if message is None:
        return 0
    kind = type(message)
    wire = message.encode()
    primitive = message.primitive()
    assert wire == write_any(message) == primitive.encode(message.ROLE)
    assert primitive.role == message.ROLE
    decoded = decode(wire, message.data_set)
    assert (decoded.msg_type, decoded.role) == (kind.PRIMITIVE.SERVICE, message.ROLE)
    values = {name: getattr(decoded, name) for name, _, _ in FIELDS[kind]}
    assert kind(**values) == message, (values, message)
    assert decoded == primitive, (decoded, primitive)
    assert decoded.encode() == wire
    # An element without a value is all that may be odd, and only where the message has one.
    empty = sum(value in ("", []) for value in values.values())
    assert [anomaly.rule for anomaly in decoded.anomalies] == ["WIRE.EMPTY"] * empty, decoded.anomalies
    assert not decoded.residue
    if data[-1:] < b"\x10":
        check_judged(message)
    return 1


def check_comment(text: str) -> None:
    """Any text can be made an Error Comment, and one that fits is left alone."""
    fitted = fit_error_comment(text)
    assert LO(fitted.text) == fitted.text
    assert not fit_error_comment(fitted.text).changes
    assert fitted.changes or fitted.text == " ".join(text.split())


def check_judged(message: Message) -> None:
    """The primitive becomes the message again, or names the violations that the message names."""
    primitive = message.primitive()
    make = {"request": primitive.request, "response": primitive.response, "cancel": primitive.cancel}[message.ROLE]
    errors = [violation for violation in message.violations() if violation.severity == "error"]
    assert repr(message)
    try:
        again = make()
    except UsageError as error:
        found = list(error.violations)
    else:
        found = []
        assert again == message, (again, message)
    assert found == errors, (found, errors)
