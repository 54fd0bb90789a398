"""A map in the pixels of its slice."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["in_slice_pixels"]

Map = npt.NDArray[np.float32]


def in_slice_pixels(cam_map: Map, shape: tuple[int, int]) -> Map:
    """Return a map (rows, columns) float32 in a slice's own pixels, linear between the map's.

    A network sees the whole slice resized to a square, nothing cut off. So the map's pixels divide
    the slice evenly: pixel i of n covers the rows from i/n to (i+1)/n of it, columns likewise, and
    its value stands at its middle. Outside the outermost middles it is continued as it is there.

    Where the slice has fewer pixels both ways, theirs is the mean of what they cover.

    Args:
        cam_map: in any unit; NaN spreads as far as its pixel reaches.
        shape: rows and columns of the slice.
    """
    smaller = shape[0] < cam_map.shape[0] and shape[1] < cam_map.shape[1]
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    resized = cv2.resize(cam_map, (shape[1], shape[0]), interpolation=how)
    return np.asarray(resized, dtype=np.float32)
