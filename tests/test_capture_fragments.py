"""IP packets in fragments: the same messages, or a said gap, and bounded memory whatever comes."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import zip_longest

import dpkt
import pytest

import damage
from dimse.capture import Ended, Follower, Gap, Packet
from dimse.capture.fragments import MOST_BYTES, MOST_PACKETS, PATIENCE, Fragments
from dimse.capture.frames import segment_of
from test_capture import ACK, ANSWER, ASK, Wire, associate, kinds, whole
from test_capture_damaged import broken, expected, followed, said

names = pytest.mark.parametrize("name", ["move_dcmtk", "store_to_orthanc"])
versions = pytest.mark.parametrize("version", [4, 6])


def pieces(name: str, version: int) -> list[list[Packet]]:
    """The packets of a recording, each in its fragments."""
    return [damage.fragmented(packet, 64, version) for packet in whole(name)]


def commands(given: Sequence[Packet]) -> list[bytes]:
    events = followed(damage.renumbered(given))
    assert not [event for event in events if isinstance(event, Gap)]
    return sorted(command for *_, command in said(events))


@names
@versions
@pytest.mark.parametrize("order", ["in order", "reversed", "shuffled", "doubled", "interleaved"])
def test_harmless(name: str, version: int, order: str) -> None:
    """In whatever order the fragments of packets come: the same messages, and no gap."""
    chance = random.Random(1)
    given = pieces(name, version)
    if order == "reversed":
        given = [each[::-1] for each in given]
    elif order == "shuffled":
        given = [chance.sample(each, len(each)) for each in given]
    elif order == "doubled":
        given = [[piece for piece in each for _ in range(2)][:-1] for each in given]
    elif order == "interleaved":  # of eight packets at once
        groups = [given[at : at + 8] for at in range(0, len(given), 8)]
        given = [[piece for row in zip_longest(*group) for piece in row if piece is not None] for group in groups]
    flat = [piece for each in given for piece in each]
    assert len(flat) > 2 * len(whole(name))
    assert commands(flat) == sorted(command for *_, command in expected(name)[0])


@names
@versions
def test_missing(name: str, version: int) -> None:
    """A fragment is missing: nothing is read that was not said, what is not read is a said gap, nobody is accused."""
    messages = sorted(command for *_, command in expected(name)[0])
    for seed in range(6):
        chance = random.Random(seed)
        flat = [piece for each in pieces(name, version) for piece in each if chance.random() > 0.01]
        events = followed(damage.renumbered(flat))
        found = sorted(command for *_, command in said(events))
        assert not [command for command in found if command not in messages]
        assert not broken(events)
        unsure = [e for e in events if isinstance(e, Gap) or (isinstance(e, Ended) and e.how != "released")]
        assert found == messages or unsure


@names
@versions
def test_cut(name: str, version: int) -> None:
    """Fragments cut by a snapshot length: nothing is read that was not said, and nobody is accused."""
    messages, _ = expected(name)
    for most in (60, 90, 110):
        flat = [piece for each in pieces(name, version) for piece in each]
        events = followed(damage.cut(damage.renumbered(flat), most))
        assert not {command for *_, command in said(events)} - {command for *_, command in messages}
        assert not broken(events)


def ip(tcp: bytes, number: int) -> dpkt.ip.IP:
    """A whole IP packet that dpkt has made."""
    addresses = {"src": bytes((10, 0, 0, 1)), "dst": bytes((10, 0, 0, 2))}
    return dpkt.ip.IP(**addresses, p=6, id=number, data=tcp, len=20 + len(tcp))


def packet(data: bytes, time: int = 1) -> Packet:
    return Packet(1, time, 101, data, len(data))


def tcp(data: bytes) -> bytes:
    return bytes(dpkt.tcp.TCP(sport=40000, dport=104, seq=1, ack=2, flags=ACK, data=data))


def test_fragments_of_dpkt() -> None:
    """What dpkt cuts into fragments gives the segment that the whole packet has."""
    for size in (8, 24, 1480):
        cut = dpkt.ip.IP(bytes(ip(tcp(bytes(range(256)) * 12), 7)))
        fragments = Fragments()
        given = [packet(bytes(each)) for each in dpkt_fragments(cut, size)]
        assert [fragments.take(each) for each in given[:-1]] == [None] * (len(given) - 1)
        assert fragments.take(given[-1]) == segment_of(packet(bytes(cut)))
        assert fragments.held == 0


def dpkt_fragments(given: dpkt.ip.IP, size: int) -> Iterator[dpkt.ip.IP]:
    body = bytes(given.data)
    for at in range(0, len(body), size):
        part = body[at : at + size]
        piece = ip(part, given.id)
        piece.mf, piece.offset, piece.p = int(at + size < len(body)), at // 8, 6
        yield piece


def part(offset: int, data: bytes, *, more: bool, number: int = 7, time: int = 1) -> Packet:
    """A fragment of IPv4; its offset in bytes."""
    head = b"\x45\0" + (20 + len(data)).to_bytes(2, "big") + number.to_bytes(2, "big")
    head += (more << 13 | offset // 8).to_bytes(2, "big") + b"\x40\6\0\0" + bytes((10, 0, 0, 1, 10, 0, 0, 2))
    return packet(head + data, time)


BODY = tcp(b"x" * 20 + b"y" * 24)


@pytest.mark.parametrize(
    "other",
    [
        part(8, bytes(16), more=True),  # within
        part(0, bytes(8), more=True),  # the same place, otherwise
        part(16, bytes(16), more=True),  # its end
        part(0, BODY[:40], more=True),  # the same bytes and more, as RFC 8200 has it an overlap, too
        part(8, bytes(8), more=False),  # another end
    ],
)
def test_overlaps(other: Packet) -> None:
    """A packet whose fragments overlap is given up, and what else comes of it with it."""
    fragments = Fragments()
    for each in (part(0, BODY[:24], more=True), other, part(24, BODY[24:], more=False), other):
        assert fragments.take(each) is None
    again = [part(0, BODY[:24], more=True, number=8), part(24, BODY[24:], more=False, number=8)]
    assert [each is not None for each in map(fragments.take, again)] == [False, True]


def test_beyond_the_end() -> None:
    """Nothing stands behind the last fragment, whichever comes first."""
    end, beyond = part(24, BODY[24:32], more=False), part(40, BODY[40:48], more=True)
    for first, second in ((end, beyond), (beyond, end)):
        fragments = Fragments()
        for each in (first, second, part(0, BODY[:24], more=True), part(32, BODY[32:40], more=True)):
            assert fragments.take(each) is None


def test_identification_used_again() -> None:
    """After as long as hosts wait, the rest of one packet is no part of another one of the same identification."""
    later = 1 + PATIENCE + 1
    fragments = Fragments()
    assert fragments.take(part(0, b"\xee" * 24, more=True)) is None
    assert fragments.take(part(0, BODY[:24], more=True, time=later)) is None
    segment = fragments.take(part(24, BODY[24:], more=False, time=later))
    assert segment == segment_of(packet(bytes(ip(BODY, 7))))


def test_longer_than_packets_are() -> None:
    """A packet that would be longer than any is given up: the fragment that says so, and those before it."""
    fragments = Fragments()
    assert fragments.take(part(0, BODY[:24], more=True)) is None
    assert fragments.take(part(65528, bytes(1000), more=False)) is None
    assert fragments.take(part(24, BODY[24:], more=False)) is None
    assert fragments.held < 1000


@pytest.mark.parametrize("hostile", ["first ones", "middle ones", "ends", "empty", "uneven", "one packet", "large"])
def test_memory(hostile: str) -> None:
    """However many fragments come of which nothing is ever whole, what is held is bounded."""
    fragments = Fragments()
    most = 0
    for number in range(40_000):
        at = number % 65536
        given = {
            "first ones": lambda at=at: part(0, bytes(24), more=True, number=at),
            "middle ones": lambda at=at: part(800, bytes(24), more=True, number=at),
            "ends": lambda at=at: part(65504, bytes(24), more=False, number=at),
            "empty": lambda at=at: part(8 * (at % 8000), b"", more=True, number=at),
            "uneven": lambda at=at: part(8 * (at % 8000), bytes(7), more=True, number=at),
            "one packet": lambda at=at: part(16 * (at * 7 % 4000), bytes(8), more=True),
            "large": lambda at=at: part(8, bytes(32_000), more=True, number=at),
        }[hostile]()
        assert fragments.take(given) is None
        most = max(most, fragments.held)
        assert len(fragments._parts) <= MOST_PACKETS
    assert most <= MOST_BYTES
    assert fragments.held == sum(each.costs for each in fragments._parts.values())


def test_every_cut_of_a_fragment() -> None:
    """A fragment that the capture cut anywhere, of any version, gives nothing or what is left of the segment."""
    for version in (4, 6):
        for given in (whole("move_dcmtk")[5], whole("move_dcmtk")[8]):
            first, *others = damage.fragmented(given, 32, version)
            for end in range(len(first.data)):
                fragments = Fragments()
                found = [fragments.take(each) for each in (first._replace(data=first.data[:end]), *others)]
                segment = found[-1] if others else None
                assert segment is None or segment.data == b""


def test_of_an_association() -> None:
    """A request in fragments of which the last is missing is a gap, and its answer is held against nobody."""
    wire = Wire().open().send(0, associate(1)).send(1, associate(2)).send(0, ASK).send(1, ANSWER)
    given = [each._replace(data=bytes(12) + b"\x08\0" + each.data, link=1) for each in wire.packets]
    broken_up = [*given[:4], *damage.fragmented(given[4], 24)[:-1], *given[5:]]
    events = list(Follower().follow(damage.renumbered(broken_up)))
    assert kinds(events) == ["Began", "Gap", "Said", "Ended"]
    assert not broken(events)
