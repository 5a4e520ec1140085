"""The laws of a schema: for each a change that breaks it, and what the compiler then says, to the column.

A case in `tests/laws/LAW.txt` is a change to `tests/laws/schema`, written as a diff, and below it the whole report. The
profiles of `tests/laws/profiles` are there for the cases that change one.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dimse_codegen.laws import LAWS, lint
from dimse_codegen.load import load
from dimse_codegen.problem import SchemaError
from dimse_codegen.render import render, render_profiles
from dimse_codegen.yaml_source import MAX_SIZE

ROOT = Path(__file__).resolve().parents[1]
OURS = ROOT / "schema"
CASES = ROOT / "tests" / "laws"
SMALL = CASES / "schema"
PROFILES = CASES / "profiles"
FIND, WIDGETS = "services/x_find.yaml", "service_classes/widgets.yaml"
# Laws that no change within a file can break; their tests stand below.
OF_WHOLE_FILES = {"FILE_READABLE", "SERVICES_PRESENT"}

fuzzed = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    return shutil.copytree(SMALL, tmp_path / "schema")


def small(folder: Path) -> Path:
    """A copy of the small schema, with its profile."""
    root = shutil.copytree(SMALL, folder / "schema")
    shutil.copytree(PROFILES, root / "profiles")
    return root


def report(root: Path) -> list[str]:
    """Everything that is wrong with a schema, a line a problem, files named from its directory."""
    try:
        problems = lint(load(root))
    except SchemaError as error:
        problems = list(error.problems)
    return [str(problem).removeprefix(f"{root}/") for problem in problems]


def change(root: Path, lines: list[str]) -> None:
    """Apply a diff: the name of a file, then lines with - and + that stand in it once and side by side."""
    path = root / lines[0]
    old = "".join(f"{line[1:]}\n" for line in lines if line.startswith("-"))
    new = "".join(f"{line[1:]}\n" for line in lines if line.startswith("+"))
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("law", "case"),
    [
        pytest.param(path.stem, case.strip("\n"), id=f"{path.stem} {number}")
        for path in sorted(CASES.glob("*.txt"))
        for number, case in enumerate(path.read_text(encoding="utf-8").split("\n\n"), 1)
    ],
)
def test_a_broken_law_is_reported(law: str, case: str, schema: Path) -> None:
    """Each change breaks its law, and the report names file, line, column, what stands there and what is right."""
    if "profiles/" in case:
        shutil.copytree(CASES / "profiles", schema / "profiles")
    expected: list[str] = []
    hunk: list[str] = []
    for line in case.split("\n"):
        if line.startswith(("-", "+")):
            hunk.append(line)
            continue
        if len(hunk) > 1:
            change(schema, hunk)
        hunk = [line]
        if ": " in line:
            expected.append(line)
    assert report(schema) == expected
    assert any(f": {law}: " in line for line in expected)


def test_every_law_has_a_case() -> None:
    """No law is without a change that breaks it, and no case is of a law that is gone."""
    assert {path.stem for path in CASES.glob("*.txt")} == {law.id for law in LAWS} - OF_WHOLE_FILES


def test_every_law_has_a_purpose() -> None:
    """An ID is capitals and names one law; a purpose is one sentence."""
    assert len({law.id for law in LAWS}) == len(LAWS)
    for law in LAWS:
        assert re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+", law.id)
        assert re.fullmatch(r"\S[^\n]*[^.]\.", law.purpose)
        assert not re.search(r"[a-z]\. [A-Z]", law.purpose)


@pytest.mark.parametrize("root", [OURS, SMALL], ids=["ours", "small"])
def test_a_good_schema_breaks_no_law(root: Path) -> None:
    """Our schema, and the one that the cases change, break no law."""
    assert report(root) == []


def test_a_good_profile_breaks_no_law(schema: Path) -> None:
    """Nor does the profile that the cases change."""
    shutil.copytree(CASES / "profiles", schema / "profiles")
    assert report(schema) == []


def test_all_problems_are_reported_at_once(schema: Path) -> None:
    """Faults of form in several files come in one report, by file and line, whatever order they are met in."""
    change(schema, [FIND, "-kind: operation", "+kind: [operation]"])
    change(schema, [FIND, "-    column: Rsp/Conf", "+    colum: Rsp/Conf"])
    change(schema, ["services/x_cancel.yaml", "-    command_field: 0FFFH", "+    command_field: 0x0FFF"])
    change(schema, ["command_dictionary.yaml", "-edition: 2026c", "+edition:"])
    change(schema, ["statuses.yaml", "-  Success: [0000H]", "+  Success: [0000H"])
    assert [line.partition(": ")[0] for line in report(schema)] == [
        "command_dictionary.yaml:2:8",
        "services/x_cancel.yaml:20:20",
        "services/x_find.yaml:6:7",
        "services/x_find.yaml:21:5",
        "services/x_find.yaml:22:5",
        "statuses.yaml:5:10",
    ]


def test_broken_laws_of_meaning_are_reported_at_once(schema: Path) -> None:
    """Laws that need the whole model report together, by file and line."""
    change(schema, [FIND, "-kind: operation", "+kind: request"])
    change(schema, ["services/x_cancel.yaml", "-edition: 2026c", "+edition: 2025a"])
    change(schema, ["statuses.yaml", "-  Error Comment: X-FIND", "+  Error Comment: X-MOVE"])
    laws = [line.split(": ")[1] for line in report(schema)]
    assert laws == ["EDITION_SAME", "KIND_KNOWN", "ONLY_IN_USED"]


def test_scalars_are_the_text_that_was_written(schema: Path) -> None:
    """An unquoted 9.10 stays 9.10, and 0010 is no number but a code that lacks its H."""
    change(schema, [FIND, '-section: "9.1.2"', "+section: 9.10"])
    assert next(s for s in load(schema).services if s.name == "X-FIND").section == "9.10"
    change(schema, [FIND, "-    command_field: 0020H", "+    command_field: 0010"])
    assert report(schema) == [
        f"{FIND}:42:20: CODE_FORM: '0010' is no code; write four capital hexadecimal digits and H, as 0021H"
    ]


FILES = {
    "empty": (b"", "1:1: YAML_SYNTAX: the file is empty"),
    "comments alone": (b"# Nothing\n", "1:1: YAML_SYNTAX: the file is empty"),
    "no node": (b"---\n", "2:1: VALUE_KIND: nothing stands here, where a mapping is wanted"),
    "a text": (b"widgets\n", "1:1: VALUE_KIND: 'widgets' stands here, where a mapping is wanted"),
    "a list": (b"[a]\n", "1:1: VALUE_KIND: a list stands here, where a mapping is wanted"),
    "Latin-1": (b"# x\nsummary: \xe9\n", "2:1: FILE_READABLE: byte 13 of the file is not UTF-8"),
    "UTF-16": ("edition: 2026c".encode("utf-16"), "1:1: FILE_READABLE: byte 0 of the file is not UTF-8"),
    "binary": (b"\x7fELF\x02\x01\n", "1:1: YAML_SYNTAX: character 007FH may not stand in YAML"),
    "NUL": (b"a: 1\nb: \x00\n", "2:4: YAML_SYNTAX: character 0000H may not stand in YAML"),
    "tabs": (
        b"a:\n\tb: 1\n",
        "2:1: YAML_SYNTAX: while scanning for the next token, found character '\\t' that cannot start any token",
    ),
    "half a surrogate pair": (b'a: "\\ud800"\n', "1:4: YAML_SYNTAX: half a surrogate pair is no character"),
    "deep": (b"[" * 2_000, "1:21: YAML_SYNTAX: nested too deeply"),
    "deep in blocks": (b"- " * 2_000, "1:41: YAML_SYNTAX: nested too deeply"),
    "huge": (b"#" * (MAX_SIZE + 1), "1:1: FILE_READABLE: 1000001 bytes; a schema file has 1000000 at most"),
    "two documents": (
        b"a: 1\n---\nb: 2\n",
        "2:1: YAML_SYNTAX: expected a single document in the stream, but found another document",
    ),
}


@pytest.mark.parametrize(("data", "expected"), FILES.values(), ids=FILES)
@pytest.mark.parametrize("name", [FIND, WIDGETS, "command_dictionary.yaml", "statuses.yaml"])
def test_a_file_that_is_no_schema_is_reported(name: str, data: bytes, expected: str, schema: Path) -> None:
    """What is no text, no YAML or no mapping is a problem of that file, in words, in whichever file it is."""
    (schema / name).write_bytes(data)
    assert f"{name}:{expected}" in report(schema)


def test_a_directory_is_no_file(schema: Path) -> None:
    """A directory where a file should be is a problem of its own name."""
    (schema / "services" / "x_move.yaml").mkdir()
    assert report(schema) == ["services/x_move.yaml:1:1: FILE_READABLE: Is a directory"]


def test_a_schema_has_services(tmp_path: Path) -> None:
    """An empty directory, a file and a name that does not exist are no schema."""
    (tmp_path / "file").touch()
    for root in (tmp_path, tmp_path / "file", tmp_path / "none"):
        expected = "services:1:1: SERVICES_PRESENT: no service here; write one YAML file a service"
        assert report(root) == [expected]


def test_a_problem_is_one_line(schema: Path) -> None:
    """Line ends and control characters in a text from the schema reach nobody's terminal."""
    change(schema, [FIND, "-kind: operation", '+kind: "a\\nb\\e[31m\\u202E"'])
    text = r"'a\nb\x1b[31m\u202e' is no kind; one of operation, notification, cancel"
    assert report(schema) == [f"{FIND}:6:7: KIND_KNOWN: {text}"]


def test_a_condition_ends(schema: Path) -> None:
    """However deep a condition is nested, by brackets or by `not`, it is a problem and no crash."""
    for nested in ("(" * 5000, "not " * 5000 + "always"):
        shutil.copy(SMALL / FIND, schema / FIND)
        change(schema, [FIND, "-    required_when: Status is Pending", f"+    required_when: {nested}"])
        assert report(schema) == [f"{FIND}:23:20: CONDITION_SYNTAX: the condition is nested too deeply"]


def compiles_or_reports(root: Path) -> None:
    if not report(root):
        schema = load(root)
        for text in [*render(schema).values(), *render_profiles(schema, "..services").values()]:
            compile(text, "generated", "exec")


@fuzzed
@given(text=st.text(), name=st.sampled_from([FIND, WIDGETS, "command_dictionary.yaml", "statuses.yaml"]))
def test_any_text_is_read_or_reported(text: str, name: str, schema: Path) -> None:
    """Whatever text stands in a file, the compiler reads it or says what is wrong."""
    (schema / name).write_bytes(text.encode("utf-8", "surrogatepass"))
    compiles_or_reports(schema)


@fuzzed
@given(data=st.data())
def test_any_small_change_is_read_or_reported(data: st.DataObject, tmp_path: Path) -> None:
    """A line lost or doubled, or a character changed, in any file of a small schema compiles or is reported."""
    schema = shutil.copytree(SMALL, tmp_path / "schema", dirs_exist_ok=True)
    mutate(data, schema, sorted(schema.rglob("*.yaml")))


@fuzzed
@given(data=st.data())
def test_any_small_change_of_a_profile_is_read_or_reported(data: st.DataObject, tmp_path: Path) -> None:
    """So it is in a profile."""
    schema = shutil.copytree(SMALL, tmp_path / "schema", dirs_exist_ok=True)
    profiles = shutil.copytree(CASES / "profiles", schema / "profiles", dirs_exist_ok=True)
    mutate(data, schema, sorted(profiles.glob("*.yaml")))


@settings(fuzzed, max_examples=15)
@given(data=st.data())
def test_any_small_change_to_ours_is_read_or_reported(data: st.DataObject, tmp_path: Path) -> None:
    """So it is in any of our own files."""
    schema = shutil.copytree(OURS, tmp_path / "schema", dirs_exist_ok=True)
    mutate(data, schema, sorted(schema.rglob("*.yaml")))


def mutate(data: st.DataObject, root: Path, paths: list[Path]) -> None:
    path = data.draw(st.sampled_from(paths))
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    line = data.draw(st.integers(0, len(lines) - 1))
    place = data.draw(st.integers(0, len(text) - 1))
    character = data.draw(st.sampled_from("-MUC[]{}():,'\"#&*!|>%@ \n\t0AxH") | st.characters(codec="utf-8"))
    mutants = [
        "".join(lines[:line] + lines[line + 1 :]),
        "".join(lines[: line + 1] + lines[line:]),
        text[:place] + character + text[place + 1 :],
        text[:place] + text[place + 1 :],
    ]
    path.write_bytes(data.draw(st.sampled_from(mutants)).encode())
    compiles_or_reports(root)
