"""Windows: the range of the Hounsfield scale that is mapped to black to white."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hilum.errors import UsageError

__all__ = [
    "LUNG",
    "MEDIASTINAL",
    "NAMED_WINDOWS",
    "Window",
    "apply_window",
    "cell_window",
    "parse_window",
]


class Window(NamedTuple):
    """A window in Hounsfield units, written `width/center` as on workstations (1400/-700)."""

    width: float
    center: float

    def __str__(self) -> str:
        return f"{self.width:g}/{self.center:g}"


LUNG = Window(1400.0, -700.0)
MEDIASTINAL = Window(350.0, 40.0)
NAMED_WINDOWS = {"lung": LUNG, "mediastinal": MEDIASTINAL}


def parse_window(text: str) -> Window:
    """Return the window given as `lung`, `mediastinal`, or `width/center` in HU.

    Raises:
        UsageError: the text is none of these, or the width is not positive.
    """
    if text in NAMED_WINDOWS:
        return NAMED_WINDOWS[text]
    try:
        width, center = (float(number) for number in text.split("/"))
        if not (0 < width < float("inf") and abs(center) < float("inf")):
            raise ValueError
    except ValueError:
        raise UsageError(
            f"a window must be {', '.join(NAMED_WINDOWS)}, or width/center in HU such as "
            f"1400/-700; got {text!r}."
        ) from None
    return Window(width, center)


def cell_window(cell: str) -> Window:
    """Return the window in the cell of a slice table; LUNG where the cell is empty.

    Raises:
        UsageError: see `parse_window`.
    """
    return parse_window(cell) if cell else LUNG


def apply_window(hu: npt.NDArray[np.floating], window: Window) -> npt.NDArray[np.uint8]:
    """Return `hu` (any shape) as uint8: 0 at center - width / 2, 255 at center + width / 2.

    Linear between the two and clipped outside (DICOM PS3.3 C.11.2.1.3.2, LINEAR_EXACT).
    """
    low = window.center - window.width / 2
    scaled = (np.asarray(hu, dtype=np.float32) - low) * (255.0 / window.width)
    grey: npt.NDArray[np.uint8] = np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
    return grey
