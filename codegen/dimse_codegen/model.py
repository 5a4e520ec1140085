"""The schema as the compiler holds it: frozen, in the standard's words, every text with its place in the YAML.

Nothing is decided here. What a model must obey is in `laws`; what is printed from it is in `view`.
"""

from __future__ import annotations

from pathlib import Path

from attrs import frozen

from dimse_codegen.expression import Expression
from dimse_codegen.problem import Text

# Heads of the columns that PS3.7 uses, and the role that each stands for.
ROLES = {"Req/Ind": "request", "Rsp/Conf": "response", "CnclReq/CnclInd": "cancel"}
# Message fields that carry no parameter: the protocol itself fills them in (PS3.7 9.3, 10.3).
PROTOCOL_FIELDS = ("Command Group Length", "Command Field", "Command Data Set Type")


@frozen
class Element:
    """A row of Table E.1-1 or E.2-1."""

    name: Text
    tag: int
    vr: Text
    vm: Text
    keyword: Text
    retired: bool


@frozen
class Dictionary:
    """Annex E: the elements, the names of Data Sets, and the parameters that take certain values only."""

    edition: Text
    elements: tuple[Element, ...]
    data_sets: dict[Text, Text]
    values: dict[Text, dict[Text, int]]
    defaults: dict[Text, Text]

    def keyword(self, name: str) -> str:
        """The keyword of a parameter or Data Set; the name itself where it is unknown."""
        element = self.element(name)
        if element is not None:
            return element.keyword
        return next((keyword for data_set, keyword in self.data_sets.items() if data_set == name), name)

    def element(self, name: str) -> Element | None:
        """The entry of a name, None for a Data Set or a name that is not there."""
        return next((element for element in self.elements if element.name == name), None)

    def allowed(self, name: str) -> dict[Text, int]:
        """The values that may stand in a parameter, by their words; none where every value may."""
        return next((values for element, values in self.values.items() if element == name), {})

    def default(self, name: str) -> int | None:
        """What a new primitive holds in a parameter, None for nothing."""
        word = next((word for element, word in self.defaults.items() if element == name), None)
        return None if word is None else self.allowed(name)[word]


@frozen
class StatusType:
    """A row of Annex C."""

    name: Text
    section: Text
    status_class: Text
    code: Text | None
    fields: tuple[Text, ...]


@frozen
class Statuses:
    """Annex C: classes with their codes, types with their fields."""

    edition: Text
    classes: dict[Text, tuple[Text, ...]]
    assigned_by_service_class: tuple[Text, ...]
    types: tuple[StatusType, ...]
    only_in: dict[Text, Text]

    def type(self, name: str) -> StatusType | None:
        """The status type of a name, None where there is none."""
        return next((status_type for status_type in self.types if status_type.name == name), None)


@frozen
class Rule:
    """A rule that no single cell states, or what breaking a cell means; `section` is "" for the parameter's own."""

    name: Text
    severity: Text
    section: Text
    purpose: Text
    statuses: tuple[Text, ...]


@frozen
class Advice:
    """Something legal or retired that is worth saying of a response."""

    rule: Text
    parameter: Text
    when: Text
    services: tuple[Text, ...]
    severity: Text
    purpose: Text


@frozen
class Rules:
    """The rules beside the cells, by group: cells, fields, responses, conversation, wire, fragments."""

    edition: Text
    groups: dict[str, tuple[Rule, ...]]
    parameters: dict[Text, tuple[Text, ...]]
    advice: tuple[Advice, ...]


@frozen
class AssignedStatus:
    """A row of a status table of PS3.4: a code or range of codes, the type of Annex C that it is, what it means."""

    code: Text
    type: Text
    meaning: Text


@frozen
class StatusTable:
    """A status table of PS3.4, or a place that refers to one: `as_in` is the number of the other."""

    services: tuple[Text, ...]
    sop_classes: tuple[Text, ...]
    section: Text
    table: Text | None
    as_in: Text | None
    codes: tuple[AssignedStatus, ...]

    @property
    def place(self) -> Text:
        """Where PS3.4 prints it: the number of its table, else its section."""
        return self.table or self.section


@frozen
class ServiceClass:
    """A file of `service_classes/`: the SOP Classes of one Service Class, and their statuses."""

    path: Path
    edition: Text
    name: Text
    sop_classes: dict[Text, Text]
    tables: tuple[StatusTable, ...]

    def uid(self, sop_class: str) -> Text | None:
        """The UID of a SOP Class, None where there is none of that name."""
        return next((uid for name, uid in self.sop_classes.items() if name == sop_class), None)


@frozen
class Parameter:
    """A row of a service's table, with the sentence that explains it."""

    name: Text
    cells: tuple[Text, ...]
    section: Text
    description: Text


@frozen
class Condition:
    """What stands behind some C cells of a column."""

    parameters: tuple[Text, ...]
    column: Text
    required: Expression
    permitted: Expression
    section: Text
    severity: Text | None


@frozen
class Message:
    """A message of a service: a table of 9.3 or 10.3, or several that print the same message."""

    name: Text
    tables: tuple[Text, ...]
    command_field: int
    fields: tuple[Text, ...]
    data_set: Text
    without_field: tuple[Text, ...]


@frozen
class Service:
    """A file of `services/`: one service."""

    path: Path
    edition: Text
    name: Text
    section: Text
    summary: Text
    group: Text
    kind: Text
    procedures: dict[str, Text]
    table: Text
    columns: tuple[Text, ...]
    parameters: tuple[Parameter, ...]
    conditions: tuple[Condition, ...]
    equal_to_request: dict[Text, Text]
    messages: tuple[Message, ...]
    status_section: Text | None
    status_types: tuple[Text, ...]
    document: Text | None = None

    def parameter(self, name: str) -> Parameter | None:
        """The row of a name, None where there is none."""
        return next((parameter for parameter in self.parameters if parameter.name == name), None)

    def cell(self, name: str, column: str) -> Text | None:
        """The cell of a row and column, None where there is none."""
        parameter = self.parameter(name)
        if parameter is None or column not in self.columns:
            return None
        place = list(map(str, self.columns)).index(column)
        return parameter.cells[place] if place < len(parameter.cells) else None


@frozen
class Change:
    """A cell that a profile changes: as the service has it, and as it is here; `relaxed` where more passes."""

    parameter: Text
    column: Text
    base: Text
    here: Text
    section: Text
    reason: Text
    relaxed: bool


@frozen
class NewCondition:
    """A condition in place of the service's, or of a cell that is C here alone."""

    condition: Condition
    reason: Text


@frozen
class LeftStatuses:
    """The Status codes, and ranges of codes, that a profile leaves."""

    codes: tuple[Text, ...]
    severity: Text | None
    section: Text
    reason: Text


@frozen
class NewSeverity:
    """The severity of a rule, as it was and as it is here."""

    rule: Text
    base: Text
    here: Text
    section: Text
    reason: Text


@frozen
class Extension:
    """A service as a profile has it."""

    extends: Text
    sop_classes: tuple[Text, ...]
    changes: tuple[Change, ...]
    conditions: tuple[NewCondition, ...]
    statuses: LeftStatuses | None
    severities: tuple[NewSeverity, ...]


@frozen
class Profile:
    """A file of `profiles/`: some services, as a Service Class or a conformance statement has them."""

    path: Path
    edition: Text
    name: Text
    document: Text
    section: Text
    summary: Text
    services: tuple[Extension, ...]

    def cited(self, section: str) -> str:
        """A section of the profile's document, or of the part of the standard that it names itself."""
        return section if section.startswith("PS3.") else f"{self.document} {section}"


@frozen
class Accepted:
    """A difference from the printed standard that is meant."""

    where: Text
    standard: Text
    schema: Text
    reason: Text


@frozen
class Schema:
    """All of it."""

    dictionary: Dictionary
    statuses: Statuses
    rules: Rules
    services: tuple[Service, ...]
    service_classes: tuple[ServiceClass, ...]
    accepted: tuple[Accepted, ...]
    profiles: tuple[Profile, ...] = ()
    borrowed: bool = False  # the services are those that come with the compiler; the directory has profiles alone

    def service(self, name: str) -> Service | None:
        """The service of a name, None where there is none."""
        return next((service for service in self.services if service.name == name), None)
