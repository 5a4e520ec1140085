"""A relay between TCP connections: what one side sends goes to the other unchanged, its end and its violence too.

Knows nothing of DICOM. A witness is told what went through once it is on its way; where the witness has fallen behind,
nothing more is taken from the peers for a while, and never for longer than `LONGEST_STALL`.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from ipaddress import ip_address
from typing import Generic, NamedTuple, Protocol, TypeVar

from dimse.capture.connection import End
from dimse.capture.frames import Endpoint

# For so long a witness that is behind may keep traffic waiting, seconds; then it goes on unwitnessed.
LONGEST_STALL = 1.0
CONNECTING = 30.0
_NO_LINGERING = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
L = TypeVar("L")


class Address(NamedTuple):
    """A host, by name or number, and a port; printed as people write it."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Witness(Protocol[L]):
    """Who is told what goes through. Nothing of it may block or raise; `L` is what it knows a connection by."""

    @property
    def is_behind(self) -> bool:
        """Whether to wait until it calls `Relay.go_on`."""
        ...

    def begin(self, client: Endpoint, server: Endpoint) -> L:
        """A connection was taken."""
        ...

    def say(self, line: L, end: End, data: bytes) -> None:
        """One side sent bytes."""

    def close(self, line: L, end: End) -> None:
        """One side sends nothing more."""

    def reset(self, line: L, end: End) -> None:
        """One side broke the connection off, or was never reached."""

    def miss(self, reason: str) -> None:
        """A connection could not be relayed."""


class Relay(Generic[L]):
    """Connections taken at some addresses and passed on to others.

    Args:
        witness: is told what goes through.
        most: how many connections there may be at once; more are broken off.
    """

    def __init__(self, witness: Witness[L], most: int) -> None:
        self.witness = witness
        self._most = most
        self._servers: list[asyncio.Server] = []
        self._crossings: set[_Crossing[L]] = set()
        self._held: set[_Side[L]] = set()
        self._patience: asyncio.TimerHandle | None = None
        self._is_impatient = False

    async def listen(self, address: Address, to: Address) -> list[Address]:
        """Begin to relay; gives where it listens.

        Raises:
            OSError: it cannot listen there.
        """
        server = await asyncio.get_running_loop().create_server(lambda: _Crossing(self, to).sides[0], *address)
        self._servers.append(server)
        return [Address(*each.getsockname()[:2]) for each in server.sockets]

    async def close(self) -> None:
        """Take no more connections, and break off those that there are."""
        for server in self._servers:
            server.close()
        for crossing in list(self._crossings):
            crossing.break_off()
        while self._crossings:
            await asyncio.sleep(0)  # each is gone when the loop has told it that its sockets are
        if self._patience is not None:
            self._patience.cancel()

    def go_on(self) -> None:
        """The witness has caught up."""
        self._is_impatient = False
        self._release()

    def pace(self, side: _Side[L]) -> None:
        """Take nothing more from a side while the witness is behind, unless that has lasted too long."""
        if self._is_impatient or not self.witness.is_behind:
            return
        side.hold("witness")
        self._held.add(side)
        if self._patience is None:
            self._patience = asyncio.get_running_loop().call_later(LONGEST_STALL, self._lose_patience)

    def _lose_patience(self) -> None:
        self._is_impatient = True
        self._release()

    def _release(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        held, self._held = self._held, set()
        for side in held:
            side.release("witness")

    def admit(self, crossing: _Crossing[L]) -> bool:
        """Whether there is room for one more."""
        self._crossings.add(crossing)
        return len(self._crossings) <= self._most

    def forget(self, crossing: _Crossing[L]) -> None:
        """A connection is gone."""
        self._crossings.discard(crossing)


class _Crossing(Generic[L]):
    """A connection through the relay: the side that opened it and the side it is for."""

    line: L

    def __init__(self, relay: Relay[L], to: Address) -> None:
        self.relay = relay
        self.sides = _Side(self, 0), _Side(self, 1)
        self.is_over = False
        self._to = to
        self._connecting: asyncio.Task[None] | None = None

    def begin(self, transport: asyncio.Transport) -> None:
        """The client is there."""
        client, server = (_endpoint(transport, name) for name in ("peername", "sockname"))
        if not self.relay.admit(self):
            self.relay.witness.miss(f"the connection of {client} was broken off: there are too many at once")
            self.break_off()
            return
        self.line = self.relay.witness.begin(client, server)
        # Not at once: asyncio of Python 3.11.2 begins to read behind this call, whatever is said in it.
        asyncio.get_running_loop().call_soon(self.sides[0].hold, "server")
        self._connecting = asyncio.create_task(self._connect(client))

    async def _connect(self, client: Endpoint) -> None:
        loop = asyncio.get_running_loop()
        try:
            await asyncio.wait_for(loop.create_connection(lambda: self.sides[1], *self._to), CONNECTING)
        except (OSError, UnicodeError) as error:  # the latter for names that are none
            reason = _reason(error)
            self.relay.witness.miss(f"the connection of {client} did not get to {self._to}: {reason}")
            self.relay.witness.reset(self.line, 1)
            self.break_off()
        self._connecting = None
        self.sides[0].release("server")

    def end(self) -> None:
        """Both sides have sent their last."""
        self.is_over = True
        for side in self.sides:
            side.transport.close()

    def break_off(self) -> None:
        """Reset both sides; what was still to be sent is dropped, as TCP does."""
        self.is_over = True
        if self._connecting is not None and self._connecting is not asyncio.current_task():
            self._connecting.cancel()
        for side in self.sides:
            side.reset()

    def lost(self) -> None:
        """A side is gone."""
        if all(side.is_gone for side in self.sides):
            self.relay.forget(self)


class _Side(asyncio.Protocol, Generic[L]):
    """One side of a connection through the relay."""

    transport: asyncio.Transport

    def __init__(self, crossing: _Crossing[L], end: End) -> None:
        self._crossing = crossing
        self._end: End = end
        self._waits_for: set[str] = set()
        self._has_ended = False
        self.is_gone = True

    @property
    def _other(self) -> _Side[L]:
        return self._crossing.sides[1 - self._end]

    def hold(self, reason: str) -> None:
        """Take nothing from it for a while."""
        self._waits_for.add(reason)
        self.transport.pause_reading()

    def release(self, reason: str) -> None:
        """Take from it again, unless there are other reasons not to."""
        self._waits_for.discard(reason)
        if not self._waits_for and not self._has_ended:
            self.transport.resume_reading()

    def reset(self) -> None:
        """Break its connection off, so that the peer is told by RST."""
        if not self.is_gone:
            own: socket.socket = self.transport.get_extra_info("socket")
            own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGERING)
            self.transport.abort()

    # what asyncio tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.is_gone = transport, False
        own: socket.socket = transport.get_extra_info("socket")
        own.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if self._end == 0:
            self._crossing.begin(transport)

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        crossing = self._crossing
        self._other.transport.write(data)
        crossing.relay.witness.say(crossing.line, self._end, data)
        crossing.relay.pace(self)

    def eof_received(self) -> bool:
        """See `asyncio.Protocol`."""
        crossing = self._crossing
        crossing.relay.witness.close(crossing.line, self._end)
        self._has_ended = True
        try:
            self._other.transport.write_eof()
        except OSError:
            return True  # the other has just gone, and is told of next
        if self._other._has_ended:
            crossing.end()
        return True

    def pause_writing(self) -> None:
        """See `asyncio.BaseProtocol`."""
        self._other.hold("peer")

    def resume_writing(self) -> None:
        """See `asyncio.BaseProtocol`."""
        self._other.release("peer")

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.BaseProtocol`."""
        crossing = self._crossing
        self.is_gone = True
        if not crossing.is_over:
            crossing.relay.witness.reset(crossing.line, self._end)
            crossing.break_off()
        crossing.lost()


def _reason(error: Exception) -> str:
    number = error.errno if isinstance(error, OSError) else None
    if number is not None and number > 0:  # those of name resolution are below, and have no text there
        return os.strerror(number)
    return str(error) or f"no answer within {CONNECTING:.0f} seconds"


def _endpoint(transport: asyncio.Transport, name: str) -> Endpoint:
    host, port = transport.get_extra_info(name)[:2]
    return Endpoint(ip_address(host.partition("%")[0]).packed, port)
