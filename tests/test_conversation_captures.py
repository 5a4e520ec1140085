"""Recorded traffic of eight implementations, judged as conversations: `judgements.json` argues for every verdict.

The recordings are fed as a program beside the wire would: an Association a conversation, its titles, Presentation
Contexts and window from A-ASSOCIATE, the C-MOVEs of a recording shared among its Associations.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import Factory, define, frozen

from dimse import RULES, Conversation, Judgement, Moves, Operation, Violation
from recorded import Began, Ended, Event, Said, events

HERE = Path(__file__).parent
CAPTURES = HERE / "captures"
NAMES = sorted(path.stem for path in CAPTURES.glob("*.pcapng"))
GOLDEN: list[dict[str, Any]] = json.loads((HERE / "judgements.json").read_text("utf-8"))
each = pytest.mark.parametrize("name", NAMES)


@frozen
class Missed:
    """A message that the tap lost, and knows that it lost."""

    association: int


@frozen
class Joined:
    """An Association that was under way when the tap was opened."""

    association: int
    requestor: str | None
    acceptor: str | None


@define
class Tap:
    """A program beside the wire: a conversation an Association, all with the same C-MOVEs."""

    moves: Moves = Factory(Moves)
    conversations: dict[int, Conversation] = Factory(dict)

    def take(self, event: Event | Missed | Joined) -> tuple[Judgement | None, tuple[Violation, ...]]:
        """What is said of a message, and everything that is wrong."""
        at = event.association
        match event:
            case Began(negotiated=begun):
                self.conversations[at] = Conversation(
                    requestor=begun.requestor,
                    acceptor=begun.acceptor,
                    contexts=begun.contexts,
                    window=begun.window,
                    moves=self.moves,
                )
            case Joined(requestor=requestor, acceptor=acceptor):
                self.conversations[at] = Conversation(
                    requestor=requestor, acceptor=acceptor, from_start=False, moves=self.moves
                )
            case Said(sender=sender, message=message):
                sent = message.data_set is not None
                judgement = self.conversations[at].feed(
                    message.primitive, sender, context=message.context_id, data_set=sent
                )
                return judgement, judgement.violations
            case Missed():
                self.conversations[at].gap()
            case Ended(released=released):
                return None, self.conversations.pop(at).end(released=released)
        return None, ()


def recording(name: str) -> tuple[Event, ...]:
    return events((CAPTURES / name).with_suffix(".pcapng"))


def sidecar(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((CAPTURES / name).with_suffix(".json").read_text("utf-8"))
    return found


def key(event: Event | Missed | Joined) -> int:
    """The number of a message; for the end of an Association, its own number, below 0."""
    return event.n if isinstance(event, Said) else -1 - event.association


def verdicts(happened: Iterable[Event | Missed | Joined]) -> Iterator[tuple[int, Violation]]:
    """Everything that is wrong, in order."""
    tap = Tap()
    for event in happened:
        for violation in tap.take(event)[1]:
            yield key(event), violation


@each
def test_order(name: str) -> None:
    """The messages come in the order, from the side and with the bytes that the description has."""
    said = [event for event in recording(name) if isinstance(event, Said)]
    found = [(each.n, each.association, each.sender, each.message.command.hex()) for each in said]
    complete = [facts for facts in sidecar(name)["messages"] if facts["complete"]]
    assert found == [(f["n"], f["association"], f["from"], f["command"]["hex"]) for f in complete]


@each
def test_associations(name: str) -> None:
    """The Associations are those of the description: titles, contexts, windows, and how they ended."""
    begun = {event.association: event.negotiated for event in recording(name) if isinstance(event, Began)}
    released = {event.association: event.released for event in recording(name) if isinstance(event, Ended)}
    described = {facts["index"]: facts for facts in sidecar(name)["associations"] if facts["outcome"] == "accepted"}
    assert begun.keys() == described.keys() == released.keys()
    for index, facts in described.items():
        found = begun[index]
        assert (found.requestor, found.acceptor) == (facts["calling_ae"].strip(), facts["called_ae"].strip())
        accepted = [each for each in facts["presentation_contexts"] if each["result"] == 0]
        assert found.contexts == {each["id"]: each["abstract_syntax"] for each in accepted}
        assert released[index] is (facts["end"]["how"] == "release")
        asked = facts.get("acceptor_user_information", {}).get("async_operations_window")
        assert asked is None or found.window == tuple(asked.values())


@each
def test_judgements(name: str) -> None:
    """What is wrong with a recording is what `judgements.json` argues for, word for word, and nothing else."""
    found = [(n, v.rule, v.severity, v.text, v.section) for n, v in verdicts(recording(name))]
    argued = [entry for entry in GOLDEN if entry["file"] == name]
    assert found == [(e["n"], e["rule"], e["severity"], e["text"], e["section"]) for e in argued]


def test_every_verdict_is_argued() -> None:
    """Every entry of `judgements.json` is of a recording that is there, and says why the standard is against it."""
    assert {entry["file"] for entry in GOLDEN} <= set(NAMES)
    assert [entry for entry in GOLDEN if len(entry["why"].split()) < 12] == []


def test_rules_can_be_looked_up() -> None:
    """Each rule that was broken is in `RULES`, with the severity that it was told with."""
    assert [e for e in GOLDEN if e["rule"] not in RULES or RULES[e["rule"]].severity != e["severity"]] == []


def test_no_error_that_could_be_disputed() -> None:
    """The errors among 837 messages: each is against a "may only" of the text, or a field that no table has."""
    assert [(entry["file"], entry["n"], entry["rule"]) for entry in GOLDEN if entry["severity"] == "error"] == [
        ("dcmjs_mpps_cancel", 11, "C-CANCEL-RQ.AffectedSOPClassUID.-"),
        ("mpps_pynetdicom", 8, "N-CREATE-RSP.AffectedSOPInstanceUID.C"),
        ("mpps_pynetdicom", 8, "N-CREATE-RSP.ErrorComment.C"),
        ("mpps_pynetdicom", 10, "N-CREATE-RSP.AffectedSOPInstanceUID.C"),
        ("mpps_pynetdicom", 10, "N-CREATE-RSP.ErrorComment.C"),
    ]


def operations(name: str) -> dict[int, tuple[str, Operation | None]]:
    """Each message's service and operation."""
    tap = Tap()
    taken = [(event, tap.take(event)[0]) for event in recording(name)]
    return {key(event): (j.message.SERVICE, j.operation) for event, j in taken if j is not None}


def test_every_message_has_its_operation() -> None:
    """Each of the 837 messages, the cancel that came too late among them, is of an operation that is known."""
    found = [operation for name in NAMES for _, operation in operations(name).values()]
    assert len(found) == 837
    assert [operation for operation in found if operation is None] == []


# pynetdicom's C-MOVE SCP names itself as the Move Originator, not the AE that invoked the C-MOVE.
UNLINKED = {"move_cancel_pynetdicom"}


@pytest.mark.parametrize("name", [name for name in NAMES if name not in UNLINKED])
def test_suboperations_have_their_parent(name: str) -> None:
    """A C-STORE has a parent where a C-MOVE was under way to its requestor, or a C-GET on its Association."""
    tap = Tap()
    for event in recording(name):
        judgement, _ = tap.take(event)
        if judgement is None or judgement.message.SERVICE != "C-STORE" or judgement.message.role != "request":
            continue
        assert isinstance(event, Said)
        operation = judgement.operation
        assert operation is not None
        parent = operation.parent
        if getattr(judgement.message, "MoveOriginatorMessageID", None) is not None:
            assert parent is not None
            assert (parent.service, parent.message_id) == ("C-MOVE", judgement.message.MoveOriginatorMessageID)
        elif event.sender == "acceptor":  # which stores on the Association of a C-GET alone
            assert parent is not None
            assert (parent.service, parent.invoked_by) == ("C-GET", "requestor")
        else:
            assert parent is None


@pytest.mark.parametrize(
    ("name", "stores"),
    {
        "dcm4che_scp": 8,
        "dcm4che_scu": 8,
        "dcmjs_scu": 8,
        "get_cancel_pynetdicom": 4,
        "get_dcmtk": 12,
        "move_dcmtk": 13,
        "move_orthanc": 8,
        "move_partial_dcmtk": 3,
        "odil": 4,
        "peer_crash_gdcm": 1,
    }.items(),
)
def test_linked(name: str, stores: int) -> None:
    """As many C-STOREs have a parent as the recording has sub-operations."""
    tap = Tap()
    parents = []
    for event in recording(name):
        judgement, _ = tap.take(event)
        if judgement is not None and judgement.message.role == "request" and judgement.operation is not None:
            parents.append(judgement.operation.parent)
    assert sum(parent is not None for parent in parents) == stores


# Damage


def with_gaps(happened: Iterable[Event], chance: random.Random) -> Iterator[Event | Missed]:
    """Some messages are lost, alone or several in a row, each of them known to be."""
    losing = 0
    for event in happened:
        if isinstance(event, Said):
            if not losing and chance.random() < 0.2:
                losing = chance.choice((1, 1, 2, 3, 8))
            if losing:
                losing -= 1
                yield Missed(event.association)
                continue
        yield event


def joined_late(happened: Iterable[Event], chance: random.Random) -> Iterator[Event | Joined]:
    """The tap is opened in the middle; the titles of an Association under way may be known from elsewhere."""
    before = list(happened)
    at = chance.randrange(len(before) + 1)
    titled = chance.random() < 0.5
    over = {event.association for event in before[:at] if isinstance(event, Ended)}
    for event in before[:at]:
        if isinstance(event, Began) and event.association not in over:
            titles = (event.negotiated.requestor, event.negotiated.acceptor) if titled else (None, None)
            yield Joined(event.association, *titles)
    yield from before[at:]


@pytest.mark.parametrize("damage", [with_gaps, joined_late], ids=["gaps", "joined late"])
@each
def test_damage_adds_nothing(
    name: str, damage: Callable[[Iterable[Event], random.Random], Iterator[Event | Missed | Joined]]
) -> None:
    """What was missed is held against nobody: nothing is wrong that is not wrong with the whole recording."""
    whole = {(n, violation.rule) for n, violation in verdicts(recording(name))}
    for seed in range(60):
        damaged = list(damage(recording(name), random.Random(f"{name} {seed}")))
        found = {(n, violation.rule) for n, violation in verdicts(damaged)}
        assert found <= whole, f"seed {seed}: {found - whole}"
