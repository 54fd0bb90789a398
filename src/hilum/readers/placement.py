"""Series, position and orientation of a DICOM slice, read from its header."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydicom import Dataset

from hilum.boxes import Box
from hilum.readers.dicom_header import functional_group, number, numbers, open_dicom, read_header
from hilum.readers.dicom_header import text as text_of
from hilum.readers.quiet import WITHOUT_WARNINGS

__all__ = ["MOST_OBLIQUE", "Placement", "Turn", "read_placement"]

MOST_OBLIQUE = 0.8
"""Smallest cosine between the normal of an axial slice and the body's axis: a tilt of 37 degrees,
more than any gantry allows (30) and far from the 90 of coronal and sagittal planes."""


@dataclass(frozen=True)
class Turn:
    """Transposition and flips that bring a stored slice into radiological orientation.

    Attributes:
        transpose: rows and columns are swapped first.
        flip_rows, flip_columns: then the order of rows or columns is reversed.
    """

    transpose: bool = False
    flip_rows: bool = False
    flip_columns: bool = False

    def of(self, pixels: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        """Return pixels (rows, columns) in radiological orientation, as a view."""
        turned = pixels.T if self.transpose else pixels
        rows = slice(None, None, -1 if self.flip_rows else 1)
        columns = slice(None, None, -1 if self.flip_columns else 1)
        return turned[rows, columns]

    def of_box(self, box: Box, shape: tuple[int, int]) -> Box:
        """Return a box of the stored slice of `shape` (rows, columns) after turning."""
        (top, left, bottom, right), (rows, columns) = box, shape
        if self.transpose:
            top, left, bottom, right, rows, columns = left, top, right, bottom, columns, rows
        if self.flip_rows:
            top, bottom = rows - bottom, rows - top
        if self.flip_columns:
            left, right = columns - right, columns - left
        return Box(top, left, bottom, right)


@dataclass(frozen=True)
class Placement:
    """Series, position and orientation of a DICOM slice; empty text if unknown.

    Attributes:
        modality, sop_class, image_type: as in the header, several values joined by `\\`.
        study, series, sop: the instance UIDs of study, series and slice.
        patient, sex, age, weight: as in the header, never logged.
        height: position along the body's axis in millimetres, increasing towards the head, or None.
        instance: the Instance Number, or None.
        turn: into radiological orientation; None if the slice is not axial or its orientation is
            unknown.
        shape: rows and columns, (0, 0) if unknown.
        spacing: millimetres between (rows, columns), or None.
    """

    modality: str
    sop_class: str
    image_type: str
    study: str
    series: str
    sop: str
    patient: str
    sex: str
    age: str
    weight: str
    height: float | None
    instance: int | None
    turn: Turn | None
    shape: tuple[int, int]
    spacing: tuple[float, float] | None


def read_placement(path: Path) -> Placement:
    """Read the placement from the header of a DICOM slice; no pixels are read.

    Raises:
        ReadError: one sentence on what is wrong, without the path.
    """
    with WITHOUT_WARNINGS, open_dicom(path) as file:
        header = read_header(file)
        corner = numbers(
            functional_group(header, "PlanePositionSequence", frame=0), "ImagePositionPatient"
        )
        spacing = numbers(
            functional_group(header, "PixelMeasuresSequence", frame=0), "PixelSpacing"
        )
        instance = number(header, "InstanceNumber")
        return Placement(
            modality=text_of(header, "Modality"),
            sop_class=text_of(header, "SOPClassUID"),
            image_type=text_of(header, "ImageType"),
            study=text_of(header, "StudyInstanceUID"),
            series=text_of(header, "SeriesInstanceUID"),
            sop=text_of(header, "SOPInstanceUID"),
            patient=text_of(header, "PatientID"),
            sex=text_of(header, "PatientSex"),
            age=text_of(header, "PatientAge"),
            weight=text_of(header, "PatientWeight"),
            height=corner[2] if len(corner) == 3 else None,
            instance=None if instance is None else int(instance),
            turn=_turn(header),
            shape=(int(number(header, "Rows") or 0), int(number(header, "Columns") or 0)),
            spacing=(spacing[0], spacing[1]) if len(spacing) == 2 and min(spacing) > 0 else None,
        )


def _turn(header: Dataset) -> Turn | None:
    """Return the turn that puts the patient's right on the left and the front on top.

    Image Orientation (Patient) (PS3.3 C.7.6.2.1.1) gives the directions of increasing column and
    row index, along axes that point to the patient's left, back and head.
    """
    group = functional_group(header, "PlaneOrientationSequence", frame=0)
    cosines = numbers(group, "ImageOrientationPatient")
    if len(cosines) != 6:
        return None
    along_columns, along_rows = np.array(cosines[:3]), np.array(cosines[3:])
    if abs(float(np.cross(along_columns, along_rows)[2])) < MOST_OBLIQUE:
        return None
    transpose = bool(abs(along_columns[1]) > abs(along_columns[0]))
    to_left, to_back = (
        (along_rows[0], along_columns[1]) if transpose else (along_columns[0], along_rows[1])
    )
    return Turn(transpose, flip_rows=bool(to_back < 0), flip_columns=bool(to_left < 0))
