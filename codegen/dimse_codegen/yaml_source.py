"""YAML files as trees that know their places.

Reads strictly: a key twice, an alias, a tag or a key nobody asked for is a problem. Every problem is noted and reading
goes on, so that one run shows them all. Scalars stay the text that was written: `9.10` is never the number 9.1, nor
`0010` the number 8.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from dimse_codegen.problem import Mark, Problem, SchemaError, Text


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
            return cls(path, path.read_text(encoding="utf-8"))
        except OSError as error:
            raise SchemaError([Problem(Mark(path, 1, 1), "FILE_READABLE", f"{error.strerror}")]) from None
        except UnicodeDecodeError as error:
            text = f"byte {error.start} is not UTF-8"
            raise SchemaError([Problem(Mark(path, 1, 1), "FILE_READABLE", text)]) from None

    def _compose(self, text: str) -> Node:
        try:
            root = YAML(typ="safe", pure=True).compose(text)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            at = Mark(self.path, mark.line + 1, mark.column + 1) if mark else Mark(self.path, 1, 1)
            raise SchemaError([Problem(at, "YAML_SYNTAX", str(error.problem or error.context))]) from None
        except (YAMLError, ValueError) as error:
            reason = " ".join(str(error).split())
            raise SchemaError([Problem(Mark(self.path, 1, 1), "YAML_SYNTAX", reason)]) from None
        except RecursionError:
            raise SchemaError([Problem(Mark(self.path, 1, 1), "YAML_SYNTAX", "nested too deeply")]) from None
        if root is None:
            raise SchemaError([Problem(Mark(self.path, 1, 1), "YAML_SYNTAX", "the file is empty")])
        self._check_tree(root)
        return root

    def _check_tree(self, root: Node) -> None:
        """No node is reached twice, and none carries a tag of its own."""
        seen: set[int] = set()
        waiting = [root]
        while waiting:
            node = waiting.pop()
            if id(node) in seen:
                raise SchemaError([Problem(self.at(node), "YAML_ALIAS", "an alias; write the value out")])
            seen.add(id(node))
            if isinstance(node, MappingNode):
                waiting += [part for pair in node.value for part in pair]
            elif isinstance(node, SequenceNode):
                waiting += node.value

    def at(self, node: Node) -> Mark:
        """Where a node begins."""
        return Mark(self.path, node.start_mark.line + 1, node.start_mark.column + 1)

    def note(self, node: Node, law: str, text: str) -> None:
        """Take down a problem."""
        self.problems.append(Problem(self.at(node), law, text))

    def text(self, node: Node, wanted: str = "a text") -> Text:
        """A scalar as it was written; "" and a problem where it is none."""
        if isinstance(node, ScalarNode) and (node.value or node.style):
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
        return f"'{node.value}'" if node.value else "nothing"
    return "a mapping" if isinstance(node, MappingNode) else "a list"
