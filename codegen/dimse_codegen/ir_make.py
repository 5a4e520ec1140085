"""Model to intermediate form: what is spread over the files of a schema is brought together, nothing is added."""

from __future__ import annotations

from dimse_codegen import expression, ir, model, rule_catalogue
from dimse_codegen.annex_c import AnnexC
from dimse_codegen.forms import KINDS
from dimse_codegen.model import ROLES, Schema
from dimse_codegen.problem import Text
from dimse_codegen.profiled import Cell, sop_class_uids
from dimse_codegen.service_class_laws import written_out

_RESPONSE = next(column for column, role in ROLES.items() if role == "response")
# Directories of a schema; other files stand at its top.
_FOLDERS = tuple(kind.files.partition("/")[0] for kind in KINDS if "/" in kind.files)


def intermediate(schema: Schema) -> ir.IR:
    """A schema that obeys its laws, in the intermediate form."""
    dictionary, statuses, rules = schema.dictionary, schema.statuses, schema.rules
    keyword = dictionary.keyword
    written = written_out(schema)
    return ir.IR(
        format=ir.FORMAT,
        version=ir.VERSION,
        edition=str(dictionary.edition),
        elements=tuple(_element(dictionary, element) for element in dictionary.elements),
        data_sets=tuple(ir.DataSet(str(name), str(word)) for name, word in dictionary.data_sets.items()),
        status_classes=tuple(ir.StatusClass(str(name), _texts(codes)) for name, codes in statuses.classes.items()),
        assigned_by_service_class=_texts(statuses.assigned_by_service_class),
        status_types=tuple(_status_type(dictionary, each) for each in statuses.types),
        only_in={str(keyword(name)): str(service) for name, service in statuses.only_in.items()},
        services=tuple(_service(schema, service) for service in schema.services),
        service_classes=tuple(_service_class(each, written) for each in schema.service_classes),
        profiles=tuple(_profile(schema, profile) for profile in schema.profiles),
        rules=tuple(_rule(rule) for rule in rule_catalogue.catalogue(schema).values()),
        rule_texts=tuple(_rule_text(group, rule) for group, found in rules.groups.items() for rule in found),
        advice=tuple(_advice(keyword(each.parameter), each) for each in rules.advice),
        bad_values=tuple(ir.BadValue(str(keyword(n)), _texts(types)) for n, types in rules.parameters.items()),
    )


def _place(text: Text) -> ir.Place:
    path = text.at.path
    return ir.Place(f"{path.parent.name}/{path.name}" if path.parent.name in _FOLDERS else path.name, text.at.line)


def _texts(texts: tuple[Text, ...] | list[str]) -> tuple[str, ...]:
    return tuple(map(str, texts))


def _element(dictionary: model.Dictionary, element: model.Element) -> ir.Element:
    return ir.Element(
        name=str(element.name),
        keyword=str(element.keyword),
        tag=f"({element.tag >> 16:04X},{element.tag & 0xFFFF:04X})",
        vr=str(element.vr),
        vm=str(element.vm),
        retired=element.retired,
        values=tuple(ir.Value(str(word), code) for word, code in dictionary.allowed(element.name).items()),
        default=dictionary.default(element.name),
        source=_place(element.name),
    )


def _status_type(dictionary: model.Dictionary, each: model.StatusType) -> ir.StatusType:
    keywords = tuple(str(dictionary.keyword(part)) for field in each.fields for part in field.split("/"))
    code = None if each.code is None else str(each.code)
    return ir.StatusType(str(each.name), str(each.section), str(each.status_class), code, keywords, _place(each.name))


def _service(schema: Schema, service: model.Service) -> ir.Service:
    annex_c = AnnexC(schema, service)
    return ir.Service(
        name=str(service.name),
        document=str(service.document or "PS3.7"),
        section=str(service.section),
        summary=str(service.summary),
        group=str(service.group),
        kind=str(service.kind),
        procedures={str(name): str(cell) for name, cell in service.procedures.items()},
        table=str(service.table),
        columns=tuple(ir.Column(str(column), ROLES[column]) for column in service.columns),
        rows=tuple(_row(schema, service, annex_c, name) for name in annex_c.parameters()),
        messages=tuple(_message(schema, role, each) for role, each in rule_catalogue.messages(service)),
        status_section=None if service.status_section is None else str(service.status_section),
        status_types=_texts(service.status_types),
        source=_place(service.name),
    )


def _row(schema: Schema, service: model.Service, annex_c: AnnexC, name: str) -> ir.Row:
    keyword = schema.dictionary.keyword
    row = service.parameter(name)
    by_column: dict[str, str] = {}
    for column in service.columns:
        of_annex_c = "C" if column == _RESPONSE else "-"
        by_column[str(column)] = str(service.cell(name, column) or of_annex_c)
    condition = next((each for each in service.conditions if name in each.parameters), None)
    repeats = next((of for what, of in service.equal_to_request.items() if what == name), None)
    may_be_added = by_column.get(_RESPONSE, "M").startswith(("-", "C"))
    return ir.Row(
        name=str(name),
        keyword=str(keyword(name)),
        section=str(row.section if row else annex_c.section(name)),
        description=str(row.description) if row else "",
        cells=tuple(_cell(ROLES[column], text) for column, text in by_column.items()),
        equals=None if repeats is None else str(keyword(repeats)),
        condition=None if condition is None else _condition(schema, condition),
        with_status=tuple(annex_c.codes(name)) if may_be_added else (),
        added=row is None,
        source=_place(row.name) if row else None,
    )


def _cell(role: str, text: str) -> ir.Cell:
    glyph, _, fixed = text.removesuffix("(=)").partition(" ")
    return ir.Cell(role, text, glyph, int(fixed) if fixed else None, text.endswith("(=)"))


def _condition(schema: Schema, condition: model.Condition) -> ir.Condition:
    required, permitted = condition.required, condition.permitted
    return ir.Condition(
        role=ROLES[condition.column],
        required=_expression(schema, required),
        permitted=_expression(schema, permitted),
        required_words=rule_catalogue.words(schema, required),
        permitted_words=rule_catalogue.words(schema, permitted),
        section=str(condition.section),
        severity=str(condition.severity or "error"),
    )


def _expression(schema: Schema, of: expression.Expression) -> ir.Expression:
    if isinstance(of, expression.Constant):
        return ir.Expression("always" if of.truth else "never", "", False, ())
    if isinstance(of, expression.StatusIs):
        return ir.Expression("status", str(of.name), False, ())
    if isinstance(of, expression.ParameterIs):
        op = "present" if of.present else "absent"
        return ir.Expression(op, str(schema.dictionary.keyword(of.name)), of.in_request, ())
    if isinstance(of, expression.Negation):
        return ir.Expression("not", "", False, (_expression(schema, of.of),))
    return ir.Expression(of.word, "", False, tuple(_expression(schema, part) for part in of.parts))


def _message(schema: Schema, role: str, message: model.Message) -> ir.Message:
    keyword = schema.dictionary.keyword
    return ir.Message(
        name=str(message.name),
        role=role,
        tables=_texts(message.tables),
        command_field=f"{message.command_field:04X}H",
        data_set=str(message.data_set),
        fields=tuple(str(keyword(name)) for name in message.fields),
        without_field=tuple(str(keyword(name)) for name in message.without_field),
        source=_place(message.name),
    )


def _service_class(each: model.ServiceClass, written: dict[str, model.StatusTable]) -> ir.ServiceClass:
    return ir.ServiceClass(
        str(each.name),
        tuple(ir.SOPClass(str(name), str(uid)) for name, uid in each.sop_classes.items()),
        tuple(_status_table(each, table, written) for table in each.tables),
    )


def _status_table(
    each: model.ServiceClass, table: model.StatusTable, written: dict[str, model.StatusTable]
) -> ir.StatusTable:
    codes = written[table.as_in].codes if table.as_in is not None else table.codes
    return ir.StatusTable(
        services=_texts(table.services),
        sop_classes=tuple(str(each.uid(name)) for name in table.sop_classes),
        section=str(table.section),
        table=None if table.table is None else str(table.table),
        as_in=None if table.as_in is None else str(table.as_in),
        codes=tuple(ir.AssignedStatus(str(row.code), str(row.type), str(row.meaning)) for row in codes),
        source=_place(table.section),
    )


def _profile(schema: Schema, profile: model.Profile) -> ir.Profile:
    return ir.Profile(
        str(profile.name),
        str(profile.document),
        str(profile.section),
        str(profile.summary),
        tuple(_extension(schema, profile, extension) for extension in profile.services),
        _place(profile.name),
    )


def _extension(schema: Schema, profile: model.Profile, extension: model.Extension) -> ir.Extension:
    left = extension.statuses
    return ir.Extension(
        service=str(extension.extends),
        sop_classes=tuple(sop_class_uids(schema, extension)),
        cells=tuple(_changed_cell(schema, profile, change) for change in extension.changes),
        conditions=tuple(
            ir.ChangedCondition(
                tuple(str(schema.dictionary.keyword(name)) for name in new.condition.parameters),
                _condition(schema, new.condition),
                str(new.reason),
                _place(new.reason),
            )
            for new in extension.conditions
        ),
        statuses=None
        if left is None
        else ir.LeftStatuses(
            _texts(left.codes),
            str(left.severity or "error"),
            profile.cited(left.section),
            str(left.reason),
            _place(left.reason),
        ),
        severities=tuple(
            ir.ChangedSeverity(
                str(each.rule),
                str(each.base),
                str(each.here),
                profile.cited(each.section),
                str(each.reason),
                _place(each.rule),
            )
            for each in extension.severities
        ),
        source=_place(extension.extends),
    )


def _changed_cell(schema: Schema, profile: model.Profile, change: model.Change) -> ir.ChangedCell:
    return ir.ChangedCell(
        keyword=str(schema.dictionary.keyword(change.parameter)),
        role=ROLES[change.column],
        base=str(change.base),
        here=str(change.here),
        values=Cell.parse(change.here).fixed,
        relaxed=change.relaxed,
        section=profile.cited(change.section),
        reason=str(change.reason),
        source=_place(change.parameter),
    )


def _rule(rule: rule_catalogue.Rule) -> ir.Rule:
    return ir.Rule(
        str(rule.id),
        str(rule.page),
        str(rule.keyword),
        str(rule.kind),
        str(rule.severity),
        str(rule.section),
        str(rule.purpose),
        rule.statuses,
    )


def _rule_text(group: str, rule: model.Rule) -> ir.RuleText:
    return ir.RuleText(
        group,
        str(rule.name),
        str(rule.severity),
        str(rule.section),
        str(rule.purpose),
        _texts(rule.statuses),
        _place(rule.name),
    )


def _advice(keyword: str, each: model.Advice) -> ir.Advice:
    return ir.Advice(
        str(each.rule),
        str(keyword),
        str(each.when),
        _texts(each.services),
        str(each.severity),
        str(each.purpose),
        _place(each.rule),
    )
