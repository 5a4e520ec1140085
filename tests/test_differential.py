"""What we read and what pynetdicom reads, on some thousand mutated Command Sets; `differential.py` does a million."""

from __future__ import annotations

import random

import pytest

from differential import KNOWN, compare, differences, elements, mutated, seeds

pytest.importorskip("pynetdicom", reason="`pip install pynetdicom==3.0.4` installs the release that this compares with")


@pytest.mark.parametrize("seed", range(1000, 1004))
def test_every_class_is_argued(seed: int) -> None:
    """Where the two disagree, `differential.json` says why, and on most Command Sets they agree."""
    found, first = compare(1500, seed)
    unknown = {name: first[name].hex() for name in found.keys() - KNOWN.keys()}
    assert not unknown
    assert found["agree"] > 500


def test_agreement_on_traffic() -> None:
    """On recorded traffic they agree, but for the default Priority and the empty list that pynetdicom itself sends."""
    found = {each for wire in seeds() for each in differences(wire)}
    assert found == {
        "another value: Priority, 2 of theirs where none can be read",
        "another value: AT with EMPTY, ours kept, theirs absent",
    }


def test_every_argument_is_one() -> None:
    """Each class is argued for in a sentence or more."""
    assert all(len(known["why"].split()) > 7 and known["why"].endswith(".") for known in KNOWN.values())


def test_mutations() -> None:
    """The same dice make the same mutations, most of which are new Command Sets, and seeds divide into elements."""
    corpus = seeds()
    one, other = ([mutated(corpus[0], corpus, random.Random(n)) for n in range(300)] for _ in "ab")
    assert one == other
    assert len(set(one)) > 200
    assert all(b"".join(elements(wire)) == wire[12:] for wire in corpus)
