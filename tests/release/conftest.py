from __future__ import annotations

from pathlib import Path

import pytest

from .environments import ROOT


@pytest.fixture(scope="session")
def wheel() -> Path:
    """The wheel that `make dist` has built."""
    (built,) = (ROOT / "dist").glob("*.whl")
    return built
