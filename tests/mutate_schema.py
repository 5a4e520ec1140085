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
from unittest.mock import patch

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from dimse_codegen.audit import audit
from dimse_codegen.laws import lint_services
from dimse_codegen.load import load
from dimse_codegen.problem import SchemaError
from dimse_codegen.render import render
from dimse_codegen.yaml_source import Source

ROOT = Path(__file__).resolve().parents[1]
FACTS = json.loads((ROOT / "tests" / "standard" / "ps3.7-2026c.json").read_text(encoding="utf-8"))
LEFT_BEHIND = (".git", ".venv", "__pycache__", ".*_cache", ".hypothesis", "build", "dist")
# The check for sync, this script's own, and tests that look at other schemas or at the facts.
BLIND = (
    "test_generated", "test_mutate_schema", "test_audit", "test_docbook", "test_laws", "test_wheel", "test_cli",
    "test_layout", "test_sync", "test_comment", "test_vr",
)  # fmt: skip
FIRST = ("test_standard", "test_matrix", "test_messages")

# What no table of the standard prints: each of its rules has vectors that it passes and fails.
BESIDE_THE_TABLES = {"rules.yaml"}
CELLS = ("-", "M", "U", "C", "M(=)", "U(=)", "C(=)", "MF 0", "UF 0")
VRS = ("AE", "AT", "CS", "IS", "LO", "LT", "SH", "UI", "UL", "US")
CLASSES = ("Success", "Pending", "Cancel", "Warning", "Failure")

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


def misspelt(text: str) -> list[str]:
    return [f"{text}s" if text.islower() or text[-1:].islower() else f"{text}S"]


def next_number(text: str) -> list[str]:
    """Another section, table or tag: the last digit is another."""
    return [re.sub(r"\d(?=\D*$)", lambda digit: str((int(digit[0]) + 1) % 10), text)]


def other_code(text: str) -> list[str]:
    """Another code, or range of codes; a code where there is none."""
    if text.endswith("xx"):
        return [f"{digit}{text[1:]}" for digit in "0D" if digit != text[0]]
    return ["0001H"] if text == "-" else ["-", *(f"{int(text[:4], 16) ^ bit:04X}H" for bit in (0x0001, 0x8000))]


def other_condition(text: str) -> list[str]:
    """Always, never, another status class, a part left out, the opposite."""
    found = ["always", "never", f"not ({text})", *(f"Status is {name}" for name in CLASSES)]
    found += [text.replace(f"Status is {old}", f"Status is {new}") for old in CLASSES for new in CLASSES]
    parts = re.split(r" (and|or) ", text)
    found += [" ".join(parts[:at] + parts[at + 2 :]) for at in range(0, len(parts), 2) if parts[at + 2 :]]
    found += [" ".join(parts[:-2]) for _ in parts[2:3]]
    for old, new in (
        ("and", "or"),
        ("or", "and"),
        ("present", "absent"),
        ("absent", "present"),
        ("in the request", ""),
    ):
        found.append(re.sub(rf" {old}\b", f" {new}".rstrip(), text))
    return [new for new in dict.fromkeys(found) if new != text]


# Texts: what they are, where they stand ("*" is any step, "|" another place), what may stand there instead.
TEXTS: list[tuple[str, str, Callable[[str], list[str]]]] = [
    ("edition", "edition", among("2026b")),
    ("tag", "elements * 0 | retired * 0", next_number),
    ("VR", "elements * 1 | retired * 1", among(*VRS)),
    ("VM", "elements * 2 | retired * 2", among("1", "1-n")),
    ("keyword", "elements * 3 | retired * 3 | data_sets *", misspelt),
    ("value", "values * *", other_code),
    ("default", "defaults *", among("LOW", "MEDIUM", "HIGH")),
    ("status code", "classes * * | types * 2", other_code),
    ("assigned code", "assigned_by_service_class *", other_code),
    ("status class", "types * 1", among(*CLASSES)),
    ("only in", "only_in *", among("N-EVENT-REPORT", "N-ACTION", "N-GET")),
    ("service", "service | service_class | statuses * sop_classes", misspelt),
    (
        "section",
        "section | types * 0 | conditions * section | descriptions * 0 | statuses section | statuses * section",
        next_number,
    ),
    ("group", "group", among("DIMSE-C", "DIMSE-N")),
    ("kind", "kind", among("operation", "notification", "cancel")),
    ("procedure", "procedures *", among("-", "M", "C")),
    ("table", "table | messages * table | messages * table * | statuses * table | statuses * as_in", next_number),
    ("column", "columns * | conditions * column", among("Req/Ind", "Rsp/Conf", "CnclReq/CnclInd")),
    ("cell", "parameters * *", among(*CELLS)),
    ("condition", "conditions * required_when | conditions * permitted_when", other_condition),
    ("severity", "conditions * severity", among("error", "warning", "advisory")),
    ("command field", "messages * command_field", other_code),
    ("data set rule", "messages * data_set", among("always", "never", "conditional")),
    ("UID", "sop_classes *", next_number),
    ("assigned status", "statuses * codes * 0", among("Failed", "Warning", "Pending", "Refused: Out of resources")),
    ("accepted difference", "* where | * standard | * schema", misspelt),
]
# Where each member is left out in turn, neighbours change places, keys are misspelt.
LISTS = "elements | retired | types | types * 3 | columns | parameters | messages * fields | statuses types"
KEYS = "elements | retired | data_sets | values * | classes | types | parameters | messages | only_in | sop_classes"
MEMBERS = (
    "| values | defaults | classes * | assigned_by_service_class | conditions | conditions * | conditions * parameters"
    "| equal_to_request | messages * without_field | messages * table | statuses * services | statuses * sop_classes"
    f"| statuses * codes | {LISTS} | {KEYS}"
)


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


def stands(place: Place, patterns: str) -> bool:
    """Whether a place is one of those in a pattern."""
    step = [f"(?:{re.escape(str(at))}|\\*)" for at in place]
    return any(re.fullmatch(r"\s*" + r"\s".join(step) + r"\s*", pattern) for pattern in patterns.split("|"))


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
            if stands(place, MEMBERS) and (place or isinstance(tree, list)) and name != "note":
                yield "dropped", named, replaced(tree, place, build([*before, *after]))
            if after and stands(place, LISTS):
                yield "swapped", named, replaced(tree, place, build([*before, after[0], item, *after[1:]]))
            if isinstance(node, dict) and stands(place, KEYS):
                yield "renamed", named, replaced(tree, place, {**dict(before), f"{name}s": item[1], **dict(after)})
    if file.startswith("services/"):
        yield from changes_of_service(tree)
    if "types" in tree:
        yield from changes_of_statuses(tree)
    if file.startswith("service_classes/"):
        yield from changes_of_service_class(tree)


def changes_of_service(tree: Any) -> Iterator[tuple[str, str, Any]]:
    """What must change in several places to be one change, or needs to know what else is there."""
    cells, rules = tree["parameters"], tree.get("equal_to_request", {})
    for name in cells:
        yield "row dropped", name, json.loads(json.dumps(tree), object_hook=partial(without, name))
    asked = [name for name, glyphs in cells.items() if tree["columns"][0] == "Req/Ind" and glyphs[0] != "-"]
    for name, source in rules.items():
        for other in [other for other in asked if other != source]:
            yield "equality", f"{name}: {source} -> {other}", replaced(tree, ("equal_to_request", name), other)
    for name in [name for name in asked if cells[name][1] in "MUC" and name not in rules]:
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


def changes_of_service_class(tree: Any) -> Iterator[tuple[str, str, Any]]:
    """Statuses under another code."""
    for at, table in enumerate(tree["statuses"]):
        codes = table.get("codes", {})
        for code in codes:
            for other in [other for other in other_code(code) if other != "-" and other not in codes]:
                moved = {other if each == code else each: row for each, row in codes.items()}
                yield "code moved", f"{code} -> {other}", replaced(tree, ("statuses", at, "codes"), moved)


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


def tables(schema: Path) -> list[Path]:
    """The files that transcribe tables; what profiles demand, `test_profiles` has by hand, cell by cell."""
    files = sorted(path for path in schema.rglob("*.yaml") if path.parent.name != "profiles")
    return [path for path in files if path.name not in BESIDE_THE_TABLES]


def mutations(schema: Path) -> Iterator[Mutation]:
    """Every mutation of the tables in a schema directory, each but once."""
    for path in tables(schema):
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


# Of a process: its copy of the project, the files of its schema as parsed, the code they compile to, the tests to run.
copy, parsed, code, tests = Path(), dict[Path, Source](), dict[str, str](), list[str]()


def enter(root: str, original: dict[str, str], chosen: list[str]) -> None:
    """Give a process its own copy of the project."""
    global copy, code, tests
    copy, code, tests = Path(tempfile.mkdtemp(dir=root)), original, chosen
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*LEFT_BEHIND), dirs_exist_ok=True)
    parsed.update((path, Source.open(path)) for path in (copy / "schema").rglob("*.yaml"))


def cheap(mutation: Mutation) -> Verdict:
    """Ask the laws, the audit and the compiler; of the files, only the mutated one is parsed again."""
    return put(mutation, lambda: _cheap(mutation))


def _cheap(mutation: Mutation) -> Verdict:
    changed = copy / "schema" / mutation.file
    others = {**parsed, changed: None}
    parse = Source.open
    try:
        with patch.object(Source, "open", lambda path: others[path] or parse(path)):
            schema = load(copy / "schema")
        if lint_services(schema):
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
    return Verdict(mutation, put(mutation, lambda: run_tests(tests)))


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
    """A Python module, in the copy."""
    paths = os.pathsep.join(str(copy / name) for name in ("src", "codegen"))
    command, environment = [sys.executable, "-m", *arguments], {**os.environ, "PYTHONPATH": paths}
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)


def run_tests(names: list[str]) -> str:
    """Compile the schema and run tests: the file of the first that fails, "" where none does."""
    # Bytecode is told apart by second and size, and two mutations may share both.
    shutil.rmtree(copy / "src" / "dimse" / "services" / "__pycache__", ignore_errors=True)
    if run("dimse_codegen", "generate").returncode:
        return "the compiler"
    done = run("pytest", "-x", "-q", "-p", "no:cacheprovider", *(f"tests/{name}" for name in names))
    found = re.search(r"^(?:FAILED|ERROR) tests/(\w+\.py)", done.stdout, re.MULTILINE)
    return found[1] if found else "" if done.returncode == 0 else "a test run that failed"


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
    names = [path.name for path in sorted((ROOT / "tests").glob("test_*.py")) if path.stem not in BLIND]
    names.sort(key=lambda name: not name.startswith(FIRST))
    original = render(load(ROOT / "schema"))
    with tempfile.TemporaryDirectory() as root:
        with multiprocessing.Pool(options.jobs, enter, (root, original, [])) as pool:
            verdicts = shown(pool.imap_unordered(cheap, asked, chunksize=8), len(asked), "cheap judges")
            passed = (
                {}
                if options.cheap
                else {
                    name: not by
                    for name, by in zip(names, pool.map(run_tests, [[name] for name in names]), strict=True)
                }
            )
        for name in [name for name in passed if not passed[name]]:
            print(f"left out, for it fails on the schema as it is: {name}")
        left = [verdict.mutation for verdict in verdicts if not verdict.by]
        if not options.cheap:
            chosen = [name for name in names if passed[name]]
            with multiprocessing.Pool(options.jobs, enter, (root, original, chosen)) as pool:
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
