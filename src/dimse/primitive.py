"""The base of the service primitives: holds parameters, answers for them, prints them.

A primitive holds any of its service's parameters and may be incomplete. Values are checked on assignment by
`dimse.vr`; presence is judged on asking, for one role, by the columns of `dimse.judge`. Nothing here knows a service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar, cast

from attrs import define, field, fields

from dimse.command_set import COMMAND_FIELD, DATA_SET_FOLLOWS, DATA_SET_TYPE, NO_DATA_SET, Anomaly, RawElement, join
from dimse.errors import RoleError, UsageError
from dimse.judge import ANNOUNCED, Column, Reading, Received, column_name, show
from dimse.parameter import Default, Role, Table
from dimse.response import Only, sop_class_of
from dimse.rule import package_of
from dimse.value import write
from dimse.violation import Severity, Violation

if TYPE_CHECKING:
    from dimse.message import Message
    from dimse.status import Status, Statuses

RequestT_co = TypeVar("RequestT_co", bound="Message", covariant=True)
ResponseT_co = TypeVar("ResponseT_co", bound="Message", covariant=True)


class Profiled(Protocol):
    """What has columns of its own for some SOP Classes: a `dimse.profile.Profile`."""

    def column(self, column: Column, *sop_classes: str | None) -> Column:
        """The column that judges for the first of some SOP Classes that has one; else the column given."""
        ...


class _LazyStatuses:
    """Stands for the statuses of a service until they are asked for: most programs never ask."""

    def __get__(self, _: object, owner: type[Primitive[Any, Any]]) -> Statuses:
        from dimse.status import Statuses

        home = next(cls for cls in owner.__mro__ if "TABLE" in vars(cls))
        keywords = [row.keyword for row in owner.TABLE]
        statuses = Statuses(
            owner.SERVICE,
            owner.STATUS_SECTION,
            owner.STATUS_TYPES,
            keywords,
            package_of(owner),
            owner.TABLE.document,
        )
        setattr(home, "STATUSES", statuses)  # noqa: B010  (a class variable, to a type checker a descriptor)
        return statuses


@define(kw_only=True, repr=False)
class Primitive(Generic[RequestT_co, ResponseT_co]):
    """A DIMSE service primitive: a request, response or cancel, perhaps incomplete.

    Attributes:
        SERVICE: name of the service, as "C-MOVE".
        TABLE: its requirement matrix.
        REQUEST_KEYWORDS, RESPONSE_KEYWORDS: the parameters that are mandatory in a request, in a response.
        STATUS_OPTIONAL_KEYWORDS: the parameters that only Annex C permits, in responses with certain statuses.
        STATUS_TYPES, STATUS_SECTION: the status types that a response may carry, and where PS3.7 lists them.
        STATUSES: its statuses, to look codes up in.
        EXTENDS: the class that a profile's class changes; None for a service itself.
        STATUS_ONLY, SEVERITIES: the Status codes that a profile leaves, and other severities that it gives to rules.
        MESSAGES: the message of each role.
    """

    SERVICE: ClassVar[str]
    TABLE: ClassVar[Table]
    REQUEST_KEYWORDS: ClassVar[tuple[str, ...]] = ()
    RESPONSE_KEYWORDS: ClassVar[tuple[str, ...]] = ()
    STATUS_OPTIONAL_KEYWORDS: ClassVar[tuple[str, ...]] = ()
    STATUS_TYPES: ClassVar[tuple[str, ...]] = ()
    STATUS_SECTION: ClassVar[str] = ""
    STATUSES = _LazyStatuses()
    EXTENDS: ClassVar[type[Primitive[Any, Any]] | None] = None
    STATUS_ONLY: ClassVar[Only | None] = None
    SEVERITIES: ClassVar[tuple[tuple[str, Severity | str], ...]] = ()
    MESSAGES: ClassVar[dict[Role, type[Message]]]
    _COLUMNS: ClassVar[dict[Role, Column]]
    _KEYWORDS: ClassVar[tuple[str, ...]]

    _received: Received | None = field(init=False, default=None, eq=False)

    @classmethod
    def __attrs_init_subclass__(cls) -> None:
        cls.MESSAGES = {}
        cls._COLUMNS = {}
        cls._KEYWORDS = tuple(attribute.name for attribute in fields(cls) if attribute.init)
        cls.STATUS_OPTIONAL_KEYWORDS = tuple(
            row.keyword
            for row in cls.TABLE
            if row.with_status is not None and row.response in ("-", "C")
            if row.status_related or row.response == "-"
        )

    @classmethod
    def _add_message(cls, message: type[Message]) -> None:
        """Take in the message of a role, with the column that judges it."""
        role = message.ROLE
        cls.MESSAGES[role] = message
        column = Column(cls.SERVICE, role, message.NAME, cls.TABLE, message.DATA_SET, message.FIELDS, cls)
        cls._COLUMNS[role] = column
        if role == "response":
            cls.RESPONSE_KEYWORDS = column.mandatory
        elif role == cls.TABLE.roles[0]:
            cls.REQUEST_KEYWORDS = column.mandatory

    @property
    def msg_type(self) -> str:
        """Name of the service, as "C-MOVE"."""
        return self.SERVICE

    @property
    def received(self) -> Received | None:
        """What the bytes said beside the values; None where the primitive was not decoded."""
        return self._received

    @property
    def anomalies(self) -> tuple[Anomaly, ...]:
        """What was odd about the bytes this was decoded from; empty where it was not decoded."""
        return self._received.anomalies if self._received else ()

    @property
    def residue(self) -> tuple[RawElement, ...]:
        """The elements of the bytes that the attributes do not give back; empty where it was not decoded."""
        return self._received.residue if self._received else ()

    @property
    def role(self) -> Role:
        """The role it was decoded as; else a response where it has a Status or answers a Message ID, else a request."""
        if self._received is not None:
            return self._received.role
        if "request" not in self._COLUMNS:
            return "cancel"
        answers = getattr(self, "MessageIDBeingRespondedTo", None) is not None
        return "response" if answers or getattr(self, "Status", None) is not None else "request"

    @property
    def status(self) -> Status | None:
        """What the standard says of the Status, for the SOP Class that this names; None where there is no Status."""
        code = getattr(self, "Status", None)
        uids = (getattr(self, f"{which}SOPClassUID", None) for which in ("Affected", "Requested"))
        uid = next((uid for uid in uids if isinstance(uid, str)), None)
        return self.STATUSES.status(code, uid) if isinstance(code, int) else None

    def violations(
        self,
        role: Role | None = None,
        *,
        request: Primitive[Any, Any] | Message | None = None,
        profile: Profiled | None = None,
    ) -> tuple[Violation, ...]:
        """Everything PS3.7 has against this primitive in a role, in row order.

        Args:
            role: "request", "response" or "cancel"; that of `self.role` where left out.
            request: the request that a response answers; with it, equality is judged too.
            profile: what judges instead of PS3.7 alone, where the SOP Class is one of its own.

        Raises:
            RoleError: the service has no such role.

        Source: PS3.7 sections 7.5, 9.1, 10.1 and Annex C.
        """
        column = self._column(role)
        if profile is not None:
            column = profile.column(column, sop_class_of(request, self))
        return tuple(column.judge(self, request))

    def check_request(self) -> None:
        """Raise `UsageError` with every violation where this may not be a request."""
        self._check("request")

    def check_response(self) -> None:
        """Raise `UsageError` with every violation where this may not be a response."""
        self._check("response")

    @property
    def is_valid_request(self) -> bool:
        """Whether this may be a request: no violation that is an error."""
        return not _errors(self.violations("request"))

    @property
    def is_valid_response(self) -> bool:
        """Whether this may be a response: no violation that is an error."""
        return not _errors(self.violations("response"))

    def request(self) -> RequestT_co:
        """The request message with these parameters.

        Raises:
            UsageError: this may not be a request; it lists every violation.
        """
        return cast(RequestT_co, self._message("request"))

    def response(self) -> ResponseT_co:
        """The response message with these parameters.

        Raises:
            UsageError: this may not be a response; it lists every violation.
        """
        return cast(ResponseT_co, self._message("response"))

    def cancel(self) -> Message:
        """The cancel message with these parameters.

        Raises:
            UsageError: this may not be a cancel; it lists every violation.
            RoleError: the operation cannot be cancelled.
        """
        return self._message("cancel")

    def encode(self, role: Role | None = None) -> bytes:
        """The Command Set of what is set, whether or not it may be sent: canonical, the group length first.

        A Command Data Set Type that was received and announces a Data Set is kept, unless none is set that could be.

        Args:
            role: "request", "response" or "cancel"; that of `self.role` where left out.

        Raises:
            RoleError: the service has no such role.

        Source: PS3.7 section 6.3.1.
        """
        column = self._column(role)
        reading = Reading(self, column, None)
        values = [(COMMAND_FIELD, write("US", self.MESSAGES[column.role].COMMAND_FIELD))]
        follows = False
        for row in self.TABLE:
            value = reading.value(row.keyword)
            if value is None:
                continue
            if row.tag is not None:
                values.append((row.tag, write(row.vr, value)))
            else:
                follows = True
        values.append((DATA_SET_TYPE, write("US", self._data_set_type(column, follows))))
        return join(values)

    def __repr__(self) -> str:
        shown = "".join(f" {keyword}={text}" for keyword, text in self._shown())
        return f"<{self.SERVICE} {self.role}{shown}>"

    def _repr_html_(self) -> str:
        """The matrix with what is set and what is wrong, for Jupyter."""
        from dimse.html import matrix_html

        return matrix_html(self)

    def _shown(self) -> list[tuple[str, str]]:
        reading = Reading(self, self._column(None), None)
        values = [(row, reading.value(row.keyword)) for row in self.TABLE]
        return [(row.keyword, show(value, row)) for row, value in values if value is not None]

    def _data_set_type(self, column: Column, follows: bool) -> int:
        received = self._received
        if received is None or received.data_set_type in (None, NO_DATA_SET):
            return DATA_SET_FOLLOWS if follows else NO_DATA_SET
        # Where the message has no Data Set, no parameter can hold what the peer announced all the same.
        kept = follows or (column.data_set_keyword is None and received.role == column.role)
        return received.data_set_type if kept else NO_DATA_SET

    def _column(self, role: Role | None) -> Column:
        asked = role or self.role
        if asked == "request" and "request" not in self._COLUMNS:
            asked = "cancel"
        column = self._COLUMNS.get(asked)
        if column is None:
            raise RoleError(self.SERVICE, role, tuple(self._COLUMNS))
        return column

    def _check(self, role: Role) -> Column:
        column = self._column(role)
        errors = _errors(self.violations(role))
        if errors:
            raise UsageError(self.SERVICE, column_name(column.role), column.where, errors)
        return column

    def _message(self, role: Role) -> Message:
        column = self._check(role)
        message = self.MESSAGES[column.role]
        reading = Reading(self, column, None)
        values = {attribute.name: reading.value(attribute.name) for attribute in fields(message)}
        if column.data_set_keyword is not None and values[column.data_set_keyword] is None:
            # A Data Set that Annex C permits under another name travels as the one the message has.
            values[column.data_set_keyword] = next(
                filter(None, map(reading.value, self._other_data_sets(column))), None
            )
        if ANNOUNCED in values.values():
            keyword = next(keyword for keyword, value in values.items() if value is ANNOUNCED)
            text = f"{keyword} is announced by the Command Set and was not handed to decode"
            missing = Violation(f"{message.NAME}.{keyword}.announced", "error", keyword, "", text, "PS3.7 E.1")
            raise UsageError(self.SERVICE, column_name(column.role), column.where, (missing,))
        plain = {keyword: int(value) if type(value) is Default else value for keyword, value in values.items()}
        return message(**plain)

    def _other_data_sets(self, column: Column) -> list[str]:
        return [row.keyword for row in self.TABLE if not row.vr and row.keyword != column.data_set_keyword]

    @classmethod
    def _from_wire(cls, values: dict[str, Any], received: Received) -> Primitive[Any, Any]:
        """A primitive of values as they were read, unchecked: what the peer sent is shown, not refused."""
        primitive = cls.__new__(cls)
        for keyword in cls._KEYWORDS:
            object.__setattr__(primitive, keyword, values.get(keyword))
        object.__setattr__(primitive, "_received", received)
        return primitive


def _errors(violations: tuple[Violation, ...]) -> tuple[Violation, ...]:
    return tuple(violation for violation in violations if violation.severity == "error")
