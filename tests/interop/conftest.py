from __future__ import annotations

from collections.abc import Iterator

import pytest

from dimse.pynetdicom import install, uninstall

from .judged import judged
from .relay import Wire
from .verdicts import check


@pytest.fixture(scope="session", autouse=True)
def layer() -> Iterator[None]:
    """Our layer under pynetdicom, in all tests here."""
    install()
    yield
    uninstall()


@pytest.fixture
def wire(request: pytest.FixtureRequest) -> Iterator[Wire]:
    """Relays of a test; when it is over, every message that went over them is judged."""
    with Wire() as wire:
        yield wire
        module = request.module.__name__.rpartition(".test_")[2]
        check(judged(wire.record), f"{module}.{request.node.originalname}")
