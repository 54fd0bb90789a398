"""What is told of a series in DICOM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydicom import Dataset

__all__ = ["MappedSlice", "SeriesResult"]


@dataclass(frozen=True)
class MappedSlice:
    """A top slice.

    Attributes:
        header: of its DICOM file, without pixels.
        probability: of the positive class.
        cam_map: (rows, columns) float32 in the file's own pixels; None: there is none.
        picture: (rows, columns, 3) uint8, the slice next to its map with a caption.
        frame: 1-based number of the slice in a multi-frame file; 0: the file has one frame.
    """

    header: Dataset
    probability: float
    cam_map: npt.NDArray[np.float32] | None
    picture: npt.NDArray[np.uint8]
    frame: int = 0


@dataclass(frozen=True)
class SeriesResult:
    """The answer for a series.

    Attributes:
        predicted: the class called.
        positive: the class that maps and slices' probabilities are of.
        probabilities: class name -> probability of the series.
        calibrated: the same, calibrated; None: there are none.
        joined: how slices were joined, in words.
        trust: lines on how far the run can be trusted.
        slices: headers of all slices that were predicted, for reference.
        top: the highest first.
        map_title, map_unit: method and unit of the maps; empty without maps.
    """

    predicted: str
    positive: str
    probabilities: Mapping[str, float]
    calibrated: Mapping[str, float] | None
    joined: str
    trust: Sequence[str]
    slices: Sequence[Dataset]
    top: Sequence[MappedSlice]
    map_title: str
    map_unit: str
