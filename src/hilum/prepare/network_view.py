"""A slice as networks see it before it is resized: as it is, or harmonised."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["NetworkView", "network_view"]

Grey = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class NetworkView:
    """A slice as networks see it.

    Attributes:
        pixels: (rows, columns) uint8.
        notes: what is unusual about it, besides what reading it noted.
        placement: which part of the slice it is, as `ShownPart.text`; "" for all of it.
    """

    pixels: Grey
    notes: tuple[str, ...] = ()
    placement: str = ""


def network_view(grey: Grey, *, harmonised: bool) -> NetworkView:
    """Return a slice as it is, or harmonised.

    Args:
        grey: (rows, columns) uint8.
        harmonised: whether networks see it so.
    """
    if not harmonised:
        return NetworkView(grey)
    from hilum.prepare.harmonise import harmonise  # OpenCV, which reading alone doesn't need

    done = harmonise(grey)
    return NetworkView(done.pixels, done.notes, done.placement.text)
