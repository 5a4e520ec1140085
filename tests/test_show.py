"""`dimse show` against PS3.7 as it was transcribed by hand, and names as people type them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dimse.cli.commands import dimse

ROOT = Path(__file__).resolve().parents[1]
STANDARD = json.loads((ROOT / "tests" / "standard" / "ps3.7-2026c.json").read_text("utf-8"))
SERVICES, MESSAGES = STANDARD["services"], STANDARD["messages"]
ELEMENTS = STANDARD["elements"] + STANDARD["retired_elements"]


def show(*arguments: str) -> Result:
    result = CliRunner().invoke(dimse, ["show", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert all(each.isprintable() for each in result.output.replace("\n", ""))
    return result


def facts(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(show("--json", name).output)
    return found


def matrix(text: str, columns: list[str]) -> dict[str, list[str]]:
    """The rows of a table as printed, by name, up to the first line that is none; with the cells below some heads."""
    lines = text.splitlines()
    starts = [(head, lines[1].index(head)) for head in columns]
    rows = {}
    for line in lines[2:]:
        name = re.split(r"\s\s", line, maxsplit=1)[0]
        if "PS3.7" not in line:
            break
        if "(Annex C)" not in line:
            rows[name] = [line[at:].split("  ")[0].strip() for _, at in starts]
    return rows


@pytest.mark.parametrize("service", SERVICES)
def test_the_printed_matrix_is_the_standards(service: str) -> None:
    """Rows, order and cells of the matrix are those of the table, as printed and as JSON."""
    expected = SERVICES[service]
    text = show(service).output
    assert f"PS3.7 Table {expected['parameters_table']}" in text.splitlines()[0]
    printed = matrix(text, expected["columns"])
    assert list(printed.items()) == list(expected["parameters"].items())
    found = facts(service)
    assert found["columns"] == expected["columns"]
    rows = [(row["name"], row["cells"]) for row in found["rows"] if not row["status_related"]]
    assert rows == list(expected["parameters"].items())


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_has_the_standards_fields(message: str) -> None:
    """Command Field and fields with tag, VR and VM are those of the table of the message."""
    expected = MESSAGES[message]
    cancel = message.startswith("C-CANCEL-")  # three tables, one message
    message = "C-CANCEL-RQ" if cancel else message
    found = facts(message)
    assert int(found["command_field"].removesuffix("H"), 16) == int(expected["command_field"], 16)
    assert expected["table"] in found["table"]
    fields = {(field["tag"], field["vr"], field["vm"]) for field in expected["fields"] if field["tag"]}
    protocol = {"(0000,0000)", "(0000,0100)", "(0000,0800)"}
    ours = {(row["tag"], row["vr"], row["vm"]) for row in found["parameters"] if row["tag"]}
    assert {field for field in fields if field[0] not in protocol} <= ours
    text = show(message).output
    for row in found["parameters"]:
        assert row["name"] in text
        for rule in row["rules"]:
            assert rule["rule"] in text


@pytest.mark.parametrize("element", ELEMENTS, ids=lambda element: element["keyword"])
def test_an_element_by_any_of_its_names(element: dict[str, str]) -> None:
    """Tag in four spellings, keyword and name, in any case, show the element that Annex E has."""
    bare = element["tag"].strip("()")
    names = [element["tag"], bare, bare.replace(",", ""), bare.replace(",", " "), element["keyword"], element["name"]]
    found = [facts(name) for spelt in names for name in (spelt, spelt.lower(), spelt.upper())]
    assert all(each == found[0] for each in found)
    assert {key: found[0][key] for key in ("tag", "name", "keyword", "vr", "vm")} == element
    assert found[0]["retired"] == (element in STANDARD["retired_elements"])


def test_where_an_element_is_used_is_what_the_tables_say() -> None:
    """The services of an element, and its cells there, are those of the tables."""
    for element in STANDARD["elements"]:
        expected = {
            name: dict(zip(service["columns"], service["parameters"][element["name"]], strict=True))
            for name, service in SERVICES.items()
            if element["name"] in service["parameters"]
        }
        used = {each["service"]: each["cells"] for each in facts(element["tag"])["used"]}
        assert {name: used[name] for name in expected} == expected


def test_every_status_type_is_shown() -> None:
    """Each status type of Annex C with a code of its own is shown by it, with its class and section."""
    for each in STANDARD["status_types"]:
        if each["value"] is None:
            continue
        found = facts(f"0x{each['value']}")
        assert found["class"] == each["class"]
        told = {(row["type"], row["section"]) for row in found["services"] if row["section"].startswith("PS3.7")}
        assert all(type_ == each["type"] for type_, _ in told)


@pytest.mark.parametrize("name", ["0xA801", "0xa801", "A801H", "a801h", "A801", "a801"])
def test_a_status_in_any_spelling(name: str) -> None:
    """A Status is known with 0x, with H and bare."""
    assert facts(name) == facts("0xA801")
    assert facts(name)["status"] == "A801H"


@pytest.mark.parametrize("name", ["C-MOVE", "c-move", "C_MOVE", "c move", " C-Move "])
def test_a_service_in_any_spelling(name: str) -> None:
    """Services and messages are known in any case, with hyphen, underscore or space."""
    assert facts(name)["service"] == "C-MOVE"
    assert facts(f"{name.strip()}-rsp")["message"] == "C-MOVE-RSP"


def test_rules_by_id_pattern_and_beginning() -> None:
    """A rule by its ID in any case, all that fit a pattern, and all that begin so."""
    rule = facts("c-move-rq.priority.m")
    assert (rule["kind"], rule["rule"], rule["section"]) == ("rule", "C-MOVE-RQ.Priority.M", "PS3.7 9.1.4.1.4")
    assert rule["statuses"][0] == "Missing Attribute"
    assert (
        "To be refused with, the first that the service has: Missing Attribute" in show("C-MOVE-RQ.Priority.M").output
    )
    several = [each["rule"] for each in facts("C-*-RQ.Priority.M")["rules"]]
    assert several == [f"C-{name}-RQ.Priority.M" for name in ("STORE", "FIND", "GET", "MOVE")]
    begun = [each["rule"] for each in facts("conversation")["rules"]]
    assert "CONVERSATION.PENDING" in begun
    assert all(each in show("CONVERSATION.*").output for each in begun)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("C-MOV", "C-MOVE"),
        ("C-MVOE", "C-MOVE"),
        ("N-CRATE-RQ", "N-CREATE-RQ"),
        ("ErorComment", "ErrorComment"),
        ("C-MOVE-RSP.Statu.M", "C-MOVE-RSP.Status.M"),
        ("SUBOPERATIONS", "CONVERSATION.SUBOPERATIONS"),
    ],
)
def test_what_was_meant_is_suggested(typed: str, meant: str) -> None:
    """A name that nothing has is answered with those that come near, and wrong usage."""
    result = show(typed)
    assert result.exit_code == 2
    assert re.search(rf"did you mean .*{re.escape(meant)}", " ".join(result.output.split()))


def test_conditions_in_words() -> None:
    """A C cell has its condition, with the section, in the service, the message and the element."""
    said = "Number of Remaining Sub-operations: required while Status is Pending (PS3.7 9.1.4.1.8)"
    assert said in show("C-MOVE").output
    assert said in show("C-MOVE-RSP").output
    assert "(PS3.7 9.1.4.1.8): required while Status is Pending" in show("(0000,1020)").output
    rows = {row["name"]: row for row in facts("C-MOVE")["rows"]}
    for row in rows.values():
        has_condition = row["required_while"] is not None or row["permitted_while"] is not None
        assert has_condition == any(cell == "C" for cell in row["cells"])


@pytest.mark.parametrize("name", ["C-MOVE", "C-MOVE-RSP"])
def test_only_what_is_shown_is_imported(name: str) -> None:
    """A service is shown without pydicom, rich, the other services, the codec and the reading of captures."""
    program = f"""
import sys
from dimse.cli.commands import dimse
dimse(["show", "{name}"], standalone_mode=False)
print(*sys.modules, file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, encoding="utf-8")
    modules = set(done.stderr.split())
    unwanted = {"pydicom", "rich", "importlib.metadata", "dimse.capture", "dimse.services._codec"}
    unwanted |= {"dimse.services.c_store", "dimse.services.n_get", "dimse.services._service_classes"}
    assert modules & unwanted == set()
    assert "dimse.services.c_move" in modules


def test_profiles_are_listed() -> None:
    """Beside the services stand the profiles, each by the name and the module that --profile takes."""
    listed = json.loads(show("--json").output)["profiles"]
    assert {"profile": "Study Root Query/Retrieve", "module": "study_root_query_retrieve"} in listed
    text = show().output
    assert all(re.search(rf"^{re.escape(each['profile'])} +{each['module']}$", text, re.M) for each in listed)
    assert len(listed) == len(list((ROOT / "schema" / "profiles").glob("*.yaml")))


@pytest.mark.parametrize(
    "name", ["study_root_query_retrieve", "Study Root Query/Retrieve", "STUDY ROOT QUERY RETRIEVE"]
)
def test_a_profile(name: str) -> None:
    """What it changes, with reason, document and section, and the rows that are others than the service's."""
    found = facts(name)
    assert (found["kind"], found["section"]) == ("profile", "PS3.4 C.6.2")
    (move,) = (each for each in found["services"] if each["service"] == "C-MOVE")
    assert move["sop_classes"] == ["1.2.840.10008.5.1.4.1.2.2.2"]
    rows = {row["name"]: row for row in move["rows"]}
    assert [*rows] == ["Affected SOP Class UID", "Identifier", "Number of Remaining Sub-operations"]
    assert rows["Identifier"]["cells"] == ["M", "C", "-"]
    remaining = rows["Number of Remaining Sub-operations"]
    assert remaining["permitted_while"] == "Status is Pending or Status is Cancel"
    assert remaining["section"] == "PS3.4 C.4.2.1.6"
    text = show(name).output
    assert "Identifier, Rsp/Conf: U > C\n    It lists the SOP Instances that failed. (PS3.4 C.4.2.1.4.2)\n" in text
    assert "Affected SOP Class UID              MF 1.2.840.10008.5.1.4.1.2.2.2  U(=)      -\n" in text


@pytest.mark.parametrize(
    ("name", "near"), [("study_root", "study_root_query_retrieve"), ("storage commitmen", "storage_commitment")]
)
def test_what_comes_near_a_profile(name: str, near: str) -> None:
    """A profile is among what is suggested."""
    result = show(name)
    assert result.exit_code == 2
    assert near in result.output.lower().replace(" ", "_")
