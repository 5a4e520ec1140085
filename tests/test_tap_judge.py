"""Whatever becomes of the judge of `dimse tap`, of its report or its disk: traffic goes on, and it is said."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from dimse.capture import Ended, Follower, Said
from dimse.cli import recorder as recording
from dimse.cli import relay as relaying
from taps import (
    ECHO,
    HOST,
    Notes,
    Tap,
    accepting,
    captured,
    of,
    play,
    run,
    streams,
    tapped,
    verdicts,
)


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


@pytest.mark.parametrize("method", ["feed", "close"])
def test_the_judge_fails(method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Traffic and capture are whole, and the report says for each connection what went wrong."""
    right, calls = getattr(Follower, method), []

    def once(*given: object) -> Any:
        calls.append(given)
        return wrong() if method == "feed" or len(calls) == 1 else right(*given)

    monkeypatch.setattr(Follower, method, once)
    tap = run(echoes(tmp_path / "tap.pcapng", Notes()))
    assert [of(1, said) for said in streams(captured(tap.path))] == [of(1, ECHO)] * 2
    assert ["Mistake: of ours" in reason for reason in tap.notes.reasons] == [True] * (2 if method == "feed" else 1)
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


def test_more_connections_than_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without room not even the beginning of a connection is recorded, and nothing that follows it."""
    monkeypatch.setattr(recording, "MOST_WAITING", 0)
    tap = run(echoes(tmp_path / "tap.pcapng", Notes()))
    assert captured(tap.path) == []
    unjudged = 2 * sum(len(data) for _, data in ECHO)
    assert tap.notes.reasons == [f"{unjudged} bytes went through unjudged, for want of time"]
