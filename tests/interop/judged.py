"""The record of a relay, judged: associations and messages out of the bytes, each message by a `Conversation`.

A plain reader of PDUs: type and length, and of the A-ASSOCIATE what a conversation wants to know. It trusts nobody's
word but the bytes; that the messages are those of the test is for the test to say.

Source: PS3.8 sections 9.3.2 to 9.3.5, PS3.7 section D.3.3.3.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from attrs import Factory, define, frozen

from dimse import Assembler, Conversation, FragmentError, Judgement, Moves
from dimse.operation import OTHER_SIDE, Side

from .relay import Connection, Sent

ASSOCIATE_RQ, ASSOCIATE_AC, P_DATA, RELEASE_RP, ABORT = 1, 2, 4, 6, 7
CONTEXT_RQ, CONTEXT_AC, ABSTRACT_SYNTAX = 0x20, 0x21, 0x30
USER_INFORMATION, MAXIMUM_LENGTH, ASYNCHRONOUS_WINDOW = 0x50, 0x51, 0x53


@frozen
class Finding:
    """A rule that a program broke in a message; the message is "" where an Association ended too early."""

    program: str
    message: str
    rule: str
    section: str
    text: str


@frozen
class Heard:
    """A message, who sent it, between which programs, and what is wrong with it."""

    program: str
    programs: tuple[str, ...]
    name: str
    primitive: Any
    data_set: bytes | None
    findings: tuple[Finding, ...]

    def __str__(self) -> str:
        return f"{self.program} {self.name}"


@define
class Talk:
    """What was said in a test, in its order."""

    messages: list[Heard] = Factory(list)
    findings: list[Finding] = Factory(list)
    associations: int = 0

    def of(self, name: str) -> list[Heard]:
        """The messages of one kind."""
        return [heard for heard in self.messages if heard.name == name]

    def names(self, program: str) -> list[str]:
        """The messages of one program, in its order."""
        return [heard.name for heard in self.messages if heard.program == program]


def judged(record: Iterable[Sent]) -> Talk:
    """Read and judge a record."""
    talk, moves = Talk(), Moves()
    listeners: dict[Connection, _Listener] = {}
    for sent in record:
        listener = listeners.get(sent.connection)
        if listener is None:
            listener = listeners[sent.connection] = _Listener(sent.connection.programs, moves, talk)
        listener.hear(sent.side, sent.data)
    return talk


class _Listener:
    """One connection."""

    def __init__(self, programs: dict[Side, str], moves: Moves, talk: Talk) -> None:
        self._programs = programs
        self._moves = moves
        self._talk = talk
        self._unread: dict[Side, bytearray] = {"requestor": bytearray(), "acceptor": bytearray()}
        self._assemblers: dict[Side, Assembler] = {}
        self._conversation: Conversation | None = None
        self._request: dict[int, str] = {}
        self._titles: dict[Side, str] = {}
        self._longest: dict[Side, int] = {}

    def hear(self, side: Side, data: bytes) -> None:
        unread = self._unread[side]
        unread += data
        while len(unread) >= 6 and len(unread) >= (end := 6 + int.from_bytes(unread[2:6], "big")):
            pdu = bytes(unread[:end])
            del unread[:end]
            self._hear_pdu(side, pdu)
        if not data:
            self._end(released=False)

    def _hear_pdu(self, side: Side, pdu: bytes) -> None:
        if pdu[0] == ASSOCIATE_RQ:
            self._titles = {"acceptor": title(pdu[10:26]), "requestor": title(pdu[26:42])}
            syntaxes = [(value[0], dict(items(value[4:]))) for kind, value in items(pdu[74:]) if kind == CONTEXT_RQ]
            self._request = {number: title(sub[ABSTRACT_SYNTAX]) for number, sub in syntaxes}
            self._longest[side] = maximum_length(pdu)
        elif pdu[0] == ASSOCIATE_AC:
            self._longest[side] = maximum_length(pdu)
            self._begin(pdu)
        elif pdu[0] == P_DATA:
            self._hear_messages(side, pdu)
        elif pdu[0] in (RELEASE_RP, ABORT):
            self._end(released=pdu[0] == RELEASE_RP)

    def _begin(self, accept: bytes) -> None:
        contexts = [value for kind, value in items(accept[74:]) if kind == CONTEXT_AC]
        self._conversation = Conversation(
            requestor=self._titles["requestor"],
            acceptor=self._titles["acceptor"],
            contexts={value[0]: self._request[value[0]] for value in contexts if value[2] == 0},
            window=window(accept),
            moves=self._moves,
        )
        self._assemblers = {
            side: Assembler(max_length=self._longest[OTHER_SIDE[side]]) for side in ("requestor", "acceptor")
        }
        self._talk.associations += 1

    def _hear_messages(self, side: Side, pdu: bytes) -> None:
        conversation, program = self._conversation, self._programs[side]
        assert conversation is not None, f"{program} sends P-DATA before the Association is accepted"
        try:
            for message in self._assemblers[side].feed(pdu):
                context, data_set = message.context_id, message.data_set
                assert context in conversation.contexts, f"{program} sends on context {context}, which is not accepted"
                said = conversation.feed(message.primitive, side, context=context, data_set=data_set is not None)
                name = message.primitive.MESSAGES[message.primitive.role].NAME
                found = [(violation.rule, violation.section, violation.text) for violation in said.violations]
                found += [(anomaly.rule, anomaly.section, anomaly.text) for anomaly in message.anomalies]
                self._keep(program, name, said, data_set, found)
        except FragmentError as error:
            self._talk.findings.append(Finding(program, "", "FRAGMENT", "PS3.8 E", str(error)))

    def _keep(self, program: str, name: str, said: Judgement, data_set: Any, found: list[tuple[str, str, str]]) -> None:
        findings = tuple(Finding(program, name, *each) for each in found)
        self._talk.messages.append(
            Heard(program, tuple(self._programs.values()), name, said.message, data_set, findings)
        )
        self._talk.findings += findings

    def _end(self, *, released: bool) -> None:
        conversation, self._conversation = self._conversation, None
        if conversation is None:
            return
        for operation in conversation.operations if released else ():
            program = self._programs[OTHER_SIDE[operation.invoked_by]]
            self._talk.findings.append(Finding(program, "", "UNANSWERED", "", str(operation)))
        conversation.end(released=released)


def items(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The items of an A-ASSOCIATE PDU, or the sub-items of one."""
    while data:
        length = int.from_bytes(data[2:4], "big")
        yield data[0], data[4 : 4 + length]
        data = data[4 + length :]


def user_information(pdu: bytes) -> dict[int, bytes]:
    """The User Information of an A-ASSOCIATE PDU; of those that may stand there more than once, the last."""
    return dict(items(dict(items(pdu[74:]))[USER_INFORMATION]))


def maximum_length(pdu: bytes) -> int:
    """The Maximum Length that a side announces, 0 for no limit."""
    return int.from_bytes(user_information(pdu).get(MAXIMUM_LENGTH, bytes(4)), "big")


def window(accept: bytes) -> tuple[int, int]:
    """The Asynchronous Operations Window of an A-ASSOCIATE-AC; without one, 1 and 1."""
    value = user_information(accept).get(ASYNCHRONOUS_WINDOW, b"\0\1\0\1")
    return int.from_bytes(value[:2], "big"), int.from_bytes(value[2:4], "big")


def title(value: bytes) -> str:
    """An AE title or UID without its padding."""
    return value.decode("ascii").strip(" \0")
