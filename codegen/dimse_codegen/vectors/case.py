"""Test vectors as data, and as JSON with a case a line. What the members mean is told in `vectors/README.md`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import field, frozen

from dimse_codegen.rule_catalogue import Rule


@frozen
class Step:
    """Something that happens on an Association: a message, some PDUs, or an event.

    Attributes:
        sender: "requestor" or "acceptor"; "" for an event.
        message: name of the message.
        command: its Command Set.
        data_set: what follows it; None for nothing.
        parameters: those of a message that no bytes can convey, instead of a Command Set.
        pdus: P-DATA-TF PDUs, instead of a message.
        event: "gap", "release" or "abort", instead of a message.
        answers: number of the step whose message this one is judged against.
        association: which one, where there are several; 0 is the first.
        context: Presentation Context ID, None where it is of no account.
        unreadable: whether the bytes are no message.
        expect: IDs of the rules that are broken here.
    """

    sender: str = ""
    message: str = ""
    command: bytes | None = None
    data_set: bytes | None = None
    parameters: Mapping[str, Any] | None = None
    pdus: bytes | None = None
    event: str = ""
    answers: int | None = None
    association: int = 0
    context: int | None = None
    unreadable: bool = False
    expect: tuple[str, ...] = ()


@frozen
class Case:
    """A test vector.

    Attributes:
        id: unique among all files.
        comment: what is shown, in a sentence.
        rules: those it is a case of; the one that is broken where it is invalid.
        valid: whether none of them is broken.
        steps: what happens, in order.
        associations: what is known of each; none where one is enough and nothing is known.
    """

    id: str
    comment: str
    rules: tuple[str, ...]
    valid: bool
    steps: tuple[Step, ...]
    associations: tuple[Mapping[str, Any], ...] = field(default=())


# Every file of ours begins so; one that does not is not ours to overwrite or delete.
HEADER = '{\n "generator": "dimse-codegen",\n'


def print_file(level: str, about: str, edition: str, cases: Iterable[Case], catalogue: Mapping[str, Rule]) -> str:
    """The text of a file of vectors."""
    head = {"$schema": "vectors.schema.json", "about": about, "edition": edition, "level": level}
    lines = [f" {json.dumps(name)}: {json.dumps(value)},\n" for name, value in head.items()]
    printed = ",\n".join("  " + json.dumps(_case(case, catalogue)) for case in cases)
    return HEADER + "".join(lines) + ' "cases": [\n' + printed + "\n ]\n}\n"


def _case(case: Case, catalogue: Mapping[str, Rule]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": case.id,
        "comment": case.comment,
        "rules": list(case.rules),
        "result": "valid" if case.valid else "invalid",
    }
    if case.associations:
        told["associations"] = [dict(each) for each in case.associations]
    return told | {"steps": [_step(step, catalogue) for step in case.steps]}


def _step(step: Step, catalogue: Mapping[str, Rule]) -> dict[str, Any]:
    told: dict[str, Any] = {"association": step.association} if step.association else {}
    told |= {"event": step.event} if step.event else {"from": step.sender}
    told |= {"message": step.message} if step.message else {}
    for name, data in (("command", step.command), ("pdus", step.pdus), ("data_set", step.data_set)):
        told |= {} if data is None else {name: data.hex().upper()}
    numbers = {"parameters": step.parameters, "answers": step.answers, "context": step.context}
    told |= {name: value for name, value in numbers.items() if value is not None}
    told |= {"unreadable": True} if step.unreadable else {}
    return told | {"expect": {rule: catalogue[rule].severity for rule in step.expect}}
