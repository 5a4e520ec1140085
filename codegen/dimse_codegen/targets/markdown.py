"""The reference in Markdown: a page a service, a page a rule, a page an element, and their indexes."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import field, frozen

from dimse_codegen.ir import IR, Element, Message, Row, Rule, Service
from dimse_codegen.targets import Job
from dimse_codegen.targets.examples import examples, looked_up
from dimse_codegen.targets.standard import linked, linked_in
from dimse_codegen.targets.words import code, demand, escaped, rule_file, slug

_ROLES = ("request", "response", "cancel")


@frozen
class Table:
    """A table: its head, and rows of cells in Markdown."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def line(self) -> str:
        """What parts head and rows."""
        return "|" + "---|" * len(self.head)


@frozen
class Section:
    """A part of a page: paragraphs, a list, a table, examples as doctests, any of them empty."""

    title: str
    text: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    table: Table | None = None
    examples: tuple[str, ...] = ()


@frozen
class Page:
    """A page: its path without ending, title, what stands under the title, sections, and the pages below it."""

    path: str
    title: str
    text: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
    below: tuple[str, ...] = field(default=())


def plain(job: Job) -> dict[str, str]:
    """Pages for any reader of Markdown."""
    return _printed(job, sphinx=False)


def myst(job: Job) -> dict[str, str]:
    """The same pages for Sphinx with MyST, each with a toctree of the pages below it, and examples that it can run."""
    return _printed(job, sphinx=True)


def _printed(job: Job, *, sphinx: bool) -> dict[str, str]:
    shared: dict[str, object] = {
        "edition": job.ir.edition,
        "sphinx": sphinx,
        "fence": "{doctest}" if sphinx else "pycon",
    }
    return {f"{page.path}.md": job.render("markdown/page.md.j2", page=page, **shared) for page in _pages(job)}


def _pages(job: Job) -> list[Page]:
    ir = job.ir
    return [_index(ir), _service_index(ir), *_service_pages(job), *_rule_pages(job), *_element_pages(ir)]


def _index(ir: IR) -> Page:
    text = (f"{len(ir.services)} services, {len(ir.rules)} rules, {len(ir.elements)} elements of PS3.7 {ir.edition}.",)
    items = ("[Services](services/index.md)", "[Rules](rules/index.md)", "[Elements](elements/index.md)")
    below = ("services/index", "rules/index", "elements/index")
    return Page("index", "Reference", text, (Section("Pages", (), items),), below)


# Services


def _service_index(ir: IR) -> Page:
    head = ("Service", "Group", "Section", "What it does")
    rows = tuple(
        (
            f"[{each.name}]({slug(each.name)}.md)",
            each.group,
            linked_in(each.document, each.section),
            escaped(each.summary),
        )
        for each in ir.services
    )
    below = tuple(slug(service.name) for service in ir.services)
    return Page("services/index", "Services", (), (Section("Of PS3.7", (), (), Table(head, rows)),), below)


def _service_pages(job: Job) -> Iterator[Page]:
    ir = job.ir
    for service in ir.services:
        run = examples(job.schema, service, job.package) if job.package else ()
        source = f"{service.document} {linked_in(service.document, service.section)}; {service.group}, {service.kind}."
        sections = [
            _matrix(ir, service),
            _conditions(service),
            _equality(service),
            Section("Examples", examples=run),
            _parameters(ir, service),
            *(_message(ir, service, message) for message in service.messages),
            _statuses(ir, service),
            _assigned(ir, service),
        ]
        held = tuple(each for each in sections if each.items or each.table or each.text or each.examples)
        yield Page(f"services/{slug(service.name)}", service.name, (escaped(service.summary), source), held)


def _matrix(ir: IR, service: Service) -> Section:
    head = ("Parameter", *(column.head for column in service.columns))
    rows = tuple((_element_link(ir, row), *(cell.text for cell in row.cells)) for row in service.rows if not row.added)
    return Section(f"Table {service.table}", (), (), Table(head, rows))


def _conditions(service: Service) -> Section:
    items = []
    for row in service.rows:
        if row.condition is not None:
            where = f"{escaped(row.name)} in a {row.condition.role}"
            items.append(
                f"{where}: {escaped(demand(row.condition))} ({linked_in(service.document, row.condition.section)})"
            )
        if row.with_status:
            items.append(f"{escaped(row.name)} in a response whose Status is {', '.join(row.with_status)}: permitted.")
    return Section("Conditions", (), tuple(items))


def _equality(service: Service) -> Section:
    items = [
        f"{escaped(row.name)} repeats {row.equals or 'the same parameter'} of the request."
        for row in service.rows
        if row.equals or any(cell.equal for cell in row.cells)
    ]
    return Section("Equal to the request", (), tuple(items))


def _parameters(ir: IR, service: Service) -> Section:
    items = []
    for row in service.rows:
        text = escaped(row.description) if row.description else "In responses of certain statuses alone."
        items.append(f"{_element_link(ir, row)}: {text} ({linked_in(service.document, row.section)})")
    return Section("Parameters", (), tuple(items))


def _message(ir: IR, service: Service, message: Message) -> Section:
    elements = {element.keyword: element for element in ir.elements}
    cells = {row.keyword: cell.text for row in service.rows for cell in row.cells if cell.role == message.role}
    rows = []
    for keyword in message.fields:
        element = elements.get(keyword)
        if element is None:
            rows.append((keyword, "Data Set", "", "", cells.get(keyword, "")))
        else:
            link = f"[{escaped(element.name)}](../elements/{keyword}.md)"
            rows.append((link, element.tag, element.vr, element.vm, cells.get(keyword, "")))
    count = sum(rule.page == message.name for rule in ir.rules)
    text = (
        f"Command Field {message.command_field}; Data Set: {message.data_set}; "
        f"Table {', '.join(linked_in(service.document, table) for table in message.tables)}; "
        f"[{count} rules](../rules/{slug(message.name)}/index.md).",
    )
    return Section(message.name, text, (), Table(("Field", "Tag", "VR", "VM", "Cell"), tuple(rows)))


def _statuses(ir: IR, service: Service) -> Section:
    types = {each.name: each for each in ir.status_types}
    rows = tuple(
        (escaped(name), types[name].status_class, types[name].code or "by Service Class",
         ", ".join(types[name].keywords), linked(types[name].section))
        for name in service.status_types
    )  # fmt: skip
    where = f"{service.document} {linked_in(service.document, service.status_section or '')}"
    text = (f"The types of status that a response may carry ({where}).",)
    table = Table(("Type", "Class", "Code", "Fields beside Status", "Section"), rows)
    return Section("Statuses", text, (), table) if rows else Section("Statuses")


def _assigned(ir: IR, service: Service) -> Section:
    """A row for each meaning of a code, with the Service Classes that give it that."""
    where: dict[tuple[str, ...], dict[str, None]] = {}
    for each in ir.service_classes:
        for table in each.tables:
            for row in table.codes if service.name in table.services else ():
                places = where.setdefault((row.code, escaped(row.type), escaped(row.meaning)), {})
                places[f"{escaped(each.name)} {linked(table.section, 4)}"] = None
    if not where:
        return Section("Statuses of Service Classes")
    rows = tuple((*row, ", ".join(places)) for row, places in where.items())
    table_of_all = Table(("Code", "Type", "Meaning", "Service Class, section of PS3.4"), rows)
    return Section("Statuses of Service Classes", ("The codes that PS3.4 assigns.",), (), table_of_all)


# Rules


def _rule_pages(job: Job) -> Iterator[Page]:
    ir = job.ir
    by_page: dict[str, list[Rule]] = {}
    for rule in ir.rules:
        by_page.setdefault(rule.page, []).append(rule)
    items = tuple(f"[{name}]({slug(name)}/index.md): {len(rules)}" for name, rules in by_page.items())
    below = tuple(f"{slug(name)}/index" for name in by_page)
    yield Page("rules/index", "Rules", (f"{len(ir.rules)} rules.",), (Section("Of messages", (), items),), below)
    elements = {element.keyword for element in ir.elements}
    owner = {message.name: service.name for service in ir.services for message in service.messages}
    for name, rules in by_page.items():
        listed = tuple(f"[{code(rule.id)}]({rule_file(rule)}.md): {escaped(rule.purpose)}" for rule in rules)
        below = tuple(rule_file(rule) for rule in rules)
        yield Page(f"rules/{slug(name)}/index", f"Rules of {name}", (), (Section("Rules", (), listed),), below)
        for rule in rules:
            where = linked(rule.section) if rule.section.startswith("PS3.") else escaped(rule.section)
            facts = [f"{where}; severity: {rule.severity}."]
            if name in owner:
                facts.append(f"Service: [{owner[name]}](../../services/{slug(owner[name])}.md), message {name}.")
            if rule.keyword in elements:
                facts.append(f"Element: [{rule.keyword}](../../elements/{rule.keyword}.md).")
            if rule.statuses:
                facts.append(f"Answered with, the first that the service has: {escaped(', '.join(rule.statuses))}.")
            sections = [Section("Facts", (), tuple(facts))]
            if job.package:
                sections.append(Section("In Python", examples=(looked_up(rule, job.package),)))
            yield Page(f"rules/{slug(name)}/{rule_file(rule)}", rule.id, (escaped(rule.purpose),), tuple(sections))


# Elements


def _element_pages(ir: IR) -> Iterator[Page]:
    head = ("Tag", "Name", "Keyword", "VR", "VM")
    rows = tuple(
        (each.tag, f"[{escaped(each.name)}]({each.keyword}.md)", each.keyword, each.vr, each.vm) for each in ir.elements
    )
    below = tuple(element.keyword for element in ir.elements)
    yield Page("elements/index", "Elements", (), (Section("Annex E", (), (), Table(head, rows)),), below)
    for element in ir.elements:
        yield Page(f"elements/{element.keyword}", element.name, _facts(element), tuple(_uses(ir, element)))


def _facts(element: Element) -> tuple[str, ...]:
    retired = "; retired, part of no message" if element.retired else ""
    table = "E.2-1" if element.retired else "E.1-1"
    facts = [f"{element.tag} {element.keyword}, {element.vr}, VM {element.vm}{retired} (PS3.7 Table {linked(table)})."]
    if element.values:
        facts.append("Values: " + ", ".join(f"{escaped(each.word)} {each.code:04X}H" for each in element.values) + ".")
    return tuple(facts)


def _uses(ir: IR, element: Element) -> Iterator[Section]:
    head = ("Service", "request", "response", "cancel", "Section")
    rows = []
    for service in ir.services:
        for row in service.rows:
            if row.keyword == element.keyword:
                cells = {cell.role: cell.text for cell in row.cells}
                link = f"[{service.name}](../services/{slug(service.name)}.md)"
                rows.append((link, *(cells.get(role, "") for role in _ROLES), linked(row.section)))
    if rows:
        yield Section("Cells", (), (), Table(head, tuple(rows)))
    types = [f"{escaped(each.name)} ({linked(each.section)})" for each in ir.status_types
             if element.keyword in each.keywords]  # fmt: skip
    if types:
        yield Section("Statuses that permit it", (), tuple(types))
    rules = [rule for rule in ir.rules if rule.keyword == element.keyword]
    if rules:
        links = tuple(f"[{code(rule.id)}](../rules/{slug(rule.page)}/{rule_file(rule)}.md)" for rule in rules)
        yield Section("Rules", (), links)


def _element_link(ir: IR, row: Row) -> str:
    """The name of a row; a Data Set has no page."""
    if any(row.keyword == each.keyword for each in ir.data_sets):
        return escaped(row.name)
    return f"[{escaped(row.name)}](../elements/{row.keyword}.md)"
