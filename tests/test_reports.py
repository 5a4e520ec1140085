"""The text reports of all captures are those that were read and found good: `tests/reports`."""

from __future__ import annotations

import re

import pytest
from tests.reports import NAMES, REPORTS, golden, report

from test_capture import sidecar


@pytest.mark.parametrize("name", NAMES)
def test_the_report_is_the_one_that_was_read(name: str) -> None:
    """`python -m tests.reports --write` makes them again, to be read as a diff."""
    assert report(name) == golden(name).read_text("utf-8")


def test_there_is_a_report_for_each_capture_and_no_other() -> None:
    """None is missing, none is left over."""
    assert sorted(path.stem for path in REPORTS.glob("*.txt")) == NAMES
    assert len(NAMES) == 33


@pytest.mark.parametrize("name", NAMES)
def test_a_report_tells_what_the_description_has(name: str) -> None:
    """Messages in their order with sender and name, and the end of each Association, as other decoders saw them."""
    text = golden(name).read_text("utf-8")
    described = sidecar(name)
    said = re.findall(r"^ *[\d.]+  A(\d+) +([<>]) +(\d+)  ([CN]-[A-Z-]+)", text, re.MULTILINE)
    sides = {">": "requestor", "<": "acceptor"}
    assert [(int(a) - 1, sides[way], int(n), message) for a, way, n, message in said] == [
        (f["association"], f["from"], f["n"], f["message"]) for f in described["messages"] if f["complete"]
    ]
    words = {"release": "released by the", "abort": "aborted by the", "rejected": "rejected by the"}
    for number, each in enumerate(described["associations"], 1):
        end = each["end"]
        if end["how"] in words:
            assert re.search(
                rf"^ *[\d.]+  A{number} +{words[end['how']]} {end.get('by', 'acceptor')}", text, re.MULTILINE
            )
