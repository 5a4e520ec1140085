"""The Status of a response, and what the standard says of it: class, type, meaning, and the fields it permits.

PS3.7 Annex C gives some codes one meaning everywhere; others lie in ranges from which the Service Classes of PS3.4
assign, each for its SOP Classes. A `Status` keeps the code as it came and answers for what is known of it; nothing here
judges. The tables are those of the package that a primitive was generated into, imported when a status is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, lru_cache
from importlib import import_module
from typing import Any

from attrs import evolve, field, frozen

from dimse.errors import ParameterTypeError
from dimse.vr import US

# Statuses that one service remembers; a peer decides how many it asks for.
REMEMBERED = 4096


@frozen
class StatusType:
    """A status type. Source: PS3.7 Annex C.

    Attributes:
        name: as "Refused: Out of resources".
        section: of PS3.7.
        status_class: "Success", "Pending", "Cancel", "Warning" or "Failure".
        code: the only one it has, None where a Service Class of PS3.4 assigns it.
        keywords: of the fields that a response may carry beside the Status.
    """

    name: str
    section: str
    status_class: str
    code: int | None
    keywords: tuple[str, ...]


@frozen
class AssignedStatus:
    """A row of a status table of PS3.4.

    Attributes:
        codes: a code or a range of codes, as the schema has it: "B000H", "A7xx".
        type: of Annex C.
        meaning: in a few words.
        section: where PS3.4 prints it, as "PS3.4 Table B.2-1".
    """

    codes: str
    type: str
    meaning: str
    section: str

    @property
    def first(self) -> int:
        """The lowest of the codes."""
        return int(self.codes.removesuffix("H").replace("x", "0"), 16)

    @property
    def last(self) -> int:
        """The highest of the codes."""
        return int(self.codes.removesuffix("H").replace("x", "F"), 16)


@frozen(repr=False)
class Status:
    """A Status code in the response of a service, perhaps of a SOP Class.

    Two are equal where code, service and SOP Class are; none is equal to a number. `int(status)` is the code.

    Attributes:
        code: as it stands in the response.
        service: as "C-FIND".
        sop_class: UID that the meaning was looked up for, None for none.
        status_class: "Success", "Pending", "Cancel", "Warning", "Failure"; None for a code in no class.
        type: status type of Annex C, None where it cannot be told.
        meaning: in a few words, "" for a code in no class.
        section: where that stands, as "PS3.4 Table B.2-1" or "PS3.7 C.5.21".
        of_service: whether the service answers with such a status; None where it does not say with which.
        of_sop_class: whether the SOP Class does too; None where it is not given, unknown, or has not this service.
        keywords: of the fields that a response may carry for it, beside those of the service's table.
    """

    code: int
    service: str
    sop_class: str | None
    status_class: str | None = field(eq=False)
    type: str | None = field(eq=False)
    meaning: str = field(eq=False)
    section: str = field(eq=False)
    of_service: bool | None = field(eq=False)
    of_sop_class: bool | None = field(eq=False)
    keywords: tuple[str, ...] = field(eq=False)

    @property
    def is_success(self) -> bool:
        """Whether the operation was performed."""
        return self.status_class == "Success"

    @property
    def is_pending(self) -> bool:
        """Whether more responses will come."""
        return self.status_class == "Pending"

    @property
    def is_final(self) -> bool:
        """Whether this is the last response: any code but a Pending one ends the operation."""
        return not self.is_pending

    @property
    def is_cancel(self) -> bool:
        """Whether the operation ended because it was cancelled."""
        return self.status_class == "Cancel"

    @property
    def is_warning(self) -> bool:
        """Whether the operation was performed, and there is something to say about it."""
        return self.status_class == "Warning"

    @property
    def is_failure(self) -> bool:
        """Whether the operation was not performed."""
        return self.status_class == "Failure"

    def __int__(self) -> int:
        return self.code

    def __index__(self) -> int:
        return self.code

    def __str__(self) -> str:
        kind = self.status_class or "of no status class"
        said = f"{kind}: {self.meaning}" if self.meaning not in ("", kind) else kind
        return f"{self.code:04X}H {said} ({self.section})"

    def __repr__(self) -> str:
        return f"<Status {self}>"


class _Rows:
    """The statuses that some SOP Classes have in common: by code where one is written out, else by range."""

    def __init__(self, rows: Iterable[AssignedStatus]) -> None:
        merged: dict[str, AssignedStatus] = {}
        for row in rows:  # a code may stand in several tables of one service, meaning the same in each
            other = merged.setdefault(row.codes, row)
            if other is not row:
                merged[row.codes] = evolve(other, section=f"{other.section}, {row.section.removeprefix('PS3.4 ')}")
        self.rows = tuple(merged.values())
        self._written_out = {row.first: row for row in self.rows if row.first == row.last}
        self._ranges = [row for row in self.rows if row.first != row.last]

    def find(self, code: int) -> AssignedStatus | None:
        """The row of a code, None where there is none."""
        row = self._written_out.get(code)
        return row or next((row for row in self._ranges if row.first <= code <= row.last), None)


class Statuses:
    """The statuses of one service: `C_FIND.STATUSES`.

    Attributes:
        service: as "C-FIND".
        section: where the types are listed, "" where they are not.
        types: the status types that its responses may carry.
    """

    def __init__(
        self,
        service: str,
        section: str,
        types: Iterable[str],
        keywords: Iterable[str],
        package: str,
        document: str = "PS3.7",
    ) -> None:
        annex_c: Any = import_module(f"{package}._statuses")
        self.service = service
        self.section = section
        self._package = package
        self._document = document
        self._keywords = frozenset(keywords)
        self._classes = annex_c.CLASSES
        self._assigned = annex_c.ASSIGNED
        self._annex_c = {each.name: each for each in _types(annex_c.TYPES)}
        self._general = {each.code: each for each in self._annex_c.values() if each.code is not None}
        self.types = tuple(self._annex_c[name] for name in types)
        self._remembered: Callable[[int, str | None], Status] = lru_cache(REMEMBERED)(self._look_up)

    def status(self, code: int, sop_class: str | None = None) -> Status:
        """What is known of a code in a response of this service.

        Args:
            code: 0 to 65535.
            sop_class: UID of the SOP Class, None where it is not known.

        Raises:
            ParameterTypeError, ParameterValueError: the code is no US, or the SOP Class no text.
        """
        if sop_class is not None and not isinstance(sop_class, str):
            raise ParameterTypeError("UI", sop_class, "must be a UID as str")
        if sop_class in self._by_sop_class:
            return self._remembered(US(code), str(sop_class))
        status = self._remembered(US(code), None)
        return status if sop_class is None else evolve(status, sop_class=sop_class)

    @property
    def sop_classes(self) -> tuple[str, ...]:
        """UIDs of the SOP Classes that are known to have this service."""
        return tuple(self._by_sop_class)

    def assigned(self, sop_class: str) -> tuple[AssignedStatus, ...]:
        """The statuses that PS3.4 assigns to a SOP Class for this service; empty where it is unknown."""
        rows = self._by_sop_class.get(sop_class)
        return rows.rows if rows else ()

    @cached_property
    def _by_sop_class(self) -> dict[str, _Rows]:
        tables: dict[str, list[tuple[AssignedStatus, ...]]] = {}
        for service, where, sop_classes, rows in _tables(self._package):
            if service == self.service:
                table = tuple(AssignedStatus(*row, section=f"PS3.4 {where}") for row in rows)
                for uid in sop_classes:
                    tables.setdefault(uid, []).append(table)
        shared: dict[tuple[int, ...], _Rows] = {}
        return {
            uid: shared.setdefault(tuple(map(id, found)), _Rows(row for table in found for row in table))
            for uid, found in tables.items()
        }

    @cached_property
    def _all_rows(self) -> list[_Rows]:
        return list({id(rows): rows for rows in self._by_sop_class.values()}.values())

    def _look_up(self, code: int, sop_class: str | None) -> Status:
        status_class = next((each.name for each in self._classes if each.covers(code)), None)
        general = self._general.get(code)
        rows = None if sop_class is None else self._by_sop_class[sop_class]
        row = rows.find(code) if rows else None
        assigned = status_class is not None and self._assigned.covers(code)
        could_be = self._assignable(status_class) if assigned else []
        of_service = (general in self.types if general else bool(could_be)) if self.types else None
        if row is None and rows is None and general is None:
            row = self._agreed(code)
        named = self._annex_c[row.type] if row and row.type else general
        if named is None and len(could_be) == 1:  # nobody assigns it, and the service has but one type that it could be
            named = could_be[0]
        meaning = row.meaning if row and row.meaning else named.name if named else status_class or ""
        section = row.section if row and row.section else self._section(named, of_service)
        return Status(
            code,
            self.service,
            sop_class,
            status_class,
            named.name if named else None,
            meaning,
            section,
            of_service,
            None if rows is None else row is not None or (of_service and not assigned),
            tuple(keyword for keyword in named.keywords if keyword in self._keywords) if named else (),
        )

    def _assignable(self, status_class: str | None) -> list[StatusType]:
        """The types of the service from which a Service Class may assign codes of a class."""
        return [each for each in self.types if each.code is None and each.status_class == status_class]

    def _agreed(self, code: int) -> AssignedStatus | None:
        """What every SOP Class that has a code says of it, "" where they differ: a response need not name its own."""
        found = [row for row in (rows.find(code) for rows in self._all_rows) if row is not None]
        if not found:
            return None
        type_, meaning, section = (
            texts.pop() if len(texts) == 1 else ""
            for texts in ({getattr(row, name) for row in found} for name in ("type", "meaning", "section"))
        )
        return AssignedStatus(found[0].codes, type_, meaning, section if meaning else "")

    def _section(self, named: StatusType | None, of_service: bool | None) -> str:
        if named is not None:
            return f"PS3.7 {named.section}"
        return f"{self._document} {self.section}" if of_service and self.section else "PS3.7 Annex C"


def _types(rows: Iterable[tuple[str, str, str, str, tuple[str, ...]]]) -> Iterator[StatusType]:
    for name, section, status_class, code, keywords in rows:
        yield StatusType(name, section, status_class, int(code.removesuffix("H"), 16) if code else None, keywords)


def _tables(package: str) -> Iterable[tuple[str, str, Iterable[str], tuple[tuple[str, str, str], ...]]]:
    """The status tables of a package; none where its schema says nothing of PS3.4."""
    name = f"{package}._service_classes"
    try:
        module: Any = import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return ()
    tables: Iterable[tuple[str, str, Iterable[str], tuple[tuple[str, str, str], ...]]] = module.TABLES
    return tables
