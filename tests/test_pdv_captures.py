"""Recorded fragments of eight implementations: the streams are put together to what the sidecars say.

The sidecars were made by other programs (`captures/README.md`); the bytes of the captures are read here by a plain
reader of TCP streams of its own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dimse import decode
from dimse.assembler import Assembler
from dimse.joiner import Assembled
from dimse.pdv import PDV, FragmentError, PDataTF

CAPTURES = Path(__file__).parent / "captures"
SIDECARS = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(CAPTURES.glob("*.json"))}
each = pytest.mark.parametrize("name", SIDECARS)
Direction = tuple[int, int]


def directions(name: str) -> dict[Direction, list[dict[str, Any]]]:
    """The messages of each association and side, in order; the ports tell them apart."""
    found: dict[Direction, list[dict[str, Any]]] = {}
    for facts in SIDECARS[name]["messages"]:
        ports = (int(facts["src"].rpartition(":")[2]), int(facts["dst"].rpartition(":")[2]))
        found.setdefault(ports, []).append(facts)
    return found


def fragments(facts: dict[str, Any], is_command: bool, data: bytes) -> Iterator[PDV]:
    """PDVs of the sizes that the sidecar lists."""
    sizes = (facts["command"] if is_command else facts["data_set"]).get("fragments") or []
    for number, size in enumerate(sizes, 1):
        yield PDV(facts["context"], is_command, number == len(sizes), data[:size])
        data = data[size:]
    assert data == b""


def pdus(facts: dict[str, Any], data_set: bytes) -> Iterator[bytes]:
    """The PDUs of a message as the sidecar describes them: the length of each, and how many PDVs it has."""
    command = bytes.fromhex(facts["command"]["hex"])
    pdvs = [*fragments(facts, True, command), *fragments(facts, False, data_set)]
    for length, count in facts["pdus"]:
        encoded = PDataTF(tuple(pdvs[:count])).encode()
        assert len(encoded) == length + 6
        yield encoded
        pdvs = pdvs[count:]
    assert pdvs == []


def synthetic(facts: dict[str, Any]) -> bytes:
    """A data set of the right length, no two of a capture alike."""
    number, length = int(facts["n"]), int(facts["data_set"].get("length", 0))
    return (number.to_bytes(2, "big") * length)[:length]


def assembled(stream: bytes, step: int) -> list[Assembled]:
    """The messages of a stream fed so many bytes at a time."""
    assembler = Assembler()
    messages = [m for at in range(0, len(stream), step) for m in assembler.feed(stream[at : at + step])]
    return [*messages, *assembler.close()]


@each
@pytest.mark.parametrize("step", [7, 1448, 1 << 30])
def test_fragments_as_recorded(name: str, step: int) -> None:
    """Fragments of the sizes recorded, in PDUs as recorded, are put together to the messages, and nothing is odd."""
    for messages in directions(name).values():
        complete = [facts for facts in messages if facts["complete"]]
        stream = b"".join(pdu for facts in complete for pdu in pdus(facts, synthetic(facts)))
        found = assembled(stream, step)
        assert [message.command.hex() for message in found] == [facts["command"]["hex"] for facts in complete]
        assert [message.context_id for message in found] == [facts["context"] for facts in complete]
        present = [synthetic(facts) if facts["data_set"]["present"] else None for facts in complete]
        assert [message.data_set for message in found] == present
        assert [message.anomalies for message in found] == [()] * len(found)
        assert [message.primitive.encode() for message in found] == [decode(m.command).encode() for m in found]


def frames(path: Path) -> Iterator[bytes]:
    """The frames of a pcapng file."""
    data = path.read_bytes()
    at = 0
    while at < len(data):
        kind, size = (int.from_bytes(data[at + i : at + i + 4], "little") for i in (0, 4))
        if kind == 6:
            length = int.from_bytes(data[at + 20 : at + 24], "little")
            yield data[at + 28 : at + 28 + length]
        at += size


def tcp_streams(path: Path) -> dict[Direction, bytes]:
    """What each side of each connection sent, by ports."""
    first: dict[Direction, int] = {}
    sent: dict[Direction, dict[int, bytes]] = {}
    for frame in frames(path):
        segment = frame[14 + (frame[14] & 15) * 4 : 14 + int.from_bytes(frame[16:18], "big")]
        ports = int.from_bytes(segment[:2], "big"), int.from_bytes(segment[2:4], "big")
        sequence = int.from_bytes(segment[4:8], "big")
        if segment[13] & 2:
            first[ports] = sequence + 1
        elif payload := segment[(segment[12] >> 4) * 4 :]:
            sent.setdefault(ports, {})[sequence - first[ports] & 0xFFFF_FFFF] = payload
    return {ports: b"".join(payload for _, payload in sorted(sent[ports].items())) for ports in sent}


def p_data(stream: bytes) -> bytes:
    """The P-DATA-TF PDUs of a stream, by type and length alone."""
    found = b""
    while stream:
        end = 6 + int.from_bytes(stream[2:6], "big")
        found += stream[:end] if stream[0] == 4 else b""
        stream = stream[end:]
    return found


@each
def test_bytes_as_recorded(name: str) -> None:
    """The bytes of the captures are put together to the Command Sets and the Data Sets, whose SHA-256 is known."""
    streams = tcp_streams((CAPTURES / name).with_suffix(".pcapng"))
    expected = directions(name)
    assert {ports for ports, stream in streams.items() if p_data(stream)} == expected.keys()
    for ports, messages in expected.items():
        complete = [facts for facts in messages if facts["complete"]]
        stream = p_data(streams[ports])
        assembler = Assembler()
        found = list(assembler.feed(stream))
        if complete == messages:
            assert list(assembler.close()) == []
        else:
            with pytest.raises(FragmentError, match="the stream ends"):
                assembler.close()
        assert [message.command.hex() for message in found] == [facts["command"]["hex"] for facts in complete]
        sums = [None if m.data_set is None else hashlib.sha256(m.data_set).hexdigest() for m in found]
        assert sums == [facts["data_set"].get("sha256") for facts in complete]
        assert [message.anomalies for message in found] == [()] * len(found)


def test_an_empty_last_fragment() -> None:
    """CTN ends a Data Set with a fragment of no bytes, which is the only one that is flagged last."""
    sizes = [facts["data_set"].get("fragments") for facts in SIDECARS["ctn_scu"]["messages"]]
    assert [530, 268, 0] in sizes
    assert sum(bool(fragments) and fragments[-1] == 0 for fragments in sizes) == 3
