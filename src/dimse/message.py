"""The base of the messages: one column of a matrix made a type, frozen and complete.

The type checker refuses what the table refuses; `violations` says what a type cannot, the conditions and equalities.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeVar

from attrs import fields, frozen

from dimse.command_set import COMMAND_FIELD, DATA_SET_FOLLOWS, DATA_SET_TYPE, NO_DATA_SET
from dimse.errors import ParameterError, RoleError
from dimse.parameter import Role
from dimse.shape import GROUP_LENGTHS, Shape, element_writer, twin
from dimse.violation import Violation

if TYPE_CHECKING:
    from dimse.primitive import Primitive, Profiled
    from dimse.status import Status
    from dimse.vr import BytesLike

ResponseT_co = TypeVar("ResponseT_co", bound="Response", covariant=True)


@frozen(kw_only=True, repr=False)
class Message:
    """A DIMSE message.

    Attributes:
        NAME: as "C-MOVE-RQ".
        PRIMITIVE: the primitive class of its service.
        ROLE: "request", "response" or "cancel".
        COMMAND_FIELD: value of Command Field.
        DATA_SET: "always", "never" or "conditional"; whether a Data Set follows the Command Set.
        FIELDS: where PS3.7 lists its fields, as "Table 9.3-9".
    """

    NAME: ClassVar[str]
    PRIMITIVE: ClassVar[type[Primitive[Any, Any]]]
    ROLE: ClassVar[Role]
    COMMAND_FIELD: ClassVar[int]
    DATA_SET: ClassVar[Literal["always", "never", "conditional"]]
    FIELDS: ClassVar[str]
    SHAPES: ClassVar[tuple[Shape, ...]] = ()
    _BLANK: ClassVar[staticmethod[[], Any]]
    _DATA_SET_KEYWORD: ClassVar[str]
    _VALUES: ClassVar[staticmethod[[Any], tuple[Any, ...]]]
    _WRITERS: ClassVar[tuple[Callable[[Any], bytes], ...]]

    @classmethod
    def __attrs_init_subclass__(cls) -> None:
        if hasattr(cls, "PRIMITIVE"):
            cls.PRIMITIVE._add_message(cls)
            cancel: type[Message] | None = getattr(cls, "CANCEL", None)
            if cancel is not None:
                cls.PRIMITIVE._add_message(cancel)
            held = {attribute.name for attribute in fields(cls)}
            rows = [(row.tag, row.keyword, row.vr) for row in cls.PRIMITIVE.TABLE if row.tag and row.keyword in held]
            writers = [(tag, keyword, element_writer(tag, vr)) for tag, keyword, vr in rows]
            command_field = element_writer(COMMAND_FIELD, "US")(cls.COMMAND_FIELD)
            data_set_type = element_writer(DATA_SET_TYPE, "US")
            follows, none = data_set_type(DATA_SET_FOLLOWS), data_set_type(NO_DATA_SET)
            writers.append((COMMAND_FIELD, "COMMAND_FIELD", {cls.COMMAND_FIELD: command_field}.__getitem__))
            if cls.DATA_SET == "conditional":
                known = {DATA_SET_FOLLOWS: follows, NO_DATA_SET: none}
                writers.append((DATA_SET_TYPE, "CommandDataSetType", known.__getitem__))
            else:
                writers.append((DATA_SET_TYPE, "DATA_SET", {"always": follows, "never": none}.__getitem__))
            writers.sort()
            cls._DATA_SET_KEYWORD = cls.PRIMITIVE._COLUMNS[cls.ROLE].data_set_keyword or ""
            cls._VALUES = staticmethod(attrgetter(*(keyword for _, keyword, _ in writers)))
            cls._WRITERS = tuple(write for _, _, write in writers)

    def __attrs_pre_init__(self) -> None:
        # The first message of a class brings in the straight lines, and their quicker way to make the next.
        load_straight_lines(type(self))

    def primitive(self) -> Primitive[Any, Any]:
        """The primitive with the parameters of this message, and no others."""
        absent = dict.fromkeys(self.PRIMITIVE._KEYWORDS)
        return self.PRIMITIVE(**(absent | self._parameters()))

    @property
    def data_set(self) -> BytesLike | None:
        """The encoded Data Set that follows the Command Set, None where none does."""
        keyword = self.PRIMITIVE._COLUMNS[self.ROLE].data_set_keyword
        return None if keyword is None else getattr(self, keyword)

    def violations(
        self, *, request: Primitive[Any, Any] | Message | None = None, profile: Profiled | None = None
    ) -> tuple[Violation, ...]:
        """Everything against this message, in row order, by PS3.7 or a `profile`; equality too, given the `request`."""
        return self.primitive().violations(self.ROLE, request=request, profile=profile)

    def encode(self) -> bytes:
        """The Command Set: canonical, the group length first. Source: PS3.7 section 6.3.1."""
        load_straight_lines(type(self))  # which puts a function in place of this method
        return type(self).encode(self)

    @property
    def CommandDataSetType(self) -> int:
        """Value of Command Data Set Type: 0101H where no Data Set follows. Source: PS3.7 section E.1."""
        keyword = self._DATA_SET_KEYWORD
        return DATA_SET_FOLLOWS if keyword and getattr(self, keyword) is not None else NO_DATA_SET

    def __repr__(self) -> str:
        shown = "".join(f" {keyword}={text}" for keyword, text in self.primitive()._shown())
        return f"<{self.NAME}{shown}>"

    def _repr_html_(self) -> str:
        """The matrix with what is set and what is wrong, for Jupyter."""
        return self.primitive()._repr_html_()

    def _parameters(self) -> dict[str, Any]:
        return {attribute.name: getattr(self, attribute.name) for attribute in fields(type(self))}


def install(
    message: type[Message],
    init: Callable[..., None],
    write: Callable[[Any], bytes],
    blank: Callable[[], Any],
    *shapes: Shape,
) -> None:
    """Put straight lines in place: how a message is made and written, and the shapes in which it is read."""
    init.__name__, init.__qualname__ = "__init__", f"{message.__qualname__}.__init__"
    lines = {"__init__": init, "encode": write, "_BLANK": staticmethod(blank), "SHAPES": shapes}
    for name, value in lines.items():
        setattr(message, name, value)


def load_straight_lines(message: type[Message]) -> None:
    """Import the straight lines of a message, which stand beside its module; without any, all goes the general way."""
    if "encode" in vars(message):
        return
    package, _, module = message.__module__.rpartition(".")
    name = f"{package}.wire_{module}"
    try:
        import_module(name)
    except ModuleNotFoundError as error:
        if error.name not in (name, package):
            raise
    if "encode" not in vars(message):
        make: Any = message.__init__
        install(message, make, write_any, _blank(message.PRIMITIVE))


def write_any(message: Message) -> bytes:
    """The Command Set of any message, element by element."""
    written = zip(message._WRITERS, message._VALUES(message), strict=True)
    body = b"".join([write(value) for write, value in written if value is not None])
    return GROUP_LENGTHS[len(body)] + body


def _blank(primitive: type[Primitive[Any, Any]]) -> Callable[[], Any]:
    """What makes a primitive with every parameter absent, free of checks."""
    made = twin(primitive)
    keywords = primitive._KEYWORDS

    def blank() -> Any:
        empty = made()
        for keyword in keywords:
            setattr(empty, keyword, None)
        return empty

    return blank


@frozen(kw_only=True, repr=False)
class Response(Message):
    """A message that answers a request."""

    ROLE = "response"

    @property
    def status(self) -> Status | None:
        """What the standard says of the Status, for the SOP Class that this names. Source: PS3.7 Annex C, PS3.4."""
        return self.primitive().status


def answer_to(request: object, service: type[Primitive[Any, Any]], given: dict[str, Any]) -> Any:
    """The response to a request: parameters given, and those that repeat it as far as its Status permits.

    A value of the request that may stand in no message is not repeated: one can always answer.
    """
    make: Any = service.MESSAGES["response"]
    repeated = {
        row.keyword: getattr(request, row.equals or row.keyword, None)
        for row in service.TABLE
        if row.keyword not in given and (row.equals or (row.response or "").endswith("(=)"))
    }
    while True:
        try:
            filled = make(**repeated, **given)
        except ParameterError as error:
            if error.keyword not in repeated:
                raise
            barred = {error.keyword}
        else:
            barred = {violation.keyword for violation in filled.violations() if violation.keyword in repeated}
            if not barred:
                return filled
        repeated = {keyword: value for keyword, value in repeated.items() if keyword not in barred}


@frozen(kw_only=True, repr=False)
class Cancel(Message):
    """A message that asks for an operation to end."""

    ROLE = "cancel"


@frozen(kw_only=True, repr=False)
class Request(Message, Generic[ResponseT_co]):
    """A message that asks for an operation or notifies of an event.

    Attributes:
        CANCEL: the message that cancels the operation, None where it cannot be cancelled.
    """

    ROLE = "request"
    CANCEL: ClassVar[type[Cancel] | None] = None

    def respond(self, *, Status: int, **parameters: Any) -> ResponseT_co:
        """The response to this request, the parameters that repeat the request filled in.

        Filled in are Message ID Being Responded To, every `(=)` parameter and every parameter that the text of PS3.7
        wants equal, as far as the Status permits them; what `parameters` names is left as given, None leaves out.

        Args:
            Status: of the response.
            parameters: other parameters of the response, by keyword.

        Raises:
            ParameterTypeError, ParameterValueError: a value that may not stand in its parameter.
        """
        made: ResponseT_co = answer_to(self, self.PRIMITIVE, {"Status": Status, **parameters})
        return made

    def cancel(self) -> Cancel:
        """The message that cancels this operation.

        Raises:
            RoleError: the operation cannot be cancelled (PS3.7 Table 7.5-2).
        """
        if self.CANCEL is None:
            raise RoleError(self.PRIMITIVE.SERVICE, "cancel", self.PRIMITIVE.TABLE.roles)
        make: Any = self.CANCEL
        cancel: Cancel = make(MessageIDBeingRespondedTo=getattr(self, "MessageID", None))
        return cancel
