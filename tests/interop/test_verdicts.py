"""The verdicts themselves: each argued, of a program whose version is known, for tests that there are."""

from __future__ import annotations

import re
from pathlib import Path

from .verdicts import GOLDEN, facts

HERE = Path(__file__).parent


def test_verdicts() -> None:
    """No entry is there twice, and each has a reason and a program with a version."""
    keys = [facts(**entry) for entry in GOLDEN["verdicts"]]
    assert len(set(keys)) == len(keys)
    assert {entry["program"] for entry in GOLDEN["verdicts"]} <= GOLDEN["versions"].keys()
    assert all(len(entry["why"].split()) > 10 for entry in GOLDEN["verdicts"])


def test_tests() -> None:
    """Every test that an entry names is there."""
    there = {
        f"{path.stem.removeprefix('test_')}.{name}"
        for path in HERE.glob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)
    }
    named = [test for entry in GOLDEN["verdicts"] for test in entry["tests"]]
    assert set(named) <= there
    assert all(entry["tests"] for entry in GOLDEN["verdicts"])
