"""Localisation of one region by one map: the paper's criterion, pointing game, energy, overlap."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hilum.boxes import Region
from hilum.errors import UsageError

__all__ = [
    "HOT",
    "LEVELS",
    "MEASURED",
    "METRICS",
    "MISSED",
    "MOST_OF",
    "Found",
    "Map",
    "find",
    "find_state",
]

Map = npt.NDArray[np.float32]
"""(rows, columns) float32, in pixels of the slice, 0 or more, not scaled."""

HOT = 0.5
"""The hot region is where a map has at least this share of its largest value: what is painted from
yellow to red, which is what the paper looks at."""
MOST_OF = 0.5
"""The paper calls a map a success where more than this share of the tumour is hot."""
LEVELS = 100
"""Thresholds that overlap is measured at: each hundredth of the map's largest value, from 0.01."""

METRICS = ("covered", "over_half", "pointing", "energy", "best_iou", "iou")
"""What a map is measured by, each 0 to 1 and 1 at best; see `Found`."""
MEASURED = (*METRICS, "hot")
"""The same, and how much of the slice is hot, without which `covered` says little."""


class Found(NamedTuple):
    """How well one map finds one region.

    Attributes:
        covered: share of the region's pixels that are hot, see `HOT`. A map that is hot everywhere
            covers every tumour: read it next to `hot`.
        over_half: 1 where more than half of the region is covered, the paper's criterion, else 0.
        pointing: 1 where the map's largest value lies in the region, else 0; where several pixels
            share it, the share of them that lies inside. The pointing game of Zhang et al. 2018
            (doi 10.1007/s11263-017-1059-x), but with no tolerance around the region (theirs has
            15 pixels: as wide as many a nodule).
        energy: share of the map's sum that lies in the region: the energy-based pointing game of
            Wang et al. 2020 (doi 10.1109/CVPRW50498.2020.00020), section 4.3.
        overlap: (LEVELS,) intersection over union of the region with the map at or above each
            hundredth of its largest value: shares of the largest as in Zhou et al. 2016 (doi
            10.1109/CVPR.2016.319, section 3.2), all of them as in Choe et al. 2020 (doi
            10.1109/CVPR42600.2020.00320), but of pixels, without fitting a box.
        hot: share of the slice that is hot: what a hot region of this size that is put anywhere
            covers of the tumour on average.
    """

    covered: float
    over_half: float
    pointing: float
    energy: float
    overlap: npt.NDArray[np.float64]
    hot: float

    @property
    def best_iou(self) -> float:
        """The largest overlap at any threshold: it flatters, as the threshold knows the region."""
        return float(self.overlap.max())

    def iou(self, level: int) -> float:
        """Return the overlap at the threshold of number `level`, see `LEVELS`."""
        return float(self.overlap[level])

    def metrics(self, level: int) -> dict[str, float]:
        """Return `MEASURED`, `iou` at the threshold of number `level`."""
        metrics = {name: float(getattr(self, name)) for name in MEASURED if name != "iou"}
        return {**metrics, "iou": self.iou(level)}


MISSED = Found(0.0, 0.0, 0.0, 0.0, np.zeros(LEVELS), 0.0)
"""Of a map that is zero everywhere or not finite: it finds nothing."""


def find_state(cam_map: Map) -> str:
    """Return `ok`, `zero map` or `not finite`."""
    if not np.isfinite(cam_map).all():
        return "not finite"
    return "ok" if (cam_map > 0).any() else "zero map"


def find(cam_map: Map, region: Region) -> Found:
    """Return how well a map finds a region; nothing changes if the map is scaled.

    Args:
        cam_map: (rows, columns) in pixels of the slice; what is below 0 counts as 0. A zero map
            and one that is not finite have missed.
        region: (rows, columns), not empty.

    Raises:
        UsageError: the two differ in shape, or the region is empty.
    """
    if cam_map.shape != region.shape:
        raise UsageError(f"a map of shape {cam_map.shape} can't be compared with {region.shape}.")
    pixels = int(np.count_nonzero(region))
    if pixels == 0:
        raise UsageError("a map can't be compared with a region without any pixel.")
    if find_state(cam_map) != "ok":
        return MISSED
    share = np.maximum(cam_map, 0).astype(np.float64)
    share /= share.max()
    inside = share[region]
    hot, top = share >= HOT, share >= 1.0
    covered = float((inside >= HOT).mean())
    return Found(
        covered=covered,
        over_half=float(covered > MOST_OF),
        pointing=float((inside >= 1.0).sum() / top.sum()),
        energy=float(min(1.0, inside.sum() / share.sum())),
        overlap=_overlap(share, inside),
        hot=float(hot.mean()),
    )


def _overlap(
    share: npt.NDArray[np.float64], inside: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return the overlap of the region with what is at or above each threshold, (LEVELS,).

    Args:
        share: the map as shares of its largest value; `inside`: those of them in the region.
    """
    taken, within = _at_or_above(share), _at_or_above(inside)
    return within / (taken + inside.size - within)


def _at_or_above(share: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return how many shares are at or above each threshold, (LEVELS,)."""
    passed = np.floor(share * LEVELS).astype(np.int64)  # number of thresholds that a pixel passes
    counts = np.bincount(passed.ravel(), minlength=LEVELS + 1)
    return np.asarray(counts[::-1].cumsum()[::-1][1:], dtype=np.float64)
