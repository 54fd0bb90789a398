"""The result of reading a slice of any format."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from hilum.readers.hu_check import UnitCounts
from hilum.readers.turn import Turn
from hilum.readers.window import Window

__all__ = ["SliceImage"]


@dataclass(frozen=True)
class SliceImage:
    """One slice, ready for display or a network.

    Attributes:
        grey: (rows, columns) uint8, 0 black to 255 white, in radiological orientation as
            far as the file tells.
        hu: (rows, columns) float32 in Hounsfield units if the file has them (CT DICOM with
            rescale), else None.
        window: the window that maps `hu` to `grey`, or None if `hu` is None.
        value_range: the stored values that became 0 and 255; None for 8-bit pictures and if a
            window in HU was applied.
        spacing: distance in millimetres of neighbouring (rows, columns), or None.
        format: "PNG", "JPEG", "TIFF", "BMP", "WebP" or "DICOM".
        modality: the DICOM Modality ("CT", "MR", ...); empty for pictures.
        frame: 0-based index of the frame in a multi-frame file.
        ids: DICOM identifiers by keyword in snake_case (`sop_instance_uid`,
            `series_instance_uid`, `patient_id`, ...), if the file has them; never logged.
        position: along the body's axis in millimetres, towards the head (the third number of DICOM
            Image Position (Patient)); None if unknown.
        unit_counts: counts of the values that its header says are Hounsfield units, also where they
            can't be; None of other files. Those of a series are judged together.
        turn: what was applied to the stored rows and columns, by the EXIF orientation of a picture
            or the Image Orientation (Patient) of a DICOM slice.
        notes: sentences for the user: what is unusual about the file and what was done about
            it; empty if nothing is.
    """

    grey: npt.NDArray[np.uint8]
    format: str
    hu: npt.NDArray[np.float32] | None = None
    window: Window | None = None
    value_range: tuple[float, float] | None = None
    spacing: tuple[float, float] | None = None
    modality: str = ""
    frame: int = 0
    ids: dict[str, str] = field(default_factory=dict)
    position: float | None = None
    notes: tuple[str, ...] = ()
    unit_counts: UnitCounts | None = None
    turn: Turn = field(default_factory=Turn)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.grey.shape[0], self.grey.shape[1]
