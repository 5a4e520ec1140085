"""How each pynetdicom message and primitive is laid out, and which of our classes it is: looked up, by name.

pynetdicom's primitives stay what users see, for isinstance checks in their code and in pynetdicom's own must go on
working. They are filled straight from our decoded values, past their setters: what the strict reader lets through is
what the setters would let through, so long as nobody has put other validators in their place.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any

from attrs import fields, frozen
from pynetdicom import _config, dimse_messages, dimse_primitives
from pynetdicom._validators import validate_ae, validate_ui

from dimse.errors import DimseError
from dimse.message import Message
from dimse.primitive import Primitive
from dimse.services import SERVICES
from dimse.vr import BytesLike

# Where a pynetdicom primitive keeps what its setter has checked.
_KEPT_AT = {
    "ActionTypeID": "_action_type_id",
    "AffectedSOPClassUID": "_affected_sop_class_uid",
    "AffectedSOPInstanceUID": "_affected_sop_instance_uid",
    "EventTypeID": "_event_type_id",
    "MessageID": "_message_id",
    "MessageIDBeingRespondedTo": "_message_id_being_responded_to",
    "MoveDestination": "_move_destination",
    "MoveOriginatorApplicationEntityTitle": "_move_originator_application_entity_title",
    "MoveOriginatorMessageID": "_move_originator_message_id",
    "NumberOfCompletedSuboperations": "_number_of_completed_suboperations",
    "NumberOfFailedSuboperations": "_number_of_failed_suboperations",
    "NumberOfRemainingSuboperations": "_number_of_remaining_suboperations",
    "NumberOfWarningSuboperations": "_number_of_warning_suboperations",
    "Priority": "_priority",
    "RequestedSOPClassUID": "_requested_sop_class_uid",
    "RequestedSOPInstanceUID": "_requested_sop_instance_uid",
    "Status": "_status",
}
_PROTOCOL = ("CommandGroupLength", "CommandField", "CommandDataSetType")
_TEXT = ("AE", "LO")


@frozen
class Form:
    """One kind of message, in pynetdicom and here.

    Attributes:
        name: of the class, the same in both: "C_FIND_RSP".
        message: our message.
        service: our primitive.
        theirs: pynetdicom's primitive.
        data_set: keyword of the Data Set; "" where the message has none.
        keywords: of the parameters that pynetdicom sends.
        values: takes them from a primitive, the Data Set behind them where there is one.
        text: those whose spaces would not survive.
        kept: keyword and attribute for each parameter that a received message may have.
        tags: keywords of lists of tags, which pynetdicom has in forms of its own.
    """

    name: str
    message: type[Message]
    service: type[Primitive[Any, Any]]
    theirs: type[Any]
    data_set: str
    keywords: tuple[str, ...]
    values: Callable[[Any], tuple[Any, ...]]
    text: tuple[str, ...]
    kept: tuple[tuple[str, str], ...]
    tags: tuple[str, ...]

    def message_of(self, primitive: Any, data_set: BytesLike | None) -> Message | None:
        """Our message with what pynetdicom would send of its primitive; None where ours could not, or not the same.

        Args:
            primitive: one of pynetdicom's.
            data_set: what stands for the Data Set; None where none is announced.
        """
        given = dict(zip(self.keywords, self.values(primitive), strict=True))
        for keyword in self.text:
            value = given[keyword]
            if value is not None and (type(value) is not str or value != value.strip(" ")):
                return None
        for keyword in self.tags:
            if given.get(keyword) == []:
                return None
        if self.data_set:
            given[self.data_set] = data_set
        make: Any = self.message
        try:
            made: Message = make(**given)
        except (DimseError, TypeError):
            return None
        return made

    def primitive_of(self, source: Primitive[Any, Any]) -> Any:
        """The primitive of pynetdicom with the values of ours; None where its setters or pydicom have a say in them."""
        for keyword in self.tags:
            if getattr(source, keyword) is not None:
                return None
        primitive = self.theirs()
        if default_validators():
            held = primitive.__dict__
            for keyword, attribute in self.kept:
                value = getattr(source, keyword)
                if value is not None:
                    held[attribute] = value
        else:
            for keyword, _ in self.kept:
                value = getattr(source, keyword)
                if value is not None:
                    setattr(primitive, keyword, value)
        return primitive


def default_validators() -> bool:
    """Whether what pynetdicom lets through is still what it came with: `_config.VALIDATORS`."""
    return _config.VALIDATORS["UI"] is validate_ui and _config.VALIDATORS["AE"] is validate_ae


@cache
def forms() -> dict[str, Form]:
    """The form of every message, by the name of its class."""
    found = {}
    for service in SERVICES:
        for message in service.MESSAGES.values():
            if message.PRIMITIVE is service:
                name = message.NAME.replace("-", "_")
                found[name] = _form(name, service, message)
    return found


def _form(name: str, service: type[Primitive[Any, Any]], message: type[Message]) -> Form:
    theirs = getattr(dimse_primitives, service.SERVICE.replace("-", "_"))
    blank = theirs()
    vrs = {row.keyword: row.vr for row in service.TABLE}
    keywords = tuple(k for k in dimse_messages._COMMAND_SET_KEYWORDS[message.NAME] if k not in _PROTOCOL)
    held = {field.name for field in fields(message)}
    if not held.issuperset(keywords):
        raise LookupError(f"pynetdicom sends {sorted({*keywords} - held)} in {message.NAME}")
    read = [keyword for keyword, vr in vrs.items() if vr and vr != "AT" and hasattr(blank, keyword)]
    kept = tuple((k, _KEPT_AT[k] if hasattr(blank, _KEPT_AT.get(k, "")) else k) for k in read)
    get = attrgetter(*keywords)
    return Form(
        name=name,
        message=message,
        service=service,
        theirs=theirs,
        data_set=dimse_messages._DATASET_KEYWORDS.get(name, ""),
        keywords=keywords,
        values=get if len(keywords) > 1 else lambda primitive: (get(primitive),),
        text=tuple(k for k in keywords if vrs[k] in _TEXT),
        kept=kept,
        tags=tuple(k for k, vr in vrs.items() if vr == "AT"),
    )
