"""Generated text: laid out as the formatter lays it out, and safe from whatever a schema's texts hold."""

from __future__ import annotations

import ast
import importlib
import io
import re
import shutil
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dimse_codegen.laws import lint
from dimse_codegen.layout import WIDTH, call, columns, comment, docstring, names, quote
from dimse_codegen.load import load
from dimse_codegen.problem import SchemaError
from dimse_codegen.render import render

ROOT = Path(__file__).resolve().parents[1]
SMALL = ROOT / "tests" / "laws" / "schema"
FIND, DICTIONARY, STATUSES = "services/x_find.yaml", "command_dictionary.yaml", "statuses.yaml"
WIDGETS = "service_classes/widgets.yaml"

HOSTILE = {
    "double quotes": 'say "widgets"',
    "both quotes": """it's "so" and 'so'""",
    "three quotes": '"""',
    "many quotes": '""""""" and \'\'\'\'',
    "code behind quotes": '"""\nimport os\nos.system("true")\n"""',
    "code behind a comment": "x\nimport os",
    "code in an expression": '") or __import__("os").system("true") or ("',
    "backslashes": r"C:\new\temp \N{BULLET} \x41 \u0041 \"",
    "two backslashes at the end": "ends in \\\\",
    "a backslash before quotes": '\\"""\\',
    "braces": "{} {0} {widgets!r} %s %(x)s ${HOME}",
    "a template": "{{ package }}{% for x in y %}{# no #}{{ 7 * 7 }}{% raw %} }} %}",
    "lines": "one\ntwo\n\nthree\r\nfour\rfive",
    "a tab and blanks": " \tindented  twice ",
    "controls": "a\x00b\x07c\x1b[31md\x7fe\x85f",
    "line and paragraph separators": "a\u2028b\u2029c\x0bd\x0ce\x1cf",
    "bidi controls": "\u202eabc\u2066def\u2069 \u200f",
    "invisible": "a\u200bb\ufeffc\u00add\u00a0e",
    "emoji": "\U0001f600 \U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f " * 20,
    "wide": "\u5e45\u5e83 " * 60,
    "long words": ("v" * 90 + " ") * 4 + "w" * 300,
    "a comment": "# noqa: E501  # type: ignore  # fmt: off",
    "a section": "Args:\n    x: of y.\n\nReturns:\n    z",
    "a doctest": ">>> 1 / 0\n\n.. code::\n\n    x",
    **{f"{length} columns": ("ab " * 60)[: length - 1] + "c" for length in (*range(95, 100), *range(104, 109))},
}


def fold(text: str) -> str:
    return " ".join(text.split())


# The parts


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ('a "b"', "'a \"b\"'"),
        ("it's", '"it\'s"'),
        ("""'"'""", '''"'\\"'"'''),
        ("back\\slash", r'"back\\slash"'),
        ("a\n\x00\u202e", r'"a\n\x00\u202e"'),
        ("\u00e9 \U0001f600", '"\u00e9 \U0001f600"'),
    ],
)
def test_a_literal_reads_as_the_formatter_writes_it(text: str, literal: str) -> None:
    """Double quotes, unless single ones need fewer escapes; what cannot be seen is escaped."""
    assert quote(text) == literal


@given(text=st.text())
def test_a_literal_is_its_text(text: str) -> None:
    """Python reads a literal as the text it was made of, and it is printable."""
    assert ast.literal_eval(quote(text)) == text
    assert quote(text).isprintable()


@given(text=st.text() | st.text(alphabet='"\\ ab\n'))
def test_a_docstring_is_its_text(text: str) -> None:
    """Python reads a docstring as one string, its text but for folded whitespace, within the width."""
    for indent in (0, 4):
        printed = docstring(text, indent)
        tree = ast.parse(f"class X:\n{printed}" if indent else printed)
        statements = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else tree.body
        assert [type(statement) for statement in statements] == [ast.Expr]
        assert fold(ast.literal_eval(printed.strip())) == fold(text)
        assert all(columns(line) <= WIDTH for line in printed.splitlines() if len(line.split()) > 1)


@given(text=st.text())
def test_a_comment_is_a_comment(text: str) -> None:
    """Whatever the text, Python sees comments alone, within the width."""
    lines = comment(text).split("\n") if text.strip() else []
    tokens = tokenize.generate_tokens(io.StringIO("\n".join(lines)).readline)
    other = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENDMARKER)
    assert all(token.type in other for token in tokens)
    assert all(columns(line) <= WIDTH for line in lines if len(line.split()) > 2)


def test_a_docstring_breaks_between_words() -> None:
    """A docstring of one line stays one; a longer one closes on a line of its own."""
    assert docstring("One line.") == '    """One line."""'
    assert docstring("One.\n\nTwo.", 0) == '"""One.\n\nTwo.\n"""'
    assert docstring("word " * 30, 0).split("\n") == ['"""' + " ".join(["word"] * 23), " ".join(["word"] * 7), '"""']


def test_a_call_opens_where_it_is_too_long() -> None:
    """A call stands on one line, else an argument a line; what is still too long opens in its turn."""
    long = f'"{"x" * 80}"'
    assert call(['"a"', "b=1"], "row", 4, ",") == '    row("a", b=1),'
    assert call([long, long], "f", 0) == f"f(\n    {long},\n    {long},\n)"
    nested = call([f"with_status=codes({long}, {long})"], "f", 0)
    assert nested == f"f(\n    with_status=codes(\n        {long},\n        {long},\n    ),\n)"
    pair = call([f"AllOf(({long}, {long}))"], "f", 0)
    inner = f"            {long},\n"
    assert pair == f"f(\n    AllOf(\n        (\n{inner}{inner}        ),\n    ),\n)"
    parted = call([f'section="{"word " * 30}"'], "f", 0)
    first, second = '"' + "word" + " word" * 21 + '"', '"' + " word" * 8 + ' "'
    assert parted == f"f(\n    section=(\n        {first}\n        {second}\n    ),\n)"


def test_names_are_imported_in_the_order_of_isort() -> None:
    """Constants come first, then classes, then the rest; numbers count as numbers."""
    assert names("m", ["b", "X_10", "Table", "X_2", "A"]) == "from m import X_2, X_10, A, Table, b"
    wide = [f"N_{number}" * 5 for number in range(8)]
    assert names("m", wide, 4) == "    from m import (\n" + "".join(f"        {n},\n" for n in wide) + "    )"


# The whole, from schemas whose texts are hostile


def scalar(text: str) -> str:
    """A text as YAML, every character that YAML could take amiss escaped."""
    plain = (c if c.isprintable() and c not in '"\\' else f"\\U{ord(c):08x}" for c in text)
    return f'"{"".join(plain)}"'


def replace(root: Path, name: str, old: str, new: str) -> None:
    path = root / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def title(text: str) -> str:
    """What can be made of a text to stand where one line of printable text is wanted."""
    return fold("".join(character if character.isprintable() else " " for character in text))


def name_of(text: str, thing: str) -> str:
    """A name with a text in it, as long as a name may be."""
    return fold(f"{title(text)[: 63 - len(thing)]} {thing}")


def hostile_schema(root: Path, text: str) -> Path:
    """The small schema with a text wherever a text may stand."""
    shutil.copytree(SMALL, root)
    summary = f"Of {title(text)}."
    if columns(docstring(summary)) <= WIDTH and "\n" not in docstring(summary):
        replace(root, FIND, "Find widgets.", scalar(summary))
    for old in ("Tells this operation from others.", "How urgent it is.", "What to find."):
        replace(root, FIND, old, scalar(text))
    replace(root, FIND, "DIMSE-X", scalar(text))
    replace(root, FIND, "    column: Rsp/Conf\n", f"    column: Rsp/Conf\n    note: {scalar(text)}\n")
    name = scalar(name_of(text, "of widgets"))
    for file in (FIND, DICTIONARY):
        replace(root, file, "Number of Widgets", name)
    replace(root, DICTIONARY, "Find Location:", scalar(name_of(text, "of locations")) + ":")
    for file in (FIND, STATUSES, "rules.yaml"):
        replace(root, file, "Refused", scalar(name_of(text, "of requests")))
    replace(root, "rules.yaml", "Some peers want it.", scalar(text))
    replace(root, WIDGETS, "Widget Query", scalar(name_of(text, "of queries")))
    replace(root, WIDGETS, "Out of widgets", scalar("Of " + name_of(text, "of meanings")[:61]))
    for old in ("Things", "Widgets", "The standard knows no widgets."):
        replace(root, "accepted_differences.yaml", old, scalar(text))
    return root


def shape(text: str) -> str:
    """A module without its strings."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A generated package for each hostile text."""
    found = {}
    for number, (label, text) in enumerate(HOSTILE.items()):
        root = hostile_schema(tmp_path_factory.mktemp("schema") / "schema", text)
        schema = load(root)
        assert lint(schema) == []
        package = tmp_path_factory.mktemp("out") / f"hostile_{number}"
        package.mkdir()
        for name, content in render(schema).items():
            (package / name).write_text(content, encoding="utf-8", newline="\n")
        found[label] = package
    return found


@pytest.fixture(scope="module")
def plain() -> dict[str, str]:
    return render(load(SMALL))


@pytest.mark.parametrize("label", HOSTILE)
def test_hostile_text_stays_text(label: str, packages: dict[str, Path], plain: dict[str, str]) -> None:
    """A text changes strings of the generated modules and nothing else."""
    for path in sorted(packages[label].iterdir()):
        assert shape(path.read_text(encoding="utf-8")) == shape(plain[path.name])


@pytest.mark.parametrize("label", HOSTILE)
def test_hostile_text_is_shown(label: str, packages: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """The generated package is imported, and shows the text in its table and docstrings as it was written."""
    text, package = HOSTILE[label], packages[label]
    monkeypatch.syspath_prepend(str(package.parent))
    service = importlib.import_module(package.name).X_FIND
    assert name_of(text, "of widgets") in [row.name for row in service.TABLE]
    assert service.__doc__.split("\n")[0] in (f"Of {title(text)}.", "Find widgets.")
    tree = ast.parse((package / "x_find.py").read_text(encoding="utf-8"))
    strings = [node.value.value for node in ast.walk(tree) if isinstance(node, ast.Expr)]
    for section in ("9.1.2.1.1", "9.1.2.1.4", "9.1.2.1.5"):
        assert fold(f"{text.removesuffix('.')} ({section}).") in map(fold, strings)


def found_by_ruff(*packages: Path) -> str:
    """What formatter and linter, as this project sets them, would change or say."""
    ruff = Path(sys.executable).parent / "ruff"
    if not ruff.exists():
        pytest.skip("ruff is not installed")
    found = ""
    for command in (["format", "--diff"], ["check", "--output-format", "concise"]):
        options = ["--no-cache", "--quiet", "--config", "pyproject.toml", *packages]
        done = subprocess.run([ruff, *command, *options], cwd=ROOT, capture_output=True, check=False, encoding="utf-8")
        found += done.stdout + done.stderr
    return found


def test_the_formatter_has_nothing_to_do(packages: dict[str, Path]) -> None:
    """Formatter and linter find nothing in what was printed from any text."""
    assert found_by_ruff(*packages.values()) == ""


def test_the_formatter_has_nothing_to_do_on_long_rows(tmp_path: Path) -> None:
    """Nor do they where a condition, a list of codes or one of sections is longer than a line."""
    root = shutil.copytree(SMALL, tmp_path / "schema")
    asked = [f"{name} is {state}" for name in ("Number of Widgets", "Status") for state in ("present", "absent")]
    either = " or ".join(f"({' and '.join(asked)} and not (Status is FF{number}0H or never))" for number in range(6))
    replace(root, FIND, "required_when: Status is Pending", f"required_when: ({either}) and Priority is absent")
    replace(root, FIND, "permitted_when: Status", f"permitted_when: {' or '.join(asked)} or Status")
    codes = [f"0{number}00H" for number in range(1, 10)] + [f"0{number}10H" for number in range(1, 10)]
    replace(root, STATUSES, "Failure: [", f"Failure: [{', '.join(codes)}, ")
    types = [f"  Refused {code}: [C.5.{code[1:3]}, Failure, {code}, [Error Comment]]\n" for code in codes]
    replace(root, STATUSES, "\nonly_in", "".join(types) + "\nonly_in")
    replace(root, FIND, "types: [", f"types: [{', '.join(f'Refused {code}' for code in codes)}, ")
    assert lint(load(root)) == []
    (tmp_path / "long").mkdir()
    for name, content in render(load(root)).items():
        (tmp_path / "long" / name).write_text(content, encoding="utf-8", newline="\n")
        ast.parse(content)
    assert found_by_ruff(tmp_path / "long") == ""


@pytest.mark.parametrize(
    ("file", "old", "law"),
    [
        (FIND, "2026c", "EDITION_FORM"),
        (FIND, "service: X-FIND", "SERVICE_NAME"),
        (FIND, '"9.1.2"', "SECTION_FORM"),
        (FIND, "kind: operation", "KIND_KNOWN"),
        (FIND, '"9.1-2"', "TABLE_FORM"),
        (FIND, "columns: [Req/Ind,", "COLUMN_KNOWN"),
        (FIND, '"9.3-3"', "TABLE_FORM"),
        (DICTIONARY, "NumberOfWidgets", "KEYWORD_IS_NAME"),
        (STATUSES, "Pending", "STATUS_CLASS_NAME"),
    ],
)
def test_hostile_text_is_no_name(file: str, old: str, law: str, tmp_path: Path) -> None:
    """Where a text would become a name or a number, no hostile one gets past the laws."""
    for number, text in enumerate(HOSTILE.values()):
        root = shutil.copytree(SMALL, tmp_path / str(number))
        value = re.split(r": \[?", old)[-1].removesuffix(",")
        replace(root, file, old, old.replace(value, scalar(text)))
        try:
            problems = lint(load(root))
        except SchemaError as error:
            problems = list(error.problems)
        assert law in [problem.law for problem in problems]
