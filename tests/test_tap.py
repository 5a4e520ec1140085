"""`dimse tap` as people run it: what it says is what was said, and what `dimse check` says of its capture."""

from __future__ import annotations

import json
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pydicom import Dataset
from pynetdicom import AE, evt

from dimse.capture import Ended
from dimse.capture.frames import segment_of
from dimse.cli.commands import dimse
from dimse.cli.tap import address
from taps import (
    ECHO,
    HOST,
    captured,
    running,
    verdicts,
)
from test_capture import ANSWER, associate

FIND = "1.2.840.10008.5.1.4.1.2.2.1"
VERIFICATION = "1.2.840.10008.1.1"


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
                    came = (client, other)[1 - side].recv(left)
                    assert came, "the connection was closed"
                    left -= len(came)


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


@pytest.mark.parametrize(("level", "failures"), [("error", 0), ("warning", 1)])
def test_junit_fails_by_fail_on(level: str, failures: int) -> None:
    """Cases fail from the same severity on as the exit code, as with `dimse check`."""
    with socket.create_server((HOST, 0)) as server:
        options = ("--format", "junit", "--severity", "*=warning", "--fail-on", level)
        with running("--listen", f"{HOST}:0", "--to", f"{HOST}:{server.getsockname()[1]}", *options) as tap:
            talk(tap.ports[0], server)
            assert tap.end() == failures
    assert tap.output.count("<failure ") == failures


def test_what_is_incomplete_is_one_capture() -> None:
    """For however many reasons; the report says where in it a rule was first broken."""
    with socket.create_server((HOST, 0)) as server:
        to = f"{HOST}:{server.getsockname()[1]}"
        with running("--listen", f"{HOST}:0", "--to", to) as tap:
            talk(tap.ports[0], server)
            server.close()
            for _ in range(2):
                with socket.create_connection((HOST, tap.ports[0])) as client, pytest.raises(ConnectionResetError):
                    client.recv(1)
            assert tap.end() == 3
    assert tap.output.count("\nincomplete: the connection of ") == 2
    assert tap.output.endswith(", 1 capture incomplete\n")
    assert ", first in message 1\n" in tap.output


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
