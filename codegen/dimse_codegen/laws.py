"""The laws of a schema: each has an ID, a sentence of purpose, and a check that yields what breaks it.

Laws of form (`KEY_KNOWN`, `CELL_KNOWN`, ...) are applied while a file is read; those here need the whole model.
"""

from __future__ import annotations

import keyword
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from attrs import frozen

from dimse_codegen.expression import ParameterIs, StatusIs, leaves
from dimse_codegen.layout import docstring
from dimse_codegen.model import PROTOCOL_FIELDS, ROLES, Message, Schema, Service
from dimse_codegen.problem import Problem, Text

# The VRs whose values the generated classes can check.
PARAMETER_VRS = ("AE", "AT", "LO", "SH", "UI", "UL", "US")
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
TAKEN_BY_CHECKS = (*PARAMETER_VRS, "BYTES")
SEVERITIES = ("error", "warning", "advisory")
KINDS = ("operation", "notification", "cancel")
# The parameters that every message of a role has (PS3.7 9.1, 10.1): without them no response finds its request.
ROLE_PARAMETERS = {
    "Req/Ind": ("Message ID",),
    "Rsp/Conf": ("Message ID Being Responded To", "Status"),
    "CnclReq/CnclInd": ("Message ID Being Responded To",),
}

Check = Callable[[Schema], Iterator[tuple[Text, str]]]


@frozen
class Law:
    """One law; `purpose` is a sentence for people."""

    id: str
    purpose: str
    check: Check | None = None


# What reading itself enforces, so that `lint` can list every law there is.
LAWS: list[Law] = [
    Law("FILE_READABLE", "A schema file can be opened, is UTF-8 and has a million bytes at most."),
    Law("YAML_SYNTAX", "A schema file is YAML 1.2, one document, not empty."),
    Law("YAML_ALIAS", "A schema has no anchors and aliases: what is written is what holds, in its place."),
    Law("YAML_TAG", "A schema has no YAML tags: a value is the text that stands there."),
    Law("SERVICES_PRESENT", "A schema directory has at least one service."),
    Law("KEY_REPEATED", "No key stands twice: the later one would hide the earlier."),
    Law("KEY_KNOWN", "Every key is one that the compiler reads: a misspelt one would be lost."),
    Law("KEY_MISSING", "Every key that the compiler needs is there."),
    Law("VALUE_KIND", "A text, a list or a mapping stands where one is wanted."),
    Law(
        "CELL_KNOWN",
        "Every cell is a glyph of the standard: '-', M, U, C, (=) behind one of them, MF or UF with a value.",
    ),
    Law("TAG_FORM", "A tag is written as the standard prints it, '(0000,0110)'."),
    Law("CODE_FORM", "A code is written as the standard prints it, 0021H, and a range of codes Bxxx."),
    Law("SECTION_FORM", "A section is a number of the standard's, 9.1.4.1.8 or C.4.1."),
    Law("DATA_SET_RULE", "A message has a Data Set always, never or conditional."),
    Law(
        "CONDITION_SYNTAX", "A condition is written in the closed vocabulary, so that it can be compiled and read out."
    ),
    Law("ROW_DESCRIBED", "Every row has a section and a sentence, and every sentence a row."),
]


def law(id: str, purpose: str) -> Callable[[Check], Check]:
    """Register a check under its ID."""

    def register(check: Check) -> Check:
        LAWS.append(Law(id, purpose, check))
        return check

    return register


def lint(schema: Schema) -> list[Problem]:
    """Everything in a model that breaks a law, in order of file and line."""
    return sorted(
        Problem(text.at, law.id, reason) for law in LAWS if law.check is not None for text, reason in law.check(schema)
    )


@law("EDITION_SAME", "All files transcribe one edition, so that every citation can be looked up in one document.")
def _edition_same(schema: Schema) -> Iterator[tuple[Text, str]]:
    edition = schema.dictionary.edition
    for other in [schema.statuses.edition, *(service.edition for service in schema.services)]:
        if other != edition:
            yield other, f"edition is {other}, the command dictionary's is {edition}"


@law("EDITION_FORM", "An edition is the standard's: a year and a letter, as 2026c.")
def _edition_form(schema: Schema) -> Iterator[tuple[Text, str]]:
    editions = [schema.dictionary.edition, schema.statuses.edition, *(service.edition for service in schema.services)]
    for edition in editions:
        if not re.fullmatch(r"[0-9]{4}[a-z]?", edition):
            yield edition, f"'{edition}' is no edition; write a year and a letter, as 2026c"


@law("NAME_FORM", "A name in the dictionary is a printable line of 64 characters at most, and names one entry.")
def _name_form(schema: Schema) -> Iterator[tuple[Text, str]]:
    names = [*(element.name for element in schema.dictionary.elements), *schema.dictionary.data_sets]
    counts = Counter(str(name) for name in names)
    for name in names:
        if not name.isprintable() or " ".join(name.split()) != name or len(name) > 64:
            yield name, f"'{name}' is no name; one is printable, with single spaces, of 64 characters at most"
        if counts[name] > 1:
            yield name, f"'{name}' names {counts[name]} entries"


@law("TAG_UNIQUE", "An element's tag stands in the dictionary once.")
def _tag_unique(schema: Schema) -> Iterator[tuple[Text, str]]:
    counts = Counter(element.tag for element in schema.dictionary.elements)
    for element in schema.dictionary.elements:
        if counts[element.tag] > 1:
            yield (
                element.name,
                f"({element.tag >> 16:04X},{element.tag & 0xFFFF:04X}) stands {counts[element.tag]} times",
            )


@law("KEYWORD_UNIQUE", "A keyword names one element or Data Set: it becomes an attribute.")
def _keyword_unique(schema: Schema) -> Iterator[tuple[Text, str]]:
    keywords = [element.keyword for element in schema.dictionary.elements]
    keywords += schema.dictionary.data_sets.values()
    counts = Counter(str(word) for word in keywords)
    for word in keywords:
        if counts[word] > 1:
            yield word, f"keyword {word} stands {counts[word]} times"


@law("KEYWORD_IS_NAME", "A keyword is a Python name that begins with a capital, and no name that the classes use.")
def _keyword_is_name(schema: Schema) -> Iterator[tuple[Text, str]]:
    taken = ("None", "True", "False")
    words = [element.keyword for element in schema.dictionary.elements]
    for word in [*words, *schema.dictionary.data_sets.values()]:
        named = re.fullmatch(r"[A-Z][A-Za-z0-9]{,63}", word) and not keyword.iskeyword(word) and word not in taken
        if not named or word.isupper():
            yield word, f"'{word}' is no keyword; one reads MessageID or MoveDestination, in 64 letters at most"


@law("VR_KNOWN", "A parameter's VR is one whose values the generated classes can check.")
def _vr_known(schema: Schema) -> Iterator[tuple[Text, str]]:
    for element in schema.dictionary.elements:
        if not element.retired and element.vr not in PARAMETER_VRS:
            yield element.vr, f"VR {element.vr} is none of {', '.join(PARAMETER_VRS)}"


@law("VM_KNOWN", "A VM is 1 or 1-n; tags alone come in lists.")
def _vm_known(schema: Schema) -> Iterator[tuple[Text, str]]:
    for element in schema.dictionary.elements:
        if element.vm not in ("1", "1-n") or (not element.retired and (element.vm == "1-n") != (element.vr == "AT")):
            yield element.vm, f"VM {element.vm} with VR {element.vr}; 1-n goes with AT and 1 with every other VR"


@law(
    "VALUES_USED",
    "Allowed values and defaults belong to a US element of the dictionary, a default to an allowed value.",
)
def _values_used(schema: Schema) -> Iterator[tuple[Text, str]]:
    dictionary = schema.dictionary
    for name in [*dictionary.values, *dictionary.defaults]:
        element = dictionary.element(name)
        if element is None or element.vr != "US":
            yield name, f"'{name}' is no element of VR US"
    for name, word in dictionary.defaults.items():
        allowed = dictionary.values.get(name, {})
        if word not in allowed:
            yield word, f"'{word}' is no value of {name}; one of {', '.join(allowed) or 'none'}"


@law(
    "DICTIONARY_USED", "Every element and Data Set name is used by a message or a status type: an unused one is a slip."
)
def _dictionary_used(schema: Schema) -> Iterator[tuple[Text, str]]:
    if not _transcribes_the_standard(schema):
        return
    used = {str(name) for service in schema.services for message in service.messages for name in message.fields}
    used |= {part for status_type in schema.statuses.types for name in status_type.fields for part in name.split("/")}
    names = [element.name for element in schema.dictionary.elements if not element.retired]
    for name in [*names, *schema.dictionary.data_sets]:
        if name not in used:
            yield name, f"'{name}' is used by no message and no status type"


@law(
    "NAME_KNOWN", "Every parameter and message field is in the dictionary: its tag, VR and keyword are looked up there."
)
def _name_known(schema: Schema) -> Iterator[tuple[Text, str]]:
    known = {str(element.name) for element in schema.dictionary.elements if not element.retired}
    known |= set(schema.dictionary.data_sets)
    for service in schema.services:
        names = [parameter.name for parameter in service.parameters]
        names += [name for message in service.messages for name in message.fields]
        yield from _unknown(names, known, "the command dictionary")
    for status_type in schema.statuses.types:
        for name in status_type.fields:
            for part in name.split("/"):
                if part not in known:
                    yield name, f"'{part}' is not in the command dictionary{_nearest(part, known)}"


@law("SERVICE_NAME", "A service has a name of its own that can become a class, C-MOVE becoming C_MOVE.")
def _service_name(schema: Schema) -> Iterator[tuple[Text, str]]:
    messages = {str(message.name) for service in schema.services for message in service.messages}
    for service in schema.services:
        formed = re.fullmatch(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)+", service.name) and len(service.name) <= 20
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
            if not re.fullmatch(r"[A-Z0-9][A-Z0-9.]{,5}-[0-9]{1,2}[a-z]?", table):
                yield table, f"'{table}' is no number of a table; one reads 9.1-4"
        for message in service.messages:
            if not 1 <= len(message.tables) <= 3:
                yield message.name, f"{message.name} stands in {len(message.tables)} tables; name one to three"


@law("KIND_KNOWN", "A service is an operation, a notification or a cancel.")
def _kind_known(schema: Schema) -> Iterator[tuple[Text, str]]:
    for service in schema.services:
        if service.kind not in KINDS:
            yield service.kind, f"'{service.kind}' is no kind; one of {', '.join(KINDS)}"


@law("COLUMN_KNOWN", "Columns are the standard's; a service that can be cancelled has the cancel column, no other has.")
def _column_known(schema: Schema) -> Iterator[tuple[Text, str]]:
    for service in schema.services:
        yield from _unknown(service.columns, set(ROLES), "the columns of PS3.7")
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
                    yield leaf.name, f"'{leaf.name}' is no parameter of {service.name}{_nearest(leaf.name, names)}"
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


@law("STATUS_CLASS_KNOWN", "A status type is of a class of Annex C, and its code of the same class.")
def _status_class_known(schema: Schema) -> Iterator[tuple[Text, str]]:
    classes = schema.statuses.classes
    for status_type in schema.statuses.types:
        if status_type.status_class not in classes:
            yield status_type.status_class, f"'{status_type.status_class}' is no class; one of {', '.join(classes)}"
        elif status_type.code is not None:
            actual = _class_of(schema, status_type.code)
            if actual != status_type.status_class:
                yield (
                    status_type.code,
                    f"{status_type.code} is of class {actual or 'none'}, not {status_type.status_class}",
                )


@law("STATUS_CLASS_NAME", "A status class is a word of its own: it becomes a name in the generated code.")
def _status_class_name(schema: Schema) -> Iterator[tuple[Text, str]]:
    for name in schema.statuses.classes:
        if not re.fullmatch(r"[A-Z][a-z]{1,19}", name) or name.upper() in TAKEN_BY_CHECKS:
            yield name, f"'{name}' is no class name; one reads Success or Pending"


@law("ASSIGNED_CODES_CLASSED", "Each code that a Service Class may assign is listed under a status class.")
def _assigned_codes_classed(schema: Schema) -> Iterator[tuple[Text, str]]:
    listed = {str(pattern) for patterns in schema.statuses.classes.values() for pattern in patterns}
    for pattern in schema.statuses.assigned_by_service_class:
        if pattern not in listed:
            yield pattern, f"'{pattern}' is listed under no class"


@law("STATUS_ASSIGNABLE", "A status type without a code is of a class with codes that a Service Class may assign.")
def _status_assignable(schema: Schema) -> Iterator[tuple[Text, str]]:
    assigned = {str(pattern) for pattern in schema.statuses.assigned_by_service_class}
    for status_type in schema.statuses.types:
        patterns = schema.statuses.classes.get(status_type.status_class, ())
        if status_type.code is None and not assigned & {str(pattern) for pattern in patterns}:
            yield status_type.name, f"no Service Class may assign a code of class {status_type.status_class}"


@law("STATUS_TYPE_KNOWN", "A service answers with status types of Annex C, each named once.")
def _status_type_known(schema: Schema) -> Iterator[tuple[Text, str]]:
    known = {str(status_type.name) for status_type in schema.statuses.types}
    for service in schema.services:
        yield from _unknown(service.status_types, known, "Annex C")
        for name, count in Counter(service.status_types).items():
            if count > 1:
                yield name, f"'{name}' is listed {count} times"


@law("STATUS_TYPE_USED", "Every status type is one that some service answers with.")
def _status_type_used(schema: Schema) -> Iterator[tuple[Text, str]]:
    if not _transcribes_the_standard(schema):
        return
    used = {str(name) for service in schema.services for name in service.status_types}
    for status_type in schema.statuses.types:
        if status_type.name not in used:
            yield status_type.name, f"'{status_type.name}' is answered by no service"


@law(
    "ONLY_IN_USED",
    "A field that only one service's responses may carry is a field of a status type, and that a service.",
)
def _only_in_used(schema: Schema) -> Iterator[tuple[Text, str]]:
    fields = {str(name) for status_type in schema.statuses.types for name in status_type.fields}
    services = {str(service.name) for service in schema.services}
    for name, service in schema.statuses.only_in.items():
        if name not in fields:
            yield name, f"'{name}' is a field of no status type"
        if _transcribes_the_standard(schema) and service not in services:
            yield service, f"'{service}' is no service here"


def _transcribes_the_standard(schema: Schema) -> bool:
    """Whether dictionary and statuses are this schema's own; a user's services may use a part of the shipped ones."""
    return schema.dictionary.edition.at.path.parent == schema.services[0].path.parent.parent


def _columns(schema: Schema) -> Iterator[tuple[Service, str, Message]]:
    for service in schema.services:
        columns = service.columns[:2] if service.kind != "cancel" else service.columns
        yield from ((service, column, message) for column, message in zip(columns, service.messages, strict=False))


def _class_of(schema: Schema, code: str) -> str | None:
    """The status class of a code: where it is written out, else the range that covers it."""
    classes = schema.statuses.classes
    exact = [name for name, patterns in classes.items() if code in patterns]
    ranges = [
        name
        for name, patterns in classes.items()
        if any(code.startswith(pattern.rstrip("x")) for pattern in patterns if "x" in pattern)
    ]
    return next(iter(exact + ranges), None)


def _unknown(names: Iterable[Text], known: set[str], where: str) -> Iterator[tuple[Text, str]]:
    for name in names:
        if name not in known:
            yield name, f"'{name}' is not in {where}{_nearest(name, known)}"


def _nearest(name: str, known: set[str]) -> str:
    import difflib

    close = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return f"; did you mean '{close[0]}'?" if close else ""
