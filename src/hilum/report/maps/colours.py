"""The colours of a map: blue over yellow to red, laid over the slice so that it is still seen."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["GREEN", "colours_of", "overlaid"]

BLUE, YELLOW, RED = (43, 76, 176), (250, 220, 60), (200, 24, 30)
GREEN = (40, 220, 90)
"""Of the known boxes."""
STRONGEST = 0.65
"""Opacity of the map where it is hot: the anatomy must still be seen."""
OPAQUE_FROM = 0.35
"""Share of the scale from which the map is as opaque as it gets; below it fades out to nothing."""


def colours_of(share: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return (..., 3) colours 0..255 of shares 0..1: blue, over yellow, to red."""
    stops = np.array([BLUE, YELLOW, RED], dtype=float)
    return np.stack(
        [np.interp(share, [0.0, 0.5, 1.0], stops[:, channel]) for channel in range(3)], axis=-1
    )


def overlaid(
    picture: npt.NDArray[np.uint8], share: npt.NDArray[np.floating]
) -> npt.NDArray[np.uint8]:
    """Return a picture (rows, columns, 3) uint8 under a map (rows, columns) of shares 0..1."""
    opacity = STRONGEST * np.clip(share / OPAQUE_FROM, 0, 1)[:, :, None]
    mixed = picture * (1 - opacity) + colours_of(share) * opacity
    return np.asarray(mixed, dtype=np.uint8)
