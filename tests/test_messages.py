"""Primitives, messages and bytes, and the ways between them."""

from __future__ import annotations

import copy
import itertools
import pickle
from typing import Any

import attrs
import pytest
from attrs import NOTHING, fields
from hypothesis import given, settings
from hypothesis import strategies as st

import dimse
from dimse import DICTIONARY, Codec, DecodeError, Message, Primitive, RoleError, UsageError, decode

MESSAGES: dict[str, type[Message]] = {m.NAME: m for service in dimse.SERVICES for m in service.MESSAGES.values()}
STUDY_ROOT_MOVE = "1.2.840.10008.5.1.4.1.2.2.2"

# What may stand in each VR, written down once more.
_component = st.one_of(st.just("0"), st.from_regex(r"[1-9][0-9]{0,11}", fullmatch=True))
_printable = "".join(map(chr, range(0x20, 0x7F))).replace("\\", "")
STRATEGIES: dict[str, st.SearchStrategy[Any]] = {
    "US": st.integers(0, 65535),
    "UI": st.lists(_component, min_size=1, max_size=12).map(".".join).filter(lambda uid: len(uid) <= 64),
    "AE": st.text(_printable, min_size=1, max_size=16).map(lambda text: text.strip(" ")).filter(bool),
    "LO": st.text(_printable, max_size=64).map(lambda text: text.strip(" ")).filter(bool),
    "AT": st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=5),
    "": st.binary(max_size=20),
}


def strategy(message: type[Message]) -> st.SearchStrategy[Message]:
    """Messages of a kind: every required field, any of the others, every value that its VR allows."""
    required, optional = {}, {}
    for field in fields(message):
        values = STRATEGIES[DICTIONARY.by_keyword[field.name].vr]
        values = st.sampled_from([0, 1, 2]) if field.name == "Priority" else values
        (required if field.default is NOTHING else optional)[field.name] = values
    return st.fixed_dictionaries(required, optional=optional).map(lambda chosen: message(**chosen))


def full(message: type[Message]) -> Message:
    """A message with all its fields, of lengths odd and even."""
    values = {"US": 1, "UI": "1.2.840.10008.1.1", "AE": "STORE", "LO": "a text", "AT": [0x0010_0010, 9], "": b"abcd"}
    return message(**{field.name: values[DICTIONARY.by_keyword[field.name].vr] for field in fields(message)})


def back(message: Message) -> Message:
    """The message again, over the wire."""
    primitive = decode(message.encode(), message.data_set)
    assert (primitive.anomalies, primitive.residue) == ((), ())
    return type(message)(**{field.name: getattr(primitive, field.name) for field in fields(type(message))})


each = pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
move = dimse.C_MOVE_RQ(
    MessageID=7, AffectedSOPClassUID=STUDY_ROOT_MOVE, Priority=0, MoveDestination="STORESCP", Identifier=b"abcd"
)


@each
def test_over_the_wire(message: type[Message]) -> None:
    """decode(encode(m)) is m, whatever the values; so is its primitive's message, or UsageError says why not."""

    @settings(max_examples=100, deadline=None)
    @given(strategy(message))
    def check(made: Message) -> None:
        assert back(made) == made
        primitive = decode(made.encode(), made.data_set)
        assert primitive == made.primitive()
        assert primitive.violations() == made.violations()
        assert primitive.encode() == made.encode()
        make = primitive.response if made.ROLE == "response" else primitive.request
        errors = tuple(violation for violation in made.violations() if violation.severity == "error")
        if errors:
            with pytest.raises(UsageError) as raised:
                make()
            assert raised.value.violations == errors
        else:
            assert make() == made

    check()


@each
def test_pickle_and_copy(message: type[Message]) -> None:
    """Messages and primitives, decoded or not, survive pickle and deepcopy and stay equal."""
    made = full(message)
    for thing in (made, made.primitive(), decode(made.encode(), made.data_set), message.PRIMITIVE()):
        for again in (pickle.loads(pickle.dumps(thing)), copy.deepcopy(thing)):
            assert (type(again), again, repr(again)) == (type(thing), thing, repr(thing))
            assert (again.violations(), again.encode()) == (thing.violations(), thing.encode())


@each
def test_equality(message: type[Message]) -> None:
    """Equal values make equal messages and primitives; a change of one field makes unequal ones."""
    made = full(message)
    assert made == full(message)
    assert made != made.primitive()
    assert made.primitive() == full(message).primitive()
    others = {"US": 2, "UI": "1.2", "AE": "OTHER", "LO": "more", "AT": [1], "": b"ab"}
    for field in fields(message):
        other = attrs.evolve(made, **{field.name: others[DICTIONARY.by_keyword[field.name].vr]})
        assert other != made
        assert other.primitive() != made.primitive()


@each
def test_frozen(message: type[Message]) -> None:
    """No field of a message can be assigned or deleted, and no attribute added."""
    made = full(message)
    for name in [*(field.name for field in fields(message)), "Misspelt"]:
        for act in (lambda: setattr(made, name, None), lambda: delattr(made, name)):  # noqa: B023
            with pytest.raises(AttributeError):
                act()
    assert made == full(message)


@each
def test_any_order(message: type[Message]) -> None:
    """Elements in any order decode to the same values; out of the order of tags they are an anomaly."""
    made = full(message)
    wire = made.encode()
    head, elements, at = wire[:12], [], 12
    while at < len(wire):
        end = at + 8 + int.from_bytes(wire[at + 4 : at + 8], "little")
        elements.append(wire[at:end])
        at = end
    for order in (elements[::-1], *itertools.islice(itertools.permutations(elements), 1, 30)):
        primitive = decode(head + b"".join(order), made.data_set)
        assert primitive == made.primitive()
        assert {anomaly.rule for anomaly in primitive.anomalies} == {"WIRE.ORDER"}
        assert primitive.encode() == wire


def survives(wire: bytes) -> None:
    """Bytes decode or raise DecodeError; and what was decoded can be asked for everything."""
    try:
        primitive = decode(wire)
    except DecodeError:
        return
    assert repr(primitive)
    decode(primitive.encode())
    if primitive.violations():
        return
    make = primitive.response if primitive.role == "response" else primitive.request
    try:
        make()
    except UsageError as error:
        assert [v.rule.rpartition(".")[2] for v in error.violations] == ["announced"]  # noqa: PT017


@each
def test_truncated_or_changed(message: type[Message]) -> None:
    """Every truncation and every change of one byte decodes or raises DecodeError; no other error leaves."""
    wire = full(message).encode()
    for at in range(len(wire)):
        survives(wire[:at])
        for value in {0, 0x20, 0x5C, 0xFF, wire[at] ^ 1, wire[at] ^ 0x80} - {wire[at]}:
            survives(wire[:at] + bytes([value]) + wire[at + 1 :])


@each
def test_seen_before(message: type[Message]) -> None:
    """A decoder that has seen much decodes as one that has seen nothing, also what is odd or cannot be read."""
    wire = full(message).encode()
    for at in range(len(wire)):
        changed = wire[:at] + bytes([wire[at] ^ 1]) + wire[at + 1 :]
        warm, cold = (result(reader, changed) for reader in (decode, Codec(DICTIONARY, dimse.SERVICES).decode))
        assert warm == cold


def result(reader: Any, wire: bytes) -> tuple[Any, ...]:
    try:
        primitive = reader(wire)
    except DecodeError as error:
        return (str(error),)
    return type(primitive), primitive, primitive.received


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=80))
def test_any_bytes(junk: bytes) -> None:
    """Any bytes decode or raise DecodeError, alone and behind a Command Field."""
    survives(junk)
    survives(bytes.fromhex("00000001020000002180") + junk)


def test_violations_in_row_order() -> None:
    """violations() has every violation, in the order of the rows."""
    found = dimse.C_MOVE(MessageIDBeingRespondedTo=1, Status=0xFF00, MoveDestination="A", ErrorComment="x").violations()
    assert [violation.rule for violation in found] == [
        "C-MOVE-RSP.MoveDestination.-",
        "C-MOVE-RSP.NumberOfRemainingSuboperations.C",
        "C-MOVE-RSP.NumberOfCompletedSuboperations.C",
        "C-MOVE-RSP.NumberOfFailedSuboperations.C",
        "C-MOVE-RSP.NumberOfWarningSuboperations.C",
        "C-MOVE-RSP.ErrorComment.C",
    ]
    for service in dimse.SERVICES:
        rows = [row.keyword for row in service.TABLE]
        for role in service.MESSAGES:
            order = [rows.index(violation.keyword) for violation in service().violations(role)]
            assert order == sorted(order)


def test_usage_error() -> None:
    """UsageError names service, column and table, and gives each violation a line with its glyph and section."""
    with pytest.raises(UsageError) as raised:
        dimse.C_MOVE(MessageID=7, AffectedSOPClassUID=STUDY_ROOT_MOVE, Identifier=b"ab", Status=0).request()
    assert str(raised.value) == (
        "C-MOVE Req/Ind breaks PS3.7 Table 9.1-4:\n"
        "  MoveDestination is M and absent (PS3.7 9.1.4.1.5)\n"
        "  Status is '-' and present (0000H) (PS3.7 9.1.4.1.7)"
    )
    assert (raised.value.service, raised.value.role) == ("C-MOVE", "Req/Ind")
    for check in (dimse.C_MOVE().check_request, dimse.C_MOVE().check_response):
        with pytest.raises(UsageError, match="MessageID"):
            check()
    assert (dimse.C_MOVE().is_valid_request, move.primitive().is_valid_request) == (False, True)


def test_empty_values() -> None:
    """An empty text or list is written as an element of length zero; it comes back as it was, and is remarked upon."""
    made = dimse.N_SET_RSP(MessageIDBeingRespondedTo=1, Status=0x0107, AttributeIdentifierList=[], ErrorComment=" ")
    primitive = decode(made.encode())
    assert primitive == made.primitive()
    assert (primitive.ErrorComment, primitive.AttributeIdentifierList) == ("", [])
    assert [anomaly.rule for anomaly in primitive.anomalies] == ["WIRE.EMPTY", "WIRE.EMPTY"]


@pytest.mark.parametrize("data_set_type", [0x0000, 0x0001, 0x0102, 0xFFFF])
@each
def test_any_data_set_type(message: type[Message], data_set_type: int) -> None:
    """A Command Data Set Type that came is written again, in messages without a Data Set too; a copy forgets it."""
    made = full(message)
    canonical = made.encode()
    at = canonical.index(bytes.fromhex("0000 0008 02000000")) + 8
    wire = canonical[:at] + data_set_type.to_bytes(2, "little") + canonical[at + 2 :]
    primitive = decode(wire)
    assert primitive.encode() == wire
    if made.data_set is None:
        assert f"{message.NAME}.CommandDataSetType.never" in [broken.rule for broken in primitive.violations()]
        assert attrs.evolve(primitive).encode() == canonical


def test_the_data_set_type_is_of_its_role() -> None:
    """What was received with a request is not written into its response."""
    wire = dimse.C_ECHO_RQ(MessageID=1, AffectedSOPClassUID="1.2.840.10008.1.1").encode()
    primitive = decode(wire[:-2] + b"\1\0")
    primitive.MessageIDBeingRespondedTo, primitive.Status = 1, 0
    said = [bytes.fromhex(f"0000 0008 02000000 {number}") for number in ("0100", "0101")]
    assert [number in primitive.encode("request") for number in said] == [True, False]
    assert [number in primitive.encode("response") for number in said] == [False, True]


def test_respond() -> None:
    """respond() repeats what the response shall repeat, keeps what is given, and leaves out what is given as None."""
    pending = move.respond(Status=0xFF00, NumberOfRemainingSuboperations=3)
    repeated = {"MessageIDBeingRespondedTo": 7, "AffectedSOPClassUID": STUDY_ROOT_MOVE}
    assert pending == dimse.C_MOVE_RSP(Status=0xFF00, NumberOfRemainingSuboperations=3, **repeated)
    assert [violation.cell for violation in pending.violations(request=move)] == ["C", "C", "C"]
    assert move.respond(Status=0, AffectedSOPClassUID=None).AffectedSOPClassUID is None
    other = move.respond(Status=0, MessageIDBeingRespondedTo=8, AffectedSOPClassUID="1.2")
    assert [violation.rule for violation in other.violations(request=move)] == [
        "C-MOVE-RSP.MessageIDBeingRespondedTo.=",
        "C-MOVE-RSP.AffectedSOPClassUID.=",
    ]
    action = dimse.N_ACTION_RQ(MessageID=1, RequestedSOPClassUID="1.2", RequestedSOPInstanceUID="1.3", ActionTypeID=4)
    done, unknown = action.respond(Status=0), action.respond(Status=0x0112)
    assert (done.AffectedSOPClassUID, done.AffectedSOPInstanceUID, done.ActionTypeID) == ("1.2", "1.3", 4)
    assert unknown.ActionTypeID is None
    with pytest.raises(TypeError, match="MoveDestination"):
        move.respond(Status=0, MoveDestination="A")


@each
def test_respond_to_any(message: type[Message]) -> None:
    """What respond() fills in never breaks a rule, whatever the request and the Status."""
    request: Any = full(message)
    if not isinstance(request, dimse.Request):
        assert not hasattr(message, "respond")
        return
    for status in (0x0000, 0x0001, 0x0107, 0x0112, 0x0115, 0x0123, 0x0210, 0xA700, 0xB000, 0xC000, 0xFE00, 0xFF00):
        response: Message = request.respond(Status=status)
        broken = [violation for violation in response.violations(request=request) if violation.cell]
        assert all("is C and absent" in violation.text for violation in broken)


def test_cancel() -> None:
    """cancel() names the operation by its Message ID; where Table 7.5-2 has no cancel it is a RoleError."""
    assert move.cancel() == dimse.C_CANCEL_RQ(MessageIDBeingRespondedTo=7)
    assert move.cancel().violations(request=move) == ()
    assert dimse.C_CANCEL(MessageIDBeingRespondedTo=7).request() == move.cancel()
    with pytest.raises(RoleError, match="C-ECHO has no 'cancel'"):
        dimse.C_ECHO_RQ(MessageID=1, AffectedSOPClassUID="1.2").cancel()


@pytest.mark.parametrize(
    "primitive",
    [
        dimse.N_SET(MessageIDBeingRespondedTo=1, Status=0x0106, ModificationList=b"abcd"),
        dimse.N_EVENT_REPORT(MessageIDBeingRespondedTo=1, Status=0x0115, EventInformation=b"abcd"),
        dimse.N_ACTION(MessageIDBeingRespondedTo=1, Status=0x0115, ActionInformation=b"abcd"),
    ],
    ids=["N-SET", "N-EVENT-REPORT", "N-ACTION"],
)
def test_no_data_set_is_lost(primitive: Primitive[Any, Any]) -> None:
    """A Data Set that Annex C permits in a response is in the message made of it (C.5.10, C.5.11)."""
    assert primitive.violations("response") == ()
    assert primitive.response().data_set == b"abcd"


def test_repr() -> None:
    """repr() shows a message as the standard writes it: codes as FF00H, tags, names of UIDs, sizes of Data Sets."""
    name = f"{STUDY_ROOT_MOVE} (Study Root Query/Retrieve Information Model - MOVE)"
    shown = f"MessageID=7 AffectedSOPClassUID={name} Priority=0 MoveDestination='STORESCP' Identifier=4 bytes"
    assert repr(move) == f"<C-MOVE-RQ {shown}>"
    assert repr(move.primitive()) == f"<C-MOVE request {shown}>"
    assert repr(decode(move.encode())) == f"<C-MOVE request {shown.replace('4 bytes', 'announced')}>"
    pending = dimse.C_MOVE_RSP(MessageIDBeingRespondedTo=7, Status=0xFF00, OffendingElement=["PatientID"])
    assert repr(pending) == "<C-MOVE-RSP MessageIDBeingRespondedTo=7 Status=FF00H OffendingElement=(0010,0020)>"
