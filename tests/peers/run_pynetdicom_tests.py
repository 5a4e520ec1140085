"""pynetdicom's own tests, which its wheel carries, with our codec in its DIMSE layer and without: the same ones pass.

`python -m tests.peers.run_pynetdicom_tests` runs both and compares test by test. What may differ stands in
`differences.json`, each test with the reason; a test that stands there and does not differ is an error too. Tests that
differ are run again, one at a time, to tell those that fail now and then from those that fail with our codec.

The tests wait for most of their time, so many are run at once: each worker of xdist takes ports of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pynetdicom

HERE = Path(__file__).resolve().parent
TESTS = Path(pynetdicom.__file__).parent / "tests"
DIFFERENCES = HERE / "differences.json"
FILES = ("test_dimse_*.py", "test_service_*.py", "test_assoc*.py")
# Failures of a test that fails now and then are forgiven where as many of its runs pass.
AGAIN = 3

Outcomes = dict[str, str]


def run(names: list[str], *, with_ours: bool, workers: int, marked: str = "") -> Outcomes:
    """The outcome of every test, by name."""
    plugins = ["-p", "tests.peers.record_outcomes", *(["-p", "tests.peers.with_layer"] if with_ours else [])]
    parallel = ["-n", str(workers), "--dist", "worksteal"] if workers > 1 else ["-p", "no:xdist"]
    options = ["-q", "-c", os.devnull, f"--rootdir={TESTS}", "-p", "no:cacheprovider", *(["-m", marked] * bool(marked))]
    with tempfile.TemporaryDirectory() as folder:
        outcomes = Path(folder) / "outcomes.json"
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *options, *plugins, *parallel, *names],
            cwd=TESTS,
            env={**os.environ, "PYTHONPATH": str(HERE.parents[1]), "PEERS_OUTCOMES": str(outcomes)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        if not outcomes.exists():
            raise SystemExit(f"pytest did not come to its end:\n{done.stdout[-4000:]}")
        found: Outcomes = json.loads(outcomes.read_text())
        return found


def run_all(names: list[str], *, with_ours: bool, workers: int) -> Outcomes:
    """All tests; those that pynetdicom marks as not to be run beside others one by one."""
    together = run(names, with_ours=with_ours, workers=workers, marked="not serial")
    return together | run(names, with_ours=with_ours, workers=1, marked="serial")


def passes(name: str, *, with_ours: bool) -> bool:
    """Whether a test passes by itself, in one of a few runs."""
    return any(run([name], with_ours=with_ours, workers=1).get(name) == "passed" for _ in range(AGAIN))


def compare(without: Outcomes, with_ours: Outcomes, listed: dict[str, str]) -> list[str]:
    """What is to be complained of."""
    complaints = [f"{name} was not run with our codec" for name in sorted(without.keys() - with_ours.keys())]
    for name in sorted(without.keys() & with_ours.keys()):
        if without[name] == with_ours[name]:
            continue
        alone = passes(name, with_ours=False), passes(name, with_ours=True)
        print(f"{name}: {without[name]} without, {with_ours[name]} with our codec; alone: {alone}", flush=True)
        if alone == (True, False) and name not in listed:
            complaints.append(f"{name} passes without our codec and fails with it")
    complaints += [
        f"{name} is listed in {DIFFERENCES.name} and does not differ"
        for name in sorted(listed)
        if without.get(name) == with_ours.get(name)
    ]
    return complaints


def main() -> int:
    """Run, compare, say what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", help="of pynetdicom's tests; all of them where left out")
    parser.add_argument("-n", "--workers", type=int, default=8, help="tests run at once")
    given = parser.parse_args()
    names = given.files or sorted(path.name for pattern in FILES for path in TESTS.glob(pattern))
    listed: dict[str, str] = json.loads(DIFFERENCES.read_text())
    if given.files:
        listed = {name: reason for name, reason in listed.items() if name.partition("::")[0] in names}
    begun = time.monotonic()
    without = run_all(names, with_ours=False, workers=given.workers)
    with_ours = run_all(names, with_ours=True, workers=given.workers)
    complaints = compare(without, with_ours, listed)
    passed = [sum(outcome == "passed" for outcome in each.values()) for each in (without, with_ours)]
    print(f"pynetdicom {pynetdicom.__version__}, {len(without)} tests: {passed[0]} pass, {passed[1]} with our codec")
    print(f"{len(listed)} listed differences, {len(complaints)} others; {time.monotonic() - begun:.0f} s")
    print(*complaints, sep="\n", end="")
    return bool(complaints) or not passed[0]


if __name__ == "__main__":
    sys.exit(main())
