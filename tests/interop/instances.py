"""Instances to send: small made-up images, of nobody."""

from __future__ import annotations

from pathlib import Path

from pydicom import Dataset
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage

ROOT = "1.2.826.0.1.3680043.10.1234"  # under which UIDs are made up here
SOP_CLASS = SecondaryCaptureImageStorage


def study(number: int, instances: int = 1) -> list[Dataset]:
    """The instances of a study, one series, one patient."""
    return [instance(number, each) for each in range(1, instances + 1)]


def instance(study_number: int, number: int) -> Dataset:
    """An image of a few pixels."""
    image = Dataset()
    image.SOPClassUID = SOP_CLASS
    image.SOPInstanceUID = f"{ROOT}.{study_number}.1.{number}"
    image.StudyInstanceUID = f"{ROOT}.{study_number}"
    image.SeriesInstanceUID = f"{ROOT}.{study_number}.1"
    image.PatientName = f"Made^Up{study_number:04d}"
    image.PatientID = f"ID{study_number:04d}"
    image.PatientBirthDate = image.PatientSex = image.ReferringPhysicianName = ""
    image.StudyDate = image.StudyTime = ""
    image.StudyID = str(study_number)
    image.AccessionNumber = f"A{study_number}"
    image.Modality = "OT"
    image.ConversionType = "SYN"
    image.SeriesNumber, image.InstanceNumber = 1, number
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.Rows = image.Columns = 16
    image.BitsAllocated = image.BitsStored = 8
    image.HighBit, image.PixelRepresentation = 7, 0
    image.PixelData = bytes(range(256))
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image.file_meta.MediaStorageSOPClassUID = image.SOPClassUID
    image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
    return image


def write(folder: Path, images: list[Dataset]) -> list[Path]:
    """Write instances to files."""
    paths = [folder / f"{number}.dcm" for number in range(len(images))]
    for path, image in zip(paths, images, strict=True):
        FileDataset(str(path), image, preamble=bytes(128), file_meta=image.file_meta).save_as(path)
    return paths
