"""Sinks by themselves: each takes any pieces, gives what it promises, and lets go of everything."""

from __future__ import annotations

import gc
import hashlib
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dimse import C_STORE_RQ, Assembler, Collect, Drop, FragmentError, Sink, Spool, Stream, Views, decode, to_pdus
from dimse.sink import SMALL

MIB = 1 << 20
STORE = C_STORE_RQ(
    MessageID=7,
    AffectedSOPClassUID="1.2.840.10008.5.1.4.1.1.2",
    AffectedSOPInstanceUID="1.2.3",
    Priority=0,
    DataSet=b"",
).encode()
DATA = bytes(range(256)) * 40
STREAM = b"".join(pdu.encode() for pdu in to_pdus(STORE, DATA, context_id=1, max_length=1000))
KINDS: dict[str, Callable[[], Sink]] = {
    "Collect": Collect,
    "Views": Views,
    "Spool in memory": Spool,
    "Spool in a file": lambda: Spool(1),
    "Stream": lambda: Stream(len),
    "Drop": Drop,
}
each = pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)
needs_descriptors = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are not to be seen")


def written(sink: Any, *pieces: bytes) -> Any:
    """The sink, once it has taken the pieces."""
    for piece in pieces:
        sink.write(memoryview(piece))
    return sink


def content(made: Any) -> bytes | int:
    """What stands for a Data Set, as bytes; a number of bytes as it is."""
    if isinstance(made, list):
        return b"".join(made)
    if hasattr(made, "read"):
        with made:
            return bytes(made.read())
    assert isinstance(made, bytes | int)
    return made


def open_files() -> set[str]:
    """What this process has open under a path that has been removed: temporary files without a name."""
    found = set()
    for entry in os.listdir("/proc/self/fd"):
        try:
            found.add(os.readlink(f"/proc/self/fd/{entry}"))
        except OSError:  # the descriptor of the listing itself
            continue
    return {path for path in found if path.endswith("(deleted)")}


@each
@given(pieces=st.lists(st.binary(min_size=1, max_size=20) | st.sampled_from([bytes(SMALL - 1), bytes(SMALL)])))
def test_all_that_is_written_is_there(make: Callable[[], Sink], pieces: list[bytes]) -> None:
    """Pieces of any size, or none at all, are in what stands for the Data Set, in order; or are counted."""
    whole = b"".join(pieces)
    made = content(written(make(), *pieces).finish())
    assert made == (len(whole) if isinstance(made, int) else whole)


@each
def test_nothing_is_left_of_what_is_discarded(make: Callable[[], Sink]) -> None:
    """A sink discarded, before anything came too, has neither the memory nor the buffers."""
    make().discard()
    sink = make()
    buffer = bytearray(2 * SMALL)
    sink.write(memoryview(buffer))
    sink.discard()
    buffer.append(0)  # a BufferError, if there were views of it
    tracemalloc.start()
    sink = make()
    for _ in range(16):
        sink.write(memoryview(bytes(MIB // 16)))
    sink.discard()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < MIB // 8


def test_collected_bytes_are_not_copied_twice() -> None:
    """The one `bytes` is what was collected, handed over: at no time are there two of it."""
    piece = memoryview(bytes(MIB))
    tracemalloc.start()
    sink = Collect()
    for _ in range(16):
        sink.write(piece)
    made = sink.finish()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(made) == 16 * MIB
    assert peak < 24 * MIB


def test_views_keep_their_buffers() -> None:
    """The views are good when the buffer is held by nobody else, and forbid its change while they are there."""
    buffer = bytearray(DATA)
    views = written(Views(), buffer).finish()
    with pytest.raises(BufferError):
        buffer.append(0)
    del buffer
    gc.collect()
    assert b"".join(views) == DATA


@pytest.mark.parametrize(
    ("max_size", "size", "rolled"),
    [(0, 0, False), (0, 1, False), (0, 2, True), (1, 1, False), (1, 2, True), (100, 100, False), (100, 101, True)],
)
def test_spooled_beyond_a_size(max_size: int, size: int, rolled: bool) -> None:
    """As many bytes as said stay in memory, and one more goes to a file with all before it; with 0, one may stay."""
    sink = written(Spool(max_size), *[b"x"] * size)
    with sink.finish() as file:
        assert file._rolled is rolled
        assert (file.tell(), file.read()) == (0, b"x" * size)


def test_spooled_where_it_is_said(tmp_path: Path) -> None:
    """The file is made in the directory given; where there is none, a Data Set that needs it fails, and no other."""
    with written(Spool(1, str(tmp_path)), DATA).finish() as file:
        assert file.read() == DATA
    assert list(tmp_path.iterdir()) == []
    sink = written(Spool(100, str(tmp_path / "missing")), b"small")
    with pytest.raises(FileNotFoundError):
        sink.write(memoryview(DATA))
    sink.discard()


@needs_descriptors
def test_temporary_files_are_gone(tmp_path: Path) -> None:
    """A file has no name to be left behind; it is closed with what was made of it, or when it is discarded."""
    before = open_files()
    sink = written(Spool(1, str(tmp_path)), DATA)
    assert len(open_files() - before) == 1
    assert list(tmp_path.iterdir()) == []
    sink.discard()
    assert open_files() == before
    made = written(Spool(1, str(tmp_path)), DATA).finish()
    assert len(open_files() - before) == 1
    made.close()
    assert open_files() == before


class Failing(Spool):
    """A spool that fails beyond a number of bytes, or when it is to be read."""

    def __init__(self, directory: Path, error: BaseException, most: int) -> None:
        super().__init__(1, str(directory))
        self._error, self._most = error, most
        self._spool = self.write
        self.write = self.write_some  # type: ignore[assignment]

    def write_some(self, data: memoryview, /) -> int:
        """Take the next bytes, up to the number."""
        if self._file.tell() + len(data) > self._most:
            raise self._error
        return self._spool(data)

    def finish(self) -> Any:
        """Never the file."""
        raise self._error


FIRST, REST = STREAM[:3000], STREAM[3000:]
ABORT = bytes.fromhex("0700 00000004 00000000")
LAST_PDU = STREAM.rindex(b"\4\0\0\0")


@needs_descriptors
@pytest.mark.parametrize(
    ("rest", "error"),
    [(b"", "the stream ends"), (STREAM[3000:LAST_PDU] + ABORT, "A-ABORT"), (REST, "more than 8000 bytes")],
    ids=["the end", "another PDU", "the limit"],
)
def test_temporary_files_are_gone_after_an_error(rest: bytes, error: str, tmp_path: Path) -> None:
    """Where the stream goes wrong within a Data Set, its temporary file is closed."""
    before = open_files()
    assembler = Assembler(sink=lambda _: Spool(1, str(tmp_path)), max_data_set=8000 if rest == REST else None)
    assembler.feed(FIRST)
    assert len(open_files() - before) == 1
    with pytest.raises(FragmentError, match=error):
        assembler.feed(rest) if rest else assembler.close()
    assert open_files() == before


@needs_descriptors
@pytest.mark.parametrize("most", [5000, len(DATA)], ids=["writing", "finishing"])
@pytest.mark.parametrize("error", [OSError("no space left"), KeyboardInterrupt()], ids=["OSError", "KeyboardInterrupt"])
def test_temporary_files_are_gone_after_their_own_error(error: BaseException, most: int, tmp_path: Path) -> None:
    """Where a file cannot be written or read, it is closed, the exception comes out, and nothing more is read."""
    before = open_files()
    assembler = Assembler(sink=lambda _: Failing(tmp_path, error, most))
    assembler.feed(FIRST)
    assert len(open_files() - before) == 1
    with pytest.raises(type(error)) as raised:
        assembler.feed(REST)
    assert raised.value is error
    assert open_files() == before
    with pytest.raises(FragmentError, match=f"nothing is read after an error, {type(error).__name__}"):
        assembler.feed(b"")
    assert list(assembler.close()) == []


def test_a_callback_that_raises_is_not_called_again() -> None:
    """What a callback raises comes out of `feed` as it is, and the pieces behind it go nowhere."""
    taken: list[int] = []

    def callback(piece: memoryview) -> None:
        taken.append(len(piece))
        if len(taken) == 3:
            raise ValueError("enough")

    assembler = Assembler(sink=lambda _: Stream(callback))
    with pytest.raises(ValueError, match="enough"):
        assembler.feed(STREAM)
    with pytest.raises(FragmentError, match="ValueError: enough"):
        assembler.feed(STREAM)
    assert len(taken) == 3


def test_a_function_that_raises_stops_the_assembler() -> None:
    """What the function that makes sinks raises comes out as it is."""

    def refuse(_: Any) -> Sink:
        raise PermissionError("not this one")

    assembler = Assembler(sink=refuse)
    with pytest.raises(PermissionError, match="not this one"):
        assembler.feed(STREAM)
    with pytest.raises(FragmentError, match="PermissionError: not this one"):
        assembler.feed(b"")


@pytest.mark.parametrize("kind", ["Spool in a file", "Stream", "Drop"])
def test_memory_is_flat(kind: str) -> None:
    """What holds nothing in memory takes 64 MiB in little more than one of the pieces."""
    piece = memoryview(bytes(MIB // 16))
    sink = KINDS[kind]()
    tracemalloc.start()
    for _ in range(64 * 16):
        sink.write(piece)
    made = sink.finish()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    size = made if isinstance(made, int) else made.seek(0, os.SEEK_END)
    if not isinstance(made, int):
        made.close()
    assert size == 64 * MIB
    assert peak < MIB // 4


class Digest:
    """A sink as a user may write one."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self.write = self._digest.update

    def finish(self) -> str:
        """What stands for the Data Set."""
        return self._digest.hexdigest()

    def discard(self) -> None:
        """Nothing is held."""


def test_a_sink_of_the_users() -> None:
    """Anything with the three methods is a sink, and what it finishes with is in the message."""
    (message,) = Assembler(sink=lambda _: Digest()).feed(STREAM)
    assert message.data_set == hashlib.sha256(DATA).hexdigest()
    assert decode(message.command) == message.primitive
