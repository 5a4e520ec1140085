from __future__ import annotations

from collections.abc import Iterator

import pytest

from dimse.pynetdicom import install, uninstall

from .ends import watched
from .judged import judged
from .relay import Wire
from .verdicts import agree, check


@pytest.fixture(scope="session", autouse=True)
def layer() -> Iterator[None]:
    """Our layer under pynetdicom, in all tests here."""
    install()
    yield
    uninstall()


@pytest.fixture
def wire(request: pytest.FixtureRequest) -> Iterator[Wire]:
    """Relays of a test; when it is over, every message that went over them is judged."""
    with Wire() as wire, watched() as reports:
        yield wire
        talk = judged(wire.record)
        module = request.module.__name__.rpartition(".test_")[2]
        check(talk, f"{module}.{request.node.originalname}")
        agree(talk, reports)
