"""Profiles: what each changed cell means, who is judged by which, and what the shipped ones say of real traffic.

What PS3.4 demands is written here by hand; no test reads it from the schema or from a generated table.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import dimse
from dimse import Conversation, decode
from dimse.capture import Ended, Follower, Said, packets
from dimse.profile import Change, Profile
from dimse.profiles import (
    PROFILES,
    modality_performed_procedure_step,
    patient_root_query_retrieve,
    storage,
    storage_commitment,
    study_root_query_retrieve,
    verification,
)

CAPTURES = Path(__file__).resolve().parent / "captures"
ARGUED = Path(__file__).resolve().parent / "profile_judgements.json"
ALL = {
    "verification": verification.PROFILE,
    "storage": storage.PROFILE,
    "study_root_query_retrieve": study_root_query_retrieve.PROFILE,
    "patient_root_query_retrieve": patient_root_query_retrieve.PROFILE,
    "modality_performed_procedure_step": modality_performed_procedure_step.PROFILE,
    "storage_commitment": storage_commitment.PROFILE,
}
STUDY, PATIENT = study_root_query_retrieve, patient_root_query_retrieve
STUDY_ROOT, PATIENT_ROOT = "1.2.840.10008.5.1.4.1.2.2", "1.2.840.10008.5.1.4.1.2.1"
MPPS, COMMITMENT = "1.2.840.10008.3.1.2.3.3", "1.2.840.10008.1.20.1"
COUNTS = {f"NumberOf{each}Suboperations": 0 for each in ("Remaining", "Completed", "Failed", "Warning")}
PRESENT = COUNTS | {"NumberOfRemainingSuboperations": 2}
DONE = {"NumberOfCompletedSuboperations": 3, "NumberOfFailedSuboperations": 1, "NumberOfWarningSuboperations": 0}


def test_the_profiles() -> None:
    """Every module of the package is listed with its name, and nothing else is."""
    assert {module: profile.name for module, profile in ALL.items()} == PROFILES
    assert [profile.section.split()[0] for profile in ALL.values()] == ["PS3.4"] * 6


# Every changed cell, kept and broken

KEPT: dict[str, tuple[str, dict[str, Any]]] = {
    "C-ECHO": ("request", {"AffectedSOPClassUID": "1.2.840.10008.1.1"}),
    "C-FIND": ("request", {"AffectedSOPClassUID": "", "Priority": 0, "Identifier": b""}),
    "C-MOVE": ("request", {"AffectedSOPClassUID": "", "Priority": 0, "MoveDestination": "A", "Identifier": b""}),
    "C-GET": ("request", {"AffectedSOPClassUID": "", "Priority": 0, "Identifier": b""}),
    "N-CREATE": ("request", {"AffectedSOPClassUID": MPPS, "AffectedSOPInstanceUID": "1.2", "AttributeList": b"a"}),
    "N-SET": ("request", {"RequestedSOPClassUID": MPPS, "RequestedSOPInstanceUID": "1.2", "ModificationList": b"a"}),
    "N-ACTION": (
        "request",
        {
            "RequestedSOPClassUID": COMMITMENT,
            "RequestedSOPInstanceUID": "1.2.840.10008.1.20.1.1",
            "ActionTypeID": 1,
            "ActionInformation": b"a",
        },
    ),
    "N-EVENT-REPORT": (
        "request",
        {
            "AffectedSOPClassUID": COMMITMENT,
            "AffectedSOPInstanceUID": "1.2.840.10008.1.20.1.1",
            "EventTypeID": 2,
            "EventInformation": b"a",
        },
    ),
}
OF_MPPS, OF_COMMITMENT = modality_performed_procedure_step, storage_commitment
# Module, service, the changes that break a cell, the rule that is broken, where it stands.
BROKEN_REQUESTS = [
    (verification, "C-ECHO", {"AffectedSOPClassUID": "1.2"}, "C-ECHO-RQ.AffectedSOPClassUID.MF", "A.4"),
    (verification, "C-ECHO", {"AffectedSOPClassUID": None}, "C-ECHO-RQ.AffectedSOPClassUID.MF", "A.4"),
    *(
        (root, service, {"AffectedSOPClassUID": uid}, f"{service}-RQ.AffectedSOPClassUID.MF", section)
        for root in (STUDY, PATIENT)
        for service, section in (("C-FIND", "C.4.1.1.1"), ("C-MOVE", "C.4.2.1.1"), ("C-GET", "C.4.3.1.1"))
        for uid in ("1.2.840.10008.5.1.4.1.2.3.1", None)
    ),
    (OF_MPPS, "N-CREATE", {"AffectedSOPClassUID": f"{MPPS[:-1]}4"}, "N-CREATE-RQ.AffectedSOPClassUID.MF", "F.7.2.1"),
    (OF_MPPS, "N-CREATE", {"AffectedSOPInstanceUID": None}, "N-CREATE-RQ.AffectedSOPInstanceUID.M", "F.7.2.1.2"),
    (OF_MPPS, "N-CREATE", {"AttributeList": None}, "N-CREATE-RQ.AttributeList.M", "Table F.7.2-1"),
    (OF_MPPS, "N-SET", {"RequestedSOPClassUID": "1.2"}, "N-SET-RQ.RequestedSOPClassUID.MF", "F.7.2.1"),
    (OF_COMMITMENT, "N-ACTION", {"RequestedSOPClassUID": "1.2"}, "N-ACTION-RQ.RequestedSOPClassUID.MF", "J.3.5"),
    (
        OF_COMMITMENT,
        "N-ACTION",
        {"RequestedSOPInstanceUID": "1.2.840.10008.1.20.1.2"},
        "N-ACTION-RQ.RequestedSOPInstanceUID.MF",
        "J.3.2.1.2",
    ),
    (OF_COMMITMENT, "N-ACTION", {"ActionTypeID": 2}, "N-ACTION-RQ.ActionTypeID.MF", "J.3.2.1.2"),
    (OF_COMMITMENT, "N-ACTION", {"ActionInformation": None}, "N-ACTION-RQ.ActionInformation.M", "J.3.2.1.2"),
    (
        OF_COMMITMENT,
        "N-EVENT-REPORT",
        {"AffectedSOPClassUID": "1.2"},
        "N-EVENT-REPORT-RQ.AffectedSOPClassUID.MF",
        "J.3.5",
    ),
    (
        OF_COMMITMENT,
        "N-EVENT-REPORT",
        {"AffectedSOPInstanceUID": "1.2"},
        "N-EVENT-REPORT-RQ.AffectedSOPInstanceUID.MF",
        "J.3.3",
    ),
    (OF_COMMITMENT, "N-EVENT-REPORT", {"EventTypeID": 3}, "N-EVENT-REPORT-RQ.EventTypeID.MF", "J.3.3.1.2"),
    (OF_COMMITMENT, "N-EVENT-REPORT", {"EventTypeID": 0}, "N-EVENT-REPORT-RQ.EventTypeID.MF", "J.3.3.1.2"),
    (OF_COMMITMENT, "N-EVENT-REPORT", {"EventInformation": None}, "N-EVENT-REPORT-RQ.EventInformation.M", "J.3.3.1.2"),
]


def kept(module: Any, service: str) -> dict[str, Any]:
    _, values = KEPT[service]
    uid = {STUDY: STUDY_ROOT, PATIENT: PATIENT_ROOT}.get(module)
    number = {"C-FIND": 1, "C-MOVE": 2, "C-GET": 3}.get(service)
    return values | {"MessageID": 1} | ({"AffectedSOPClassUID": f"{uid}.{number}"} if uid else {})


@pytest.mark.parametrize(
    ("module", "service", "change", "rule", "section"),
    BROKEN_REQUESTS,
    ids=lambda each: each if isinstance(each, str) else None,
)
def test_a_request(module: Any, service: str, change: dict[str, Any], rule: str, section: str) -> None:
    """A request that keeps a profile breaks nothing; with one change it breaks one cell, where PS3.4 has it."""
    cls, base = (getattr(each, service.replace("-", "_")) for each in (module, dimse))
    good = kept(module, service)
    for each in (cls, base):
        assert each(**good).violations("request") == ()
    (broken,) = cls(**good | change).violations("request")
    assert (broken.rule, broken.severity, broken.section) == (rule, "error", f"PS3.4 {section}")
    assert module.PROFILE.RULES[rule].section == broken.section
    # The service itself has nothing against what the profile refuses, but for what is M there too.
    assert [each.rule for each in base(**good | change).violations("request")] in ([], [rule.replace("MF", "M")])


def test_both_event_types() -> None:
    """MF 1 or 2: either value stands there."""
    for event in (1, 2):
        report = storage_commitment.N_EVENT_REPORT(
            **kept(storage_commitment, "N-EVENT-REPORT") | {"EventTypeID": event}
        )
        assert report.violations("request") == ()


# Responses of C-FIND, C-MOVE and C-GET: status, parameters, what is broken.
RETRIEVED = {
    "pending": (0xFF00, PRESENT, []),
    "pending without a count": (0xFF00, COUNTS | {"NumberOfFailedSuboperations": None}, ["Failed", "PS3.7"]),
    "pending, none said to remain": (0xFF00, PRESENT | {"NumberOfRemainingSuboperations": None}, ["Remaining", "6"]),
    "pending with a list": (0xFF00, PRESENT | {"Identifier": b"uids"}, ["Identifier", "4.2"]),
    "success": (0x0000, DONE | {"NumberOfFailedSuboperations": 0}, []),
    "success with none remaining": (0x0000, COUNTS, ["Remaining", "6"]),
    "success with a list": (0x0000, {"Identifier": b"uids"}, ["Identifier", "4.2"]),
    "warning": (0xB000, DONE | {"Identifier": b"uids"}, []),
    "warning without a list": (0xB000, DONE, []),
    "warning with remaining": (0xB000, PRESENT | DONE | {"NumberOfRemainingSuboperations": 0}, ["Remaining", "6"]),
    "failure": (0xA702, DONE | {"Identifier": b"uids"}, []),
    "failure with remaining": (0xA702, PRESENT | DONE, ["Remaining", "6"]),
    "cancel with remaining": (0xFE00, PRESENT | {"Identifier": b"uids"}, []),
    "cancel without counts": (0xFE00, {}, []),
    "unable to process": (0xC123, {}, []),
    "not in the table": (0xA703, {}, ["Status", "5"]),
}
# The subsection of C.4.2.1 for a C-MOVE is that of C.4.3.1 for a C-GET, but for the Move Destination that it lacks.
SECTIONS = {"C-MOVE": ("C.4.2.1", {}), "C-GET": ("C.4.3.1", {"6": "5", "4.2": "3.2", "5": "4"})}


@pytest.mark.parametrize("module", [STUDY, PATIENT], ids=["study", "patient"])
@pytest.mark.parametrize("service", ["C-MOVE", "C-GET"])
@pytest.mark.parametrize("case", RETRIEVED)
def test_a_retrieval(module: Any, service: str, case: str) -> None:
    """Counts and the list of what failed go with the statuses that C.4.2.1 and C.4.3.1 let them go with."""
    status, values, expected = RETRIEVED[case]
    response = getattr(module, service.replace("-", "_"))(MessageIDBeingRespondedTo=1, Status=status, **values)
    found = [(each.keyword, each.section) for each in response.violations("response")]
    if not expected:
        assert found == []
        return
    what, place = expected
    keyword = what if what in ("Identifier", "Status") else f"NumberOf{what}Suboperations"
    section, here = SECTIONS[service]
    own = {"C-MOVE": "PS3.7 9.1.4.1.10", "C-GET": "PS3.7 9.1.3.1.9"}[service]
    assert found == [(keyword, own if place == "PS3.7" else f"PS3.4 {section}.{here.get(place, place)}")]


@pytest.mark.parametrize("module", [STUDY, PATIENT], ids=["study", "patient"])
@pytest.mark.parametrize(
    ("status", "identifier", "rules"),
    [
        (0xFF00, b"match", []),
        (0xFF01, b"match", []),
        (0xFF00, None, ["Identifier.C"]),
        (0x0000, None, []),
        (0x0000, b"match", ["Identifier.C"]),
        (0xA700, b"match", ["Identifier.C"]),
        (0xC001, None, []),
        (0xB000, None, ["Status.only"]),
        (0x0110, None, ["Status.only"]),
    ],
)
def test_a_match(module: Any, status: int, identifier: bytes | None, rules: list[str]) -> None:
    """A C-FIND response has an Identifier if and only if it is Pending, and a status of Table C.4-1 or PS3.7."""
    response = module.C_FIND(MessageIDBeingRespondedTo=1, Status=status, Identifier=identifier)
    assert [each.rule for each in response.violations("response")] == [f"C-FIND-RSP.{rule}" for rule in rules]


@pytest.mark.parametrize(
    ("status", "right"),
    [
        *((code, True) for code in (0x0000, 0xB000, 0xB007, 0xA701, 0xA9FF, 0xCFFF, 0x0124)),
        *((code, False) for code in (0xB001, 0x0110, 0xA800, 0xFF00, 0x1234)),
    ],
)
def test_a_store(status: int, right: bool) -> None:
    """A C-STORE ends with a status of Table B.2-1 or of PS3.7 9.1.1.1.9; any other is one error, and only one."""
    response = storage.C_STORE(
        MessageIDBeingRespondedTo=1, AffectedSOPClassUID="1.2.840.10008.5.1.4.1.1.2", Status=status
    )
    found = [(v.rule, v.severity, v.section) for v in response.violations("response") if v.severity != "advisory"]
    assert found == ([] if right else [("C-STORE-RSP.Status.only", "error", "PS3.4 B.2.3")])


def test_a_severity() -> None:
    """A status that the service lists nowhere is a warning of PS3.7, and an error of this profile."""
    values = {"MessageIDBeingRespondedTo": 1, "Status": 0x0122}
    for module, severity in ((dimse, "warning"), (modality_performed_procedure_step, "error")):
        (found,) = module.N_SET(**values).violations("response")
        assert (found.rule, found.severity) == ("N-SET-RSP.Status.type", severity)
    rules = modality_performed_procedure_step.PROFILE.RULES
    assert (rules[found.rule].severity, dimse.RULES[found.rule].severity) == ("error", "warning")


# Classes


def test_classes_beside_ours() -> None:
    """A profile's classes are classes of their own, with the names, keywords and bytes of those they extend."""
    rq = storage_commitment.N_ACTION_RQ(**kept(storage_commitment, "N-ACTION"))
    ours = dimse.N_ACTION_RQ(**kept(storage_commitment, "N-ACTION"))
    assert rq.encode() == ours.encode()
    assert storage_commitment.N_ACTION.EXTENDS is dimse.N_ACTION
    assert type(rq.primitive()) is storage_commitment.N_ACTION is not dimse.N_ACTION
    assert type(rq.respond(Status=0)) is storage_commitment.N_ACTION_RSP
    assert "ActionInformation" in storage_commitment.N_ACTION.REQUEST_KEYWORDS
    assert "ActionInformation" not in dimse.N_ACTION.REQUEST_KEYWORDS
    assert "MF 1.2.840.10008.1.20.1.1" in str(storage_commitment.N_ACTION.TABLE)
    with pytest.raises(TypeError, match="ActionInformation"):
        storage_commitment.N_ACTION_RQ(
            MessageID=1, RequestedSOPClassUID=COMMITMENT, RequestedSOPInstanceUID="1.2", ActionTypeID=1
        )


def test_what_a_fixed_cell_holds() -> None:
    """A number that is fixed stands in a new primitive, as in a service; a text has to be given."""
    new = storage_commitment.N_ACTION()
    assert (new.ActionTypeID, new.RequestedSOPInstanceUID) == (1, None)
    assert storage_commitment.N_EVENT_REPORT().EventTypeID is None
    assert new.violations("response")[0].keyword == "MessageIDBeingRespondedTo"


def test_changes() -> None:
    """A profile tells what it changes, where that stands, and why."""
    changes = storage_commitment.PROFILE.changes
    assert changes[2] == Change(
        "N-ACTION", "Action Type ID, Req/Ind", "M", "MF 1", False, "PS3.4 J.3.2.1.2", "There is one kind of action."
    )
    assert str(changes[2]) == (
        "N-ACTION Action Type ID, Req/Ind: M > MF 1. There is one kind of action. (PS3.4 J.3.2.1.2)"
    )
    assert repr(storage_commitment.PROFILE) == "<Profile Storage Commitment (PS3.4 J.3)>"
    assert not any(change.relaxed for profile in ALL.values() for change in profile.changes)


# Who is judged by which


def find(uid: str, **values: Any) -> Any:
    return dimse.C_FIND_RQ(MessageID=1, AffectedSOPClassUID=uid, Priority=0, Identifier=b"", **values)


def test_violations_of_a_primitive() -> None:
    """A decoded primitive is judged by a profile where its SOP Class, or its request's, is one of the profile's."""
    rq = find(f"{STUDY_ROOT}.1")
    refused = decode(dimse.C_FIND(MessageIDBeingRespondedTo=1, Status=0x0110).encode("response"))
    assert {v.rule for v in refused.violations(profile=STUDY.PROFILE)} == {"C-FIND-RSP.Status.type"}
    assert [v.rule for v in refused.violations(request=rq, profile=STUDY.PROFILE)] == ["C-FIND-RSP.Status.only"]
    assert [v.rule for v in refused.violations(request=rq, profile=PATIENT.PROFILE)] == ["C-FIND-RSP.Status.type"]
    message = dimse.C_FIND_RSP(MessageIDBeingRespondedTo=1, Status=0x0110)
    assert [v.rule for v in message.violations(request=rq, profile=STUDY.PROFILE)] == ["C-FIND-RSP.Status.only"]


def answered(request: Any, status: int, **options: Any) -> list[tuple[str, str]]:
    """What a conversation says of a response with a status that no table has, or that is not expected."""
    contexts = options.pop("contexts", None)
    conversation = Conversation(contexts=contexts, **options)
    conversation.feed(request, "requestor", context=1)
    response = type(request).PRIMITIVE(MessageIDBeingRespondedTo=1, Status=status)
    return [(v.rule, v.severity) for v in conversation.feed(response, "acceptor", context=1).violations]


ONLY, TYPE = [("C-FIND-RSP.Status.only", "error")], [("C-FIND-RSP.Status.type", "warning")]


def test_a_conversation() -> None:
    """A response is judged by its request's SOP Class; messages of other SOP Classes by PS3.7 as before."""
    profiles = [STUDY.PROFILE, verification.PROFILE]
    assert answered(find(f"{STUDY_ROOT}.1"), 0x0110, profiles=profiles) == ONLY
    assert answered(find(f"{PATIENT_ROOT}.1"), 0x0110, profiles=profiles) == TYPE
    assert answered(find(f"{STUDY_ROOT}.1"), 0x0110) == TYPE


def test_a_presentation_context() -> None:
    """What no message names, the Presentation Context does; what it says of its context makes a wrong UID one."""
    contexts = {1: "1.2.840.10008.1.1"}
    echo = dimse.C_ECHO_RQ(MessageID=1, AffectedSOPClassUID="1.2.3")
    for known, expected in ((contexts, ["C-ECHO-RQ.AffectedSOPClassUID.MF"]), ({}, [])):
        conversation = Conversation(profiles=[verification.PROFILE], contexts=known)
        assert [v.rule for v in conversation.feed(echo, "requestor", context=1).violations] == expected
    late = Conversation(profiles=[STUDY.PROFILE], contexts={1: f"{STUDY_ROOT}.1"}, from_start=False)
    response = dimse.C_FIND(MessageIDBeingRespondedTo=9, Status=0x0110)
    assert [(v.rule, v.severity) for v in late.feed(response, "acceptor", context=1).violations] == ONLY


def test_the_last_profile_holds() -> None:
    """Of several profiles for a SOP Class, the last one given judges; what is none is refused."""
    plain = Profile("Nothing", "ACME 1", "Nothing.", dimse.DICTIONARY, [(dimse.C_FIND, (f"{STUDY_ROOT}.1",))], [])
    assert answered(find(f"{STUDY_ROOT}.1"), 0x0110, profiles=[STUDY.PROFILE, plain]) == TYPE
    assert answered(find(f"{STUDY_ROOT}.1"), 0x0110, profiles=[plain, STUDY.PROFILE]) == ONLY
    with pytest.raises(TypeError, match=r"a profile is a dimse.profile.Profile.*study_root"):
        Conversation(profiles=[STUDY])  # type: ignore[list-item]


def test_severities_of_a_user_come_last() -> None:
    """What a user says of a rule holds over what a profile says."""
    severities = {"C-FIND-RSP.Status.only": "advisory"}
    found = answered(find(f"{STUDY_ROOT}.1"), 0x0110, profiles=[STUDY.PROFILE], severities=severities)
    assert found == [("C-FIND-RSP.Status.only", "advisory")]


# Real traffic


def judged(profile: Profile | None) -> Iterator[tuple[str, int, str, Any]]:
    """Every violation in the captures: file, number of the message, its service, what is said."""
    for path in sorted(CAPTURES.glob("*.pcapng")):
        follower = Follower(profiles=[profile] if profile else [])
        for event in follower.follow(packets([path.read_bytes()])):
            if isinstance(event, Said):
                for violation in event.judgement.violations:
                    yield path.stem, event.number, violation
            elif isinstance(event, Ended):
                for violation in event.violations:
                    yield path.stem, 0, violation


@pytest.fixture(scope="module")
def plainly() -> Counter[tuple[Any, ...]]:
    return Counter((file, number, v.rule, v.severity, v.section) for file, number, v in judged(None))


@pytest.mark.parametrize("name", ALL)
def test_real_traffic(name: str, plainly: Counter[tuple[Any, ...]]) -> None:
    """What a profile says of the messages of eight implementations beyond PS3.7, and less: each argued for."""
    found = Counter((file, number, v.rule, v.severity, v.section) for file, number, v in judged(ALL[name]))
    argued = [each for each in json.loads(ARGUED.read_text(encoding="utf-8")) if each["profile"] == name]
    keys = ("file", "n", "rule", "severity", "section")
    more = sorted(tuple(each[key] for key in keys) for each in argued if not each.get("instead"))
    less = sorted(tuple(each[key] for key in keys) for each in argued if each.get("instead"))
    assert sorted((found - plainly).elements()) == more
    assert sorted((plainly - found).elements()) == less
    assert all(each["argument"] for each in argued)
