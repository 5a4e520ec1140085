"""Command Sets: bytes of valid messages, and bytes with one thing wrong."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from dimse.command_set import COMMAND_FIELD, DATA_SET_TYPE, GROUP_LENGTH, NO_DATA_SET, join, split
from dimse.message import Message
from dimse.services import DICTIONARY, SERVICES
from dimse.testing.legal import KINDS, may_have, rows_of, valid_messages, valid_with
from dimse.testing.values import element, even, long_strings, numbers
from dimse.vr import MAX_AE, MAX_LO, MAX_SH, MAX_UL, MAX_US


@st.composite
def command_sets(draw: st.DrawFn, kind: type[Message] | None = None, *, canonical: bool = False) -> bytes:
    """Command Sets of valid messages: nothing in them is an anomaly, and nothing breaks a rule.

    Args:
        draw: given by Hypothesis.
        kind: of the messages; any where left out.
        canonical: True for the bytes that `encode` writes; False for those of other programs too, with any Command
            Data Set Type that announces a Data Set, and with spaces around titles and text.
    """
    message = draw(valid_messages() if kind is None else valid_messages(kind))
    wire = message.encode()
    if canonical:
        return wire
    elements = _elements(wire)
    if elements[DATA_SET_TYPE] != NO_DATA_SET.to_bytes(2, "little"):
        announcing = draw(numbers().map(lambda number: number if number != NO_DATA_SET else 0))
        elements[DATA_SET_TYPE] = announcing.to_bytes(2, "little")
    for tag, value in elements.items():
        most = {"AE": MAX_AE, "LO": MAX_LO, "SH": MAX_SH}.get(DICTIONARY.by_tag[tag].vr)
        if most is not None:
            before = draw(st.integers(0, most - len(value)))
            elements[tag] = even(b" " * before + value + b" " * draw(st.integers(0, most - len(value) - before)))
    return join(elements.items())


class Malformed(NamedTuple):
    """A Command Set with something wrong, and the name of what it is."""

    wire: bytes
    name: str


@st.composite
def malformed_command_sets(draw: st.DrawFn, *names: str) -> Malformed:
    """Command Sets with one thing wrong: `decode` raises `DecodeError`, or there are anomalies or violations.

    Args:
        draw: given by Hypothesis.
        names: of what is wrong, from `MALFORMED`; anything where left out.
    """
    name = draw(st.sampled_from(names or MALFORMED))
    return Malformed(draw(_MALFORMED[name]), name)


_Elements: TypeAlias = "dict[int, bytes]"


def _elements(wire: bytes) -> _Elements:
    """The elements of a canonical Command Set by tag, without the group length."""
    return {found.tag: found.value for found in split(wire)[0] if found.tag != GROUP_LENGTH}


def _in_order(elements: list[tuple[int, bytes]]) -> bytes:
    """A Command Set with its elements in the order given, its group length right."""
    body = b"".join(element(tag, value) for tag, value in elements)
    return _group_length(len(body)) + body


def _changed(change: Callable[[st.DrawFn, _Elements], bytes]) -> SearchStrategy[bytes]:
    """Command Sets made of the elements of a valid message by a change."""

    @st.composite
    def changed(draw: st.DrawFn) -> bytes:
        return change(draw, _elements(draw(valid_messages()).encode()))

    return changed()


def _with_value(vr: str, values: SearchStrategy[bytes], *, mandatory: bool = False) -> SearchStrategy[bytes]:
    """Command Sets in which bytes stand in a parameter of some VR, or of some keyword."""
    targets = [
        (kind, row)
        for kind in KINDS
        for row in rows_of(kind).values()
        if row.tag is not None and vr in ("", row.vr, row.keyword) and may_have(kind, row.keyword)
        if not mandatory or (row.cell(kind.ROLE) or "").startswith("M")
    ]

    @st.composite
    def with_value(draw: st.DrawFn) -> bytes:
        kind, row = draw(st.sampled_from(targets))
        elements = _elements(draw(valid_with(kind, row.keyword)).encode())
        return _in_order(sorted({**elements, int(row.tag or 0): draw(values)}.items()))

    return with_value()


def _cut(within_value: bool) -> Callable[[st.DrawFn, _Elements], bytes]:
    def cut(draw: st.DrawFn, elements: _Elements) -> bytes:
        *before, (tag, value) = sorted(elements.items())
        last = element(tag, value)
        kept = draw(st.integers(8, len(last) - 1) if within_value else st.integers(1, 7))
        return _in_order(before) + last[:kept]

    return cut


def _wrong_length(lengths: SearchStrategy[int]) -> Callable[[st.DrawFn, _Elements], bytes]:
    def wrong_length(draw: st.DrawFn, elements: _Elements) -> bytes:
        wire = join(elements.items())
        at = draw(st.sampled_from([found.offset for found in split(wire)[0]]))
        return wire[: at + 4] + draw(lengths).to_bytes(4, "little") + wire[at + 8 :]

    return wrong_length


def _with_group_length(values: Callable[[int], SearchStrategy[bytes]]) -> Callable[[st.DrawFn, _Elements], bytes]:
    """Changes the elements of group length: all that is drawn stands ahead of the others."""

    def with_group_length(draw: st.DrawFn, elements: _Elements) -> bytes:
        body = join(elements.items())[12:]
        return draw(values(len(body))) + body

    return with_group_length


def _group_length(count: int) -> bytes:
    return element(GROUP_LENGTH, count.to_bytes(4, "little"))


def _group_lengths(count: int) -> SearchStrategy[bytes]:
    """Group lengths that say anything but the count."""
    return st.integers(0, MAX_UL - 1).map(lambda number: _group_length(number + (number >= count)))


def _without(tag: int) -> Callable[[st.DrawFn, _Elements], bytes]:
    return lambda _, elements: join((kept, value) for kept, value in elements.items() if kept != tag)


def _added(added: SearchStrategy[int]) -> Callable[[st.DrawFn, _Elements], bytes]:
    def add(draw: st.DrawFn, elements: _Elements) -> bytes:
        return join([*elements.items(), (draw(added), draw(st.sampled_from([b"", b"ab", b"abcd"])))])

    return add


def _out_of_order(draw: st.DrawFn, elements: _Elements) -> bytes:
    ordered = sorted(elements.items())
    at = draw(st.integers(0, len(ordered) - 2))
    return _in_order([*ordered[:at], *ordered[at + 1 :], ordered[at]])


def _repeated(draw: st.DrawFn, elements: _Elements) -> bytes:
    tag, value = draw(st.sampled_from(sorted(elements.items())))
    other = bytes([value[0] ^ 1]) + value[1:]
    return _in_order(sorted([*elements.items(), (tag, draw(st.sampled_from([value, other])))], key=lambda e: e[0]))


def _explicit(_: st.DrawFn, elements: _Elements) -> bytes:
    whole = [(GROUP_LENGTH, bytes(4)), *sorted(elements.items())]
    return b"".join(
        struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, DICTIONARY.by_tag[tag].vr.encode(), len(value)) + value
        for tag, value in whole
    )


def _big_endian(_: st.DrawFn, elements: _Elements) -> bytes:
    swapped = {"US": 2, "UL": 4, "AT": 2}
    body = b""
    for tag, value in sorted(elements.items()):
        size = swapped.get(DICTIONARY.by_tag[tag].vr, 1)
        turned = b"".join(value[at : at + size][::-1] for at in range(0, len(value), size))
        body += element(tag, turned, form=">HHI")
    return element(GROUP_LENGTH, len(body).to_bytes(4, "big"), form=">HHI") + body


def _unknown_field(draw: st.DrawFn, elements: _Elements) -> bytes:
    known = {kind.COMMAND_FIELD for kind in KINDS}
    code = draw(st.sampled_from([number for number in (*range(0x200), 0x0FFF, 0x8000, 0xFFFF) if number not in known]))
    return join({**elements, COMMAND_FIELD: code.to_bytes(2, "little")}.items())


@st.composite
def _not_permitted(draw: st.DrawFn) -> bytes:
    """A parameter where the cell is '-', or of another service."""
    kind = draw(st.sampled_from(KINDS))
    elements = _elements(draw(valid_messages(kind)).encode())
    strange = [row for service in SERVICES for row in service.TABLE if row.tag and row.keyword not in rows_of(kind)]
    row = draw(st.sampled_from(strange))
    value = {"UI": b"1.2.3\0", "AT": b"\x10\0\x10\0", "AE": b"TITLE ", "LO": b"text"}.get(row.vr, b"\1\0")
    return join({**elements, int(row.tag or 0): value}.items())


@st.composite
def _data_set_without_place(draw: st.DrawFn) -> bytes:
    kind = draw(st.sampled_from([kind for kind in KINDS if kind.DATA_SET == "never"]))
    return join({**_elements(draw(valid_messages(kind)).encode()), DATA_SET_TYPE: b"\1\0"}.items())


def _joined(part: SearchStrategy[str], mark: str) -> SearchStrategy[bytes]:
    return st.tuples(part, part).map(lambda parts: even(mark.join(parts).encode()))


_UNKNOWN = [tag for tag in range(0x0002, 0xFFFF, 0x000E) if tag not in DICTIONARY.by_tag]
_RETIRED = [tag for tag, entry in DICTIONARY.by_tag.items() if entry.retired]
_MALFORMED: dict[str, SearchStrategy[bytes]] = {
    "truncated header": _changed(_cut(within_value=False)),
    "truncated value": _changed(_cut(within_value=True)),
    "length beyond the end": _changed(_wrong_length(st.integers(2000, MAX_UL - 1))),
    "length FFFFFFFFH": _changed(_wrong_length(st.just(MAX_UL))),
    "length 0 on an M": _with_value("", st.just(b""), mandatory=True),
    "odd length": _with_value("UI", st.sampled_from([b"1", b"1.2", b"1.2.840"]))
    | _with_value("AE", st.sampled_from([b"A", b"STORE"])),
    "US of 1 byte": _with_value("US", st.binary(min_size=1, max_size=1)),
    "US of 3 bytes": _with_value("US", st.binary(min_size=3, max_size=3)),
    "US of 4 bytes": _with_value("US", st.binary(min_size=4, max_size=4)),
    "UL of 2 bytes": _changed(_with_group_length(lambda n: st.just(element(GROUP_LENGTH, n.to_bytes(2, "little"))))),
    "VM above 1": _with_value("UI", _joined(st.just("1.2.840"), "\\"))
    | _with_value("AE", _joined(st.just("STORE"), "\\"))
    | _with_value("LO", _joined(long_strings(), "\\")),
    "group length wrong": _changed(_with_group_length(_group_lengths)),
    "group length missing": _changed(_with_group_length(lambda _: st.just(b""))),
    "group length repeated": _changed(
        _with_group_length(lambda n: _group_lengths(n).map(lambda wrong: _group_length(n) + wrong))
    ),
    "elements out of order": _changed(_out_of_order),
    "element repeated": _changed(_repeated),
    "group other than 0000": _changed(_added(st.integers(1, 0x7FFF).map(lambda n: (2 * n) << 16 | 0x0010))),
    "private element": _changed(_added(st.integers(4, 0x7FFE).map(lambda n: (2 * n + 1) << 16 | 0x0010))),
    "retired element": _changed(_added(st.sampled_from(_RETIRED))),
    "unknown element": _changed(_added(st.sampled_from(_UNKNOWN))),
    "Explicit VR": _changed(_explicit),
    "Big Endian": _changed(_big_endian),
    "Command Field unknown": _changed(_unknown_field),
    "Command Field missing": _changed(_without(COMMAND_FIELD)),
    "Command Data Set Type missing": _changed(_without(DATA_SET_TYPE)),
    "Data Set without a place": _data_set_without_place(),
    "UID padded with spaces": _with_value("UI", st.sampled_from([b"1.2.840 ", b"1.2 ", b" 1.2", b"1.2.84  "])),
    "UID with a leading zero": _with_value("UI", st.sampled_from([b"1.02", b"01.2.3", b"1.2.00"])),
    "UID over 64": _with_value("UI", st.integers(65, 200).map(lambda n: even(b"1." * (n // 2) + b"3" * (1 + n % 2)))),
    "UID with other characters": _with_value("UI", st.sampled_from([b"1.2.x\0", b"1,2.", b"1..2", b".1.2", b"1-2\0"])),
    "AE title empty": _with_value("AE", st.just(b"")),
    "AE title blank": _with_value("AE", st.integers(1, 8).map(lambda n: b"  " * n)),
    "AE title over 16": _with_value("AE", st.integers(9, 40).map(lambda n: b"AB" * n)),
    "AE title with controls": _with_value("AE", st.sampled_from([b"STORE\n", b"A\0B ", b"\x1bABC", b"A\x7f"])),
    "Error Comment over 64": _with_value("LO", st.integers(33, 200).map(lambda n: b"ab" * n)),
    "Error Comment not ASCII": _with_value("LO", st.sampled_from(["Fehler: größer als".encode(), "誤り".encode()])),
    "Priority 3": _with_value("Priority", st.integers(3, MAX_US).map(lambda number: number.to_bytes(2, "little"))),
    "parameter not permitted": _not_permitted(),
}
MALFORMED = tuple(_MALFORMED)
"""Names of what can be wrong with a Command Set."""
