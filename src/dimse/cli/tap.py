"""`dimse tap`: a relay between SCUs and SCPs that judges what goes through it while it does."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from dimse.cli.profiles import profiles_of
from dimse.cli.recorder import Recorded, Recorder, notice
from dimse.cli.relay import Address, Relay
from dimse.cli.reports.report import Report, Summary

KEEP = 64 << 10
# Seconds that the judge may compute while bytes wait to be passed on; Python's own 5 ms are longer than many an answer.
_TURN = 0.0005


def address(text: str, least_port: int = 0) -> Address:
    """An address as people write it: HOST:PORT, [IPv6]:PORT.

    Raises:
        ValueError: it is none; says why.
    """
    host, colon, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError(f"{text!r}: an IPv6 address stands in brackets, as [::1]:11112")
    if not colon or not host:
        raise ValueError(f"{text!r} is not HOST:PORT")
    if not port.isascii() or not port.isdigit() or not least_port <= int(port) <= 65535:
        raise ValueError(f"{text!r}: a port is a number from {least_port} to 65535")
    return Address(host, int(port))


def tap(
    routes: Sequence[tuple[Address, Address]],
    report: Report,
    severities: Mapping[str, str],
    *,
    profiles: tuple[str, ...] = (),
    write: str | None,
    keep: bool,
    most: int,
) -> Summary:
    """Relay until SIGINT or SIGTERM, write and judge what went through.

    Args:
        routes: where to listen, and for whom.
        report: where it is told.
        severities: other severities for rules.
        profiles: names that `profiles_of` knows.
        write: the capture to write, if any.
        keep: whether Data Sets are shown.
        most: how many connections there may be at once.

    Raises:
        OSError: it cannot listen, or cannot write there.
    """
    loop = asyncio.new_event_loop()
    relay: Relay[Recorded]
    recorder = Recorder(
        report,
        write or ", ".join(f"{listen} > {to}" for listen, to in routes),
        write,
        severities,
        profiles=profiles_of(profiles) if profiles else (),
        keep=KEEP if keep else 0,
        caught_up=lambda: loop.call_soon_threadsafe(relay.go_on),
    )
    relay = Relay(recorder, most)
    turn = sys.getswitchinterval()
    sys.setswitchinterval(_TURN)
    try:
        loop.run_until_complete(_relay(relay, recorder, routes))
    finally:
        sys.setswitchinterval(turn)
        loop.close()
    return recorder.summary


async def _relay(relay: Relay[Recorded], recorder: Recorder, routes: Sequence[tuple[Address, Address]]) -> None:
    over = asyncio.Event()
    try:
        found = [(each, to) for listen, to in routes for each in await relay.listen(listen, to)]
        with recorder:  # nothing is written before all addresses are ours
            with _signals(over.set):
                for each, to in found:
                    notice(f"listening on {each}, for {to}")
                await over.wait()
            await relay.close()
    finally:
        await relay.close()


@contextmanager
def _signals(stop: Callable[[], object]) -> Iterator[None]:
    """Have SIGINT and SIGTERM end it; once it has ended, they do what they did before."""
    loop = asyncio.get_running_loop()
    numbers = signal.SIGINT, signal.SIGTERM
    if sys.platform == "win32":  # pragma: no cover
        before = [signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop)) for number in numbers]
        yield
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
        return
    for number in numbers:
        loop.add_signal_handler(number, stop)
    yield
    for number in numbers:
        loop.remove_signal_handler(number)
