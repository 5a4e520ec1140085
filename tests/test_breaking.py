"""`dimse-codegen breaking` as people run it: against a commit, a directory, a wheel; and against what is none."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dimse_codegen.changes import sources
from dimse_codegen.cli import main
from dimse_codegen.findings import LEVELS

ROOT = Path(__file__).resolve().parents[1]
SMALL = ROOT / "tests" / "laws" / "schema"
FIND = "services/x_find.yaml"
CELL = ("  Priority:                      [U,   '-',  '-']", "  Priority:                      [M,   '-',  '-']")
KEYWORD = ("NumberOfWidgets", "WidgetCount")
SENTENCE = ("summary: Find widgets.", "summary: Find all widgets.")


def git(directory: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *identity, *arguments], cwd=directory, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the small schema, tagged v1; the working directory."""
    shutil.copytree(SMALL, tmp_path / "schema")
    (tmp_path / "pyproject.toml").write_text('[tool.dimse-codegen]\nschema = "schema"\n', encoding="utf-8")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "The first schema")
    git(tmp_path, "tag", "v1")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def change(project: Path, file: str, *edits: tuple[str, str]) -> None:
    path = project / "schema" / file
    text = path.read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")


def breaking(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["breaking", *arguments])


def test_three_changes_are_told_as_the_page_prints_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cell, a keyword and a sentence of our schema: what docs/changes.md says of them is what is printed."""
    page = (ROOT / "docs" / "changes.md").read_text(encoding="utf-8")
    edits = re.findall(r"^\| `([\w/.]+)` \| `(.+)` \| `(.+)` \|$", page, re.MULTILINE)
    printed = re.search(r"```console\n\$ dimse-codegen (breaking .*)\n([^`]*)```", page)
    assert printed is not None
    assert len(edits) == 3
    for name in ("before", "after"):
        shutil.copytree(ROOT / "schema", tmp_path / name)
        (tmp_path / name / "accepted_changes.yaml").unlink(missing_ok=True)
    for file, old, new in edits:
        path = tmp_path / "after" / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, printed[1].split())
    assert (done.stdout, done.exit_code) == (printed[2], 1)


def test_commit_directory_and_wheel_are_one(project: Path) -> None:
    """The same schema as commit, as directory, in a project and in a wheel gives the same verdict."""
    old = project / "old"
    shutil.copytree(SMALL, old / "schema")
    with zipfile.ZipFile(project / "their-1-py3-none-any.whl", "w") as wheel:
        for path in SMALL.rglob("*.yaml"):
            wheel.write(path, f"their/data/{path.relative_to(SMALL).as_posix()}")
        wheel.writestr("their/__init__.py", "")
    change(project, FIND, CELL)
    told = []
    for against in ("v1", "old", "old/schema", "their-1-py3-none-any.whl"):
        done = breaking("--against", against, "--format", "json")
        assert done.exit_code == 1, done.output
        told.append([(each["rule"], each["where"], each["classes"]) for each in json.loads(done.stdout)["findings"]])
    assert told == [[("CELL_REQUIRED", "X-FIND, Priority, Req/Ind", ["API", "CONFORMANCE"])]] * 4


def test_nothing_breaks(project: Path) -> None:
    """No change, and a change that breaks nobody, are exit status 0."""
    assert breaking("--against", "v1").exit_code == 0
    change(project, FIND, SENTENCE)
    done = breaking("--against", "v1")
    assert (done.exit_code, "TEXT_CHANGED" in done.stdout) == (0, True)


def test_fail_on_narrows(project: Path) -> None:
    """With --fail-on a break of another class is a warning, and is told."""
    change(project, "command_dictionary.yaml", KEYWORD)
    assert breaking("--against", "v1", "--fail-on", "API").exit_code == 1
    done = breaking("--against", "v1", "--fail-on", "WIRE", "--format", "json")
    assert done.exit_code == 0
    assert [each["level"] for each in json.loads(done.stdout)["findings"]] == ["warning"]


ACCEPTED = """\
- rule: CELL_REQUIRED
  where: X-FIND, Priority, Req/Ind
  reason: Nobody ever left it out.
"""


def test_accepted_break_passes(project: Path) -> None:
    """A break that accepted_changes.yaml has a reason for is told with it, and does not fail."""
    change(project, FIND, CELL)
    (project / "schema" / "accepted_changes.yaml").write_text(ACCEPTED, encoding="utf-8")
    done = breaking("--against", "v1")
    assert done.exit_code == 0
    assert "accepted: Nobody ever left it out." in done.stdout


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        (ACCEPTED + ACCEPTED, 1, "accepted_changes.yaml:4:9: ACCEPTED_UNUSED"),
        (ACCEPTED.replace("Priority", "Haste"), 1, "accepted_changes.yaml:1:9: ACCEPTED_UNUSED"),
        (ACCEPTED.replace("  reason: Nobody ever left it out.\n", ""), 2, "reason is missing"),
        (ACCEPTED.replace("Nobody ever left it out.", ""), 2, "accepted_changes.yaml"),
        (ACCEPTED.replace("CELL_REQUIRED", "CELL_REQUIERD"), 2, "did you mean 'CELL_REQUIRED'"),
        (ACCEPTED.replace("CELL_REQUIRED", "TEXT_CHANGED"), 2, "breaks nothing"),
        ("{}", 2, "accepted_changes.yaml:1:1"),
        ("", 2, "the file is empty"),
    ],
)
def test_bad_acceptance_is_refused(project: Path, text: str, status: int, said: str) -> None:
    """An entry without reason, without use or of no kind is an error with its line."""
    change(project, FIND, CELL)
    (project / "schema" / "accepted_changes.yaml").write_text(text, encoding="utf-8")
    done = breaking("--against", "v1")
    assert done.exit_code == status, done.output
    assert said in done.output


@pytest.mark.parametrize(
    "against", ["v9", "-x", "--output=stolen", "", "HEAD:schema", "no.whl", "a\nb", "pyproject.toml"]
)
def test_no_schema_there(project: Path, against: str) -> None:
    """What is no commit, directory or wheel is named, is exit status 2, and writes nothing."""
    done = breaking(f"--against={against}")
    assert done.exit_code == 2, done.output
    assert done.stderr.startswith("dimse-codegen: ")
    assert "Traceback" not in done.stderr
    assert git(project, "status", "--short") == ""


def test_directory_and_commit_without_schema(project: Path) -> None:
    """A directory or a commit that has none says where one was looked for."""
    (project / "empty").mkdir()
    assert "no YAML file in empty/services" in breaking("--against", "empty").stderr
    git(project, "rm", "--quiet", "-r", "schema")
    git(project, "commit", "--quiet", "--message", "None")
    shutil.copytree(SMALL, project / "schema")
    done = breaking("--against", "HEAD")
    assert (done.exit_code, "no schema in this commit" in done.stderr) == (2, True)


def test_moved_schema_is_found(project: Path) -> None:
    """Where the schema lay elsewhere in the old commit, its pyproject.toml says where."""
    git(project, "mv", "schema", "tables")
    (project / "pyproject.toml").write_text('[tool.dimse-codegen]\nschema = "tables"\n', encoding="utf-8")
    assert breaking("--against", "v1").exit_code == 0


def test_faults_of_either_side_are_told(project: Path) -> None:
    """A schema that breaks a law is told with its own file, whichever side it is, and is exit status 2."""
    change(project, FIND, ("kind: operation", "kind: nonsense"))
    assert "schema/services/x_find.yaml:6:7: " in breaking("--against", "v1").stderr
    git(project, "commit", "--quiet", "--all", "--message", "Bad")
    change(project, FIND, ("kind: nonsense", "kind: operation"))
    done = breaking("--against", "HEAD")
    assert (done.exit_code, "HEAD:schema/services/x_find.yaml:6:7: " in done.stderr) == (2, True)
    change(project, FIND, ("edition", "\x00edition"))
    git(project, "commit", "--quiet", "--all", "--message", "Binary")
    change(project, FIND, ("\x00edition", "edition"))
    assert "HEAD:schema/services/x_find.yaml" in breaking("--against", "HEAD").stderr


def test_link_in_a_commit_is_refused(project: Path) -> None:
    """A link in place of a file of the schema is not followed."""
    (project / "schema" / "services" / "x_link.yaml").symlink_to("/etc/passwd")
    git(project, "add", ".")
    git(project, "commit", "--quiet", "--message", "Link")
    (project / "schema" / "services" / "x_link.yaml").unlink()
    done = breaking("--against", "HEAD")
    assert (done.exit_code, "a link or submodule" in done.stderr) == (2, True)


def wheel_of(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, data in files.items():
            wheel.writestr(name, data)
    return path


SERVICE = (SMALL / FIND).read_bytes()


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a.py": b""}, "no schema in it"),
        ({"../s/services/x_find.yaml": SERVICE}, "no schema in it"),
        ({"/s/services/x_find.yaml": SERVICE}, "no schema in it"),
        ({"a/services/x.yaml": SERVICE, "b/services/x.yaml": SERVICE}, "more than one schema in it: a, b"),
        ({"s/services/x_find.yaml": b" " * 50_000_000}, "more than 1000000 bytes"),
        ({f"s/services/x{at}.yaml": b"" for at in range(sources.MAX_FILES + 1)}, "no schema has so many"),
        ({"s/services/x_find.yaml": b"\x89PNG\x00"}, "services/x_find.yaml"),
    ],
    ids=["none", "upwards", "absolute", "two", "bomb", "many", "binary"],
)
def test_hostile_wheel(project: Path, files: dict[str, bytes], said: str) -> None:
    """A wheel that leads outside, swells, or holds no schema or several is refused and leaves nothing behind."""
    wheel = wheel_of(project / "bad-1-py3-none-any.whl", files)
    before = sorted(project.parent.rglob("*"))
    done = breaking("--against", str(wheel))
    assert (done.exit_code, said in done.stderr) == (2, True), done.output
    assert sorted(project.parent.rglob("*")) == before


def test_damaged_wheel(project: Path) -> None:
    """A wheel cut short or changed in any of its bytes is read or refused, and no other exception comes."""
    wheel = wheel_of(project / "cut-1-py3-none-any.whl", {f"s/{FIND}": SERVICE})
    data = wheel.read_bytes()
    places = [*range(0, 30, 2), *range(30, len(data), max(1, len(data) // 20)), *range(len(data) - 80, len(data), 3)]
    for at in places:
        for damaged in (data[:at], data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :]):
            wheel.write_bytes(damaged)
            done = breaking("--against", str(wheel))
            assert done.exit_code in (0, 1, 2), done.exception
            assert done.exit_code != 2 or "cut-1-py3-none-any.whl" in done.stderr
            assert isinstance(done.exception, SystemExit | None)


def test_github_form(project: Path) -> None:
    """Workflow commands name file, line and column, and no text of a schema ends one."""
    change(project, FIND, CELL, ("Widgets found so far.", "'100% :: ok,'"))
    lines = breaking("--against", "v1", "--format", "github").stdout.splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["::error", "::notice"]
    assert lines[0].startswith("::error file=schema/services/x_find.yaml,line=15,col=35,title=CELL_REQUIRED::X-FIND")
    assert "100%25 :: ok," in lines[1]


def test_sarif_form(project: Path) -> None:
    """SARIF 2.1.0 as its specification wants it: rules by index, levels, relative places, suppressions with reasons."""
    change(project, FIND, CELL, SENTENCE)
    (project / "schema" / "accepted_changes.yaml").write_text(ACCEPTED, encoding="utf-8")
    log = json.loads(breaking("--against", "v1", "--format", "sarif").stdout)
    assert (log["version"], len(log["runs"])) == ("2.1.0", 1)
    [run] = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in LEVELS
        assert result["message"]["text"]
        [location] = result["locations"]
        assert location["physicalLocation"]["artifactLocation"]["uri"] == "schema/services/x_find.yaml"
        assert {*location["physicalLocation"]["region"]} == {"startLine", "startColumn"}
    assert [result.get("suppressions") for result in run["results"]] == [
        [{"kind": "external", "justification": "Nobody ever left it out."}],
        None,
    ]


def test_lint_has_the_same_forms(project: Path) -> None:
    """A fault that lint finds is told in each form, with exit status 1."""
    change(project, FIND, ("kind: operation", "kind: nonsense"))
    for form, said in (
        ("json", '"line": 6'),
        ("github", "::error file=schema/services/x_find.yaml,line=6,col=7"),
        ("sarif", '"startLine": 6'),
    ):
        done = CliRunner().invoke(main, ["lint", "--format", form])
        assert (done.exit_code, said in done.stdout) == (1, True), done.output
    change(project, FIND, ("kind: nonsense", "kind: operation"))
    done = CliRunner().invoke(main, ["lint", "--format", "json"])
    assert (done.exit_code, json.loads(done.stdout)["findings"]) == (0, [])


def test_lint_tells_of_profiles_in_these_forms(project: Path) -> None:
    """A broken law of a profile is found and placed as any other; a profile that obeys them is compared."""
    shutil.copytree(SMALL.parent / "profiles", project / "schema" / "profiles")
    lint = ["lint", "--format", "github"]
    assert CliRunner().invoke(main, lint).exit_code == 0
    assert "PROFILE_ADDED" in breaking("--against", "v1").stdout
    path = project / "schema" / "profiles" / "quick_find.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("U, MF 0", "M, MF 0"), encoding="utf-8")
    done = CliRunner().invoke(main, lint)
    assert done.exit_code == 1
    assert "file=schema/profiles/quick_find.yaml,line=12," in done.stdout
    assert "CHANGE_OF_CELL" in done.stdout


def test_rules_are_listed() -> None:
    """`--rules` lists every kind with its classes and purpose, and needs nothing to compare with."""
    done = breaking("--rules")
    assert done.exit_code == 0
    assert "CELL_REQUIRED" in done.stdout
    assert breaking().exit_code == 2


@pytest.fixture
def checkout(project: Path) -> Path:
    """The repository with CI's script that finds the last release, three commits on."""
    (project / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "last-release", project / ".ci")
    git(project, "tag", "--delete", "v1")
    for number in range(3):
        git(project, "add", ".")
        git(project, "commit", "--quiet", "--allow-empty", "--message", str(number))
    return project


def last_release(directory: Path) -> tuple[int, str, str]:
    done = subprocess.run([".ci/last-release"], cwd=directory, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.strip(), done.stderr


def test_ci_compares_with_the_last_release(checkout: Path) -> None:
    """The last tag before the commit; without tags, the first commit that has a schema."""
    first = git(checkout, "rev-list", "--max-parents=0", "HEAD")
    assert last_release(checkout) == (0, first, "")
    git(checkout, "tag", "v1", "HEAD~1")
    git(checkout, "tag", "v2")
    assert last_release(checkout) == (0, "v1", "")


def test_ci_does_not_pass_for_want_of_history(checkout: Path, tmp_path: Path) -> None:
    """A clone of one commit without tags is an error that says what to fetch; a deeper one says that it is shallow."""
    for depth, status, said in (("1", 1, "git fetch --unshallow --tags"), ("2", 0, "shallow")):
        clone = tmp_path / f"clone{depth}"
        git(checkout, "clone", "--quiet", "--no-tags", "--depth", depth, checkout.as_uri(), str(clone))
        code, _, error = last_release(clone)
        assert (code, said in error) == (status, True), error
