"""`dimse.capture`: recordings of eight implementations against their descriptions, in every file and link format."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import damage
from dimse import C_ECHO_RQ, to_pdus
from dimse.capture import Began, CaptureError, Encrypted, Ended, Event, Fault, Follower, Gap, Packet, Said, packets
from dimse.capture.associate import abort_text, read_accept, read_request, reject_text
from dimse.capture.frames import ACK, FIN, RST, SYN, segment_of

HERE = Path(__file__).parent
CAPTURES = HERE / "captures"
NAMES = sorted(path.stem for path in CAPTURES.glob("*.pcapng"))
each = pytest.mark.parametrize("name", NAMES)
RELEASE_RQ, RELEASE_RP = b"\5\0\0\0\0\4\0\0\0\0", b"\6\0\0\0\0\4\0\0\0\0"


def sidecar(name: str) -> Any:
    return json.loads((CAPTURES / f"{name}.json").read_text("utf-8"))


@cache
def whole(name: str) -> tuple[Packet, ...]:
    return tuple(packets([(CAPTURES / f"{name}.pcapng").read_bytes()]))


def followed(given: Iterable[Packet], **options: Any) -> list[Event]:
    return list(Follower(**options).follow(given))


@each
def test_messages(name: str) -> None:
    """Number, order, side, frame, context, type and bytes are those of the description, and so are the values."""
    said = [event for event in followed(whole(name), keep=1 << 20) if isinstance(event, Said)]
    described = [facts for facts in sidecar(name)["messages"] if facts["complete"]]
    assert len(said) == len(described)
    for event, facts in zip(said, described, strict=True):
        primitive = event.message.primitive
        association = event.association
        ends = (association.requestor, association.acceptor)
        source, destination = ends if event.sender == "requestor" else ends[::-1]
        assert (event.number, association.number - 1, event.sender) == (facts["n"], facts["association"], facts["from"])
        assert (str(source), str(destination)) == (facts["src"], facts["dst"])
        assert (event.frame, event.message.context_id) == (facts["frames"][-1], facts["context"])
        assert facts["message"] == primitive.MESSAGES[primitive.role].NAME
        assert event.message.command.hex() == facts["command"]["hex"]
        for element in facts["elements"]:
            if hasattr(primitive, element["keyword"]) and element["vr"] in ("US", "UI", "AE", "LO"):
                value = element["value"]
                assert getattr(primitive, element["keyword"]) == (value.strip() if isinstance(value, str) else value)
        kept = event.message.data_set
        assert (kept is not None) is facts["data_set"]["present"]
        assert kept is None or len(kept.first) == kept.size == facts["data_set"]["length"]


@each
def test_associations(name: str) -> None:
    """Titles, contexts, roles, windows and ends are those of the description."""
    events = followed(whole(name))
    ended = sorted((e for e in events if isinstance(e, Ended)), key=lambda e: e.association.number)
    described = sidecar(name)["associations"]
    assert [e.association.number - 1 for e in ended] == [facts["index"] for facts in described]
    for event, facts in zip(ended, described, strict=True):
        found = event.association.negotiated
        assert found is not None
        assert (found.calling, found.called) == (facts["calling_ae"].strip(), facts["called_ae"].strip())
        assert found.application_context == facts["application_context"]
        contexts = [
            {
                "id": number,
                "abstract_syntax": context.abstract_syntax,
                "proposed": list(context.proposed),
                "result": context.result,
                "transfer_syntax": context.transfer_syntax,
            }
            for number, context in found.contexts.items()
        ]
        blank = {"result": None, "transfer_syntax": None}
        assert contexts == [blank | context for context in facts["presentation_contexts"]]
        for side, told in ((found.requestor, "requestor"), (found.acceptor, "acceptor")):
            information = facts.get(f"{told}_user_information", {})
            assert side.maximum_length == information.get("max_pdu")
            assert side.implementation == information.get("implementation_class_uid")
            window = information.get("async_operations_window")
            assert window is None or side.window == tuple(window.values())
        how = {"release": "released", "abort": "aborted"}.get(facts["end"]["how"], facts["end"]["how"])
        assert event.how == how or (event.how in ("closed", "reset") and how not in ("released", "aborted", "rejected"))
        assert event.by == facts["end"].get("by") or event.how not in ("released", "aborted")


@each
def test_judgements(name: str) -> None:
    """What is wrong is what `judgements.json` argues for."""
    argued = json.loads((HERE / "judgements.json").read_text("utf-8"))
    events = followed(whole(name))
    found = [(e.number, v.rule, v.text) for e in events if isinstance(e, Said) for v in e.judgement.violations]
    assert found == [(e["n"], e["rule"], e["text"]) for e in argued if e["file"] == name and e["n"] > 0]


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("form", ["pcap", "pcap ns", "pcapng", "simple"])
def test_file_formats(form: str, order: str) -> None:
    """Every file format gives the same packets, in one chunk and byte by byte."""
    given = whole("move_partial_dcmtk")
    if form.startswith("pcap "):
        data = damage.pcap(given, order, nanoseconds=True)
    elif form == "pcap":
        data = damage.pcap(given, order)
    else:
        data = damage.pcapng(given, order, simple=form == "simple")
    for chunks in ([data], (data[at : at + 1] for at in range(len(data)))):
        found = list(packets(chunks))
        if form == "simple":
            assert found == [packet._replace(time=0) for packet in given]
        elif form == "pcap":
            assert found == [packet._replace(time=packet.time // 1000 * 1000) for packet in given]
        else:
            assert found == list(given)


@pytest.mark.parametrize("link", damage.LINKS)
def test_link_types(link: str) -> None:
    """Every link type, and IPv4 and IPv6, give the same messages."""
    given = whole("move_partial_dcmtk")
    plain, found = (
        [(e.number, e.frame, e.message.command) for e in followed(packets) if isinstance(e, Said)]
        for packets in (given, damage.rewrapped(given, link))
    )
    assert found == plain
    assert len(found) == 13


def until_damaged(data: bytes) -> tuple[list[Packet], CaptureError | None]:
    found: list[Packet] = []
    try:
        for packet in packets([data]):
            found.append(packet)
    except CaptureError as error:
        return found, error
    return found, None


def test_every_cut_of_a_file() -> None:
    """A file that ends anywhere gives the packets before that, and says so, unless a packet ends there."""
    given = whole("echo_to_orthanc")[:4]
    for data in (damage.pcap(given), damage.pcapng(given)):
        for end in range(len(data)):
            found, error = until_damaged(data[:end])
            assert error is None or error.offset <= end
            assert [packet.data for packet in found] == [packet.data for packet in given[: len(found)]]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "neither pcap, pcapng nor a DICOM PDU"),
        (b"PK\3\4 a zip file", "neither pcap, pcapng nor a DICOM PDU"),
        (b"\x0a\x0d\x0d\x0a\x1c\0\0\0ABCD" + bytes(16), "without a byte order"),
        (damage.pcapng(whole(NAMES[0])[:1]) + b"\6\0\0\0\7\0\0\0", "a block of 7 bytes"),
        (damage.pcapng(whole(NAMES[0])[:1]) + b"\6\0\0\0\x20\0\0\0\7" + bytes(23), "of no interface"),
        (damage.pcap(whole(NAMES[0])[:1]) + bytes(8) + b"\xff" * 8, "more than"),
    ],
)
def test_no_capture(data: bytes, reason: str) -> None:
    """What is no capture, or no longer one, is said."""
    with pytest.raises(CaptureError, match=re.escape(reason)):
        list(packets([data]))


def test_every_cut_of_a_packet() -> None:
    """A packet cut anywhere, or of any other link type, gives a segment or none."""
    for packet in list(whole("echo_to_orthanc")[:4]):
        for link in damage.LINKS:
            (given,) = damage.rewrapped([packet], link)
            for end in range(len(given.data)):
                segment = segment_of(given._replace(data=given.data[:end]))
                assert segment is None or segment.missing >= 0
        assert segment_of(packet._replace(link=147)) is None


# Connections made by hand


class Wire:
    """A connection from port 40000 to port 443, packet by packet."""

    def __init__(self, host: int = 1) -> None:
        self.host = host
        self.sequence = [100, 0xFFFF_FFF0]  # the acceptor's wraps around
        self.packets: list[Packet] = []

    def send(self, end: int, data: bytes = b"", flags: int = ACK) -> Wire:
        ports = (40000, 443) if end == 0 else (443, 40000)
        head = b"".join(port.to_bytes(2, "big") for port in ports)
        head += b"".join(
            (number & 0xFFFF_FFFF).to_bytes(4, "big") for number in (self.sequence[end], self.sequence[1 - end])
        )
        tcp = head + bytes((0x50, flags)) + bytes(6) + data
        ip = (
            b"\x45\0"
            + (20 + len(tcp)).to_bytes(2, "big")
            + bytes(5)
            + b"\6\0\0"
            + bytes((10, 0, 0, self.host)) * 2
            + tcp
        )
        number = len(self.packets) + 1
        self.packets.append(Packet(number, number, 101, ip, len(ip)))
        self.sequence[end] += len(data) + bool(flags & (SYN | FIN))
        return self

    def open(self) -> Wire:
        return self.send(0, flags=SYN).send(1, flags=SYN | ACK)

    def events(self) -> list[Event]:
        return followed(damage.renumbered(self.packets))


def associate(kind: int, *, calling: bytes = b"ECHOSCU") -> bytes:
    syntax = b"\x30\0\0\x111.2.840.10008.1.1" if kind == 1 else b""
    transfer = b"\x40\0\0\x111.2.840.10008.1.2"
    context = b"\1\0\0\0" + syntax + transfer
    body = b"\0\1\0\0" + b"ANY".ljust(16) + calling.ljust(16) + bytes(32)
    body += b"\x10\0\0\x151.2.840.10008.3.1.1.1"
    body += bytes((0x20 + kind - 1, 0)) + len(context).to_bytes(2, "big") + context
    return bytes((kind, 0)) + len(body).to_bytes(4, "big") + body


ECHO = C_ECHO_RQ(MessageID=7, AffectedSOPClassUID="1.2.840.10008.1.1")
ASK, ANSWER = (
    b"".join(p.encode() for p in to_pdus(m.encode(), context_id=1, max_length=0))
    for m in (ECHO, ECHO.respond(Status=0))
)


def kinds(events: Iterable[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


def test_any_port() -> None:
    """An Association is found on the port of HTTPS."""
    wire = Wire().open().send(0, associate(1)).send(1, associate(2)).send(0, ASK).send(1, ANSWER)
    events = wire.send(0, RELEASE_RQ).send(1, RELEASE_RP).events()
    assert kinds(events) == ["Began", "Said", "Said", "Ended"]
    assert isinstance(events[0], Began)
    assert events[0].association.from_start
    assert events[0].association.name("requestor") == "ECHOSCU"


def test_byte_by_byte() -> None:
    """Segments of one byte give the same."""
    wire = Wire().open()
    for end, data in ((0, associate(1)), (1, associate(2)), (0, ASK), (1, ANSWER), (0, RELEASE_RQ), (1, RELEASE_RP)):
        for byte in data:
            wire.send(end, bytes((byte,)))
    assert kinds(wire.events()) == ["Began", "Said", "Said", "Ended"]


def test_tls() -> None:
    """TLS is said, once."""
    wire = Wire().open().send(0, b"\x16\3\1\2\0\1\0").send(1, b"\x16\3\3\0\1").send(0, ASK)
    (event,) = wire.events()
    assert isinstance(event, Encrypted)
    assert (str(event.client), str(event.server)) == ("10.0.0.1:40000", "10.0.0.1:443")


@pytest.mark.parametrize(
    "first", [b"GET / HTTP/1.1\r\n", b"\1\0\0\0\0\4abcd", b"\1\0\0\0\0\0", b"\1\0\0\xff\xff\xff\xff"]
)
def test_other_protocols(first: bytes) -> None:
    """What is no DICOM gives nothing, whatever comes in it."""
    assert Wire().open().send(0, first).send(0, ASK).send(1, ANSWER).send(0, flags=RST).events() == []
    assert Wire().open().send(1, b"220 mail").send(0, associate(1)).events() == []


def test_joined_late() -> None:
    """Of an Association that was under way, messages are found, and nothing is held against anybody."""
    wire = Wire().send(0, b"end of something").send(1, ANSWER).send(0, ASK).send(1, ANSWER).send(0, RELEASE_RQ)
    events = wire.send(1, RELEASE_RP).send(0, flags=FIN | ACK).send(1, flags=FIN | ACK).events()
    assert kinds(events) == ["Began", "Said", "Said", "Said", "Ended"]
    assert isinstance(events[0], Began)
    assert not events[0].association.from_start
    assert events[0].association.name("acceptor") == "10.0.0.1:443"
    assert [e.judgement.violations for e in events if isinstance(e, Said)] == [()] * 3
    assert isinstance(events[-1], Ended)
    assert events[-1].how == "released"


def test_a_fault() -> None:
    """What makes no message is said of its sender; later messages are found."""
    begun = Wire().open().send(0, associate(1)).send(1, associate(2)).send(0, b"\4\0\0\0\0\7\0\0\0\3\2\1A" + ASK)
    events = begun.send(0, ASK).send(1, ANSWER).send(0, b"\7\0\0\0\0\4\0\0\2\2").events()
    assert kinds(events) == ["Began", "Fault", "Said", "Said", "Ended"]
    assert isinstance(events[1], Fault)
    assert events[1].sender == "requestor"
    assert isinstance(events[-1], Ended)
    assert (events[-1].how, events[-1].text) == ("aborted", "service provider: unexpected PDU")


def test_no_pdu() -> None:
    """A type that no PDU has, or a control PDU without end, is a fault."""
    for data in (b"\x55\0\0\0\0\4abcd", b"\7\0\xff\xff\xff\xff"):
        events = Wire().open().send(0, associate(1)).send(1, associate(2)).send(0, data).events()
        assert kinds(events) == ["Began", "Fault", "Ended"]


def test_ends() -> None:
    """How an Association ends that nobody releases."""
    begun = Wire().open().send(0, associate(1))
    rejected = Wire().open().send(0, associate(1)).send(1, b"\3\0\0\0\0\4\0\1\1\7").events()
    assert [(e.how, e.text) for e in rejected if isinstance(e, Ended)] == [
        ("rejected", "rejected-permanent, called AE title not recognized (service user)")
    ]
    assert [e.how for e in begun.events() if isinstance(e, Ended)] == ["unfinished"]
    reset = begun.send(1, associate(2)).send(0, ASK[:20]).send(0, flags=RST).events()
    assert [(e.how, e.text) for e in reset if isinstance(e, Ended)] == [
        ("reset", "of the requestor, the stream ends within a P-DATA-TF PDU")
    ]


def test_the_same_ports_again() -> None:
    """Another connection between the same ports is another Association."""
    first = Wire().open().send(0, associate(1)).send(1, associate(2)).send(0, ASK)
    second = Wire()
    second.sequence = [999, 77]
    second.open().send(0, associate(1)).send(1, associate(2)).send(0, ASK).send(1, ANSWER)
    events = followed(damage.renumbered(first.packets + second.packets))
    assert [e.association.number for e in events if isinstance(e, Said)] == [1, 2, 2]


def test_two_on_one_connection() -> None:
    """An A-ASSOCIATE-RQ behind a release begins another Association; one without any release, too."""
    wire = Wire().open()
    for end in (RELEASE_RQ, b"", RELEASE_RQ):
        wire.send(0, associate(1)).send(1, associate(2)).send(0, ASK).send(1, ANSWER)
        if end:
            wire.send(0, end).send(1, RELEASE_RP)
    hows = [(e.association.number, e.how) for e in wire.events() if isinstance(e, Ended)]
    assert hows == [(1, "released"), (2, "unfinished"), (3, "released")]


def test_what_is_held_is_bounded() -> None:
    """A hole that is never filled becomes a gap once enough has come behind it."""
    wire = Wire().open().send(0, associate(1)).send(1, associate(2))
    wire.sequence[0] += 1000
    for _ in range(600):
        wire.send(0, ASK)
    follower = Follower()
    events = [event for packet in damage.renumbered(wire.packets) for event in follower.feed(packet)]
    (gap,) = [event for event in events if isinstance(event, Gap)]
    assert (gap.missing, gap.sender) == (1000, "requestor")
    assert kinds(events).count("Said") > 500


def test_many_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of too many connections the one that was silent longest is given up."""
    monkeypatch.setattr("dimse.capture.follow.MOST_CONNECTIONS", 2)
    wires = [Wire(host).open().send(0, associate(1)).send(1, associate(2)) for host in (1, 2, 3)]
    follower = Follower()
    events = [event for wire in wires for packet in wire.packets for event in follower.feed(packet)]
    assert [str(e.association.requestor) for e in events if isinstance(e, Ended)] == ["10.0.0.1:40000"]


def test_held_among_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is held back among all connections is bounded, too."""
    monkeypatch.setattr("dimse.capture.follow.MOST_HELD", 500)
    wire = Wire().open().send(0, associate(1)).send(1, associate(2))
    wire.sequence[0] += 10
    follower = Follower()
    events = [e for packet in wire.send(0, ASK).send(0, ASK).packets for e in follower.feed(packet)]
    assert kinds(events) == ["Began", "Gap", "Said", "Said"]


def test_pdus_cut_anywhere() -> None:
    """A-ASSOCIATE PDUs cut anywhere are read as far as they go; reasons nobody knows are numbers."""
    for end in range(len(associate(1))):
        found = read_request(associate(1)[:end])
        read_accept(associate(2)[:end], found)
    assert reject_text(b"\3\0\0\0\0\4\0\x09\x09\x09") == "result 9, reason 9 (source 9)"
    assert abort_text(b"\7\0\0\0\0\4\0\0\2\x63") == "service provider: reason 99"
    assert abort_text(b"\7\0\0\0\0\4") == "service user"
