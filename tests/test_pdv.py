"""Fragments: whatever a message is cut into, the same message comes out; whatever else comes in, one kind of error."""

from __future__ import annotations

import io
import os
import tracemalloc
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dimse import C_ECHO, C_ECHO_RQ, C_FIND_RSP, C_STORE, C_STORE_RQ, DecodeError, ParameterValueError, decode
from dimse.assembler import LEAST_OF_A_RUN, MOST_OF_A_RUN, TINY, Assembler
from dimse.joiner import Assembled
from dimse.pdv import LEAST_LENGTH, MOST_LENGTH, PDV, FragmentError, PDataTF, to_pdus, to_pdvs
from dimse.sink import SMALL, Collect, Drop, Spool, Stream, Views

ROOT = Path(__file__).resolve().parents[1]
MIB = 1 << 20
CT, VERIFICATION = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.1"
STORE = C_STORE_RQ(
    MessageID=7, AffectedSOPClassUID=CT, AffectedSOPInstanceUID="1.2.3", Priority=0, DataSet=b"data"
).encode()
ECHO = C_ECHO_RQ(MessageID=1, AffectedSOPClassUID=VERIFICATION).encode()
FIND_RSP = C_FIND_RSP(MessageIDBeingRespondedTo=2, Status=0xFF00, Identifier=b"data").encode()


def without_type(command: bytes) -> bytes:
    """A Command Set without Command Data Set Type."""
    at = command.index(b"\x00\x00\x00\x08\x02\x00\x00\x00")
    return command[:at] + command[at + 10 :]


def item(context_id: int, control: int, data: bytes, length: int | None = None) -> bytes:
    """A Presentation-data-value Item, its length true or not."""
    size = len(data) + 2 if length is None else length
    return size.to_bytes(4, "big") + bytes([context_id, control]) + data


def pdu(*items: bytes, kind: int = 4, length: int | None = None) -> bytes:
    """A PDU, its length true or not."""
    body = b"".join(items)
    return bytes([kind, 0]) + (len(body) if length is None else length).to_bytes(4, "big") + body


def pieces(stream: bytes, cuts: Iterable[int]) -> Iterator[bytes]:
    ends = sorted({min(cut, len(stream)) for cut in cuts} | {len(stream)})
    for start, end in zip([0, *ends], ends, strict=False):
        yield stream[start:end]


class Outcome(NamedTuple):
    """All that came out of an assembler: the messages, and the error that stopped it."""

    messages: list[tuple[Any, ...]]
    error: tuple[int, int | None, str] | None


def facts(message: Assembled) -> tuple[Any, ...]:
    """A message, fit to be compared."""
    primitive = message.primitive
    held = [getattr(primitive, row.keyword) for row in primitive.TABLE if not row.vr]
    data_sets = [value if value is None else bytes(value.getbuffer()) for value in held]
    told = primitive.role, primitive.encode(), primitive.received, data_sets
    return message.context_id, type(primitive), *told, message.command, message.data_set, message.anomalies


def outcome(chunks: Iterable[bytes], **options: Any) -> Outcome:
    """Feed chunks and say that the stream has ended; only a FragmentError is an outcome."""
    assembler = Assembler(**options)
    messages: list[tuple[Any, ...]] = []
    try:
        for chunk in chunks:
            messages.extend((message.offset, *facts(message)) for message in assembler.feed(chunk))
        messages.extend((message.offset, *facts(message)) for message in assembler.close())
    except FragmentError as error:
        return Outcome(messages, (error.offset, error.tag, error.reason))
    return Outcome(messages, None)


def every_cut(stream: bytes, *cuts: Iterable[int], **options: Any) -> Outcome:
    """The outcome of a stream, once it is seen to be the same in one chunk, byte by byte, and cut as asked."""
    whole = outcome([stream], **options)
    assert outcome(pieces(stream, range(len(stream))), **options) == whole
    for some in cuts:
        assert outcome(pieces(stream, some), **options) == whole
    return whole


# Fragmenting


@pytest.mark.parametrize("context_id", [0, 2, 254, 256, 257, -1])
def test_context_id_is_odd(context_id: int) -> None:
    """A context ID that is even, zero or out of range is refused when asked, before anything is taken."""
    with pytest.raises(ParameterValueError, match="Presentation Context ID") as raised:
        to_pdvs(ECHO, context_id=context_id, max_length=0)
    assert raised.value.keyword == "context_id"


@pytest.mark.parametrize("max_length", [-1, 1, 6, 7, MOST_LENGTH + 1])
def test_max_length_has_room(max_length: int) -> None:
    """A Maximum Length without room for two bytes of a message, or of more than 32 bits, is refused when asked."""
    with pytest.raises(ParameterValueError, match="Maximum Length"):
        to_pdus(ECHO, context_id=1, max_length=max_length)


def test_what_is_no_message_is_refused() -> None:
    """A Command Set has bytes; text is none; a file in text mode gives none, nor does one that would block."""
    with pytest.raises(ParameterValueError, match="must not be empty"):
        to_pdvs(b"", context_id=1, max_length=0)
    with pytest.raises(TypeError, match="bytes-like, got str"):
        to_pdvs("text", context_id=1, max_length=0)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="gives bytes at once, got str"):
        list(to_pdvs(ECHO, io.StringIO("text"), context_id=1, max_length=0))  # type: ignore[arg-type]


def test_bytes_of_a_pdu() -> None:
    """The bytes are those of PS3.8: type, reserved, length; item length, context ID, control header, fragment."""
    first, second = to_pdus(b"command!", b"data", context_id=3, max_length=0)
    assert first.encode() == bytes.fromhex("0400 0000000e 0000000a 03 03") + b"command!"
    assert second.encode() == bytes.fromhex("0400 0000000a 00000006 03 02") + b"data"
    assert b"".join(first.parts) == first.encode()
    assert first.pdvs[0].encode() == first.encode()[6:]
    assert PDV.of(3, first.encode()[11:]) == first.pdvs[0]
    assert PDV.of(3, b"\xfdx") == PDV(3, True, False, b"x", 0xFC)


@pytest.mark.parametrize("make", [bytes, bytearray, memoryview])
def test_nothing_is_copied(make: Any) -> None:
    """The fragments of what is in memory are views of it, those of an `io.BytesIO` of the bytes it was made of."""
    data = make(bytes(100))
    for pdv in to_pdvs(ECHO, data, context_id=1, max_length=40):
        assert isinstance(pdv.data, memoryview)
        assert pdv.is_command or pdv.data.obj is (data.obj if make is memoryview else data)
    held = bytes(100)
    fragment = list(to_pdvs(ECHO, io.BytesIO(held), context_id=1, max_length=0))[-1].data
    assert isinstance(fragment, memoryview)
    assert fragment.obj is held


def test_views_of_other_items_are_bytes() -> None:
    """A memoryview of wider items, or of every second byte, is the bytes it has."""
    held = memoryview(bytes(range(64)))
    for view in (held.cast("I"), held.cast("H", (4, 8)), held[::2], held[:0]):
        data = b"".join(pdv.data for pdv in to_pdvs(ECHO, view, context_id=1, max_length=20) if not pdv.is_command)
        assert data == view.tobytes()


class Trickle(io.RawIOBase):
    """A file that gives a few bytes at a time, as a pipe does."""

    def __init__(self, data: bytes) -> None:
        self._rest = data

    def read(self, size: int = -1, /) -> bytes:
        given = self._rest[: min(size, 3)]
        self._rest = self._rest[len(given) :]
        return given


@given(
    command=st.binary(min_size=1, max_size=60),
    data=st.none() | st.binary(max_size=120),
    max_length=st.integers(LEAST_LENGTH, 90) | st.just(0),
    pack=st.booleans(),
)
def test_fragments_are_the_message(command: bytes, data: bytes | None, max_length: int, pack: bool) -> None:
    """Joined, they are what went in; of even length, flagged where they end, within the Maximum Length; files too."""
    sources: list[Any] = [data] if data is None else [data, io.BytesIO(data), io.BufferedReader(io.BytesIO(data))]
    sources += [] if data is None else [Trickle(data)]
    cut = [list(to_pdus(command, source, context_id=5, max_length=max_length, pack=pack)) for source in sources]
    assert all(other == cut[0] for other in cut)
    pdvs = [pdv for one in cut[0] for pdv in one.pdvs]
    kinds = [(True, command)] + ([(False, data)] if data is not None else [])
    for is_command, whole in kinds:
        mine = [pdv for pdv in pdvs if pdv.is_command is is_command]
        assert b"".join(pdv.data for pdv in mine) == whole
        assert [pdv.is_last for pdv in mine] == [False] * (len(mine) - 1) + [True]
        assert not any(len(pdv.data) % 2 for pdv in mine[:-1])
    assert [pdv.is_command for pdv in pdvs] == sorted((pdv.is_command for pdv in pdvs), reverse=True)
    for one in cut[0]:
        assert not max_length or len(one.encode()) - 6 <= max_length
        assert pack or len(one.pdvs) == 1
    if pack and max_length == 0:
        assert len(cut[0]) == 1
    if not pack:
        assert list(to_pdvs(command, data, context_id=5, max_length=max_length)) == pdvs


def test_file_is_read_from_where_it_stands() -> None:
    """A file gives what is left of it, an `io.BytesIO`, which stands for bytes, all of it."""
    file, held = io.BufferedReader(io.BytesIO(b"abcdef")), io.BytesIO(b"abcdef")
    file.read(2)
    held.read(2)
    assert [bytes(pdv.data) for pdv in to_pdvs(ECHO, file, context_id=1, max_length=0)][1:] == [b"cdef"]
    assert [bytes(pdv.data) for pdv in to_pdvs(ECHO, held, context_id=1, max_length=0)][1:] == [b"abcdef"]


# Assembling

MESSAGES = [
    (ECHO, None),
    (STORE, b"a data set"),
    (STORE, b""),
    (FIND_RSP, bytes(range(256))),
    (without_type(ECHO), None),
    (without_type(FIND_RSP), b"with"),
    (without_type(FIND_RSP), None),
]


@st.composite
def streams(draw: st.DrawFn) -> tuple[bytes, list[tuple[int, bytes, bytes | None]]]:
    """A stream of messages in random fragments, some of them empty, packed into PDUs at random; and the messages."""
    sent = draw(st.lists(st.tuples(st.sampled_from([1, 3, 255]), st.sampled_from(MESSAGES)), min_size=1, max_size=4))
    stream = b""
    for context_id, (command, data) in sent:
        items = []
        for control, whole in [(1, command)] + ([] if data is None else [(0, data)]):
            cuts = sorted(draw(st.lists(st.integers(0, len(whole)), max_size=5)))
            parts = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
            items += [item(context_id, control, part) for part in parts[:-1]]
            items.append(item(context_id, control | 2, parts[-1]))
        while items:
            size = draw(st.integers(1, len(items)))
            stream += pdu(*items[:size])
            items = items[size:]
    return stream, [(context_id, *message) for context_id, message in sent]


CUTS = st.lists(st.integers(0, 1200), max_size=8)


@given(sent=streams(), cuts=CUTS)
@settings(max_examples=200, deadline=None)
def test_every_fragmentation_gives_the_same_messages(sent: tuple[bytes, Any], cuts: list[int]) -> None:
    """Messages come out as they went in, however they are fragmented, packed into PDUs, and cut in transport."""
    stream, messages = sent
    found = every_cut(stream, cuts)
    assert found.error is None
    for (_, context_id, _, _, _, _, data_sets, command, data_set, _), message in zip(
        found.messages, messages, strict=True
    ):
        assert (context_id, command, data_set) == message
        assert data_set is None or data_set in data_sets


@given(data=st.data(), max_length=st.integers(LEAST_LENGTH, 300) | st.just(0), pack=st.booleans(), cuts=CUTS)
@settings(max_examples=200, deadline=None)
def test_what_we_cut_we_put_together(data: st.DataObject, max_length: int, pack: bool, cuts: list[int]) -> None:
    """Our own fragments, for any Maximum Length, give the message back, as PDVs too, and nothing is odd about them."""
    command, data_set = data.draw(st.sampled_from(MESSAGES))
    pdus = list(to_pdus(command, data_set, context_id=7, max_length=max_length, pack=pack))
    stream = b"".join(one.encode() for one in pdus)
    found = every_cut(stream, cuts, max_length=max_length)
    ((_, *message),) = found.messages
    assert (message[0], *message[-3:]) == (7, command, data_set, ())
    assembler = Assembler()
    fed = [one for each in pdus for pdv in each.pdvs for one in assembler.feed_pdv(pdv)]
    assert [list(facts(one)) for one in [*fed, *assembler.close()]] == [message]


@given(sent=streams(), cuts=CUTS, data=st.data())
@settings(max_examples=400, deadline=None)
def test_mutated_streams(sent: tuple[bytes, Any], cuts: list[int], data: st.DataObject) -> None:
    """Whatever happens to a stream, messages or a FragmentError come out, and the same however it is cut."""
    stream = bytearray(sent[0])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(stream)))
        until = data.draw(st.integers(at, min(len(stream), at + 20)))
        stream[at:until] = data.draw(st.binary(max_size=4) | st.sampled_from([sent[0][:40], b"\0" * 8, b"\xff" * 4]))
    for options in ({}, {"max_command": 100, "max_data_set": 60, "max_length": 150}):
        every_cut(bytes(stream), cuts, **options)


@given(items=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.sampled_from([ECHO, STORE, b"", b"xy"]))))
@settings(max_examples=300, deadline=None)
def test_any_order_of_fragments(items: list[tuple[int, int, bytes]]) -> None:
    """Fragments of any kind in any order make messages or a FragmentError, the same however the stream is cut."""
    every_cut(b"".join(pdu(item(*each)) for each in items))
    every_cut(pdu(*(item(*each) for each in items)))


def tiny(count: int, size: int, control: int = 0) -> list[bytes]:
    """Fragments of a few bytes each, all of them different."""
    data = bytes(number * 7 % 251 for number in range(count * size))
    return [item(1, control, data[at * size : (at + 1) * size]) for at in range(count)]


@st.composite
def runs(draw: st.DrawFn) -> list[bytes]:
    """Runs of tiny fragments, some long enough to be read at once, with something else between them."""
    items: list[bytes] = []
    for _ in range(draw(st.integers(1, 3))):
        items += tiny(draw(st.integers(LEAST_OF_A_RUN - 2, 40)), draw(st.sampled_from([0, 1, 2, 3, TINY, TINY + 1])))
        other = st.sampled_from([b"", item(1, 0, bytes(60)), item(1, 0, b"x"), item(1, 4, b"xy"), item(3, 0, b"xy")])
        items.append(draw(other))
    return [*filter(None, items), item(1, 2, b"")]


@given(items=runs(), limit=st.none() | st.integers(0, 300), cuts=CUTS, data=st.data())
@settings(max_examples=150, deadline=None)
def test_runs_of_tiny_fragments(items: list[bytes], limit: int | None, cuts: list[int], data: st.DataObject) -> None:
    """What is read many fragments at a time gives what it gives one by one: in one PDU, in one each, and mutated."""
    for stream in (pdu(*items), b"".join(map(pdu, items))):
        every_cut(STORE_PDU + stream, cuts, max_data_set=limit)
        changed = bytearray(stream)
        changed[data.draw(st.integers(0, len(stream) - 1))] ^= data.draw(st.integers(1, 255))
        every_cut(STORE_PDU + bytes(changed), cuts, max_data_set=limit)


@pytest.mark.parametrize("size", [1, 2, TINY])
@pytest.mark.parametrize("together", [True, False], ids=["one PDU", "PDUs"])
def test_tiny_fragments_come_in_few_pieces(size: int, together: bool) -> None:
    """Thousands of tiny fragments are a few pieces to a sink, and none of these grows with their number."""
    items = tiny(5000, size)
    lengths: list[int] = []
    assembler = Assembler(sink=lambda _: Stream(lambda piece: lengths.append(len(piece))))
    assembler.feed(STORE_PDU + (pdu(*items) if together else b"".join(map(pdu, items))))
    assert sum(lengths) == 5000 * size
    assert len(lengths) < 50
    assert max(lengths) <= MOST_OF_A_RUN * size


@given(stream=st.binary(max_size=60))
def test_any_bytes(stream: bytes) -> None:
    """Bytes of any kind, behind the header of a PDU too, make a FragmentError or nothing, the same however cut."""
    every_cut(stream)
    every_cut(pdu(stream))


# What is malformed, by name: the stream, the offset of the fault, what is said about it

STORE_PDU = pdu(item(1, 3, STORE))
AFTER_STORE = len(STORE_PDU)
ECHO_PDU = pdu(item(1, 3, ECHO))
MALFORMED: dict[str, tuple[bytes, int, str]] = {
    "data set announced and absent": (
        STORE_PDU + ECHO_PDU,
        AFTER_STORE + 6,
        "a Command fragment, and the Data Set of the C-STORE-RQ that began at 6 is announced and absent (PS3.7 E.1)",
    ),
    "data set announced and absent, the stream ends": (
        STORE_PDU,
        AFTER_STORE,
        "the stream ends before the Data Set of the C-STORE-RQ that began at 6 is complete",
    ),
    "data set sent and not announced": (
        ECHO_PDU + pdu(item(1, 2, b"data")),
        len(ECHO_PDU) + 6,
        "a Data Set fragment, and the C-ECHO-RQ before it announces none (PS3.7 6.3)",
    ),
    "data set sent, neither announced nor possible": (
        pdu(item(1, 3, without_type(ECHO)), item(1, 2, b"data")),
        12 + len(ECHO) - 10,
        "a Data Set fragment, and the C-ECHO-RQ before it announces none (PS3.7 6.3)",
    ),
    "data set sent twice": (
        STORE_PDU + pdu(item(1, 2, b"data"), item(1, 2, b"data")),
        AFTER_STORE + 16,
        "a Data Set fragment, and that of the C-STORE-RQ before it is complete (PS3.7 6.3)",
    ),
    "data set before any command": (
        pdu(item(1, 2, b"data")),
        6,
        "a Data Set fragment, and no Command Set has come (PS3.7 6.3)",
    ),
    "data set before the end of its command": (
        pdu(item(1, 1, STORE[:40]), item(1, 2, b"data")),
        52,
        "a Data Set fragment before the Command Set that began at 6 is complete (PS3.8 E.1)",
    ),
    "interleaved messages": (
        STORE_PDU + pdu(item(1, 0, b"da")) + pdu(item(3, 3, ECHO)),
        AFTER_STORE + 14 + 6,
        "a Command fragment before the Data Set of the C-STORE-RQ that began at 6 is complete; "
        "messages shall not be interleaved (PS3.8 E.1)",
    ),
    "interleaved command sets": (
        pdu(item(1, 1, STORE[:40])) + pdu(item(3, 3, ECHO)),
        58,
        "Presentation Context ID 3 within the Command Set that began at 6, which began with 1 (PS3.8 E.1)",
    ),
    "mixed context IDs": (
        STORE_PDU + pdu(item(5, 2, b"data")),
        AFTER_STORE + 6,
        "Presentation Context ID 5 within the Data Set of the C-STORE-RQ that began at 6, "
        "which began with 1 (PS3.8 E.1)",
    ),
    "mixed context IDs within a data set": (
        STORE_PDU + pdu(item(1, 0, b"da"), item(1, 0, b"ta"), item(2, 0, b"xy")),
        AFTER_STORE + 22,
        "Presentation Context ID 2 within the Data Set of the C-STORE-RQ that began at 6, "
        "which began with 1 (PS3.8 E.1)",
    ),
    "PDV of length 0": (
        pdu(item(1, 1, STORE[:40]), bytes(4)),
        52,
        "a PDV of length 0, too few for a context ID and a Message Control Header",
    ),
    "PDV of length 1": (
        pdu(bytes([0, 0, 0, 1, 1])),
        6,
        "a PDV of length 1, too few for a context ID and a Message Control Header",
    ),
    "PDV longer than its PDU": (
        pdu(item(1, 1, STORE[:40], 43)),
        6,
        "a PDV of length 43, 42 bytes are left of the PDU",
    ),
    "PDV of length FFFFFFFFH": (
        STORE_PDU + pdu(item(1, 0, b"da"), item(1, 0, b"ta", 0xFFFF_FFFF)),
        AFTER_STORE + 14,
        "a PDV of length 4294967295, 4 bytes are left of the PDU",
    ),
    "PDU longer than its PDVs": (
        STORE_PDU + pdu(item(1, 0, b"da"), item(1, 0, b"ta"), b"\0\0\0"),
        AFTER_STORE + 22,
        "3 bytes are left of the PDU, too few for the length of an item",
    ),
    "PDU of length 0": (pdu(), 0, "a P-DATA-TF PDU of length 0, and it shall carry a PDV (PS3.8 9.3.5)"),
    "PDU of length 2": (pdu(b"\0\0"), 6, "2 bytes are left of the PDU, too few for the length of an item"),
    "PDU of another type": (
        ECHO_PDU + pdu(bytes(4), kind=5),
        len(ECHO_PDU),
        "a PDU of type 05H, A-RELEASE-RQ; P-DATA-TF is 04H",
    ),
    "PDU of another type within a data set": (
        STORE_PDU + pdu(item(1, 0, b"da")) + pdu(bytes(4), kind=7),
        AFTER_STORE + 14,
        "a PDU of type 07H, A-ABORT; P-DATA-TF is 04H",
    ),
    "PDU of no type": (pdu(kind=0x99), 0, "a PDU of type 99H, of no kind in PS3.8; P-DATA-TF is 04H"),
    "command set that cannot be read": (
        ECHO_PDU + pdu(item(1, 1, STORE[:4]), item(1, 3, STORE[4:-6])),
        len(ECHO_PDU) + 6,
        "the Command Set cannot be read, 86 bytes from its start: Value Length is 6, 0 bytes are left",
    ),
    "empty command set": (
        pdu(item(1, 3, b"")),
        6,
        "the Command Set cannot be read, 0 bytes from its start: the Command Set is empty",
    ),
    "stream that ends within a PDU": (
        STORE_PDU + pdu(item(1, 0, b"data"))[:-2],
        AFTER_STORE + 14,
        "the stream ends within a P-DATA-TF PDU",
    ),
    "stream that ends within a header": (
        ECHO_PDU + b"\4\0",
        len(ECHO_PDU) + 2,
        "the stream ends within a P-DATA-TF PDU",
    ),
    "stream that ends within a command set": (
        pdu(item(1, 1, STORE[:4])),
        16,
        "the stream ends before the Command Set that began at 6 is complete",
    ),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed(name: str) -> None:
    """Each kind of malformed stream is told for what it is, where it is, and the same however it is cut."""
    stream, offset, reason = MALFORMED[name]
    found = every_cut(stream)
    assert found.error is not None
    assert (found.error[0], found.error[2]) == (offset, reason)
    assert len(found.messages) == (stream.startswith(ECHO_PDU) or "data set sent" in name)


ODD = {
    "even context ID": ([pdu(item(2, 1, ECHO[:2])), pdu(item(2, 3, ECHO[2:]))], [("PDV.CONTEXT_ID", 6)]),
    "context ID 0": ([pdu(item(0, 3, ECHO))], [("PDV.CONTEXT_ID", 6)]),
    "reserved control bits": (
        [pdu(item(1, 0xFD, b"")), pdu(item(1, 0xFF, ECHO))],
        [("PDV.CONTROL", 6)],
    ),
    "odd fragments": (
        [pdu(item(1, 1, ECHO[:4]), item(1, 1, ECHO[4:7]), item(1, 1, ECHO[7:8]), item(1, 3, ECHO[8:]))],
        [("PDV.ODD_LENGTH", 16)],
    ),
    "messages that share a PDU": ([pdu(item(1, 3, ECHO), item(1, 3, ECHO))], [("PDV.SHARED", len(ECHO) + 12)]),
}


@pytest.mark.parametrize("name", ODD)
def test_odd(name: str) -> None:
    """What is wrong and does no harm is an anomaly of the message, each kind once, and the message is there."""
    pdus, expected = ODD[name]
    found = every_cut(b"".join(pdus))
    assert found.error is None
    *_, command, data_set, anomalies = found.messages[-1]
    assert (command, data_set) == (ECHO, None)
    assert [(anomaly.rule, anomaly.offset) for anomaly in anomalies] == expected
    assert all(anomaly.section.startswith("PS3.8") for anomaly in anomalies)


def test_anomalies_belong_to_their_message() -> None:
    """The message after one with anomalies has none of them."""
    messages = list(Assembler().feed(pdu(item(2, 0xFF, ECHO)) + ECHO_PDU))
    assert [len(message.anomalies) for message in messages] == [2, 0]


def test_pages_know_every_anomaly_of_fragments() -> None:
    """docs/fragments.md lists the anomalies that the code can name, and no other."""
    code = (ROOT / "src" / "dimse" / "joiner.py").read_text(encoding="utf-8")
    page = (ROOT / "docs" / "fragments.md").read_text(encoding="utf-8")
    words = [word.strip("`,.") for word in page.split() if word.startswith("`PDV.")]
    assert sorted(words) == sorted({word for word in code.split('"') if word.startswith("PDV.")})


@pytest.mark.parametrize("size", [0, 1, 2, 1000])
def test_endless_command_fragments(size: int) -> None:
    """A Command Set over its limit is an error at the header of the fragment that would go over, before its bytes."""
    fits = item(1, 1, bytes(1000 - size))
    stream = pdu(fits, item(1, 1, bytes(size)), item(1, 1, b"xx"))
    found = every_cut(stream, max_command=1000)
    assert found.error == (
        len(stream) - 8,
        None,
        "the Command Set that began at 6 has more than 1000 bytes, the limit set here",
    )
    assert every_cut(stream[:-2], max_command=1000) == found


def test_command_of_64_kib_by_default() -> None:
    """Without being told, an assembler takes 64 KiB of a Command Set and no more."""
    assembler = Assembler()
    for _ in range(64):
        assert list(assembler.feed(pdu(item(1, 1, bytes(1024))))) == []
    with pytest.raises(FragmentError, match="more than 65536 bytes"):
        assembler.feed(pdu(item(1, 1, b"xx"))[:12])


def test_data_set_limit() -> None:
    """A Data Set over its limit is an error at the header of the fragment that goes over; one at the limit passes."""
    data = [pdu(item(1, 0, bytes(8))) for _ in range(4)]
    end = pdu(item(1, 2, bytes(8)))
    found = every_cut(STORE_PDU + b"".join(data) + end, max_data_set=39)
    text = "the Data Set of the C-STORE-RQ that began at 6 has more than 39 bytes, the limit set here"
    assert found.error == (AFTER_STORE + 4 * 20 + 6, None, text)
    assert every_cut(STORE_PDU + b"".join(data) + end, max_data_set=40).error is None


def test_max_length_of_a_pdu() -> None:
    """A PDU, the first or a later one, longer than the Maximum Length that we announced is an error at its header."""
    for before in (b"", STORE_PDU + 3 * pdu(item(1, 0, bytes(100)))):
        found = every_cut(before + pdu(item(1, 0, bytes(300))), max_length=200)
        assert found.error == (
            len(before),
            None,
            "a P-DATA-TF PDU of length 306; the Maximum Length is 200 (PS3.8 D.1)",
        )


def test_the_type_missing() -> None:
    """Without Command Data Set Type, what comes decides; a message that never has a Data Set is not kept waiting."""
    assembler = Assembler()
    assert len(list(assembler.feed(pdu(item(1, 3, without_type(ECHO)))))) == 1
    assert list(assembler.feed(pdu(item(1, 3, without_type(FIND_RSP))))) == []
    (bare,) = assembler.feed(pdu(item(3, 1, ECHO[:8])))
    assert (bare.data_set, bare.command, bare.context_id) == (None, without_type(FIND_RSP), 1)
    (echo,) = assembler.feed(pdu(item(3, 3, ECHO[8:])))
    assert echo.context_id == 3
    assert list(assembler.feed(pdu(item(1, 3, without_type(FIND_RSP)), item(1, 0, b"da")))) == []
    (full,) = assembler.feed(pdu(item(1, 2, b"ta")))
    assert full.data_set == b"data"
    assert list(assembler.feed(pdu(item(1, 3, without_type(FIND_RSP))))) == []
    assert [message.data_set for message in assembler.close()] == [None]


def test_an_error_comes_behind_the_messages() -> None:
    """Messages that were complete before the fault are given first; then it is raised, by every later call too."""
    assembler = Assembler()
    messages = assembler.feed(ECHO_PDU + ECHO_PDU + pdu(kind=1) + ECHO_PDU)
    assert [next(messages).command, next(messages).command] == [ECHO, ECHO]
    with pytest.raises(FragmentError, match="A-ASSOCIATE-RQ"):
        next(messages)
    for _ in range(2):
        with pytest.raises(FragmentError, match="nothing is read after an error: a PDU of type 01H") as raised:
            assembler.feed(ECHO_PDU)
        assert raised.value.offset == 2 * len(ECHO_PDU)
    with pytest.raises(FragmentError, match="nothing is read after an error"):
        assembler.feed_pdv(PDV(1, True, True, ECHO))
    assert list(assembler.close()) == []


def test_closed() -> None:
    """After the end of the stream nothing is read."""
    assembler = Assembler()
    assert list(assembler.close()) == []
    with pytest.raises(FragmentError, match="the stream was closed"):
        assembler.feed(b"")


def test_what_is_fed_is_bytes() -> None:
    """Text is a mistake of the caller's, not the peer's, and stops nothing."""
    assembler = Assembler()
    with pytest.raises(TypeError, match="bytes-like, got str"):
        assembler.feed("text")  # type: ignore[arg-type]
    assert len(list(assembler.feed(memoryview(ECHO_PDU)))) == 1


def test_pdvs_by_themselves() -> None:
    """PDVs may come one by one, with anomalies and errors as in a stream, and not in the middle of a PDU."""
    assembler = Assembler()
    (message,) = assembler.feed_pdv(PDV.of(2, b"\xff" + ECHO))
    assert [anomaly.rule for anomaly in message.anomalies] == ["PDV.CONTEXT_ID", "PDV.CONTROL"]
    with pytest.raises(FragmentError, match="the PDV is empty"):
        PDV.of(1, b"")
    assembler.feed(ECHO_PDU[:20])
    with pytest.raises(FragmentError, match="while a PDU is unfinished"):
        assembler.feed_pdv(PDV(1, True, True, ECHO))
    with pytest.raises(FragmentError) as raised:
        Assembler().feed_pdv(PDV(1, False, True, b"data"))
    assert isinstance(raised.value, DecodeError)


def test_another_decoder() -> None:
    """A decoder of the caller's reads the Command Sets; its DecodeError is one of the stream, with the tag."""

    def none(data: bytes, data_set: bytes | None = None) -> Any:
        raise DecodeError(3, 0x0000_0100, "not today")

    with pytest.raises(FragmentError, match="3 bytes from its start: not today") as raised:
        Assembler(none).feed(ECHO_PDU)
    assert (raised.value.offset, raised.value.tag) == (6, 0x0000_0100)
    assert isinstance(raised.value.__cause__, DecodeError)
    assert [m.primitive for m in Assembler(lambda data, *_: decode(data)).feed(ECHO_PDU)] == [decode(ECHO)]


# Sinks

BIG = bytes(range(256)) * 64
BIG_STREAM = b"".join(one.encode() for one in to_pdus(STORE, BIG, context_id=1, max_length=6000))


def one(stream: bytes, sink: Any, cuts: Iterable[int] = ()) -> Assembled:
    """The one message of a stream, its Data Set given to a sink."""
    assembler = Assembler(sink=lambda _: sink)
    (message,) = [message for piece in pieces(stream, cuts) for message in assembler.feed(piece)]
    return message


@pytest.mark.parametrize("cuts", [(), range(len(BIG_STREAM)), range(0, len(BIG_STREAM), 1460)], ids=len)
def test_sinks_take_the_data_set(cuts: Iterable[int]) -> None:
    """Each sink has the whole Data Set, in whatever pieces it came."""
    collected = one(BIG_STREAM, Collect(), cuts)
    assert isinstance(collected.primitive, C_STORE)
    assert collected.primitive.DataSet is not None
    assert collected.data_set == collected.primitive.DataSet.getvalue() == BIG
    assert b"".join(one(BIG_STREAM, Views(), cuts).data_set) == BIG
    streamed: list[bytes] = []
    assert one(BIG_STREAM, Stream(lambda piece: streamed.append(bytes(piece))), cuts).data_set == len(BIG)
    assert b"".join(streamed) == BIG
    assert one(BIG_STREAM, Drop(), cuts).data_set == len(BIG)
    for size in (0, 1, len(BIG) - 1, len(BIG), 1 << 20):
        with one(BIG_STREAM, Spool(size), cuts).data_set as file:
            assert file._rolled is (size < len(BIG))
            assert file.read() == BIG


def test_views_are_of_what_was_fed() -> None:
    """Whole PDUs are not copied: the pieces are views of the buffer that was fed, in it at their place."""
    data = one(BIG_STREAM, Views()).data_set
    assert [len(view) for view in data] == [5994, 5994, 4396]
    assert all(view.obj is data[0].obj for view in data)
    assert data[0].obj is BIG_STREAM


def test_small_views_are_copied_together() -> None:
    """A Data Set that came byte by byte is a view of one buffer, not thousands of views."""
    (view,) = one(BIG_STREAM[:-10000] + BIG_STREAM[-10000:], Views(), range(len(BIG_STREAM))).data_set
    assert view == BIG
    mixed = [bytes(SMALL), b"ab", b"cd", bytes(SMALL), b"ef"]
    sink = Views()
    for piece in mixed:
        sink.write(memoryview(piece))
    assert [bytes(view) for view in sink.finish()] == [mixed[0], b"abcd", mixed[0], b"ef"]


def test_the_sink_is_chosen_by_the_primitive() -> None:
    """The function sees the primitive, before the Data Set, and is asked only where a Data Set comes."""
    asked: list[Any] = []

    def choose(primitive: Any) -> Any:
        asked.append(primitive)
        return Drop() if isinstance(primitive, C_STORE) else Collect()

    find = b"".join(one.encode() for one in to_pdus(FIND_RSP, b"find", context_id=1, max_length=0))
    messages = list(Assembler(sink=choose).feed(ECHO_PDU + BIG_STREAM + find + ECHO_PDU))
    assert [message.data_set for message in messages] == [None, len(BIG), b"find", None]
    assert [primitive.msg_type for primitive in asked] == ["C-STORE", "C-FIND"]
    assert type(messages[0].primitive) is C_ECHO


def test_an_empty_data_set_is_one() -> None:
    """A Data Set without a byte is there, and not absent; the last of its fragments may be empty, as any other."""
    assert one(STORE_PDU + pdu(item(1, 2, b"")), Collect()).data_set == b""
    assert one(STORE_PDU + pdu(item(1, 2, b"")), Views()).data_set == []
    assert (
        one(STORE_PDU + pdu(item(1, 0, b""), item(1, 0, b"data")) + pdu(item(1, 2, b"")), Collect()).data_set == b"data"
    )


@pytest.mark.parametrize(
    "sink", [Collect(), Views(), Spool(1), Stream(len), Drop()], ids=lambda sink: type(sink).__name__
)
def test_what_fails_is_discarded(sink: Any) -> None:
    """Where the stream goes wrong within a Data Set, its sink lets go of what it has; a temporary file is closed."""
    discarded = []
    discard = sink.discard
    sink.discard = lambda: discarded.append(discard())
    assembler = Assembler(sink=lambda _: sink)
    assembler.feed(STORE_PDU + pdu(item(1, 0, b"data")))
    with pytest.raises(FragmentError, match="the stream ends"):
        assembler.close()
    assert discarded == [None]
    assert not isinstance(sink, Spool) or sink._file.closed
    assert not isinstance(sink, Collect) or sink._held.closed


def test_an_error_of_a_callback_is_its_own() -> None:
    """An exception of a sink comes out as it is, behind what was complete; later calls say what happened."""

    def full(piece: memoryview) -> None:
        raise OSError("no space left")

    assembler = Assembler(sink=lambda _: Stream(full))
    messages = assembler.feed(ECHO_PDU + BIG_STREAM)
    assert next(messages).command == ECHO
    with pytest.raises(OSError, match="no space left"):
        next(messages)
    with pytest.raises(FragmentError, match="nothing is read after an error, OSError: no space left"):
        assembler.feed(b"")


def test_nothing_holds_the_buffer() -> None:
    """A buffer may be used again once `feed` is back, unless views were asked for: not even an error refers to it."""
    buffer = bytearray(BIG_STREAM)
    for sink in (Collect(), Spool(), Drop()):
        taken = one(buffer, sink).data_set  # type: ignore[arg-type]
        assert not isinstance(sink, Spool) or taken.close() is None
        buffer.append(0)  # a BufferError, if there were views of it
        buffer.pop()
    assembler = Assembler()
    bad = bytearray(pdu(kind=7))
    with pytest.raises(FragmentError):
        assembler.feed(bad)
    bad.append(0)


# Memory

SIZE = (2048 if os.environ.get("DIMSE_LARGE") else 64) * MIB


@pytest.mark.parametrize("sink", [Drop, lambda: Stream(len)], ids=["drop", "stream"])
def test_memory_is_flat_when_assembling(sink: Any) -> None:
    """A Data Set of 64 MiB (2 GiB where DIMSE_LARGE is set) passes through one buffer, in less than 1 MiB beside it."""
    buffer = bytearray(pdu(item(1, 0, bytes(MIB))))
    assembler = Assembler(sink=lambda _: sink())
    assembler.feed(STORE_PDU)
    tracemalloc.start()
    for _ in range(SIZE // MIB):
        assembler.feed(buffer)
    (message,) = assembler.feed(pdu(item(1, 2, b"")))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert message.data_set == SIZE
    assert peak < MIB


class Zeros(io.RawIOBase):
    """A file of zeros that is nowhere."""

    left = SIZE

    def read(self, size: int = -1, /) -> bytes:
        size = min(size, self.left)
        self.left -= size
        return bytes(size)


def test_memory_is_flat_when_fragmenting() -> None:
    """A file of that size is cut with few fragments in memory at a time, whatever the Maximum Length."""
    for max_length in (131072, 0):
        tracemalloc.start()
        count = 0
        for one in to_pdus(STORE, Zeros(), context_id=1, max_length=max_length):  # type: ignore[arg-type]
            count += len(one.pdvs[0].data)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert count == SIZE + len(STORE)
        assert peak < 6 * MIB


@pytest.mark.parametrize(
    ("fragment", "options"),
    [
        (item(1, 0, b""), {}),
        (item(1, 0, b"x"), {"sink": lambda _: Views()}),
        (item(1, 0, b"xy"), {}),
        (item(1, 1, b""), {}),
        (item(2, 0xFC, b"x"), {"sink": lambda _: Drop()}),
    ],
    ids=["empty", "one byte, views", "two bytes, collected", "empty command", "odd in every way, dropped"],
)
def test_memory_is_bounded_by_what_was_fed(fragment: bytes, options: Any) -> None:
    """Fragments as small and many as can be take no more memory than their bytes did on the wire."""
    stream = pdu(*[fragment] * (MIB // len(fragment)))
    first = b"" if fragment[5] & 1 else pdu(item(fragment[4], 3, STORE))
    assembler = Assembler(**options)
    assembler.feed(first)
    tracemalloc.start()
    assembler.feed(stream)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MIB


def test_pdus_are_frozen() -> None:
    """PDVs, PDUs and messages cannot be changed."""
    for held, name in ((PDV(1, True, True, b""), "data"), (PDataTF(()), "pdvs"), (one(BIG_STREAM, Drop()), "command")):
        with pytest.raises(AttributeError):
            setattr(held, name, None)
