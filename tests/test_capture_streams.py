"""Raw streams, directories and several processes: what `dimse check` reads beside single captures."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import damage
from dimse.capture import Began, Ended, Said
from dimse.capture.connection import Connection
from dimse.capture.frames import segment_of
from dimse.capture.streams import follow_streams, is_stream
from dimse.cli import parallel, progress
from dimse.cli.reports.json import facts_of
from dimse.cli.sources import Source, sources
from test_capture import ANSWER, ASK, CAPTURES, NAMES, RELEASE_RP, RELEASE_RQ, associate, followed, whole
from test_dimse_cli import SCRIPT, run

REQUESTOR, ACCEPTOR = associate(1) + ASK + RELEASE_RQ, associate(2) + ANSWER + RELEASE_RP
FLOW = "192.000.002.001.50000-192.000.002.002.00104", "192.000.002.002.00104-192.000.002.001.50000"


def streams(name: str) -> list[tuple[bytes, bytes]]:
    """What each side of each connection of a capture sent."""
    found: dict[bytes, tuple[Connection, bytes, list[bytearray]]] = {}
    for packet in whole(name):
        segment = segment_of(packet)
        assert segment is not None
        if segment.path not in found and segment.way_back not in found:
            found[segment.path] = Connection(), segment.path, [bytearray(), bytearray()]
        connection, first, data = found.get(segment.path) or found[segment.way_back]
        for piece in connection.feed(0 if segment.path == first else 1, segment, packet.number, packet.time):
            assert not piece.missing
            data[piece.end].extend(piece.data)
    return [(bytes(data[0]), bytes(data[1])) for _, _, data in found.values()]


@pytest.mark.parametrize("name", NAMES)
def test_streams_of_every_capture(name: str) -> None:
    """Both sides, or one, or its P-DATA alone, in any cut: the messages of the capture; nobody accused of more."""
    events = followed(whole(name))
    expected = Counter(e.message.command for e in events if isinstance(e, Said))
    rules = Counter((e.message.command, v.rule) for e in events if isinstance(e, Said) for v in e.judgement.violations)
    for size in (1 << 20, 7):
        found: Counter[bytes] = Counter()
        for sides in streams(name):
            chunks = [[side[at : at + size] for at in range(0, len(side), size)] for side in sides]
            for given in ((chunks[0], chunks[1]), (chunks[0], []), ([], chunks[1])):
                happened = list(follow_streams((given[0], given[1])))
                said = [e for e in happened if isinstance(e, Said)]
                broken = Counter((e.message.command, v.rule) for e in said for v in e.judgement.violations)
                assert not broken - rules
                assert not [v for e in happened if isinstance(e, Ended) for v in e.violations]
                if given[0] and given[1]:
                    found += Counter(e.message.command for e in said)
                    assert all(e.association.negotiated is not None for e in happened if isinstance(e, Began))
        assert found == expected


def test_a_bare_stream_of_p_data() -> None:
    """P-DATA-TF PDUs alone are messages of an Association that was under way; rubbish behind them is passed over."""
    kinds = [type(e).__name__ for e in follow_streams(([ASK + ASK], []))]
    assert kinds == ["Began", "Said", "Said", "Ended"]
    kinds = [type(e).__name__ for e in follow_streams(([ASK + b"rubbish" + ASK], []))]
    assert kinds[:2] == ["Began", "Said"]
    assert [type(e).__name__ for e in follow_streams(([ASK[:-4]], []))] == []


def test_what_a_stream_begins_with() -> None:
    """A-ASSOCIATE and P-DATA-TF PDUs are streams; anything else is none, nor is what is too short."""
    assert is_stream(REQUESTOR)
    assert is_stream(ACCEPTOR)
    assert is_stream(ASK)
    for data in (b"", ASK[:11], b"GET / HTTP/1.1\r\n", bytes(99), b"\5\0\0\0\0\4" + bytes(9), b"\4" + bytes(20)):
        assert not is_stream(data)


def names(folder: Path, found: list[Source]) -> list[Any]:
    return [
        os.path.relpath(each.path, folder)
        if each.streams is None
        else tuple(os.path.relpath(path, folder) if path else "" for path in each.streams)
        for each in found
    ]


def test_directories_by_content(tmp_path: Path) -> None:
    """What can be read is told by what it holds, in the order of the names; pairs are one; loops are not followed."""
    for name, data in {
        "b/x.requestor.bin": REQUESTOR,
        "b/x.acceptor.bin": ACCEPTOR,
        "b/lonely.acceptor.bin": ASK,
        "b/notes.txt": b"no capture at all",
        "b/dump": damage.pcap(whole("move_dcmtk")),
        f"c/{FLOW[1]}": ACCEPTOR,
        f"c/{FLOW[0]}": REQUESTOR,
        "d.acceptor.bin": ACCEPTOR,
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    (tmp_path / "b" / "loop").symlink_to(tmp_path)
    (tmp_path / "e").symlink_to(tmp_path / "nowhere")
    found = sources([str(tmp_path)])
    assert names(tmp_path, found) == [
        ("", "d.acceptor.bin"),
        "b/dump",
        ("", "b/lonely.acceptor.bin"),
        ("b/x.requestor.bin", "b/x.acceptor.bin"),
        (f"c/{FLOW[0]}", f"c/{FLOW[1]}"),
    ]
    assert [str(each) for each in found[-1].ends] == ["192.0.2.1:50000", "192.0.2.2:104"]
    flows = [str(tmp_path / "c" / each) for each in FLOW]
    assert sources(flows)[0].streams == sources(flows[::-1])[0].streams == tuple(flows)
    assert len(sources(flows)) == 1
    told = json.loads(run("check", "--format", "json", tmp_path).output)
    assert told["summary"]["captures"] == 5
    assert told["summary"]["unread"] == []


def test_odd_pairs(tmp_path: Path) -> None:
    """Two files that both begin as an acceptor's are read each by itself; impossible addresses are not known."""
    for name in ("x.requestor.bin", "x.acceptor.bin", "999.0.0.1.104-1.0.0.1.104"):
        (tmp_path / name).write_bytes(ACCEPTOR)
    found = sources([str(tmp_path)])
    assert [sorted(path for path in each.streams or () if path) for each in found] == [
        [str(tmp_path / name)] for name in sorted(os.listdir(tmp_path))
    ]


def test_what_is_no_capture(tmp_path: Path) -> None:
    """A file that is neither capture nor stream is said by what it is not; one that nobody may read, too."""
    (tmp_path / "notes.txt").write_text("no capture")
    result = run("check", tmp_path / "notes.txt")
    assert result.exit_code == 3
    assert "neither pcap, pcapng nor a DICOM PDU begins like this" in result.output
    assert run("check", "/proc/self/mem").exit_code == 3


# Processes


def test_processes_tell_the_same(tmp_path: Path) -> None:
    """Whatever the number of processes, the same is told in the same order, of damaged files too."""
    for at, name in enumerate(NAMES[:6]):
        data = (CAPTURES / f"{name}.pcapng").read_bytes()
        (tmp_path / f"{at}.pcapng").write_bytes(data[: -10 if at == 3 else None])
        (tmp_path / f"{at}.dropped").write_bytes(damage.pcap(damage.dropped(whole(name), at)))
    for options in (["--format", "json"], ["--with-identifiers"]):
        one, three = (run("check", *options, "--jobs", jobs, tmp_path, tmp_path / "none") for jobs in ("1", "3"))
        assert one.output == three.output
        assert one.exit_code == three.exit_code == 3


def test_events_go_over_whole(tmp_path: Path) -> None:
    """What a process writes is what is read: every fact, and one Association where there was one."""
    for name in NAMES:
        path = tmp_path / name
        source = Source(str(CAPTURES / f"{name}.pcapng"))
        parallel.write(source, str(path), {}, 1 << 16)
        told = followed(whole(name), keep=1 << 16)
        read = [event for event, _ in parallel._read(str(path))]
        assert list(map(facts_of, read)) == list(map(facts_of, told))
        began = {e.association.number: e.association for e in read if isinstance(e, Began)}
        assert all(e.association is began[e.association.number] for e in read if isinstance(e, Said))


def die(source: Source, path: str, severities: dict[str, str], keep: int, profiles: tuple[str, ...]) -> None:
    """As `write`, killed at one of the captures."""
    if source.path.endswith("2.pcapng"):
        os.kill(os.getpid(), signal.SIGKILL)
    parallel.write(source, path, severities, keep, profiles)


def test_a_process_that_dies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The capture of a process that dies is said to be unread; all others are read."""
    data = (CAPTURES / "echo_to_orthanc.pcapng").read_bytes()
    found = [Source(str(tmp_path / f"{at}.pcapng")) for at in range(5)]
    for source in found:
        Path(source.path).write_bytes(data)
    told: dict[str, int] = {}
    submit = parallel.ProcessPoolExecutor.submit
    monkeypatch.setattr(
        parallel.ProcessPoolExecutor, "submit", lambda self, _, *arguments: submit(self, die, *arguments)
    )
    for source, happened in parallel.in_processes(found, {}, 0, 2, lambda _: None):
        if source.path.endswith("2.pcapng"):
            with pytest.raises(OSError, match="the process that read it died"):
                list(happened)
        else:
            told[source.path[-8]] = len(list(happened))
    assert told.keys() == set("0134")
    assert len(set(told.values())) == 1


def test_progress_is_for_terminals(tmp_path: Path) -> None:
    """A bar moves on a terminal's standard error, and nothing is written there where it is piped."""
    path = tmp_path / "long.pcap"
    packets = [packet for packet in whole("store_to_orthanc") if packet.length > 1000]
    once = damage.pcap(packets)
    path.write_bytes(once + once[24:] * (progress.LEAST // len(once) + 1))
    command = [str(SCRIPT), "check", "--jobs", "1", str(path)]
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=slave, env=environment)
    os.close(slave)
    shown = b""
    while True:
        try:
            some = os.read(master, 4096)
        except OSError:  # how Linux says that a terminal is closed
            break
        if not some:
            break
        shown += some
    os.close(master)
    assert process.wait() == 0
    assert re.search(rb"[\d.]+/[\d.]+ MB", re.sub(rb"\x1b\[[\d;]*m", b"", shown))
    piped = subprocess.run(command, check=True, capture_output=True)
    assert piped.stderr == b""


def test_jobs_are_counted() -> None:
    """Not one process, or too many, is wrong usage."""
    for wrong in ("0", "x", "1000"):
        assert run("check", "--jobs", wrong, CAPTURES / "move_dcmtk.pcapng").exit_code == 2
