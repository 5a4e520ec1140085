"""What lies between two ends: nothing, a relay that does not look, socat where it is installed, and `dimse tap`."""

from __future__ import annotations

import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from taps import running

from . import raw
from .conftest import Results

ROUNDS = 5
ECHOS = 500
INSTANCES = 200
HERE = Path(__file__).parent


@contextmanager
def plain_relay(to: int) -> Iterator[int]:
    """The port of a relay that does not look."""
    command = [sys.executable, str(HERE / "plain_relay.py"), str(to)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


@contextmanager
def socat(to: int) -> Iterator[int]:
    """The port of a socat."""
    with socket.socket() as free:
        free.bind((raw.HOST, 0))
        port = free.getsockname()[1]
    listen = f"TCP-LISTEN:{port},bind={raw.HOST},fork,reuseaddr,nodelay"
    with subprocess.Popen(["socat", "-b", "262144", listen, f"TCP:{raw.HOST}:{to},nodelay"]) as process:
        try:
            time.sleep(0.5)
            yield port
        finally:
            process.kill()


@pytest.fixture(scope="module")
def between(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[raw.Server, dict[str, int]]]:
    """A server, and by what lies before it, the ports at which it is found."""
    with raw.serving() as server, ExitStack() as stack:
        folder = tmp_path_factory.mktemp("tap")
        ports = {"nothing": server.port, "relay": stack.enter_context(plain_relay(server.port))}
        if shutil.which("socat"):
            ports["socat"] = stack.enter_context(socat(server.port))
        taps = []
        for name, write in {"dimse": [], "dimse writing": ["--write", folder / "tap.pcapng"]}.items():
            output = stack.enter_context((folder / f"{name}.txt").open("w"))
            options = ["--listen", f"{raw.HOST}:0", "--to", f"{raw.HOST}:{server.port}", *write]
            taps.append(stack.enter_context(running(*options, stdout=output)))
            ports[name] = taps[-1].ports[0]
        yield server, ports
        for tap in taps:
            assert tap.end() == 0, tap.notices  # all was judged, and nothing was wrong with it


def test_latency(between: tuple[raw.Server, dict[str, int]], results: Results) -> None:
    """Microseconds from a C-ECHO-RQ to its response: the median, and what one in a hundred exceeds."""
    server, ports = between
    found: dict[str, list[float]] = {name: [] for name in ports}
    what = raw.echo()
    for round_number in range(ROUNDS + 1):
        for name, port in ports.items():
            seconds = server.exchange(port, what, ECHOS)
            if round_number:  # the first one warms up
                found[name] += seconds
    assert {len(seconds) for seconds in found.values()} == {ROUNDS * ECHOS}
    results.whole("tap latency", **{name: statistics.median(each) * 1e6 for name, each in found.items()})
    results.whole(
        "tap latency 99", **{name: statistics.quantiles(each, n=100)[-1] * 1e6 for name, each in found.items()}
    )


def test_throughput(between: tuple[raw.Server, dict[str, int]], results: Results) -> None:
    """Megabytes a second of C-STOREs, more than a tap has room for before its judge."""
    server, ports = between
    found: dict[str, list[float]] = {name: [] for name in ports}
    what = raw.store()
    for _ in range(ROUNDS):
        for name, port in ports.items():
            seconds = sum(server.exchange(port, what, INSTANCES))
            found[name].append(INSTANCES * len(what.request) / seconds / 1e6)
    results.whole("tap throughput", **{name: statistics.median(each) for name, each in found.items()})
