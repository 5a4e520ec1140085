"""Primitives, messages and Command Sets from our form to that of pynetdicom and pydicom, and back.

Nothing is patched, and nothing is lost but what the other side has no place for: pynetdicom's primitives have no
Offending Element in DIMSE-N, for one.
"""

from __future__ import annotations

import zlib
from io import BytesIO
from typing import Any

from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_dataset
from pydicom.uid import UID
from pynetdicom import dimse_messages

from dimse.errors import DimseError
from dimse.message import Message
from dimse.primitive import Primitive
from dimse.pynetdicom.forms import Form, forms
from dimse.services import decode


class ConversionError(DimseError, ValueError):
    """What was to be converted has no place on the other side."""


def to_pynetdicom(source: Primitive[Any, Any] | Message) -> Any:
    """The primitive of pynetdicom for a primitive of ours, its message (`DIMSEMessage`) for a message of ours.

    Values go through pynetdicom's setters, which check them in their own way.

    Raises:
        ConversionError: a parameter is set that pynetdicom's primitive does not have.
        ValueError, TypeError: pynetdicom takes no such value.
    """
    primitive = source.primitive() if isinstance(source, Message) else source
    form = _form_of(type(primitive))
    theirs = form.theirs()
    for keyword in primitive._KEYWORDS:
        value = getattr(primitive, keyword)
        if value is None or (keyword == "Priority" and primitive.role != "request"):
            continue
        if not hasattr(theirs, keyword):
            raise ConversionError(f"{primitive.SERVICE} of pynetdicom has no {keyword}")
        setattr(theirs, keyword, value)
    if not isinstance(source, Message):
        return theirs
    message = getattr(dimse_messages, source.NAME.replace("-", "_"))()
    message.primitive_to_message(theirs)
    return message


def from_pynetdicom(source: Any) -> Any:
    """Our primitive for a primitive or a message of pynetdicom; its `request()` or `response()` is our message.

    It is as incomplete as it was. pynetdicom's Priority, LOW where nobody has set it, is taken in a request and left
    out of a response. Of a message, its Command Set counts, and is read as if it had been received.

    Raises:
        ParameterError: a value that may not stand in its parameter.
        DecodeError: the Command Set of a message does not say which message it is.
        ConversionError: no primitive or message of pynetdicom.
    """
    if isinstance(source, dimse_messages.DIMSEMessage):
        data = source.data_set.getvalue() if source.data_set else b""
        return from_dataset(source.command_set, data or None)
    form = next((form for form in forms().values() if isinstance(source, form.theirs)), None)
    if form is None:
        raise ConversionError(f"{type(source).__name__} is no primitive or message of pynetdicom")
    ours = form.service(**{row.keyword: getattr(source, row.keyword, None) for row in form.service.TABLE if row.vr})
    # One Data Set goes by all the names that a service has for it; the role tells which of them is meant.
    data_set = ours._COLUMNS[ours.role].data_set_keyword
    if data_set is not None:
        setattr(ours, data_set, getattr(source, data_set))
    if ours.role != "request" and hasattr(ours, "Priority"):
        setattr(ours, "Priority", None)  # noqa: B010  (which no type knows that all primitives share)
    return ours


def to_dataset(source: Primitive[Any, Any] | Message) -> Dataset:
    """The Command Set as a pydicom `Dataset`, group length and all."""
    return read_dataset(BytesIO(source.encode()), True, True)


def from_dataset(command_set: Dataset, data_set: bytes | None = None) -> Any:
    """The primitive of a Command Set that is a `Dataset`, read as if it had been received.

    Args:
        command_set: Command Group Length and Command Data Set Type may be left out; they are made.
        data_set: the encoded Data Set that goes with it.

    Raises:
        DecodeError: it does not say which message it is.
    """
    elements = Dataset()
    elements.update({element.tag: element for element in command_set if element.keyword != "CommandGroupLength"})
    if "CommandDataSetType" not in elements:
        elements.CommandDataSetType = 0x0101 if data_set is None else 0x0001
    body = _written(elements, implicit=True, little=True)
    return decode(b"\0\0\0\0\4\0\0\0" + len(body).to_bytes(4, "little") + body, data_set)


def identifier(dataset: Dataset, transfer_syntax: str) -> bytes:
    """An Identifier, or any other Data Set of a message, as it travels in a transfer syntax.

    Args:
        dataset: its attributes.
        transfer_syntax: the UID that was negotiated: Implicit VR, Explicit VR of either byte order, or deflated.

    Raises:
        ConversionError: the UID is of no transfer syntax.
    """
    uid = UID(transfer_syntax)
    if not uid.is_transfer_syntax:
        raise ConversionError(f"{transfer_syntax} is no transfer syntax")
    encoded = _written(dataset, implicit=uid.is_implicit_VR, little=uid.is_little_endian)
    if not uid.is_deflated:
        return encoded
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = deflate.compress(encoded) + deflate.flush()
    return packed + b"\0" * (len(packed) % 2)


def from_identifier(data: bytes | BytesIO, transfer_syntax: str) -> Dataset:
    """The attributes of an Identifier, or any other Data Set of a message; pydicom reads values when asked for them.

    Args:
        data: as it travelled.
        transfer_syntax: the UID that was negotiated.

    Raises:
        ConversionError: the UID is of no transfer syntax.
    """
    uid = UID(transfer_syntax)
    if not uid.is_transfer_syntax:
        raise ConversionError(f"{transfer_syntax} is no transfer syntax")
    encoded = data.getvalue() if isinstance(data, BytesIO) else data
    if uid.is_deflated:
        encoded = zlib.decompress(encoded, wbits=-zlib.MAX_WBITS)
    return read_dataset(BytesIO(encoded), uid.is_implicit_VR, uid.is_little_endian)


def _form_of(service: type[Any]) -> Form:
    found = next((form for form in forms().values() if issubclass(service, form.service)), None)
    if found is None:
        raise ConversionError(f"pynetdicom has no {service.__name__}")
    return found


def _written(dataset: Dataset, *, implicit: bool, little: bool) -> bytes:
    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = implicit, little
    write_dataset(buffer, dataset)
    return buffer.getvalue()
