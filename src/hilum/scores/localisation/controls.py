"""Controls for a network's map: maps and boxes that know nothing of the slice's disease."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
import numpy.typing as npt

from hilum.boxes import Region
from hilum.cam_maps import in_slice_pixels
from hilum.scores.localisation.metrics import MOST_OF, Map
from hilum.scores.localisation.region import area_share, bounding_sides

__all__ = ["centre_prior", "chance_level", "edge_map", "lesion_prior", "random_boxes"]

CENTRE_SPREAD = 0.25
"""Standard deviation of the centre prior, as a share of each side: its hot region is about a
quarter of the picture (a Gaussian stretched to the picture's sides, as in Judd, Durand and Torralba
2012, MIT-CSAIL-TR-2012-001)."""
PRIOR_SIDE = 64
"""Cells a side of the lesion prior: finer than the lesions that it averages need."""
PRIOR_SPREAD = 4.0
"""Cells by which the lesion prior is smoothed: about 2 cm in a usual field of view, so that it
follows where lesions lie and not the outline of single ones."""


def centre_prior(shape: tuple[int, int]) -> Map:
    """Return a Gaussian in the middle of a picture of `shape`, 1 at its centre."""
    axes = [((np.arange(side) + 0.5) / side - 0.5) / CENTRE_SPREAD for side in shape]
    rows, columns = (np.exp(-0.5 * axis**2) for axis in axes)
    return np.asarray(np.outer(rows, columns), dtype=np.float32)


def lesion_prior(lesions: Iterable[tuple[str, Region]]) -> Map | None:
    """Return where lesions lie: their mean in shares of the picture, smoothed; None without any.

    Every group counts once, however many slices it has.

    Args:
        lesions: group and region of each lesion slice, of the training slices alone.

    Returns:
        (PRIOR_SIDE, PRIOR_SIDE) float32, to be brought to a slice's shape as maps are.
    """
    sums: dict[str, npt.NDArray[np.float64]] = {}
    counts: dict[str, int] = {}
    for group, region in lesions:
        cell = cv2.resize(
            region.astype(np.float32), (PRIOR_SIDE, PRIOR_SIDE), interpolation=cv2.INTER_AREA
        )
        sums[group] = sums.get(group, np.zeros((PRIOR_SIDE, PRIOR_SIDE))) + cell
        counts[group] = counts.get(group, 0) + 1
    if not sums:
        return None
    mean = np.mean([sums[group] / counts[group] for group in sums], axis=0)
    smooth = cv2.GaussianBlur(mean, (0, 0), PRIOR_SPREAD)
    return np.asarray(smooth, dtype=np.float32)


def edge_map(grey: npt.NDArray[np.uint8], cells: tuple[int, int]) -> Map:
    """Return where a slice has edges, as coarse as a network's map, (rows, columns) float32.

    The magnitude of the Sobel gradient, averaged over `cells` (rows, columns) and enlarged again.
    Adebayo et al. 2018 (arXiv 1810.03292) require a map to be more than this.

    Args:
        grey: (rows, columns) uint8.
        cells: rows and columns of the network's map at its layer.
    """
    picture = grey.astype(np.float32)
    gradient = np.hypot(cv2.Sobel(picture, -1, 1, 0), cv2.Sobel(picture, -1, 0, 1))
    coarse = cv2.resize(gradient, (cells[1], cells[0]), interpolation=cv2.INTER_AREA)
    return in_slice_pixels(np.asarray(coarse, dtype=np.float32), (grey.shape[0], grey.shape[1]))


def random_boxes(region: Region) -> dict[str, float]:
    """Return the metrics of a box as large as the region, the mean over all places it can take.

    The box has the region's number of pixels, as nearly as whole sides allow, and the sides of the
    rectangle around it; it is put wholly inside the picture. Every place is counted, so nothing is
    drawn. Inside it the map is 1, outside 0, so that every threshold gives the same overlap.

    Returns:
        each of `MEASURED`: mean, 0 to 1.
    """
    pixels = int(np.count_nonzero(region))
    rows, columns = _sides(region, pixels)
    total = np.pad(region.astype(np.int64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    inside = (
        total[rows:, columns:] - total[:-rows, columns:]
        - total[rows:, :-columns] + total[:-rows, :-columns]
    )  # fmt: skip
    covered = inside / pixels
    share_inside = inside / (rows * columns)
    overlap = inside / (rows * columns + pixels - inside)
    return {
        "covered": float(covered.mean()),
        "over_half": float((covered > MOST_OF).mean()),
        "pointing": float(share_inside.mean()),
        "energy": float(share_inside.mean()),
        "best_iou": float(overlap.mean()),
        "iou": float(overlap.mean()),
        "hot": rows * columns / region.size,
    }


def _sides(region: Region, pixels: int) -> tuple[int, int]:
    """Return rows and columns of a box of so many pixels, shaped as the rectangle around them."""
    sides = bounding_sides(region)
    shrink = (pixels / (sides[0] * sides[1])) ** 0.5
    rows, columns = (max(1, round(side * shrink)) for side in sides)
    return rows, columns


def chance_level(region: Region, hot: float) -> dict[str, float]:
    """Return the metrics that a map without information reaches on average.

    A point put anywhere, and energy spread evenly, meet the region with the share of the slice
    that it takes up; a hot region as large as the network's, put anywhere, covers as much of it as
    it takes up of the slice. The other metrics have no such simple expectation: NaN.

    Args:
        region: (rows, columns).
        hot: share of the slice that is hot in the network's map.
    """
    area = area_share(region)
    unknown = dict.fromkeys(("over_half", "best_iou", "iou"), float("nan"))
    return {"covered": hot, "pointing": area, "energy": area, "hot": hot, **unknown}
