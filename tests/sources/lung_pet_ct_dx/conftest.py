"""A made-up collection laid out as TCIA's: two patients, two reconstructions, PET, annotations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    CTImageStorage,
    ExplicitVRLittleEndian,
    PositronEmissionTomographyImageStorage,
    SecondaryCaptureImageStorage,
)

ROWS, COLUMNS = 32, 40
SERIES = "1.2.826.0.1.{patient}.{series}"

VOC = """<annotation verified="no">
  <filename>Unknow</filename>
  <size><width>{columns}</width><height>{rows}</height><depth>1</depth></size>
  {objects}
</annotation>"""
OBJECT = (
    "<object><name>A</name><bndbox><xmin>{}</xmin><ymin>{}</ymin>"
    "<xmax>{}</xmax><ymax>{}</ymax></bndbox></object>"
)


def uid_of(patient: int, series: int, number: int) -> str:
    return f"{SERIES.format(patient=patient, series=series)}.{number}"


def write_slice(
    path: Path, patient: int, series: int, number: int, *, name: str, **other: Any
) -> None:
    """Write one CT slice: soft tissue, lung, and a tumour of 60 HU at rows 8-16, columns 20-30."""
    hu = np.full((ROWS, COLUMNS), 40, dtype=np.int16)
    hu[4:-4, 4:-4] = -800
    hu[8:16, 20:30] = 60
    hu[0, 0] = -700 + 20 * patient  # no two patients have equal pictures
    dataset = Dataset()
    dataset.SOPClassUID = CTImageStorage
    dataset.SOPInstanceUID = uid_of(patient, series, number)
    dataset.SeriesInstanceUID = SERIES.format(patient=patient, series=series)
    dataset.StudyInstanceUID = f"1.2.826.0.9.{patient}"
    dataset.Modality, dataset.PatientID = "CT", name
    dataset.PatientSex, dataset.PatientAge = "M", "058Y"
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    dataset.ImagePositionPatient = [0, 0, -5 * number]  # numbered from the head down
    dataset.InstanceNumber, dataset.PixelSpacing = number, [0.8, 0.8]
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = ROWS, COLUMNS, 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 16, 15
    dataset.PixelRepresentation, dataset.RescaleSlope, dataset.RescaleIntercept = 1, 1, 0
    dataset.PixelData = hu.tobytes()
    for keyword, value in other.items():
        setattr(dataset, keyword, value)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)


def write_boxes(
    path: Path, *boxes: tuple[Any, Any, Any, Any], size: tuple[int, int] = (ROWS, COLUMNS)
) -> None:
    """Write an annotation of boxes xmin, ymin, xmax, ymax."""
    path.parent.mkdir(parents=True, exist_ok=True)
    objects = "".join(OBJECT.format(*box) for box in boxes)
    path.write_text(VOC.format(rows=size[0], columns=size[1], objects=objects), encoding="utf-8")


@pytest.fixture
def slice_writer() -> Callable[..., None]:
    return write_slice


@pytest.fixture
def box_writer() -> Callable[..., None]:
    return write_boxes


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    """Patient A0001 with two annotated reconstructions and PET, patient B0001 with one series."""
    root, name = tmp_path / "Lung-PET-CT-Dx", "Lung_Dx-A0001"
    first = root / "Lung_Dx-A0001" / "04-04-2007-NA-Chest-07990"
    for number in range(1, 9):
        write_slice(
            first / "2.000000-5mm-1" / f"1-{number}.dcm", 1, 2, number, name="Lung_Dx-A0001"
        )
    for number in range(1, 4):
        write_slice(
            first / "3.000000-5mm-2" / f"1-{number}.dcm", 1, 3, number, name="Lung_Dx-A0001"
        )
    for number in range(1, 3):
        write_slice(
            first / "4.000000-PET-3" / f"1-{number}.dcm", 1, 4, number, name=name,
            Modality="PT", SOPClassUID=PositronEmissionTomographyImageStorage,
        )  # fmt: skip
    write_slice(
        first / "5.000000-Fused-4" / "1-1.dcm", 1, 5, 1, name="Lung_Dx-A0001",
        SOPClassUID=SecondaryCaptureImageStorage,
    )  # fmt: skip
    for number in range(1, 5):
        path = root / "Lung_Dx-B0001" / "s" / "t" / f"{number}.dcm"
        write_slice(path, 2, 2, number, name="Lung_Dx-B0001")
    (root / "LICENSE").write_text("CC BY 4.0", encoding="utf-8")
    boxes = tmp_path / "Lung-PET-CT-Dx" / "Annotation"
    for number in range(3, 8):
        write_boxes(boxes / "A0001" / f"{uid_of(1, 2, number)}.xml", (20, 8, 30, 16))
    for number in range(1, 3):
        write_boxes(boxes / "A0001" / f"{uid_of(1, 3, number)}.xml", (20, 8, 30, 16))
    write_boxes(boxes / "B0001" / f"{uid_of(2, 2, 2)}.xml", (1, 2, 9, 6), (10, 20, 30, 25))
    return root
