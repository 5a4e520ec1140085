"""Other implementations through `dimse tap`: nothing is otherwise than without it, and what it tells is true."""

from __future__ import annotations

import json
import socket
import subprocess
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen
from click.testing import CliRunner

from dimse.cli.commands import dimse
from taps import Process, running

from .dcmtk import CONFIGURATION, QR_TITLE, STORE_TITLE, tool
from .instances import ROOT, study, write
from .judged import judged
from .orthanc import TITLE as ORTHANC_TITLE
from .orthanc import orthanc
from .programs import path_of, run, server
from .relay import HOST, Wire

AT_ONCE = 50
MOVER = "MOVESCU"
INSTANCES = 3


@frozen
class Moved:
    """What came of a C-MOVE: what movescu printed, and what the destination got, by file name."""

    printed: list[str]
    received: dict[str, bytes]


@contextmanager
def storing(folder: Path) -> Iterator[int]:
    """A storescp that keeps what it gets as it came; its own port."""
    folder.mkdir(parents=True)
    with server(lambda port: [tool("storescp"), "-aet", STORE_TITLE, "+B", "-od", folder, port], folder) as port:
        yield port


@contextmanager
def archive(folder: Path, destination: int) -> Iterator[int]:
    """A dcmqrscp that moves to a port; its own."""
    storage = folder / "storage"
    storage.mkdir(parents=True)

    def command(port: int) -> list[object]:
        text = CONFIGURATION.format(
            port=port, hosts=f"store = ({STORE_TITLE}, localhost, {destination})", title=QR_TITLE, storage=storage
        )
        configuration = folder / "dcmqrscp.cfg"
        configuration.write_text(text, "utf-8")
        return [tool("dcmqrscp"), "-c", configuration]

    with server(command, folder) as port:
        yield port


def move(port: int, title: str, received: Path) -> Moved:
    """A C-MOVE of a study by movescu: what it printed but for ports and times, and what arrived."""
    keys = ["-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={ROOT}.1"]
    printed = run(tool("movescu"), "-v", "-S", "-aet", MOVER, "-aec", title, "-aem", STORE_TITLE, *keys, HOST, port)
    return Moved(
        [line for line in printed.splitlines() if str(port) not in line],
        {path.name: path.read_bytes() for path in received.iterdir() if "log" not in path.name},
    )


def told(output: str, path: Path, *options: str) -> Any:
    """The report as JSON; it is that of the capture, too."""
    checked = CliRunner().invoke(dimse, ["check", "--format", "json", *options, str(path)])
    assert checked.output == output
    return json.loads(output)


def check_moved(report: Any, acceptor: str) -> None:
    """The report of the C-MOVE: its Associations, messages, links and verdicts."""
    said = [event for event in report["events"] if event["event"] == "said"]
    counts = Counter(event["message"] for event in said)
    assert counts["C-MOVE-RQ"] == 1
    assert counts["C-MOVE-RSP"] >= 1
    assert counts["C-STORE-RQ"] == counts["C-STORE-RSP"] == INSTANCES
    # Each C-STORE names the C-MOVE that it is for, and the judge, who knows of both, has nothing against it.
    (asked,) = (event for event in said if event["message"] == "C-MOVE-RQ")
    for event in said:
        assert event["violations"] == []
        if event["message"] == "C-STORE-RQ":
            assert event["parameters"]["MoveOriginatorApplicationEntityTitle"] == MOVER
            assert event["parameters"]["MoveOriginatorMessageID"] == asked["parameters"]["MessageID"]
            assert event["association"] != asked["association"]
    began = {event["calling"]: event["called"] for event in report["events"] if event["event"] == "began"}
    assert began == {MOVER: acceptor, acceptor: STORE_TITLE}
    assert {event["how"] for event in report["events"] if event["event"] == "ended"} == {"released"}


def read_by_tshark(path: Path, *ports: int) -> tuple[int, list[str]]:
    """How many Command Sets tshark finds in a capture, and what it has against it."""
    tshark = path_of("tshark", "tshark")
    decode = [word for port in ports for word in ("-d", f"tcp.port=={port},dicom")]
    options = ["-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-o", "dicom.tag_tree:TRUE"]

    def lines(*more: str) -> list[str]:
        printed = subprocess.run(
            [tshark, "-r", str(path), *decode, *options, *more], check=True, capture_output=True, text=True
        )
        return printed.stdout.split()

    wrong = "_ws.malformed || tcp.checksum.status==0 || ip.checksum.status==0 || tcp.analysis.flags"
    tags = lines("-Y", "dicom.tag", "-T", "fields", "-e", "dicom.tag", "-E", "aggregator= ")
    checked = set(lines("-Y", "tcp", "-T", "fields", "-e", "tcp.checksum.status"))
    assert checked == {"1"}  # looked at, and good
    return sum(int(tag, 16) == 0x0000_0000 for tag in tags), lines("-Y", wrong)


@contextmanager
def reserved() -> Iterator[int]:
    """A port that is given to nobody else, but to who asks for it by number."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind((HOST, 0))
        yield holder.getsockname()[1]


@contextmanager
def between(folder: Path, *routes: tuple[int, int]) -> Iterator[Process]:
    """A tap with a route from each port to another, and 0 for a free one; it writes a capture."""
    options = [word for one, other in routes for word in ("--listen", f"{HOST}:{one}", "--to", f"{HOST}:{other}")]
    with running(*options, "--write", folder / "tap.pcapng", "--format", "json", routes=len(routes)) as tap:
        yield tap


def test_move_dcmqrscp(tmp_path: Path) -> None:
    """Movescu, dcmqrscp and storescp, with a tap on both ways: the same as without, and all of it told."""
    straight, through = tmp_path / "straight", tmp_path / "through"
    with storing(straight / "third") as third, archive(straight / "qr", third) as port:
        fill(port, QR_TITLE, straight)
        expected = move(port, QR_TITLE, straight / "third")
    with storing(through / "third") as third, reserved() as door, archive(through / "qr", door) as port:
        fill(port, QR_TITLE, through)
        with between(through, (door, third), (0, port)) as tap:
            found = move(tap.ports[1], QR_TITLE, through / "third")
            assert tap.end() == 0
    assert len(expected.received) == INSTANCES
    assert found == expected
    report = told(tap.output, through / "tap.pcapng")
    check_moved(report, QR_TITLE)
    assert read_by_tshark(through / "tap.pcapng", *tap.ports) == (report["summary"]["messages"], [])


def test_move_orthanc(tmp_path: Path) -> None:
    """The same with Orthanc for the archive."""
    straight, through = tmp_path / "straight", tmp_path / "through"
    for folder in (straight, through):
        folder.mkdir()
    with (
        Wire() as alone,
        storing(straight / "third") as third,
        orthanc(alone, straight / "orthanc", STORESCP=third) as peer,
    ):
        peer.import_files(write(straight, study(1, INSTANCES)))
        expected = move(peer.port, ORTHANC_TITLE, straight / "third")
    with (
        Wire() as behind,
        storing(through / "third") as third,
        reserved() as door,
        orthanc(behind, through / "orthanc", STORESCP=door) as peer,
    ):
        peer.import_files(write(through, study(1, INSTANCES)))
        with between(through, (door, third), (0, peer.port)) as tap:
            found = move(tap.ports[1], ORTHANC_TITLE, through / "third")
            assert tap.end() == 0
    assert len(expected.received) == INSTANCES
    assert found == expected
    report = told(tap.output, through / "tap.pcapng")
    check_moved(report, ORTHANC_TITLE)
    assert read_by_tshark(through / "tap.pcapng", *tap.ports) == (report["summary"]["messages"], [])
    assert [str(heard) for heard in judged(behind.record).messages] == [
        str(heard) for heard in judged(alone.record).messages
    ]


def test_fifty_at_once(tmp_path: Path) -> None:
    """Fifty of DCMTK's SCUs at once, half C-ECHO and half C-STORE: all succeed, and each is told whole."""
    files = [path for number in range(AT_ONCE) for path in write(folder_of(tmp_path, number), study(number + 1))]
    with storing(tmp_path / "store") as port, between(tmp_path, (0, port)) as tap:
        echo = [tool("echoscu"), "-aet", "ECHO", HOST, tap.ports[0]]
        store = [tool("storescu"), "-aet", "STORE", HOST, tap.ports[0]]
        calls = [echo if number % 2 else [*store, files[number]] for number in range(AT_ONCE)]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda call: run(*call), calls))
        assert tap.end() == 0
    received = sorted(path.name for path in (tmp_path / "store").glob("*1.2.826*"))
    assert len(received) == AT_ONCE // 2
    report = told(tap.output, tmp_path / "tap.pcapng")
    names = Counter(event["message"] for event in report["events"] if event["event"] == "said")
    half = AT_ONCE // 2
    assert names == {"C-ECHO-RQ": half, "C-ECHO-RSP": half, "C-STORE-RQ": half, "C-STORE-RSP": half}
    assert [e["how"] for e in report["events"] if e["event"] == "ended"] == ["released"] * AT_ONCE
    assert (report["summary"]["associations"], report["summary"]["error"]) == (AT_ONCE, 0)
    assert read_by_tshark(tmp_path / "tap.pcapng", *tap.ports) == (2 * AT_ONCE, [])


def folder_of(tmp_path: Path, number: int) -> Path:
    """A new folder."""
    folder = tmp_path / f"study{number}"
    folder.mkdir()
    return folder


def fill(port: int, title: str, folder: Path) -> None:
    """Store a study of some instances."""
    run(tool("storescu"), "-aec", title, HOST, port, *write(folder, study(1, INSTANCES)))
