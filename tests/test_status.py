"""The Status: every code of every service and SOP Class beside pynetdicom, Annex C by its facts, PS3.4 by hand."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pydicom.uid
import pytest
from pynetdicom import service_class, sop_class, status

import dimse
import dimse.status
from dimse import ParameterTypeError, ParameterValueError, Status
from standard import FACTS, SERVICES, is_pending, is_success, is_warning, keyword

CODES = range(0x1_0000)
CT = pydicom.uid.CTImageStorage
STUDY_FIND = "1.2.840.10008.5.1.4.1.2.2.1"
STUDY_MOVE = "1.2.840.10008.5.1.4.1.2.2.2"
STUDY_GET = "1.2.840.10008.5.1.4.1.2.2.3"
REPOSITORY = "1.2.840.10008.5.1.4.1.1.201.6"
WORKLIST = "1.2.840.10008.5.1.4.31"
MPPS = "1.2.840.10008.3.1.2.3.3"
UPS_PUSH, UPS_WATCH, UPS_PULL = (f"1.2.840.10008.5.1.4.34.6.{number}" for number in (1, 2, 3))
SESSION, FILM_BOX, IMAGE_BOX = (f"1.2.840.10008.5.1.1.{number}" for number in (1, 2, 4))

PRIMITIVES = [primitive for primitive in dimse.SERVICES if primitive.STATUSES.types]
TYPES = {found["type"]: found for found in FACTS["status_types"]}

# PS3.4 and pynetdicom 3.0.4: its dictionaries, by name.
DICTIONARIES = {
    id(value): name.removesuffix("_STATUS").removesuffix("_SERVICE_CLASS")
    for name, value in vars(status).items()
    if isinstance(value, dict) and name.endswith("_STATUS")
}
QUERY_RETRIEVE = {
    "C-FIND": status.QR_FIND_SERVICE_CLASS_STATUS,
    "C-MOVE": status.QR_MOVE_SERVICE_CLASS_STATUS,
    "C-GET": status.QR_GET_SERVICE_CLASS_STATUS,
}
# One dictionary serves a whole Service Class there, and where it has several operations or SOP Classes, each of them
# knows the codes of all. PS3.4 has a table for each.
SHARED = {
    "QR_FIND": "A710H and B001H are Repository Query's alone (C.6.4); Table C.4-1 has neither",
    "QR_MOVE": "AAxxH are of frames, which Composite Instance Root Retrieve alone has (Y.4.1)",
    "QR_GET": "likewise (Y.4.2)",
    "PROCEDURE_STEP": "0001H answers the N-GET of the Retrieve SOP Class (F.8.2)",
    "PRINT_JOB_MANAGEMENT": "a table for Film Session, Film Box, Image Box; none for what merely reports (H.4)",
    "STORAGE_MANAGEMENT": "B010H answers an N-ACTION; the N-EVENT-REPORT has nothing of its own (KK.2)",
    "APPLICATION_EVENT_LOGGING": "what is procedural (P.2) and what is of medication (P.3) have tables apart",
    "MEDIA_CREATION_MANAGEMENT": "0001H answers N-GET, the others N-ACTION (S.3.2)",
    "UNIFIED_PROCEDURE_STEP": "Cxxx, A700H, A900H and Pending are of C-FIND (CC.2.8), the others of one operation each",
    "RT_MACHINE_VERIFICATION": "what is not in the plan answers N-CREATE, what is not in the beam N-SET (DD.3.2.1)",
}
# SOP Classes that pynetdicom has statuses for and PS3.4 has not: no message names them.
NO_MESSAGE = {
    "1.2.840.10008.5.1.1.9": "Meta SOP Classes are negotiated; messages name those that they consist of (H.3)",
    "1.2.840.10008.5.1.1.18": "likewise",
    "1.2.840.10008.1.3.10": "Media Storage Directory Storage is of media, not of messages (PS3.4 I.4)",
}


def theirs(service: str, uid: str) -> dict[int, tuple[str, str]]:
    """The statuses that pynetdicom has for an operation on a SOP Class."""
    found: Any = sop_class.uid_to_service_class(uid)
    if found is service_class.BasicWorklistManagementServiceClass:  # which uses that of Query/Retrieve, and has this
        return status.MODALITY_WORKLIST_SERVICE_CLASS_STATUS
    if issubclass(found, service_class.QueryRetrieveServiceClass) and "statuses" not in vars(found):
        return QUERY_RETRIEVE[service]
    statuses: dict[int, tuple[str, str]] = found.statuses
    return statuses


def listed(service: str) -> set[int]:
    """The codes with a meaning of their own that PS3.7 lists for a service."""
    return {int(found["value"], 16) for found in SERVICES[service]["statuses"] if found["value"]}


@cache
def pairs() -> list[tuple[Any, str, dict[int, tuple[str, str]], frozenset[int]]]:
    """A SOP Class of each different table of a service, what pynetdicom has for it, and the codes it answers with."""
    found = []
    for primitive in PRIMITIVES:
        different: dict[tuple[Any, int], str] = {}
        for uid in primitive.STATUSES.sop_classes:
            different.setdefault((primitive.STATUSES.assigned(uid), id(theirs(primitive.SERVICE, uid))), uid)
        for uid in different.values():
            look_up = primitive.STATUSES.status
            known = frozenset(code for code in CODES if look_up(code, uid).of_sop_class)
            found.append((primitive, uid, theirs(primitive.SERVICE, uid), known))
    return found


def test_pynetdicom_knows_every_code_that_a_sop_class_answers_with() -> None:
    """No code of 0000H to FFFFH is an answer here and unknown there."""
    for _, uid, other, known in pairs():
        assert known <= set(other), uid


def test_what_pynetdicom_knows_beside_is_of_annex_c_or_of_a_neighbour() -> None:
    """Each code that is known there and not here is Annex C's and not listed by the service, or another table's."""
    union: dict[str, set[int]] = defaultdict(set)
    surplus: dict[str, set[int]] = defaultdict(set)
    for primitive, _, other, known in pairs():
        union[DICTIONARIES[id(other)]] |= known
        surplus[DICTIONARIES[id(other)]] |= (
            set(other) - known - (set(status.GENERAL_STATUS) - listed(primitive.SERVICE))
        )
    for name, codes in surplus.items():
        assert codes <= union[name], name
    assert {name for name, codes in surplus.items() if codes} == SHARED.keys()


def test_both_put_every_code_in_the_same_class() -> None:
    """What pynetdicom calls a code, it is here; what has a class there by its range has it here, and no other."""
    for primitive, uid, other, _ in pairs():
        for code, (category, _) in other.items():
            assert primitive.STATUSES.status(code, uid).status_class == category
    for code in CODES:
        category = status.code_to_category(code)
        ours = dimse.C_STORE.STATUSES.status(code).status_class
        # Annex C puts all of 01xx and 02xx in Failure, pynetdicom those that have a meaning.
        if category == "Unknown":
            assert ours == ("Failure" if 0x0100 <= code <= 0x02FF else None)
        else:
            assert ours == category


def test_every_sop_class_of_pynetdicom_is_known() -> None:
    """The SOP Classes of its registry are those here, but for those that no message names."""
    groups = [vars(sop_class)[name] for name in vars(sop_class) if name.endswith("_CLASSES")]
    registered = {
        str(uid) for group in groups if not isinstance(next(iter(group.values())), type) for uid in group.values()
    }
    ours = {uid for primitive in PRIMITIVES for uid in primitive.STATUSES.sop_classes}
    assert registered - ours == NO_MESSAGE.keys()
    assert ours <= registered


def test_names_are_those_of_ps3_6() -> None:
    """A SOP Class has the name that pydicom's dictionary of UIDs has, without the words that all of them share."""
    from dimse.services import _service_classes

    groups = [group for group in vars(_service_classes).values() if isinstance(group, dict) and "1" in str(group)[2:3]]
    named = {uid: name for group in groups for uid, name in group.items()}
    newer = {uid for uid in named if not pydicom.uid.UID(uid).type}
    assert len(named) > 230
    assert newer == {f"1.2.840.10008.5.1.4.1.1.{end}" for end in ("66.7", "66.8", "9.100.1", "9.100.2")}
    for uid in named.keys() - newer:
        known = pydicom.uid.UID(uid).name
        assert named[uid] == known.removesuffix(" (Retired)").removesuffix(" UID").removesuffix(" SOP Class")


# Annex C


def assigned(name: str, code: int) -> bool:
    """Whether PS3.4 may assign a code to a type of Annex C that has none of its own."""
    ranges = {"Pending": is_pending, "Warning": lambda c: c == 1 or 0xB000 <= c <= 0xBFFF}
    in_range = ranges.get(TYPES[name]["class"], lambda c: 0xA000 <= c <= 0xAFFF or 0xC000 <= c <= 0xCFFF)
    return not TYPES[name]["value"] and in_range(code)


@pytest.mark.parametrize("primitive", PRIMITIVES, ids=lambda primitive: primitive.SERVICE)
def test_a_service_answers_with_the_types_that_it_lists(primitive: Any) -> None:
    """`of_service` is the list of 9.1.x or 10.1.x; a code has its type's name, section and fields."""
    own = {"No such Action Type" if s["type"] == "No such Action" else s["type"] for s in primitive_statuses(primitive)}
    assert {each.name for each in primitive.STATUSES.types} == own
    rows = {row.keyword for row in primitive.TABLE}
    for code in CODES:
        found = primitive.STATUSES.status(code)
        fixed = next((facts for facts in TYPES.values() if facts["value"] and int(facts["value"], 16) == code), None)
        possible = [name for name in own if assigned(name, code)]
        assert found.of_service is bool(fixed["type"] in own if fixed else possible)
        if fixed:
            assert (found.type, found.status_class) == (fixed["type"], fixed["class"])
            assert found.section in (
                f"PS3.7 {fixed['section']}",
                *(row.section for row in specialised(primitive, code)),
            )
        elif found.type is not None:
            assert found.type in possible
        elif possible:
            assert len(possible) > 1
        facts = TYPES.get(found.type or "")
        fields = [part for f in facts["fields"] for part in f["field"].split("/")] if facts else []
        permitted = [keyword(name) for name in fields if name != "Status"]
        assert found.keywords == tuple(name for name in permitted if name in rows)


def primitive_statuses(primitive: Any) -> list[dict[str, str]]:
    statuses: list[dict[str, str]] = SERVICES[primitive.SERVICE]["statuses"]
    return statuses


def specialised(primitive: Any, code: int) -> Iterator[dimse.status.AssignedStatus]:
    for uid in primitive.STATUSES.sop_classes:
        yield from (row for row in primitive.STATUSES.assigned(uid) if row.first <= code <= row.last)


def test_status_classes_are_those_of_annex_c() -> None:
    """Success, Pending and Warning, written down once more by hand, and the properties that ask for them."""
    for code in CODES:
        found = dimse.C_FIND.STATUSES.status(code)
        assert (found.is_success, found.is_pending, found.is_warning) == (
            is_success(code),
            is_pending(code),
            is_warning(code),
        )
        assert (found.is_final, found.is_cancel) == (not is_pending(code), code == 0xFE00)
        assert found.is_failure == (found.status_class == "Failure")


# PS3.4, typed from its tables

ROWS = {
    ("C_STORE", CT, "Table B.2-1"): [
        (0xB000, "Warning", "Coercion of Data Elements"),
        (0xB006, "Warning", "Elements discarded"),
        (0xB007, "Warning", "Data Set does not match SOP Class"),
        (0xA700, "Refused: Out of resources", "Out of resources"),
        (0xA7FF, "Refused: Out of resources", "Out of resources"),
        (0xA9AB, "Error: Data Set does not match SOP Class", "Data Set does not match SOP Class"),
        (0xC123, "Error: Cannot understand", "Cannot understand"),
    ],
    ("C_FIND", STUDY_FIND, "Table C.4-1"): [
        (0xFF00, "Pending", "Match supplied; Optional Keys supported as Required Keys are"),
        (0xFF01, "Pending", "Match supplied; some Optional Keys not supported for existence"),
    ],
    ("C_FIND", WORKLIST, "Table K.4-1"): [
        (0xFF01, "Pending", "Match supplied; some Optional Keys not supported for existence"),
    ],
    ("C_FIND", REPOSITORY, "C.6.4"): [
        (0xB001, "Warning", "Response limit reached, a further request may find more"),
    ],
    ("C_MOVE", STUDY_MOVE, "Table C.4-2"): [
        (0xA701, "Refused: Out of resources", "Unable to calculate number of matches"),
        (0xA702, "Refused: Out of resources", "Unable to perform sub-operations"),
        (0xA801, "Refused: Move Destination unknown", "Move Destination unknown"),
        (0xB000, "Warning", "Sub-operations complete, one or more with failure or warning"),
    ],
    ("N_SET", MPPS, "Table F.7.2-2"): [
        (0x0110, "Processing Failure", "Performed Procedure Step may no longer be updated (Error ID A710H)"),
    ],
    ("N_CREATE", FILM_BOX, "Table H.4.2.2.1.2-1"): [
        (0xC616, "Failed", "A Film Box is not printed yet, and the Film Session cannot be"),
    ],
    ("N_ACTION", SESSION, "H.4.1.2.4"): [
        (0xC600, "Failed", "Film Session without Film Boxes"),
    ],
    ("N_ACTION", FILM_BOX, "Table H.4-9"): [
        (0xB603, "Warning", "Film Box without Image Boxes, an empty page"),
    ],
    ("N_SET", IMAGE_BOX, "H.4.3.1.2.1"): [
        (0xC605, "Failed", "Insufficient memory in printer to store the image"),
    ],
    ("N_CREATE", UPS_PUSH, "Table CC.2.5-4"): [
        (0xC309, "Failed", "UPS State was not SCHEDULED"),
    ],
    ("N_ACTION", UPS_PULL, "Table CC.2.1-2"): [
        (0xC301, "Failed", "Transaction UID is not the correct one"),
    ],
    ("N_ACTION", UPS_WATCH, "Table CC.2.3-3"): [
        (0xC308, "Failed", "Receiving AE Title is unknown"),
    ],
    ("N_ACTION", UPS_PUSH, "Table CC.2.1-2, Table CC.2.2-2, Table CC.2.3-3"): [
        (0xC307, "Failed", "No UPS of that SOP Instance UID is managed here"),
    ],
    ("N_GET", UPS_PUSH, "Table CC.2.7-1"): [
        (0x0001, "Warning", "Requested optional Attributes are not supported"),
    ],
}
NOT_ASSIGNED = [
    ("C_STORE", 0xA800, CT),
    ("C_STORE", 0xB001, CT),
    ("C_FIND", 0xB001, STUDY_FIND),
    ("C_FIND", 0xA710, STUDY_FIND),
    ("C_MOVE", 0xA700, STUDY_MOVE),
    ("C_MOVE", 0xFF01, STUDY_MOVE),
    ("C_GET", 0xA801, STUDY_GET),
    ("N_ACTION", 0xC309, UPS_PUSH),
    ("N_SET", 0xB600, IMAGE_BOX),
]


@pytest.mark.parametrize(("where", "rows"), ROWS.items(), ids=lambda each: " ".join(map(str, each[::2])))
def test_rows_of_ps3_4(where: tuple[str, str, str], rows: list[tuple[int, str, str]]) -> None:
    """A code that a SOP Class assigns has the type and meaning of its table."""
    name, uid, place = where
    for code, type_, meaning in rows:
        found = getattr(dimse, name).STATUSES.status(code, sop_class=uid)
        assert (found.type, found.meaning, found.section) == (type_, meaning, f"PS3.4 {place}")
        assert (found.of_service, found.of_sop_class) == (True, True)


def type_of(service: str, code: int) -> str:
    """The type of Annex C that a code assigned by PS3.4 is of."""
    if code >> 12 == 0xB or code == 0x0001:
        return "Warning"
    if service == "C-STORE":
        last = "Error: Cannot understand"
        return {0xA7: "Refused: Out of resources", 0xA9: "Error: Data Set does not match SOP Class"}.get(
            code >> 8, last
        )
    fixed = {0x0000: "Success", 0xFE00: "Cancel", 0xFF00: "Pending", 0xFF01: "Pending", 0x0110: "Processing Failure"}
    refused = dict.fromkeys((0xA700, 0xA701, 0xA702), "Refused: Out of resources")
    return (fixed | refused | {0xA801: "Refused: Move Destination unknown"}).get(code, "Failed")


def test_every_row_has_the_type_of_its_code() -> None:
    """A7xx is out of resources, A801H an unknown destination, other failures are Failed but for C-STORE's own types."""
    for primitive in PRIMITIVES:
        rows = {row for uid in primitive.STATUSES.sop_classes for row in primitive.STATUSES.assigned(uid)}
        for row in rows:
            assert row.type == type_of(primitive.SERVICE, row.first), (primitive.SERVICE, row)


@pytest.mark.parametrize(("name", "code", "uid"), NOT_ASSIGNED)
def test_what_a_sop_class_does_not_assign(name: str, code: int, uid: str) -> None:
    """A code from which PS3.4 may assign, and does not here, is the service's and not the SOP Class's."""
    found = getattr(dimse, name).STATUSES.status(code, uid)
    assert found.of_sop_class is False
    assert found.section.startswith("PS3.7 ")


# The value


def test_a_status_is_read_out() -> None:
    """Code, class, meaning and place, in one line."""
    read = dimse.C_STORE.STATUSES.status
    assert str(read(0xA700, CT)) == "A700H Failure: Out of resources (PS3.4 Table B.2-1)"
    assert repr(read(0xA700, CT)) == "<Status A700H Failure: Out of resources (PS3.4 Table B.2-1)>"
    assert str(read(0x0000)) == "0000H Success (PS3.7 C.1.1)"
    assert str(read(0x0117)) == "0117H Failure: Invalid SOP Instance (PS3.7 C.5.12)"
    assert str(read(0xA800, CT)) == "A800H Failure (PS3.7 9.1.1.1.9)"
    assert str(read(0xD000)) == "D000H of no status class (PS3.7 Annex C)"


def test_a_primitive_has_its_status() -> None:
    """`status` is that of the SOP Class named, Affected before Requested; None where there is no Status."""
    assert dimse.C_STORE().status is None
    assert dimse.C_CANCEL().status is None
    plain = dimse.C_STORE(Status=0xB006).status
    assert plain is not None
    assert (plain.meaning, plain.of_sop_class, plain.sop_class) == ("Elements discarded", None, None)
    named = dimse.C_STORE(Status=0xB006, AffectedSOPClassUID=CT).status
    assert named == dimse.C_STORE.STATUSES.status(0xB006, CT) != plain
    requested = dimse.N_ACTION(Status=0xC300, RequestedSOPClassUID=UPS_PULL).status
    assert requested is not None
    assert requested.meaning == "UPS may no longer be updated"


def test_a_status_is_a_value() -> None:
    """Equal by code, service and SOP Class, hashable, frozen, pickled; a number where one is asked for."""
    first, same = dimse.C_FIND.STATUSES.status(0xFF00, STUDY_FIND), dimse.C_FIND.STATUSES.status(0xFF00, STUDY_FIND)
    others = [
        dimse.C_FIND.STATUSES.status(0xFF01, STUDY_FIND),
        dimse.C_FIND.STATUSES.status(0xFF00, WORKLIST),
        dimse.C_MOVE.STATUSES.status(0xFF00, STUDY_MOVE),
        dimse.C_FIND.STATUSES.status(0xFF00),
        0xFF00,
    ]
    assert first == same == pickle.loads(pickle.dumps(first))
    assert hash(first) == hash(same)
    assert all(first != other for other in others)
    assert (int(first), f"{first:}", hex(first)) == (0xFF00, str(first), "0xff00")
    with pytest.raises(AttributeError):
        first.code = 0  # type: ignore[misc]


def test_what_is_no_code_is_refused() -> None:
    """A code is a US and a SOP Class a text; whatever text it is, it is unknown and no more."""
    read: Any = dimse.C_FIND.STATUSES.status
    for code in (-1, 0x1_0000, 10**30):
        with pytest.raises(ParameterValueError):
            read(code)
    for code in (None, True, "FF00", 1.0, b"\0\0"):
        with pytest.raises(ParameterTypeError):
            read(code)
    for uid in (b"1.2", 5, ["1.2"]):
        with pytest.raises(ParameterTypeError):
            read(0, uid)
    for uid in ("", "1.2.3", "x" * 100_000, "\0", "\ud800"):
        assert read(0xA700, uid).of_sop_class is None
        assert read(0xA700, uid).meaning == "Out of resources"


def test_what_is_remembered_is_bounded() -> None:
    """However many codes and UIDs a peer sends, no more than so many are kept, and none of an unknown UID."""
    statuses = dimse.C_STORE.STATUSES
    for code in range(0x2000):
        statuses.status(code, CT)
        statuses.status(code, f"1.2.{code}")
    kept: Any = statuses._remembered
    assert kept.cache_info().currsize <= dimse.status.REMEMBERED
    assert statuses.status(0xA700, CT) is statuses.status(0xA700, CT)


def test_a_status_is_what_the_package_exports() -> None:
    """`dimse.Status` is the class of every status."""
    assert isinstance(dimse.C_ECHO.STATUSES.status(0), Status)
    assert dimse.Status is dimse.status.Status


def test_nothing_is_imported_before_a_status_is_asked_for() -> None:
    """Importing, making and decoding leave the tables of statuses alone."""
    lines = [
        "import sys, dimse",
        "rsp = dimse.decode(dimse.C_ECHO_RSP(MessageIDBeingRespondedTo=1, Status=0).encode())",
        "repr(rsp)",
        "late = {'dimse.status', 'dimse.services._service_classes'}",
        "assert not late & set(sys.modules)",
        "rsp.status",
        "assert late <= set(sys.modules)",
    ]
    subprocess.run([sys.executable, "-c", "\n".join(lines)], check=True, cwd=Path(__file__).parent)


def test_a_package_without_service_classes_has_statuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a schema says nothing of PS3.4, a status has what Annex C says, and no SOP Class is known."""
    import importlib
    import shutil

    from dimse_codegen.load import load
    from dimse_codegen.render import render

    small = shutil.copytree(Path(__file__).parent / "laws" / "schema", tmp_path / "schema")
    for with_classes in (True, False):
        package = tmp_path / f"widgets_{with_classes}".lower()
        package.mkdir()
        if not with_classes:
            shutil.rmtree(small / "service_classes")
        for name, text in render(load(small)).items():
            (package / name).write_text(text, encoding="utf-8")
        assert (package / "_service_classes.py").exists() == with_classes
        monkeypatch.syspath_prepend(str(tmp_path))
        statuses = importlib.import_module(package.name).X_FIND.STATUSES
        assert statuses.sop_classes == (("1.2.3.3", "1.2.3.1", "1.2.3.2") if with_classes else ())
        found = statuses.status(0xA700, "1.2.3.1")
        assert (found.type, found.of_sop_class) == ("Failed", True if with_classes else None)
        assert statuses.status(0xA701).meaning == ("Unable to find" if with_classes else "Failed")
        assert statuses.status(0xC000).status_class is None
