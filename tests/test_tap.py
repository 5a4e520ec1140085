"""`dimse tap`: traffic goes through it unchanged, whatever becomes of the judge, and what it says is what was said."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import Dataset
from pynetdicom import AE, evt

from dimse.capture import Ended, Follower, Said
from dimse.capture.frames import FIN, RST, SYN, segment_of
from dimse.cli import recorder as recording
from dimse.cli import relay as relaying
from dimse.cli.commands import dimse
from dimse.cli.tap import address
from taps import (
    HOST,
    NO_LINGERING,
    Notes,
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
    verdicts,
)
from test_capture import ANSWER, ASK, NAMES, RELEASE_RP, RELEASE_RQ, associate, sidecar, whole

FIND = "1.2.840.10008.5.1.4.1.2.2.1"
VERIFICATION = "1.2.840.10008.1.1"
ECHO = [(0, associate(1)), (1, associate(2)), (0, ASK), (1, ANSWER), (0, RELEASE_RQ), (1, RELEASE_RP)]
ALL = 200 << 10
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


class Mistake(Exception):
    pass


def wrong(*_: object, **__: object) -> Any:
    raise Mistake("of ours")


async def echoes(path: Path, notes: Notes) -> Tap:
    """Two connections, one after the other."""
    async with accepting() as (port, taken), tapped(path, port, notes) as tap:
        await play(tap.port, ECHO, taken)
        await play(tap.port, ECHO, taken)
    return tap


@pytest.mark.parametrize("method", ["_feed", "_close"])
def test_the_judge_fails(method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Traffic and capture are whole, and the report says for each connection what went wrong."""
    right, calls = getattr(Follower, method), []

    def once(*given: object) -> Any:
        calls.append(given)
        return wrong() if method == "_feed" or len(calls) == 1 else right(*given)

    monkeypatch.setattr(Follower, method, once)
    tap = run(echoes(tmp_path / "tap.pcapng", Notes()))
    assert [of(1, said) for said in streams(captured(tap.path))] == [of(1, ECHO)] * 2
    assert ["Mistake: of ours" in reason for reason in tap.notes.reasons] == [True] * (2 if method == "_feed" else 1)
    assert tap.recorder.summary.unread
    assert tap.notes.summary is not None


def test_the_judge_fails_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it fails for one connection, others are judged as before."""
    right, calls = Follower.feed, []

    def at_tenth(*given: Any) -> Any:
        calls.append(given)
        return wrong() if len(calls) == 5 else right(*given)

    monkeypatch.setattr(Follower, "feed", at_tenth)
    notes = run(echoes(tmp_path / "tap.pcapng", Notes())).notes
    assert len(notes.reasons) == 1
    assert "packet 5 " in notes.reasons[0]
    assert [e.how for e in notes.events if isinstance(e, Ended)].count("released") == 1


@pytest.mark.parametrize("method", ["begin", "event", "end"])
def test_the_report_fails(
    method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Traffic and capture are whole, and it is said where it can be."""
    monkeypatch.setattr(Notes, method, wrong)
    tap = run(echoes(tmp_path / "tap.pcapng", Notes()))
    assert len([e for e in verdicts(tap.path) if isinstance(e, Said)]) == 4
    assert "the report failed with Mistake: of ours" in capsys.readouterr().err
    assert tap.recorder.summary.unread


def test_the_recorder_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Even then bytes go through, and the end is not silent."""
    monkeypatch.setattr(recording, "_steps", wrong)
    tap = run(echoes(tmp_path / "tap.pcapng", Notes()))
    assert captured(tap.path) == []
    assert "recording failed with Mistake: of ours" in capsys.readouterr().err
    assert tap.recorder.summary.unread


def test_nobody_reads_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads the report may go; that is no failure."""

    def gone(*_: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(Notes, "event", gone)
    tap = run(echoes(tmp_path / "tap.pcapng", Notes()))
    assert tap.recorder.summary.unread == []
    assert tap.recorder.summary.messages == 4


def test_a_slow_reader(tmp_path: Path) -> None:
    """While one side does not read, the other is made to wait and little is held; then all of it arrives."""
    data = bytes(256 << 20)

    async def through() -> None:
        async with accepting() as (port, taken), tapped(tmp_path / "tap.pcapng", port) as tap:
            with socket.socket() as client:
                client.setblocking(False)
                loop = asyncio.get_running_loop()
                await loop.sock_connect(client, (HOST, tap.port))
                reader, writer = await taken.get()
                writer.transport.pause_reading()
                (crossing,) = tap.relay._crossings
                sending = asyncio.create_task(loop.sock_sendall(client, data))
                while not crossing.sides[0]._waits_for:
                    await asyncio.sleep(0)
                assert crossing.sides[1].transport.get_write_buffer_size() < 1 << 20
                assert not sending.done()
                writer.transport.resume_reading()
                left = len(data)
                while left:
                    left -= len(await reader.read(1 << 20))
                await sending
                writer.close()

    run(through())


@pytest.fixture
def little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Room for little before the judge."""
    monkeypatch.setattr(recording, "MOST_WAITING", 1 << 20)
    monkeypatch.setattr(recording, "BEHIND", 1 << 19)
    monkeypatch.setattr(recording, "CAUGHT_UP", 1 << 17)


@pytest.mark.usefixtures("little_room")
def test_the_judge_is_stuck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A judge that gets nowhere holds traffic up for no longer than the bound; what it missed is said, and a gap."""
    monkeypatch.setattr(relaying, "LONGEST_STALL", 0.01)
    notes, data = Notes(), bytes(8 << 20)
    notes.gate.clear()
    large = (0, b"\4\0" + len(data).to_bytes(4, "big") + data)

    async def through() -> Tap:
        async with accepting() as (port, taken), tapped(tmp_path / "tap.pcapng", port, notes) as tap:
            await play(tap.port, [*ECHO[:2], large, *ECHO[2:]], taken)
            assert tap.recorder._waiting <= recording.MOST_WAITING
            await play(tap.port, ECHO, taken)
            assert tap.recorder._waiting <= recording.MOST_WAITING
            notes.gate.set()
            while tap.recorder._waiting:
                await asyncio.sleep(0.001)
            await play(tap.port, ECHO, taken)
        return tap

    tap = run(through())
    (reason,) = notes.reasons
    assert reason.endswith(" bytes went through unjudged, for want of time")
    unjudged = int(reason.split()[0])
    assert len(data) - (1 << 20) < unjudged < len(data) + 10_000
    # The connection that came when there was room again is whole; the first one is held against nobody.
    assert [e.how for e in notes.events if isinstance(e, Ended)].count("released") >= 1
    assert not [e for e in notes.events if isinstance(e, Said) and e.judgement.violations]
    assert verdicts(tap.path)[-1].time == notes.events[-1].time


@pytest.mark.usefixtures("little_room")
def test_the_judge_is_slow(tmp_path: Path) -> None:
    """Traffic of all connections waits for a judge that is behind, within the bound, and nothing is missed."""
    notes, data = Notes(), bytes(8 << 20)
    notes.gate.clear()

    async def through() -> Tap:
        async with accepting() as (port, taken), tapped(tmp_path / "tap.pcapng", port, notes) as tap:
            pairs = []
            for _ in range(2):
                client = await asyncio.open_connection(HOST, tap.port)
                pairs.append((client, await taken.get()))
            for client, _ in pairs:
                client[1].write(data)
            while len(tap.relay._held) < 2:
                await asyncio.sleep(0.001)
            notes.gate.set()
            for client, server in pairs:
                assert await server[0].readexactly(len(data)) == data
                for _, writer in (client, server):
                    writer.close()
        return tap

    said = streams(captured(run(through()).path))
    assert [of(0, each) for each in said] == [data, data]
    assert notes.reasons == []


def test_judge_and_reader_are_slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for both goes on when both are ready, and not before."""
    monkeypatch.setattr(recording, "BEHIND", 1)
    monkeypatch.setattr(relaying, "LONGEST_STALL", 10 * 60)
    notes, data = Notes(), bytes(32 << 20)
    notes.gate.clear()

    async def through() -> Tap:
        async with accepting() as (port, taken), tapped(tmp_path / "tap.pcapng", port, notes) as tap:
            _, writer = client = await asyncio.open_connection(HOST, tap.port)
            server = await taken.get()
            server[1].transport.pause_reading()
            (crossing,) = tap.relay._crossings
            side = crossing.sides[0]
            crossing.sides[1].transport.set_write_buffer_limits(0)
            side.hold("peer")
            writer.write(data)
            side.release("peer")
            while "witness" not in side._waits_for:
                await asyncio.sleep(0)
            side.hold("peer")
            notes.gate.set()
            while "witness" in side._waits_for:
                await asyncio.sleep(0)
            assert not side.transport.is_reading()
            side.release("peer")
            server[1].transport.resume_reading()
            assert await server[0].readexactly(len(data)) == data
            for _, each in (client, server):
                each.close()
        return tap

    (said,) = streams(captured(run(through()).path))
    assert of(0, said) == data


@pytest.mark.usefixtures("little_room")
def test_stopped_while_the_judge_is_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends, and what the judge had not come to is judged and written still."""
    monkeypatch.setattr(relaying, "LONGEST_STALL", 10 * 60)
    notes = Notes()
    notes.gate.clear()

    async def through() -> Tap:
        async with accepting() as (port, taken), tapped(tmp_path / "tap.pcapng", port, notes) as tap:
            _, writer = await asyncio.open_connection(HOST, tap.port)
            _, other = await taken.get()
            writer.write(bytes(8 << 20))
            while not tap.relay._held:
                await asyncio.sleep(0.001)
        for each in (writer, other):
            each.close()
        return tap

    (said,) = streams(captured(run(through()).path))
    assert len(of(0, said)) >= recording.BEHIND - 1024
    assert notes.reasons == []


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


def test_more_connections_than_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without room not even the beginning of a connection is recorded, and nothing that follows it."""
    monkeypatch.setattr(recording, "MOST_WAITING", 0)
    tap = run(echoes(tmp_path / "tap.pcapng", Notes()))
    assert captured(tap.path) == []
    unjudged = 2 * sum(len(data) for _, data in ECHO)
    assert tap.notes.reasons == [f"{unjudged} bytes went through unjudged, for want of time"]


@pytest.mark.parametrize("written", [0, 100])
def test_the_disk_is_full(written: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written of a block that did not fit is taken back, nothing follows it, and judging goes on."""
    right, left = os.write, [2000]

    def until_full(file: int, data: Any) -> int:
        left[0] -= len(data)
        if left[0] >= 0:
            return right(file, data)
        if written and left[0] > -10_000:
            left[0] = -10_000
            return right(file, data[:written])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", until_full)
    tap = run(echoes(tmp_path / "tap.pcapng", Notes()))
    monkeypatch.undo()
    found = captured(tap.path)
    (reason,) = tap.notes.reasons
    assert reason == f"the capture ends before packet {len(found) + 1}: No space left on device"
    assert 0 < len(found) < 20
    assert tap.notes.summary is not None
    assert tap.notes.summary.messages == 4


# as people run it


def entity() -> Any:
    """A server of C-ECHO and C-FIND."""
    ae = AE("SCP")
    ae.add_supported_context(VERIFICATION)
    ae.add_supported_context(FIND)

    def matches(_: object) -> Any:
        for number in range(3):
            match = Dataset()
            match.QueryRetrieveLevel, match.PatientName = "STUDY", f"Made^Up{number}"
            yield 0xFF00, match

    return ae.start_server((HOST, 0), block=False, evt_handlers=[(evt.EVT_C_FIND, matches)])


def ask(port: int) -> None:
    """A C-ECHO and a C-FIND."""
    ae = AE("SCU")
    ae.add_requested_context(VERIFICATION)
    ae.add_requested_context(FIND)
    association = ae.associate(HOST, port)
    assert association.send_c_echo().Status == 0
    keys = Dataset()
    keys.QueryRetrieveLevel, keys.PatientName = "STUDY", ""
    assert [status.Status for status, _ in association.send_c_find(keys, FIND)] == [0xFF00] * 3 + [0]
    association.release()


@pytest.mark.parametrize(("form", "number"), [("text", "SIGTERM"), ("json", "SIGINT")])
@pytest.mark.parametrize("identifiers", [False, True])
def test_the_report_is_that_of_the_capture(form: str, number: str, identifiers: bool, tmp_path: Path) -> None:
    """A signal ends it with a report, exit code and capture, and `dimse check` of that capture says the same."""
    path = tmp_path / "tap.pcapng"
    options = ["--format", form, *(["--with-identifiers"] if identifiers else [])]
    server = entity()
    try:
        to = f"{HOST}:{server.server_address[1]}"
        with running("--listen", f"{HOST}:0", "--to", to, "--write", path, *options) as tap:
            ask(tap.ports[0])
            ask(tap.ports[0])
            assert tap.end(getattr(signal, number)) == 0
    finally:
        server.shutdown()
    assert path.stat().st_mode & 0o077 == 0
    assert ("Made^Up1" in tap.output) is identifiers
    checked = CliRunner().invoke(dimse, ["check", *options, str(path)])
    assert (tap.output, 0) == (checked.output, checked.exit_code)
    if form == "json":
        told = json.loads(tap.output)
        names = ["C-ECHO-RQ", "C-ECHO-RSP", "C-FIND-RQ", *["C-FIND-RSP"] * 4] * 2
        assert [event["message"] for event in told["events"] if event["event"] == "said"] == names
        assert (told["summary"]["associations"], told["summary"]["error"], told["summary"]["unread"]) == (2, 0, [])


def talk(tap: int, server: socket.socket) -> None:
    """An Association with a response to nothing, through a tap."""
    with socket.create_connection((HOST, tap)) as client:
        other, _ = server.accept()
        with other:
            for side, data in [*ECHO[:2], (1, ANSWER), *ECHO[4:]]:
                (client, other)[side].sendall(data)
                left = len(data)
                while left:
                    left -= len((client, other)[1 - side].recv(left))


@pytest.mark.parametrize(
    ("options", "code"),
    [((), 1), (("--severity", "*=warning"), 0), (("--severity", "*=warning", "--fail-on", "warning"), 1)],
)
def test_exit_codes(options: tuple[str, ...], code: int) -> None:
    """Exit codes are those of `dimse check`."""
    with socket.create_server((HOST, 0)) as server:
        to = f"{HOST}:{server.getsockname()[1]}"
        with running("--listen", f"{HOST}:0", "--to", to, *options) as tap:
            talk(tap.ports[0], server)
            assert tap.end() == code
    assert f"{HOST}:0 > {to}" in tap.output


def test_killed(tmp_path: Path) -> None:
    """A tap that is killed leaves a capture that can be read to its end."""
    path = tmp_path / "tap.pcapng"
    with socket.create_server((HOST, 0)) as server:
        to = f"{HOST}:{server.getsockname()[1]}"
        with running("--listen", f"{HOST}:0", "--to", to, "--write", path, measured=False) as tap:
            talk(tap.ports[0], server)
            assert tap.process.stdout is not None
            while "released" not in tap.process.stdout.readline():  # live
                pass
            assert tap.end(9) == -9
    assert [type(e).__name__ for e in verdicts(path)] == ["Began", "Said", "Ended"]


def test_stopped_in_the_middle(tmp_path: Path) -> None:
    """Connections that are open when it is stopped are reset on both sides, and the report says how far they were."""
    path = tmp_path / "tap.pcapng"
    with socket.create_server((HOST, 0)) as server:
        to = f"{HOST}:{server.getsockname()[1]}"
        with (
            running("--listen", f"{HOST}:0", "--to", to, "--write", path) as tap,
            socket.create_connection((HOST, tap.ports[0])) as client,
        ):
            other, _ = server.accept()
            with other:
                client.sendall(associate(1))
                assert other.recv(len(associate(1)))
                assert tap.end() == 0
                for each in (client, other):
                    with pytest.raises(ConnectionResetError):
                        each.recv(1)
    (ended,) = verdicts(path)
    assert isinstance(ended, Ended)
    assert ended.how == "unfinished"
    assert "the capture ends" in tap.output


@pytest.mark.skipif(sys.platform == "win32", reason="limits of the size of files are of POSIX")
def test_a_full_disk(tmp_path: Path) -> None:
    """Where the capture can grow no more, traffic and report go on, and what was written can be read."""
    import resource

    path = tmp_path / "tap.pcapng"

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (900, 900))

    with socket.create_server((HOST, 0)) as server:
        to = f"{HOST}:{server.getsockname()[1]}"
        with running("--listen", f"{HOST}:0", "--to", to, "--write", path, preexec_fn=limit, measured=False) as tap:
            talk(tap.ports[0], server)
            talk(tap.ports[0], server)
            assert tap.end() == 3
    assert tap.output.count("released") == 2
    assert "the capture ends before packet" in tap.output
    assert 0 < len(captured(path)) < 10


def test_ipv6(tmp_path: Path) -> None:
    """IPv6 addresses at both ends, in the notice, the report and the capture."""
    try:
        server = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError as error:
        pytest.skip(f"no IPv6 here: {error}")
    path = tmp_path / "tap.pcapng"
    with server:
        to = f"[::1]:{server.getsockname()[1]}"
        with running("--listen", "[::1]:0", "--to", to, "--write", path) as tap:
            assert tap.notices == [f"dimse tap: listening on [::1]:{tap.ports[0]}, for {to}\n"]
            with socket.create_connection(("::1", tap.ports[0])) as client:
                other, _ = server.accept()
                with other:
                    client.sendall(associate(1))
                    assert other.recv(len(associate(1)))
                    other.sendall(associate(2))
                    assert client.recv(len(associate(2)))
            tap.end()
    assert f"ECHOSCU ([::1]:{client_port(path)}) > ANY ([::1]:{tap.ports[0]})" in tap.output


def client_port(path: Path) -> int:
    """The port of the client in the first packet."""
    segment = segment_of(captured(path)[0])
    assert segment is not None
    return segment.source.port


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("11112", "is not HOST:PORT"),
        (":11112", "is not HOST:PORT"),
        ("::1:11112", "in brackets"),
        ("[]:11112", "is not HOST:PORT"),
        ("host:", "a port is a number"),
        ("host:dicom", "a port is a number"),
        ("host:65536", "a port is a number from 0 to 65535"),
        ("host:-1", "a port is a number"),
        ("host:\N{SUPERSCRIPT TWO}", "a port is a number"),
    ],
)
def test_addresses(text: str, reason: str) -> None:
    """What is no address is said to be none, and why."""
    with pytest.raises(ValueError, match=reason):
        address(text)
    result = CliRunner().invoke(dimse, ["tap", "--listen", text, "--to", "host:104"])
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_wrong_usage(tmp_path: Path) -> None:
    """Unequal numbers of addresses, one that is taken, and a capture that cannot be written are wrong usage."""
    with socket.create_server((HOST, 0)) as taken:
        here = f"{HOST}:{taken.getsockname()[1]}"
        kept = tmp_path / "kept.pcapng"
        kept.write_bytes(b"an earlier capture")
        for options, words in (
            (["--listen", f"{HOST}:0", "--listen", f"{HOST}:0", "--to", here], "each --listen needs its --to"),
            (["--listen", f"{HOST}:0", "--to", f"{HOST}:0"], "from 1 to 65535"),
            (["--listen", here, "--to", here, "--write", str(kept)], "address already in use"),
            (["--listen", f"{HOST}:0", "--to", here, "--write", str(tmp_path / "no" / "file")], "No such file"),
            (["--listen", f"{HOST}:0", "--to", here, "--write", "/dev/full"], "No space left"),
        ):
            result = CliRunner().invoke(dimse, ["tap", *options])
            assert (result.exit_code, words in result.output) == (2, True), result.output
    assert kept.read_bytes() == b"an earlier capture"
