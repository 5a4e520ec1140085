"""A tap between programs of a test: in this process, to look into it, or as people run it."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from attrs import Factory, define

from dimse.capture import Event, Follower, Packet, packets
from dimse.capture.connection import Connection, End
from dimse.capture.frames import segment_of
from dimse.cli.recorder import Recorder
from dimse.cli.relay import Address, Relay
from dimse.cli.reports.report import Summary
from test_capture import ANSWER, ASK, RELEASE_RP, RELEASE_RQ, associate

HOST = "127.0.0.1"
PATIENCE = 60.0
SCRIPT = Path(sys.executable).parent / "dimse"
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
# An Association with a C-ECHO: who says what.
ECHO: list[tuple[End, bytes]] = [
    (0, associate(1)),
    (1, associate(2)),
    (0, ASK),
    (1, ANSWER),
    (0, RELEASE_RQ),
    (1, RELEASE_RP),
]
NO_LINGERING = struct.pack("ii", 1, 0)


@define
class Notes:
    """A report that is kept; while `gate` is clear it takes nothing more."""

    events: list[Event] = Factory(list)
    reasons: list[str] = Factory(list)
    gate: threading.Event = Factory(threading.Event)
    summary: Summary | None = None

    def __attrs_post_init__(self) -> None:
        self.gate.set()

    def begin(self, path: str) -> None:
        self.gate.wait(PATIENCE)

    def event(self, event: Event, first: int) -> None:
        self.events.append(event)

    def unread(self, path: str, reason: str) -> None:
        self.reasons.append(reason)

    def end(self, summary: Summary) -> None:
        self.summary = summary


@define
class Tap:
    """A tap in this process: the port at which it is found, and its parts."""

    port: int
    relay: Relay[Any]
    recorder: Recorder
    notes: Notes
    path: Path


@asynccontextmanager
async def tapped(path: Path, to: int, notes: Notes | None = None, most: int = 256) -> AsyncIterator[Tap]:
    """A tap before a port, that writes a capture."""
    loop = asyncio.get_running_loop()
    notes = notes or Notes()
    recorder = Recorder(
        notes, "tap", str(path), {}, keep=0, caught_up=lambda: loop.call_soon_threadsafe(tap.relay.go_on)
    )
    relay = Relay(recorder, most)
    (found,) = await relay.listen(Address(HOST, 0), Address(HOST, to))
    tap = Tap(found.port, relay, recorder, notes, path)
    with recorder:
        try:
            yield tap
        finally:
            await relay.close()
            notes.gate.set()


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[int]:
    """A server on a free port; an error of its handler is one of the test."""
    errors: list[BaseException] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        except Exception as error:
            errors.append(error)
        finally:
            writer.close()

    server = await asyncio.start_server(handle, HOST, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
    assert errors == []


def run(coroutine: Any) -> Any:
    """Run a coroutine, for so long and no longer."""
    return asyncio.run(asyncio.wait_for(coroutine, PATIENCE))


def break_off(writer: asyncio.StreamWriter) -> None:
    """Reset a connection."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGERING)
    writer.transport.abort()


def captured(path: Path) -> list[Packet]:
    """The packets of a capture."""
    return list(packets([path.read_bytes()]))


def streams(given: Sequence[Packet]) -> list[list[tuple[End, bytes]]]:
    """The connections of a capture: what their sides said, in order; the one that opened it is 0."""
    found: dict[frozenset[Any], tuple[Any, Connection, list[tuple[End, bytes]]]] = {}
    for packet in given:
        segment = segment_of(packet)
        assert segment is not None
        key = frozenset((segment.source, segment.destination))
        client, connection, said = found.setdefault(key, (segment.source, Connection(), []))
        for piece in connection.feed(0 if segment.source == client else 1, segment, packet.number, packet.time):
            assert not piece.missing
            said.append((piece.end, piece.data))
    return [said for _, _, said in found.values()]


def of(end: End, said: list[tuple[End, bytes]]) -> bytes:
    """What one side said."""
    return b"".join(data for each, data in said if each == end)


async def play(port: int, said: list[tuple[End, bytes]], server: asyncio.Queue[Any]) -> None:
    """Say what two sides said, each piece once the one before it has arrived."""
    client = await asyncio.open_connection(HOST, port)
    ends = client, await server.get()
    for end, data in said:
        ends[end][1].write(data)
        assert await ends[1 - end][0].readexactly(len(data)) == data
    for _, writer in ends:
        writer.close()


@asynccontextmanager
async def accepting() -> AsyncIterator[tuple[int, asyncio.Queue[Any]]]:
    """A server that hands on its connections."""
    taken: asyncio.Queue[Any] = asyncio.Queue()
    server = await asyncio.start_server(lambda *pair: taken.put_nowait(pair), HOST, 0)
    try:
        yield server.sockets[0].getsockname()[1], taken
    finally:
        server.close()


@define
class Process:
    """A tap as people run it: where it listens, and, once it has ended, what it wrote."""

    ports: list[int]
    process: subprocess.Popen[str]
    notices: list[str]
    output: str = ""

    def end(self, number: int = signal.SIGTERM) -> int:
        """End it with a signal; its exit code."""
        self.process.send_signal(number)
        self.output, rest = self.process.communicate(timeout=PATIENCE)
        self.notices += rest.splitlines()
        return self.process.returncode


@contextmanager
def running(
    *options: object, routes: int = 1, stdout: Any = subprocess.PIPE, measured: bool = True, **popen: Any
) -> Iterator[Process]:
    """`dimse tap` in a process of its own, once it listens; what it writes is to be little, or to go to a file.

    One that cannot write to its end is not measured by `make coverage`, which could not read what it left.
    """
    command = [str(SCRIPT), "tap", *(str(each) for each in options)]
    inherited = {name: value for name, value in os.environ.items() if measured or not name.startswith("COV")}
    environment = {**inherited, "LC_ALL": "C"}
    process = subprocess.Popen(command, stdout=stdout, stderr=subprocess.PIPE, text=True, env=environment, **popen)
    try:
        assert process.stderr is not None
        lines = [process.stderr.readline() for _ in range(routes)]
        ports = [int(match[1]) for line in lines if (match := re.search(r"listening on \S+:(\d+), for", line))]
        assert len(ports) == routes, "".join(lines) + process.stderr.read()
        yield Process(ports, process, lines)
    finally:
        process.kill()
        process.communicate()


def verdicts(path: Path) -> list[Event]:
    """What a capture says, when it is read anew."""
    return list(Follower().follow(captured(path)))
