"""tshark beside `dimse.capture`: the bytes of damaged connections, and the messages of every recording."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import damage
from dimse.capture import Packet
from dimse.capture.fragments import Fragments
from dimse.capture.frames import segment_of
from test_capture import NAMES, followed, sidecar, whole
from test_capture_judges import by_us

from .programs import path_of, run

each = pytest.mark.parametrize("name", NAMES)
COMMAND_LAST = "0x03"
# A segment that ends within the header of a PDU: its dissector passes over that PDU and what follows it.
CUT_IN_HEADERS = {"find_cancel_late"}


def segments(given: Sequence[Packet], path: Path) -> dict[tuple[int, int], dict[int, int]]:
    """What tshark finds in each segment, byte by byte: ports to places in the stream to bytes, the first that came."""
    path.write_bytes(damage.pcap(given))
    fields = ["tcp.srcport", "tcp.dstport", "tcp.seq_raw", "tcp.payload"]
    options = [word for field in fields for word in ("-e", field)]
    printed = run(path_of("tshark", "tshark"), "-r", path, "-Y", "tcp", "-T", "fields", *options)
    found: dict[tuple[int, int], dict[int, int]] = {}
    for line in printed.splitlines():
        words = line.split("\t")
        if len(words) != len(fields):
            continue  # what it says beside, as of the user that it runs as
        stream = found.setdefault((int(words[0]), int(words[1])), {})
        for at, byte in enumerate(bytes.fromhex(words[3].replace(":", "")), int(words[2])):
            stream.setdefault(at, byte)
    return found


@each
@pytest.mark.parametrize("change", [damage.doubled, damage.reordered, damage.cut_again, damage.dropped, damage.late])
def test_bytes(name: str, change: Any, tmp_path: Path) -> None:
    """Each direction has the bytes that tshark finds in the segments, in their order, and a gap where there is one."""
    given = change(whole(name), 1)
    theirs = segments(given, tmp_path / "damaged.pcap")
    ours = {(key[1], key[3]): pieces for key, pieces in by_us(given).items() if pieces}
    assert ours.keys() <= theirs.keys()
    for key, stream in theirs.items():
        pieces = ours.get(key, [])
        places = sorted(stream)
        assert b"".join(each for each in pieces if isinstance(each, bytes)) == bytes(stream[at] for at in places)
        if any(at != before + 1 for before, at in pairwise(places)):
            assert any(isinstance(each, int) for each in pieces)


@each
def test_messages(name: str, tmp_path: Path) -> None:
    """Tshark's DICOM dissection finds as many last fragments of Command Sets as we find messages."""
    path = tmp_path / "whole.pcap"
    path.write_bytes(damage.pcap(whole(name)))
    ports = sorted({facts["dst"].rpartition(":")[2] for facts in sidecar(name)["messages"]})
    ports += [facts["src"].rpartition(":")[2] for facts in sidecar(name)["messages"]]
    as_dicom = [word for port in set(ports) for word in ("-d", f"tcp.port=={port},dicom")]
    fields = ["-Y", "dicom.pdv.flags", "-T", "fields", "-e", "dicom.pdv.flags"]
    printed = run(path_of("tshark", "tshark"), "-r", path, *as_dicom, *fields)
    flags = [flag for line in printed.splitlines() if line.startswith("0x") for flag in line.split(",")]
    said = [event for event in followed(whole(name)) if type(event).__name__ == "Said"]
    if name in CUT_IN_HEADERS:
        assert 0 < flags.count(COMMAND_LAST) < len(said)
    else:
        assert flags.count(COMMAND_LAST) == len(said)


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("order", ["in order", "reversed", "shuffled", "missing"])
def test_ip_fragments(order: str, version: int, tmp_path: Path) -> None:
    """Fragments of IP packets become the segments that tshark finds, in the same frames."""
    chance = random.Random(1)
    pieces = [damage.fragmented(packet, 48, version) for packet in whole("move_dcmtk")]
    if order == "reversed":
        pieces = [each[::-1] for each in pieces]
    given = [piece for each in pieces for piece in each]
    if order == "shuffled":  # within some packets
        keyed = [(at + chance.randrange(40), piece) for at, piece in enumerate(given)]
        given = [piece for _, piece in sorted(keyed, key=lambda each: each[0])]
    if order == "missing":
        given = [piece for piece in given if chance.random() > 0.02]
    given = damage.renumbered(given)
    path = tmp_path / "fragments.pcap"
    path.write_bytes(damage.pcap(given))
    fields = ["frame.number", "tcp.seq_raw", "tcp.payload"]
    options = [word for field in fields for word in ("-e", field)]
    printed = run(path_of("tshark", "tshark"), "-r", path, "-Y", "tcp", "-T", "fields", *options)
    rows = [line.split("\t") for line in printed.splitlines() if line.count("\t") == 2]
    theirs = [(int(frame), int(sequence), payload.replace(":", "")) for frame, sequence, payload in rows]
    fragments = Fragments()
    ours = []
    for packet in given:
        segment = segment_of(packet) or fragments.take(packet)
        if segment is not None:
            ours.append((packet.number, segment.sequence, segment.data.hex()))
    assert ours == theirs
    assert (len(ours) == len(whole("move_dcmtk"))) is (order != "missing")
