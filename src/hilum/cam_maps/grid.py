"""Resampling a map to the pixels of its slice."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from hilum.prepare.harmonise.shown_part import ShownPart

__all__ = ["CENTRED", "in_slice_pixels"]

Map = npt.NDArray[np.float32]

CENTRED = (0.0, 0.0)
"""Offset of a map whose receptive fields lie at the centres of their cells."""


def in_slice_pixels(
    cam_map: Map,
    shape: tuple[int, int],
    offset: tuple[float, float] = CENTRED,
    shown: ShownPart | None = None,
) -> Map:
    """Return a map (rows, columns) float32 in a slice's own pixels, by linear interpolation.

    The network gets the full slice resized to a square. So the pixels of the map divide the slice
    evenly: pixel i of n covers rows i/n to (i+1)/n of the slice, and columns likewise. Its value is
    that of the centre of its cell, shifted by `offset` if the receptive fields are off-centre.
    Beyond the outermost centres the map is extended with its border values.

    If the slice has fewer pixels than the map in both directions, each takes the mean of the map
    over its area.

    Args:
        cam_map: in any unit; NaN spreads over the area that its pixel influences.
        shape: rows and columns of the slice.
        offset: down and right, as fractions of the slice's rows and columns.
        shown: the part of the slice that the network got, where it was harmonised; the map divides
            that part, and is 0 outside of it.
    """
    if shown is not None:
        return shown.map_back(in_slice_pixels(cam_map, (shown.height, shown.width), offset))
    if offset != CENTRED:
        return _shifted(cam_map, shape, offset)
    smaller = shape[0] < cam_map.shape[0] and shape[1] < cam_map.shape[1]
    interpolation = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    resized = cv2.resize(cam_map, (shape[1], shape[0]), interpolation=interpolation)
    return np.asarray(resized, dtype=np.float32)


def _shifted(cam_map: Map, shape: tuple[int, int], offset: tuple[float, float]) -> Map:
    """Return the map with its values shifted from the centres of their cells, linear between."""
    rows, columns = (
        (((np.arange(side) + 0.5) / side - shift) * cells - 0.5).astype(np.float32)
        for side, cells, shift in zip(shape, cam_map.shape, offset, strict=True)
    )
    x, y = np.meshgrid(columns, rows)
    shifted = cv2.remap(cam_map, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(shifted, dtype=np.float32)
