"""DCMTK's SCUs, with an archive of ours as SCP."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from .dcmtk import DCMTK, STORE_TITLE, call, storescp
from .ends import CANCEL, OURS, PENDING, SUCCESS, UNKNOWN_DESTINATION, Archive
from .instances import ROOT, study, write
from .judged import Talk, judged
from .relay import Wire

STUDY = ("-S", "-k", "QueryRetrieveLevel=STUDY")
FIRST = (*STUDY, "-k", f"StudyInstanceUID={ROOT}.1")


def statuses(talk: Talk, name: str) -> list[int]:
    return [heard.primitive.Status for heard in talk.of(name)]


@pytest.fixture
def archive() -> Archive:
    """Five studies, of which the first has four instances."""
    archive = Archive()
    for number in range(1, 6):
        archive.add(study(number, 4 if number == 1 else 1))
    return archive


def test_echo(wire: Wire) -> None:
    """Echoscu: three C-ECHO in one association."""
    with Archive().serve(wire, DCMTK) as port:
        call("echoscu", port, "--repeat", 3)
    talk = judged(wire.record)
    assert [str(heard) for heard in talk.messages] == [f"{DCMTK} C-ECHO-RQ", f"{OURS} C-ECHO-RSP"] * 3


def test_store(wire: Wire, tmp_path: Path) -> None:
    """Storescu: what it sends arrives."""
    archive, images = Archive(), study(1, 4)
    with archive.serve(wire, DCMTK) as port:
        call("storescu", port, files=write(tmp_path, images))
    assert archive.images == {image.SOPInstanceUID: image for image in images}
    assert statuses(judged(wire.record), "C-STORE-RSP") == [SUCCESS] * 4


def test_store_large(wire: Wire, tmp_path: Path) -> None:
    """Storescu: an image of many fragments, at the smallest PDU size that it takes."""
    archive, (image,) = Archive(), study(1)
    image.NumberOfFrames, image.PixelData = 1000, image.PixelData * 1000
    with archive.serve(wire, DCMTK) as port:
        call("storescu", port, "--max-pdu", 4096, "--max-send-pdu", 4096, files=write(tmp_path, [image]))
    assert archive.images == {image.SOPInstanceUID: image}


def test_find(wire: Wire, archive: Archive) -> None:
    """Findscu: every study, then the end."""
    with archive.serve(wire, DCMTK) as port:
        printed = call("findscu", port, *STUDY, "-k", "StudyInstanceUID", "-k", "PatientName")
    talk = judged(wire.record)
    assert statuses(talk, "C-FIND-RSP") == [PENDING] * 5 + [SUCCESS]
    assert all(f"Made^Up{number:04d}" in printed for number in range(1, 6))


def test_find_cancel(wire: Wire, archive: Archive) -> None:
    """Findscu: a C-CANCEL after two responses ends the C-FIND."""
    archive.cancel_after = 2
    with archive.serve(wire, DCMTK) as port:
        call("findscu", port, "--cancel", 2, *STUDY, "-k", "StudyInstanceUID")
    talk = judged(wire.record)
    assert talk.names(DCMTK) == ["C-FIND-RQ", "C-CANCEL-RQ"]
    assert statuses(talk, "C-FIND-RSP") == [PENDING, PENDING, CANCEL]


def test_move(wire: Wire, archive: Archive, tmp_path: Path) -> None:
    """Movescu: the instances go to a third AE, a storescp, whose responses make the counts."""
    with storescp(wire, tmp_path / "third") as third, archive.serve(wire, DCMTK) as port:
        archive.destinations[STORE_TITLE] = third
        call("movescu", port, "-aem", STORE_TITLE, *FIRST)
    talk = judged(wire.record)
    assert statuses(talk, "C-MOVE-RSP") == [PENDING] * 4 + [SUCCESS]
    last = talk.of("C-MOVE-RSP")[-1].primitive
    assert (last.NumberOfCompletedSuboperations, last.NumberOfFailedSuboperations) == (4, 0)
    assert [heard.primitive.MoveOriginatorMessageID for heard in talk.of("C-STORE-RQ")] == [1] * 4
    assert len(list((tmp_path / "third").glob("*.1.1.*"))) == 4


def test_move_cancel(wire: Wire, archive: Archive, tmp_path: Path) -> None:
    """Movescu: a C-CANCEL after two responses ends the C-MOVE; the counts say what remains."""
    archive.cancel_after = 2
    with storescp(wire, tmp_path / "third") as third, archive.serve(wire, DCMTK) as port:
        archive.destinations[STORE_TITLE] = third
        call("movescu", port, "-aem", STORE_TITLE, "--cancel", 2, *FIRST)
    talk = judged(wire.record)
    assert statuses(talk, "C-MOVE-RSP") == [PENDING, PENDING, CANCEL]
    last = talk.of("C-MOVE-RSP")[-1].primitive
    assert (last.NumberOfCompletedSuboperations, last.NumberOfRemainingSuboperations) == (2, 2)


def test_move_nowhere(wire: Wire, archive: Archive) -> None:
    """Movescu: a destination that we do not know is refused."""
    with archive.serve(wire, DCMTK) as port:
        call("movescu", port, "-aem", "NOBODY", *FIRST, code=69)
    assert statuses(judged(wire.record), "C-MOVE-RSP") == [UNKNOWN_DESTINATION]


def test_get(wire: Wire, archive: Archive, tmp_path: Path) -> None:
    """Getscu: the instances come over the same association."""
    with archive.serve(wire, DCMTK) as port:
        call("getscu", port, "-od", tmp_path, *FIRST)
    talk = judged(wire.record)
    assert talk.associations == 1
    assert Counter(talk.names(OURS)) == {"C-STORE-RQ": 4, "C-GET-RSP": 5}
    assert statuses(talk, "C-GET-RSP") == [PENDING] * 4 + [SUCCESS]
    assert statuses(talk, "C-STORE-RSP") == [SUCCESS] * 4
    assert len(list(tmp_path.iterdir())) == 4


def test_shutdown(wire: Wire) -> None:
    """Termscu: its private SOP Class is not accepted, and no message goes."""
    with Archive().serve(wire, DCMTK) as port:
        printed = call("termscu", port, code=1)
    assert "No Acceptable Presentation Contexts" in printed
    assert judged(wire.record).messages == []
