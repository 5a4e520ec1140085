"""Text reports of every capture, as `dimse check` has them: they are read by people when they change.

`python -m tests.reports --write` makes them again; without `--write` it says which have changed.
"""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CAPTURES = ROOT / "tests" / "captures"
REPORTS = ROOT / "tests" / "reports"
NAMES = sorted(path.stem for path in CAPTURES.glob("*.pcapng"))


def golden(name: str) -> Path:
    """Where the report of a capture is kept."""
    return REPORTS / f"{name}.txt"


def report(name: str) -> str:
    """What `dimse check` says of a capture today, from the root of the project."""
    from click.testing import CliRunner

    from dimse.cli.commands import dimse

    here = Path.cwd()
    os.chdir(ROOT)
    try:
        result = CliRunner().invoke(dimse, ["check", f"tests/captures/{name}.pcapng"])
    finally:
        os.chdir(here)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.output
