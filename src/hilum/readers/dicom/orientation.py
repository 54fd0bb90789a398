"""Orientation of a DICOM slice: its plane, and the turn into radiological orientation."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pydicom import Dataset

from hilum.readers.dicom.header import functional_group, numbers
from hilum.readers.turn import Turn

__all__ = ["MOST_OBLIQUE", "plane_of", "turn_of"]

MOST_OBLIQUE = 0.8
"""Smallest cosine between the normal of an axial slice and the body's axis: a tilt of 37 degrees,
more than any gantry allows (30) and far from the 90 of coronal and sagittal planes."""

_PLANES = ("sagittal", "coronal", "axial")
"""Planes whose normal points along the patient's left-right, front-back and feet-head axis."""


def turn_of(header: Dataset, *, frame: int) -> Turn | None:
    """Return the turn that puts the patient's right on the left and the front on top.

    Image Orientation (Patient) (PS3.3 C.7.6.2.1.1) gives the directions of increasing column and
    row index, along axes that point to the patient's left, back and head.

    Returns:
        None if the slice is not axial or its orientation is unknown.
    """
    directions = _directions(header, frame=frame)
    if directions is None:
        return None
    along_columns, along_rows = directions
    if abs(float(np.cross(along_columns, along_rows)[2])) < MOST_OBLIQUE:
        return None
    transpose = bool(abs(along_columns[1]) > abs(along_columns[0]))
    to_left, to_back = (
        (along_rows[0], along_columns[1]) if transpose else (along_columns[0], along_rows[1])
    )
    return Turn(transpose, flip_rows=bool(to_back < 0), flip_columns=bool(to_left < 0))


def plane_of(header: Dataset, *, frame: int) -> str:
    """Return "axial", "coronal", "sagittal" or "oblique"; empty if the orientation is unknown."""
    directions = _directions(header, frame=frame)
    if directions is None:
        return ""
    normal = np.abs(np.cross(*directions))
    axis = int(normal.argmax())
    return _PLANES[axis] if normal[axis] >= MOST_OBLIQUE else "oblique"


def _directions(
    header: Dataset, *, frame: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None:
    """Return the unit vectors of increasing column and row index, or None if unknown."""
    group = functional_group(header, "PlaneOrientationSequence", frame=frame)
    cosines = numbers(group, "ImageOrientationPatient")
    if len(cosines) != 6:
        return None
    vectors = np.array(cosines).reshape(2, 3)
    lengths = np.linalg.norm(vectors, axis=1)
    if (lengths < 0.5).any():  # no directions at all, such as six zeros
        return None
    return vectors[0] / lengths[0], vectors[1] / lengths[1]
