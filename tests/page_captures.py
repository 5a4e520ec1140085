"""Captures for the report page, made from bytes: a bad conversation, a hostile one, a long one. For the tests alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import damage
from dimse import C_ECHO_RQ, C_MOVE_RQ, C_STORE_RQ, to_pdus
from dimse.capture import Packet
from test_capture import RELEASE_RP, RELEASE_RQ, Wire

IMPLICIT = "1.2.840.10008.1.2"
VERIFICATION, MOVE, CT = "1.2.840.10008.1.1", "1.2.840.10008.5.1.4.1.2.2.2", "1.2.840.10008.5.1.4.1.1.2"
MARKUP = "</script><img src=x onerror=alert(1)>"
TEMPLATE = "{{7*7}}${7*7}<%=7%>"
LONG_UID = "1." * 32_000 + "7"


def item(kind: int, value: bytes) -> bytes:
    return bytes((kind, 0)) + len(value).to_bytes(2, "big") + value


def associate(kind: int, calling: bytes, called: bytes, syntaxes: Sequence[str] = (VERIFICATION, MOVE, CT)) -> bytes:
    """An A-ASSOCIATE-RQ, kind 1, or the -AC that accepts all of it, kind 2."""
    body = (
        b"\0\1\0\0" + called.ljust(16)[:16] + calling.ljust(16)[:16] + bytes(32) + item(0x10, b"1.2.840.10008.3.1.1.1")
    )
    for number, syntax in enumerate(syntaxes):
        proposed = item(0x30, syntax.encode()) if kind == 1 else b""
        context = bytes((2 * number + 1, 0, 0, 0)) + proposed + item(0x40, IMPLICIT.encode())
        body += item(0x20 + kind - 1, context)
    return bytes((kind, 0)) + len(body).to_bytes(4, "big") + body


def element(tag: int, value: bytes | int) -> bytes:
    data = value.to_bytes(2, "little") if isinstance(value, int) else value + b"\0" * (len(value) % 2)
    return (
        (tag >> 16).to_bytes(2, "little")
        + (tag & 0xFFFF).to_bytes(2, "little")
        + len(data).to_bytes(4, "little")
        + data
    )


def command(elements: dict[int, bytes | int]) -> bytes:
    """A Command Set of whatever elements, with its group length."""
    body = b"".join(element(tag, value) for tag, value in sorted(elements.items()))
    return element(0, len(body).to_bytes(4, "little")) + body


def pdus(encoded: bytes, data_set: bytes | None = None, context: int = 1) -> bytes:
    given = (encoded,) if data_set is None else (encoded, data_set)
    return b"".join(pdu.encode() for pdu in to_pdus(*given, context_id=context, max_length=0))


def opened(host: int, calling: bytes, called: bytes, syntaxes: Sequence[str] = (VERIFICATION, MOVE, CT)) -> Wire:
    wire = Wire(host).open()
    return wire.send(0, associate(1, calling, called, syntaxes)).send(1, associate(2, calling, called, syntaxes))


def pcap(packets: Iterable[Packet]) -> bytes:
    """In that order, seven milliseconds from one to the next."""
    return damage.pcap(
        packet._replace(number=number, time=10**18 + number * 7_000_000) for number, packet in enumerate(packets, 1)
    )


def response(field: int, to: int, status: int, **more: bytes | int) -> bytes:
    """A response with elements by tag, as t00001020=3."""
    elements: dict[int, bytes | int] = {0x100: field, 0x120: to, 0x800: 0x101, 0x900: status}
    return command(elements | {int(name[1:], 16): value for name, value in more.items()})


def bad() -> bytes:
    """Two Associations of a C-MOVE in which both sides break rules, one that is aborted, one refused, and TLS."""
    move = opened(1, b"WORKSTATION", b"ARCHIVE")
    store = Wire(2)
    steps: list[Packet] = []

    def said(wire: Wire, end: int, data: bytes) -> None:
        before = len(wire.packets)
        wire.send(end, data)
        steps.extend(wire.packets[before:])

    steps.extend(move.packets)
    no_priority = {0x2: MOVE.encode(), 0x100: 0x21, 0x110: 7, 0x600: b"VIEWER", 0x800: 0x102}
    said(move, 0, pdus(command(no_priority), b"\x10\0\x10\0\0\0\0\0", 3))
    store = opened(2, b"ARCHIVE", b"VIEWER")
    steps.extend(store.packets)
    for number in (1, 2, 3):
        instance = f"1.2.826.0.1.3680043.8.498.{number}"
        request = C_STORE_RQ(
            MessageID=number, AffectedSOPClassUID=CT, AffectedSOPInstanceUID=instance, Priority=0, DataSet=b"\0" * 512,
            MoveOriginatorApplicationEntityTitle="WORKSTATION", MoveOriginatorMessageID=7,
        )  # fmt: skip
        said(store, 0, pdus(request.encode(), b"\0" * 512, 5))
        answer = request.respond(Status=0x0000 if number != 2 else 0xA700)
        said(store, 1, pdus(answer.encode(), None, 5))
        said(move, 1, pdus(response(0x8021, 7, 0xFF00, t1020=3 - number), None, 3))
    said(move, 1, pdus(response(0x8021, 7, 0x0000, t1021=3, t1022=5, t1023=0, t0600=b"VIEWER"), None, 3))
    said(move, 1, pdus(response(0x8021, 9, 0xFF00, t1020=1, t1021=1, t1022=0, t1023=0), None, 3))
    said(store, 0, RELEASE_RQ)
    said(store, 1, RELEASE_RP)
    said(move, 1, b"\7\0\0\0\0\4\0\0\2\2")
    echo = opened(3, b"PROBE", b"ARCHIVE", (VERIFICATION,))
    echo.send(0, pdus(C_ECHO_RQ(MessageID=1, AffectedSOPClassUID=VERIFICATION).encode()))
    echo.send(1, pdus(response(0x8030, 1, 0x0000, t0002=CT.encode(), t0902=b"never mind")))
    echo.sequence[0] += 100
    echo.send(0, pdus(C_ECHO_RQ(MessageID=2, AffectedSOPClassUID=VERIFICATION).encode())).send(0, RELEASE_RQ)
    echo.send(1, RELEASE_RP)
    refused = Wire(4).open().send(0, associate(1, b"STRANGER", b"ARCHIVE")).send(1, b"\3\0\0\0\0\4\0\1\1\3")
    odd = opened(5, b"MODALITY", b"ARCHIVE").send(0, b"\x55\0\0\0\0\4abcd")
    tls = Wire(6).open().send(0, b"\x16\3\1\2\0\1\0")
    return pcap([*steps, *(packet for wire in (echo, refused, odd, tls) for packet in wire.packets)])


def hostile() -> bytes:
    """Markup, bidirectional marks, template syntax and endless UIDs wherever a peer can write."""
    wire = opened(1, b"</script><img x>", b"<b>{{7*7}}</b>", (VERIFICATION, "<svg/onload=x>", MARKUP))
    wire.send(0, pdus(C_MOVE_RQ(
        MessageID=1, AffectedSOPClassUID=MOVE, Priority=0, MoveDestination="<i>javascript:", Identifier=b"\1\0"
    ).encode(), b"\x10\0\x10\0\xff\xff\xff\xff"))  # fmt: skip
    comment = f"\u202e{MARKUP}".encode()
    wire.send(1, pdus(response(0x8021, 1, 0xA801, t0902=comment, t0600=b"'\"><script>")))
    store = {0x2: MARKUP.encode(), 0x100: 1, 0x110: 2, 0x700: 0, 0x800: 0x101, 0x1000: LONG_UID.encode()}
    wire.send(0, pdus(command(store)))
    wire.send(1, pdus(response(0x8001, 2, 0x0122, t1000=TEMPLATE.encode(), t0902=b"\x1b[31m\x9b&amp;</style>")))
    return pcap(wire.packets)


def silent() -> bytes:
    """A C-ECHO that nobody answers before the Association is released."""
    wire = opened(1, b"WORKSTATION", b"ARCHIVE", (VERIFICATION,))
    wire.send(0, pdus(C_ECHO_RQ(MessageID=1, AffectedSOPClassUID=VERIFICATION).encode()))
    return pcap(wire.send(0, RELEASE_RQ).send(1, RELEASE_RP).packets)


def long(messages: int, *, every: int = 50, titles: int = 1) -> bytes:
    """So many messages of C-ECHO in all; one response in `every` names another SOP Class."""
    wires = []
    for title in range(titles):
        wire = opened(title + 1, f"SCU{title}".encode(), b"ARCHIVE", (VERIFICATION,))
        for number in range(messages // titles // 2):
            request = C_ECHO_RQ(MessageID=number % 60_000 + 1, AffectedSOPClassUID=VERIFICATION)
            answer = response(
                0x8030, number % 60_000 + 1, 0, t0002=(CT if number % every == every - 1 else VERIFICATION).encode()
            )
            wire.send(0, pdus(request.encode())).send(1, pdus(answer))
        wires.append(wire.send(0, RELEASE_RQ).send(1, RELEASE_RP))
    return pcap(packet for wire in wires for packet in wire.packets)
