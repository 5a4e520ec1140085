"""Reassembly judged by others: the bytes that dpkt finds in the same packets, whatever was done to these."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import dpkt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import damage
from dimse.capture import Began, CaptureError, Ended, Event, Follower, Packet, Said, packets
from dimse.capture.connection import Connection
from dimse.capture.frames import segment_of
from dimse.capture.pdus import Direction
from test_capture import NAMES, whole
from test_capture_damaged import followed

each = pytest.mark.parametrize("name", NAMES)
HARMLESS = (damage.doubled, damage.reordered, damage.cut_again)
DAMAGES = (*HARMLESS, damage.dropped, damage.late)


def by_dpkt(given: Sequence[Packet]) -> dict[Any, dict[int, int]]:
    """What each side sent, byte by byte: places in its stream to bytes, the first of each that came.

    All is read before anything is put in order, so that nothing has to wait; none of these recordings wraps around, nor
    are ports used again.
    """
    found: dict[Any, dict[int, int]] = {}
    for packet in given:
        ip = dpkt.ethernet.Ethernet(packet.data).data
        tcp = ip.data
        data = tcp.data[: ip.len - ip.hl * 4 - tcp.off * 4]
        stream = found.setdefault((ip.src, tcp.sport, ip.dst, tcp.dport), {})
        for at, byte in enumerate(data, tcp.seq):
            stream.setdefault(at, byte)
    return found


def by_us(given: Sequence[Packet]) -> dict[Any, list[bytes | int]]:
    """What each side sent: bytes, and numbers of bytes that are missing between them."""
    connections: dict[bytes, tuple[bytes, Connection]] = {}
    found: dict[Any, list[bytes | int]] = {}
    for packet in given:
        segment = segment_of(packet)
        assert segment is not None
        if segment.path not in connections:
            connections[segment.path] = connections[segment.way_back] = segment.path, Connection()
        first, connection = connections[segment.path]
        source, destination = segment.source, segment.destination
        ends = [(*source, *destination), (*destination, *source)]
        if segment.path != first:
            ends.reverse()
        for key in ends:
            found.setdefault(key, [])
        for piece in connection.feed(0 if segment.path == first else 1, segment, packet.number, packet.time):
            found[ends[piece.end]].append(piece.missing or piece.data)
        connections[segment.path] = connections[segment.way_back] = first, connection
        last = packet
    for path, (first, connection) in connections.items():
        if path == first:
            sides = [key for key in found if path == key[0] + key[2] + key[1].to_bytes(2) + key[3].to_bytes(2)]
            (side,) = sides
            for piece in connection.flush(last.number, last.time):
                key = side if piece.end == 0 else (side[2], side[3], side[0], side[1])
                found[key].append(piece.missing or piece.data)
    return found


@each
@pytest.mark.parametrize("change", DAMAGES)
def test_the_bytes_of_dpkt(name: str, change: Any) -> None:
    """Each direction has the bytes that dpkt's packets carry, in their order, and a gap where these have one."""
    for seed in range(3):
        given = change(whole(name), seed)
        theirs, ours = by_dpkt(given), by_us(given)
        assert not [key for key, pieces in ours.items() if pieces and key not in theirs]
        for key, stream in theirs.items():
            places = sorted(stream)
            data = b"".join(piece for piece in ours[key] if isinstance(piece, bytes))
            gaps = sum(1 for before, at in pairwise(places) if at != before + 1)
            assert data == bytes(stream[at] for at in places)
            inner = [piece for piece in ours[key][:-1] if isinstance(piece, int)]
            assert bool(inner) >= bool(gaps)
            assert change not in HARMLESS or not inner


def facts(events: Sequence[Event]) -> list[str]:
    """What is said of each event, associations by their numbers."""
    names = ("frame", "time", "sender", "number", "message", "missing", "reason", "how", "by", "text", "violations")
    found = []
    for event in events:
        told = [repr(getattr(event, name, None)) for name in names]
        rules = [str(each) for each in event.judgement.violations] if isinstance(event, Said) else []
        found.append(f"{type(event).__name__} {told} {rules}")
    return found


@each
def test_what_is_swallowed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is handed on at once, unlooked at, makes the same events as what is looked at."""
    changed = [whole(name), *(change(whole(name), 1) for change in DAMAGES)]
    changed += [damage.cut(whole(name), 200)]
    quick = [facts(followed(packets)) for packets in changed]
    monkeypatch.setattr(Direction, "swallow", lambda *_: False)
    assert [facts(followed(packets)) for packets in changed] == quick


FORMS = [form(whole("move_dcmtk")[:40]) for form in (damage.pcap, damage.pcapng)]
FORMS += [
    damage.pcapng(whole("echo_to_orthanc"), ">"),
    damage.pcap(list(damage.rewrapped(whole(NAMES[0])[:20], "IPv6"))),
]
CHANGES = st.lists(st.tuples(st.integers(0, 1 << 20), st.binary(max_size=6)), max_size=8)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(FORMS), CHANGES, st.data())
def test_mutated_captures(form: bytes, changes: list[tuple[int, bytes]], data: st.DataObject) -> None:
    """Whatever is changed in a capture, it is read as far as it goes, or a `CaptureError` says where it ends."""
    mutated = bytearray(form)
    for place, replacement in changes:
        at = place % len(mutated)
        mutated[at : at + len(replacement)] = replacement
    end = data.draw(st.integers(0, len(mutated)))
    follower = Follower()
    events: list[Event] = []
    try:
        for packet in packets([bytes(mutated[:end]), bytes(mutated[end:])]):
            events += follower.feed(packet)
    except CaptureError as error:
        where = error.offset
    else:
        where = len(mutated)
    assert 0 <= where <= len(mutated)
    events += follower.close()
    began = {event.association.number for event in events if isinstance(event, Began)}
    assert began <= {event.association.number for event in events if isinstance(event, Ended)}
