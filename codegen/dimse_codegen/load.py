"""YAML files to model: every form is checked here, every meaning in `laws`."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from attrs import evolve
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from dimse_codegen import forms
from dimse_codegen.load_profile import read_profile
from dimse_codegen.model import (
    Accepted,
    Advice,
    AssignedStatus,
    Dictionary,
    Element,
    Message,
    Parameter,
    Rule,
    Rules,
    Schema,
    Service,
    ServiceClass,
    Statuses,
    StatusTable,
    StatusType,
)
from dimse_codegen.problem import Mark, Problem, SchemaError, Text
from dimse_codegen.reading import (
    CODE,
    code_of,
    conditions_of,
    entries_of,
    pairs_of,
    pattern_of,
    section_of,
    text_of,
    text_or_texts,
    texts_by_name,
)
from dimse_codegen.yaml_source import Source

DICTIONARY = "command_dictionary.yaml"
STATUSES = "statuses.yaml"
RULES = "rules.yaml"
ACCEPTED = "accepted_differences.yaml"
SERVICES = "services"
SERVICE_CLASSES = "service_classes"
PROFILES = "profiles"

_TAG = re.compile(forms.TAG)
_CELL = re.compile(forms.CELL)

Loaded = TypeVar("Loaded")


def shipped_schema() -> Path:
    """The schema that comes with the compiler: beside it in an installed wheel, at the top of a checkout."""
    here = Path(__file__).resolve().parent
    installed = here / "schema"
    return installed if installed.is_dir() else here.parents[1] / "schema"


def load(root: Path) -> Schema:
    """Read a schema directory.

    Args:
        root: holds `services/*.yaml` and, where they differ from those of PS3.7, `command_dictionary.yaml`,
            `statuses.yaml`, `rules.yaml` and `accepted_differences.yaml`; perhaps `service_classes/*.yaml` and
            `profiles/*.yaml`. With profiles alone it changes the services of PS3.7 that come with the compiler.

    Raises:
        SchemaError: with every fault of form in all the files.
    """
    paths = sorted((root / SERVICES).glob("*.yaml"))
    profile_paths = sorted((root / PROFILES).glob("*.yaml"))
    if not paths and profile_paths:
        return _profiles_alone(root, profile_paths)
    if not paths:
        text = "no service here; write one YAML file a service"
        raise SchemaError([Problem(Mark(root / SERVICES, 1, 1), "SERVICES_PRESENT", text)])
    problems: list[Problem] = []
    dictionary = _read(_own_or_shipped(root, DICTIONARY), _dictionary, problems)
    statuses = _read(_own_or_shipped(root, STATUSES), _statuses, problems)
    rules = _read(_own_or_shipped(root, RULES), _rules, problems)
    services = [_read(path, _service, problems) for path in paths]
    classes = [_read(path, _service_class, problems) for path in sorted((root / SERVICE_CLASSES).glob("*.yaml"))]
    profiles = [_read(path, read_profile, problems) for path in profile_paths]
    accepted = _read(root / ACCEPTED, _accepted, problems) if (root / ACCEPTED).exists() else ()
    if problems or dictionary is None or statuses is None or rules is None or accepted is None:
        raise SchemaError(problems)
    order = [_section_key(service.section) for service in services if service]
    found = [service for service in services if service]
    ordered = [service for _, service in sorted(zip(order, found, strict=True), key=lambda pair: pair[0])]
    every = tuple(each for each in classes if each)
    return Schema(
        dictionary, statuses, rules, tuple(ordered), every, accepted, tuple(each for each in profiles if each)
    )


def _profiles_alone(root: Path, paths: list[Path]) -> Schema:
    """Profiles of the services of PS3.7, which the directory does not repeat."""
    problems: list[Problem] = []
    for name in (DICTIONARY, STATUSES, RULES, SERVICE_CLASSES):
        if (root / name).exists():
            text = f"{name} is read where there are services; profiles alone change those of PS3.7 as they are"
            problems.append(Problem(Mark(root / name, 1, 1), "SERVICES_PRESENT", text))
    profiles = [_read(path, read_profile, problems) for path in paths]
    if problems:
        raise SchemaError(problems)
    return evolve(load(shipped_schema()), profiles=tuple(each for each in profiles if each), borrowed=True)


def _own_or_shipped(root: Path, name: str) -> Path:
    own = root / name
    return own if own.exists() else shipped_schema() / name


def _section_key(section: str) -> tuple[tuple[int, str], ...]:
    """Sections in the order of the document: 9.1.2 before 9.1.10."""
    return tuple((int(part), "") if part.isdigit() else (0, part) for part in section.split("."))


def _read(path: Path, reader: Callable[[Source], Loaded], problems: list[Problem]) -> Loaded | None:
    try:
        source = Source.open(path)
        loaded = reader(source)
    except SchemaError as error:
        problems += error.problems
        return None
    problems += source.problems
    return loaded


def _dictionary(source: Source) -> Dictionary:
    fields = source.fields(source.root, *forms.DICTIONARY.names)
    elements = _elements(source, fields.get("elements"), retired=False)
    elements += _elements(source, fields.get("retired"), retired=True)
    values = {
        name: {word: code_of(source, node) for word, node in source.pairs(allowed)}
        for name, allowed in pairs_of(source, fields.get("values"))
    }
    return Dictionary(
        text_of(source, fields.get("edition")),
        tuple(elements),
        texts_by_name(source, fields.get("data_sets")),
        values,
        texts_by_name(source, fields.get("defaults")),
    )


def _elements(source: Source, node: Node | None, *, retired: bool) -> list[Element]:
    elements = []
    for name, entry in pairs_of(source, node):
        cells = [source.text(cell) for cell in entries_of(source, entry, forms.ELEMENT)]
        if not cells:
            continue
        match = _TAG.fullmatch(cells[0])
        if match is None:
            text = f"'{cells[0]}' is no tag; write '(0000,0110)', quoted, with capital digits"
            source.problems.append(Problem(cells[0].at, "TAG_FORM", text))
            continue
        tag = int(match[1] + match[2], 16)
        elements.append(Element(name, tag, cells[1], cells[2], cells[3], retired))
    return elements


def _statuses(source: Source) -> Statuses:
    fields = source.fields(source.root, *forms.STATUSES.names)
    classes = {name: source.texts(node) for name, node in pairs_of(source, fields.get("classes"))}
    assigned_node = fields.get("assigned_by_service_class")
    assigned = source.texts(assigned_node) if assigned_node is not None else ()
    for pattern in (*assigned, *(pattern for patterns in classes.values() for pattern in patterns)):
        pattern_of(source, pattern)
    types = [_status_type(source, name, node) for name, node in pairs_of(source, fields.get("types"))]
    only_in = texts_by_name(source, fields.get("only_in"))
    found = tuple(status_type for status_type in types if status_type)
    return Statuses(text_of(source, fields.get("edition")), classes, assigned, found, only_in)


def _status_type(source: Source, name: Text, node: Node) -> StatusType | None:
    entries = entries_of(source, node, forms.STATUS_TYPE)
    if not entries:
        return None
    code: Text | None = source.text(entries[2], "a code")
    if code == "-":
        code = None
    elif code and not CODE.fullmatch(code):
        source.note(entries[2], "CODE_FORM", f"'{code}' is no code; write 0122H, or '-' where PS3.4 assigns it")
    section = section_of(source, entries[0])
    return StatusType(name, section, source.text(entries[1]), code, source.texts(entries[3]))


def _rules(source: Source) -> Rules:
    fields = source.fields(source.root, *forms.RULES.names)
    found = {
        group: tuple(rule for name, node in pairs_of(source, fields.get(group)) if (rule := _rule(source, name, node)))
        for group in forms.RULE_GROUPS
    }
    parameters = {name: source.texts(node) for name, node in pairs_of(source, fields.get("parameters"))}
    advice = tuple(_advice(source, node) for node in source.items(fields["advice"])) if "advice" in fields else ()
    return Rules(text_of(source, fields.get("edition")), found, parameters, advice)


def _rule(source: Source, name: Text, node: Node) -> Rule | None:
    entries = entries_of(source, node, forms.RULE)
    if not entries:
        return None
    severity, section, purpose = (source.text(entry) for entry in entries[:3])
    return Rule(name, severity, section, purpose, source.texts(entries[3]))


def _advice(source: Source, node: Node) -> Advice:
    fields = source.fields(node, *forms.ADVICE.names)
    return Advice(
        text_of(source, fields.get("rule")),
        text_of(source, fields.get("parameter")),
        text_of(source, fields.get("when")),
        source.texts(fields["services"]) if "services" in fields else (),
        text_of(source, fields.get("severity")),
        text_of(source, fields.get("purpose")),
    )


def _service_class(source: Source) -> ServiceClass:
    fields = source.fields(source.root, *forms.SERVICE_CLASS.names)
    sop_classes = texts_by_name(source, fields.get("sop_classes"))
    entries = source.items(fields["statuses"]) if "statuses" in fields else []
    return ServiceClass(
        source.path,
        text_of(source, fields.get("edition")),
        text_of(source, fields.get("service_class")),
        sop_classes,
        tuple(_status_table(source, entry, tuple(sop_classes)) for entry in entries),
    )


def _status_table(source: Source, node: Node, every: tuple[Text, ...]) -> StatusTable:
    """A status table; `all` stands for every SOP Class of the file."""
    fields = source.fields(node, *forms.STATUS_TABLE.names)
    named = fields.get("sop_classes")
    of_all = isinstance(named, ScalarNode) and named.value == forms.ALL
    if isinstance(node, MappingNode) and ("codes" in fields) == ("as_in" in fields):
        source.note(node, "STATUSES_GIVEN", "either codes or as_in is wanted here, and not both")
    return StatusTable(
        source.texts(fields["services"]) if "services" in fields else (),
        every if of_all else source.texts(named, "all, or a list of SOP Classes") if named is not None else (),
        section_of(source, fields.get("section")),
        source.text(fields["table"]) if "table" in fields else None,
        source.text(fields["as_in"]) if "as_in" in fields else None,
        tuple(_assigned_status(source, code, entry) for code, entry in pairs_of(source, fields.get("codes"))),
    )


def _assigned_status(source: Source, code: Text, node: Node) -> AssignedStatus:
    pattern_of(source, code)
    entries = entries_of(source, node, forms.ASSIGNED_STATUS)
    type_, meaning = (source.text(entry) for entry in entries) if entries else (Text("", code.at),) * 2
    return AssignedStatus(code, type_, meaning)


def _service(source: Source) -> Service:
    fields = source.fields(source.root, *forms.SERVICE.names)
    procedures = _procedures(source, fields.get("procedures"))
    statuses = source.fields(fields["statuses"], *forms.SERVICE_STATUSES.names) if "statuses" in fields else {}
    return Service(
        source.path,
        text_of(source, fields.get("edition")),
        text_of(source, fields.get("service")),
        section_of(source, fields.get("section")),
        text_of(source, fields.get("summary")),
        text_of(source, fields.get("group")),
        text_of(source, fields.get("kind")),
        procedures,
        text_of(source, fields.get("table")),
        source.texts(fields["columns"]) if "columns" in fields else (),
        _parameters(source, fields.get("parameters"), fields.get("descriptions")),
        conditions_of(source, fields.get("conditions")),
        texts_by_name(source, fields.get("equal_to_request")),
        tuple(_message(source, name, node) for name, node in pairs_of(source, fields.get("messages"))),
        section_of(source, statuses["section"]) if "section" in statuses else None,
        source.texts(statuses["types"]) if "types" in statuses else (),
        source.text(fields["document"]) if "document" in fields else None,
    )


def _procedures(source: Source, node: Node | None) -> dict[str, Text]:
    if node is None:
        return {}
    found = {str(name): source.text(value) for name, value in source.fields(node, *forms.PROCEDURES.names).items()}
    for glyph in found.values():
        if glyph and glyph not in forms.PROCEDURE_CELLS:
            text = f"'{glyph}' is no cell of Table 7.5-2; one of '-', M, C"
            source.problems.append(Problem(glyph.at, "CELL_KNOWN", text))
    return found


def _parameters(source: Source, rows: Node | None, descriptions: Node | None) -> tuple[Parameter, ...]:
    explained: dict[str, tuple[Text, Text]] = {}
    used: set[str] = set()
    for name, node in pairs_of(source, descriptions):
        entry = entries_of(source, node, forms.DESCRIPTION)
        used.add(name)
        explained[name] = (
            (section_of(source, entry[0]), source.text(entry[1], "a sentence"))
            if entry
            else (Text("", name.at), Text("", name.at))
        )
    parameters = []
    for name, node in pairs_of(source, rows):
        cells = source.texts(node, "a list of cells")
        for cell in cells:
            if cell and not _CELL.fullmatch(cell):
                text = f"'{cell}' is no cell; one of '-', M, U, C, with (=) behind it, or MF VALUE, UF VALUE"
                source.problems.append(Problem(cell.at, "CELL_KNOWN", text))
        if name not in explained:
            text = f"'{name}' has no entry under descriptions; write [section, sentence]"
            source.problems.append(Problem(name.at, "ROW_DESCRIBED", text))
        section, sentence = explained.get(name, (Text("", name.at),) * 2)
        used.discard(name)
        parameters.append(Parameter(name, cells, section, sentence))
    for name, _ in pairs_of(source, descriptions):
        if name in used:
            source.problems.append(Problem(name.at, "ROW_DESCRIBED", f"'{name}' is no row of parameters"))
    return tuple(parameters)


def _message(source: Source, name: Text, node: Node) -> Message:
    fields = source.fields(node, *forms.MESSAGE.names)
    data_set = text_of(source, fields.get("data_set"))
    if data_set and data_set not in forms.DATA_SET_RULES:
        text = f"'{data_set}' is no data set rule; one of always, never, conditional"
        source.problems.append(Problem(data_set.at, "DATA_SET_RULE", text))
    return Message(
        name,
        text_or_texts(source, fields.get("table")),
        code_of(source, fields.get("command_field")),
        source.texts(fields["fields"]) if "fields" in fields else (),
        data_set,
        source.texts(fields["without_field"]) if "without_field" in fields else (),
    )


def _accepted(source: Source) -> tuple[Accepted, ...]:
    accepted = []
    for entry in source.items(source.root):
        fields = source.fields(entry, *forms.DIFFERENCE.names)
        texts = [text_of(source, fields.get(key)) for key in forms.DIFFERENCE.names[0]]
        accepted.append(Accepted(*texts))
    return tuple(accepted)
