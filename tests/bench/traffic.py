"""Captures of any size for the benchmarks: C-STOREs of large Data Sets, and small messages one after the other.

As tcpdump writes them: Ethernet, IPv4, TCP with time stamps, microseconds. A receiver acknowledges every other segment
by a packet of its own. A Data Set is sent in P-DATA-TF PDUs of 16 kB, as most programs do.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from dimse import C_ECHO_RQ, C_FIND_RQ, C_STORE_RQ
from dimse.pdv import to_pdus

from .messages import DATA_SET, message_id, uid
from .report import LOOPBACK, SMALL, STORES

MSS = 1448  # Ethernet's, with time stamps
LOOPBACK_SIZE = 65483
MAXIMUM_LENGTH = 16384
IMAGE = bytes(512 * 1024)
CT, FIND, ECHO = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.1.1"
MATCHES = 100
OPERATIONS = 10  # of an Association
PORT = 104
_SYN, _ACK, _FIN = 2, 16, 1
_HOSTS = bytes((192, 0, 2, 1)), bytes((192, 0, 2, 2))
_OPTIONS = bytes((1, 1, 8, 10)) + bytes(8)
_HEADER = struct.Struct(">12xHBxHHHBBH4s4sHHIIBBHHH12s")
_RECORD = struct.Struct("<IIII")


class Wire:
    """A TCP connection that is written to a capture file as it is used."""

    def __init__(self, file: BinaryIO, segment: int, port: int = 50000) -> None:
        self._file = file
        self._segment = segment
        self._ports = port, PORT
        self._sequence = [1000, 5000]
        self._number = 0
        self._packet(0, _SYN)
        self._packet(1, _SYN | _ACK)
        self._packet(0, _ACK)

    def send(self, end: int, data: bytes) -> None:
        """Bytes of one side, in as many segments as they need."""
        view = memoryview(data)
        for count, start in enumerate(range(0, len(view), self._segment)):
            self._packet(end, _ACK, view[start : start + self._segment])
            if count % 2:
                self._packet(1 - end, _ACK)

    def close(self) -> None:
        """Both sides have sent their last."""
        self._packet(0, _FIN | _ACK)
        self._packet(1, _FIN | _ACK)

    def _packet(self, end: int, flags: int, data: bytes | memoryview = b"") -> None:
        peer = 1 - end
        size = 52 + len(data)
        head = _HEADER.pack(
            *(0x0800, 0x45, size, 0, 0x4000, 64, 6, 0, _HOSTS[end], _HOSTS[peer]),
            *(self._ports[end], self._ports[peer], self._sequence[end] & 0xFFFF_FFFF),
            *(self._sequence[peer] & 0xFFFF_FFFF if flags & _ACK else 0, 8 << 4, flags, 65535, 0, 0, _OPTIONS),
        )
        self._number += 1
        seconds, micro = divmod(self._number * 10, 10**6)
        self._file.write(_RECORD.pack(seconds, micro, 14 + size, 14 + size) + head)
        self._file.write(data)
        self._sequence[end] += len(data) + bool(flags & (_SYN | _FIN))


def stores(path: Path, size: int, segment: int = MSS) -> int:
    """C-STOREs with their responses, so many bytes of capture at the least; gives the number of messages."""

    def one(wire: Wire, number: int) -> int:
        request = C_STORE_RQ(
            MessageID=message_id(number),
            AffectedSOPClassUID=CT,
            AffectedSOPInstanceUID=uid(number, 56),
            Priority=0,
            DataSet=IMAGE,
        )
        wire.send(0, _stream(request.encode(), IMAGE))
        wire.send(1, _stream(request.respond(Status=0x0000).encode()))
        return 2

    return _written(path, size, segment, CT, one)


def small_messages(path: Path, size: int) -> int:
    """C-FINDs with a hundred matches, and C-ECHOs; see `stores`."""

    def one(wire: Wire, number: int) -> int:
        query = C_FIND_RQ(MessageID=message_id(2 * number), AffectedSOPClassUID=FIND, Priority=0, Identifier=DATA_SET)
        wire.send(0, _stream(query.encode(), DATA_SET))
        pending = _stream(query.respond(Status=0xFF00, Identifier=DATA_SET).encode(), DATA_SET)
        for _ in range(MATCHES):
            wire.send(1, pending)
        wire.send(1, _stream(query.respond(Status=0x0000).encode()))
        echo = C_ECHO_RQ(MessageID=message_id(2 * number + 1), AffectedSOPClassUID=FIND)
        wire.send(0, _stream(echo.encode()))
        wire.send(1, _stream(echo.respond(Status=0x0000).encode()))
        return MATCHES + 4

    return _written(path, size, MSS, FIND, one)


def _written(path: Path, size: int, segment: int, sop_class: str, one: Callable[[Wire, int], int]) -> int:
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2_C3D4, 2, 4, 0, 0, 1 << 18, 1))
        number = messages = 0
        while file.tell() < size:
            wire = Wire(file, segment, 40000 + number // OPERATIONS % 20000)
            wire.send(0, _associate(1, sop_class))
            wire.send(1, _associate(2, sop_class))
            for _ in range(OPERATIONS):
                messages += one(wire, number)
                number += 1
            for end, kind in ((0, 5), (1, 6)):
                wire.send(end, bytes((kind, 0, 0, 0, 0, 4)) + bytes(4))
            wire.close()
    return messages


def _stream(command: bytes, data_set: bytes | None = None) -> bytes:
    pdus = to_pdus(command, data_set, context_id=1, max_length=MAXIMUM_LENGTH)
    return b"".join(pdu.encode() for pdu in pdus)


def _associate(kind: int, sop_class: str) -> bytes:
    def item(number: int, value: bytes) -> bytes:
        return struct.pack(">BxH", number, len(value)) + value

    syntaxes = item(0x30, sop_class.encode()) * (kind == 1) + item(0x40, b"1.2.840.10008.1.2")
    items = item(0x10, b"1.2.840.10008.3.1.1.1") + item(0x1F + kind, bytes((1, 0, 0, 0)) + syntaxes)
    items += item(0x50, item(0x51, struct.pack(">I", MAXIMUM_LENGTH)) + item(0x52, b"1.2.3.4"))
    body = struct.pack(">H2x16s16s32x", 1, b"ARCHIVE".ljust(16), b"SCU".ljust(16)) + items
    return struct.pack(">BxI", kind, len(body)) + body


def captures(folder: Path, megabytes: int) -> Iterator[tuple[str, Path, int]]:
    """Each kind of traffic: its name, the capture, the number of messages in it."""
    size = megabytes * 10**6
    # Of small messages less is enough: tshark takes longer for them, the more so the longer an Association is.
    for name, segment in ((STORES, MSS), (LOOPBACK, LOOPBACK_SIZE)):
        path = folder / f"stores{segment}.pcap"
        yield name, path, stores(path, size, segment)
    path = folder / "small.pcap"
    yield SMALL, path, small_messages(path, size // 5)
