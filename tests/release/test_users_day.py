"""A user's day, as the script beside this has it, and the hooks for pre-commit in a repository of a user."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from .environments import ROOT, Environment, make


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, check=False, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_a_day_goes_as_it_should(wheel: Path, tmp_path: Path) -> None:
    """From init to CI, wrong turns included; what each step has to say stands in the script."""
    script = Path(__file__).with_name("users_day.sh")
    assert run("bash", script, wheel, sys.executable, cwd=tmp_path).endswith("A day's work is done\n")


def repository(environment: Environment) -> Path:
    """A repository with a new project in it, all committed."""
    environment.run("dimse-codegen", "init", "--package", "load_dimse")
    environment.run("dimse-codegen", "generate")
    for command in (["init", "--quiet"], ["add", "--all"]):
        run("git", *command, cwd=environment.work)
    return environment.work


def test_the_hooks_that_init_writes_work(wheel: Path, tmp_path: Path) -> None:
    """pre-commit passes what is in sync, and stops a stale package and a broken schema."""
    environment = make(Path(sys.executable), tmp_path, f"{wheel}[codegen]", "pre-commit")
    work = repository(environment)
    environment.run("pre-commit", "run", "--all-files")
    service = work / "schema" / "services" / "x_load.yaml"
    service.write_text(
        service.read_text("utf-8").replace("  Priority:                           [U,", "  Priority: [M,")
    )
    said = environment.run("pre-commit", "run", "--all-files", code=1)
    assert re.search(r"laws of the DIMSE schema\.+Passed", said)
    assert "load_dimse/x_load.py: stale" in said
    service.write_text(service.read_text("utf-8").replace("  Priority: [M,", "  Priority: [N,"))
    assert "CELL_KNOWN" in environment.run("pre-commit", "run", "--all-files", code=1)


def test_the_hooks_of_this_repository_work(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pre-commit installs this repository with what the hooks need, and runs them in another."""
    monkeypatch.setenv("PRE_COMMIT_HOME", os.fspath(tmp_path / "cache"))
    environment = make(Path(sys.executable), tmp_path, f"{wheel}[codegen]", "pre-commit")
    work = repository(environment)
    said = environment.run("pre-commit", "try-repo", ROOT, "--all-files")
    assert re.search(r"laws of the DIMSE schema\.+Passed", said)
    assert re.search(r"generated package in sync with the DIMSE schema\.+Passed", said)
    with (work / "load_dimse" / "x_load.py").open("a", encoding="utf-8") as file:
        file.write("# by hand\n")
    assert "load_dimse/x_load.py: stale" in environment.run("pre-commit", "try-repo", ROOT, "--all-files", code=1)
