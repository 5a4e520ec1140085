"""The base of the messages: one column of a matrix made a type, frozen and complete.

The type checker refuses what the table refuses; `violations` says what a type cannot, the conditions and equalities.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeVar

from attrs import fields, frozen

from dimse.errors import RoleError
from dimse.parameter import Role
from dimse.violation import Violation

if TYPE_CHECKING:
    from dimse.primitive import Primitive
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

    @classmethod
    def __attrs_init_subclass__(cls) -> None:
        if hasattr(cls, "PRIMITIVE"):
            cls.PRIMITIVE._add_message(cls)

    def primitive(self) -> Primitive[Any, Any]:
        """The primitive with the parameters of this message, and no others."""
        absent = dict.fromkeys(self.PRIMITIVE._KEYWORDS)
        return self.PRIMITIVE(**(absent | self._parameters()))

    @property
    def data_set(self) -> BytesLike | None:
        """The encoded Data Set that follows the Command Set, None where none does."""
        keyword = self.PRIMITIVE._COLUMNS[self.ROLE].data_set_keyword
        return None if keyword is None else getattr(self, keyword)

    def violations(self, *, request: Primitive[Any, Any] | Message | None = None) -> tuple[Violation, ...]:
        """Everything PS3.7 has against this message, in row order; equality too where the `request` is given."""
        return self.primitive().violations(self.ROLE, request=request)

    def encode(self) -> bytes:
        """The Command Set: canonical, the group length first. Source: PS3.7 section 6.3.1."""
        return self.primitive().encode(self.ROLE)

    def __repr__(self) -> str:
        shown = "".join(f" {keyword}={text}" for keyword, text in self.primitive()._shown())
        return f"<{self.NAME}{shown}>"

    def _repr_html_(self) -> str:
        """The matrix with what is set and what is wrong, for Jupyter."""
        return self.primitive()._repr_html_()

    def _parameters(self) -> dict[str, Any]:
        return {attribute.name: getattr(self, attribute.name) for attribute in fields(type(self))}


@frozen(kw_only=True, repr=False)
class Response(Message):
    """A message that answers a request."""

    ROLE = "response"


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
        response: Any = self.PRIMITIVE.MESSAGES["response"]
        given = {"Status": Status, **parameters}
        repeated = {
            row.keyword: getattr(self, row.equals or row.keyword, None)
            for row in self.PRIMITIVE.TABLE
            if row.keyword not in given and (row.equals or (row.response or "").endswith("(=)"))
        }
        filled: ResponseT_co = response(**repeated, **given)
        barred = {violation.keyword for violation in filled.violations() if violation.keyword in repeated}
        if barred:
            filled = response(**{key: value for key, value in repeated.items() if key not in barred}, **given)
        return filled

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
