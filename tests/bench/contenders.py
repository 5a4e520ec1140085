"""Who is measured: for each of them, a task made ready for 1000 messages and then run.

Whatever comes before the task, values, messages, bytes, is made outside the time that is taken. pynetdicom is given
the calls that its DIMSE provider makes, less the events, queues and P-DATA primitives around them; pydicom a Dataset
that is already filled. All write the same bytes, which `written` is for.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any, Protocol, TypeAlias

import pynetdicom.dimse_messages as pynetdicom_messages
import pynetdicom.dimse_primitives as pynetdicom_primitives
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_dataset
from pynetdicom.pdu_primitives import P_DATA

import dimse
from dimse import Codec
from dimse.message import write_any

from .messages import Kind

Rows: TypeAlias = list[tuple[Any, ...]]
Run: TypeAlias = Callable[[], None]

CONTEXT_ID = 1
MAXIMUM_PDU_LENGTH = 16382


class Contender(Protocol):
    """Makes a task ready: `prepare` takes the values, what it returns does the work."""

    name: str

    def prepare(self, task: str, kind: Kind, rows: Rows) -> Run | None:
        """What does the task for these messages, None where this contender does not know it."""
        ...


def written(kind: Kind, rows: Rows) -> list[bytes]:
    """The Command Sets of messages."""
    return [message.encode() for message in _messages(kind, rows)]


def _messages(kind: Kind, rows: Rows) -> list[Any]:
    make = getattr(dimse, kind.class_name)
    return [make(**dict(zip(kind.keywords, row, strict=True))) for row in rows]


def _each(work: Callable[[Any], Any], things: list[Any]) -> Run:
    def run() -> None:
        for thing in things:
            work(thing)

    return run


def _unrolled(line: str, kind: Kind, make: Any, rows: Rows) -> Run:
    """A loop as a person would write it for this one message, every keyword in its place."""
    scope: dict[str, Any] = {"make": make, "rows": rows}
    exec(f"def run():\n    for {', '.join(kind.keywords)} in rows:\n        {line}", scope)
    run: Run = scope["run"]
    return run


class Dimse:
    """The package measured."""

    name = "dimse"

    def prepare(self, task: str, kind: Kind, rows: Rows) -> Run | None:
        """See `Contender`."""
        match task:
            case "encode":
                return _encode(_messages(kind, rows))
            case "decode":
                return _each(dimse.decode, written(kind, rows))
            case "encode, general path":
                return _each(write_any, _messages(kind, rows))
            case "decode, general path":
                return _each(_general_decode, written(kind, rows))
            case "construct":
                given = ", ".join(f"{keyword}={keyword}" for keyword in kind.keywords)
                return _unrolled(f"make({given})", kind, getattr(dimse, kind.class_name), rows)
        return None


def _encode(messages: list[Any]) -> Run:
    def run() -> None:
        for message in messages:
            message.encode()

    return run


def _general_decoder() -> Callable[[bytes], Any]:
    """A decoder that learns no layout, so that every message takes its general path."""
    codec = Codec(dimse.DICTIONARY, dimse.SERVICES)
    codec._layouts.learn = lambda *_: None  # type: ignore[method-assign]
    return codec.decode


_general_decode = _general_decoder()


class Pynetdicom:
    """pynetdicom."""

    name = "pynetdicom"

    def prepare(self, task: str, kind: Kind, rows: Rows) -> Run | None:
        """See `Contender`."""
        message = getattr(pynetdicom_messages, kind.class_name)
        primitive = getattr(pynetdicom_primitives, kind.service)
        match task.partition(",")[0]:
            case "encode":
                return _pynetdicom_encode(message, [_filled(primitive(), kind, row) for row in rows])
            case "decode":
                return _each(_pynetdicom_decode, [_fragment(data) for data in written(kind, rows)])
            case "construct":
                setters = "; ".join(f"it.{keyword} = {keyword}" for keyword in kind.keywords)
                return _unrolled(f"it = make(); {setters}", kind, primitive, [_streams(row) for row in rows])
        return None


def _streams(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """The values with Data Sets as pynetdicom wants them."""
    return tuple(BytesIO(value) if isinstance(value, bytes) else value for value in row)


def _filled(primitive: Any, kind: Kind, row: tuple[Any, ...]) -> Any:
    for keyword, value in zip(kind.keywords, _streams(row), strict=True):
        setattr(primitive, keyword, value)
    return primitive


def _pynetdicom_encode(make: Callable[[], Any], primitives: list[Any]) -> Run:
    def run() -> None:
        for primitive in primitives:
            message = make()
            message.primitive_to_message(primitive)
            message.context_id = CONTEXT_ID
            next(message.encode_msg(CONTEXT_ID, MAXIMUM_PDU_LENGTH))

    return run


def pynetdicom_bytes(kind: Kind, row: tuple[Any, ...]) -> bytes:
    """What pynetdicom writes for these values."""
    message = getattr(pynetdicom_messages, kind.class_name)()
    message.primitive_to_message(_filled(getattr(pynetdicom_primitives, kind.service)(), kind, row))
    sent = next(message.encode_msg(CONTEXT_ID, MAXIMUM_PDU_LENGTH))
    data: bytes = sent.presentation_data_value_list[0][1][1:]
    return data


def _fragment(data: bytes) -> Any:
    received = P_DATA()
    received.presentation_data_value_list.append((CONTEXT_ID, b"\x03" + data))
    return received


def _pynetdicom_decode(received: Any) -> Any:
    message = pynetdicom_messages.DIMSEMessage()
    message.decode_msg(received)
    return message.message_to_primitive()


def pynetdicom_primitive(data: bytes) -> Any:
    """What pynetdicom reads from a Command Set."""
    return _pynetdicom_decode(_fragment(data))


class Pydicom:
    """A pydicom Dataset, as programs without pynetdicom use it; no primitives, no checks."""

    name = "pydicom"

    def prepare(self, task: str, kind: Kind, rows: Rows) -> Run | None:
        """See `Contender`."""
        match task:
            case "encode":
                return _each(pydicom_bytes, [_dataset(data) for data in written(kind, rows)])
            case "decode":
                return _each(_dataset, written(kind, rows))
        return None


def _dataset(data: bytes) -> Any:
    dataset = read_dataset(BytesIO(data), True, True)
    for element in dataset:
        element.value  # noqa: B018  (pydicom reads a value when it is asked for)
    return dataset


def pydicom_bytes(dataset: Any) -> bytes:
    """What pydicom writes for a Dataset."""
    stream = DicomBytesIO()
    stream.is_implicit_VR = stream.is_little_endian = True
    write_dataset(stream, dataset)
    data: bytes = stream.getvalue()
    return data


def same_bytes(kind: Kind) -> bool:
    """Whether all write the same bytes, and pydicom reads them back the same."""
    row = kind.values(1)
    (ours,) = written(kind, [row])
    return ours == pynetdicom_bytes(kind, row) == pydicom_bytes(_dataset(ours))
