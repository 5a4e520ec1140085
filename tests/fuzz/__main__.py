"""Give a target to atheris: `python -m fuzz decode --seconds 60`, from the folder `tests`.

Only modules of `dimse` are instrumented. Crashes, the corpus and the dictionary are below `build/fuzz`. Options that
are not listed go to libFuzzer. An input worth keeping becomes a line of `regressions/TARGET.txt`, as `xxd -p -c0 FILE`
prints it.
"""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import resource
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext, suppress
from multiprocessing.sharedctypes import RawArray
from typing import Any

from fuzz.seeds import BUILD, TARGETS, plant

WARM = 2_000
# What a target counts.
UNITS = {"decode": "decodes", "roundtrip": "round trips", "assembler": "assemblies", "capture": "events"}


def main() -> int:
    """Fuzz the targets named, or all, one after the other; 1 where one of them failed."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="target", help=f"of {', '.join(TARGETS)}; all if none is named")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--length", type=int, default=512, help="of the longest input, in bytes")
    parser.add_argument("--blind", action="store_true", help="not instrumented: faster, and the corpus does not grow")
    options, libfuzzer = parser.parse_known_args()
    unknown = set(options.targets) - set(TARGETS)
    if unknown:
        parser.error(f"no target is called {', '.join(sorted(unknown))}")
    try:
        import atheris
    except ImportError as error:
        version = ".".join(map(str, sys.version_info[:3]))
        print(f"atheris cannot be imported by Python {version}: {error}. Nothing was fuzzed; it is installed by")
        print("`pip install --group fuzz`, from PyPI's wheels for CPython 3.11 to 3.14 on Linux (x86-64).")
        return 2
    failed = [name for name in options.targets or TARGETS if not fuzz(atheris, name, options, libfuzzer)]
    for name in failed:
        print(f"{name}: failed; the input is in {BUILD / name}")
    return 1 if failed else 0


def fuzz(atheris: Any, name: str, options: argparse.Namespace, libfuzzer: list[str]) -> bool:
    """Fuzz a target in a process of its own, and say what was done; whether all held."""
    corpus = plant(name)
    counts = RawArray("Q", 3)
    started = time.monotonic()
    child = os.fork()
    if not child:
        arguments = [
            f"-max_total_time={options.seconds}",
            f"-max_len={options.length}",
            f"-dict={BUILD / 'dimse.dict'}",
            f"-artifact_prefix={BUILD / name}/",
            "-timeout=10",
            "-rss_limit_mb=512",
            "-print_final_stats=1",
            "-verbosity=0",
            *(("-keep_seed=1", "-reduce_inputs=0") if options.blind else ()),
            *libfuzzer,
            str(corpus),
        ]
        target = counted(load(atheris, name, options.blind), counts)
        atheris.Setup([sys.argv[0], *arguments], target)
        atheris.Fuzz()
        os._exit(0)
    _, status, usage = os.wait4(child, 0)
    seconds = time.monotonic() - started
    executions, units, warm = counts
    print(
        f"{name}: {executions} executions and {units} {UNITS[name]} in {seconds:.0f} s,"
        f" {executions / seconds:.0f} and {units / seconds:.0f} a second;"
        f" {warm >> 10} MiB after {WARM} executions, {usage.ru_maxrss >> 10} MiB at most",
        flush=True,
    )
    return status == 0


def load(atheris: Any, name: str, blind: bool) -> Callable[[bytes], int]:
    """The target, all of `dimse` imported first: some of its modules would be only when they are needed."""
    with nullcontext() if blind else atheris.instrument_imports(include=["dimse"]):
        package = importlib.import_module("dimse")
        for module in pkgutil.walk_packages(package.__path__, "dimse."):
            with suppress(ModuleNotFoundError):  # of a program that an extra installs
                importlib.import_module(module.name)
    target: Callable[[bytes], int] = importlib.import_module(f"fuzz.fuzz_{name}").target
    return target


def counted(target: Callable[[bytes], int], counts: Any) -> Callable[[bytes], None]:
    """The target, its executions and decodes counted where the parent process reads them."""

    def one(data: bytes) -> None:
        counts[0] += 1
        if counts[0] == WARM:
            counts[2] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        counts[1] += target(data)

    return one


if __name__ == "__main__":
    sys.exit(main())
