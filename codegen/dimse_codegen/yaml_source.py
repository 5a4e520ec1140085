"""YAML files as trees that know their places.

Reads strictly: a key twice or a key nobody asked for is a problem. Every problem is noted and reading goes on, so that
one run shows them all; only what is no YAML, or YAML that a schema does without, ends the reading of its file. Scalars
stay the text that was written: `9.10` is never the number 9.1, nor `0010` the number 8.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, NodeEvent, ScalarEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from dimse_codegen.problem import Mark, Problem, SchemaError, Text

# No service of PS3.7 comes near either: the size of a file in bytes, and how deep one node stands in others.
MAX_SIZE = 1_000_000
MAX_DEPTH = 20


class _Refusal(Exception):
    """YAML that a schema does without."""

    def __init__(self, event: NodeEvent, law: str, text: str) -> None:
        super().__init__(law, text)
        self.mark, self.law, self.text = event.start_mark, law, text


class _StrictComposer(Composer):
    """Puts nodes together, of plain values alone."""

    nesting = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """The next node.

        Raises:
            _Refusal: it has an anchor or a tag, is an alias or a text that is none, or stands too deep.
        """
        event = self.parser.peek_event()
        if isinstance(event, AliasEvent):
            raise _Refusal(event, "YAML_ALIAS", f"*{event.anchor} is an alias; write the value out")
        if event.anchor is not None:
            raise _Refusal(event, "YAML_ALIAS", f"&{event.anchor} is an anchor; write each value in its place")
        if event.tag is not None:
            raise _Refusal(event, "YAML_TAG", f"'{event.tag}' is a tag; write the value alone")
        if isinstance(event, ScalarEvent) and event.value == "-" and not event.style:
            raise _Refusal(event, "YAML_SYNTAX", "a bare - is no YAML 1.2; write '-', in quotes")
        if isinstance(event, ScalarEvent) and any("\ud800" <= character <= "\udfff" for character in event.value):
            raise _Refusal(event, "YAML_SYNTAX", "half a surrogate pair is no character")
        if self.nesting == MAX_DEPTH:
            raise _Refusal(event, "YAML_SYNTAX", "nested too deeply")
        self.nesting += 1
        node = super().compose_node(parent, index)
        self.nesting -= 1
        return node


class Source:
    """One file: its tree, and the problems found in it so far."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.problems: list[Problem] = []
        self.root = self._compose(text)

    @classmethod
    def open(cls, path: Path) -> Source:
        """Read a file as UTF-8."""
        try:
            data = path.read_bytes()
        except OSError as error:
            raise SchemaError([Problem(Mark(path, 1, 1), "FILE_READABLE", str(error.strerror))]) from None
        if len(data) > MAX_SIZE:
            reason = f"{len(data)} bytes; a schema file has {MAX_SIZE} at most"
            raise SchemaError([Problem(Mark(path, 1, 1), "FILE_READABLE", reason)])
        try:
            return cls(path, data.decode("utf-8"))
        except UnicodeDecodeError as error:
            at = Mark(path, data.count(b"\n", 0, error.start) + 1, 1)
            raise SchemaError([Problem(at, "FILE_READABLE", f"byte {error.start} of the file is not UTF-8")]) from None

    def _compose(self, text: str) -> Node:
        reader = YAML(typ="safe", pure=True)
        reader.Composer = _StrictComposer
        try:
            root: Node | None = reader.compose(text)
        except _Refusal as refusal:
            raise SchemaError([Problem(self._place(refusal.mark), refusal.law, refusal.text)]) from None
        except (YAMLError, ValueError) as error:
            raise SchemaError([self._syntax(error, text)]) from None
        if root is None:
            raise SchemaError([Problem(Mark(self.path, 1, 1), "YAML_SYNTAX", "the file is empty")])
        return root

    def _syntax(self, error: Exception, text: str) -> Problem:
        at, reason = Mark(self.path, 1, 1), " ".join(str(error).split())
        if isinstance(error, ReaderError):
            line, column = text.count("\n", 0, error.position), error.position - text.rfind("\n", 0, error.position)
            at = Mark(self.path, line + 1, column)
            reason = f"character {ord(text[error.position]):04X}H may not stand in YAML"
        elif isinstance(error, MarkedYAMLError):
            at = self._place(error.problem_mark or error.context_mark)
            reason = ", ".join(part for part in (error.context, error.problem) if part)
        return Problem(at, "YAML_SYNTAX", reason)

    def _place(self, mark: Any) -> Mark:
        return Mark(self.path, mark.line + 1, mark.column + 1) if mark else Mark(self.path, 1, 1)

    def at(self, node: Node) -> Mark:
        """Where a node begins."""
        return self._place(node.start_mark)

    def note(self, node: Node, law: str, text: str) -> None:
        """Take down a problem."""
        self.problems.append(Problem(self.at(node), law, text))

    def text(self, node: Node, wanted: str = "a text") -> Text:
        """A scalar as it was written; "" and a problem where it is none, or nothing."""
        if isinstance(node, ScalarNode) and node.value.strip():
            return Text(node.value, self.at(node))
        self.note(node, "VALUE_KIND", f"{_kind(node)} stands here, where {wanted} is wanted")
        return Text("", self.at(node))

    def items(self, node: Node, wanted: str = "a list") -> list[Node]:
        """The entries of a list."""
        if isinstance(node, SequenceNode):
            return list(node.value)
        self.note(node, "VALUE_KIND", f"{_kind(node)} stands here, where {wanted} is wanted")
        return []

    def texts(self, node: Node, wanted: str = "a list of texts") -> tuple[Text, ...]:
        """The entries of a list of scalars."""
        return tuple(self.text(item) for item in self.items(node, wanted))

    def pairs(self, node: Node, wanted: str = "a mapping") -> Iterator[tuple[Text, Node]]:
        """Keys and values in the order written; a key that stands twice is a problem and is passed over."""
        if not isinstance(node, MappingNode):
            self.note(node, "VALUE_KIND", f"{_kind(node)} stands here, where {wanted} is wanted")
            return
        first: dict[str, Text] = {}
        for key_node, value in node.value:
            key = self.text(key_node, "a key")
            if key in first:
                self.note(key_node, "KEY_REPEATED", f"'{key}' stands in line {first[key].at.line} already")
                continue
            first[key] = key
            if isinstance(value, ScalarNode) and not value.value and not value.style:
                value.start_mark = key_node.end_mark  # nothing stands behind the key; the next token may be lines away
            yield key, value

    def fields(self, node: Node, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, Node]:
        """The values of a mapping whose keys are known."""
        found: dict[str, Node] = {}
        for key, value in self.pairs(node):
            if key in required or key in optional:
                found[key] = value
            else:
                known = ", ".join(required + optional)
                self.problems.append(Problem(key.at, "KEY_KNOWN", f"'{key}' is no key here; the keys are {known}"))
        missing = [key for key in required if key not in found]
        if missing and isinstance(node, MappingNode):
            self.note(node, "KEY_MISSING", f"{', '.join(missing)} is missing")
        return found


def _kind(node: Node) -> str:
    if isinstance(node, ScalarNode):
        return f"'{node.value}'" if node.value.strip() else "nothing"
    return "a mapping" if isinstance(node, MappingNode) else "a list"
