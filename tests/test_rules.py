"""Rules that can be looked up, and the answers to requests that break them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

import dimse
from dimse import RULES, Conversation, DecodeError, Primitive, Rules, Violation, answer, decode, testing

ECHO, CT, STUDY_FIND = "1.2.840.10008.1.1", "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.2.2.1"
MPPS = "1.2.840.10008.3.1.2.3.3"


# Of a primitive alone that is judged as a cancel: the message has no place for a Data Set, and no rule for one.
NO_MESSAGE_BREAKS = "C-CANCEL-RQ.Identifier.-"
# Cited as the service at hand has it.
OF_SEVERAL_SERVICES = ("C-CANCEL-RQ.", "CONVERSATION.MESSAGE_ID")


def known(violations: tuple[Violation, ...]) -> None:
    """Each violation is of a rule that can be looked up, and cites and weighs it as the rule does."""
    for violation in violations:
        if violation.rule == NO_MESSAGE_BREAKS:
            continue
        rule = RULES[violation.rule]
        assert violation.severity == rule.severity
        if not violation.rule.endswith(".VR") and not violation.rule.startswith("WIRE."):
            assert violation.section == rule.section or violation.rule.startswith(OF_SEVERAL_SERVICES)


@settings(max_examples=1500, deadline=None)
@given(testing.malformed_command_sets())
def test_no_violation_is_of_an_unknown_rule(malformed: testing.Malformed) -> None:
    try:
        primitive = decode(malformed.wire)
    except DecodeError:
        return
    known(Conversation().feed(primitive, "requestor").violations)


@pytest.mark.parametrize("service", dimse.SERVICES, ids=lambda service: service.SERVICE)
def test_nor_is_one_of_any_set_of_parameters(service: type[Primitive[Any, Any]]) -> None:
    """Absent and full primitives in every role, with statuses of every class, break rules that are known."""
    values: dict[str, Any] = {"AT": [1], "AE": "A", "LO": "a", "SH": "a", "UI": "1.2", "US": 1, "UL": 1, "": b"ab"}
    full = {row.keyword: values[row.vr] for row in service.TABLE}
    for role in service.MESSAGES:
        known(service().violations(role))
        for status in (0x0000, 0x0001, 0x0110, 0x1234, 0xA700, 0xB123, 0xFE00, 0xFF00):
            chosen = full | ({"Status": status} if "Status" in full else {})
            known(service(**chosen).violations(role, request=service()))


def test_a_rule_says_what_it_wants() -> None:
    """A rule has purpose, section and severity; that of a condition says when."""
    rule = RULES["C-FIND-RSP.Identifier.C"]
    assert (rule.severity, rule.section) == ("error", "PS3.7 9.1.2.1.5")
    assert "Required while Status is Pending" in rule.purpose
    assert RULES["N-EVENT-REPORT-RSP.EventTypeID.C"].severity == "warning"
    assert RULES["C-MOVE-RSP.MessageID.retired"].severity == "warning"
    assert RULES["CONVERSATION.PENDING"].section == "PS3.7 7.5.3.2"
    assert all(each.id == name and each.purpose.endswith(".") and " " in each.section for name, each in RULES.items())


def test_rules_are_a_mapping() -> None:
    """Of some services, the rules of these; a wrong ID is a KeyError."""
    some = Rules(dimse.DICTIONARY, [dimse.C_ECHO])
    assert {name.partition(".")[0] for name in some} == {"C-ECHO-RQ", "C-ECHO-RSP", "CONVERSATION", "WIRE", "PDV"}
    assert set(some) < set(RULES)
    assert len(some) == len(list(some))
    assert "C-ECHO-RQ.MessageID.U" not in RULES
    with pytest.raises(KeyError):
        RULES["C-ECHO-RQ.MessageID.U"]


def bytes_of(request: Any, old: bytes, new: bytes) -> Primitive[Any, Any]:
    wire = request.encode()
    assert wire.count(old) == 1
    assert len(old) == len(new)
    return decode(wire.replace(old, new), request.data_set)


STORE = dimse.C_STORE_RQ(
    MessageID=1, AffectedSOPClassUID=CT, Priority=0, AffectedSOPInstanceUID="1.2.3.4", DataSet=b"ab"
)
SET = dimse.N_SET_RQ(MessageID=1, RequestedSOPClassUID=MPPS, RequestedSOPInstanceUID="1.2.3.4", ModificationList=b"ab")
REFUSED: dict[str, tuple[Primitive[Any, Any], int, str]] = {
    "C-FIND without Identifier": (
        dimse.C_FIND(MessageID=1, AffectedSOPClassUID=STUDY_FIND),
        0xC000,
        "C-FIND-RQ.Identifier.M",
    ),
    "C-STORE without Priority": (
        dimse.C_STORE(MessageID=1, AffectedSOPClassUID=CT, Priority=None, AffectedSOPInstanceUID="1.2", DataSet=b"ab"),
        0xC000,
        "C-STORE-RQ.Priority.M",
    ),
    "C-STORE of a bad SOP Instance UID": (
        bytes_of(STORE, b"1.2.3.4\0", b"1.2.03.4"),
        0x0117,
        "C-STORE-RQ.AffectedSOPInstanceUID.VR",
    ),
    "C-STORE of a bad SOP Class UID": (
        bytes_of(STORE, CT.encode() + b"\0", CT.encode() + b"x"),
        0x0122,
        "C-STORE-RQ.AffectedSOPClassUID.VR",
    ),
    "C-ECHO that answers": (
        dimse.C_ECHO(MessageID=1, MessageIDBeingRespondedTo=3, AffectedSOPClassUID=ECHO),
        0x0212,
        "C-ECHO-RQ.MessageIDBeingRespondedTo.-",
    ),
    "N-SET of a bad SOP Instance UID": (
        bytes_of(SET, b"1.2.3.4\0", b"1.2.3.x\0"),
        0x0117,
        "N-SET-RQ.RequestedSOPInstanceUID.VR",
    ),
    "N-CREATE without SOP Class": (dimse.N_CREATE(MessageID=1), 0x0120, "N-CREATE-RQ.AffectedSOPClassUID.M"),
    "N-GET without SOP Instance": (
        dimse.N_GET(MessageID=1, RequestedSOPClassUID=MPPS),
        0x0110,
        "N-GET-RQ.RequestedSOPInstanceUID.M",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_answers(name: str) -> None:
    """A request that breaks a rule is answered with the status for it, by a response that breaks none."""
    request, status, rule = REFUSED[name]
    refusal = answer(request)
    assert refusal is not None
    assert refusal.response is not None
    assert (refusal.violation.rule, f"{refusal.status:04X}H") == (rule, f"{status:04X}H")
    found = refusal.response.violations(request=request)
    assert [violation for violation in found if violation.severity == "error"] == []
    permitted = request.STATUSES.status(status).keywords
    assert (refusal.error_comment is not None) is ("ErrorComment" in permitted)
    assert len(refusal.error_comment or "") <= 64


def test_answers_to_what_a_conversation_says() -> None:
    """A Message ID in use is a Duplicate invocation; advice and right requests have no answer."""
    conversation = Conversation()
    request = decode(dimse.C_ECHO_RQ(MessageID=1, AffectedSOPClassUID=ECHO).encode())
    assert answer(request, conversation.feed(request, "requestor").violations) is None
    refusal = answer(request, conversation.feed(request, "requestor").violations)
    assert refusal is not None
    assert (refusal.status, refusal.type, refusal.error_comment) == (0x0210, "Duplicate invocation", None)


def test_no_response_without_a_message_id() -> None:
    """Without a Message ID there is nothing to respond to; the status is proposed all the same."""
    refusal = answer(dimse.C_ECHO(AffectedSOPClassUID=ECHO))
    assert refusal is not None
    assert (refusal.response, refusal.violation.rule) == (None, "C-ECHO-RQ.MessageID.M")


@pytest.mark.parametrize("service", dimse.SERVICES, ids=lambda service: service.SERVICE)
def test_every_complaint_about_a_request_has_an_answer(service: type[Primitive[Any, Any]]) -> None:
    """Each rule of a request proposes a type of status that the service has; a cancel alone has no response."""
    for name, rule in RULES.items():
        if name.startswith(f"{service.SERVICE}-RQ.") and service is not dimse.C_CANCEL:
            assert {each.name for each in service.STATUSES.types} & set(rule.statuses), name
