"""A plugin of pytest: the outcome of every test as a line of JSON, in the file that PEERS_OUTCOMES names."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

_WORST = ("passed", "skipped", "failed")
_found: dict[str, str] = {}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep the worst of set-up, call and tear-down."""
    # A name as it is from the folder of the tests, whichever folder pytest takes for the root.
    name = "::".join([Path(report.location[0]).name, *report.nodeid.split("::")[1:]])
    _found[name] = max(_found.get(name, "passed"), report.outcome, key=_WORST.index)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write what was kept, in the process to which the workers report."""
    if not hasattr(session.config, "workerinput"):
        Path(os.environ["PEERS_OUTCOMES"]).write_text(json.dumps(_found))
