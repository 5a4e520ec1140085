"""The generated package as it is checked in, and the rooms that imports may not leave."""

from __future__ import annotations

import ast
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

import dimse
from dimse_codegen.load import load
from dimse_codegen.render import render, render_profiles
from dimse_codegen.sync import compare

ROOT = Path(__file__).resolve().parents[1]
RUNTIME = ROOT / "src" / "dimse"
SERVICES = RUNTIME / "services"
CODEGEN = ROOT / "codegen" / "dimse_codegen"
SCHEMA = ROOT / "schema"

# The rooms of the runtime: a module imports those above it, and none below.
ROOMS = [
    "lazy",
    "version",
    "errors",
    "vr",
    "optional",
    "comment",
    "status",
    "value",
    "command_set",
    "condition",
    "violation",
    "rule",
    "response",
    "severities",
    "parameter",
    "html",
    "judge",
    "shape",
    "strict",
    "message",
    "primitive",
    "lenient",
    "codec",
    "rules",
    "refusal",
    "profile",
    "services",
    "profiles",
    "operation",
    "conversation",
    "sink",
    "pdv",
    "joiner",
    "assembler",
    "testing",
    "pynetdicom",
    "capture",
    "cli",
    "__init__",
]
# What is above `dimse` and what the compiler alone may use.
NEVER_IN_RUNTIME = {"dimse_codegen", "jinja2", "ruamel", "yaml", "click", "rich"}
# The modules that a generated one, a user's too, is written against.
FOR_GENERATED = {"codec", "command_set", "condition", "errors", "message", "parameter", "primitive", "vr"}
FOR_GENERATED |= {"lazy", "optional", "profile", "refusal", "response", "rules", "shape", "strict"}
# A class module is read by people and stays short; the straight lines of a message are read by nobody in a row, and
# the SOP Classes, a line each, are looked up.
LINES = {"wire_": 400, "_service_classes": 700, "_rules": 400, "": 170}

GENERATED = sorted(SERVICES.glob("*.py"))
OF_PROFILES = sorted((RUNTIME / "profiles").glob("*.py"))


def imports(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Modules that a file imports with the names it takes, lazily or not, but for type checkers alone."""
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            waiting += node.orelse
            continue
        waiting += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            yield from ((alias.name, []) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or ""), [alias.name for alias in node.names]


def modules_of_runtime(path: Path) -> Iterator[str]:
    """The rooms that a file of the runtime imports."""
    for module, taken in imports(path):
        if module == "dimse":
            yield from taken
        elif module.startswith("dimse."):
            yield module.split(".")[1]


def python_files(*roots: Path) -> list[Path]:
    return sorted(path for root in roots for path in root.rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_the_package_is_in_sync_with_the_schema() -> None:
    """The folders hold the files that the schema compiles to, each with the same text, and no other."""
    schema = load(SCHEMA)
    assert [str(difference) for difference in compare(render(schema), SERVICES)] == []
    profiles = render_profiles(schema, "..services")
    assert [str(difference) for difference in compare(profiles, RUNTIME / "profiles")] == []


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return generated(tmp_path_factory.mktemp("plain"), {})


def generated(directory: Path, environment: dict[str, str]) -> dict[str, bytes]:
    """What the compiler prints in a process of its own, in another directory and environment."""
    out = directory / "out"
    command = [sys.executable, "-m", "dimse_codegen", "generate", "--schema", str(SCHEMA), "--out", str(out)]
    command += ["--profiles", str(directory / "profiles")]
    subprocess.run(command, cwd=directory, env={**os.environ, **environment}, check=True, capture_output=True)
    profiles = {f"profiles/{path.name}": path.read_bytes() for path in (directory / "profiles").iterdir()}
    return {path.name: path.read_bytes() for path in out.iterdir()} | profiles


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": "0"},
        {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LC_ALL": "C", "LANG": "C"},
        {"PYTHONHASHSEED": "random", "TZ": "Etc/GMT+12", "LC_ALL": "tr_TR.UTF-8", "PYTHONUTF8": "0"},
        {"USER": "widget", "LOGNAME": "widget", "HOSTNAME": "widget", "HOME": "/nowhere", "PYTHONOPTIMIZE": "2"},
    ],
    ids=["seed 0", "seed 1, Kiritimati, C", "random seed, GMT-12, Turkish", "another user"],
)
def test_output_depends_on_the_schema_alone(
    environment: dict[str, str], printed: dict[str, bytes], tmp_path: Path
) -> None:
    """Hash seed, directory, time zone, language and user change no byte."""
    assert generated(tmp_path, environment) == printed
    ours = {path.name: path.read_bytes() for path in GENERATED}
    # What differs is the name of the package beside them.
    ours |= {f"profiles/{path.name}": path.read_bytes().replace(b"services", b"out") for path in OF_PROFILES}
    assert {name: text.replace(b"services", b"out") if "/" in name else text for name, text in printed.items()} == ours


@pytest.mark.parametrize("path", [*GENERATED, *OF_PROFILES], ids=name_of)
def test_a_generated_file_tells_nothing_of_its_making(path: Path) -> None:
    """No date, user, host or path of a machine, line ends of one kind, and no tab or blank behind a line."""
    text = path.read_bytes().decode()
    known = "".join(file.read_text(encoding="utf-8") for file in SCHEMA.rglob("*.yaml"))
    for word in (os.environ.get("USER"), platform.node()):
        assert not word or word in known or not re.search(rf"\b{re.escape(word)}\b", text)
    assert str(ROOT) not in text
    assert not re.search(r"\d{4}-\d\d-\d\d|\d\d:\d\d", text)
    assert not re.search(r"[\r\t]| \n|\n\Z(?<=\n\n)", text)
    assert text.endswith("\n")


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: path.stem)
def test_a_generated_file_is_short(path: Path) -> None:
    """A module of classes is one that a person reads in one sitting."""
    limit = next(limit for prefix, limit in LINES.items() if path.stem.startswith(prefix))
    assert len(path.read_text(encoding="utf-8").splitlines()) <= limit


def test_every_generated_file_is_marked() -> None:
    """`.gitattributes` marks the files of the folder as generated, and no file outside it."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout, or git is not installed")
    paths = [name_of(path) for path in [*GENERATED, *OF_PROFILES, RUNTIME / "primitive.py", SCHEMA / "statuses.yaml"]]
    command = [git, "check-attr", "linguist-generated", "--", *paths]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    marked = {line.split(": ")[0] for line in done.stdout.splitlines() if line.endswith(": true")}
    assert marked == {name_of(path) for path in [*GENERATED, *OF_PROFILES]}


@pytest.mark.parametrize("path", python_files(RUNTIME), ids=name_of)
def test_the_runtime_imports_nothing_of_the_compiler(path: Path) -> None:
    """No module of `dimse` needs the compiler, or what the compiler needs."""
    roots = {module.partition(".")[0] for module, _ in imports(path)}
    allowed = {"click", "rich"} if path.parent.name == "cli" else set()
    assert not roots & NEVER_IN_RUNTIME - allowed


@pytest.mark.parametrize("path", python_files(CODEGEN), ids=name_of)
def test_the_compiler_imports_nothing_of_the_runtime(path: Path) -> None:
    """A broken output can never stop its own repair."""
    assert "dimse" not in {module.partition(".")[0] for module, _ in imports(path)}


def test_every_module_has_a_room() -> None:
    """The list of rooms and the modules of the runtime are the same."""
    found = {path.stem for path in RUNTIME.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert found == set(ROOMS)


@pytest.mark.parametrize("room", [room for room in ROOMS if room != "services"])
def test_imports_go_one_way(room: str) -> None:
    """A module imports modules above it in the list, at its top and inside functions alike."""
    above = ROOMS[: ROOMS.index(room)]
    files = [RUNTIME / f"{room}.py"] if (RUNTIME / f"{room}.py").exists() else (RUNTIME / room).glob("*.py")
    for path in files:
        assert set(modules_of_runtime(path)) - {room} <= set(above)


def test_importing_dimse_imports_nothing_else() -> None:
    """`import dimse` brings in the names of its modules, and no module but the one that does so."""
    program = "import sys, dimse; print(*sorted(name for name in sys.modules if name.startswith('dimse')))"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, encoding="utf-8")
    assert done.stdout.split() == ["dimse", "dimse.lazy", "dimse.services"]


def test_every_public_name_is_there() -> None:
    """What `dimse` lists can be had, is shown by `dir`, and is told to type checkers from where it comes."""
    assert sorted(dimse.__all__) == sorted({name for names in dimse._MODULES.values() for name in names})
    assert set(dimse.__all__) <= set(dir(dimse))
    tree = ast.parse((RUNTIME / "__init__.py").read_text(encoding="utf-8"))
    told = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.names[0].name != "*"]
    for module, names in dimse._MODULES.items():
        for name in names:
            assert getattr(dimse, name) is getattr(import_module(f"dimse.{module}"), name)
        shown = {alias.name for node in told if node.module == f"dimse.{module}" for alias in node.names}
        assert module == "services" or shown == set(names)


@pytest.mark.parametrize("path", [*GENERATED, *OF_PROFILES], ids=name_of)
def test_a_generated_module_uses_what_is_public(path: Path) -> None:
    """Generated modules import the runtime's public names, attrs, the standard library and each other."""
    assert set(modules_of_runtime(path)) <= FOR_GENERATED
    for module, taken in imports(path):
        if module.startswith("."):
            place = module.removeprefix("..services.").lstrip(".")
            assert (SERVICES / f"{place}.py").is_file() or taken == ["services"]
        else:
            assert module.partition(".")[0] in {"dimse", "attrs", *sys.stdlib_module_names}
            assert not any(name.startswith("_") for name in taken)


@pytest.mark.parametrize("path", sorted((CODEGEN / "templates").rglob("*.j2")), ids=lambda path: path.name)
def test_a_template_decides_nothing(path: Path) -> None:
    """Templates hold text, loops, and tests of a name; no arithmetic, comparison, assignment or macro."""
    allowed = (nodes.Template, nodes.Output, nodes.TemplateData, nodes.For, nodes.If, nodes.Not, nodes.Tuple)
    allowed += (nodes.Name, nodes.Getattr, nodes.Filter, nodes.Const, nodes.Concat)
    template = Environment(autoescape=False).parse(path.read_text(encoding="utf-8"))
    for node in template.find_all(nodes.Node):
        if isinstance(node, nodes.Call):
            assert isinstance(node.node, nodes.Getattr)
            assert (node.node.attr, node.args) == ("items", [])
        else:
            assert isinstance(node, allowed), f"line {node.lineno}: {type(node).__name__}"
    assert not any(node.elif_ or node.else_ for node in template.find_all(nodes.If))
