"""DCMTK's SCPs, with an SCU of ours."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from .dcmtk import DCMTK, QR_TITLE, STORE_TITLE, dcmqrscp, storescp
from .ends import (
    CANCEL,
    FIND,
    GET,
    MOVE,
    PENDING,
    SUCCESS,
    TITLE,
    VERIFICATION,
    Archive,
    cancelled,
    query,
    scp_role,
    scu,
)
from .instances import ROOT, SOP_CLASS, study
from .judged import judged
from .relay import Wire


def fill(port: int, studies: int, instances: int = 1) -> None:
    """Store studies to dcmqrscp."""
    with scu(port, SOP_CLASS, called=QR_TITLE) as association:
        for number in range(1, studies + 1):
            for image in study(number, instances):
                assert association.send_c_store(image).Status == SUCCESS


def test_echo(wire: Wire, tmp_path: Path) -> None:
    """Storescp: three C-ECHO in one association."""
    with storescp(wire, tmp_path / "store") as port, scu(port, VERIFICATION, called=STORE_TITLE) as association:
        assert [association.send_c_echo(number).Status for number in (1, 2, 65535)] == [SUCCESS] * 3
    assert judged(wire.record).names(DCMTK) == ["C-ECHO-RSP"] * 3


def test_store(wire: Wire, tmp_path: Path) -> None:
    """Storescp: what we send arrives."""
    with storescp(wire, tmp_path / "store") as port, scu(port, SOP_CLASS, called=STORE_TITLE) as association:
        assert [association.send_c_store(image).Status for image in study(1, 4)] == [SUCCESS] * 4
    assert len(list((tmp_path / "store").glob("*.1.1.*"))) == 4


def test_find(wire: Wire, tmp_path: Path) -> None:
    """Dcmqrscp: every study, then the end."""
    with dcmqrscp(wire, tmp_path / "qr") as port:
        fill(port, 5)
        with scu(port, FIND, called=QR_TITLE) as association:
            found = list(association.send_c_find(query(StudyInstanceUID="", PatientName=""), FIND))
    assert [status.Status for status, _ in found] == [PENDING] * 5 + [SUCCESS]
    assert {answer.StudyInstanceUID for _, answer in found if answer} == {f"{ROOT}.{number}" for number in range(1, 6)}


def test_find_cancel(wire: Wire, tmp_path: Path) -> None:
    """Dcmqrscp: a C-CANCEL ends the C-FIND."""
    keys = query(StudyInstanceUID="", PatientName="", PatientID="", StudyID="", AccessionNumber="")
    with dcmqrscp(wire, tmp_path / "qr") as port:
        fill(port, 60)
        with scu(port, FIND, called=QR_TITLE) as association:
            ask = partial(association.send_c_find, keys, FIND, msg_id=7)
            found = [status.Status for status in cancelled(wire, association, FIND, ask)]
    assert len(found) < 60
    assert found == [PENDING] * (len(found) - 1) + [CANCEL]


def test_move(wire: Wire, tmp_path: Path) -> None:
    """Dcmqrscp: the instances go to a third AE, a storescp."""
    with storescp(wire, tmp_path / "third", DCMTK) as third, dcmqrscp(wire, tmp_path / "qr", STORESCP=third) as port:
        fill(port, 2, instances=4)
        with scu(port, MOVE, called=QR_TITLE) as association:
            answers = association.send_c_move(query(StudyInstanceUID=f"{ROOT}.1"), STORE_TITLE, MOVE, msg_id=9)
            found = [status for status, _ in answers]
    assert found[-1].Status == SUCCESS
    assert found[-1].NumberOfCompletedSuboperations == 4
    stores = [heard.primitive for heard in judged(wire.record).of("C-STORE-RQ")[-4:]]
    assert {(store.MoveOriginatorApplicationEntityTitle, store.MoveOriginatorMessageID) for store in stores} == {
        (TITLE, 9)
    }


def test_move_cancel(wire: Wire, tmp_path: Path) -> None:
    """Dcmqrscp: a C-CANCEL ends the C-MOVE, before its sub-operations do."""
    with storescp(wire, tmp_path / "third", DCMTK) as third, dcmqrscp(wire, tmp_path / "qr", STORESCP=third) as port:
        fill(port, 1, instances=4)
        with scu(port, MOVE, called=QR_TITLE) as association:
            ask = partial(association.send_c_move, query(StudyInstanceUID=f"{ROOT}.1"), STORE_TITLE, MOVE, msg_id=7)
            found = cancelled(wire, association, MOVE, ask)
    assert found[-1].Status == CANCEL
    assert sum(heard.name == "C-STORE-RQ" for heard in judged(wire.record).messages) < 8  # four of them fill


def test_move_to_ours(wire: Wire, tmp_path: Path) -> None:
    """Dcmqrscp: the instances come to an archive of ours, over an association of its own."""
    archive = Archive()
    with archive.serve(wire, DCMTK) as ours, dcmqrscp(wire, tmp_path / "qr", OURS=ours) as port:
        fill(port, 1, instances=4)
        with scu(port, MOVE, called=QR_TITLE) as association:
            answers = association.send_c_move(query(StudyInstanceUID=f"{ROOT}.1"), TITLE, MOVE)
            assert [status.Status for status, _ in answers][-1] == SUCCESS
    assert len(archive.images) == 4


def test_get(wire: Wire, tmp_path: Path) -> None:
    """Dcmqrscp: the instances come over the same association."""
    archive = Archive()
    with dcmqrscp(wire, tmp_path / "qr") as port:
        fill(port, 2, instances=4)
        roles = [scp_role(SOP_CLASS)]
        with scu(port, GET, SOP_CLASS, called=QR_TITLE, roles=roles, handlers=archive.handlers()) as association:
            found = [status.Status for status, _ in association.send_c_get(query(StudyInstanceUID=f"{ROOT}.2"), GET)]
    assert found == [PENDING] * 4 + [SUCCESS]
    assert len(archive.images) == 4


def test_get_cancel(wire: Wire, tmp_path: Path) -> None:
    """Dcmqrscp: a C-CANCEL ends the C-GET, before its sub-operations do."""
    roles, handlers = [scp_role(SOP_CLASS)], Archive().handlers()
    with dcmqrscp(wire, tmp_path / "qr") as port:
        fill(port, 1, instances=4)
        with scu(port, GET, SOP_CLASS, called=QR_TITLE, roles=roles, handlers=handlers) as association:
            ask = partial(association.send_c_get, query(StudyInstanceUID=f"{ROOT}.1"), GET, msg_id=7)
            found = cancelled(wire, association, GET, ask)
    assert found[-1].Status == CANCEL
    assert sum(heard.name == "C-STORE-RQ" for heard in judged(wire.record).messages) < 8  # four of them fill
