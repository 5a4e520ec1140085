"""Orthanc as SCP, with an SCU of ours."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from .dcmtk import STORE_TITLE, storescp
from .ends import (
    CANCEL,
    COMMITMENT,
    COMMITMENT_INSTANCE,
    FIND,
    GET,
    MOVE,
    PENDING,
    SUCCESS,
    VERIFICATION,
    Archive,
    cancelled,
    commitment,
    query,
    scp_role,
    scu,
)
from .instances import ROOT, SOP_CLASS, study
from .judged import judged
from .orthanc import ORTHANC, TITLE, orthanc
from .relay import Wire, wait_for


def fill(port: int, studies: int, instances: int = 1) -> None:
    """Store studies to it."""
    with scu(port, SOP_CLASS, called=TITLE) as association:
        for number in range(1, studies + 1):
            for image in study(number, instances):
                assert association.send_c_store(image).Status == SUCCESS


def test_echo(wire: Wire, tmp_path: Path) -> None:
    """Three C-ECHO in one association."""
    with orthanc(wire, tmp_path / "orthanc") as peer, scu(peer.port, VERIFICATION, called=TITLE) as association:
        assert [association.send_c_echo(number).Status for number in (1, 2, 65535)] == [SUCCESS] * 3
    assert judged(wire.record).names(ORTHANC) == ["C-ECHO-RSP"] * 3


def test_store(wire: Wire, tmp_path: Path) -> None:
    """What we send arrives."""
    with orthanc(wire, tmp_path / "orthanc") as peer:
        fill(peer.port, 2, 2)
        assert len(peer.get("/instances")) == 4


def test_find(wire: Wire, tmp_path: Path) -> None:
    """Every study, then the end."""
    with orthanc(wire, tmp_path / "orthanc") as peer:
        fill(peer.port, 5)
        with scu(peer.port, FIND, called=TITLE) as association:
            found = list(association.send_c_find(query(StudyInstanceUID="", PatientName=""), FIND))
    assert [status.Status for status, _ in found] == [PENDING] * 5 + [SUCCESS]
    assert {answer.StudyInstanceUID for _, answer in found if answer} == {f"{ROOT}.{number}" for number in range(1, 6)}


def test_find_cancel(wire: Wire, tmp_path: Path) -> None:
    """A C-CANCEL ends the C-FIND."""
    keys = query(StudyInstanceUID="", PatientName="", PatientID="", StudyID="", AccessionNumber="")
    with orthanc(wire, tmp_path / "orthanc") as peer:
        fill(peer.port, 60)
        with scu(peer.port, FIND, called=TITLE) as association:
            ask = partial(association.send_c_find, keys, FIND, msg_id=7)
            found = [status.Status for status in cancelled(wire, association, FIND, ask)]
    assert len(found) < 60
    assert found == [PENDING] * (len(found) - 1) + [CANCEL]


def test_move(wire: Wire, tmp_path: Path) -> None:
    """The instances go to a third AE, a storescp."""
    with (
        storescp(wire, tmp_path / "third", ORTHANC) as third,
        orthanc(wire, tmp_path / "orthanc", STORESCP=third) as peer,
    ):
        fill(peer.port, 2, 4)
        with scu(peer.port, MOVE, called=TITLE) as association:
            answers = association.send_c_move(query(StudyInstanceUID=f"{ROOT}.1"), STORE_TITLE, MOVE, msg_id=9)
            found = [status for status, _ in answers]
    assert found[-1].Status == SUCCESS
    assert found[-1].NumberOfCompletedSuboperations == 4
    assert len(list((tmp_path / "third").glob("*.1.1.*"))) == 4


def test_move_cancel(wire: Wire, tmp_path: Path) -> None:
    """A C-CANCEL ends the C-MOVE, before its sub-operations do."""
    with (
        storescp(wire, tmp_path / "third", ORTHANC) as third,
        orthanc(wire, tmp_path / "orthanc", STORESCP=third) as peer,
    ):
        fill(peer.port, 1, 4)
        with scu(peer.port, MOVE, called=TITLE) as association:
            ask = partial(association.send_c_move, query(StudyInstanceUID=f"{ROOT}.1"), STORE_TITLE, MOVE, msg_id=7)
            found = cancelled(wire, association, MOVE, ask)
    assert found[-1].Status == CANCEL
    assert found[-1].NumberOfRemainingSuboperations > 0


def test_get(wire: Wire, tmp_path: Path) -> None:
    """The instances come over the same association."""
    archive = Archive()
    with orthanc(wire, tmp_path / "orthanc") as peer:
        fill(peer.port, 2, 4)
        roles, handlers = [scp_role(SOP_CLASS)], archive.handlers()
        with scu(peer.port, GET, SOP_CLASS, called=TITLE, roles=roles, handlers=handlers) as association:
            found = [status for status, _ in association.send_c_get(query(StudyInstanceUID=f"{ROOT}.2"), GET)]
    assert found[-1].Status == SUCCESS
    assert found[-1].NumberOfCompletedSuboperations == 4
    assert len(archive.images) == 4


def test_commitment(wire: Wire, tmp_path: Path) -> None:
    """An N-ACTION asks for commitment; its N-EVENT-REPORT comes over an association of Orthanc's own."""
    archive, (image,) = Archive(), study(1)
    with archive.serve(wire, ORTHANC) as ours, orthanc(wire, tmp_path / "orthanc", OURS=ours) as peer:
        fill(peer.port, 1)
        request = commitment(f"{ROOT}.99", image)
        with scu(peer.port, COMMITMENT, called=TITLE) as association:
            status, _ = association.send_n_action(request, 1, COMMITMENT, COMMITMENT_INSTANCE, msg_id=3)
        assert status.Status == SUCCESS
        wait_for(lambda: archive.reports, "an N-EVENT-REPORT")
    ((event_type, report),) = archive.reports
    assert (event_type, report.TransactionUID) == (1, f"{ROOT}.99")


def test_get_cancel(wire: Wire, tmp_path: Path) -> None:
    """A C-CANCEL ends the C-GET, before its sub-operations do."""
    roles, handlers = [scp_role(SOP_CLASS)], Archive().handlers()
    with orthanc(wire, tmp_path / "orthanc") as peer:
        fill(peer.port, 1, 4)
        with scu(peer.port, GET, SOP_CLASS, called=TITLE, roles=roles, handlers=handlers) as association:
            ask = partial(association.send_c_get, query(StudyInstanceUID=f"{ROOT}.1"), GET, msg_id=7)
            found = cancelled(wire, association, GET, ask)
    assert found[-1].Status == CANCEL
    assert found[-1].NumberOfRemainingSuboperations > 0
