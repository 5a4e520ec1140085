"""`dimse check --format html` without a browser: what is in the file, and what is not. `tests/browser` has the rest."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from attrs import Factory, define

import page_captures
from dimse.cli.reports import html, sides
from dimse.cli.reports.page import tally
from dimse.cli.reports.page.assembly import SCRIPTS, as_data
from test_capture import CAPTURES, NAMES, sidecar
from test_dimse_cli import run

PAGE = Path(html.__file__).parent / "page"
VOID = {"meta", "input", "wbr", "br"}


@define
class Page(HTMLParser):
    """A page read by Python's own parser: elements with attributes, scripts and styles as they stand, texts."""

    elements: list[tuple[str, dict[str, str | None]]] = Factory(list)
    raw: list[tuple[str, dict[str, str | None], str]] = Factory(list)
    texts: list[str] = Factory(list)
    open: list[str] = Factory(list)

    def __attrs_pre_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("script", "style"):
            self.raw.append((tag, dict(attrs), ""))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("script", "style"):
            tag, attributes, text = self.raw[-1]
            self.raw[-1] = tag, attributes, text + data
        else:
            self.texts.append(data)

    @property
    def entries(self) -> list[dict[str, Any]]:
        return [each for _, a, text in self.raw if a.get("class") == "events" for each in json.loads(text)]

    @property
    def summary(self) -> dict[str, Any]:
        (found,) = [json.loads(text) for _, a, text in self.raw if a.get("id") == "summary-data"]
        return dict(found)

    @property
    def said(self) -> list[dict[str, Any]]:
        return [each for each in self.entries if each["event"] == "said"]


def page_of(*arguments: str | Path) -> tuple[Page, str]:
    output = run("check", "--format", "html", *arguments).output
    page = Page()
    page.feed(output)
    page.close()
    assert page.open == []
    return page, output


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", NAMES)
def test_every_capture(name: str) -> None:
    """A page for every capture: the messages of its description, the counts and findings that JSON has."""
    path = CAPTURES / f"{name}.pcapng"
    page, _ = page_of(path)
    described = [facts for facts in sidecar(name)["messages"] if facts["complete"]]
    assert [(e["number"], e["association"] - 1, e["from"], e["message"], e["command"]) for e in page.said] == [
        (f["n"], f["association"], f["from"], f["message"], f["command"]["hex"]) for f in described
    ]
    told = json.loads(run("check", "--format", "json", path).output)
    assert {key: page.summary[key] for key in told["summary"]} == told["summary"]
    findings = [e["violations"] for e in told["events"] if e.get("violations")]
    assert [e["violations"] for e in page.entries if e.get("violations")] == findings
    shown = " ".join(page.texts)
    for violation in (each for several in findings for each in several):
        assert violation["text"] in shown
    tables = {each["message"]: each for each in page.entries if each["event"] == "table"}
    for entry in page.said:
        keywords = {row["keyword"] for row in tables[entry["message"]]["rows"]}
        assert set(entry["parameters"]) <= keywords
    assert len(tables) == len([each for each in page.entries if each["event"] == "table"])


def test_sub_operations_name_their_move() -> None:
    """The C-STOREs of a C-MOVE, on another Association, name its request; responses name theirs."""
    page, _ = page_of(CAPTURES / "move_dcmtk.pcapng")
    by_number = {each["number"]: each for each in page.said}
    stores = [each for each in page.said if each["message"] == "C-STORE-RQ"]
    assert stores
    for each in stores:
        parent = by_number[each["parent"]]
        assert parent["message"] == "C-MOVE-RQ"
        assert parent["association"] != each["association"]
        assert parent["id"] == each["parameters"]["MoveOriginatorMessageID"]
    for each in page.said:
        if each["message"].endswith("-RSP"):
            request = by_number[each["request"]]
            assert request["id"] == each["parameters"]["MessageIDBeingRespondedTo"]
            assert request["association"] == each["association"]


def test_nothing_is_fetched() -> None:
    """No attribute names another place, and no style does; script and style are those whose hashes the policy has."""
    page, output = page_of(CAPTURES / "dcmjs_mpps_cancel.pcapng")
    for tag, attributes in page.elements:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base", "svg", "video", "audio"}
        assert "src" not in attributes
        assert all(not name.startswith("on") and name != "style" for name in attributes)
        assert attributes.get("href", "#").startswith("#")
    assert "url(" not in output
    assert "@import" not in output
    assert not re.search(r"https?://", output)
    (policy,) = [str(a["content"]) for _, a in page.elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    run_or_styled = {tag: text for tag, attributes, text in page.raw if "type" not in attributes}
    for tag, text in run_or_styled.items():
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy


def test_the_files_of_the_page() -> None:
    """Every script is part of the page; all files are short and ASCII, and nothing in them makes markup of text."""
    assert {path.stem for path in PAGE.glob("*.js")} == set(SCRIPTS)
    for path in PAGE.iterdir():
        if path.suffix in (".js", ".css", ".html"):
            text = path.read_text("utf-8")
            assert text.isascii()
            assert len(text.splitlines()) < 350
            assert not re.search(
                r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|new Function|fetch\(", text
            )


def test_hostile_peers(tmp_path: Path) -> None:
    """What peers send opens no element, closes no script, and is all printable ASCII."""
    harmless, _ = page_of(CAPTURES / "dcmjs_mpps_cancel.pcapng")
    page, output = page_of(written(tmp_path / "hostile.pcap", page_captures.hostile()))
    assert output.isascii()
    assert all(each.isprintable() for each in output.replace("\n", ""))
    assert {tag for tag, _ in page.elements} <= {tag for tag, _ in harmless.elements}
    assert output.count("<script") == output.count("</script") == 3
    assert page_captures.MARKUP not in output
    texts = " ".join(page.texts)
    assert "By side: <b>{{7*7}}</b> 7 and </script><img x> 4." in texts
    assert "{{7*7}}" in texts
    assert len(output) < 120_000
    assert len(page.said[2]["command"]) == 8192
    assert page.said[2]["cut"] > 64_000


def test_data_in_a_script_element() -> None:
    """Whatever the text, data closes no script element and reads back."""
    for text in ("</script>", "<!--<script>", "&lt;", "\u2028\u2029", "\ud800", "\0", '"\\'):
        data = as_data({text: [text]})
        assert not set("<>&") & set(data)
        assert data.isascii()
        assert json.loads(data) == {text: [text]}


def test_data_sets_are_asked_for() -> None:
    """No patient's name is on the page unless asked for."""
    path = CAPTURES / "find_orthanc.pcapng"
    assert "Patient's Name" not in page_of(path)[1]
    assert "Patient's Name" in page_of("--with-identifiers", path)[1]


def test_several_captures(tmp_path: Path) -> None:
    """Each capture counts from 1, and the anchors tell them apart; what cannot be read is said."""
    first, second, missing = CAPTURES / "mpps_pynetdicom.pcapng", CAPTURES / "dcmjs_mpps_cancel.pcapng", tmp_path / "no"
    page, _ = page_of(first, second, missing)
    assert {each.get("capture", 0) for each in page.entries if each["event"] == "said"} == {0, 1}
    links = {attributes.get("href") for _, attributes in page.elements}
    assert {"#a1", "#c2-a1"} <= links
    assert [each["event"] for each in page.entries][-1] == "unread"
    assert "1 capture could not be read and judged whole" in " ".join(page.texts)


def test_no_capture(tmp_path: Path) -> None:
    """An empty directory gives a page that says so."""
    page, _ = page_of(tmp_path)
    assert "No message was found in 0 captures." in " ".join(page.texts)


def test_what_happened_beside_messages(tmp_path: Path) -> None:
    """TLS, gaps, rejections, aborts and faults are entries, and the summary says so."""
    page, _ = page_of(written(tmp_path / "bad.pcap", page_captures.bad()))
    kinds = {each["event"] for each in page.entries}
    assert kinds == {"capture", "name", "table", "began", "said", "gap", "fault", "ended", "encrypted"}
    texts = " ".join(page.texts)
    assert "By side: ARCHIVE 15, MODALITY 1 and WORKSTATION 1." in texts
    assert "1 connection spoke TLS and cannot be read." in texts
    assert "rejected by ARCHIVE" in texts
    assert "no PDU, or no message" in texts


def test_the_page_is_bounded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Beyond so many messages only those that break a rule are kept, to a limit; all are counted, and it is said."""
    path = written(tmp_path / "long.pcap", page_captures.long(1000, every=10))
    whole, _ = page_of(path)
    assert len(whole.said) == 1000
    monkeypatch.setattr(html, "MOST_MESSAGES", 100)
    page, output = page_of(path)
    broken = [each for each in page.said if each.get("violations")]
    assert len(page.said) == 100 + 45
    assert page.said[100:] == broken[5:]
    assert page.summary["left_out"] == {"messages": 855}
    assert page.summary["messages"] == 1000
    assert page.summary["error"] == whole.summary["error"] == 50
    assert "855 messages of 1,000 were counted and are not listed, and all of them are clean" in output
    monkeypatch.setattr(html, "MOST_MESSAGES", 20)
    page, output = page_of(path)
    assert len(page.said) == 20 + 20
    assert page.summary["left_out"] == {"messages": 960, "broken": 29}
    assert "29 of them broke a rule" in output
    monkeypatch.setattr(html, "MOST_MESSAGES", 10_000)
    monkeypatch.setattr(html, "MOST_BYTES", 20_000)
    page, output = page_of(path)
    assert sum(len(text) for _, attributes, text in page.raw if attributes.get("class") == "events") < 50_000
    assert 0 < len(page.said) < 200


def test_events_that_are_no_messages_are_bounded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Associations without end neither fill the page nor the memory."""
    monkeypatch.setattr(tally, "MOST_LISTED", 3)
    monkeypatch.setattr(html, "MOST_MESSAGES", 4)
    page, output = page_of(written(tmp_path / "many.pcap", page_captures.long(40, every=2, titles=10)))
    assert page.summary["left_out"]["events"] == 2 * 10 - 4
    assert "16 beginnings, ends, gaps and faults are not listed" in output
    assert "Associations (the first 3 of 10)" in output
    assert "the first 3 of 10 findings" in output


def test_who_does_not_answer_is_named(tmp_path: Path) -> None:
    """What is missing at the end of an Association is laid to the side that owed it, as in the other forms."""
    page, _ = page_of(written(tmp_path / "silent.pcap", page_captures.silent()))
    assert "1 warning in 1 message of 1 Association. By side: ARCHIVE all of it." in " ".join(page.texts)
    assert page.entries[-1]["owed_by"] == ["ARCHIVE"]
    (side,) = [each for each in page.summary["sides"] if each["broke"]]
    assert side["title"] == "ARCHIVE"


def test_many_captures_and_sides(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Sides beyond the limit are counted together, captures beyond it are counted."""
    monkeypatch.setattr(tally, "MOST_LISTED", 2)
    monkeypatch.setattr(sides, "MOST_SIDES", 1)
    path = written(tmp_path / "bad.pcap", page_captures.bad())
    _, output = page_of(path, path, path, path)
    assert ">others<" in output
    assert "and 2 more" in output
