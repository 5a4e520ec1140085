"""`python -m mutants [MODULE ...]`: change what reads bytes and what judges in one place at a time; a test has to fail.

The changes are mutmut's. Each is tried in a process forked from one that has imported everything but `dimse`, and no
file is written: what is imported there as `dimse.<module>` is the changed text, so what runs at import is changed too.
The tests that notice most come first; a mutant that they let live, and that `survivors.toml` does not explain, has to
live through all that see the codec. It is then a survivor, and an error; so is an explained one that is noticed.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import random
import resource
import sys
import time
import tomllib
from collections.abc import Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType

import hypothesis.strategies
import pydicom.datadict  # noqa: F401 (imported once for all mutants)
import pytest
from attrs import frozen

from mutants.changes import mutants_of

TESTS = Path(__file__).resolve().parents[1]
SOURCE = TESTS.parent / "src" / "dimse"
SURVIVORS = Path(__file__).with_name("survivors.toml")

# The tests that notice most and soonest.
_PATHS = ["test_paths.py::test_writing", "test_paths.py::test_reading"]
FIRST = {
    "codec": ["test_codec.py", "test_command_set.py", *_PATHS],
    "command_set": ["test_command_set.py", "test_vectors.py"],
    "lenient": ["test_command_set.py", "test_codec.py", "test_vectors.py"],
    "optional": ["test_reasons.py"],
    "response": ["test_responses.py", "test_vectors.py", "test_weaknesses.py", "test_conversation.py"],
    "severities": ["test_responses.py", "test_conversation.py"],
    "shape": ["test_codec.py", "test_shortcuts.py", "test_own_schema.py", *_PATHS],
    "strict": ["test_codec.py", "test_shortcuts.py", "test_own_schema.py", *_PATHS],
    "value": ["test_value.py", "test_vectors.py"],
    "vr": ["test_reasons.py", "test_shortcuts.py", "test_vr.py"],
}
# All that see the codec without a process of their own.
ALL = [
    "codec",
    "command_set",
    "value",
    "reasons",
    "vr",
    "own_schema",
    "vectors",
    "shortcuts",
    "messages",
    "captures",
    "hostile",
]
ALL += ["paths", "fuzz", "peers", "matrix", "html"]
# Of these, what takes long and would notice nothing that the others do not.
OMITTED = ["mutated_bytes", "over_the_wire", "test_memory", "starts_python", "needs_no_fuzzer", "unknown_rule"]
OPTIONS = ["-x", "-q", "-p", "no:cacheprovider", "-k", " and ".join(f"not {name}" for name in OMITTED)]
PATIENCE = 240  # seconds of processor time, so that a busy machine fails none; tests that take longer have failed


@frozen
class Finder(MetaPathFinder, Loader):
    """Imports one module of `dimse` from a text instead of its file."""

    name: str
    path: Path
    text: str

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        return spec_from_file_location(fullname, self.path, loader=self) if fullname == self.name else None

    def create_module(self, spec: ModuleSpec) -> None: ...

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.text, str(self.path), "exec"), vars(module))


def passes(module: str, text: str, tests: Sequence[str]) -> bool:
    """Whether the tests pass with a module of this text, in a process of its own."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] == 0
    resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE, PATIENCE))
    done = 1
    with contextlib.suppress(BaseException):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
        random.seed(0)
        sys.meta_path.insert(0, Finder(f"dimse.{module}", SOURCE / f"{module}.py", text))
        done = pytest.main([*OPTIONS, *tests])
    os._exit(done)


def explained() -> dict[str, str]:
    """Why a mutant may live, by its description."""
    groups = tomllib.loads(SURVIVORS.read_text(encoding="utf-8"))["survivors"]
    return {mutant: group["why"] for group in groups for mutant in group["mutants"]}


def faults(module: str, known: dict[str, str], more: list[str]) -> Iterator[str]:
    """The mutants of a module that no test notices and nothing explains, and what is explained and noticed."""
    text = (SOURCE / f"{module}.py").read_text(encoding="utf-8")
    if not all(passes(module, text, tests) for tests in (FIRST[module], more) if tests):
        yield "the tests fail without a change; run make test"
        return
    started, unexplained = time.monotonic(), 0
    mutants = mutants_of(module, text)
    living: list[str] = []
    for mutant in mutants:
        # File by file, so that no more are imported than are needed.
        if all(passes(module, mutant.text, [name]) for name in FIRST[module]):
            if str(mutant) in known:
                living.append(str(mutant))
            elif not more or passes(module, mutant.text, more):
                unexplained += 1
                yield f"line {mutant.line}: {mutant}"
    for entry in known:
        if entry.partition(":")[0].partition(".")[0] == module and entry not in living:
            yield f"no survivor, so nothing to explain: {entry}"
    noticed = len(mutants) - len(living) - unexplained
    figures = f"{len(mutants)} mutants, {noticed} noticed, {len(living)} explained, {unexplained} unexplained"
    print(f"{module}: {figures}, {time.monotonic() - started:.0f} s", flush=True)


def main() -> int:
    """Try the mutants of the modules asked for; 0 where every survivor is explained."""
    parser = argparse.ArgumentParser(prog="mutants", description="Change the code; a test has to fail.")
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=", ".join(FIRST))
    parser.add_argument("--first", action="store_true", help="run only the tests that notice most")
    arguments = parser.parse_args()
    modules = arguments.modules or list(FIRST)
    if not set(modules) <= set(FIRST):
        parser.error(f"the modules are {', '.join(FIRST)}")
    os.chdir(TESTS)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    hypothesis.settings.register_profile("mutants", database=None, derandomize=True)
    hypothesis.settings.load_profile("mutants")
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main(["--version"])
    if "dimse" in sys.modules:
        sys.exit("dimse has been imported before it could be changed")
    known = explained()
    more = [] if arguments.first else [f"test_{name}.py" for name in ALL]
    found = 0
    for module in modules:
        for fault in faults(module, known, more):
            print(fault, flush=True)
            found += 1
    return 1 if found else 0


sys.exit(main())
