"""dcmjs-dimse as SCP, with an SCU of ours."""

from __future__ import annotations

from pathlib import Path

from pydicom import Dataset

from .dcmjs import DCMJS, DCMJS_TITLE, dcmjs
from .dcmtk import STORE_TITLE, storescp
from .ends import (
    CANCEL,
    COMMITMENT,
    COMMITMENT_INSTANCE,
    FIND,
    GET,
    MOVE,
    MPPS,
    PENDING,
    SUCCESS,
    VERIFICATION,
    Archive,
    commitment,
    query,
    scp_role,
    scu,
)
from .instances import ROOT, SOP_CLASS, study, write
from .judged import judged
from .relay import Wire, wait_for

STEP = f"{ROOT}.77"


def test_echo(wire: Wire, tmp_path: Path) -> None:
    """Three C-ECHO in one association."""
    with dcmjs(wire, tmp_path / "dcmjs") as port, scu(port, VERIFICATION, called=DCMJS_TITLE) as association:
        assert [association.send_c_echo(number).Status for number in (1, 2, 65535)] == [SUCCESS] * 3


def test_store(wire: Wire, tmp_path: Path) -> None:
    """What we send is taken."""
    with dcmjs(wire, tmp_path / "dcmjs") as port, scu(port, SOP_CLASS, called=DCMJS_TITLE) as association:
        assert [association.send_c_store(image).Status for image in study(1, 4)] == [SUCCESS] * 4


def test_find(wire: Wire, tmp_path: Path) -> None:
    """Every match, then the end."""
    with dcmjs(wire, tmp_path / "dcmjs") as port, scu(port, FIND, called=DCMJS_TITLE) as association:
        found = list(association.send_c_find(query(StudyInstanceUID=""), FIND))
    assert [status.Status for status, _ in found] == [PENDING, PENDING, SUCCESS]
    assert [answer.StudyInstanceUID for _, answer in found if answer] == ["1.2.3", "1.2.4"]


def test_find_cancel(wire: Wire, tmp_path: Path) -> None:
    """A C-CANCEL ends the C-FIND."""
    with dcmjs(wire, tmp_path / "dcmjs") as port, scu(port, FIND, called=DCMJS_TITLE) as association:
        found = []
        for status, _ in association.send_c_find(query(StudyInstanceUID="", StudyID="WAIT"), FIND, msg_id=7):
            found.append(status.Status)
            if status.Status == PENDING:
                association.send_c_cancel(7, query_model=FIND)
    assert found == [PENDING, CANCEL]


def test_move(wire: Wire, tmp_path: Path) -> None:
    """The instances go to a third AE, a storescp."""
    files = write(tmp_path, study(1, 3))
    with (
        storescp(wire, tmp_path / "third", DCMJS) as third,
        dcmjs(wire, tmp_path / "dcmjs", *files, STORESCP=third) as port,
        scu(port, MOVE, called=DCMJS_TITLE) as association,
    ):
        answers = association.send_c_move(query(StudyInstanceUID=f"{ROOT}.1"), STORE_TITLE, MOVE, msg_id=9)
        assert [status.Status for status, _ in answers] == [PENDING] * 3 + [SUCCESS]
    assert len(list((tmp_path / "third").glob("*.1.1.*"))) == 3


def test_get(wire: Wire, tmp_path: Path) -> None:
    """The instances come over the same association."""
    archive, files = Archive(), write(tmp_path, study(1, 3))
    roles, handlers = [scp_role(SOP_CLASS)], archive.handlers()
    with (
        dcmjs(wire, tmp_path / "dcmjs", *files) as port,
        scu(port, GET, SOP_CLASS, called=DCMJS_TITLE, roles=roles, handlers=handlers) as association,
    ):
        answers = association.send_c_get(query(StudyInstanceUID=f"{ROOT}.1"), GET)
        assert [status.Status for status, _ in answers] == [PENDING] * 3 + [SUCCESS]
    assert len(archive.images) == 3


def test_performed_procedure_step(wire: Wire, tmp_path: Path) -> None:
    """An N-CREATE begins a Performed Procedure Step, an N-SET completes it."""
    begun, done = Dataset(), Dataset()
    begun.PerformedProcedureStepStatus, done.PerformedProcedureStepStatus = "IN PROGRESS", "COMPLETED"
    with dcmjs(wire, tmp_path / "dcmjs") as port, scu(port, MPPS, called=DCMJS_TITLE) as association:
        assert association.send_n_create(begun, MPPS, STEP, msg_id=1)[0].Status == SUCCESS
        assert association.send_n_set(done, MPPS, STEP, msg_id=2)[0].Status == SUCCESS


def test_commitment(wire: Wire, tmp_path: Path) -> None:
    """An N-ACTION asks for commitment; its N-EVENT-REPORT comes over another association."""
    archive, (image,) = Archive(), study(1)
    with archive.serve(wire, DCMJS) as ours, dcmjs(wire, tmp_path / "dcmjs", OURS=ours) as port:
        with scu(port, COMMITMENT, called=DCMJS_TITLE) as association:
            request = commitment(f"{ROOT}.99", image)
            assert association.send_n_action(request, 1, COMMITMENT, COMMITMENT_INSTANCE)[0].Status == SUCCESS
        wait_for(lambda: archive.reports, "an N-EVENT-REPORT")
    ((event_type, report),) = archive.reports
    assert (event_type, report.TransactionUID) == (1, f"{ROOT}.99")
    assert judged(wire.record).names(DCMJS) == ["N-ACTION-RSP", "N-EVENT-REPORT-RQ"]
