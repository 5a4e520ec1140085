"""Seeds: the recorded Command Sets and streams, and a dictionary of tags, VRs and values, for the fuzzer to begin with.

`python -m fuzz.seeds`, from the folder `tests`, writes them to `build/fuzz`; so does every run.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
BUILD = TESTS.parent / "build" / "fuzz"
REGRESSIONS = Path(__file__).with_name("regressions")
TARGETS = ("decode", "roundtrip", "assembler", "capture")

# Annex E.1, written down here once more: the package is not yet imported where seeds are made.
TAGS = (
    *(0x0000, 0x0002, 0x0003, 0x0100, 0x0110, 0x0120, 0x0600, 0x0700, 0x0800, 0x0900, 0x0901, 0x0902, 0x0903),
    *(0x1000, 0x1001, 0x1002, 0x1005, 0x1008, 0x1020, 0x1021, 0x1022, 0x1023, 0x1030, 0x1031),
    *(0x0001, 0x0010, 0x0200, 0x0850, 0x5110),  # retired
)
VRS = (b"AE", b"AT", b"CS", b"IS", b"LO", b"LT", b"SH", b"UI", b"UL", b"UN", b"US")
COMMANDS = (0x01, 0x10, 0x20, 0x21, 0x30, 0x100, 0x110, 0x120, 0x130, 0x140, 0x150)
CODES = (0x0101, 0x0FFF, 0x0000, 0xFF00, 0xFF01, 0xFE00, 0xA700, 0xB000, 0xC000, 0x0110, 0x0122)


def plant(name: str) -> Path:
    """Write the seeds of a target, and the dictionary; the folder in which the corpus may grow."""
    folder = BUILD / name / "corpus"
    folder.mkdir(parents=True, exist_ok=True)
    for seed in (*seeds(name), *kept(name)):
        (folder / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    lines = (f'"{"".join(f"{chr(92)}x{byte:02x}" for byte in word)}"\n' for word in words())
    (BUILD / "dimse.dict").write_text("".join(lines), encoding="ascii")
    return folder


def seeds(name: str) -> Iterable[bytes]:
    """The seeds of a target."""
    if name == "decode":
        return command_sets()
    if name == "roundtrip":
        heads = [bytes((number, chosen, chosen)) for number in range(23) for chosen in (0, 0x55, 0xFF)]
        return [head + body for head in heads for body in (b"\1" * 80, bytes(range(head[0], head[0] + 200)))]
    if name == "capture":
        return captures()
    return streams()


def kept(name: str) -> list[bytes]:
    """The inputs of a target that were kept from before, a line of hexadecimal digits each."""
    lines = (REGRESSIONS / f"{name}.txt").read_text("ascii").splitlines()
    return [bytes.fromhex(line) for line in lines if not line.startswith("#")]


def sidecars() -> Iterator[list[dict[str, object]]]:
    """The messages of each recording."""
    for path in sorted((TESTS / "captures").glob("*.json")):
        yield json.loads(path.read_text("utf-8"))["messages"]


def command_sets() -> set[bytes]:
    """Every recorded Command Set."""
    return {bytes.fromhex(message["command"]["hex"]) for messages in sidecars() for message in messages}


def streams() -> Iterator[bytes]:
    """P-DATA-TF PDUs with recorded Command Sets, in one PDU and several, with short Data Sets between them."""
    for messages in sidecars():
        stream = b""
        for number, message in enumerate(messages[:4]):
            context = message["context"]
            command = bytes.fromhex(message["command"]["hex"])
            cut = len(command) // 2 if number % 2 else len(command)
            pdvs = [pdv(context, 1, command[:cut]), pdv(context, 3, command[cut:])] if number % 2 else []
            pdvs = pdvs or [pdv(context, 3, command)]
            if message["data_set"]["present"]:
                pdvs += [pdv(context, 0, b"\x08\x00\x52\x00"), pdv(context, 2, b"\x06\x00\x00\x00STUDY ")]
            stream += b"".join(map(pdu, pdvs)) if number % 3 else pdu(b"".join(pdvs))
            yield stream


def captures() -> Iterator[bytes]:
    """The beginnings of recordings, pcapng and as pcap; streams; scripts of `fuzz_capture` that make Associations."""
    for path in sorted((TESTS / "captures").glob("*.pcapng")):
        yield b"\0" + path.read_bytes()[:4096]
    for stream in streams():
        yield b"\1" + stream
    yield b"\0" + struct.pack("<IHHiIIIIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101, 1, 2, 20, 20) + b"\x45" + bytes(19)
    opened = bytes((0xF0, 0xF0, 0, 0xF1, 0xF1, 0, 0, 0xF0, 0, 1, 0xF1, 0))
    for kind in (2, 3):
        for where in (0, 1, 0x21, 0x7F, 0xF3):
            said = bytes(each for number in range(2, 14) for each in (number, 0xF0 | number & 1, where))
            yield bytes((kind,)) + opened + said


def pdv(context: int, control: int, fragment: bytes) -> bytes:
    """A Presentation Data Value item (PS3.8 9.3.5.1)."""
    return struct.pack(">IBB", len(fragment) + 2, context, control) + fragment


def pdu(items: bytes) -> bytes:
    """A P-DATA-TF PDU (PS3.8 9.3.5)."""
    return struct.pack(">BBI", 4, 0, len(items)) + items


def words() -> Iterator[bytes]:
    """What the fuzzer may insert: element headers, VRs, values."""
    for tag in TAGS:
        yield struct.pack("<HH", 0, tag)
        yield struct.pack("<HHI", 0, tag, 2)
    for tag in (0x0001, 0x0000, 0x0901, 0x1005):
        yield struct.pack("<HHI", 0, tag, 4)
    yield struct.pack("<HHI", 9, 0x0010, 4)
    yield b"\xff\xff\xff\xff"
    yield from VRS
    for command in COMMANDS:
        yield struct.pack("<HHIH", 0, 0x0100, 2, command)
        yield struct.pack("<HHIH", 0, 0x0100, 2, command | 0x8000)
    for code in CODES:
        yield struct.pack("<H", code)
    yield b"1.2.840.10008.1.1\0"
    yield b"1.2.840.10008.5.1.4.1.2.2.2\0"
    yield b"STORESCP"
    for control in (0, 2, 3):
        yield bytes((1, control))
    yield pdu(b"")
    yield b"\x00\x00\x00\x02\x01\x03"


if __name__ == "__main__":
    for each in TARGETS:
        print(f"{plant(each)}: {sum(1 for _ in (BUILD / each / 'corpus').iterdir())} files")
