"""Fragments joined into messages: which may follow which (PS3.8 Annex E), and when a message is complete.

Knows fragments by their headers, and neither PDUs nor how a stream is cut: those are left to `dimse.assembler`. Every
check is made at the header of a fragment, before any of it is taken, and depends only on the fragments before it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from attrs import frozen

from dimse.command_set import Anomaly
from dimse.errors import DecodeError
from dimse.pdv import COMMAND, LAST, FragmentError
from dimse.sink import Collect, Sink

if TYPE_CHECKING:
    from dimse.primitive import Primitive


@frozen
class Assembled:
    """A message put together.

    Attributes:
        context_id: of the Presentation Context it came on.
        primitive: what the Command Set says; a Data Set that was collected as bytes is in it.
        command: the Command Set.
        data_set: what the sink made of the Data Set; None where none came.
        offset: where its first PDV stood, in bytes from the start of the stream.
        anomalies: what was odd about its fragments, the first of each kind, each with an offset in the stream.
    """

    context_id: int
    primitive: Primitive[Any, Any]
    command: bytes
    data_set: Any
    offset: int
    anomalies: tuple[Anomaly, ...] = ()


class Decode(Protocol):
    """What reads a Command Set, and another time with its Data Set, as `dimse.decode` does."""

    def __call__(self, data: bytes, data_set: bytes | None = None, /) -> Primitive[Any, Any]:
        """The primitive that the Command Set conveys."""
        ...


class Joiner:
    """Joins the fragments of one direction of an association.

    Each fragment is begun, written to `write` in any cut, and ended.

    Args:
        decode: reads a Command Set.
        max_command: the most bytes of a Command Set.
        max_data_set: the most bytes of a Data Set.
        make_sink: makes the sink for the Data Set of a message, from its primitive.

    Attributes:
        write: takes the bytes of the fragment that was begun.
        room: how many bytes more the Command Set or the Data Set may have.
        like: context ID and control header, in one number, of a fragment behind which another of its kind has to
            come; -1 where any may come.

    Source: PS3.8 Annex E.
    """

    def __init__(
        self, decode: Decode, max_command: int, max_data_set: int, make_sink: Callable[[Primitive[Any, Any]], Sink]
    ) -> None:
        self._decode = decode
        self._max_command = max_command
        self._max_data_set = max_data_set
        self._make_sink = make_sink
        self._done: list[Assembled] = []
        # The fragment, and whether its PDU had one before it.
        self.room = 0
        self.like = -1
        self._control = 0
        self._pdu_used = False
        # The message: where it began, -1 between messages; its command, then its primitive, then its sink.
        self._begun = -1
        self._before = "no Command Set has come"
        self._context_id = 0
        self._command = bytearray()
        self.write: Callable[[memoryview], object] = self._command.extend
        self._command_set = b""
        self._primitive: Primitive[Any, Any] | None = None
        self._announced: bool | None = None
        self._sink: Sink | None = None
        self._anomalies: dict[str, Anomaly] = {}

    @property
    def minds_odd(self) -> bool:
        """Whether a fragment of odd length would be the first one of the message."""
        return "PDV.ODD_LENGTH" not in self._anomalies

    @property
    def is_command(self) -> bool:
        """Whether the fragment begun last is of a Command Set."""
        return bool(self._control & COMMAND)

    def take(self) -> list[Assembled]:
        """The messages completed since this was last asked."""
        done, self._done = self._done, []
        return done

    def begin_pdu(self) -> None:
        """Say that the next fragment is the first one of its PDU."""
        self._pdu_used = False

    def begin(self, offset: int, context_id: int, control: int, size: int) -> None:
        """Judge a fragment by its header, before any of it is taken.

        Args:
            offset: where its item stands in the stream.
            context_id: of the Presentation Context.
            control: the Message Control Header.
            size: bytes of the fragment.

        Raises:
            FragmentError: it may not come here, or is too large.
        """
        if control & COMMAND:
            self._command_may_come(offset, context_id)
        else:
            self._data_may_come(offset)
        if context_id != self._context_id:
            text = f"Presentation Context ID {context_id} within {self._unfinished()}, which began with"
            raise FragmentError(offset, None, f"{text} {self._context_id} (PS3.8 E.1)")
        self.room -= size
        if self.room < 0:
            most = self._max_command if control & COMMAND else self._max_data_set
            raise FragmentError(offset, None, f"{self._unfinished()} has more than {most} bytes, the limit set here")
        if self._sink is None and self._primitive is not None:
            self._sink = self._make_sink(self._primitive)
            self.write = self._sink.write
        if not context_id & 1:
            self._note(offset, "PDV.CONTEXT_ID", f"Presentation Context ID {context_id} is not odd", "PS3.8 9.3.5.1")
        if control > COMMAND | LAST:
            text = f"reserved bits are set in Message Control Header {control:02X}H"
            self._note(offset, "PDV.CONTROL", text, "PS3.8 E.2")
        if size & 1:
            self._note(offset, "PDV.ODD_LENGTH", f"a fragment of {size} bytes, an odd number", "PS3.8 E.1")
        self._control = control

    def end(self) -> None:
        """Say that all of the fragment has been written.

        Raises:
            FragmentError: it was the last one of a Command Set that cannot be read.
        """
        if not self._control & LAST:
            self.like = self._context_id << 8 | self._control
        else:
            self.like = -1
            if self._primitive is None:
                self._end_command()
            else:
                self._complete(self._primitive)
        self._pdu_used = True

    def close(self, offset: int) -> None:
        """Say that no fragment comes any more.

        Args:
            offset: where the stream ends.

        Raises:
            FragmentError: a message is not complete.
        """
        if self._begun >= 0:
            if self._primitive is None or self._announced or self._sink is not None:
                raise FragmentError(offset, None, f"the stream ends before {self._unfinished()} is complete")
            self._complete(self._primitive)

    def discard(self) -> None:
        """Let go of what is held of a message."""
        sink, self._sink = self._sink, None
        self._command = bytearray()
        self.write = self._command.extend
        if sink is not None:
            sink.discard()

    def _command_may_come(self, offset: int, context_id: int) -> None:
        if self._primitive is not None:
            if self._sink is not None:
                text = f"a Command fragment before {self._unfinished()} is complete; messages shall not be interleaved"
                raise FragmentError(offset, None, f"{text} (PS3.8 E.1)")
            if self._announced:
                text = f"a Command fragment, and {self._unfinished()} is announced and absent (PS3.7 E.1)"
                raise FragmentError(offset, None, text)
            self._complete(self._primitive)
        if self._begun < 0:
            self._begun = offset
            self._context_id = context_id
            self.room = self._max_command
            if self._pdu_used:
                self._note(offset, "PDV.SHARED", "a message begins in a PDU that has PDVs of another", "PS3.8 E.1")

    def _data_may_come(self, offset: int) -> None:
        if self._primitive is None:
            if self._begun >= 0:
                text = f"a Data Set fragment before {self._unfinished()} is complete (PS3.8 E.1)"
                raise FragmentError(offset, None, text)
            raise FragmentError(offset, None, f"a Data Set fragment, and {self._before} (PS3.7 6.3)")

    def _end_command(self) -> None:
        self._command_set = bytes(self._command)
        self._command.clear()
        primitive = self._primitive = self._read_command()
        received = primitive.received
        if received is None or received.data_set_type is None:
            # What cannot have a Data Set is not kept waiting for one: its sender may be waiting for the answer.
            self._announced = False if primitive.MESSAGES[primitive.role].DATA_SET == "never" else None
        else:
            self._announced = received.announces_data_set
        self.room = self._max_data_set
        if self._announced is False:
            self._complete(primitive)

    def _read_command(self, *data_set: bytes) -> Primitive[Any, Any]:
        try:
            return self._decode(self._command_set, *data_set)
        except DecodeError as error:
            text = f"the Command Set cannot be read, {error.offset} bytes from its start: {error.reason}"
            raise FragmentError(self._begun, error.tag, text) from error

    def _complete(self, primitive: Primitive[Any, Any]) -> None:
        name = primitive.MESSAGES[primitive.role].NAME
        sink, data_set = self._sink, None
        if sink is None:
            self._before = f"the {name} before it announces none"
        else:
            self._before = f"that of the {name} before it is complete"
            data_set = sink.finish()
            if isinstance(sink, Collect):
                primitive = self._read_command(data_set)
        anomalies = tuple(self._anomalies.values())
        self._done.append(Assembled(self._context_id, primitive, self._command_set, data_set, self._begun, anomalies))
        self._begun = -1
        self._primitive = self._sink = None
        self.write = self._command.extend
        self._anomalies.clear()

    def _unfinished(self) -> str:
        """What is being put together, in words."""
        primitive = self._primitive
        if primitive is None:
            return f"the Command Set that began at {self._begun}"
        return f"the Data Set of the {primitive.MESSAGES[primitive.role].NAME} that began at {self._begun}"

    def _note(self, offset: int, rule: str, text: str, section: str) -> None:
        """Keep an anomaly, the first of its kind in a message: however many there are, they take no more memory."""
        if rule not in self._anomalies:
            self._anomalies[rule] = Anomaly(rule, None, offset, text, section)
