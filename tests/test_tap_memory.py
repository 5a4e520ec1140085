"""A tap that runs for weeks: what it holds does not grow with what has gone through it."""

from __future__ import annotations

import gc
import json
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from dimse.capture.frames import Endpoint
from dimse.cli.output import Output
from dimse.cli.recorder import Recorder
from dimse.cli.reports import FORMS, report_in
from taps import ECHO, PATIENCE

SERVER = Endpoint(bytes((127, 0, 0, 1)), 11113)
# What rounds may leave behind, beside what the first rounds filled: caches, buffers, spare room of containers.
SPARE = 20 << 10
LIMITS = (
    "capture.follow.MOST_CONNECTIONS",
    "cli.reports.html.MOST_MESSAGES",
    "cli.reports.page.tally.MOST_LISTED",
    "cli.reports.sarif.MOST_NOTES",
)
Connection = Callable[[Recorder, Endpoint], None]


def echo(recorder: Recorder, client: Endpoint) -> None:
    """An Association with a C-ECHO."""
    line = recorder.begin(client, SERVER)
    for end, data in ECHO:
        recorder.say(line, end, data)
    recorder.close(line, 0)
    recorder.close(line, 1)


def wrong(recorder: Recorder, client: Endpoint) -> None:
    """An Association with a response to nothing, and a request that nobody answers, reset."""
    line = recorder.begin(client, SERVER)
    for end, data in (*ECHO[:2], ECHO[3], ECHO[2]):
        recorder.say(line, end, data)
    recorder.reset(line, 0)


def half_open(recorder: Recorder, client: Endpoint) -> None:
    """A request for an Association that breaks off within itself."""
    line = recorder.begin(client, SERVER)
    recorder.say(line, 0, ECHO[0][1][:50])
    recorder.reset(line, 0)


def endless(recorder: Recorder, client: Endpoint) -> None:
    """A request for an Association that says it is long, and is nearly all there."""
    line = recorder.begin(client, SERVER)
    recorder.say(line, 0, b"\1\0" + (900_000).to_bytes(4, "big") + b"\0\1" + bytes(100_000))
    recorder.reset(line, 0)


def scan(recorder: Recorder, client: Endpoint) -> None:
    """A port scan: nothing is said, or something else."""
    recorder.reset(recorder.begin(client, SERVER), 0)
    line = recorder.begin(client._replace(port=client.port ^ 1), SERVER)
    recorder.say(line, 0, b"GET / HTTP/1.1\r\n\r\n")
    recorder.say(line, 1, b"\x16\x03\x01\0\0")
    recorder.close(line, 0)
    recorder.close(line, 1)


def refused(recorder: Recorder, client: Endpoint) -> None:
    """Nobody answers behind the tap."""
    recorder.miss("the connection did not get there")
    recorder.reset(recorder.begin(client, SERVER), 1)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("connection", [echo, wrong, half_open, endless, scan, refused])
def test_connections(form: str, connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of connections that are over nothing is left, whatever they were and however it is told."""
    with (tmp_path / "report").open("w") as report, monkeypatch.context() as patched:
        patched.setattr("sys.stdout", report)
        patched.setattr("sys.stderr", report)
        for name in LIMITS:
            patched.setattr(f"dimse.{name}", 20)
        recorder = Recorder(report_in(form, Output()), "tap", None, {}, keep=0, caught_up=lambda: None)
        with recorder:
            tracemalloc.start(1)
            try:
                played(recorder, connection, 0)
                before = played(recorder, connection, 1)
                after = max(played(recorder, connection, at) for at in (2, 3, 4))
            finally:
                tracemalloc.stop()
    assert after - before < SPARE


def test_what_cannot_be_relayed_is_counted(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """SARIF has the first reasons why the report is incomplete, and the number of all others."""
    monkeypatch.setattr("dimse.cli.reports.sarif.MOST_NOTES", 2)
    with Recorder(report_in("sarif", Output()), "tap", None, {}, keep=0, caught_up=lambda: None) as recorder:
        for number in range(5):
            recorder.miss(f"reason {number}")
    (invocation,) = json.loads(capsys.readouterr().out)["runs"][0]["invocations"]
    notes = [note["message"]["text"] for note in invocation["toolExecutionNotifications"]]
    assert notes == ["incomplete: reason 0", "incomplete: reason 1", "incomplete for 3 more reasons"]
    assert (recorder.summary.captures, recorder.summary.unread) == (0, ["tap"])


def played(recorder: Recorder, connection: Connection, at: int, times: int = 100) -> int:
    """The memory in use once so many connections were told, from ports of their own."""
    for number in range(times):
        connection(recorder, Endpoint(bytes((10, 0, 0, at + 1)), 2 * number + 1024))
    deadline = time.monotonic() + PATIENCE
    while recorder._waiting and time.monotonic() < deadline:
        time.sleep(0.001)
    assert not recorder._waiting
    gc.collect()
    return tracemalloc.get_traced_memory()[0]
