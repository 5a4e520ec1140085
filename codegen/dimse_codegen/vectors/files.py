"""The files of vectors, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

from dimse_codegen.model import Schema
from dimse_codegen.rule_catalogue import Rule, catalogue
from dimse_codegen.vectors.case import Case, print_file
from dimse_codegen.vectors.cell_cases import opening_cases, response_cases
from dimse_codegen.vectors.conversation_cases import conversation_cases
from dimse_codegen.vectors.response_cases import said_cases, status_cases
from dimse_codegen.vectors.scene import Scene
from dimse_codegen.vectors.wire_cases import fragment_cases, wire_cases

Maker: TypeAlias = "Callable[[Scene, Mapping[str, Rule]], Iterator[Case]]"

# Level, what a file is about, and what makes its cases of a service.
FILES: dict[str, tuple[str, str, tuple[Maker, ...]]] = {
    "messages.json": ("message", "Requests and cancels, each by itself.", (opening_cases,)),
    "responses.json": ("message", "Responses, each beside its request.", (response_cases, said_cases)),
    "statuses.json": ("message", "Statuses of each service and of its SOP Classes.", (status_cases,)),
    "wire.json": ("message", "The bytes of Command Sets.", (wire_cases,)),
    "fragments.json": ("fragments", "P-DATA-TF PDUs, each step a stream of its own.", (fragment_cases,)),
    "conversations.json": ("conversation", "Messages of whole Associations, judged among the others.", ()),
}
# What is written by hand stands beside them.
SCRIPTS = "source/conversations.yaml"
BESIDE = ("README.md", "source", "malformed.json", "vectors.schema.json")


def vector_cases(schema: Schema, directory: Path) -> dict[str, list[Case]]:
    """The cases of every file; those of conversations from the scripts in the directory, where there are any.

    Raises:
        SchemaError: a script is not written in its forms.
    """
    rules = catalogue(schema)
    scenes = [Scene(schema, service) for service in schema.services]
    cases = {
        name: [case for scene in scenes for make in makers for case in make(scene, rules)]
        for name, (_, _, makers) in FILES.items()
    }
    if (directory / SCRIPTS).exists():
        cases["conversations.json"] = conversation_cases(directory / SCRIPTS, scenes, rules)
    return {name: found for name, found in cases.items() if found}


def print_vectors(schema: Schema, cases: Mapping[str, list[Case]]) -> dict[str, str]:
    """The text of every file, by name."""
    rules = catalogue(schema)
    edition = str(schema.dictionary.edition)
    return {name: print_file(FILES[name][0], FILES[name][1], edition, found, rules) for name, found in cases.items()}
