"""The least relay that asyncio makes: what `dimse tap` would cost if it did not look. Prints its port."""

from __future__ import annotations

import asyncio
import sys


class Half(asyncio.Protocol):
    """One side of a connection; `to` is set for the side that opened it."""

    def __init__(self, to: int = 0, other: Half | None = None) -> None:
        self.to = to
        self.other = other
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connect on."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        if self.other is None:
            transport.pause_reading()
            self.task = asyncio.create_task(self._connect())

    async def _connect(self) -> None:
        _, self.other = await asyncio.get_running_loop().create_connection(
            lambda: Half(other=self), "127.0.0.1", self.to
        )
        self.transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        """Pass on."""
        assert self.other is not None
        self.other.transport.write(data)

    def pause_writing(self) -> None:
        """Wait."""
        assert self.other is not None
        self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on."""
        assert self.other is not None
        self.other.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """Close the other."""
        if self.other is not None:
            self.other.transport.close()


async def relay(to: int) -> None:
    """Relay for ever."""
    server = await asyncio.get_running_loop().create_server(lambda: Half(to), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(relay(int(sys.argv[1])))
