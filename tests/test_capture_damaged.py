"""Captures damaged on purpose: the right messages or a said gap, never a violation that the whole capture has not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import pytest

import damage
from dimse.capture import Began, Ended, Event, Follower, Gap, Packet, Said, packets

CAPTURES = Path(__file__).parent / "captures"
NAMES = sorted(path.stem for path in CAPTURES.glob("*.pcapng"))
each = pytest.mark.parametrize("name", NAMES)
SEEDS = range(6)

Seeded = Callable[[Sequence[Packet], int], list[Packet]]


@cache
def whole(name: str) -> tuple[Packet, ...]:
    return tuple(packets([(CAPTURES / f"{name}.pcapng").read_bytes()]))


def followed(given: Sequence[Packet]) -> list[Event]:
    return list(Follower().follow(given))


def said(events: Sequence[Event]) -> list[tuple[str, str, bytes]]:
    """The messages by addresses, side and bytes, in the order of each Association's own."""
    found = [(str(e.association.requestor), e.sender, e.message.command) for e in events if isinstance(e, Said)]
    return sorted(found, key=lambda each: each[0])


def broken(events: Sequence[Event]) -> Counter[tuple[bytes, str]]:
    """The rules broken, with the message that breaks each."""
    found: Counter[tuple[bytes, str]] = Counter()
    for event in events:
        if isinstance(event, Said):
            found.update((event.message.command, v.rule) for v in event.judgement.violations)
        elif isinstance(event, Ended):
            found.update((b"", v.rule) for v in event.violations)
    return found


@cache
def expected(name: str) -> tuple[list[tuple[str, str, bytes]], Counter[tuple[bytes, str]]]:
    events = followed(whole(name))
    return said(events), broken(events)


@each
@pytest.mark.parametrize("change", [damage.doubled, damage.reordered, damage.cut_again])
def test_harmless(name: str, change: Seeded) -> None:
    """Packets doubled, overtaken, cut otherwise and sent again: the same messages, the same verdicts but of moves."""
    messages, rules = expected(name)
    for seed in SEEDS:
        events = followed(change(whole(name), seed))
        assert said(events) == messages
        assert not [e for e in events if isinstance(e, Gap)]
        assert not broken(events) - rules


@each
def test_dropped(name: str) -> None:
    """Packets are missing: what is read was said, what is not is a said gap, and nobody is accused of more."""
    messages, rules = expected(name)
    for seed in SEEDS:
        events = followed(damage.dropped(whole(name), seed))
        found = said(events)
        assert not Counter(found) - Counter(messages)
        if len(found) < len(messages):
            doubtful = [
                e for e in events if isinstance(e, Gap) or (isinstance(e, Began) and not e.association.from_start)
            ]
            ended = [e for e in events if isinstance(e, Ended) and e.how in ("reset", "unfinished", "closed")]
            assert doubtful or ended
        assert not broken(events) - rules


@each
def test_joined_late(name: str) -> None:
    """The capture begins in the middle: the messages from there on, and nobody is accused of more."""
    messages, rules = expected(name)
    for seed in SEEDS:
        events = followed(damage.late(whole(name), seed))
        assert not Counter(command for *_, command in said(events)) - Counter(command for *_, command in messages)
        assert not broken(events) - rules


@each
@pytest.mark.parametrize("most", [68, 96, 200, 400])
def test_cut(name: str, most: int) -> None:
    """Packets cut by a snapshot length: nothing is read that was not said, and nobody is accused of more."""
    messages, rules = expected(name)
    events = followed(damage.cut(whole(name), most))
    assert not Counter(said(events)) - Counter(messages)
    assert not broken(events) - rules


def test_cut_within_data_sets() -> None:
    """Where only Data Sets are cut, every message is read; how much of each is missing is said."""
    name = "store_to_orthanc"
    events = followed(damage.cut(whole(name), 300))
    assert said(events) == expected(name)[0]
    assert sum(event.missing for event in events if isinstance(event, Said)) == 20_010
    assert not [event for event in events if isinstance(event, Gap)]


def test_interleaved() -> None:
    """Several captures at once on the same ports: the messages of all."""
    names = ("move_dcmtk", "store_dcmtk_small_pdu", "get_dcmtk")
    events = followed(damage.interleaved(*(whole(name) for name in names)))
    commands = Counter(e.message.command for e in events if isinstance(e, Said))
    assert commands == Counter(command for name in names for *_, command in expected(name)[0])
    assert all(e.association.from_start for e in events if isinstance(e, Began))
    assert not broken(events)
