"""The mutants of a module: its text with one node changed, as mutmut changes nodes."""

from __future__ import annotations

import libcst as cst
from attrs import frozen
from libcst.metadata import MetadataWrapper, ParentNodeProvider
from mutmut.mutation.file_mutation import MutationVisitor
from mutmut.mutation.mutators import mutation_operators
from mutmut.mutation.pragma_handling import IgnoredCode


@frozen
class Mutant:
    """A module with one node changed.

    Attributes:
        place: module, class and function, as "shape.Cache.__missing__".
        line: the first that differs.
        was: what stood there.
        now: what stands there instead.
        text: the whole module, changed.
    """

    place: str
    line: int
    was: str
    now: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.was} -> {self.now}"


class Visitor(MutationVisitor):
    """mutmut's. It needs no trampolines, so decorated functions are changed as well; what only types is not."""

    METADATA_DEPENDENCIES = (*MutationVisitor.METADATA_DEPENDENCIES, ParentNodeProvider)

    def __init__(self) -> None:
        super().__init__(mutation_operators, IgnoredCode(set(), set(), set()))
        self.places: list[str] = []

    def _skip_node_and_children(self, node: cst.CSTNode) -> bool:
        match node:
            case cst.FunctionDef():
                return any(source(decorator.decorator) == "overload" for decorator in node.decorators)
            case cst.AnnAssign():
                return source(node.annotation.annotation) == "TypeAlias"
            case cst.Assign():
                return source(node.value).startswith("TypeVar(")
            case cst.If():
                return source(node.test) == "TYPE_CHECKING"
        return bool(super()._skip_node_and_children(node))

    def _create_mutations(self, node: cst.CSTNode) -> None:
        super()._create_mutations(node)
        for _ in self.mutations[len(self.places) :]:
            self.places.append(self._place(node))

    def _place(self, node: cst.CSTNode) -> str:
        names = []
        above: cst.CSTNode | None = node
        while above is not None:
            if isinstance(above, cst.FunctionDef | cst.ClassDef):
                names.append(above.name.value)
            above = self.get_metadata(ParentNodeProvider, above, None)
        return ".".join(reversed(names))


def source(node: cst.CSTNode) -> str:
    """The source of a node."""
    return cst.Module([]).code_for_node(node)


def mutants_of(module: str, text: str) -> list[Mutant]:
    """The mutants of a module of this text."""
    visitor = Visitor()
    tree = MetadataWrapper(cst.parse_module(text)).visit(visitor)
    changed = [tree.deep_replace(change.original_node, change.mutated_node).code for change in visitor.mutations]
    places = [f"{module}.{place}".rstrip(".") for place in visitor.places]
    return [Mutant(place, *difference(text, new), new) for place, new in zip(places, changed, strict=True)]


def difference(old: str, new: str) -> tuple[int, str, str]:
    """The number of the first line that differs, the lines that do, and what they have become; blanks made one."""
    was, now = old.splitlines(), new.splitlines()
    first = 0
    while was[first] == now[first]:
        first += 1
    while was[-1] == now[-1] and min(len(was), len(now)) > first + 1:
        was.pop()
        now.pop()
    return first + 1, *(" ".join(" ".join(lines[first:]).split()) for lines in (was, now))
