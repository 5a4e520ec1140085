"""The intermediate form: a schema with everything looked up, for programs that know nothing of this compiler.

What a template can print from is here: matrices, conditions as trees and in words, messages, statuses, rules. Names are
the standard's, `keyword` is that of Annex E. `intermediate` makes it, `to_json` writes it, `ir_schema` describes it.
"""

from __future__ import annotations

from typing import Any

from attrs import asdict, field, frozen

FORMAT = "dimse-ir"
# Goes up where something is renamed, removed or means another thing; what is new leaves it as it is.
VERSION = 1


def _says(text: str) -> Any:
    """A field, with the sentence that the JSON Schema has for it."""
    return field(metadata={"says": text})


@frozen
class Place:
    """Where something stands in the schema."""

    file: str = _says("File below the schema directory.")
    line: int = _says("Line, counted from 1.")


@frozen
class Value:
    """A value that a parameter may have."""

    word: str = _says("Its name, as LOW.")
    code: int = _says("The number that is sent.")


@frozen
class Element:
    """An element of Annex E."""

    name: str = _says("Name.")
    keyword: str = _says("Keyword.")
    tag: str = _says("Tag, as (0000,0110).")
    vr: str = _says("VR.")
    vm: str = _says("VM: 1 or 1-n.")
    retired: bool = _says("Whether it is of Table E.2-1, and part of no message.")
    values: tuple[Value, ...] = _says("The values that may stand in it; none where any may.")
    default: int | None = _says("What a new request holds before it is told anything, null for nothing.")
    source: Place = _says("Where it is written.")


@frozen
class DataSet:
    """A parameter that is a Data Set and has no tag."""

    name: str = _says("Name.")
    keyword: str = _says("Keyword.")


@frozen
class StatusClass:
    """A status class of Annex C."""

    name: str = _says("Name, as Pending.")
    codes: tuple[str, ...] = _says("Codes and ranges, as Bxxx; a code written out goes before any range.")


@frozen
class StatusType:
    """A row of Annex C."""

    name: str = _says("Name, as Processing Failure.")
    section: str = _says("Section of PS3.7.")
    status_class: str = _says("Its class.")
    code: str | None = _says("Its code, null where a Service Class of PS3.4 assigns codes.")
    keywords: tuple[str, ...] = _says("The parameters that a response with it may carry.")
    source: Place = _says("Where it is written.")


@frozen
class Expression:
    """A condition as a tree.

    `op` is always, never, status (`name` is a class, or a code as Bxxx), present or absent (`name` is a keyword), not
    (of the one part), and, or (of the parts). What asks for the request is neither true nor false without one.
    """

    op: str = _says("always, never, status, present, absent, not, and, or.")
    name: str = _says("Status class, code or keyword; empty where op takes none.")
    in_request: bool = _says("Whether present and absent ask for the request that is answered.")
    parts: tuple[Expression, ...] = _says("What not, and, or join.")


@frozen
class Condition:
    """What stands behind a C cell."""

    role: str = _says("Role of the column in which the row is C.")
    required: Expression = _says("Absence is wrong while this is true.")
    permitted: Expression = _says("Presence is wrong while this is false.")
    required_words: str = _says("The first in words.")
    permitted_words: str = _says("The second in words.")
    section: str = _says("Section of PS3.7.")
    severity: str = _says("error, warning or advisory.")


@frozen
class Cell:
    """An entry of the matrix."""

    role: str = _says("request, response or cancel.")
    text: str = _says("As the table has it: M, U(=), '-'.")
    glyph: str = _says("-, M, U, C, MF or UF.")
    fixed: int | None = _says("The value of MF and UF.")
    equal: bool = _says("Whether (=) stands behind the glyph.")


@frozen
class Row:
    """A row of a service's matrix."""

    name: str = _says("Name of the parameter.")
    keyword: str = _says("Keyword of the parameter.")
    section: str = _says("Where it is explained; of a row that Annex C adds, the sections that permit it.")
    description: str = _says("A sentence; empty for a row that Annex C adds.")
    cells: tuple[Cell, ...] = _says("A cell for each column.")
    equals: str | None = _says("Keyword of the request's parameter that a response repeats, where it is another.")
    condition: Condition | None = _says("What its C cell hangs on; null also for the C of a row that Annex C adds.")
    with_status: tuple[str, ...] = _says("Codes with which Annex C permits it in a response, whatever the cell says.")
    added: bool = _says("Whether Annex C adds the row to those of the table.")
    source: Place | None = _says("Where it is written; null for a row that Annex C adds.")


@frozen
class Message:
    """A message: what conveys one role of a service."""

    name: str = _says("Name, as C-MOVE-RQ.")
    role: str = _says("request, response or cancel.")
    tables: tuple[str, ...] = _says("Numbers of the tables that list its fields.")
    command_field: str = _says("Command Field, as 0021H.")
    data_set: str = _says("Whether a Data Set follows: always, never or conditional.")
    fields: tuple[str, ...] = _says("Keywords of all fields in the order printed.")
    without_field: tuple[str, ...] = _says("Keywords of parameters of its column that are no field.")
    source: Place = _says("Where it is written.")


@frozen
class Column:
    """A column of a matrix."""

    head: str = _says("As printed: Req/Ind.")
    role: str = _says("request, response or cancel.")


@frozen
class Service:
    """A service."""

    name: str = _says("Name, as C-MOVE.")
    document: str = _says("The document of its sections and tables: PS3.7, or another that it names.")
    section: str = _says("Section of the document.")
    summary: str = _says("What it does, in a sentence.")
    group: str = _says("DIMSE-C or DIMSE-N.")
    kind: str = _says("operation, notification or cancel.")
    procedures: dict[str, str] = _says("Row of Table 7.5-2: sub_operations, multiple_responses, cancel.")
    table: str = _says("Number of the table with the matrix.")
    columns: tuple[Column, ...] = _says("Its columns.")
    rows: tuple[Row, ...] = _says("The matrix, in the standard's order; behind it the rows that Annex C adds.")
    messages: tuple[Message, ...] = _says("Its messages, request first.")
    status_section: str | None = _says("Where the statuses of its responses are listed.")
    status_types: tuple[str, ...] = _says("The types of status that its responses may carry.")
    source: Place = _says("Where it is written.")


@frozen
class SOPClass:
    """A SOP Class."""

    name: str = _says("Name.")
    uid: str = _says("UID.")


@frozen
class AssignedStatus:
    """A status that PS3.4 assigns."""

    code: str = _says("Code or range.")
    type: str = _says("Type of Annex C.")
    meaning: str = _says("What it means.")


@frozen
class StatusTable:
    """A status table of PS3.4, or the place that refers to one."""

    services: tuple[str, ...] = _says("Services whose responses carry the statuses.")
    sop_classes: tuple[str, ...] = _says("UIDs of the SOP Classes that have them.")
    section: str = _says("Section of PS3.4.")
    table: str | None = _says("Number of the table.")
    as_in: str | None = _says("The table or section whose statuses are meant, null where they stand here.")
    codes: tuple[AssignedStatus, ...] = _says("The statuses; those of the other table where as_in names one.")
    source: Place = _says("Where it is written.")


@frozen
class ServiceClass:
    """A Service Class of PS3.4."""

    name: str = _says("Name.")
    sop_classes: tuple[SOPClass, ...] = _says("Its SOP Classes.")
    tables: tuple[StatusTable, ...] = _says("Its status tables.")


@frozen
class Rule:
    """A rule that can be broken, under the ID that checks report."""

    id: str = _says("As C-MOVE-RQ.MoveDestination.M.")
    page: str = _says("What the ID begins with: a message, CONVERSATION, WIRE or PDV.")
    keyword: str = _says("The parameter; empty where it is about none.")
    kind: str = _says("What the ID ends with: a glyph, VR, = or the name of a rule.")
    severity: str = _says("error, warning or advisory.")
    section: str = _says("Where it stands, with the part: PS3.7 9.1.4.1.8.")
    purpose: str = _says("What it demands, in sentences.")
    statuses: tuple[str, ...] = _says("Types of status to answer a request with, the first that the service has.")


@frozen
class RuleText:
    """An entry of rules.yaml, from which the rules of all messages are made."""

    group: str = _says("cells, fields, responses, conversation, wire or fragments.")
    name: str = _says("Name within the group.")
    severity: str = _says("error, warning or advisory.")
    section: str = _says("Section; row for that of the parameter.")
    purpose: str = _says("What it demands; {parameter} stands for a name.")
    statuses: tuple[str, ...] = _says("Types of status to answer a request with.")
    source: Place = _says("Where it is written.")


@frozen
class Advice:
    """What is worth saying of a response that has, or lacks, a parameter."""

    rule: str = _says("What the ID ends with.")
    keyword: str = _says("The parameter.")
    when: str = _says("present or absent.")
    services: tuple[str, ...] = _says("Services whose responses it is about.")
    severity: str = _says("error, warning or advisory.")
    purpose: str = _says("What it says.")
    source: Place = _says("Where it is written.")


@frozen
class BadValue:
    """The types of status to answer a bad value of a parameter with."""

    keyword: str = _says("The parameter.")
    statuses: tuple[str, ...] = _says("Types of status, the first that the service has.")


@frozen
class ChangedCell:
    """A cell that a profile changes."""

    keyword: str = _says("The parameter.")
    role: str = _says("Role of the column: request or response.")
    base: str = _says("The cell as the service has it.")
    here: str = _says("The cell as the profile has it.")
    values: tuple[str, ...] = _says("The values of which MF and UF ask one, as texts.")
    relaxed: bool = _says("Whether something passes here that the service refuses.")
    section: str = _says("Where it stands, with the document: PS3.4 C.4.2.1.6.")
    reason: str = _says("Why, in a sentence.")
    source: Place = _says("Where it is written.")


@frozen
class ChangedCondition:
    """A condition in place of the service's, or of a cell that is C in the profile alone."""

    keywords: tuple[str, ...] = _says("The parameters whose cells hang on it.")
    condition: Condition = _says("The condition; its section is one of the profile's document.")
    reason: str = _says("Why, in a sentence.")
    source: Place = _says("Where it is written.")


@frozen
class LeftStatuses:
    """The statuses that a profile leaves of its service's."""

    only: tuple[str, ...] = _says("Codes and ranges.")
    severity: str = _says("How grave another one is: error, warning or advisory.")
    section: str = _says("Where it stands, with the document.")
    reason: str = _says("Why, in a sentence.")
    source: Place = _says("Where it is written.")


@frozen
class ChangedSeverity:
    """A rule that is graver in a profile, or less grave."""

    rule: str = _says("ID of the rule.")
    base: str = _says("Its severity for the service.")
    here: str = _says("error, warning, advisory or off.")
    section: str = _says("Where it stands, with the document.")
    reason: str = _says("Why, in a sentence.")
    source: Place = _says("Where it is written.")


@frozen
class Extension:
    """A service as a profile has it: what is not told here is as the service has it."""

    service: str = _says("The service that is changed.")
    sop_classes: tuple[str, ...] = _says("UIDs of the SOP Classes for which that holds.")
    cells: tuple[ChangedCell, ...] = _says("Cells that are others.")
    conditions: tuple[ChangedCondition, ...] = _says("Conditions that are others.")
    statuses: LeftStatuses | None = _says("The statuses that are left; null where all are.")
    severities: tuple[ChangedSeverity, ...] = _says("Severities that are others.")
    source: Place = _says("Where it is written.")


@frozen
class Profile:
    """Services as a Service Class of PS3.4 or a conformance statement has them, for some SOP Classes."""

    name: str = _says("Name, as Study Root Query/Retrieve.")
    document: str = _says("The document that it is taken from, as PS3.4.")
    section: str = _says("Section of the document.")
    summary: str = _says("What it is, in a sentence.")
    services: tuple[Extension, ...] = _says("The services that it changes.")
    source: Place = _says("Where it is written.")


@frozen
class IR:
    """A schema, in the intermediate form."""

    format: str = _says("dimse-ir.")
    version: int = _says("Of this form; goes up where something is renamed, removed or means another thing.")
    edition: str = _says("Edition of the standard, as 2026c.")
    elements: tuple[Element, ...] = _says("Annex E, in its order.")
    data_sets: tuple[DataSet, ...] = _says("Parameters without a tag.")
    status_classes: tuple[StatusClass, ...] = _says("Status classes of Annex C.")
    assigned_by_service_class: tuple[str, ...] = _says("Codes and ranges whose meaning PS3.4 gives.")
    status_types: tuple[StatusType, ...] = _says("Status types of Annex C.")
    only_in: dict[str, str] = _says("Keyword of a field to the one service whose responses may carry it.")
    services: tuple[Service, ...] = _says("Services, in the order of their sections.")
    service_classes: tuple[ServiceClass, ...] = _says("Service Classes of PS3.4.")
    profiles: tuple[Profile, ...] = _says("Profiles, in the order of their files.")
    rules: tuple[Rule, ...] = _says("Every rule, message by message, then of conversations, bytes and fragments.")
    rule_texts: tuple[RuleText, ...] = _says("The entries from which these are made.")
    advice: tuple[Advice, ...] = _says("Likewise, of advice.")
    bad_values: tuple[BadValue, ...] = _says("Parameters whose bad values are answered with a status of their own.")

    def to_json(self) -> dict[str, Any]:
        """The whole as mappings, lists and scalars, in the order of these classes."""
        return asdict(self, value_serializer=_listed)


def _listed(_: Any, __: Any, value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
