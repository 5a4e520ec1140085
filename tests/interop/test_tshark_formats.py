"""tshark, editcap and mergecap beside `dimse.capture.packets`: frames, times and lengths of every file format."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

import damage
from blocks import OFFSET, RESOLUTION, Blocks
from dimse.capture import Packet, Said, packets
from test_capture import followed, whole

from .programs import path_of, run

FORMATS = ["pcap", "nsecpcap", "pcapng"]


def by_tshark(path: Path) -> list[tuple[int, str, int, int]]:
    """Number, time in seconds, length captured and length on the wire of every frame."""
    fields = ["frame.number", "frame.time_epoch", "frame.cap_len", "frame.len"]
    options = [word for field in fields for word in ("-e", field)]
    printed = run(path_of("tshark", "tshark"), "-r", path, "-T", "fields", *options)
    rows = [line.split("\t") for line in printed.splitlines() if line.count("\t") == 3]
    return [(int(number), time, int(captured), int(length)) for number, time, captured, length in rows]


def by_us(path: Path) -> list[tuple[int, str, int, int]]:
    found = packets([path.read_bytes()])
    return [(each.number, seconds(each.time), len(each.data), each.length) for each in found]


def seconds(time: int) -> str:
    return f"{time // 10**9}.{time % 10**9:09}" if time else ""


def said(given: list[Packet]) -> list[bytes]:
    return [event.message.command for event in followed(given) if isinstance(event, Said)]


@pytest.mark.parametrize("order", ["<", ">"])
def test_interfaces_and_sections(order: str, tmp_path: Path) -> None:
    """Interfaces with clocks of their own, both byte orders, older packets, unknown blocks: tshark's frames."""
    one, other = Blocks(order), Blocks("<>"[order == "<"])
    frame = whole("echo_to_orthanc")[5].data
    raw = frame[14:]
    data = one.section((1, b"comment")) + one.interface(1, (RESOLUTION, b"\x09"))
    data += one.interface(101, (RESOLUTION, b"\x03"), (OFFSET, struct.pack(f"{order}q", 86400)))
    data += one.enhanced(1, 1_700_000_000_123, raw, (1, b"comment")) + one.enhanced(0, 17 * 10**17 + 9, frame)
    data += (
        one.block(7, bytes(12))
        + one.block(0x0BAD, bytes(12))
        + one.obsolete(0, 17 * 10**17 + 10, frame)
        + one.simple(frame)
    )
    data += other.section() + other.interface(113, (RESOLUTION, b"\x94"), most=40)
    cooked = bytes(14) + b"\x08\0" + raw
    data += other.enhanced(0, 1_700_000_000 << 20 | 1 << 19, cooked[:40], length=len(cooked))
    path = tmp_path / "made.pcapng"
    path.write_bytes(data)
    theirs, ours = by_tshark(path), by_us(path)
    assert [each[0] for each in theirs] == [1, 2, 3, 4, 5, 6]
    assert ours == theirs[:2] + theirs[3:]
    assert theirs[2][1] == ""  # no packet: the custom block, which it numbers


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("most", [0, 80])
def test_editcap(form: str, most: int, tmp_path: Path) -> None:
    """What editcap converts, cut or whole, gives tshark's frames."""
    source, path = tmp_path / "whole.pcapng", tmp_path / "converted"
    source.write_bytes(damage.pcapng(whole("move_dcmtk")))
    cut = ["-s", str(most)] if most else []
    run(path_of("editcap", "tshark"), "-F", form, *cut, source, path)
    theirs = by_tshark(path)
    assert len(theirs) == len(whole("move_dcmtk"))
    assert by_us(path) == theirs


def test_mergecap(tmp_path: Path) -> None:
    """Captures of two link types merged are a pcapng with two interfaces: tshark's frames, the messages of both."""
    paths = []
    given = damage.interleaved(whole("move_dcmtk"), whole("store_dcmtk_small_pdu"))
    halves = [[each for each in given if each.data[28] == at] for at in (0, 1)]
    for at, half in enumerate((halves[0], list(damage.rewrapped(halves[1], "cooked")))):
        paths.append(tmp_path / f"{at}.pcap")
        paths[-1].write_bytes(damage.pcap(half))
    merged = tmp_path / "merged.pcapng"
    run(path_of("mergecap", "tshark"), "-w", merged, *paths)
    found = list(packets([merged.read_bytes()]))
    assert {each.link for each in found} == {1, 113}
    assert by_us(merged) == by_tshark(merged)
    assert sorted(said(found)) == sorted(said(halves[0]) + said(halves[1]))
