"""What goes through `dimse tap` arrives unchanged, its end and its violence too, and is told and captured so."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dimse.capture import Ended, Said
from dimse.capture.frames import FIN, RST, SYN, segment_of
from dimse.cli import relay as relaying
from taps import (
    ECHO,
    HOST,
    NO_LINGERING,
    Tap,
    accepting,
    break_off,
    captured,
    of,
    play,
    run,
    running,
    serving,
    streams,
    tapped,
)
from test_capture import NAMES, sidecar, whole

end = st.sampled_from([0, 1])


def flags(tap: Tap) -> list[tuple[int, int]]:
    """The ports from which SYN, FIN and RST came."""
    found = [segment_of(packet) for packet in captured(tap.path)]
    return [(each.source.port, each.flags & (SYN | FIN | RST)) for each in found if each and each.flags & (FIN | RST)]


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say again whatever comes."""
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.lists(st.tuples(end, st.binary(min_size=1, max_size=3000)), max_size=12))
def test_every_byte(said: list[tuple[Any, bytes]], tmp_path: Path) -> None:
    """Bytes of both sides arrive as they were sent, and the capture has them."""

    async def through() -> None:
        async with accepting() as (port, taken), tapped(tmp_path / "tap.pcapng", port) as tap:
            await play(tap.port, said, taken)

    run(through())
    (found,) = streams(captured(tmp_path / "tap.pcapng"))
    assert [of(0, found), of(1, found)] == [of(0, said), of(1, said)]


def test_a_long_stream(tmp_path: Path) -> None:
    """20 MB both ways at once, in whatever pieces."""
    data = bytes(range(251)) * 80_000

    async def through() -> bytes:
        async with serving(echo) as port, tapped(tmp_path / "tap.pcapng", port) as tap:
            reader, writer = await asyncio.open_connection(HOST, tap.port)
            answer = asyncio.create_task(reader.read(-1))
            writer.write(data)
            writer.write_eof()
            found = await answer
            writer.close()
            return found

    assert run(through()) == data
    (found,) = streams(captured(tmp_path / "tap.pcapng"))
    assert of(0, found) == of(1, found) == data


def test_half_closed(tmp_path: Path) -> None:
    """A side that has sent its last is still answered, and the capture has its FIN before the answer."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.read(-1) == b"the last"
        writer.write(b"an answer")

    async def through() -> Tap:
        async with serving(answer) as port, tapped(tmp_path / "tap.pcapng", port) as tap:
            reader, writer = await asyncio.open_connection(HOST, tap.port)
            writer.write(b"the last")
            writer.write_eof()
            assert await reader.read(-1) == b"an answer"
            writer.close()
            return tap

    tap = run(through())
    assert [flag for _, flag in flags(tap)] == [FIN, FIN]
    assert flags(tap)[1][0] == tap.port
    order = [(s.flags & FIN, s.data) for p in captured(tap.path) if (s := segment_of(p)) and (s.flags & FIN or s.data)]
    assert order == [(0, b"the last"), (FIN, b""), (0, b"an answer"), (FIN, b"")]


@pytest.mark.parametrize("by", ["client", "server"])
def test_broken_off(by: str, tmp_path: Path) -> None:
    """A reset is a reset on the other side, after what was sent before it, and the capture has it."""

    async def through() -> tuple[Tap, int]:
        async with accepting() as (port, taken), tapped(tmp_path / "tap.pcapng", port) as tap:
            client = await asyncio.open_connection(HOST, tap.port)
            server = await taken.get()
            own = client[1].get_extra_info("sockname")[1]
            one, other = (client, server) if by == "client" else (server, client)
            one[1].write(b"before")
            assert await other[0].readexactly(6) == b"before"
            break_off(one[1])
            with pytest.raises(ConnectionResetError):
                await other[0].read(1)
            other[1].close()
            return tap, own

    tap, own = run(through())
    assert flags(tap) == [(own if by == "client" else tap.port, RST)]


def test_broken_off_after_the_last(tmp_path: Path) -> None:
    """Who has closed for good resets what still comes for it, and the other side is told."""

    async def through() -> Tap:
        async with accepting() as (port, taken), tapped(tmp_path / "tap.pcapng", port) as tap:
            client = await asyncio.open_connection(HOST, tap.port)
            server = await taken.get()
            client[1].close()
            assert await server[0].read(1) == b""
            while not server[1].is_closing():
                server[1].write(b"too late")
                await asyncio.sleep(0.001)
            with pytest.raises(ConnectionError):
                await server[1].drain()
            return tap

    assert [flag for _, flag in flags(run(through()))] == [FIN, RST]


def test_closed_and_broken_off_at_once(tmp_path: Path) -> None:
    """One side ends when the other has just broken off: both are in the capture, and the connection is gone."""

    async def through() -> Tap:
        loop = asyncio.get_running_loop()
        with socket.create_server((HOST, 0)) as server, socket.socket() as client:
            async with tapped(tmp_path / "tap.pcapng", server.getsockname()[1]) as tap:
                client.setblocking(False)
                server.setblocking(False)
                await loop.sock_connect(client, (HOST, tap.port))
                other, _ = await loop.sock_accept(server)
                await loop.sock_sendall(client, b"all is open")
                assert await loop.sock_recv(other, 64) == b"all is open"
                client.shutdown(socket.SHUT_WR)  # the tap is told of both when this coroutine waits next
                other.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGERING)
                other.close()
                with pytest.raises(ConnectionResetError):
                    await loop.sock_recv(client, 1)
        return tap

    assert sorted(flag for _, flag in flags(run(through()))) == [FIN, RST]


def test_refused(tmp_path: Path) -> None:
    """Where nobody listens behind the tap, the client's connection is reset, and the report says why."""

    async def through() -> Tap:
        with socket.socket() as nobody:
            nobody.bind((HOST, 0))
            async with tapped(tmp_path / "tap.pcapng", nobody.getsockname()[1]) as tap:
                reader, writer = await asyncio.open_connection(HOST, tap.port)
                with pytest.raises(ConnectionResetError):
                    await reader.read(1)
                writer.close()
        return tap

    tap = run(through())
    assert flags(tap) == [(tap.port, RST)]
    (reason,) = tap.notes.reasons
    assert "Connection refused" in reason
    assert tap.recorder.summary.unread == ["tap"]


def test_no_such_host(tmp_path: Path) -> None:
    """A name that is none is said, too."""
    with running("--listen", f"{HOST}:0", "--to", "a.name.invalid:104") as tap:
        with socket.create_connection((HOST, tap.ports[0])) as client, pytest.raises(ConnectionResetError):
            client.recv(1)
        assert tap.end() == 3
    assert "did not get to a.name.invalid:104" in tap.output


def test_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that does not answer in time is given up."""

    async def never(*_: object) -> None:
        await asyncio.Event().wait()

    async def through() -> Tap:
        async with tapped(tmp_path / "tap.pcapng", 9) as tap:
            monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", never)
            monkeypatch.setattr(relaying, "CONNECTING", 0.01)
            with socket.socket() as client:
                client.setblocking(False)
                await asyncio.get_running_loop().sock_connect(client, (HOST, tap.port))
                with pytest.raises(ConnectionResetError):
                    await asyncio.get_running_loop().sock_recv(client, 1)
        return tap

    assert "no answer within" in run(through()).notes.reasons[0]


def test_too_many(tmp_path: Path) -> None:
    """A connection beyond the limit is reset and reported; the one before it goes on, the next is taken again."""

    async def through() -> Tap:
        async with serving(echo) as port, tapped(tmp_path / "tap.pcapng", port, most=1) as tap:
            for _ in range(2):
                reader, writer = await asyncio.open_connection(HOST, tap.port)
                writer.write(b"first")
                assert await reader.readexactly(5) == b"first"
                refused, unused = await asyncio.open_connection(HOST, tap.port)
                with pytest.raises(ConnectionResetError):
                    await refused.read(1)
                unused.close()
                writer.write(b"still")
                assert await reader.readexactly(5) == b"still"
                writer.write_eof()
                assert await reader.read(-1) == b""
                writer.close()
                while tap.relay._crossings:
                    await asyncio.sleep(0.001)
        return tap

    tap = run(through())
    assert ["too many" in reason for reason in tap.notes.reasons] == [True, True]


def test_fifty_at_once(tmp_path: Path) -> None:
    """Fifty Associations, all open before one of them is spoken on, are told apart, and all is well."""

    async def through() -> Tap:
        async with accepting() as (port, taken), tapped(tmp_path / "tap.pcapng", port) as tap:
            pairs = []
            for _ in range(50):
                client = await asyncio.open_connection(HOST, tap.port)
                pairs.append((client, await taken.get()))
            for side, data in ECHO:
                for pair in pairs:
                    pair[side][1].write(data)
                for pair in pairs:
                    assert await pair[1 - side][0].readexactly(len(data)) == data
            for pair in pairs:
                for _, writer in pair:
                    writer.close()
        return tap

    notes = run(through()).notes
    assert [e.how for e in notes.events if isinstance(e, Ended)] == ["released"] * 50
    assert len({e.association.number for e in notes.events if isinstance(e, Said)}) == 50
    assert notes.summary is not None
    assert (notes.summary.messages, notes.summary.severities.total(), notes.reasons) == (100, 0, [])


@pytest.mark.parametrize("name", NAMES)
def test_recorded_traffic(name: str, tmp_path: Path) -> None:
    """What other programs said to each other, said again through the tap, is told as its description has it."""

    async def through() -> Tap:
        async with accepting() as (port, taken), tapped(tmp_path / "tap.pcapng", port) as tap:
            for said in streams(whole(name)):
                await play(tap.port, said, taken)
        return tap

    said = [e.message.command.hex() for e in run(through()).notes.events if isinstance(e, Said)]
    assert sorted(said) == sorted(m["command"]["hex"] for m in sidecar(name)["messages"] if m["complete"])
