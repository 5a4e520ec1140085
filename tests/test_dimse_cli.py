"""`dimse` as people run it, and on what hostile peers send."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import damage
from dimse import C_MOVE_RQ, to_pdus
from dimse.capture import packets
from dimse.cli.commands import dimse
from dimse.cli.output import LONGEST, plain
from test_capture import ANSWER, ASK, CAPTURES, NAMES, RELEASE_RP, RELEASE_RQ, Wire, associate, sidecar, whole

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = Path(sys.executable).parent / "dimse"


def run(*arguments: str | Path, stdin: bytes | None = None) -> Result:
    result = CliRunner().invoke(dimse, [str(each) for each in arguments], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.output
    return result


@pytest.mark.parametrize("page", ["docs/cli.md", "docs/captures.md", "README.md"])
def test_the_examples_of_the_pages(page: str) -> None:
    """Every command of the page writes what the page shows."""
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    assert any(block.startswith("$ dimse ") for block in blocks)
    environment = {**os.environ, "PATH": f"{SCRIPT.parent}{os.pathsep}{os.environ['PATH']}"}
    for block in blocks:
        for example in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, shown = example.replace("|\n", "| ").partition("\n")
            if not command.startswith("dimse "):  # another program's, with a test of its own
                continue
            done = subprocess.run(
                command, cwd=ROOT, env=environment, shell=True, check=False, capture_output=True, encoding="utf-8"
            )
            assert done.stderr == ""
            assert done.stdout.strip() == shown.strip()


@pytest.mark.parametrize("name", NAMES)
def test_every_capture(name: str) -> None:
    """As JSON, number, order, types and values are those of the description; as text, each message has its line."""
    path = CAPTURES / f"{name}.pcapng"
    result = run("check", "--format", "json", path)
    told = json.loads(result.output)
    said = [event for event in told["events"] if event["event"] == "said"]
    described = [facts for facts in sidecar(name)["messages"] if facts["complete"]]
    assert [(e["number"], e["association"] - 1, e["from"], e["message"], e["command"]) for e in said] == [
        (f["n"], f["association"], f["from"], f["message"], f["command"]["hex"]) for f in described
    ]
    for event, facts in zip(said, described, strict=True):
        length = facts["data_set"]["length"] if facts["data_set"]["present"] else None
        assert (event["data_set"] or {"length": None})["length"] == length
        values = {e["keyword"]: e["value"] for e in facts["elements"] if e["vr"] in ("US", "UI", "AE")}
        for keyword, value in event["parameters"].items():
            expected = values.get(keyword, value)
            assert value == (expected.strip() if isinstance(expected, str) else expected)
    assert result.exit_code == (1 if told["summary"]["error"] else 0)
    assert told["summary"]["associations"] == sidecar(name)["association_count"]
    lines = run("check", path).output.splitlines()
    numbered = [int(match[1]) for line in lines if (match := re.match(r"\s+[\d.]+  A\d+\s+[<>]\s+(\d+)  [CN]-", line))]
    assert numbered == [facts["n"] for facts in described]


def test_data_sets_are_asked_for() -> None:
    """No patient's name is shown, in text or JSON, unless asked for."""
    path = CAPTURES / "find_orthanc.pcapng"
    for form in ("text", "json"):
        assert "Patient's Name" not in run("check", "--format", form, path).output
        assert "Patient's Name" in run("check", "--format", form, "--with-identifiers", path).output


def test_exit_codes(tmp_path: Path) -> None:
    """Exit codes are those documented."""
    clean, warned, wrong = (
        CAPTURES / f"{name}.pcapng" for name in ("move_dcmtk", "get_cancel_pynetdicom", "mpps_pynetdicom")
    )
    assert run("check", clean).exit_code == 0
    assert run("check", warned).exit_code == 0
    assert run("check", "--fail-on", "warning", warned).exit_code == 1
    assert run("check", wrong).exit_code == 1
    assert run("check", "--severity", "*=off", wrong).exit_code == 0
    assert run("check", "--severity", "*=loud", wrong).exit_code == 2
    assert run("check").exit_code == 2
    cut = tmp_path / "cut.pcapng"
    cut.write_bytes(clean.read_bytes()[:-10])
    for path in (cut, tmp_path / "missing", CAPTURES / "move_dcmtk.json"):
        for form in ("text", "json"):
            result = run("check", "--format", form, clean, path)
            assert result.exit_code == 3
            assert form == "text" or len(json.loads(result.output)["summary"]["unread"]) == 1


def test_directories(tmp_path: Path) -> None:
    """A directory stands for its captures; an empty one for none."""
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "one.pcap").write_bytes(damage.pcap(whole("move_dcmtk")))
    (inner / "notes.txt").write_text("no capture")
    assert json.loads(run("check", "--format", "json", tmp_path).output)["summary"]["captures"] == 1
    (inner / "one.pcap").unlink()
    assert json.loads(run("check", "--format", "json", tmp_path).output) == {
        "events": [],
        "summary": json.loads(run("check", "--format", "json", tmp_path).output)["summary"],
    }


def written(wire: Wire, path: Path) -> Path:
    path.write_bytes(damage.pcap(wire.packets))
    return path


def test_everything_that_happens(tmp_path: Path) -> None:
    """TLS, faults, gaps, late joins, rejections and aborts have their words."""
    odd = Wire(2).open().send(0, associate(1)).send(1, associate(2)).send(0, b"\x55\0\0\0\0\4abcd")
    odd.send(1, b"\7\0\0\0\0\4\0\0\2\2")
    lost = Wire(3).open().send(0, associate(1)).send(1, associate(2))
    lost.sequence[0] += 10
    lost.send(0, ASK).send(1, ANSWER)
    late = Wire(4).send(0, ASK).send(1, ANSWER).send(0, RELEASE_RQ).send(1, RELEASE_RP)
    rejected = Wire(5).open().send(0, associate(1)).send(1, b"\3\0\0\0\0\4\0\1\1\7")
    tls = Wire(6).open().send(0, b"\x16\3\1\2\0\1\0")
    every = Wire()
    every.packets = [packet for wire in (odd, lost, late, rejected, tls) for packet in wire.packets]
    path = written(every, tmp_path / "odd.pcap")
    text = run("check", path).output
    for words in (
        "fault: of the requestor, no PDU begins with 55",
        "aborted by the acceptor: service provider: unexpected PDU",
        "gap: 10 bytes of the requestor were not captured",
        "under way already",
        "rejected by the acceptor: rejected-permanent, called AE title not recognized",
        "TLS: 10.0.0.6:40000 > 10.0.0.6:443 cannot be read",
        "1 gap",
    ):
        assert words in text
    told = json.loads(run("check", "--format", "json", path).output)
    assert {event["event"] for event in told["events"]} == {"began", "said", "gap", "fault", "ended", "encrypted"}
    assert run("check", path).exit_code == 1


def test_hostile_titles_stay_text(tmp_path: Path) -> None:
    """Control characters, markup and bidirectional marks of peers reach no terminal."""
    wire = Wire().open().send(0, associate(1, calling=b"\x1b[2J[red]\r\n\x9b1A")).send(1, associate(2))
    move = C_MOVE_RQ(
        MessageID=1, AffectedSOPClassUID="1.2.3", Priority=0, MoveDestination="[bold]X[/]", Identifier=b"\1\0"
    )
    for pdu in to_pdus(move.encode(), b"\x10\0\x10\0\xff\xff\xff\xff", context_id=1, max_length=0):
        wire.send(0, pdu.encode())
    path = written(wire, tmp_path / "hostile.pcap")
    for options in ((), ("--with-identifiers",), ("--format", "json")):
        output = run("check", *options, path).output
        assert all(each.isprintable() for each in output.replace("\n", ""))
    text = run("check", path).output
    assert r"\x1b[2J[red]\r\n\x9b1A" in text
    assert "[bold]X[/]" in text


def test_plain() -> None:
    """One line, printable, of bounded length."""
    assert plain("a\n\x1b\u202e\ud800é") == r"a\n\x1b\u202e\ud800é"
    assert len(plain("x" * 10**6)) == LONGEST + 3


def test_every_byte_changed(tmp_path: Path) -> None:
    """A capture with bytes changed anywhere never ends in a traceback."""
    chance = random.Random(6)
    data = (CAPTURES / "rejected.pcapng").read_bytes() + (CAPTURES / "echo_to_orthanc.pcapng").read_bytes()
    path = tmp_path / "changed"
    for _ in range(60):
        changed = bytearray(data)
        for _ in range(chance.randrange(1, 30)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        path.write_bytes(changed)
        assert run("check", "--with-identifiers", path).exit_code in (0, 1, 3)


def test_the_script() -> None:
    """The installed script runs; its help names the commands."""
    done = subprocess.run([SCRIPT, "--help"], check=True, capture_output=True, encoding="utf-8")
    assert "check" in done.stdout


def test_packets_of_two_files() -> None:
    """Two captures one behind the other are one, as pcapng has it."""
    data = (CAPTURES / "rejected.pcapng").read_bytes()
    assert len(list(packets([data, data]))) == 2 * len(whole("rejected"))


# show


def every_name() -> list[str]:
    import dimse

    names = [name.replace("_", "-") for name in dimse.services.__all__ if name.startswith(("C_", "N_"))]
    names += [f"({tag >> 16:04X},{tag & 0xFFFF:04X})" for tag in dimse.DICTIONARY.by_tag]
    return [*names, "0xA801", "FF00H", "0000", "0x110", "0xFFFF", *list(dimse.RULES)[::25]]


def test_show_everything() -> None:
    """Every service, message, element and rule can be shown, and as JSON."""
    for name in every_name():
        result = run("show", name)
        assert result.exit_code == 0
        assert result.output.splitlines()[0].isprintable()
        assert json.loads(run("show", "--json", name).output)["kind"]


def test_show_all_services() -> None:
    """Without a name, the services and, behind an empty line, the profiles, each list with its heads."""
    services, profiles = run("show").output.split("\n\n")
    assert (len(services.splitlines()), len(profiles.splitlines())) == (13, 7)


def test_show_tells_what_the_standard_says() -> None:
    """The matrix, an element's cells, a Status and a rule, with sections."""
    rows = {row["name"]: row for row in json.loads(run("show", "--json", "c_move").output)["rows"]}
    assert rows["Affected SOP Class UID"]["cells"] == ["M", "U(=)", "-"]
    assert rows["Number of Remaining Sub-operations"]["section"] == "PS3.7 9.1.4.1.8"
    assert "C-STORE         Req/Ind -, Rsp/Conf C" in run("show", "(0000,0902)").output
    assert "Move Destination unknown  PS3.4 Table C.4-2" in run("show", "0xA801").output
    assert "No service answers with it" in run("show", "0x0FFF").output
    assert "PS3.7 9.1.4.1.7" in run("show", "C-MOVE-RSP.Status.M").output


@pytest.mark.parametrize("name", ["foo", "RULES", "C-MOVE-RSP.Status.X", "Remaining", "(0009,0010)", "\x1b[31m", ""])
def test_show_what_is_not_there(name: str) -> None:
    """What is unknown is said, with what comes near."""
    result = run("show", name)
    assert result.exit_code == 2
    assert "\x1b" not in result.output


# explain

MOVE = C_MOVE_RQ(
    MessageID=7, AffectedSOPClassUID="1.2.840.10008.5.1.4.1.2.2.2", Priority=0, MoveDestination="X", Identifier=b"ab"
)


def test_explain_a_file_digits_and_standard_input(tmp_path: Path) -> None:
    """A file of bytes or digits, digits, and standard input give the same."""
    command = MOVE.encode()
    (tmp_path / "bytes").write_bytes(command)
    (tmp_path / "digits").write_text(f"0x{command[:10].hex(' ')}\n{command[10:].hex(':')}\n")
    results = [run("explain", path) for path in (tmp_path / "bytes", tmp_path / "digits", command.hex())]
    results.append(run("explain", "-", stdin=command))
    assert {result.output for result in results} == {results[0].output}
    assert {result.exit_code for result in results} == {0}
    assert "0021H C-MOVE-RQ" in results[0].output
    assert "0000H MEDIUM" in results[0].output
    assert "a Data Set follows" in results[0].output


@pytest.mark.parametrize("packed", [True, False])
def test_explain_a_stream(packed: bool) -> None:
    """PDUs, or PDVs alone, are put together; a Data Set is not shown."""
    pdus = [pdu.encode() for pdu in to_pdus(MOVE.encode(), b"SECRET", context_id=1, max_length=60)]
    stream = b"".join(pdus if packed else (pdu[6:] for pdu in pdus))
    result = run("explain", "-", stdin=stream)
    assert result.exit_code == 0
    assert "Data Set, 6 bytes, not shown" in result.output
    assert "534543" not in result.output
    assert b"SECRET".hex(" ") not in result.output
    parts = json.loads(run("explain", "--json", "-", stdin=stream).output)["parts"]
    assert [part["part"] for part in parts] == ["command set", "data set"]
    assert run("explain", "-", stdin=stream[:-4]).exit_code == 1
    assert "the bytes end within the Command Set" in run("explain", "-", stdin=stream[:70]).output


def test_explain_verdicts() -> None:
    """What is wrong stands beside its element, what is absent below."""
    wrong = "000000000400000026000000000000010200000021800000000602000000415800000008020000000101000000090200000000FF"
    text = run("explain", wrong)
    assert text.exit_code == 1
    assert "MoveDestination is '-' and present" in text.output
    assert "MessageIDBeingRespondedTo is M and absent" in text.output
    found = json.loads(run("explain", "--json", wrong).output)["parts"][0]
    assert {v["rule"] for v in found["violations"]} >= {"C-MOVE-RSP.MoveDestination.-"}
    assert found["anomalies"]


def wrecks() -> list[str]:
    cases = json.loads((ROOT / "vectors" / "malformed.json").read_text("utf-8"))["cases"]
    return sorted({step["command"] for case in cases for step in case["steps"] if step.get("command")})


def test_explain_wrecks() -> None:
    """Each malformed Command Set of the vectors is taken apart as far as it goes, without a traceback."""
    assert len(wrecks()) > 20
    for wreck in wrecks():
        assert run("explain", wreck).exit_code in (0, 1)
        assert json.loads(run("explain", "--json", wreck).output)["parts"]


def test_explain_anything() -> None:
    """Whatever the bytes: no traceback, and only printable characters."""
    chance = random.Random(5)
    pdus = b"".join(pdu.encode() for pdu in to_pdus(MOVE.encode(), b"ab", context_id=1, max_length=60))
    for data in (MOVE.encode(), pdus, pdus[6:]):
        cuts = [data[:end] for end in range(0, len(data), 3)]
        for _ in range(150):
            changed = bytearray(data)
            for _ in range(chance.randrange(1, 6)):
                changed[chance.randrange(len(changed))] = chance.randrange(256)
            cuts.append(bytes(changed))
        for each in cuts:
            output = run("explain", "-", stdin=each).output
            assert all(character.isprintable() for character in output.replace("\n", ""))


def test_explain_nothing_that_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file and no digits, a folder, too much: wrong usage."""
    monkeypatch.setattr("dimse.cli.hexdump.MOST_BYTES", 100)
    (tmp_path / "long").write_bytes(bytes(101))
    for what in ("zz", str(tmp_path), tmp_path / "long", "a\x1bb"):
        result = run("explain", what)
        assert result.exit_code == 2
        assert "\x1b" not in result.output
