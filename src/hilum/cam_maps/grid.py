"""A map in the pixels of its slice."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["CENTRED", "in_slice_pixels"]

Map = npt.NDArray[np.float32]

CENTRED = (0.0, 0.0)
"""Offset of a map whose pixels look at the middles of their cells."""


def in_slice_pixels(
    cam_map: Map, shape: tuple[int, int], offset: tuple[float, float] = CENTRED
) -> Map:
    """Return a map (rows, columns) float32 in a slice's own pixels, linear between the map's.

    A network sees the whole slice resized to a square, nothing cut off. So the map's pixels divide
    the slice evenly: pixel i of n covers the rows from i/n to (i+1)/n of it, columns likewise, and
    its value stands at its middle, or beside it by `offset`, where a network's pixels look beside
    their cells. Outside the outermost places it is continued as it is there.

    Where the slice has fewer pixels both ways, theirs is the mean of what they cover.

    Args:
        cam_map: in any unit; NaN spreads as far as its pixel reaches.
        shape: rows and columns of the slice.
        offset: how far down and right, as shares of the slice's rows and columns.
    """
    if offset != CENTRED:
        return _beside(cam_map, shape, offset)
    smaller = shape[0] < cam_map.shape[0] and shape[1] < cam_map.shape[1]
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    resized = cv2.resize(cam_map, (shape[1], shape[0]), interpolation=how)
    return np.asarray(resized, dtype=np.float32)


def _beside(cam_map: Map, shape: tuple[int, int], offset: tuple[float, float]) -> Map:
    """Return the map with its pixels beside the middles of their cells, linear between them."""
    rows, columns = (
        (((np.arange(side) + 0.5) / side - beside) * cells - 0.5).astype(np.float32)
        for side, cells, beside in zip(shape, cam_map.shape, offset, strict=True)
    )
    across, down = np.meshgrid(columns, rows)
    moved = cv2.remap(cam_map, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, dtype=np.float32)
