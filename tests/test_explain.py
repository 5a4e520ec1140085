"""`dimse explain` on wrecks, on dumps as other programs write them, and on anything."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from dimse import C_MOVE_RQ, N_GET_RQ, to_pdus
from dimse.cli.commands import dimse
from dimse.cli.hexdump import bytes_of
from test_capture import associate

ROOT = Path(__file__).resolve().parents[1]
MALFORMED = json.loads((ROOT / "vectors" / "malformed.json").read_text("utf-8"))["cases"]
MOVE = C_MOVE_RQ(
    MessageID=7, AffectedSOPClassUID="1.2.840.10008.5.1.4.1.2.2.2", Priority=0, MoveDestination="X", Identifier=b"ab"
)
PACKED = [pdu.encode() for pdu in to_pdus(MOVE.encode(), b"SECRET", context_id=1, max_length=60)]
PDUS, PDVS = b"".join(PACKED), b"".join(pdu[6:] for pdu in PACKED)
STREAM = associate(1) + associate(2) + PDUS + b"\7\0\0\0\0\4\0\0\2\2"


def explain(data: bytes | str, *options: str) -> Result:
    result = CliRunner().invoke(dimse, ["explain", *options, "-"], input=data)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert all(each.isprintable() for each in result.output.replace("\n", ""))
    return result


def parts(data: bytes | str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(explain(data, "--json").output)["parts"]
    return found


# Wrecks


@pytest.mark.parametrize("case", MALFORMED, ids=lambda case: case["id"])
def test_each_wreck(case: dict[str, Any]) -> None:
    """Fault or anomalies are found at the offsets that the vectors, written by hand, have them at."""
    wire = bytes.fromhex(case["steps"][0]["command"])
    (found,) = parts(wire)
    error = case["reading"].get("error")
    if error:
        assert found["fault_offset"] == error["offset"]
        assert error["reason"] in found["fault"]
        assert error["tag"] is None or error["tag"] in found["fault"]
        before = [element for element in found["elements"] if element["offset"] < error["offset"]]
        assert sum(8 + element["length"] for element in before) == min(error["offset"], len(wire))
    else:
        assert found["fault"] is None
        told = [(each["rule"], each["tag"], each["offset"]) for each in found["anomalies"]]
        # A Command Set alone says nothing of the Data Set behind it.
        expected = [each for each in case["reading"]["anomalies"] if each["rule"] != "WIRE.DATA_SET"]
        assert told == [(each["rule"], each["tag"], each["offset"]) for each in expected]
        assert found["message"]
    text = explain(wire)
    wrong = found["fault"] or found["violations"] or found["anomalies"]
    assert text.exit_code == bool(wrong)
    if error:
        assert found["fault"] in text.output


def test_every_element_is_where_it_is() -> None:
    """Offset, tag, length and raw bytes of each element are those of the wire, in pieces or whole."""
    wire = MOVE.encode()
    for stream in (wire, PDUS, PDVS, STREAM):
        found = next(part for part in parts(stream) if part["part"] == "command set")
        assert [element["cell"] for element in found["elements"]] == [None, "M", None, "M", "M", "M", None]
        for element in found["elements"]:
            group, number = (int(each, 16) for each in element["tag"].strip("()").split(","))
            head = group.to_bytes(2, "little") + number.to_bytes(2, "little")
            assert wire[element["offset"] :].startswith(head + element["length"].to_bytes(4, "little"))
            assert stream[element["at"] :].startswith(head[:1])
            assert wire[element["offset"] + 8 :].startswith(bytes.fromhex(element["raw"]))


def test_a_whole_stream() -> None:
    """A-ASSOCIATE and A-ABORT are told beside the messages, where they stand; Data Sets are not shown."""
    found = parts(STREAM)
    assert [part.get("pdu", part["part"]) for part in found] == [
        "A-ASSOCIATE-RQ",
        "A-ASSOCIATE-AC",
        "command set",
        "data set",
        "A-ABORT",
    ]
    assert found[4]["offset"] == len(STREAM) - 10
    text = explain(STREAM).output
    for words in ("ECHOSCU calls ANY", "acceptance in Implicit VR Little Endian", "service provider: unexpected PDU"):
        assert words in text
    assert "53 45 43" not in text
    alone = explain(associate(2)).output
    assert "context 1: not seen proposed, acceptance in Implicit VR Little Endian" in alone


def test_other_pdus() -> None:
    """A rejection in words, releases by name, and what is no PDU where it is."""
    assert "called AE title not recognized" in explain(b"\3\0\0\0\0\4\0\1\1\7").output
    assert "A-RELEASE-RQ" in explain(b"\5\0\0\0\0\4\0\0\0\0").output
    (broken,) = [part for part in parts(PDUS + b"\x55\0\0\0\0\4abcd") if part["part"] == "fault"]
    assert broken == {"part": "fault", "offset": len(PDUS), "fault": "no PDU begins with 55H"}
    (short,) = [part for part in parts(PDUS + b"\4\0\0") if part["part"] == "fault"]
    assert (short["offset"], "too few for the header" in short["fault"]) == (len(PDUS), True)


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    """Whatever the bytes, no traceback."""
    assert explain(data).exit_code in (0, 1, 2)


@given(st.data())
def test_any_change_of_a_stream(data: st.DataObject) -> None:
    """Nor whatever is changed in a stream."""
    changed = bytearray(STREAM)
    for at in data.draw(st.lists(st.integers(0, len(STREAM) - 1), max_size=6)):
        changed[at] = data.draw(st.integers(0, 255))
    cut = bytes(changed[: data.draw(st.integers(0, len(changed)))])
    assert explain(cut).exit_code in (0, 1, 2)


# Dumps

COMMANDS = {
    "xxd": ["xxd"],
    "xxd with capitals": ["xxd", "-u"],
    "xxd by bytes": ["xxd", "-g1"],
    "xxd plain": ["xxd", "-p"],
    "xxd as C": ["xxd", "-i"],
    "hexdump -C": ["hexdump", "-C"],
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_dumps_of_other_programs(command: list[str]) -> None:
    """What xxd and hexdump make of bytes is read as these bytes."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    data = STREAM + bytes(100) + b"|*=:  {" * 5
    dump = subprocess.run(command, input=data, check=True, capture_output=True).stdout
    assert bytes_of(dump) == data


HEXDUMP = """\
00000000  00 00 00 00 04 00 00 00  00 00 00 00 00 00 00 00  |................|
*
00000030  4a 7c 2a                                          |J|*|
00000033
"""
XXD = """\
00000000: 0000 0000 0400 0000 0000 0000 0000 0000  ................
*
00000030: 4a7c 2a                                  J|*
"""
TCPDUMP = """\
\t0x0000:  0000 0000 0400 0000 0000 0000 0000 0000  ................
\t0x0010:  4a7c 2a                                  J|*
"""
FIRST = bytes.fromhex("00000000040000000000000000000000")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEXDUMP, FIRST * 3 + b"J|*"),
        (XXD, FIRST * 3 + b"J|*"),
        (TCPDUMP, FIRST + b"J|*"),
        ("0x00, 0x04,\n0xFF", b"\0\4\xff"),
        ("static const uint8_t wire[] = { 0x00, 0x04 };", b"\0\4"),
        ("unsigned char a[] = {\n  0x00, 0x04\n};\nunsigned int a_len = 2;\n", b"\0\4"),
        (r'"\x00\x04"', b"\0\4"),
        ("00:04:ff", b"\0\4\xff"),
        ("00-04-FF", b"\0\4\xff"),
        ("00000000 04000000 4a000000", bytes.fromhex("00000000040000004a000000")),
        ("[00, 04]", b"\0\4"),
    ],
)
def test_dumps_as_written_down(text: str, expected: bytes) -> None:
    """Dumps with lines left out, C arrays, escapes, and separators."""
    assert bytes_of(text.encode()) == expected


@pytest.mark.parametrize(
    "text",
    [
        "no digits",
        "000",
        "00000000: 0000  ..\n00000020: 0000  ..\n",
        "00000020: 0000  ..\n*\n00000010: 0000  ..\n",
        "00000000  00 00 |..|\n*\nffffffffff  00 |.|\n",
        "00000000: zz\n",
        "*\n",
    ],
)
def test_what_is_no_dump_is_left_as_it_is(text: str) -> None:
    """Text that is no dump, and dumps with a gap, or one too large, stand for themselves."""
    assert bytes_of(text.encode()) == text.encode()


@given(st.text(st.sampled_from("0123456789abcdefABCDEFxX:,|*={}\\ \n\t"), max_size=80))
def test_any_text(text: str) -> None:
    """Whatever the text, bytes come of it, and no traceback."""
    assert isinstance(bytes_of(text.encode()), bytes)
    assert explain(text).exit_code in (0, 1, 2)


def test_tags_and_unknown_elements() -> None:
    """Tags among the values are written as tags, and an element that nothing knows has no name."""
    get = N_GET_RQ(
        MessageID=1,
        RequestedSOPClassUID="1.2.840.10008.5.1.1.16",
        RequestedSOPInstanceUID="1.2.3",
        AttributeIdentifierList=[0x0010_0020, 0x0008_0060],
    )
    assert "(0010,0020), (0008,0060)" in explain(get.encode()).output
    assert "unknown" in explain(MOVE.encode() + bytes.fromhex("0000007002000000abcd")).output


def test_a_pipe_is_a_file(tmp_path: Path) -> None:
    """What a shell puts in the place of <(...) is read like a file."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(PDUS,))
    writer.start()
    result = CliRunner().invoke(dimse, ["explain", str(pipe)])
    writer.join()
    assert (result.output, result.exit_code) == (explain(PDUS).output, 0)
