"""Two ends that cost nearly nothing: recorded bytes over a socket, to measure what lies between them."""

from __future__ import annotations

import multiprocessing
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

from attrs import frozen

from dimse import C_ECHO_RQ, C_STORE_RQ, Message, to_pdus
from interop.pcap import RELEASE_RP, RELEASE_RQ, associate

HOST = "127.0.0.1"
VERIFICATION, CT = "1.2.840.10008.1.1", "1.2.840.10008.5.1.4.1.1.2"
CONTEXTS = {1: VERIFICATION, 3: CT}
LENGTH = 1 << 20
_spawn = multiprocessing.get_context("spawn")


@frozen
class Exchange:
    """A request and its response as they travel."""

    request: bytes
    response: bytes


def _pdus(message: Message, context_id: int, data_set: bytes | None = None) -> bytes:
    pdus = to_pdus(message.encode(), data_set, context_id=context_id, max_length=1 << 16)
    return b"".join(pdu.encode() for pdu in pdus)


def echo() -> Exchange:
    """A C-ECHO."""
    message = C_ECHO_RQ(MessageID=1, AffectedSOPClassUID=VERIFICATION)
    return Exchange(_pdus(message, 1), _pdus(message.respond(Status=0), 1))


def store() -> Exchange:
    """A C-STORE of a MiB."""
    data = bytes(LENGTH)
    message = C_STORE_RQ(MessageID=1, AffectedSOPClassUID=CT, AffectedSOPInstanceUID="1.2.3", Priority=0, DataSet=data)
    return Exchange(_pdus(message, 3, data), _pdus(message.respond(Status=0), 3))


def _take(end: socket.socket, size: int) -> None:
    while size:
        size -= len(end.recv(min(size, 1 << 18)))


def _serve(pipe: Connection) -> None:
    """Answer one connection after the other, each as it is told through the pipe."""
    exchanges = {len(each.request): each for each in (echo(), store())}
    request, accept = associate(1, CONTEXTS), associate(2, CONTEXTS)
    with socket.create_server((HOST, 0)) as server:
        pipe.send(server.getsockname()[1])
        while True:
            size, times = pipe.recv()
            end, _ = server.accept()
            with end:
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                _take(end, len(request))
                end.sendall(accept)
                for _ in range(times):
                    _take(end, size)
                    end.sendall(exchanges[size].response)
                _take(end, len(RELEASE_RQ))
                end.sendall(RELEASE_RP)


class Server:
    """An SCP in a process of its own."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.port: int = pipe.recv()

    def exchange(self, port: int, what: Exchange, times: int) -> list[float]:
        """The seconds that each exchange took, through whatever is at the port."""
        self._pipe.send((len(what.request), times))
        with socket.create_connection((HOST, port)) as end:
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            end.sendall(associate(1, CONTEXTS))
            _take(end, len(associate(2, CONTEXTS)))
            seconds = []
            for _ in range(times):
                begun = time.perf_counter()
                end.sendall(what.request)
                _take(end, len(what.response))
                seconds.append(time.perf_counter() - begun)
            end.sendall(RELEASE_RQ)
            _take(end, len(RELEASE_RP))
        return seconds


@contextmanager
def serving() -> Iterator[Server]:
    """A server, ended with the context."""
    ours, theirs = _spawn.Pipe()
    process = _spawn.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield Server(ours)
    finally:
        process.kill()
        process.join()
