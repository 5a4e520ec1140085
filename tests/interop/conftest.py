from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

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


PASSED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Remember of each test whether it got to its end."""
    report = yield
    if call.when == "call":
        item.stash[PASSED] = report.passed
    return report


@pytest.fixture
def wire(request: pytest.FixtureRequest) -> Iterator[Wire]:
    """Relays of a test; when it has passed, every message that went over them is judged."""
    with Wire() as wire, watched() as reports:
        yield wire
        if not request.node.stash.get(PASSED, False):
            return
        talk = judged(wire.record)
        module = request.module.__name__.rpartition(".test_")[2]
        check(talk, f"{module}.{request.node.originalname}")
        agree(talk, reports)
