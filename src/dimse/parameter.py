"""The matrix at run time: elements, rows and tables, and the binding of a value check to its parameter.

A row is what PS3.7 prints: a name, its cells as glyphs, a section. What a glyph demands of a message is decided in
`dimse.judge`, nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

from attrs import Attribute, evolve, frozen

from dimse.condition import Condition, StatusIs
from dimse.errors import ParameterError, ParameterValueError
from dimse.violation import Severity

Role: TypeAlias = Literal["request", "response", "cancel"]

ROLE_OF_COLUMN: dict[str, Role] = {"Req/Ind": "request", "Rsp/Conf": "response", "CnclReq/CnclInd": "cancel"}
COLUMN_OF_ROLE: dict[Role, str] = {role: column for column, role in ROLE_OF_COLUMN.items()}


@frozen
class Element:
    """An entry of the Command Dictionary. Source: PS3.7 Annex E.

    Attributes:
        tag: group and element in one number; None for a Data Set parameter, which has no tag.
        name: as the standard spells it.
        keyword: attribute name of the parameter.
        vr: Value Representation; "" for a Data Set parameter.
        vm: Value Multiplicity, "1" or "1-n".
        retired: True for the elements of E.2.
        values: where only some values may stand, these.
        default: what a new primitive holds in a request, None for nothing.
    """

    name: str
    keyword: str
    tag: int | None = None
    vr: str = ""
    vm: str = ""
    retired: bool = False
    values: tuple[int, ...] = ()
    default: int | None = None


class Default(int):
    """A value nobody assigned: it stands in a request and counts as absent everywhere else."""


@frozen(kw_only=True)
class Row:
    """One parameter of a service: a row of its table.

    Attributes:
        name, keyword, tag, vr, vm, values: from the Command Dictionary; a Data Set parameter has no tag and VR "".
        request, response, cancel: the cells, glyphs as printed; None where the service has no such column.
        section: where PS3.7 explains the parameter.
        status_related: True where Annex C adds the row to those of the service's table.
        required, permitted: the conditions of a C cell.
        with_status: the Status codes with which Annex C permits the parameter in a response.
        severity: of a broken condition.
        equals: keyword of the request's parameter that this one repeats, by a rule of the text.
        document: what `section` is a section of; PS3.7, but for the tables of other documents.
        cited: where the cells stand that a profile has changed, by role, as "PS3.4 C.4.2.1.6".
    """

    name: str
    keyword: str
    tag: int | None
    vr: str
    vm: str
    values: tuple[int, ...]
    request: str | None
    response: str | None
    cancel: str | None
    section: str
    status_related: bool
    required: Condition | None
    permitted: Condition | None
    with_status: StatusIs | None
    severity: Severity
    equals: str | None
    document: str = "PS3.7"
    cited: tuple[tuple[Role, str], ...] = ()

    def citation(self, role: Role | None = None) -> str:
        """Where the parameter is explained, or its cell of a role, as "PS3.7 9.1.4.1.8"."""
        own = next((where for of, where in self.cited if of == role), "")
        return own or f"{self.document} {self.section}"

    def cell(self, role: Role) -> str | None:
        """The cell of the column of `role`."""
        return {"request": self.request, "response": self.response, "cancel": self.cancel}[role]


class Table(tuple[Row, ...]):
    """The requirement matrix of a service, a tuple of rows; `print` shows it as the standard does.

    Attributes:
        title: where it is printed, as "Table 9.1-4".
        document: of what: PS3.7, where a schema names no other.
        columns: the column heads in order.
        roles: the role each column stands for.
    """

    title: str
    document: str
    columns: tuple[str, ...]
    roles: tuple[Role, ...]

    def __new__(cls, *rows: Row, title: str, columns: tuple[str, ...], document: str = "PS3.7") -> Table:
        """A table of rows under a title and column heads; the rows of Annex C stay those of PS3.7."""
        if document != "PS3.7":
            rows = tuple(row if row.status_related else evolve(row, document=document) for row in rows)
        table = super().__new__(cls, rows)
        table.title = title
        table.document = document
        table.columns = columns
        table.roles = tuple(ROLE_OF_COLUMN[column] for column in columns)
        return table

    def __reduce__(self) -> tuple[Callable[..., Table], tuple[Any, ...]]:
        return _table, (tuple(self), self.title, self.columns, self.document)

    def __str__(self) -> str:
        lines = [("Parameter", *self.columns)]
        lines += [(row.name, *(row.cell(role) or "" for role in self.roles)) for row in self]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        printed = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
        rule = "  ".join("-" * width for width in widths)
        annex_c = [number for number, row in enumerate(self) if row.status_related]
        if annex_c:
            printed.insert(1 + annex_c[0], f"{rule}  (Annex C)")
        printed.insert(1, rule)
        return "\n".join(line.rstrip() for line in printed)


def _table(rows: tuple[Row, ...], title: str, columns: tuple[str, ...], document: str) -> Table:
    return Table(*rows, title=title, columns=columns, document=document)


class Dictionary:
    """The Command Dictionary: looks up names for rows, keywords for fields, tags for bytes."""

    def __init__(self, *elements: Element) -> None:
        self.by_name = {element.name: element for element in elements}
        self.by_keyword = {element.keyword: element for element in elements}
        self.by_tag = {element.tag: element for element in elements if element.tag is not None}

    def row(
        self,
        name: str,
        request: str | None,
        response: str | None,
        cancel: str | None = None,
        *,
        section: str,
        status_related: bool = False,
        required: Condition | None = None,
        permitted: Condition | None = None,
        with_status: StatusIs | None = None,
        severity: Severity = "error",
        equals: str | None = None,
        cited: tuple[tuple[Role, str], ...] = (),
    ) -> Row:
        """The row of a parameter: its cells and conditions, and what the dictionary says of its name."""
        element = self.by_name[name]
        return Row(
            name=name,
            keyword=element.keyword,
            tag=element.tag,
            vr=element.vr,
            vm=element.vm,
            values=element.values,
            request=request,
            response=response,
            cancel=cancel,
            section=section,
            status_related=status_related,
            required=required,
            permitted=permitted,
            with_status=with_status,
            severity=severity,
            equals=equals,
            cited=cited,
        )

    def bind(self, _: type, fields: list[Attribute[Any]]) -> list[Attribute[Any]]:
        """Give every field's check the name of its field: the `field_transformer` of generated classes."""
        return [self._bound(field) if field.converter and field.init else field for field in fields]

    def _bound(self, field: Attribute[Any]) -> Attribute[Any]:
        check = field.converter
        keyword = field.name
        values = self.by_keyword[keyword].values
        default = field.default

        def converter(value: Any) -> Any:
            if value is default:
                return value
            try:
                value = check(value)  # type: ignore[misc, operator]
            except ParameterError as error:
                error.keyword = keyword
                raise
            if values and value is not None and value not in values:
                allowed = ", ".join(map(str, values))
                raise ParameterValueError("US", value, f"must be one of {allowed}", keyword)
            return value

        changes: dict[str, Any] = {"converter": converter}
        if isinstance(field.default, int):
            changes["default"] = default = Default(field.default)
        if not self.by_keyword[keyword].vr:
            changes["eq_key"] = _data_set_bytes
        return field.evolve(**changes)


def _data_set_bytes(value: Any) -> Any:
    """Compare Data Sets by their bytes: an `io.BytesIO` equals itself alone."""
    return value.getvalue() if hasattr(value, "getvalue") else value
