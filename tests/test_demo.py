"""What a newcomer meets first: `make run`, and the pages, run as they are printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", ROOT / "SECURITY.md", *DOCS]
PYTHON_BLOCK = re.compile(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", re.DOTALL)


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def python(*arguments: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run this interpreter; its output is text."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
        encoding="utf-8",
    )


@pytest.fixture(scope="module")
def demo() -> subprocess.CompletedProcess[str]:
    """The main job, without leave to write into the tree."""
    return python("tests/demo.py", "--check")


def test_demo_succeeds(demo: subprocess.CompletedProcess[str]) -> None:
    """Every step of the main job shows what it is there to show, and nothing is said on standard error."""
    assert demo.stderr == ""
    assert demo.returncode == 0


def test_demo_is_plain_when_piped(demo: subprocess.CompletedProcess[str]) -> None:
    """Away from a terminal there is no colour, no line over 100 columns and nothing but ASCII."""
    assert demo.stdout.isascii()
    assert "\x1b" not in demo.stdout
    assert [line for line in demo.stdout.splitlines() if len(line) > 100] == []


def test_demo_shows_the_conversation(demo: subprocess.CompletedProcess[str]) -> None:
    """The captured C-MOVE is there: all thirteen messages in order, programs named, statuses with their class."""
    messages = re.findall(r"^ +(\d+)  \w+ > \w+ +(C-[A-Z]+-R[QSP]+)", demo.stdout, re.MULTILINE)
    assert [int(number) for number, _ in messages] == list(range(1, 14))
    assert [message for _, message in messages].count("C-MOVE-RSP") == 6
    for text in ("movescu", "dcmqrscp", "storescp", "FF00H Pending, 4 remaining", "B000H Warning, 3 completed"):
        assert text in demo.stdout


def test_demo_cites_what_is_broken(demo: subprocess.CompletedProcess[str]) -> None:
    """Real messages that break the matrix are shown with parameter and section."""
    shown = " ".join(demo.stdout.split())
    assert "AffectedSOPClassUID (0000,0002) is no field of C-CANCEL-RQ and present (PS3.7 Tables 9.3-5" in shown
    assert re.search(r"!! \w+ is C, permitted only while .*? \(PS3\.7 10\.1\.5\.1\.4\)", shown)


def test_demo_changes_a_verdict(demo: subprocess.CompletedProcess[str]) -> None:
    """One cell of the schema changed, the same captured message is good before and bad after."""
    before = re.search(r"^  before  (.*)$", demo.stdout, re.MULTILINE)
    after = re.search(r"^  after   (.*)$", demo.stdout, re.MULTILINE)
    assert before is not None
    assert before[1].startswith("ok  PS3.7 Table 9.1-4")
    assert after is not None
    assert after[1] == "!!  NumberOfRemainingSuboperations is M and absent (PS3.7 9.1.4.1.8)"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_demo_is_coloured_on_a_terminal() -> None:
    """On a terminal there is colour, and with NO_COLOR there is none."""
    import pty

    for refused, coloured in ((False, True), (True, False)):
        environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"} | {"TERM": "xterm"}
        ours, theirs = pty.openpty()
        with subprocess.Popen(
            [sys.executable, "tests/demo.py", "--check"],
            cwd=ROOT,
            env=environment | ({"NO_COLOR": "1"} if refused else {}),
            stdout=theirs,
            stderr=subprocess.DEVNULL,
        ):
            os.close(theirs)
            shown = b"".join(_until_closed(ours))
        os.close(ours)
        assert b"C-MOVE-RSP" in shown
        assert (b"\x1b[" in shown) is coloured


def _until_closed(terminal: int) -> list[bytes]:
    """All that is written to a terminal until nobody can write to it any more."""
    read: list[bytes] = []
    while True:
        try:
            data = os.read(terminal, 4096)
        except OSError:  # how Linux says that the other side is closed
            return read
        if not data:
            return read
        read.append(data)


def test_readme_quotes_the_demo(demo: subprocess.CompletedProcess[str]) -> None:
    """The output of `make run` in README.md is real: its lines are in the output, in that order."""
    block = re.search(r"```console\n\$ make run\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    printed = iter(demo.stdout.splitlines())
    for line in block[1].splitlines():
        assert line == "..." or line in printed, line


RUN_OF_DOCS = ("messages", "judgement", "fragments", "cli", "tutorial", "scu", "scp", "ci")
RUN = [ROOT / "README.md", *(ROOT / "docs" / f"{page}.md" for page in RUN_OF_DOCS)]


@pytest.mark.parametrize("page", RUN, ids=name_of)
def test_python_of_the_pages_runs_as_printed(page: Path, tmp_path: Path) -> None:
    """The Python blocks of a page run one after the other, and print what stands below them."""
    run_blocks(page, tmp_path)


@pytest.mark.parametrize(
    ("page", "file"),
    [("schema.md", "services/x_load.yaml"), ("profiles.md", "profiles/acme_archive.yaml")],
    ids=["schema", "profiles"],
)
def test_schema_of_a_page_compiles(page: str, file: str, tmp_path: Path) -> None:
    """The private service, and the profile, of a page compile with the command printed there, and behave as printed."""
    compile_and_run(ROOT / "docs" / page, tmp_path / "my_schema" / file, tmp_path)


def compile_and_run(page: Path, file: Path, directory: Path) -> None:
    """Put the YAML of a page in its place, compile it as the page does, and run its Python blocks."""
    text = page.read_text(encoding="utf-8")
    yaml = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    console = re.search(r"```console\n\$ dimse-codegen (.*?)\n(.*?)```", text, re.DOTALL)
    assert yaml is not None
    assert console is not None
    file.parent.mkdir(parents=True)
    file.write_text(yaml[1], encoding="utf-8")
    done = python("-m", "dimse_codegen", *console[1].split(), cwd=directory)
    assert (done.stdout, done.stderr) == (console[2], "")
    run_blocks(page, directory)


def run_blocks(page: Path, directory: Path) -> None:
    """Run the Python blocks of a page as one program, and compare what each prints."""
    blocks = PYTHON_BLOCK.findall(page.read_text(encoding="utf-8"))
    assert blocks
    mark = "\f"
    program = f"print({mark!r}, end='')\n".join(code for code, _ in blocks)
    done = python("-W", "error", "-c", program, cwd=directory)
    assert done.stderr == ""
    assert done.stdout.split(mark) == [expected for _, expected in blocks]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link of a page is a file of the project."""
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    broken = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_paths_in_the_pages_exist(page: Path) -> None:
    """A path of the project that a page names in code is there."""
    named = re.findall(r"`((?:schema|codegen|src|tests|docs)/[\w./-]*)`", page.read_text(encoding="utf-8"))
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_targets_in_the_pages_exist(page: Path) -> None:
    """Every `make` target that a page names is one of the Makefile, and listed by `make`."""
    listed = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = re.findall(r"(?:`|^    |\$ )make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(named) - listed == set()


def test_contributing_names_every_target() -> None:
    """CONTRIBUTING.md explains each target that the Makefile lists."""
    listed = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert {target for target in listed - {"help"} if f"`make {target}`" not in text} == set()


def test_pages_know_every_anomaly() -> None:
    """docs/messages.md lists the anomalies that the code can name, and no other."""
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "src" / "dimse").glob("*.py"))
    page = (ROOT / "docs" / "messages.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`(WIRE\.[A-Z_]+)`", page)) == set(re.findall(r'"(WIRE\.[A-Z_]+)"', code))


def test_judgement_page_knows_every_rule() -> None:
    """docs/judgement.md lists the rules of conversations, and no other."""
    page = (ROOT / "docs" / "judgement.md").read_text(encoding="utf-8")
    table = page[page.index("| rule |") : page.index("## C-STOREs")]
    rules = re.search(
        r"\nconversation:.*?\n\n", (ROOT / "schema" / "rules.yaml").read_text(encoding="utf-8"), re.DOTALL
    )
    assert rules is not None
    listed = re.findall(r"`(?:CONVERSATION)?\.([A-Z_]+)`", table)
    assert sorted(listed) == sorted(re.findall(r"^  ([A-Z_]+):", rules[0], re.MULTILINE))


def test_schema_page_knows_every_key() -> None:
    """docs/schema.md, and docs/profiles.md, name each key that a file of our schema has at its top."""
    page = "".join((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("schema.md", "profiles.md"))
    keys = {
        key
        for path in (ROOT / "schema").rglob("*.yaml")
        for key in re.findall(r"^([a-z_]+):", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert {key for key in keys if f"`{key}`" not in page} == set()


def test_architecture_knows_every_module() -> None:
    """docs/architecture.md has a place for each module written by hand."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = page[page.index("## The rooms") : page.index("## The arrows")]
    modules = [*(ROOT / "src" / "dimse").glob("*.py"), *(ROOT / "codegen" / "dimse_codegen").glob("*.py")]
    named = set(re.findall(r"\w+", rooms))
    assert {path.stem for path in modules if not path.stem.startswith("__")} - named == set()
