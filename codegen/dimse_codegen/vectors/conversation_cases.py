"""Conversations written as scripts, `vectors/source/conversations.yaml`, cast into cases. The forms are told there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import evolve
from ruamel.yaml.nodes import Node

from dimse_codegen.problem import SchemaError
from dimse_codegen.rule_catalogue import Rule
from dimse_codegen.vectors.case import Case, Step
from dimse_codegen.vectors.encode import Value
from dimse_codegen.vectors.scene import COUNTS, Scene, Values
from dimse_codegen.yaml_source import Source

_SENDERS = {">": "requestor", "<": "acceptor"}
_EVENT = re.compile(r"(?P<association>\d)? ?(?P<event>gap|release|abort)")
_MESSAGE = re.compile(
    r"(?P<association>\d)?(?P<sender>[<>]) (?P<message>[A-Z-]+) (?P<id>\d+)"
    r"(?: (?P<status>[0-9A-F]{4})H)?(?P<told>( \S+=\S+)*)"
)


def conversation_cases(path: Path, scenes: list[Scene], rules: Mapping[str, Rule]) -> list[Case]:
    """The cases of a file of scripts.

    Raises:
        SchemaError: it is not written in the forms told in it; every fault with its place.
    """
    source = Source.open(path)
    cases = [case for node in source.items(source.root) for case in _case(source, node, scenes, rules)]
    if source.problems:
        raise SchemaError(source.problems)
    return cases


def _case(source: Source, node: Node, scenes: list[Scene], rules: Mapping[str, Rule]) -> Iterator[Case]:
    keys = ("rule", "name", "about", "steps")
    found = source.fields(node, keys, ("associations",))
    if not found.keys() >= {*keys}:
        return
    rule, name, about, script = (str(source.text(found[key])) for key in keys)
    if rule not in rules:
        source.note(found["rule"], "VECTOR_FORM", f"'{rule}' is no rule")
    stage = _Stage(scenes, rules)
    steps = []
    for line in script.splitlines():
        try:
            steps.append(stage.step(line))
        except (ValueError, LookupError) as error:
            source.note(found["steps"], "VECTOR_FORM", f"'{line}': {error}")
    listed = source.items(found["associations"]) if "associations" in found else []
    associations = tuple(_association(source, each) for each in listed)
    valid = not any(step.expect for step in steps)
    yield Case(f"{rule}:{name}", about, (rule,), valid, tuple(steps), associations)


def _association(source: Source, node: Node) -> dict[str, Any]:
    """What is known of an Association."""
    readers: dict[str, Callable[[Node], Any]] = {
        "requestor": lambda each: str(source.text(each)),
        "acceptor": lambda each: str(source.text(each)),
        "window": lambda each: [int(text) for text in source.texts(each)],
        "from_start": lambda each: source.text(each) != "no",
    }
    found = source.fields(node, (), tuple(readers))
    return {name: readers[name](each) for name, each in found.items()}


class _Stage:
    """Where the messages of one case are made, each in the light of those before it."""

    def __init__(self, scenes: list[Scene], rules: Mapping[str, Rule]) -> None:
        self.roles = {scene.name(role): (scene, role) for scene in scenes for role in scene.messages}
        self.rules = rules
        self.requests: dict[tuple[int, str, int], tuple[Scene, Values]] = {}

    def step(self, line: str) -> Step:
        """A line as a step.

        Raises:
            ValueError, LookupError: it has another form, or names what is unknown.
        """
        text, _, broken = line.partition(" ! ")
        expect = tuple(broken.split())
        for rule in expect:
            self.rules[rule]
        event = _EVENT.fullmatch(text)
        if event:
            return Step(event=event["event"], association=int(event["association"] or 1) - 1, expect=expect)
        match = _MESSAGE.fullmatch(text)
        if match is None:
            raise ValueError("no step has this form")
        told = dict(pair.split("=", 1) for pair in match["told"].split())
        association, sender = int(match["association"] or 1) - 1, _SENDERS[match["sender"]]
        scene, role = self.roles[match["message"]]
        code = None if match["status"] is None else int(match["status"], 16)
        values = self._values(scene, role, association, sender, int(match["id"]), code)
        step = scene.step(role, {**values, **dict(_told(told))}, expect)
        context = told.get("context")
        return evolve(
            step,
            sender=sender,
            association=association,
            context=None if context is None else int(context),
            data_set=None if told.get("data_set") == "none" else step.data_set,
        )

    def _values(
        self, scene: Scene, role: str, association: int, sender: str, message_id: int, code: int | None
    ) -> dict[str, Value]:
        if role == "response":
            asker = "acceptor" if sender == "requestor" else "requestor"
            asked, request = self.requests.get((association, asker, message_id), (scene, scene.request()))
            values = scene.response(request if asked is scene else scene.request(), code)
            return {**values, "MessageIDBeingRespondedTo": message_id}
        keyword = "MessageID" if role == "request" else "MessageIDBeingRespondedTo"
        values = {**scene.request(), keyword: message_id}
        if role == "request":
            self.requests[association, sender, message_id] = (scene, values)
        return values


def _told(told: Mapping[str, str]) -> Iterator[tuple[str, Value]]:
    """The parameters that a line gives."""
    if "counts" in told:
        for keyword, count in zip(COUNTS, told["counts"].split("/"), strict=True):
            if count != "-":
                yield keyword, int(count)
    if "originator" in told:
        title, _, message_id = told["originator"].partition("/")
        yield "MoveOriginatorApplicationEntityTitle", title
        yield "MoveOriginatorMessageID", int(message_id)
