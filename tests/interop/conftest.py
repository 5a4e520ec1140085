from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from .judged import judged
from .relay import Wire
from .verdicts import check


@pytest.fixture(scope="session", autouse=True)
def layer() -> Iterator[bool]:
    """Our layer under pynetdicom, in all tests here."""
    if find_spec("dimse.pynetdicom") is None:
        yield False
        return
    from dimse.pynetdicom import install, uninstall

    install()
    yield True
    uninstall()


@pytest.fixture
def wire(request: pytest.FixtureRequest) -> Iterator[Wire]:
    """Relays of a test; when it is over, every message that went over them is judged."""
    with Wire() as wire:
        yield wire
        module = request.module.__name__.rpartition(".test_")[2]
        check(judged(wire.record), f"{module}.{request.node.originalname}")
