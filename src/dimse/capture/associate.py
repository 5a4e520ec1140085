"""A-ASSOCIATE, A-RELEASE and A-ABORT PDUs read: who talks to whom, about what, and how it ended.

Whatever the bytes, what can be read of them is told; items cut short or unknown are passed over.

Source: PS3.8 section 9.3 and Annex D; PS3.7 D.3.3.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import Factory, define, frozen

ASSOCIATE_RQ, ASSOCIATE_AC, ASSOCIATE_RJ, P_DATA, RELEASE_RQ, RELEASE_RP, ABORT = range(1, 8)
_APPLICATION, _PROPOSED, _ACCEPTED, _ABSTRACT, _TRANSFER, _USER = 0x10, 0x20, 0x21, 0x30, 0x40, 0x50
_MAXIMUM_LENGTH, _CLASS_UID, _WINDOW, _ROLE, _VERSION = 0x51, 0x52, 0x53, 0x54, 0x55
LEAST_REQUEST = _TITLES_END = 74
_MOST_CONTEXTS = 128

# PS3.8 Table 9-18.
_ACCEPTANCE = ("acceptance", "user-rejection", "no-reason", "abstract-syntax-not-supported")
CONTEXT_RESULTS = (*_ACCEPTANCE, "transfer-syntaxes-not-supported")
_REJECT_RESULTS = {1: "rejected-permanent", 2: "rejected-transient"}
# PS3.8 Table 9-21.
_REJECT_REASONS = {
    (1, 1): "no reason given",
    (1, 2): "application context name not supported",
    (1, 3): "calling AE title not recognized",
    (1, 7): "called AE title not recognized",
    (2, 1): "no reason given",
    (2, 2): "protocol version not supported",
    (3, 1): "temporary congestion",
    (3, 2): "local limit exceeded",
}
_REJECT_SOURCES = {1: "service user", 2: "service provider, ACSE", 3: "service provider, presentation"}
# PS3.8 Table 9-26.
_ABORT_REASONS = {
    0: "reason not specified",
    1: "unrecognized PDU",
    2: "unexpected PDU",
    4: "unrecognized PDU parameter",
    5: "unexpected PDU parameter",
    6: "invalid PDU parameter value",
}


@define
class Context:
    """A Presentation Context.

    Attributes:
        abstract_syntax: the SOP Class proposed.
        proposed: the transfer syntaxes proposed.
        result: 0 for acceptance (PS3.8 Table 9-18); None until it was answered.
        transfer_syntax: the one accepted.
    """

    abstract_syntax: str
    proposed: tuple[str, ...] = ()
    result: int | None = None
    transfer_syntax: str | None = None


@define
class UserInformation:
    """What one side says of itself."""

    maximum_length: int | None = None
    implementation: str | None = None
    version: str | None = None
    window: tuple[int, int] | None = None
    roles: dict[str, tuple[bool, bool]] = Factory(dict)


@define
class Negotiation:
    """An A-ASSOCIATE-RQ and, once it came, its answer.

    Attributes:
        called, calling: AE titles as they stand in the request, without padding.
        application_context: its name.
        contexts: by Presentation Context ID.
        requestor, acceptor: what each side says of itself.
    """

    called: str
    calling: str
    application_context: str = ""
    contexts: dict[int, Context] = Factory(dict)
    requestor: UserInformation = Factory(UserInformation)
    acceptor: UserInformation = Factory(UserInformation)

    @property
    def window(self) -> tuple[int, int]:
        """Operations invoked and performed: 1 and 1 where one side did not speak of it. Source: PS3.7 D.3.3.3."""
        asked, given = self.requestor.window, self.acceptor.window
        return (1, 1) if asked is None or given is None else given

    @property
    def accepted(self) -> dict[int, Context]:
        """The Presentation Contexts that were accepted."""
        return {number: each for number, each in self.contexts.items() if each.result == 0}


@frozen
class Items:
    """Items of PS3.8: type, a reserved byte, a length and so many bytes."""

    data: bytes

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        at = 0
        while at + 4 <= len(self.data):
            end = at + 4 + int.from_bytes(self.data[at + 2 : at + 4], "big")
            yield self.data[at], self.data[at + 4 : end]
            at = end


def read_request(pdu: bytes) -> Negotiation:
    """What an A-ASSOCIATE-RQ proposes. Source: PS3.8 section 9.3.2."""
    found = Negotiation(_title(pdu[10:26]), _title(pdu[26:42]))
    for kind, value in Items(pdu[_TITLES_END:]):
        if kind == _APPLICATION:
            found.application_context = _uid(value)
        elif kind == _PROPOSED and value and len(found.contexts) < _MOST_CONTEXTS:
            syntaxes = list(Items(value[4:]))
            abstract = next((_uid(each) for sub, each in syntaxes if sub == _ABSTRACT), "")
            transfer = tuple(_uid(each) for sub, each in syntaxes if sub == _TRANSFER)
            found.contexts[value[0]] = Context(abstract, transfer)
        elif kind == _USER:
            found.requestor = _user_information(value)
    return found


def read_accept(pdu: bytes, proposed: Negotiation) -> None:
    """Enter what an A-ASSOCIATE-AC answers. Source: PS3.8 section 9.3.3."""
    for kind, value in Items(pdu[_TITLES_END:]):
        context = proposed.contexts.get(value[0]) if kind == _ACCEPTED and value else None
        if context is not None and len(value) > 2:
            context.result = value[2]
            if value[2] == 0:
                context.transfer_syntax = next((_uid(each) for sub, each in Items(value[4:]) if sub == _TRANSFER), None)
        elif kind == _USER:
            proposed.acceptor = _user_information(value)


def reject_text(pdu: bytes) -> str:
    """What an A-ASSOCIATE-RJ says, in words. Source: PS3.8 section 9.3.4."""
    result, source, reason = pdu[7:10].ljust(3, b"\0")
    why = _REJECT_REASONS.get((source, reason), f"reason {reason}")
    return (
        f"{_REJECT_RESULTS.get(result, f'result {result}')}, {why} ({_REJECT_SOURCES.get(source, f'source {source}')})"
    )


def abort_text(pdu: bytes) -> str:
    """What an A-ABORT says, in words. Source: PS3.8 section 9.3.8."""
    source, reason = pdu[8:10].ljust(2, b"\0")
    if source == 0:
        return "service user"
    return f"service provider: {_ABORT_REASONS.get(reason, f'reason {reason}')}"


def _user_information(data: bytes) -> UserInformation:
    found = UserInformation()
    for kind, value in Items(data):
        if kind == _MAXIMUM_LENGTH and len(value) == 4:
            found.maximum_length = int.from_bytes(value, "big")
        elif kind == _CLASS_UID:
            found.implementation = _uid(value)
        elif kind == _VERSION:
            found.version = _title(value)
        elif kind == _WINDOW and len(value) == 4:
            found.window = int.from_bytes(value[:2], "big"), int.from_bytes(value[2:], "big")
        elif kind == _ROLE and len(value) >= 4:
            end = 2 + int.from_bytes(value[:2], "big")
            if len(value) >= end + 2:
                found.roles[_uid(value[2:end])] = bool(value[end]), bool(value[end + 1])
    return found


def _title(value: bytes) -> str:
    return value.decode("latin-1").strip(" \0")


def _uid(value: bytes) -> str:
    return value.decode("latin-1").strip(" \0")
