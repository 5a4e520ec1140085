"""One MiB of anything decodes or is refused: memory stays small, and work grows no faster than the bytes.

Nothing here measures time; `pytest -s` prints how long each took, for people.
"""

from __future__ import annotations

import random
import struct
import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from dimse import DICTIONARY, DecodeError, Primitive, decode
from dimse.command_set import MOST_ELEMENTS
from dimse.value import MOST_TAGS, MOST_TEXT

MIB = 1 << 20
MANY = 100_000


def element(tag: int, value: bytes = b"") -> bytes:
    return struct.pack("<HHI", tag >> 16, tag & 0xFFFF, len(value)) + value


def us(tag: int, number: int) -> bytes:
    return element(tag, struct.pack("<H", number))


def whole(*elements: bytes) -> bytes:
    body = b"".join(elements)
    return element(0, struct.pack("<I", len(body))) + body


MOVE_RSP = us(0x0100, 0x8021) + us(0x0120, 7) + us(0x0800, 0x0101) + us(0x0900, 0)
STORE_RQ = us(0x0100, 0x0001) + us(0x0110, 7) + us(0x0700, 0) + us(0x0800, 0x0001)
GET_RQ = us(0x0100, 0x0110) + us(0x0110, 7) + us(0x0800, 0x0101)
FOREIGN = [entry.tag for entry in DICTIONARY.by_tag.values() if entry.tag is not None and entry.tag >= 0x1000]


def filled(make: Callable[[int], bytes]) -> Callable[[int], bytes]:
    """A message with as many elements as are asked for behind it."""
    return lambda count: whole(MOVE_RSP, *map(make, range(count)))


# Messages of as many elements as are asked for.
ELEMENTS: dict[str, Callable[[int], bytes]] = {
    "tiny elements": filled(lambda _: element(0x7000)),
    "tiny elements, each of another tag": filled(lambda n: element(0x0009_0000 + n)),
    "elements without order": filled(lambda n: element(0x0009_0000 + (n * 7919) % 65521)),
    "repeated elements": filled(lambda _: us(0x0900, 0)),
    "a tag with other values": filled(lambda n: us(0x0120, n % 0x10000)),
    "Command Fields": filled(lambda _: us(0x0100, 0x8021)),
    "group lengths": filled(lambda n: element(0, struct.pack("<I", n))),
    "elements of other messages": filled(lambda n: element(FOREIGN[n % len(FOREIGN)], b"ab")),
    "retired elements": filled(lambda n: element((0x0200, 0x0300, 0x0400, 0x4000, 0x5010)[n % 5], b"A ")),
    "empty parameters": filled(lambda n: element((0x0900, 0x0902, 0x0901, 0x1020, 0x1021)[n % 5])),
    "odd lengths": filled(lambda _: element(0x0902, b"abc")),
    "patient IDs": filled(lambda _: element(0x0010_0020, b"ABCD")),
}
# Messages of as many bytes as are asked for, or near it.
BYTES: dict[str, Callable[[int], bytes]] = {
    "random bytes": lambda size: random.Random(size).randbytes(size),
    "zeros": bytes,
    "FFH": lambda size: b"\xff" * size,
    "a huge unknown element": lambda size: whole(MOVE_RSP, element(0x7000, bytes(size))),
    "a huge private element": lambda size: whole(MOVE_RSP, element(0x0009_0010, bytes(size))),
    "a huge UID of digits": lambda size: whole(STORE_RQ, element(0x1000, b"1" * size)),
    "a huge UID of components": lambda size: whole(STORE_RQ, element(0x1000, b"1." * (size // 2))),
    "a huge UID of FFH": lambda size: whole(STORE_RQ, element(0x1000, b"\xff" * size)),
    "a huge title": lambda size: whole(STORE_RQ, element(0x1030, b"A" * size)),
    "a huge title of spaces": lambda size: whole(STORE_RQ, element(0x1030, b" " * size)),
    "a huge title of NULs": lambda size: whole(STORE_RQ, element(0x1030, b"\0" * size)),
    "a huge comment": lambda size: whole(MOVE_RSP, element(0x0902, b"x" * size)),
    "a huge comment of FFH": lambda size: whole(MOVE_RSP, element(0x0902, b"\xff" * size)),
    "a huge comment of backslashes": lambda size: whole(MOVE_RSP, element(0x0902, b"\\" * size)),
    "a huge number": lambda size: whole(MOVE_RSP, element(0x1020, bytes(size))),
    "a huge Command Field": lambda size: whole(element(0x0100, bytes(size))),
    "a huge group length": lambda size: element(0, bytes(size)) + MOVE_RSP,
    "a huge list of one tag": lambda size: whole(GET_RQ, element(0x1005, b"\x10\0\x10\0" * (size // 4))),
    "a huge list of tags": lambda size: whole(
        GET_RQ, element(0x1005, b"".join(struct.pack("<HH", n >> 16, n & 0xFFFF) for n in range(size // 4)))
    ),
}
HOSTILE = {
    **{name: make(MIB) for name, make in BYTES.items()},
    **{name: make(MANY) for name, make in ELEMENTS.items()},
    "as many elements as are read": ELEMENTS["tiny elements, each of another tag"](MOST_ELEMENTS - 5),
    "as many elements as are read, each of 1 KiB": whole(
        MOVE_RSP, *(element(0x0009_0000 + n, bytes(1016)) for n in range(MOST_ELEMENTS - 5))
    ),
    "as many tags as are read": whole(
        GET_RQ, element(0x1005, random.Random(0).randbytes(4 * MOST_TAGS)), element(0x0009_0010, bytes(MIB))
    ),
    "text as long as is read": whole(MOVE_RSP, element(0x0902, b"\xff" * MOST_TEXT)),
}


def read(wire: bytes) -> Primitive[Any, Any] | DecodeError:
    try:
        return decode(wire)
    except DecodeError as error:
        return error


def calls(act: Callable[[], object]) -> int:
    """How many calls an act makes, of functions in Python and in C."""
    count = 0

    def note(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(before)
    return count


def ask(wire: bytes) -> None:
    """Decode, and ask for all that a decoded primitive can be asked for."""
    found = read(wire)
    if isinstance(found, Primitive):
        found.violations()
        found.encode()
        repr(found)
    str(found)


@pytest.mark.parametrize("wire", HOSTILE.values(), ids=HOSTILE)
def test_memory(wire: bytes) -> None:
    """What reading needs and keeps is at most twice the input and one MiB."""
    started = time.perf_counter()
    read(wire)
    took = time.perf_counter() - started
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        found = read(wire)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    print(f"{1000 * took:.1f} ms, {(peak - before) / len(wire):.2f} bytes a byte: {str(found)[:60]}")
    assert peak - before <= 2 * len(wire) + MIB


@pytest.mark.parametrize("name", ELEMENTS)
def test_work_grows_with_the_elements(name: str) -> None:
    """Four times the elements are at most five times the calls: nothing is looked for from the start again."""
    few, many = (ELEMENTS[name](count) for count in (MOST_ELEMENTS // 4 - 5, MOST_ELEMENTS - 5))
    ask(few)
    assert calls(lambda: ask(many)) <= 5 * calls(lambda: ask(few))


@pytest.mark.parametrize("name", {**BYTES, **ELEMENTS})
def test_work_is_little(name: str) -> None:
    """A MiB of anything is done with in fewer than 200 calls for each element that is read, and no more are read."""
    wire = HOSTILE[name]
    ask(wire)
    assert calls(lambda: ask(wire)) <= 200 * MOST_ELEMENTS


@pytest.mark.parametrize("name", ELEMENTS)
def test_too_many_elements(name: str) -> None:
    """A Command Set of more elements than any message has is refused at the first that is too many."""
    fits, wire = ELEMENTS[name](MOST_ELEMENTS - 5), ELEMENTS[name](MOST_ELEMENTS - 4)
    assert str(MOST_ELEMENTS) not in str(read(fits))
    found = read(wire)
    assert isinstance(found, DecodeError)
    assert str(MOST_ELEMENTS) in found.reason
    assert found.offset == len(fits)


@pytest.mark.parametrize(("tag", "value"), [(0x0902, b"x" * 1025), (0x0902, b"\xff" * MIB), (0x0901, bytes(MIB))])
def test_huge_values_are_kept_as_bytes(tag: int, value: bytes) -> None:
    """A value far beyond its VR is no attribute, an anomaly, and whole in the residue."""
    found = read(whole(MOVE_RSP[:-2], us(0x0900, 0xA801)[-2:], element(tag, value)))
    assert isinstance(found, Primitive)
    assert (found.ErrorComment, found.OffendingElement) == (None, None)  # type: ignore[attr-defined]
    assert [(kept.tag, kept.value) for kept in found.residue] == [(tag, value)]
    assert [anomaly.tag for anomaly in found.anomalies if anomaly.rule != "WIRE.ODD_LENGTH"] == [tag]
