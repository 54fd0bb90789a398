"""What reading a slice gives, whatever its format."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from hilum.readers.window import Window

__all__ = ["SliceImage"]


@dataclass(frozen=True)
class SliceImage:
    """One axial slice, ready to be shown or given to a network.

    Attributes:
        grey: (rows, columns) uint8, 0 black to 255 white, rows from top to bottom as stored.
        hu: (rows, columns) float32 in Hounsfield units where the file carries them (CT DICOM
            with rescale), else None.
        window: the window that made `grey` from `hu`, or None where `hu` is None.
        value_range: the stored values that became 0 and 255, where neither the picture was
            8-bit already nor a window in HU applied; else None.
        spacing: millimetres between the centres of neighbouring (rows, columns), or None.
        format: "PNG", "JPEG" or "DICOM".
        modality: the DICOM Modality ("CT", "MR", ...); empty for pictures.
        frame: which frame of a multi-frame file this is, 0-based.
        ids: DICOM identifiers by keyword in snake_case (`sop_instance_uid`,
            `series_instance_uid`, `patient_id`, ...), where the file has them; never logged.
        notes: sentences that a user should see: what is unusual about the file and what was
            done about it; empty when nothing is.
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
    notes: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.grey.shape[0], self.grey.shape[1]
