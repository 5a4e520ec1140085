"""The laws of a service: its table, its conditions, its messages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from dimse_codegen import forms
from dimse_codegen.expression import ParameterIs, StatusIs, leaves
from dimse_codegen.forms import DOCUMENT, SERVICE_KINDS, SEVERITIES
from dimse_codegen.law import law, nearest, unknown
from dimse_codegen.layout import docstring
from dimse_codegen.model import PROTOCOL_FIELDS, ROLES, Message, Schema, Service
from dimse_codegen.problem import Text

# Services and status classes that would hide a module, or a name that generated modules import or define.
TAKEN = (
    "AE-VALUES",
    "DATA-SET",
    "DATA-SET-FOLLOWS",
    "GROUP-LENGTH-HEADER",
    "NO-DATA-SET",
    "TAG-BYTES",
    "TYPE-CHECKING",
    "UI-VALUES",
)
TAKEN_BY_WIRE = ("RQ-", "RSP-", "WIRE-")
# The parameters that every message of a role has (PS3.7 9.1, 10.1): without them no response finds its request.
ROLE_PARAMETERS = {
    "Req/Ind": ("Message ID",),
    "Rsp/Conf": ("Message ID Being Responded To", "Status"),
    "CnclReq/CnclInd": ("Message ID Being Responded To",),
}


@law("SERVICE_NAME", "A service has a name of its own that can become a class, C-MOVE becoming C_MOVE.")
def _service_name(schema: Schema) -> Iterator[tuple[Text, str]]:
    messages = {str(message.name) for service in schema.services for message in service.messages}
    for service in schema.services:
        formed = re.fullmatch(forms.SERVICE_NAME, service.name) and len(service.name) <= 20
        if not formed or service.name in TAKEN or service.name.startswith(TAKEN_BY_WIRE):
            text = "write capitals joined by hyphens, 20 at most, as C-MOVE"
            yield service.name, f"'{service.name}' is no service name; {text}"
        if service.name in messages:
            yield service.name, f"{service.name} is a message; a service has a name of its own"
        expected = service.name.lower().replace("-", "_") + ".yaml"
        if service.path.name != expected:
            yield service.name, f"the file of {service.name} is {expected}, this one is {service.path.name}"


@law(
    "SUMMARY_FORM", "A summary is a sentence on one line, from a capital to a full stop: it heads the class docstring."
)
def _summary_form(schema: Schema) -> Iterator[tuple[Text, str]]:
    for service in schema.services:
        summary = service.summary
        if "\n" in docstring(summary) or "\n" in summary or not summary[0].isupper() or not summary.endswith("."):
            yield summary, "this is no summary; write one line, from a capital to a full stop, of 110 columns at most"


@law("TABLE_FORM", "A table has a number like the standard's, 9.1-4; a message stands in one to three.")
def _table_form(schema: Schema) -> Iterator[tuple[Text, str]]:
    for service in schema.services:
        for table in [service.table, *(table for message in service.messages for table in message.tables)]:
            if not re.fullmatch(forms.TABLE, table):
                yield table, f"'{table}' is no number of a table; one reads 9.1-4"
        for message in service.messages:
            if not 1 <= len(message.tables) <= 3:
                yield message.name, f"{message.name} stands in {len(message.tables)} tables; name one to three"


@law("DOCUMENT_FORM", "A service of another document than PS3.7 names it in a few printable words, to be cited by.")
def _document_form(schema: Schema) -> Iterator[tuple[Text, str]]:
    for service in schema.services:
        if service.document is not None and not re.fullmatch(DOCUMENT, service.document):
            yield service.document, f"'{service.document}' is no document; write PS3.4, or what a reader finds it by"


@law("KIND_KNOWN", "A service is an operation, a notification or a cancel.")
def _kind_known(schema: Schema) -> Iterator[tuple[Text, str]]:
    for service in schema.services:
        if service.kind not in SERVICE_KINDS:
            yield service.kind, f"'{service.kind}' is no kind; one of {', '.join(SERVICE_KINDS)}"


@law("COLUMN_KNOWN", "Columns are the standard's; a service that can be cancelled has the cancel column, no other has.")
def _column_known(schema: Schema) -> Iterator[tuple[Text, str]]:
    for service in schema.services:
        yield from unknown(service.columns, set(ROLES), "the columns of PS3.7")
        expected = ["Req/Ind", "Rsp/Conf"] if service.kind != "cancel" else []
        if service.kind == "cancel" or service.procedures.get("cancel") == "M":
            expected.append("CnclReq/CnclInd")
        if list(service.columns) != expected:
            at = service.columns[0] if service.columns else service.name
            yield at, f"columns are {', '.join(service.columns) or 'none'}; this service has {', '.join(expected)}"


@law("CELLS_FILL_ROW", "A row has a cell for every column: a missing cell would be read as something.")
def _cells_fill_row(schema: Schema) -> Iterator[tuple[Text, str]]:
    for service in schema.services:
        for row in service.parameters:
            if len(row.cells) != len(service.columns):
                yield row.name, f"'{row.name}' has {len(row.cells)} cells, the table has {len(service.columns)} columns"


@law("ROLE_PARAMETERS", "A request has its Message ID, a response the request's and a Status: M, as in every table.")
def _role_parameters(schema: Schema) -> Iterator[tuple[Text, str]]:
    for service, column, message in _columns(schema):
        for name in ROLE_PARAMETERS.get(column, ()):
            cell = service.cell(name, column)
            if cell is None or not cell.startswith("M"):
                yield cell or message.name, f"{name} is {cell or 'no row'} in {column}; it is M in every table of PS3.7"


@law("EQUAL_LOOKS_LEFT", "(=) stands in a response, right of a request cell that can hold a value.")
def _equal_looks_left(schema: Schema) -> Iterator[tuple[Text, str]]:
    for service in schema.services:
        for row in service.parameters:
            for place, cell in enumerate(row.cells):
                if cell.endswith("(=)") and (place != 1 or row.cells[0] == "-" or cell == "-(=)"):
                    yield cell, f"{cell} has no value to its left to be equal to"


@law("FIXED_VALUE_STANDS", "The value of MF and UF is one that the parameter may have; PS3.7's own tables have none.")
def _fixed_value_stands(schema: Schema) -> Iterator[tuple[Text, str]]:
    for service in schema.services:
        for row in service.parameters:
            element = schema.dictionary.element(row.name)
            allowed = schema.dictionary.values.get(row.name)
            for cell in row.cells:
                if "F " not in cell:
                    continue
                fixed = int(cell.partition(" ")[2])
                if element is None or element.vr not in ("US", "UL"):
                    yield cell, f"{cell}: {row.name} holds no number"
                elif fixed > (0xFFFF if element.vr == "US" else 0xFFFF_FFFF) or (
                    allowed and fixed not in allowed.values()
                ):
                    yield cell, f"{cell}: {fixed} may not stand in {row.name}"


@law("C_HAS_CONDITION", "Every C cell has its condition: without one, C says nothing.")
def _c_has_condition(schema: Schema) -> Iterator[tuple[Text, str]]:
    for service in schema.services:
        explained = {(str(name), str(c.column)) for c in service.conditions for name in c.parameters}
        for row in service.parameters:
            for column, cell in zip(service.columns, row.cells, strict=False):
                if cell.startswith("C") and (str(row.name), str(column)) not in explained:
                    yield cell, f"{row.name} is {cell} in {column}, and no condition explains it"


@law("CONDITION_ONE_COLUMN", "A parameter is C in one column alone: its row has room for one condition.")
def _condition_one_column(schema: Schema) -> Iterator[tuple[Text, str]]:
    for service in schema.services:
        for row in service.parameters:
            conditional = [cell for cell in row.cells if cell.startswith("C")]
            for cell in conditional[1:]:
                yield cell, f"{row.name} is C in {len(conditional)} columns; make it U in all but one"


@law("CONDITION_USED", "A condition explains a C cell, and each C cell is explained once.")
def _condition_used(schema: Schema) -> Iterator[tuple[Text, str]]:
    for service in schema.services:
        seen: set[tuple[str, str]] = set()
        for condition in service.conditions:
            for name in condition.parameters:
                cell = service.cell(name, condition.column)
                if cell is None or not cell.startswith("C"):
                    stands = "is no cell" if cell is None else f"is {cell}"
                    yield name, f"{name} in {condition.column} {stands}; a condition explains a C cell"
                if (name, condition.column) in seen:
                    yield name, f"{name} in {condition.column} has a condition already"
                seen.add((name, condition.column))


@law("CONDITION_NAMES", "A condition asks about parameters of its service, and statuses of Annex C.")
def _condition_names(schema: Schema) -> Iterator[tuple[Text, str]]:
    classes = [str(name) for name in schema.statuses.classes]
    for service in schema.services:
        names = {str(row.name) for row in service.parameters}
        for condition in service.conditions:
            for leaf in [*leaves(condition.required), *leaves(condition.permitted)]:
                if isinstance(leaf, ParameterIs) and leaf.name not in names:
                    yield leaf.name, f"'{leaf.name}' is no parameter of {service.name}{nearest(leaf.name, names)}"
                code = re.fullmatch(r"[0-9A-F]{4}H|(?=.{4}$)[0-9A-F]{1,3}x{1,3}", leaf.name)
                if isinstance(leaf, StatusIs) and leaf.name not in classes and not code:
                    yield leaf.name, f"'{leaf.name}' is no status class or code; one of {', '.join(classes)}, or FF00H"


@law("SEVERITY_KNOWN", "A broken condition is an error, a warning or an advisory.")
def _severity_known(schema: Schema) -> Iterator[tuple[Text, str]]:
    for service in schema.services:
        for condition in service.conditions:
            if condition.severity is not None and condition.severity not in SEVERITIES:
                yield condition.severity, f"'{condition.severity}' is no severity; one of {', '.join(SEVERITIES)}"


@law("EQUALITY_NAMES", "A rule of equality joins a parameter of the response to one of the request.")
def _equality_names(schema: Schema) -> Iterator[tuple[Text, str]]:
    for service in schema.services:
        for name, source in service.equal_to_request.items():
            if service.cell(name, "Rsp/Conf") in (None, "-"):
                yield name, f"'{name}' is no parameter of the response"
            if service.cell(source, "Req/Ind") in (None, "-"):
                yield source, f"'{source}' is no parameter of the request"


@law(
    "MESSAGE_FOR_EACH_ROLE", "A service has a message for its request and its response, named for it; a cancel has one."
)
def _message_for_each_role(schema: Schema) -> Iterator[tuple[Text, str]]:
    for service in schema.services:
        endings = ["-RQ"] if service.kind == "cancel" else ["-RQ", "-RSP"]
        expected = [service.name + ending for ending in endings]
        found = [str(message.name) for message in service.messages]
        if found != expected:
            yield service.name, f"messages are {', '.join(found) or 'none'}; {', '.join(expected)} are wanted"


@law("COMMAND_FIELD_UNIQUE", "A Command Field stands for one message.")
def _command_field_unique(schema: Schema) -> Iterator[tuple[Text, str]]:
    first: dict[int, Message] = {}
    for service in schema.services:
        for message in service.messages:
            other = first.setdefault(message.command_field, message)
            if other is not message:
                yield (
                    message.name,
                    f"{message.name} has Command Field {message.command_field:04X}H, as has {other.name}",
                )


@law("RSP_IS_RQ_PLUS_8000H", "A response's Command Field is its request's with the highest bit set (PS3.7 E.1).")
def _rsp_is_rq_plus_8000h(schema: Schema) -> Iterator[tuple[Text, str]]:
    for service in schema.services:
        if len(service.messages) == 2:
            request, response = service.messages
            if response.command_field != request.command_field | 0x8000 or request.command_field & 0x8000:
                expected = request.command_field | 0x8000
                yield response.name, f"{response.name} is {response.command_field:04X}H; it should be {expected:04X}H"


@law(
    "PARAMETERS_ARE_FIELDS",
    "A message has a field for each parameter of its column and none besides: two tables, one truth.",
)
def _parameters_are_fields(schema: Schema) -> Iterator[tuple[Text, str]]:
    for service, column, message in _columns(schema):
        fields = [name for name in message.fields if name not in PROTOCOL_FIELDS]
        rows = [row.name for row in service.parameters if service.cell(row.name, column) not in (None, "-")]
        for name in rows:
            if name not in fields and name not in message.without_field:
                yield name, f"{name} is a parameter of {message.name} and no field of it"
        for name in fields:
            if name not in rows:
                yield name, f"{name} is a field of {message.name} and no parameter of its column"
        for name in message.without_field:
            if name in fields or name not in rows:
                yield name, f"{name} needs no mention here: it is a field, or no parameter"


@law("PROTOCOL_FIELDS_PRESENT", "Every message has Command Group Length, Command Field and Command Data Set Type.")
def _protocol_fields_present(schema: Schema) -> Iterator[tuple[Text, str]]:
    for _, _, message in _columns(schema):
        for name in PROTOCOL_FIELDS:
            if name not in message.fields:
                yield message.name, f"{message.name} lacks the field {name}"
        counts = Counter(message.fields)
        for name in counts:
            if counts[name] > 1:
                yield name, f"{name} is listed {counts[name]} times"


@law("DATA_SET_AGREES", "The data set rule of a message agrees with the cell of its Data Set parameter.")
def _data_set_agrees(schema: Schema) -> Iterator[tuple[Text, str]]:
    for service, column, message in _columns(schema):
        cells = [
            str(service.cell(row.name, column))
            for row in service.parameters
            if row.name in schema.dictionary.data_sets and service.cell(row.name, column) not in (None, "-")
        ]
        if len(cells) > 1:
            yield message.name, f"{message.name} has {len(cells)} Data Sets; a message has one at most (PS3.7 6.3)"
        expected = "never" if not cells else "always" if cells[0].startswith("M") else "conditional"
        if message.data_set and message.data_set != expected:
            stands = ", ".join(cells) or "'-'"
            yield message.data_set, f"Data Set {message.data_set}, and its cell in {column} is {stands}"


def _columns(schema: Schema) -> Iterator[tuple[Service, str, Message]]:
    for service in schema.services:
        columns = service.columns[:2] if service.kind != "cancel" else service.columns
        yield from ((service, column, message) for column, message in zip(columns, service.messages, strict=False))
