"""The region of a slice that a map is compared with, and its size."""

from __future__ import annotations

import math

import numpy as np

from hilum.boxes import Region

__all__ = ["SIZES", "area_share", "bounding_sides", "extent", "size_of"]

FIELD_CM = 36.0
"""A usual field of view of a chest CT, side to side: shares of it speak of centimetres where
nothing tells the size of a pixel."""
SIZES = {"small": 3.0 / FIELD_CM, "medium": 5.0 / FIELD_CM, "large": 1.0}
"""Size of a lesion -> the largest extent of that size. 3 cm separates T1 from T2, 5 cm T2 from T3
(TNM, 8th edition; Goldstraw et al. 2016, doi 10.1016/j.jtho.2015.09.009). Fixed, so that two
tables' small lesions are equally small."""


def area_share(region: Region) -> float:
    """Return the share of the slice's pixels that lie in the region, 0 to 1."""
    return float(np.count_nonzero(region)) / region.size


def extent(region: Region) -> float:
    """Return the side of a square as large as the region, as a share of that of the slice's."""
    return math.sqrt(area_share(region))


def size_of(share: float) -> str:
    """Return the size in `SIZES` of a region with the extent `share`."""
    return next((name for name, most in SIZES.items() if share <= most), "large")


def bounding_sides(region: Region) -> tuple[int, int]:
    """Return rows and columns of the smallest rectangle around a region that is not empty."""
    rows, columns = np.flatnonzero(region.any(axis=1)), np.flatnonzero(region.any(axis=0))
    return int(rows[-1] - rows[0] + 1), int(columns[-1] - columns[0] + 1)
