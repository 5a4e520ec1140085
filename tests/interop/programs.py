"""The programs of others: found, started, waited for, ended.

A program that is not here skips the test and says how to get it; where the environment has CI, it fails the test.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import NoReturn

import pytest

from .relay import HOST, PATIENCE, free_port, wait_for

ATTEMPTS = 5  # a port that was free may be taken before the program has it
MODULES = Path(__file__).parents[2] / "build" / "interop" / "node_modules"
ENVIRONMENT = {**os.environ, "LC_ALL": "C", "NODE_PATH": str(MODULES)}
VERSIONS = {
    "dcmtk": ("echoscu", r"echoscu v(\S+)"),
    "orthanc": ("Orthanc", r"Orthanc (\S+)"),
    "tshark": ("tshark", r"TShark \(Wireshark\) (\S+) "),
}


def missing(what: str, how: str) -> NoReturn:
    """Skip, or fail where nothing may be missing."""
    text = f"{what} is not here: {how}"
    if os.environ.get("CI"):
        pytest.fail(text, pytrace=False)
    pytest.skip(text)


def path_of(program: str, package: str) -> str:
    """Where a program of a Debian package is."""
    return shutil.which(program) or missing(program, f"apt-get install {package}")


def node_module(name: str) -> str:
    """Where node is, if it has a package of npm beside it."""
    if not (MODULES / name).is_dir():
        missing(name, f"npm install --prefix build/interop {name}")
    return path_of("node", "nodejs")


def run(*command: object, code: int = 0, cwd: Path | None = None) -> str:
    """Run a program to its end, and give what it printed."""
    words = [str(word) for word in command]
    done = subprocess.run(
        words,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=2 * PATIENCE,
        check=False,
        env=ENVIRONMENT,
        cwd=cwd,
        text=True,
        errors="replace",
    )
    assert done.returncode == code, f"{' '.join(words)} ended with {done.returncode}, not {code}:\n{done.stdout}"
    return done.stdout


@contextmanager
def server(command: Callable[[int], list[object]], cwd: Path) -> Iterator[int]:
    """Run a server on a free port; the port, once it listens there.

    Args:
        command: the words that start it, from the port.
        cwd: where it runs, and leaves its log.
    """
    for attempt in range(1, ATTEMPTS + 1):
        port = free_port()
        words = [str(word) for word in command(port)]
        log = cwd / f"server{attempt}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(words, stdout=output, stderr=output, cwd=cwd, env=ENVIRONMENT)
        try:
            if has_come_up(process, port):
                yield port
                return
        finally:
            end(process)
    pytest.fail(f"{' '.join(words)} ended with {process.returncode}:\n{log.read_text('utf-8', 'replace')}")


def has_come_up(process: subprocess.Popen[bytes], port: int) -> bool:
    """Wait for a server: True once it listens, False where it has ended instead."""
    wait_for(lambda: process.poll() is not None or listens(port), f"{process.args!r} listens")
    return process.poll() is None


def listens(port: int) -> bool:
    """Whether somebody takes connections on a port."""
    with socket.socket() as probe:
        probe.settimeout(PATIENCE)
        return probe.connect_ex((HOST, port)) == 0


def end(process: subprocess.Popen[bytes]) -> None:
    """End a program that we started."""
    process.terminate()
    try:
        process.wait(PATIENCE / 6)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@cache
def version(program: str) -> str:
    """The version of a program, as it says itself."""
    if program == "pynetdicom":
        return metadata.version(program)
    if program == "dcmjs-dimse":
        return str(json.loads((MODULES / program / "package.json").read_text("utf-8"))["version"])
    command, pattern = VERSIONS[program]
    found = re.search(pattern, run(path_of(command, program), "--version"))
    assert found is not None, f"no version of {program}"
    return found[1]
