"""Every rule that messages and conversations are judged by, read off the schema: ID, severity, section, purpose.

The runtime reads the same rules off its generated classes, and a test compares the two. What is made for rules, their
test vectors and their pages, is made from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import frozen

from dimse_codegen import model
from dimse_codegen.annex_c import AnnexC
from dimse_codegen.expression import Constant, Expression, Negation, ParameterIs, StatusIs
from dimse_codegen.model import PROTOCOL_FIELDS, ROLES, Condition, Message, Schema, Service

# The groups of rules that are of no one message: what their IDs begin with, and so the name of their page.
GROUPS = {"conversation": "CONVERSATION", "wire": "WIRE", "fragments": "PDV"}
_COLUMNS = {role: column for column, role in ROLES.items()}


@frozen
class Rule:
    """A rule under its ID.

    Attributes:
        id: "C-MOVE-RSP.Identifier.M", "CONVERSATION.PENDING".
        page: what the ID begins with: the message, or the group.
        keyword: the parameter; "" for rules of a group.
        kind: what the ID ends with: a glyph, VR, = or the name of a rule.
        severity, section, purpose, statuses: as `dimse.RULES` has them.
    """

    id: str
    page: str
    keyword: str
    kind: str
    severity: str
    section: str
    purpose: str
    statuses: tuple[str, ...] = ()


@frozen
class Cell:
    """A row of a message: a parameter with the cell of its column.

    Attributes:
        name, keyword: of the parameter.
        glyph: -, M, U, C, MF or UF.
        fixed: the value of MF and UF, else "".
        source: keyword of what it repeats of the request, "" where it repeats nothing.
        section: where it is explained, as "PS3.7 9.1.4.1.8".
        condition: of a C cell of the table.
        codes: with which statuses Annex C permits it.
        added: whether Annex C adds the row to those of the table.
    """

    name: str
    keyword: str
    glyph: str
    fixed: str
    source: str
    section: str
    condition: Condition | None
    codes: tuple[str, ...]
    added: bool


def catalogue(schema: Schema) -> dict[str, Rule]:
    """Every rule by ID, message by message, then conversations, bytes and fragments."""
    rules = [rule for service in schema.services for rule in _of_service(schema, service)]
    for group, prefix in GROUPS.items():
        for rule in schema.rules.groups.get(group, ()):
            section = _cited(rule.section)
            statuses = tuple(map(str, rule.statuses))
            rules.append(
                Rule(f"{prefix}.{rule.name}", prefix, "", rule.name, rule.severity, section, rule.purpose, statuses)
            )
    return {rule.id: rule for rule in rules}


def messages(service: Service) -> list[tuple[str, Message]]:
    """The messages of a service by role."""
    roles = ["cancel"] if service.kind == "cancel" else ["request", "response"]
    return list(zip(roles, service.messages, strict=True))


def cells(schema: Schema, service: Service, role: str) -> list[Cell]:
    """The rows of a message: those of the service's table, then those that Annex C adds."""
    annex_c = AnnexC(schema, service)
    return [_cell(schema, service, annex_c, name, role) for name in annex_c.parameters()]


def _cell(schema: Schema, service: Service, annex_c: AnnexC, name: str, role: str) -> Cell:
    keyword = schema.dictionary.keyword
    row = service.parameter(name)
    default = "-" if row or role != "response" else "C"
    text = str(service.cell(name, _COLUMNS[role]) or default)
    glyph, _, fixed = text.removesuffix("(=)").partition(" ")
    repeats = next((str(of) for what, of in service.equal_to_request.items() if what == name), "")
    condition = next((each for each in service.conditions if name in each.parameters), None)
    return Cell(
        name=name,
        keyword=keyword(name),
        glyph=glyph,
        fixed=fixed,
        source=keyword(repeats or name) if role == "response" and (repeats or text.endswith("(=)")) else "",
        section=f"{service.document or 'PS3.7'} {row.section}" if row else f"PS3.7 {annex_c.section(name)}",
        condition=condition if row and glyph == "C" else None,
        codes=tuple(annex_c.codes(name)) if role == "response" and glyph in ("-", "C") else (),
        added=row is None,
    )


def _of_service(schema: Schema, service: Service) -> Iterator[Rule]:
    for role, message in messages(service):
        rows = cells(schema, service, role)
        for row in rows:
            yield from _of_row(schema, message.name, row, role)
        yield from _of_fields(schema, service, message, rows)
        if role == "response":
            yield from _of_response(schema, service, message.name, {row.keyword: row for row in rows})


def _of_row(schema: Schema, message: str, row: Cell, role: str) -> Iterator[Rule]:
    known = {str(rule.name): rule for rule in schema.rules.groups["cells"]}
    section = row.section

    def rule(kind: str, of: model.Rule, severity: str = "", demand: str = "") -> Rule:
        statuses = _statuses(schema, row, of) if role == "request" else ()
        where = "PS3.5 6.2" if kind == "VR" else section
        purpose = of.purpose.format(parameter=row.name) + demand
        identifier = f"{message}.{row.keyword}.{kind}"
        return Rule(identifier, message, row.keyword, kind, severity or of.severity, where, purpose, statuses)

    if row.glyph == "C":
        severity = str(row.condition.severity or "error") if row.condition else "error"
        yield rule("C", known["C"], severity, _demand(schema, row))
    elif row.glyph != "U":
        yield rule(row.glyph, known["fixed" if row.glyph == "UF" else row.glyph.removesuffix("F")])
    if row.source:
        yield rule("=", known["="])
    if schema.dictionary.element(row.name) is not None:
        yield rule("VR", known["VR"])


def _statuses(schema: Schema, row: Cell, rule: model.Rule) -> tuple[str, ...]:
    """The types of status to answer with; a parameter with a bad value may have its own."""
    own = schema.rules.parameters.items() if rule.name == "VR" else ()
    first = next((statuses for name, statuses in own if name == row.name), ())
    return (*map(str, first), *map(str, rule.statuses))


def _of_fields(schema: Schema, service: Service, message: Message, rows: list[Cell]) -> Iterator[Rule]:
    where = f"{service.document or 'PS3.7'} Table{'s' * (len(message.tables) > 1)} {', '.join(message.tables)}"
    for rule in schema.rules.groups["fields"]:
        if rule.name != "never" or message.data_set == "never":
            yield _of_field(message, "CommandDataSetType", rule.name, rule, where, rule.purpose)
    absent = next(rule for rule in schema.rules.groups["cells"] if rule.name == "-")
    held = {row.name for row in rows}
    for element in schema.dictionary.elements:
        if not element.retired and element.name not in held and element.name not in PROTOCOL_FIELDS:
            purpose = f"{element.name} is no field of {message.name}."
            yield _of_field(message, element.keyword, "-", absent, where, purpose)


def _of_field(message: Message, keyword: str, kind: str, rule: model.Rule, where: str, purpose: str) -> Rule:
    identifier = f"{message.name}.{keyword}.{kind}"
    statuses = tuple(map(str, rule.statuses))
    return Rule(identifier, message.name, keyword, kind, rule.severity, where, purpose, statuses)


def _of_response(schema: Schema, service: Service, message: str, rows: dict[str, Cell]) -> Iterator[Rule]:
    for rule in schema.rules.groups["responses"]:
        keyword, _, kind = rule.name.partition(".")
        if keyword in rows and _can_be_broken(schema, service, rule.name):
            section = rows[keyword].section if rule.section == "row" else _cited(rule.section)
            yield Rule(f"{message}.{rule.name}", message, keyword, kind, rule.severity, section, rule.purpose)
    for advice in schema.rules.advice:
        keyword = schema.dictionary.keyword(advice.parameter)
        if service.name in advice.services and keyword in rows:
            section = rows[keyword].section
            identifier = f"{message}.{keyword}.{advice.rule}"
            yield Rule(identifier, message, keyword, advice.rule, advice.severity, section, advice.purpose)


def _can_be_broken(schema: Schema, service: Service, name: str) -> bool:
    """Whether a rule says anything of a service: it has the codes, or all the counts, that the rule is about."""
    if name == "Status.type":
        return bool(service.status_types)
    if name == "Status.sop_class":
        listed = (schema.statuses.type(each) for each in service.status_types)
        return any(each is not None and each.code is None for each in listed)
    counts = [rule.name.partition(".")[0] for rule in schema.rules.groups["responses"] if "Number" in rule.name]
    held = {schema.dictionary.keyword(parameter.name) for parameter in service.parameters}
    return name.startswith("Status.") or held >= {*counts}


def _cited(section: str) -> str:
    return section if section.startswith("PS3.") else f"PS3.7 {section}"


# Conditions in words


def _demand(schema: Schema, row: Cell) -> str:
    """The condition of a C cell, as sentences."""
    if row.condition is None:
        return f" Permitted while Status is {' or '.join(row.codes)}."
    required, permitted = row.condition.required, row.condition.permitted
    first = "" if required == Constant(False) else f" Required while {words(schema, required)}."
    second = "" if permitted == Constant(True) else f" Permitted while {words(schema, permitted)}."
    return first + second


def words(schema: Schema, expression: Expression) -> str:
    """A condition as people read it, parameters under their keywords."""
    if isinstance(expression, Constant):
        return "always" if expression.truth else "never"
    if isinstance(expression, StatusIs):
        return f"Status is {expression.name}"
    if isinstance(expression, ParameterIs):
        state = "present" if expression.present else "absent"
        return f"{schema.dictionary.keyword(expression.name)} is {state}{' in the request' * expression.in_request}"
    if isinstance(expression, Negation):
        inner = words(schema, expression.of)
        asks_presence = isinstance(expression.of, ParameterIs) and expression.of.present
        return inner.replace(" is present", " is absent") if asks_presence else f"not ({inner})"
    return f" {expression.word} ".join(_bracketed(schema, expression.parts, expression.word))


def _bracketed(schema: Schema, parts: Iterable[Expression], word: str) -> Iterator[str]:
    for part in parts:
        text = words(schema, part)
        yield f"({text})" if word == "and" and getattr(part, "word", "") == "or" else text
