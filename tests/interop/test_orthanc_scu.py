"""Orthanc as SCU, with an archive of ours as SCP."""

from __future__ import annotations

from pathlib import Path

import pytest

from .dcmtk import STORE_TITLE, storescp
from .ends import PENDING, SUCCESS, TITLE, Archive
from .instances import ROOT, SOP_CLASS, study, write
from .judged import judged
from .orthanc import ORTHANC, orthanc
from .relay import Wire, wait_for


@pytest.fixture
def archive() -> Archive:
    """Five studies, of which the first has four instances."""
    archive = Archive()
    for number in range(1, 6):
        archive.add(study(number, 4 if number == 1 else 1))
    return archive


def test_echo(wire: Wire, tmp_path: Path) -> None:
    """A C-ECHO."""
    with Archive().serve(wire, ORTHANC) as ours, orthanc(wire, tmp_path / "orthanc", OURS=ours) as peer:
        peer.post(f"/modalities/{TITLE}/echo", {})
    assert judged(wire.record).names(ORTHANC) == ["C-ECHO-RQ"]


def test_store(wire: Wire, tmp_path: Path) -> None:
    """What it sends arrives."""
    archive, images = Archive(), study(1, 4)
    with archive.serve(wire, ORTHANC) as ours, orthanc(wire, tmp_path / "orthanc", OURS=ours) as peer:
        known = peer.import_files(write(tmp_path, images))
        assert peer.post(f"/modalities/{TITLE}/store", known)["FailedInstancesCount"] == 0
    assert archive.images.keys() == {image.SOPInstanceUID for image in images}
    assert judged(wire.record).names(ORTHANC) == ["C-STORE-RQ"] * 4


def test_find_and_move(wire: Wire, tmp_path: Path, archive: Archive) -> None:
    """A C-FIND, and a C-MOVE of what was found to itself: we send it over an association of our own."""
    with archive.serve(wire, ORTHANC) as ours, orthanc(wire, tmp_path / "orthanc", OURS=ours) as peer:
        archive.destinations["ORTHANC"] = peer.port
        found = peer.post(f"/modalities/{TITLE}/query", {"Level": "Study", "Query": {"StudyInstanceUID": ""}})
        assert len(peer.get(f"{found['Path']}/answers")) == 5
        peer.post(f"{found['Path']}/answers/0/retrieve", {"TargetAet": "ORTHANC"})
        assert len(peer.get("/instances")) == 4
    talk = judged(wire.record)
    assert [heard.primitive.Status for heard in talk.of("C-FIND-RSP")] == [PENDING] * 5 + [SUCCESS]
    assert [heard.primitive.Status for heard in talk.of("C-MOVE-RSP")] == [PENDING] * 4 + [SUCCESS]


def test_move(wire: Wire, tmp_path: Path, archive: Archive) -> None:
    """A C-MOVE to a third AE, a storescp."""
    with (
        storescp(wire, tmp_path / "third") as third,
        archive.serve(wire, ORTHANC) as ours,
        orthanc(wire, tmp_path / "orthanc", OURS=ours) as peer,
    ):
        archive.destinations[STORE_TITLE] = third
        which = [{"StudyInstanceUID": f"{ROOT}.1"}]
        peer.post(f"/modalities/{TITLE}/move", {"Level": "Study", "Resources": which, "TargetAet": STORE_TITLE})
    assert [heard.primitive.Status for heard in judged(wire.record).of("C-MOVE-RSP")] == [PENDING] * 4 + [SUCCESS]


def test_commitment(wire: Wire, tmp_path: Path) -> None:
    """An N-ACTION asks for commitment; we report it over an association of our own."""
    archive, (image,) = Archive(), study(1)
    with archive.serve(wire, ORTHANC) as ours, orthanc(wire, tmp_path / "orthanc", OURS=ours) as peer:
        archive.commit_to = peer.port
        request = {"DicomInstances": [{"SOPClassUID": SOP_CLASS, "SOPInstanceUID": image.SOPInstanceUID}]}
        asked = peer.post(f"/modalities/{TITLE}/storage-commitment", request)
        wait_for(lambda: peer.get(asked["Path"])["Status"] != "Pending", "the report is there")
        assert peer.get(asked["Path"])["Status"] == "Success"
    assert judged(wire.record).names(ORTHANC) == ["N-ACTION-RQ", "N-EVENT-REPORT-RSP"]
