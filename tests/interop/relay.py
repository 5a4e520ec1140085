"""A relay between the two ends of an association: it passes every byte on unchanged, and keeps it.

What arrives is written down before it is passed on, so that the record has causes before their effects, on one
connection and across all of them.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from types import TracebackType

from attrs import define, frozen

from dimse.operation import Side

HOST = "127.0.0.1"
PATIENCE = 60.0  # seconds that anything may take before a test fails


def wait_for(condition: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Return as soon as something holds, and fail where it does not in time."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"not in {patience:.0f} seconds: {what}"
        time.sleep(0.005)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return int(listener.getsockname()[1])


@define(eq=False)
class Connection:
    """A connection that went through a relay: the programs at its ends, and how many directions are still open."""

    programs: dict[Side, str]
    open: int = 2


@frozen(eq=False)
class Sent:
    """Bytes that one end of a connection sent; none where it sent its last."""

    connection: Connection
    side: Side
    data: bytes


class Wire:
    """All relays of a test, and one record of what went over them.

    Attributes:
        record: what was sent, in its order.
        gate: while it is clear, nothing of an acceptor is passed on, and little of it is taken in.
    """

    def __init__(self) -> None:
        self.record: list[Sent] = []
        self.gate = threading.Event()
        self.gate.set()
        self._lock = threading.Lock()
        self._connections: list[Connection] = []
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def relay(self, port: int, requestor: str, acceptor: str, buffer: int = 0) -> int:
        """Begin to relay.

        Args:
            port: where the acceptor listens, now or later.
            requestor: the program that requests associations, as "dcmtk".
            acceptor: the one that listens.
            buffer: most bytes that lie between the acceptor and the gate, about; 0 for as many as the system likes.

        Returns:
            The port at which the requestor finds the relay.
        """
        listener = socket.create_server((HOST, 0))
        self._sockets.append(listener)
        self._start(self._accept, listener, port, requestor, acceptor, buffer)
        return int(listener.getsockname()[1])

    @property
    def so_far(self) -> list[Sent]:
        """The record as it is now, while others write it."""
        with self._lock:
            return list(self.record)

    def settle(self) -> None:
        """Wait until every connection is closed at both ends."""
        wait_for(lambda: not any(each.open for each in self._connections), "all connections are closed")

    def __enter__(self) -> Wire:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in self._sockets:
            shut(each, socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join(PATIENCE)

    def _start(self, run: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=run, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket, port: int, requestor: str, acceptor: str, buffer: int) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return  # closed
            far = socket.socket()
            self._sockets += (near, far)
            if buffer:
                far.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
            try:
                far.connect((HOST, port))
            except OSError:
                near.close()  # nobody listens there: the requestor sees its connection closed
                continue
            connection = Connection({"requestor": requestor, "acceptor": acceptor})
            self._connections.append(connection)
            for end in (near, far):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._start(self._pump, connection, "requestor", near, far, 1 << 16)
            self._start(self._pump, connection, "acceptor", far, near, buffer or 1 << 16)

    def _pump(
        self, connection: Connection, side: Side, source: socket.socket, target: socket.socket, most: int
    ) -> None:
        data = b"any"
        while data:
            try:
                data = source.recv(most)
            except OSError:
                data = b""  # reset: it sends nothing more
            with self._lock:
                self.record.append(Sent(connection, side, data))
            if side == "acceptor":
                self.gate.wait(PATIENCE)
            try:
                target.sendall(data)
            except OSError:
                break  # gone: what comes for it now reaches nobody
        shut(target, socket.SHUT_WR)
        with self._lock:
            connection.open -= 1


def shut(end: socket.socket, how: int) -> None:
    """Shut a connection down, where there still is one."""
    try:
        end.shutdown(how)
    except OSError:
        return
