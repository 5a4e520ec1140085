"""The documents: examples that are printed with the reference, links that serve forge and site alike."""

from __future__ import annotations

import doctest
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import dimse
import dimse.capture
import dimse.pynetdicom
import dimse.testing
from dimse_codegen.load import load
from dimse_codegen.outputs import job
from dimse_codegen.targets import TargetError, find, print_target

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
sys.path.insert(0, str(DOCS))
import forge  # noqa: E402  (it lies beside the pages)

EXAMPLE = re.compile(r"```\{doctest\}\n(.*?)```", re.DOTALL)


def reference(schema: Path, package: str, target: str = "myst") -> dict[str, str]:
    return print_target(target, find(target), job(load(schema), None, package))


def failures(pages: Mapping[str, str]) -> tuple[int, int]:
    """Examples that print something else, and examples, each page by itself as in Sphinx."""
    failed = attempted = 0
    for name, text in pages.items():
        examples = "\n".join(EXAMPLE.findall(text))
        test = doctest.DocTestParser().get_doctest(examples, {}, name, name, 0)
        done = doctest.DocTestRunner(verbose=False).run(test, out=lambda _: None)
        failed, attempted = failed + done.failed, attempted + done.attempted
    return failed, attempted


@pytest.fixture(scope="module")
def ours() -> dict[str, str]:
    return reference(ROOT / "schema", "dimse")


def test_examples_print_what_stands_there(ours: dict[str, str]) -> None:
    """Every example of the reference does what it says, on each service's page and each rule's."""
    with_examples = {name for name, text in ours.items() if EXAMPLE.search(text)}
    services = {f"services/{service.SERVICE.lower()}.md" for service in dimse.SERVICES}
    assert {name for name in with_examples if name.startswith("services/")} == services
    assert len([name for name in with_examples if name.startswith("rules/")]) == len(dimse.RULES)
    failed, attempted = failures(ours)
    assert failed == 0
    assert attempted > 3 * len(dimse.RULES)


@pytest.mark.parametrize(
    ("file", "was", "becomes"),
    [
        ("services/c_move.yaml", "Destination:                   [M, ", "Destination:                   [U, "),
        ("command_dictionary.yaml", "'(0000,0600)', AE, 1,   MoveDest", "'(0000,0602)', AE, 1, MoveDest"),
        ("rules.yaml", "[error,", "[advisory,"),
    ],
)  # fmt: skip
def test_examples_of_another_schema_fail(tmp_path: Path, file: str, was: str, becomes: str) -> None:
    """What is expected is of the schema: where a cell, a tag or a severity is another, the package fails them."""
    shutil.copytree(ROOT / "schema", tmp_path / "schema")
    changed = tmp_path / "schema" / file
    text = changed.read_text(encoding="utf-8")
    assert was in text
    changed.write_text(text.replace(was, becomes), encoding="utf-8")
    other = reference(tmp_path / "schema", "dimse")
    pages = ("services/c-move.md", "rules/c-move-rq/MoveDestination.M.md")
    assert failures({name: other[name] for name in pages if name in other})[0] > 0


def test_examples_for_a_schema_of_ones_own(tmp_path: Path) -> None:
    """The examples of a private service import its package and run."""
    text = (DOCS / "schema.md").read_text(encoding="utf-8")
    yaml = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert yaml is not None
    (tmp_path / "my_schema" / "services").mkdir(parents=True)
    (tmp_path / "my_schema" / "services" / "x_load.yaml").write_text(yaml[1], encoding="utf-8")
    run("generate", "--schema", "my_schema", "--out", "acme_dimse", cwd=tmp_path)
    run(
        "generate",
        "--schema",
        "my_schema",
        "--target",
        "myst",
        "--package",
        "acme_dimse",
        "--out",
        "pages",
        cwd=tmp_path,
    )
    examples = "\n".join(EXAMPLE.findall((tmp_path / "pages" / "services" / "x-load.md").read_text(encoding="utf-8")))
    assert "from acme_dimse import X_LOAD" in examples
    (tmp_path / "examples.txt").write_text(examples, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "doctest", "examples.txt"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def run(*arguments: str, cwd: Path, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "dimse_codegen", *arguments], cwd=cwd, capture_output=True, check=False, encoding="utf-8"
    )
    assert done.returncode == code, done.stderr
    return done.stderr


def test_without_a_package_there_are_no_examples() -> None:
    """A reference for nobody's package has no examples in either form; else plain pages have them, too."""
    for target in ("myst", "markdown"):
        assert not any(">>>" in text for text in reference(ROOT / "schema", "", target).values())
    plain = reference(ROOT / "schema", "dimse", "markdown")
    assert "```pycon\n>>> from dimse import C_MOVE" in plain["services/c-move.md"]
    assert not any("{doctest}" in text or "{toctree}" in text for text in plain.values())


def test_a_package_has_a_name(tmp_path: Path) -> None:
    """A name that cannot be imported is an error, and so is one that no target asks for."""
    for name in ("my-dimse", "acme..dimse", "class", "x; import os"):
        with pytest.raises(TargetError, match="no package that can be imported"):
            reference(ROOT / "schema", name)
    assert "--target names none" in run("generate", "--package", "acme", "--out", "x", cwd=tmp_path, code=2)


def pages() -> Iterator[tuple[str, str]]:
    """The pages written by hand, by their name on the site."""
    for path, name in forge.COPIES.items():
        yield name, (ROOT / path).read_text(encoding="utf-8")
    for page in sorted(DOCS.glob("*.md")):
        yield page.stem, page.read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "text"), [pytest.param(*each, id=each[0]) for each in pages()])
def test_links_lead_to_pages_of_the_site(name: str, text: str, ours: dict[str, str]) -> None:
    """On the site every relative link leads to a page that is there, or to a file below this project."""
    known = {f"{each}.md" for each, _ in pages()} | {f"reference/{each}" for each in ours}
    prose = re.sub(r"```.*?```", "", forge.relinked(name, text), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", prose):
        target = link.partition("#")[0]
        if target and "://" not in link:
            path = os.path.normpath(Path(name).parent / target)
            assert path in known or (not path.endswith(".md") and (DOCS / path).is_file()), link


def test_links_in_code_stay() -> None:
    """What looks like a link in a block of code is code."""
    prose = "[b](../tests) ![c](images/x.png) [d](rules/c-move-rq.md#e)\n"
    assert forge.relinked("cli", "[a](../README.md#x)\n\n```text\n[a](../README.md)\n```\n" + prose) == (
        "[a](project/readme.md#x)\n\n```text\n[a](../README.md)\n```\nb ![c](images/x.png) "
        "[d](reference/rules/c-move-rq/index.md)\n"
    )
    assert forge.relinked("project/readme", "[a](docs/cli.md) ![b](docs/images/x.png)") == (
        "[a](../cli.md) ![b](../images/x.png)"
    )


def test_every_page_is_in_a_list() -> None:
    """Each page is in the toctree of one list and of no other, those in the last that no list names."""
    entries = []
    for name in forge.LISTS:
        lines = forge.toctree(
            name, forge.relinked(name, (DOCS / f"{name}.md").read_text(encoding="utf-8"))
        ).splitlines()
        entries += [re.sub(r".*<(.*)>", r"\1", line) for line in lines if re.match(r"\w", line)]
    assert len(entries) == len(set(entries))
    printed = {"reference/services/index", "reference/rules/index", "reference/elements/index"}
    assert set(entries) | {"index"} == {name for name, _ in pages()} | printed


def test_a_page_that_nobody_lists_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new page is listed at the end of the how-to guides."""
    for name in forge.LISTS:
        shutil.copy(DOCS / f"{name}.md", tmp_path)
    (tmp_path / "zebra.md").write_text("# Zebra\n")
    monkeypatch.setattr(forge, "DOCS", tmp_path)
    assert forge.unlisted() == ["zebra"]
    assert "\nzebra\n" in forge.page("howto", (tmp_path / "howto.md").read_text())


def test_every_public_name_is_in_the_reference() -> None:
    """docs/api.md has the names of `dimse`, each once, and its public packages."""
    text = (DOCS / "api.md").read_text(encoding="utf-8")
    named = re.findall(r"^\.\. auto\w+:: dimse\.(\w+)$", text, re.MULTILINE)
    packages = {"pynetdicom", "capture", "testing"}
    public = {name for name in dimse.__all__ if not name.startswith("__")}
    assert sorted(named) == sorted(public | packages)
