"""Straight lines, element by element, lenient: whichever path is taken, the answer is the same."""

from __future__ import annotations

import gc
import itertools
import random
import re
import sys
from collections.abc import Callable, Iterator
from enum import IntEnum
from io import BytesIO
from typing import Any

import pytest
from attrs import NOTHING, fields
from hypothesis import given, settings
from pydicom.tag import BaseTag, Tag
from pydicom.uid import UID

import dimse
from differential import mutated, seeds
from dimse import DICTIONARY, SERVICES, Codec, DecodeError, Message, testing
from dimse.message import load_straight_lines, write_any
from dimse.shape import MOST_ALIKE, MOST_CACHED, Cache, Layouts

MESSAGES: dict[str, type[Message]] = {m.NAME: m for service in SERVICES for m in service.MESSAGES.values()}
WITH_LINES = {name: message for name, message in MESSAGES.items() if name != "C-CANCEL-RQ"}
MUTATIONS = 20_000

each = pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)

# Values of each VR: of all lengths modulo 2, and of those that straight lines are particular about.
VALUES: dict[str, list[Any]] = {
    "US": [0, 1, 0xFFFF],
    "UI": ["1.2.840.10008.1.1", "1.2.840.10008.5.1.4.1.2.2.2", "2.25." + "7" * 58, "0"],
    "AE": ["STORESCP", "STORAGE", "A", "B" * 16],
    "LO": ["a text", "odd text.", "x" * 64],
    "AT": [[0x0010_0010], [0x0008_0052, 0x0020_000D], [0, 0xFFFF_FFFF, 0x7FE0_0010]],
    "": [b"", b"ab", bytes(100)],
}


def values(keyword: str) -> list[Any]:
    element = DICTIONARY.by_keyword[keyword]
    return list(element.values) or VALUES[element.vr]


def made(message: type[Message]) -> Iterator[Message]:
    """A message for every set of its optional parameters, its values in turn."""
    turn = itertools.count()
    required = [field.name for field in fields(message) if field.default is NOTHING]
    optional = [field.name for field in fields(message) if field.default is not NOTHING]
    for count in range(len(optional) + 1):
        for chosen in itertools.combinations(optional, count):
            for _ in range(3):
                yield message(**{k: values(k)[next(turn) % len(values(k))] for k in [*required, *chosen]})


def told(primitive: Any) -> tuple[Any, ...]:
    """All that a primitive says, the types of its values included."""
    held = {row.keyword: getattr(primitive, row.keyword) for row in primitive.TABLE}
    plain = {k: v.getvalue() if isinstance(v, BytesIO) else v for k, v in held.items()}
    return type(primitive), plain, {k: type(v) for k, v in held.items()}, primitive.received


def outcome(read: Callable[[], Any]) -> tuple[Any, ...]:
    try:
        return told(read())
    except DecodeError as error:
        return "DecodeError", error.offset, error.tag, error.reason


def codec() -> Codec:
    return Codec(DICTIONARY, SERVICES)


def same(warm: Codec, wire: bytes, data_set: bytes | None = None) -> set[str]:
    """The paths that a Command Set can take; each gives what the lenient one does."""
    lenient = outcome(lambda: warm._lenient.read(wire, data_set))
    assert outcome(lambda: warm.decode(wire, data_set)) == lenient, wire.hex()
    legal = warm._read_legal(wire)
    if legal is None:
        return {"lenient"}
    if data_set is not None:
        legal = warm._with_data_set(legal, wire, data_set)
    assert told(legal) == lenient, wire.hex()
    # By now, the layout of the bytes is known if it is one of those that are learnt.
    alike = warm._by_length.get(len(wire), ())
    number = int.from_bytes(wire)
    straight = any(number & layout[0] == layout[1] for layout in alike)
    assert outcome(lambda: warm.decode(wire, data_set)) == lenient, wire.hex()
    return {"lenient", "legal", "straight"} if straight else {"lenient", "legal"}


@each
def test_reading(message: type[Message]) -> None:
    """Every set of optional parameters reads alike on all paths, with and without its Data Set; all paths are taken."""
    warm = codec()
    paths: set[str] = set()
    for made_ in made(message):
        wire = made_.encode()
        paths |= same(warm, wire)
        same(warm, wire, b"a data set")
    assert paths == {"lenient", "legal", "straight"}


def test_reading_what_others_write() -> None:
    """Legal Command Sets of any program read alike on all paths."""
    warm = codec()

    @settings(max_examples=500, deadline=None)
    @given(testing.command_sets())
    def holds(wire: bytes) -> None:
        same(warm, wire)

    holds()


@pytest.mark.parametrize("seed", range(10))
def test_reading_mutated_bytes(seed: int) -> None:
    """Changed bytes, lengths, elements and orders read alike on all paths, or are the same DecodeError."""
    warm = codec()
    dice = random.Random(seed)
    corpus = seeds()
    for wire in corpus:
        warm.decode(wire)
    taken = dict.fromkeys(("lenient", "legal", "straight"), 0)
    for _ in range(MUTATIONS):
        for path in same(warm, mutated(dice.choice(corpus), corpus, dice)):
            taken[path] += 1
    assert min(taken.values()) > MUTATIONS // 100, taken


@pytest.mark.parametrize("seed", range(4))
def test_reading_bytes_changed_within_values(seed: int) -> None:
    """Bytes changed within a layout that is known go along the straight lines or leave them, and read alike."""
    warm = codec()
    dice = random.Random(seed)
    corpus = [message.encode() for kind in WITH_LINES.values() for message in itertools.islice(made(kind), 40)]
    for wire in corpus:
        warm.decode(wire)
    for _ in range(MUTATIONS // 2):
        wire = bytearray(dice.choice(corpus))
        for _ in range(dice.choice((1, 1, 2))):
            wire[dice.randrange(12, len(wire))] = dice.choice(b"\0\1\2 .01A\\\x7f\x80\xff")
        same(warm, bytes(wire))


@each
def test_writing(message: type[Message]) -> None:
    """Straight lines, the writer of any message and the primitive write the same bytes, whatever is present."""
    for made_ in made(message):
        wire = made_.encode()
        assert wire == write_any(made_)
        assert wire == made_.primitive().encode(message.ROLE)


@each
def test_writing_any_value(message: type[Message]) -> None:
    """Whatever the values, the three writers agree."""

    @settings(max_examples=50, deadline=None)
    @given(testing.messages(message))
    def holds(made_: Message) -> None:
        assert made_.encode() == write_any(made_) == made_.primitive().encode(message.ROLE)

    holds()


# Making messages


class Number(IntEnum):
    SEVEN = 7


class Text(str):
    __slots__ = ()


ODD: list[Callable[[], Any]] = [
    lambda: None,
    lambda: True,
    lambda: -1,
    lambda: 0x10000,
    lambda: 2**40,
    lambda: 7.0,
    lambda: Number.SEVEN,
    lambda: "7",
    lambda: "",
    lambda: " ",
    lambda: " A ",
    lambda: "1.2\0",
    lambda: "1.02",
    lambda: "1." + "2" * 63,
    lambda: "größer",
    lambda: "A" * 65,
    lambda: "a\\b",
    lambda: b"1.2",
    lambda: b"\xff",
    lambda: Text("1.2"),
    lambda: Text("STORESCP"),
    lambda: UID("1.2.3"),
    lambda: bytearray(b"1.2"),
    lambda: memoryview(b"1.2"),
    lambda: BytesIO(b"1.2"),
    lambda: "PatientID",
    lambda: "NoSuchKeyword",
    lambda: (0x0010, 0x0020),
    lambda: [],
    lambda: [0x0010_0020, "PatientID", (0x0010, 0x0020), Tag(0x0010_0020)],
    lambda: [1, -5],
    lambda: [True],
    lambda: ["NoSuchKeyword"],
    lambda: iter([1, 2]),
    lambda: iter([1, -5, 3]),
    lambda: {1: 2},
    lambda: {0x0010_0020},
    lambda: object,
    lambda: [[]],
]


def own_init(message: type[Message]) -> Callable[..., None]:
    """The `__init__` that attrs made, which the straight lines keep for values that need a second look."""
    load_straight_lines(message)
    package, _, module = message.__module__.rpartition(".")
    lines = sys.modules[f"{package}.wire_{module}"]
    init: Callable[..., None] = getattr(lines, f"{message.__name__.rpartition('_')[2]}_INIT")
    return init


def after(message: type[Message], init: Callable[..., None], arguments: dict[str, Any]) -> tuple[Any, ...]:
    """What a message holds after an `__init__`, or what that raised."""
    new = object.__new__(message)
    try:
        init(new, **arguments)
    except (dimse.ParameterError, TypeError) as error:
        text = re.sub(r"0x\w+|" + init.__qualname__, "", str(error))
        return type(error), text, getattr(error, "keyword", None)
    held = [getattr(new, field.name) for field in fields(message)]
    kinds = [[type(tag) for tag in value] if isinstance(value, list) else type(value) for value in held]
    return type(new), [value.getvalue() if isinstance(value, BytesIO) else value for value in held], kinds


@pytest.mark.parametrize("message", WITH_LINES.values(), ids=WITH_LINES)
def test_making(message: type[Message]) -> None:
    """A message made by straight lines holds what attrs would have it hold, or raises the same error."""
    attrs_own, ours = own_init(message), message.__init__
    assert ours is not attrs_own
    usual = {field.name: values(field.name)[0] for field in fields(message)}
    dice = random.Random(message.NAME)
    changes: list[dict[str, Callable[[], Any]]] = [{name: odd} for name in usual for odd in ODD]
    for _ in range(2000):
        changes.append({name: dice.choice(ODD) for name in usual if dice.random() < 0.3})
    for change in changes:
        one, other = ({**usual, **{name: make() for name, make in change.items()}} for _ in "ab")
        assert after(message, ours, one) == after(message, attrs_own, other), {k: v() for k, v in change.items()}


@pytest.mark.parametrize("message", WITH_LINES.values(), ids=WITH_LINES)
def test_making_with_other_arguments(message: type[Message]) -> None:
    """A parameter left out or misspelt is the same TypeError, by the name of the class."""
    usual = {field.name: values(field.name)[0] for field in fields(message)}
    for arguments in ({}, {"Misspelt": 1}, usual | {"Misspelt": 1}, *({k: usual[k]} for k in usual)):
        found = [after(message, init, arguments) for init in (message.__init__, own_init(message))]
        assert found[0][0] == found[1][0]
    with pytest.raises(TypeError, match=rf"^{message.__name__}\.__init__\(\) got an unexpected keyword argument"):
        message(**usual, Misspelt=1)


# Caches


def caches() -> list[Cache[Any, Any]]:
    return [thing for thing in gc.get_objects() if isinstance(thing, Cache)]


def test_caches_overflow() -> None:
    """Of three times as many UIDs, titles and tags as are cached, each comes back, and every cache keeps its bound."""
    count = 3 * MOST_CACHED
    for number in range(count):
        uid, title = f"1.2.{number}", f"AE{number}"
        move = dimse.C_MOVE_RQ(
            MessageID=number % 0x10000, AffectedSOPClassUID=uid, Priority=0, MoveDestination=title, Identifier=b""
        )
        assert write_any(move) == move.encode()
        back = dimse.decode(move.encode())
        assert (back.MoveDestination, back.AffectedSOPClassUID) == (title, uid)
        got = dimse.N_GET_RQ(
            MessageID=1,
            RequestedSOPClassUID=uid,
            RequestedSOPInstanceUID=uid,
            AttributeIdentifierList=[number << 16 | number],
        )
        assert dimse.decode(got.encode()) == got.primitive()
    found = caches()
    assert found
    assert max(map(len, found)) <= MOST_CACHED


def test_layouts_overflow() -> None:
    """More layouts than are kept: every message reads as by one that has seen nothing, and the bound holds."""
    warm = codec()
    for size, number in itertools.product(range(1, 41), range(60)):
        echo = dimse.C_ECHO_RQ(MessageID=size, AffectedSOPClassUID=f"1.{number}." + "7" * size)
        wire = echo.encode()
        assert outcome(lambda wire=wire: warm.decode(wire)) == outcome(lambda wire=wire: codec().decode(wire))  # type: ignore[misc]
        held = warm._layouts.by_length.values()
        assert max(map(len, held)) <= MOST_ALIKE
        assert sum(map(len, held)) <= MOST_CACHED


def test_layouts_are_forgotten() -> None:
    """At the bound, layouts are forgotten and learnt anew."""
    warm = codec()
    sizes = [(size, tags) for size in range(4, 65, 2) for tags in range(1, 60)]
    for size, tags in sizes:
        uid = "1." + "2" * (size - 2)
        got = dimse.N_GET_RQ(
            MessageID=1, RequestedSOPClassUID=uid, RequestedSOPInstanceUID="1.2", AttributeIdentifierList=[1] * tags
        )
        assert warm.decode(got.encode()) == got.primitive()
        assert sum(map(len, warm._layouts.by_length.values())) <= MOST_CACHED
    assert warm.decode(got.encode()) == got.primitive()


def test_layouts_are_of_short_command_sets() -> None:
    """A layout costs twice its length, so that of a long Command Set is not kept: a peer cannot fill the memory."""
    layouts = Layouts()
    warm = codec()
    warm._layouts = layouts
    warm._by_length = layouts.by_length
    for tags in range(1000, 4000, 100):
        got = dimse.N_GET_RQ(
            MessageID=1, RequestedSOPClassUID="1.2", RequestedSOPInstanceUID="1.3", AttributeIdentifierList=[1] * tags
        )
        assert warm.decode(got.encode()) == got.primitive()
    assert not layouts.by_length


def test_tags_keep_their_type() -> None:
    """A tag is pydicom's whichever way it came."""
    made_ = dimse.N_GET_RQ(
        MessageID=1, RequestedSOPClassUID="1.2", RequestedSOPInstanceUID="1.3", AttributeIdentifierList=[0x0010_0010]
    )
    for tags in (made_.AttributeIdentifierList, dimse.decode(made_.encode()).AttributeIdentifierList):
        assert [type(tag) for tag in tags or ()] == [BaseTag]
