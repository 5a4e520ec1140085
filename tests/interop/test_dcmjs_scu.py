"""dcmjs-dimse as SCU, with an archive of ours as SCP."""

from __future__ import annotations

from pathlib import Path

import pytest

from .dcmjs import DCMJS, call, dcmjs
from .dcmtk import STORE_TITLE, storescp
from .ends import CANCEL, PENDING, SUCCESS, Archive
from .instances import ROOT, study, write
from .judged import judged
from .relay import Wire

STUDY = f"{ROOT}.1"
STEP = f"{ROOT}.77"


@pytest.fixture
def archive() -> Archive:
    """Five studies, of which the first has four instances."""
    archive = Archive()
    for number in range(1, 6):
        archive.add(study(number, 4 if number == 1 else 1))
    return archive


def test_echo(wire: Wire) -> None:
    """A C-ECHO."""
    with Archive().serve(wire, DCMJS) as port:
        assert call(port, "echo")["statuses"] == [SUCCESS]


def test_store(wire: Wire, tmp_path: Path) -> None:
    """What it sends arrives."""
    archive, images = Archive(), study(1, 4)
    with archive.serve(wire, DCMJS) as port:
        assert call(port, "store", *write(tmp_path, images))["statuses"] == [SUCCESS] * 4
    assert archive.images.keys() == {image.SOPInstanceUID for image in images}


def test_find(wire: Wire, archive: Archive) -> None:
    """Every study, then the end."""
    with archive.serve(wire, DCMJS) as port:
        assert call(port, "find")["statuses"] == [PENDING] * 5 + [SUCCESS]


def test_find_cancel(wire: Wire, archive: Archive) -> None:
    """A C-CANCEL after two responses ends the C-FIND."""
    archive.cancel_after = 2
    with archive.serve(wire, DCMJS) as port:
        assert call(port, "find_cancel", 2)["statuses"] == [PENDING, PENDING, CANCEL]


def test_move(wire: Wire, archive: Archive, tmp_path: Path) -> None:
    """A C-MOVE to a third AE, a storescp."""
    with storescp(wire, tmp_path / "third") as third, archive.serve(wire, DCMJS) as port:
        archive.destinations[STORE_TITLE] = third
        assert call(port, "move", STORE_TITLE, STUDY)["statuses"] == [PENDING] * 4 + [SUCCESS]


def test_move_cancel(wire: Wire, archive: Archive, tmp_path: Path) -> None:
    """A C-CANCEL after two responses ends the C-MOVE."""
    archive.cancel_after = 2
    with storescp(wire, tmp_path / "third") as third, archive.serve(wire, DCMJS) as port:
        archive.destinations[STORE_TITLE] = third
        assert call(port, "move_cancel", STORE_TITLE, STUDY, 2)["statuses"] == [PENDING, PENDING, CANCEL]


def test_get(wire: Wire, archive: Archive) -> None:
    """The instances come over the same association."""
    with archive.serve(wire, DCMJS) as port:
        got = call(port, "get", STUDY)
    assert got["statuses"] == [PENDING] * 4 + [SUCCESS]
    assert got["files"] == [f"{STUDY}.1.{number}" for number in range(1, 5)]


def test_performed_procedure_step(wire: Wire) -> None:
    """An N-CREATE begins a Performed Procedure Step, an N-SET completes it."""
    archive = Archive()
    with archive.serve(wire, DCMJS) as port:
        assert call(port, "mpps", STEP)["statuses"] == [SUCCESS, SUCCESS]
    assert archive.steps[STEP].PerformedProcedureStepStatus == "COMPLETED"
    assert archive.steps[STEP].Modality == "OT"


def test_step_unknown(wire: Wire) -> None:
    """An N-SET of a Performed Procedure Step that we do not know is refused."""
    with Archive().serve(wire, DCMJS) as port:
        assert call(port, "mpps_set", STEP)["statuses"] == [0x0112]


def test_commitment(wire: Wire, tmp_path: Path) -> None:
    """An N-ACTION asks for commitment; we report it to dcmjs-dimse over an association of our own."""
    archive, (image,) = Archive(), study(1)
    with dcmjs(wire, tmp_path / "dcmjs") as peer, archive.serve(wire, DCMJS) as port:
        archive.commit_to = peer
        asked = call(port, "commit", f"{ROOT}.99", image.SOPClassUID, image.SOPInstanceUID)
    assert asked["statuses"] == [SUCCESS]
    assert judged(wire.record).names(DCMJS) == ["N-ACTION-RQ", "N-EVENT-REPORT-RSP"]
    assert judged(wire.record).of("N-EVENT-REPORT-RSP")[0].primitive.Status == SUCCESS
