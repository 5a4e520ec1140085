"""DCMTK's print server, with an SCU of ours: the normalized services as Print Management has them."""

from __future__ import annotations

from pathlib import Path

from pydicom import Dataset
from pynetdicom.sop_class import (
    BasicFilmBox,
    BasicFilmSession,
    BasicGrayscaleImageBox,
    BasicGrayscalePrintManagementMeta,
    Printer,
    PrinterInstance,
)

from .dcmtk import DCMTK, PRINT_TITLE, dcmprscp
from .ends import SUCCESS, scu
from .instances import ROOT, instance
from .judged import judged
from .relay import Wire

META = BasicGrayscalePrintManagementMeta
SESSION, FILM = f"{ROOT}.55", f"{ROOT}.56"
ABOUT = [0x2110_0010, 0x2110_0020]  # Printer Status, Printer Status Info


def film_session() -> Dataset:
    """The Attribute List of a Film Session."""
    session = Dataset()
    session.NumberOfCopies = "1"
    return session


def film_box() -> Dataset:
    """The Attribute List of a Film Box for one image."""
    reference, box = Dataset(), Dataset()
    reference.ReferencedSOPClassUID = BasicFilmSession
    reference.ReferencedSOPInstanceUID = SESSION
    box.ReferencedFilmSessionSequence = [reference]
    box.ImageDisplayFormat = "STANDARD\\1,1"
    return box


def image_box() -> Dataset:
    """The Modification List of an Image Box: one image."""
    image, box = Dataset(), Dataset()
    source = instance(1, 1)
    for keyword in (
        "SamplesPerPixel",
        "PhotometricInterpretation",
        "Rows",
        "Columns",
        "BitsAllocated",
        "BitsStored",
        "HighBit",
        "PixelRepresentation",
        "PixelData",
    ):
        setattr(image, keyword, source[keyword].value)
    image["PixelData"].VR = "OW"
    box.ImageBoxPosition = 1
    box.BasicGrayscaleImageSequence = [image]
    return box


def test_print(wire: Wire, tmp_path: Path) -> None:
    """N-GET of the printer, N-CREATE of session and film, N-SET of the image, N-ACTION to print, N-DELETE."""
    with dcmprscp(wire, tmp_path / "print") as port, scu(port, META, called=PRINT_TITLE) as association:
        status, printer = association.send_n_get(ABOUT, Printer, PrinterInstance, meta_uid=META)
        assert (status.Status, printer.PrinterStatus) == (SUCCESS, "NORMAL")
        status, _ = association.send_n_create(film_session(), BasicFilmSession, SESSION, msg_id=2, meta_uid=META)
        assert status.Status == SUCCESS
        status, made = association.send_n_create(film_box(), BasicFilmBox, FILM, msg_id=3, meta_uid=META)
        assert status.Status == SUCCESS
        (reference,) = made.ReferencedImageBoxSequence
        box = reference.ReferencedSOPInstanceUID
        status, _ = association.send_n_set(image_box(), BasicGrayscaleImageBox, box, msg_id=4, meta_uid=META)
        assert status.Status == SUCCESS
        status, _ = association.send_n_action(None, 1, BasicFilmBox, FILM, msg_id=5, meta_uid=META)
        assert status.Status == SUCCESS
        status = association.send_n_delete(BasicFilmSession, SESSION, msg_id=6, meta_uid=META)
        assert status.Status == SUCCESS
    assert judged(wire.record).names(DCMTK) == [
        "N-GET-RSP",
        "N-CREATE-RSP",
        "N-CREATE-RSP",
        "N-SET-RSP",
        "N-ACTION-RSP",
        "N-DELETE-RSP",
    ]
