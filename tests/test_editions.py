"""Two editions of PS3.7 compared: on small documents with an invented service, and on the real one altered."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from dimse_codegen.changes.editions import citations, compare
from dimse_codegen.changes.prose import read
from dimse_codegen.cli import main
from dimse_codegen.load import load, shipped_schema
from test_docbook import DOCUMENT, HOW_TO_GET_IT

SCHEMA = load(shipped_schema())

# What stands in the small document, what is put there; the rule and what is said.
SMALL: list[tuple[str, str, str, str]] = [
    ("<td><para>U(=)</para></td>", "<td><para>M(=)</para></td>",
     "CELL_CHANGED", "Table 9.1-7, Test ID, Rsp/Conf: U(=) -> M(=)"),
    ("<para>Test ID</para>", "<para>Trial ID</para>", "ROW_RENAMED", "Table 9.1-7, Test ID: Test ID -> Trial ID"),
    ("0A01H", "0A02H", "CELL_CHANGED", "Table 9.3-1, Command Field, Code: 0A01H -> 0A02H"),
    ("OldNew", "OldOrNew", "CELL_CHANGED", "Table E.2-1, Old/New, Keyword: OldNew -> OldOrNew"),
    ("51A0", "51A2", "CELL_CHANGED", "Table E.2-1, Old/New, Tag: (0000,51A0) -> (0000,51A2)"),
    ("<para>LO</para>", "<para>LT</para>", "CELL_CHANGED", "Section C.2.1, Remark, VR: LO -> LT"),
    ("Fine (0000H)", "Fine (0001H)", "CELL_CHANGED", "Section 9.1.4.1.2, Fine, Code: 0000H -> 0001H"),
    ("set to 0000H.", "set to 0002H.", "CELL_CHANGED", "Annex C, Fine, Code: 0000H -> 0002H"),
    ("All is well", "All is fine",
     "PROSE_CHANGED", "Section 9.1.4.1.2 (sect_9.1.4.1.2): its text is another; cited here"),
    ("<para>Set.</para>", "<para>A set.</para>", "TEXT_CHANGED", "Table 9.3-1, Load: its text is another"),
    ("optional field contains FFFFH", "optional field contains FFFEH", "TEXT_CHANGED",
     "Section C.2.1, Remark: its text is another; codes FFFFH -> FFFEH"),
    ("2031x", "2032a", "CELL_CHANGED", "Title page, edition: 2031x -> 2032a"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "rule", "text"), SMALL, ids=[text for *_, text in SMALL])
def test_one_alteration_is_one_difference(old: str, new: str, rule: str, text: str, tmp_path: Path) -> None:
    """A document altered in one place is told to differ there, and nowhere else."""
    assert old in DOCUMENT
    before, after = tmp_path / "old.xml", tmp_path / "new.xml"
    before.write_text(DOCUMENT, encoding="utf-8")
    after.write_text(DOCUMENT.replace(old, new, 1), encoding="utf-8")
    found = compare(read(before), read(after), SCHEMA, "0").findings
    assert [(each.rule, each.text) for each in found] == [(rule, text)]


def test_document_is_as_itself(tmp_path: Path) -> None:
    """A document and the same laid out otherwise differ in nothing."""
    before, after = tmp_path / "old.xml", tmp_path / "new.xml"
    before.write_text(DOCUMENT, encoding="utf-8")
    after.write_text(DOCUMENT.replace("<para>", "<para>\n  "), encoding="utf-8")
    assert compare(read(before), read(after), SCHEMA, "0").findings == []


def test_what_is_no_edition_is_refused(tmp_path: Path) -> None:
    """A file that is no DocBook of PS3.7 is named, and the exit status is 2."""
    good, bad = tmp_path / "good.xml", tmp_path / "bad.xml"
    good.write_text(DOCUMENT, encoding="utf-8")
    for content in (b"", b"\xff\xfe\x00", b"<book/>", b"<!DOCTYPE book><book/>"):
        bad.write_bytes(content)
        for order in ([good, bad], [bad, good]):
            done = CliRunner().invoke(main, ["diff", *map(str, order)])
            assert done.exit_code == 2
            assert str(bad) in done.stderr


# The real document


@pytest.fixture(scope="module")
def real() -> Path:
    """PS3.7 as DocBook, where DIMSE_PART07 says."""
    name = os.environ.get("DIMSE_PART07")
    if not name:
        pytest.skip(HOW_TO_GET_IT)
    return Path(name)


def table(text: str, label: str) -> tuple[int, int]:
    """Where a table begins and ends."""
    start = text.index(f'label="{label}"')
    return start, text.index("</table>", start)


def row_of(text: str, label: str, row: str) -> slice:
    """Where the row of a table is whose cells have a name."""
    start, end = table(text, label)
    rows = re.finditer(r"<tr\b.*?</tr>", text[start:end], re.DOTALL)
    [found] = [each for each in rows if re.search(rf">\s*{re.escape(row)}\s*<", each[0])]
    return slice(start + found.start(), start + found.end())


def in_row(text: str, label: str, row: str, old: str, new: str) -> str:
    """A cell of a row replaced."""
    place = row_of(text, label, row)
    assert text[place].count(old) == 1, (label, row, old)
    return text[: place.start] + text[place].replace(old, new) + text[place.stop :]


def rowless(text: str, label: str, row: str) -> str:
    """A table without a row."""
    place = row_of(text, label, row)
    return text[: place.start] + text[place.stop :]


def doubled(text: str, label: str, row: str, name: str) -> str:
    """A table with one row more, a copy under another name."""
    place = row_of(text, label, row)
    return text[: place.stop] + text[place].replace(row, name) + text[place.stop :]


def altered(text: str) -> str:
    """The document in ten other ways: in places of ten kinds."""
    text = in_row(text, "9.1-4", "Priority", ">M<", ">U<")
    text = in_row(text, "9.1-1", "Move Originator Message ID", ">Move Originator Message ID<", ">Move Origin<")
    text = rowless(text, "10.1-3", "Modification List")
    text = doubled(text, "9.1-5", "Status", "Mood")
    text = in_row(text, "E.1-1", "(0000,0600)", "(0000,0600)", "(0000,0602)")
    text = in_row(text, "9.3-9", "(0000,0600)", ">AE<", ">LO<")
    text = in_row(text, "9.3-1", "(0000,1000)", ">1<", ">1-n<")
    text = in_row(text, "10.3-1", "(0000,0100)", "0100H", "0101H")
    start = text.index('label="C.5.6"')
    text = text[:start] + text[start:].replace("0122H", "0125H", 1)
    start = text.index('label="9.1.4.1.8"')
    return text[:start] + text[start:].replace("This specifies", "This tells", 1)


TEN = {
    ("CELL_CHANGED", "Table 9.1-4, Priority, Req/Ind: M -> U"),
    ("ROW_RENAMED", "Table 9.1-1, Move Originator Message ID: Move Originator Message ID -> Move Origin"),
    ("ROW_REMOVED", "Table 10.1-3, Modification List: Modification List, M, - -> nothing"),
    ("ROW_ADDED", "Table 9.1-5, Mood: nothing -> Mood, -, M"),
    ("CELL_CHANGED", "Table E.1-1, Move Destination, Tag: (0000,0600) -> (0000,0602)"),
    ("CELL_CHANGED", "Table 9.3-9, Move Destination, VR: AE -> LO"),
    ("CELL_CHANGED", "Table 9.3-1, Affected SOP Instance UID, VM: 1 -> 1-n"),
    ("CELL_CHANGED", "Table 10.3-1, Command Field, Code: 0100H -> 0101H"),
    ("CELL_CHANGED", "Annex C, Refused: SOP Class not supported, Code: 0122H -> 0125H"),
    ("PROSE_CHANGED", "Section 9.1.4.1.8 (sect_9.1.4.1.8): its text is another; cited here"),
}


def test_ten_alterations_are_ten_differences(real: Path, tmp_path: Path) -> None:
    """Of the real document altered in ten known places all ten are told, and nothing else."""
    copy = tmp_path / "part07.xml"
    copy.write_text(altered(real.read_text(encoding="utf-8")), encoding="utf-8")
    found = compare(read(real), read(copy), SCHEMA, "0").findings
    assert {(each.rule, each.text) for each in found} == TEN
    assert len(found) == 10


def test_real_document_is_as_itself(real: Path) -> None:
    """The real document differs from itself in nothing, and has every section of PS3.7 that the schema cites."""
    edition = read(real)
    assert compare(edition, edition, SCHEMA, "0").findings == []
    cited = {label for label in citations(SCHEMA) if not label.startswith("PS3.") and label != "row"}
    assert cited - {*edition.sections} == set()
