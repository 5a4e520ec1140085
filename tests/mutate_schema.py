"""Does any test notice? Changes every fact of `schema/`, one at a time, and asks the judges.

First the cheap ones, in this process: the laws, the audit against the transcription, the compiler. What they let pass
is compiled in a copy of the project, and the tests are run there; the check that generated files are in sync is left
out, for it notices everything and understands nothing. Sentences for people are not facts.

    python tests/mutate_schema.py [--list] [--only PATTERN] [--jobs N] [--cheap]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from dimse_codegen.audit import audit
from dimse_codegen.laws import lint
from dimse_codegen.load import load
from dimse_codegen.problem import SchemaError
from dimse_codegen.render import render

ROOT = Path(__file__).resolve().parents[1]
FACTS = json.loads((ROOT / "tests" / "standard" / "ps3.7-2026c.json").read_text(encoding="utf-8"))
COPIED = ("schema", "src", "codegen", "tests", "docs", "pyproject.toml", "README.md")
# The check for sync, this script, and tests that look at other schemas or at none, or at the facts alone.
BLIND = ("test_generated.py", "test_mutate_schema.py", "test_audit.py", "test_docbook.py", "test_laws.py")
FIRST = ("test_standard.py", "test_matrix.py", "test_messages.py", "test_captures.py", "test_peers.py")

CELLS = ("-", "M", "U", "C", "M(=)", "U(=)", "C(=)", "MF 0", "UF 0")
VRS = ("AE", "AT", "CS", "IS", "LO", "LT", "SH", "UI", "UL", "US")
CLASSES = ("Success", "Pending", "Cancel", "Warning", "Failure")
COLUMNS = ("Req/Ind", "Rsp/Conf", "CnclReq/CnclInd")

Place = tuple[str | int, ...]
Answer = TypeVar("Answer")


class Mutation(NamedTuple):
    """One file of the schema with one fact changed."""

    kind: str
    file: str
    change: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}: {self.kind}: {self.change}"


def among(*options: str) -> Callable[[str], list[str]]:
    return lambda text: [option for option in options if option != text]


def next_number(text: str) -> list[str]:
    """Another section, table or tag: the last digit is another."""
    return [re.sub(r"\d(?=\D*$)", lambda digit: str((int(digit[0]) + 1) % 10), text)]


def other_code(text: str) -> list[str]:
    """Another code, or range of codes; a code where there is none."""
    if text.endswith("xx"):
        return [f"{digit}{text[1:]}" for digit in "0D" if digit != text[0]]
    codes = [f"{int(text[:4], 16) ^ bit:04X}H" for bit in (0x0001, 0x8000)] if text != "-" else ["0001H"]
    return [*codes, "-"] if text != "-" else codes


def other_condition(text: str) -> list[str]:
    """Always, never, another status class, a part left out, the opposite."""
    found = ["always", "never", f"not ({text})", *(f"Status is {name}" for name in CLASSES)]
    parts = re.split(r" (?:and|or) ", text)
    found += [text.replace(f"Status is {old}", f"Status is {new}") for old in CLASSES for new in CLASSES if old in text]
    found += [part for part in parts if len(parts) > 1]
    found += [
        " or ".join(parts[:at] + parts[at + 1 :]) for at in range(len(parts)) if " or " in text and len(parts) > 2
    ]
    swaps = (
        (" and ", " or "),
        (" or ", " and "),
        ("present", "absent"),
        ("absent", "present"),
        (" in the request", ""),
    )
    found += [text.replace(*swap) for swap in swaps]
    return [new for new in dict.fromkeys(found) if new != text]


# Texts: what they are, where they stand ("*" is any step), what may stand there instead.
TEXTS: list[tuple[str, str, Callable[[str], list[str]]]] = [
    ("edition", "edition", among("2026b")),
    ("tag", "elements * 0", next_number),
    ("tag", "retired * 0", next_number),
    ("VR", "elements * 1", among(*VRS)),
    ("VR", "retired * 1", among(*VRS)),
    ("VM", "elements * 2", among("1", "1-n")),
    ("VM", "retired * 2", among("1", "1-n")),
    ("keyword", "elements * 3", lambda text: [f"{text}s"]),
    ("keyword", "retired * 3", lambda text: [f"{text}s"]),
    ("keyword", "data_sets *", lambda text: [f"{text}s"]),
    ("value", "values * *", other_code),
    ("default", "defaults *", among("LOW", "MEDIUM", "HIGH")),
    ("status code", "classes * *", other_code),
    ("assigned code", "assigned_by_service_class *", other_code),
    ("section", "types * 0", next_number),
    ("status class", "types * 1", among(*CLASSES)),
    ("status code", "types * 2", other_code),
    ("only in", "only_in *", among("N-EVENT-REPORT", "N-ACTION", "N-GET")),
    ("service", "service", lambda text: [f"{text}S"]),
    ("section", "section", next_number),
    ("group", "group", among("DIMSE-C", "DIMSE-N")),
    ("kind", "kind", among("operation", "notification", "cancel")),
    ("procedure", "procedures *", among("-", "M", "C")),
    ("table", "table", next_number),
    ("column", "columns *", among(*COLUMNS)),
    ("cell", "parameters * *", among(*CELLS)),
    ("condition's column", "conditions * column", among(*COLUMNS)),
    ("condition", "conditions * required_when", other_condition),
    ("condition", "conditions * permitted_when", other_condition),
    ("section", "conditions * section", next_number),
    ("section", "descriptions * 0", next_number),
    ("table", "messages * table", next_number),
    ("table", "messages * table *", next_number),
    ("command field", "messages * command_field", other_code),
    ("data set rule", "messages * data_set", among("always", "never", "conditional")),
    ("section", "statuses section", next_number),
    ("accepted difference", "* where", lambda text: [f"{text}, Code"]),
    ("accepted difference", "* standard", lambda text: [f"{text}s"]),
    ("accepted difference", "* schema", lambda text: [f"{text}s"]),
]
# Where each member is left out in turn, neighbours change places, keys are misspelt.
DROPPED = (
    "", "elements", "retired", "data_sets", "values", "values *", "defaults", "classes", "classes *",
    "assigned_by_service_class", "types", "types * 3", "only_in", "columns", "conditions", "conditions * parameters",
    "equal_to_request", "messages", "messages * fields", "messages * without_field", "messages * table",
    "statuses types",
)  # fmt: skip
SWAPPED = ("elements", "retired", "types", "types * 3", "columns", "parameters", "messages * fields", "statuses types")
RENAMED = ("elements", "retired", "data_sets", "values *", "classes", "types", "parameters", "messages", "only_in")


def plain(node: Node) -> Any:
    """A YAML tree as mappings, lists and texts, every text as it is written."""
    if isinstance(node, ScalarNode):
        return node.value
    if isinstance(node, MappingNode):
        return {key.value: plain(value) for key, value in node.value}
    return [plain(item) for item in node.value]


def read(path: Path) -> Any:
    return plain(YAML(typ="safe", pure=True).compose(path.read_text(encoding="utf-8")))


def walk(node: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    yield place, node
    if isinstance(node, dict | list):
        for step, child in node.items() if isinstance(node, dict) else enumerate(node):
            yield from walk(child, (*place, step))


def stands(place: Place, pattern: str) -> bool:
    steps = pattern.split()
    return len(steps) == len(place) and all(step in ("*", str(at)) for step, at in zip(steps, place, strict=True))


def replaced(node: Any, place: Place, new: Any) -> Any:
    """A tree with something else in one place."""
    if not place:
        return new
    copy = node.copy()
    copy[place[0]] = replaced(node[place[0]], place[1:], new)
    return copy


def changes(file: str, tree: Any) -> Iterator[tuple[str, str, Any]]:
    """Every tree with one fact changed: the kind of fact, the change in words, the tree."""
    for place, node in walk(tree):
        where = " / ".join(map(str, place))
        if isinstance(node, str):
            for kind, pattern, others in TEXTS:
                if stands(place, pattern):
                    yield from ((kind, f"{where}: {node} -> {new}", replaced(tree, place, new)) for new in others(node))
            continue
        items = list(node.items()) if isinstance(node, dict) else node
        build = dict if isinstance(node, dict) else list
        for at, item in enumerate(items):
            before, after, name = items[:at], items[at + 1 :], item[0] if isinstance(node, dict) else item
            named = f"{where} / {name}" if isinstance(name, str) else f"{where} / {at}"
            if any(stands(place, pattern) for pattern in DROPPED) and (place or isinstance(tree, list)):
                yield "dropped", named, replaced(tree, place, build([*before, *after]))
            if after and any(stands(place, pattern) for pattern in SWAPPED):
                yield "swapped", named, replaced(tree, place, build([*before, after[0], item, *after[1:]]))
            if isinstance(node, dict) and any(stands(place, pattern) for pattern in RENAMED):
                yield "renamed", named, replaced(tree, place, {**dict(before), f"{name}s": item[1], **dict(after)})
    if file.startswith("services/"):
        yield from changes_of_service(tree)
    if "types" in tree:
        yield from changes_of_statuses(tree)


def changes_of_service(tree: Any) -> Iterator[tuple[str, str, Any]]:
    """What must change in several places to be one change, or needs to know what else is there."""
    cells, rules = tree["parameters"], tree.get("equal_to_request", {})
    for name in cells:
        yield "row dropped", name, json.loads(json.dumps(tree), object_hook=partial(without, name))
    asked = [name for name, glyphs in cells.items() if tree["columns"][0] == "Req/Ind" and glyphs[0] != "-"]
    for name, source in rules.items():
        for other in [other for other in asked if other != source]:
            yield "equality", f"{name}: {source} -> {other}", replaced(tree, ("equal_to_request", name), other)
    for name in [name for name in asked if len(cells[name]) > 1 and cells[name][1] != "-" and name not in rules]:
        yield "equality", f"{name}: added", {**tree, "equal_to_request": {**rules, name: name}}
    for name, message in tree["messages"].items():
        for other in [other for other in cells if other not in message["fields"]]:
            for key in ("fields", "without_field"):
                more = {**message, key: [*message.get(key, []), other]}
                yield "field added", f"{name} / {key} / {other}", replaced(tree, ("messages", name), more)
    for bit in (0x0001, 0x0200):
        codes = {name: int(message["command_field"][:4], 16) ^ bit for name, message in tree["messages"].items()}
        pair = {name: {**tree["messages"][name], "command_field": f"{code:04X}H"} for name, code in codes.items()}
        yield "command field", f"both with bit {bit:04X}H", {**tree, "messages": pair}
    if "statuses" in tree:
        listed = tree["statuses"]["types"]
        for name in [name for name in read(ROOT / "schema" / "statuses.yaml")["types"] if name not in listed]:
            yield "status added", name, replaced(tree, ("statuses", "types"), [*listed, name])


def changes_of_statuses(tree: Any) -> Iterator[tuple[str, str, Any]]:
    """Fields that a status type does not have, codes in another class."""
    fields = sorted({field for entry in tree["types"].values() for field in entry[3]})
    for name, entry in tree["types"].items():
        for field in [field for field in fields if field not in entry[3]]:
            yield "field added", f"{name} / {field}", replaced(tree, ("types", name, 3), [*entry[3], field])
    classes = tree["classes"]
    for old, new in [(old, new) for old in classes for new in classes if old != new]:
        for code in classes[old]:
            moved = {old: [each for each in classes[old] if each != code], new: [*classes[new], code]}
            yield "code moved", f"{code}: {old} -> {new}", {**tree, "classes": {**classes, **moved}}
    for code in [code for codes in classes.values() for code in codes if code not in tree["assigned_by_service_class"]]:
        more = [*tree["assigned_by_service_class"], code]
        yield "assigned code", f"{code} added", {**tree, "assigned_by_service_class": more}


def without(name: str, mapping: dict[str, Any]) -> dict[str, Any]:
    """A mapping without a name, as key, member of a list or value."""
    kept = {key: value for key, value in mapping.items() if name not in (key, value)}
    return {
        key: [item for item in value if item != name] if isinstance(value, list) else value
        for key, value in kept.items()
    }


def mutations(schema: Path) -> Iterator[Mutation]:
    """Every mutation of a schema directory, each but once."""
    for path in sorted(schema.rglob("*.yaml")):
        file, tree = path.relative_to(schema).as_posix(), read(path)
        seen = {json.dumps(tree)}
        for kind, change, new in changes(file, tree):
            text = json.dumps(new, indent=1, ensure_ascii=False)
            if (key := json.dumps(new)) not in seen:
                seen.add(key)
                yield Mutation(kind, file, change, text)


class Verdict(NamedTuple):
    """Who noticed a mutation, "" for nobody; whether it compiles to the same code as the schema itself."""

    mutation: Mutation
    by: str
    same_code: bool = False


# Of a process: its copy of the project, the code that the schema compiles to, the tests to run.
copy, code, tests = Path(), dict[str, str](), list[str]()


def enter(root: str, chosen: list[str]) -> None:
    """Give a process its own copy of the project."""
    global copy, code, tests
    copy, code, tests = Path(tempfile.mkdtemp(dir=root)), render(load(ROOT / "schema")), chosen
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.is_file():
            shutil.copy(source, copy / name)


def cheap(mutation: Mutation) -> Verdict:
    """Ask the laws, the audit and the compiler."""
    return put(mutation, lambda: _cheap(mutation))


def _cheap(mutation: Mutation) -> Verdict:
    try:
        schema = load(copy / "schema")
        if lint(schema):
            return Verdict(mutation, "a law")
    except SchemaError:
        return Verdict(mutation, "a law")
    if audit(schema, FACTS).differences:
        return Verdict(mutation, "the audit")
    try:
        return Verdict(mutation, "", render(schema) == code)
    except Exception:
        return Verdict(mutation, "the compiler")


def thorough(mutation: Mutation) -> Verdict:
    """Compile the copy and run its tests."""
    by = put(mutation, lambda: "the compiler" if run("dimse_codegen", "generate").returncode else run_tests(tests))
    return Verdict(mutation, by, False)


def put(mutation: Mutation, ask: Callable[[], Answer]) -> Answer:
    """Ask while the mutation stands in the copy."""
    path = copy / "schema" / mutation.file
    original = path.read_bytes()
    path.write_text(mutation.text, encoding="utf-8")
    try:
        return ask()
    finally:
        path.write_bytes(original)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A Python module, in the copy. Without bytecode: files of one second and one size would be taken for the same."""
    paths = os.pathsep.join(str(copy / name) for name in ("src", "codegen"))
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)


def run_tests(names: list[str]) -> str:
    """The file of the first test that fails, "" where none does."""
    done = run("pytest", "-x", "-q", "-p", "no:cacheprovider", *(f"tests/{name}" for name in names))
    found = re.search(r"^(?:FAILED|ERROR) tests/(\w+\.py)", done.stdout, re.MULTILINE)
    return found[1] if found else "" if done.returncode == 0 else "a test run that failed"


def sound(name: str) -> bool:
    """Whether a test file passes on the schema as it is: one that fails anyway notices nothing."""
    return run("dimse_codegen", "generate").returncode == 0 and run_tests([name]) == ""


def main() -> int:
    """Mutate, judge, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="print the mutations and ask nobody")
    parser.add_argument(
        "--only", default="", metavar="PATTERN", help="mutations whose line this expression is found in"
    )
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="processes (2)")
    parser.add_argument("--cheap", action="store_true", help="ask the laws, the audit and the compiler alone")
    options = parser.parse_args()
    asked = [each for each in mutations(ROOT / "schema") if re.search(options.only, str(each))]
    if options.list:
        print(*asked, sep="\n")
        return 0
    names = [path.name for path in sorted((ROOT / "tests").glob("test_*.py")) if path.name not in BLIND]
    names.sort(key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))
    with tempfile.TemporaryDirectory() as root:
        with multiprocessing.Pool(options.jobs, enter, (root, [])) as pool:
            verdicts = shown(pool.imap_unordered(cheap, asked, chunksize=8), len(asked), "cheap judges")
            passed = {} if options.cheap else dict(zip(names, pool.map(sound, names), strict=True))
        for name in [name for name in passed if not passed[name]]:
            print(f"left out, for it fails on the schema as it is: {name}")
        left = [verdict.mutation for verdict in verdicts if not verdict.by]
        if not options.cheap:
            with multiprocessing.Pool(options.jobs, enter, (root, [name for name in names if passed[name]])) as pool:
                more = {each.mutation: each for each in shown(pool.imap_unordered(thorough, left), len(left), "tests")}
            verdicts = [more.get(each.mutation, each)._replace(same_code=each.same_code) for each in verdicts]
    return report(verdicts)


def shown(verdicts: Iterator[Verdict], total: int, name: str) -> list[Verdict]:
    """The verdicts, counted on the terminal as they come."""
    found = []
    for verdict in verdicts:
        found.append(verdict)
        if len(found) % 100 == 0 or len(found) == total:
            print(f"{name}: {len(found)} of {total}", file=sys.stderr)
    return found


def report(verdicts: list[Verdict]) -> int:
    """Print who noticed how many, and what nobody noticed; 1 where there is such a mutation."""
    print(f"{len(verdicts)} mutations")
    for by, count in Counter(verdict.by or "nobody" for verdict in verdicts).most_common():
        print(f"  {count:6} noticed by {by}")
    survivors = sorted((verdict for verdict in verdicts if not verdict.by), key=lambda each: str(each.mutation))
    for verdict in survivors:
        print(f"survived: {verdict.mutation}{' (same code)' if verdict.same_code else ''}")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
