"""Profiles to what a template prints: the classes of the services as the profile has them, and what it changes."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from dimse_codegen.layout import quote
from dimse_codegen.model import ROLES, Extension, Parameter, Profile, Schema
from dimse_codegen.profiled import Cell, citations, condition_of, profiled, sop_class_uids
from dimse_codegen.rule_catalogue import words
from dimse_codegen.view import ServicePrinter, ServiceView, class_name, in_blocks, tuple_literal


@frozen
class ProfileView:
    """A module of a profile."""

    path: str
    module: str
    name: str
    section: str
    summary: str
    services: tuple[ServiceView, ...]
    base: str
    imports: tuple[dict[str, list[str]], ...]
    typing_imports: tuple[dict[str, list[str]], ...]
    extended: tuple[tuple[str, ...], ...]
    changes: tuple[tuple[str, ...], ...]


def profile_views(schema: Schema, base: str) -> Iterator[ProfileView]:
    """All that is printed of the profiles.

    Args:
        schema: its profiles obey the laws.
        base: the package of the services as an import names it, "dimse.services" or "..services".
    """
    for profile in schema.profiles:
        printers = [_Printer(schema, profile, extension, base) for extension in profile.services]
        views = tuple(printer.view() for printer in printers)
        imports: dict[str, set[str]] = {"dimse.profile": {"Profile"}}
        typing_imports: dict[str, set[str]] = {}
        for printer in printers:
            for found, wanted in ((imports, printer.imports), (typing_imports, printer.typing_imports)):
                for module, names in wanted.items():
                    found.setdefault(module, set()).update(names)
            for module, names in printer.local_imports.items():
                imports.setdefault(f"{base}{module}", set()).update(names)
        imports.setdefault(f"{base}._dictionary", set()).add("DICTIONARY")
        parent, _, package = base.rpartition(".")
        imports.setdefault(parent if parent.strip(".") else f"{parent}.", set()).add(f"{package} as base")
        yield ProfileView(
            path=f"schema/profiles/{profile.path.name}",
            module=profile.path.stem,
            name=profile.name,
            section=profile.cited(profile.section),
            summary=profile.summary,
            services=views,
            base=base,
            imports=in_blocks(imports),
            typing_imports=in_blocks(typing_imports),
            extended=tuple(
                (class_name(each.extends), tuple_literal(tuple(map(quote, sop_class_uids(schema, each)))))
                for each in profile.services
            ),
            changes=tuple(change for each in profile.services for change in _changes(schema, profile, each)),
        )


def _changes(schema: Schema, profile: Profile, extension: Extension) -> Iterator[tuple[str, ...]]:
    """Service, what, as it was, as it is, whether that is relaxed, section, reason."""
    service = schema.service(extension.extends)
    assert service is not None  # by the law EXTENDS_KNOWN

    def row(what: str, base: str, here: str, relaxed: bool, section: str, reason: str) -> tuple[str, ...]:
        texts = [quote(text) for text in (str(service.name), what, base, here)]
        return (*texts, str(relaxed), quote(profile.cited(section)), quote(reason))

    for change in extension.changes:
        what = f"{change.parameter}, {change.column}"
        yield row(what, change.base, change.here, change.relaxed, change.section, change.reason)
    for new in extension.conditions:
        said = _said(schema, new.condition)
        for name in new.condition.parameters:
            old = condition_of(service, name, new.condition.column)
            was = _said(schema, old) if old is not None else "no condition"
            yield row(f"{name}, {new.condition.column}", was, said, False, new.condition.section, new.reason)
    if extension.statuses is not None:
        left = extension.statuses
        yield row("Status", "the service's", ", ".join(left.codes), False, left.section, left.reason)
    for each in extension.severities:
        ranks = ("off", "advisory", "warning", "error")
        relaxed = ranks.index(each.here) < ranks.index(each.base)
        yield row(each.rule, each.base, each.here, relaxed, each.section, each.reason)


def _said(schema: Schema, condition: object) -> str:
    required, permitted = (words(schema, getattr(condition, name)) for name in ("required", "permitted"))
    return f"required while {required}, permitted while {permitted}"


class _Printer(ServicePrinter):
    """One service of a profile on its way to a view."""

    def __init__(self, schema: Schema, profile: Profile, extension: Extension, base: str) -> None:
        service = schema.service(extension.extends)
        assert service is not None  # by the law EXTENDS_KNOWN
        cancel = next((each for each in schema.services if each.kind == "cancel"), None)
        super().__init__(schema, profiled(schema, service, extension), cancel)
        self.profile = profile
        self.extension = extension
        self.cited = citations(profile, extension)

    def _extends(self) -> str:
        return f"base.{class_name(self.service.name)}"

    def _status_only(self) -> tuple[str, ...]:
        left = self.extension.statuses
        if left is None:
            return ()
        self._use("dimse.response", "Only")
        codes = f"{self._use('dimse.condition', 'codes')}({', '.join(map(quote, left.codes))})"
        return codes, quote(left.severity or "error"), quote(self.profile.cited(left.section))

    def _severities(self) -> tuple[str, ...]:
        return tuple(f"({quote(each.rule)}, {quote(each.here)})" for each in self.extension.severities)

    def _row(self, parameter: Parameter) -> tuple[str, ...]:
        pairs = [
            f"({quote(ROLES[column])}, {quote(self.cited[str(parameter.name), str(column)])})"
            for column in self.service.columns
            if (str(parameter.name), str(column)) in self.cited
        ]
        row = super()._row(parameter)
        return (*row, f"cited={tuple_literal(tuple(pairs))}") if pairs else row

    def _default(self, name: str) -> int | None:
        """A number that the request's cell fixes; a text is not put in, so that its absence is seen."""
        cell = str(self.service.cell(name, "Req/Ind") or "-")
        fixed = Cell.parse(cell).fixed
        if cell.startswith("MF ") and not (len(fixed) == 1 and fixed[0].isdecimal()):
            return self.dictionary.default(name)
        return super()._default(name)
