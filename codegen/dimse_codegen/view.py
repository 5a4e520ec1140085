"""Model to what a template prints: every decision is taken here.

A view holds names, literals and lines in the order of print. The templates loop over them and decide nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from attrs import frozen

from dimse_codegen.annex_c import AnnexC
from dimse_codegen.expression import Constant, Expression, Negation, ParameterIs, StatusIs
from dimse_codegen.layout import natural, quote
from dimse_codegen.model import ROLES, Condition, Dictionary, Message, Parameter, Schema, Service

TYPES = {"AE": "str", "AT": "list[BaseTag]", "LO": "str", "SH": "str", "UI": "UID", "UL": "int", "US": "int"}
ANNOTATION_MODULES = {"BaseTag": "pydicom.tag", "UID": "pydicom.uid", "BytesIO": "io", "BytesLike": "dimse.vr"}
BASES = {"request": "Request", "response": "Response", "cancel": "Cancel"}


@frozen
class FieldView:
    """A field of a class: `name: annotation = field(arguments)`."""

    name: str
    annotation: str
    arguments: tuple[str, ...]
    description: str


@frozen
class MessageView:
    """A message class."""

    class_name: str
    name: str
    base: str
    summary: str
    command_field: str
    data_set: str
    fields_source: str
    cancel: str | None
    fields: tuple[FieldView, ...]


@frozen
class ServiceView:
    """A service module."""

    path: str
    module: str
    class_name: str
    name: str
    section: str
    summary: str
    source: str
    parameters: str
    title: str
    document: str
    columns: str
    rows: tuple[tuple[str, ...], ...]
    status_section: str
    status_types: tuple[str, ...]
    fields: tuple[FieldView, ...]
    messages: tuple[MessageView, ...]
    imports: tuple[dict[str, list[str]], ...]
    typing_imports: tuple[dict[str, list[str]], ...]
    extends: str = ""
    status_only: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()


@frozen
class PackageView:
    """The package: its dictionary, its status classes, its services."""

    edition: str
    elements: tuple[tuple[str, ...], ...]
    statuses: tuple[tuple[str, tuple[str, ...]], ...]
    status_classes: tuple[str, ...]
    status_assigned: tuple[str, ...]
    status_types: tuple[tuple[str, ...], ...]
    services: tuple[ServiceView, ...]
    primitives: list[str]
    imports: tuple[tuple[str, list[str]], ...]
    modules: tuple[tuple[str, list[str]], ...]
    exported: tuple[str, ...]


def view(schema: Schema) -> PackageView:
    """All that is printed from a schema."""
    cancel = next((service for service in schema.services if service.kind == "cancel"), None)
    services = tuple(ServicePrinter(schema, service, cancel).view() for service in schema.services)
    primitives = {service.module: [service.class_name] for service in services}
    modules = {service.module: [service.class_name, *(m.class_name for m in service.messages)] for service in services}
    names = [name for imported in modules.values() for name in imported]
    return PackageView(
        edition=schema.dictionary.edition,
        elements=tuple(_elements(schema.dictionary)),
        statuses=tuple(_statuses(schema)),
        status_classes=tuple(name.upper() for name in schema.statuses.classes),
        status_assigned=tuple(quote(pattern) for pattern in schema.statuses.assigned_by_service_class),
        status_types=tuple(_status_types(schema)),
        services=services,
        primitives=[service.class_name for service in services],
        imports=_in_order(primitives),
        modules=(
            ("_codec", ["SERVICES", "decode"]),
            ("_dictionary", ["DICTIONARY"]),
            ("_judgement", ["RULES", "answer"]),
            *_in_order(modules),
        ),
        exported=(*sorted([*names, "DICTIONARY", "RULES", "SERVICES"], key=natural), "answer", "decode"),
    )


def _in_order(modules: dict[str, list[str]]) -> tuple[tuple[str, list[str]], ...]:
    return tuple(sorted(modules.items(), key=lambda item: natural(item[0])))


def class_name(name: str) -> str:
    """The class of a service or message: C-MOVE-RQ becomes C_MOVE_RQ."""
    return name.replace("-", "_")


def tag_literal(tag: int) -> str:
    """A tag as a number that still reads as one: 0x0000_0110."""
    return f"0x{tag >> 16:04X}_{tag & 0xFFFF:04X}"


def tuple_literal(items: tuple[str, ...]) -> str:
    """A tuple of literals."""
    return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"


def _elements(dictionary: Dictionary) -> Iterator[tuple[str, ...]]:
    for element in dictionary.elements:
        arguments = [quote(element.name), quote(element.keyword), tag_literal(element.tag), quote(element.vr)]
        arguments.append(quote(element.vm))
        if element.retired:
            arguments.append("retired=True")
        allowed = dictionary.allowed(element.name)
        if allowed:
            arguments.append(f"values={tuple_literal(tuple(str(number) for number in sorted(allowed.values())))}")
        default = dictionary.default(element.name)
        if default is not None:
            arguments.append(f"default={default}")
        yield tuple(arguments)
    for name, keyword in dictionary.data_sets.items():
        yield (quote(name), quote(keyword))


def _statuses(schema: Schema) -> Iterator[tuple[str, tuple[str, ...]]]:
    exact = {str(p) for patterns in schema.statuses.classes.values() for p in patterns if "x" not in p}
    for name, patterns in schema.statuses.classes.items():
        prefixes = tuple(pattern.rstrip("x") for pattern in patterns if "x" in pattern)
        besides = sorted(code for code in exact - set(patterns) if code.startswith(prefixes)) if prefixes else []
        arguments = [quote(name), tuple_literal(tuple(quote(pattern) for pattern in patterns))]
        if besides:
            arguments.append(f"besides={tuple_literal(tuple(quote(code) for code in besides))}")
        yield name.upper(), tuple(arguments)


def _status_types(schema: Schema) -> Iterator[tuple[str, ...]]:
    """Name, section, class, code and the keywords of its fields; no code where a Service Class assigns it."""
    for each in schema.statuses.types:
        keywords = tuple(quote(schema.dictionary.keyword(part)) for field in each.fields for part in field.split("/"))
        texts = (each.name, each.section, each.status_class, each.code or "")
        yield (*(quote(text) for text in texts), tuple_literal(keywords))


class ServicePrinter:
    """One service on its way to a view; collects what its module must import.

    Attributes:
        service: as it is printed.
        imports, typing_imports, local_imports: names by module; those for type checkers, those of the package.
    """

    def __init__(self, schema: Schema, service: Service, cancel: Service | None) -> None:
        self.dictionary = schema.dictionary
        self.statuses = schema.statuses
        self.annex_c = AnnexC(schema, service)
        self.service = service
        self.cancel = cancel if cancel is not None and service.procedures.get("cancel") == "M" else None
        self.imports: dict[str, set[str]] = {"attrs": {"define", "field", "frozen"}}
        self.typing_imports: dict[str, set[str]] = {}
        self.local_imports: dict[str, set[str]] = {"._dictionary": {"bind", "row"}}

    def view(self) -> ServiceView:
        """The module of the service."""
        service = self.service
        self._use("dimse.primitive", "Primitive")
        self._use("dimse.parameter", "Table")
        rows = (*(self._row(parameter) for parameter in service.parameters), *self._status_rows())
        status_only = self._status_only()
        fields = tuple(self._fields(self.annex_c.parameters(), primitive=True))
        messages = tuple(self._message(message, role) for message, role in self._messages())
        tables = [table for message in service.messages for table in message.tables]
        document = service.document or "PS3.7"
        listed = f"Tables {', '.join(tables[:-1])} and {tables[-1]}" if len(tables) > 1 else f"Table {tables[0]}"
        return ServiceView(
            path=f"schema/services/{service.path.name}",
            module=service.path.stem,
            class_name=class_name(service.name),
            name=service.name,
            section=service.section,
            summary=service.summary,
            source=f"Source: {document} section {service.section}, Table {service.table}; messages in {listed}.",
            parameters=self._type_arguments(),
            title=f"Table {service.table}",
            document=service.document or "",
            columns=tuple_literal(tuple(quote(column) for column in service.columns)),
            rows=rows,
            status_section=service.status_section or "",
            status_types=tuple(quote(name) for name in service.status_types),
            fields=fields,
            messages=messages,
            imports=self._blocks(),
            typing_imports=in_blocks(self.typing_imports),
            extends=self._extends(),
            status_only=status_only,
            severities=self._severities(),
        )

    # What a profile alone has

    def _extends(self) -> str:
        return ""

    def _status_only(self) -> tuple[str, ...]:
        return ()

    def _severities(self) -> tuple[str, ...]:
        return ()

    def _blocks(self) -> tuple[dict[str, list[str]], ...]:
        if self.typing_imports:
            self._use("typing", "TYPE_CHECKING")
        return (*in_blocks(self.imports), _sorted(self.local_imports))

    def _use(self, module: str, name: str) -> str:
        self.imports.setdefault(module, set()).add(name)
        return name

    def _annotate(self, annotation: str) -> str:
        for name, module in ANNOTATION_MODULES.items():
            if name in annotation:
                self.typing_imports.setdefault(module, set()).add(name)
        return annotation

    def _type_arguments(self) -> str:
        messages = [quote(class_name(message.name)) for message in self.service.messages]
        if len(messages) == 1:
            messages.append(self._use("typing", "Never"))
        return ", ".join(messages)

    def _messages(self) -> list[tuple[Message, str]]:
        roles = ["cancel"] if self.service.kind == "cancel" else ["request", "response"]
        return list(zip(self.service.messages, roles, strict=True))

    # Rows of the table

    def _row(self, parameter: Parameter) -> tuple[str, ...]:
        by_role = {ROLES[column]: cell for column, cell in zip(self.service.columns, parameter.cells, strict=True)}
        cells = [quote(by_role[role]) if role in by_role else "None" for role in ("request", "response", "cancel")]
        if cells[-1] == "None":
            cells.pop()
        arguments = [quote(parameter.name), *cells, f"section={quote(parameter.section)}"]
        response = by_role.get("response", "")
        arguments += self._conditions(parameter)
        with_status = self._with_status(parameter.name) if response.startswith(("-", "C")) else ""
        if with_status:
            arguments.append(f"with_status={with_status}")
        equals = self.service.equal_to_request.get(parameter.name)
        if equals is not None:
            arguments.append(f"equals={quote(self.dictionary.keyword(equals))}")
        return tuple(arguments)

    def _conditions(self, parameter: Parameter) -> Iterator[str]:
        for condition in self.service.conditions:
            if parameter.name in condition.parameters:
                yield from self._condition(condition)

    def _condition(self, condition: Condition) -> Iterator[str]:
        if condition.required != Constant(False):
            yield f"required={self._expression(condition.required)}"
        if condition.permitted != Constant(True):
            yield f"permitted={self._expression(condition.permitted)}"
        if condition.severity is not None:
            yield f"severity={quote(condition.severity)}"

    def _expression(self, expression: Expression) -> str:
        if isinstance(expression, Constant):
            return f"{self._use('dimse.condition', 'Always' if expression.truth else 'Never')}()"
        if isinstance(expression, StatusIs):
            return self._status(expression.name)
        if isinstance(expression, ParameterIs):
            word = self._use("dimse.condition", "InRequest" if expression.in_request else "Present")
            question = f"{word}({quote(self.dictionary.keyword(expression.name))})"
            return question if expression.present else f"{self._use('dimse.condition', 'Not')}({question})"
        if isinstance(expression, Negation):
            return f"{self._use('dimse.condition', 'Not')}({self._expression(expression.of)})"
        word = self._use("dimse.condition", "AllOf" if expression.word == "and" else "AnyOf")
        parts = tuple(self._expression(part) for part in expression.parts)
        return f"{word}({tuple_literal(parts)})"

    def _status(self, name: str) -> str:
        if name in self.statuses.classes:
            self.local_imports.setdefault("._statuses", set()).add(name.upper())
            return name.upper()
        return f"{self._use('dimse.condition', 'codes')}({quote(name)})"

    # What Annex C adds

    def _with_status(self, name: str) -> str:
        codes = self.annex_c.codes(name)
        return f"{self._use('dimse.condition', 'codes')}({', '.join(map(quote, codes))})" if codes else ""

    def _status_rows(self) -> Iterator[tuple[str, ...]]:
        cancel = ['"-"'] if "CnclReq/CnclInd" in self.service.columns else []
        for name in self.annex_c.added():
            section = f"section={quote(self.annex_c.section(name))}"
            with_status = f"with_status={self._with_status(name)}"
            yield (quote(name), '"-"', '"C"', *cancel, section, "status_related=True", with_status)

    # Fields of the classes

    def _fields(self, names: list[str], *, primitive: bool, column: str = "") -> Iterator[FieldView]:
        for name in names:
            element = self.dictionary.element(name)
            check = element.vr if element else "DATA_SET" if primitive else "BYTES"
            plain = TYPES[element.vr] if element else "BytesIO" if primitive else "BytesLike"
            mandatory = not primitive and str(self.service.cell(name, column) or "-").startswith("M")
            default = self._default(name) if primitive else None
            if mandatory:
                arguments: tuple[str, ...] = (f"converter={self._use('dimse.vr', check)}",)
            else:
                arguments = (f"default={default}", f"converter={self._use('dimse', 'optional')}.{check}")
            annotation = self._annotate(plain if mandatory else f"{plain} | None")
            yield FieldView(self.dictionary.keyword(name), annotation, arguments, self._description(name))

    def _default(self, name: str) -> int | None:
        """What a new primitive holds: the value that the request's cell fixes, else the dictionary's default."""
        cell = str(self.service.cell(name, "Req/Ind") or "-")
        return int(cell.partition(" ")[2]) if cell.startswith("MF ") else self.dictionary.default(name)

    def _description(self, name: str) -> str:
        parameter = self.service.parameter(name)
        if parameter is None:
            return f"In responses of certain statuses alone ({self.annex_c.section(name)})."
        return f"{parameter.description.removesuffix('.')} ({parameter.section})."

    def _message(self, message: Message, role: str) -> MessageView:
        column = next(column for column, of in ROLES.items() if of == role)
        names = self.annex_c.parameters_of(column)
        base = self._use("dimse.message", BASES[role])
        if role == "request":
            base = f"{base}[{quote(class_name(self.service.messages[1].name))}]"
        cancel = None
        if role == "request" and self.cancel is not None:
            cancel = class_name(self.cancel.messages[0].name)
            self.local_imports.setdefault(f".{self.cancel.path.stem}", set()).add(cancel)
        where = f"Table {message.tables[0]}" if len(message.tables) == 1 else f"Tables {', '.join(message.tables)}"
        return MessageView(
            class_name=class_name(message.name),
            name=message.name,
            base=base,
            summary=f"The {message.name} message: the {column} column with the fields of {where}.",
            command_field=f"0x{message.command_field:04X}",
            data_set=message.data_set,
            fields_source=where,
            cancel=cancel,
            fields=tuple(self._fields(names, primitive=False, column=column)),
        )


def in_blocks(imports: dict[str, set[str]]) -> tuple[dict[str, list[str]], ...]:
    """Imports in the blocks that isort parts: standard library, other libraries, ours, those beside."""
    ranks: tuple[dict[str, set[str]], ...] = ({}, {}, {}, {})
    for module, imported in imports.items():
        root = module.partition(".")[0]
        rank = 3 if not root else 0 if root in sys.stdlib_module_names else 2 if root == "dimse" else 1
        ranks[rank][module] = imported
    return tuple(_sorted(block) for block in ranks if block)


def _sorted(imports: dict[str, set[str]]) -> dict[str, list[str]]:
    return {module: sorted(imported) for module, imported in sorted(imports.items())}
