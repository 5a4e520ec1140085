"""Any bytes as a capture, packets or streams: events, or a `CaptureError` that says where; never anything else.

The first byte says what an input is: the bytes of a file; a script of segments of two hosts, in packets or fragments of
packets whose headers are right; or the streams of two sides. What is held stays bounded, and every Association that
began ends.
"""

from __future__ import annotations

from collections.abc import Iterator

from dimse.capture import Began, CaptureError, Ended, Event, Follower, Packet, Said, packets
from dimse.capture.fragments import MOST_BYTES
from dimse.capture.streams import follow_streams
from fuzz.fuzz_assembler import COMMANDS
from fuzz.seeds import pdu, pdv

KINDS = 4
RELEASE = b"\5\0\0\0\0\4\0\0\0\0", b"\6\0\0\0\0\4\0\0\0\0"
HOSTS = bytes((192, 0, 2, 1)), bytes((192, 0, 2, 2))
PORTS = (50000).to_bytes(2, "big"), (104).to_bytes(2, "big")
FIN, SYN, RST, ACK = 1, 2, 4, 16


def associate(kind: int) -> bytes:
    """An A-ASSOCIATE-RQ, or -AC, of one context."""
    syntax = b"\x30\0\0\x111.2.840.10008.1.1" * (kind == 1)
    context = b"\1\0\0\0" + syntax + b"\x40\0\0\x111.2.840.10008.1.2"
    body = b"\0\1\0\0" + b"CALLED".ljust(16) + b"CALLING".ljust(16) + bytes(32)
    body += bytes((0x1F + kind, 0)) + len(context).to_bytes(2, "big") + context
    return bytes((kind, 0)) + len(body).to_bytes(4, "big") + body


PDUS = (associate(1), associate(2), *(pdu(pdv(1, 3, each)) for each in COMMANDS), *RELEASE, pdu(pdv(1, 2, bytes(20))))


def target(data: bytes) -> int:
    """Follow what the bytes are; the number of events."""
    kind, body = data[:1], data[1:]
    if not kind:
        return 0
    if kind[0] % KINDS == 0:
        found = of_file(body)
    elif kind[0] % KINDS == 1:
        middle = len(body) // 2
        found = list(follow_streams(([body[:middle]], [body[middle:]])))
    else:
        found = of_packets(scripted(body, in_fragments=kind[0] % KINDS == 3))
    check(found)
    return len(found)


def of_file(data: bytes) -> list[Event]:
    """The events of a file, the same whole and in small pieces."""
    whole, error = read([data])
    pieces, again = read(data[at : at + 7] for at in range(0, len(data), 7))
    assert pieces == whole, (pieces, whole)
    assert (error and (error.offset, error.reason)) == (again and (again.offset, again.reason)), (error, again)
    assert error is None or 0 <= error.offset <= len(data), error
    return of_packets(iter(whole))


def read(chunks: Iterator[bytes] | list[bytes]) -> tuple[list[Packet], CaptureError | None]:
    """The packets, and what ended them."""
    found: list[Packet] = []
    try:
        for packet in packets(chunks):
            found.append(packet)
    except CaptureError as error:
        return found, error
    return found, None


def of_packets(given: Iterator[Packet]) -> list[Event]:
    """The events of packets."""
    follower = Follower()
    found: list[Event] = []
    for packet in given:
        found += follower.feed(packet)
        assert follower._fragments.held <= MOST_BYTES
    return [*found, *follower.close()]


def check(found: list[Event]) -> None:
    """Each Association ends once, after all else of it; messages are counted."""
    open_now: set[int] = set()
    over: set[int] = set()
    numbers: list[int] = []
    for event in found:
        association = getattr(event, "association", None)
        assert association is None or association.number not in over, event
        if isinstance(event, Began):
            open_now.add(association.number)
        elif isinstance(event, Ended):
            over.add(association.number)
        elif isinstance(event, Said):
            assert association.number in open_now, event
            assert all(str(each) for each in event.judgement.violations)
            numbers.append(event.number)
    assert open_now <= over, open_now - over
    assert numbers == list(range(1, len(numbers) + 1))


def scripted(script: bytes, *, in_fragments: bool) -> Iterator[Packet]:
    """Segments whose headers are right: what is sent, by whom, how far from where it belongs, in three bytes."""
    sequence = [1000, 0xFFFF_FF00]
    number = 0
    for at in range(0, len(script) - 2, 3):
        what, how, where = script[at : at + 3]
        end = how & 1
        flags = (SYN, SYN | ACK, FIN | ACK, RST)[what % 4] if what >= 0xF0 else ACK
        data = b"" if what >= 0xF0 else PDUS[what % len(PDUS)]
        data = data[: 1 + len(data) * (how >> 4) // 15]
        start = sequence[end] + (where - 128 if how & 2 else 0)
        numbers = (start & 0xFFFF_FFFF).to_bytes(4, "big") + (sequence[1 - end] & 0xFFFF_FFFF).to_bytes(4, "big")
        tcp = PORTS[end] + PORTS[1 - end] + numbers + bytes((0x50, flags)) + bytes(6) + data
        if not how & 4:
            sequence[end] += len(data) + bool(flags & (SYN | FIN))
        for body, place in cut(tcp, where) if in_fragments else [(tcp, 0)]:
            number += 1
            head = b"\x45\0" + (20 + len(body)).to_bytes(2, "big") + bytes((0, what & 7))
            head += place.to_bytes(2, "big") + b"\x40\6\0\0" + HOSTS[end] + HOSTS[1 - end]
            seen = (head + body)[: 20 + where] if how & 8 else head + body
            yield Packet(number, number * 10**9, 101, seen, len(head) + len(body))


def cut(tcp: bytes, where: int) -> Iterator[tuple[bytes, int]]:
    """Fragments of a packet with the field that says where each stands; some are missing, overlap or come twice."""
    size = 8 * (1 + where % 16)
    for count, start in enumerate(range(0, len(tcp), size)):
        place = start // 8 + (where == 0x7F)
        if (where >> 4) != count + 1:
            yield tcp[start : start + size], place | 0x2000 * (start + size < len(tcp))
        if where >= 0xF0:
            yield tcp[start : start + size], place | 0x2000
