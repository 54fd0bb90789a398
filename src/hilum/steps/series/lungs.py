"""Which slices of a series show lung, and whether the series shows a chest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hilum.prepare.lungs import NOT_A_CHEST, find_lungs, lungs_mask
from hilum.readers import LUNG, SliceImage, apply_window

__all__ = ["NO_CHEST", "LungSight", "is_of_chest", "look_for_lungs", "why_no_chest"]

Mask = npt.NDArray[np.bool_]

SMALLEST_CM2 = 15.0
"""Area of lung from which on a slice is predicted: an apex, about 44 mm across."""
SURELY_CM2 = 60.0
"""Aerated parts as large as this are lung without a closer look."""
NO_CHEST = "The network that finds lungs takes most of its slices for another part of the body."
SMALLEST_SHARE = 0.01
"""The same where the pixels' size is unknown, as a share of the slice."""
AERATED = (-970.0, -400.0)
"""Hounsfield units of lung, emphysema and ground glass included. Gas in bowels and sinuses lies
below, at -1000."""
AERATED_SHARE = 0.3
"""Of the dark parts of lungs at least so much is aerated tissue; of gas only a rim."""
LEAST_CHEST_CM2 = 60.0
"""A series whose largest slice shows less lung than this is no chest: sinuses, bases of lungs."""
LEAST_STACK_SHARE, LEAST_HEIGHT_MM = 0.25, 120.0
"""An abdomen shows the lungs' bases on fewer of its slices and over less height than both."""


@dataclass(frozen=True)
class LungSight:
    """How much lung a slice shows.

    Attributes:
        share: of the slice, 0 to 1.
        cm2: area; None where the pixels' size is unknown.
    """

    share: float
    cm2: float | None

    @property
    def is_lung(self) -> bool:
        """Whether it is enough for a prediction."""
        if self.cm2 is None:
            return self.share >= SMALLEST_SHARE
        return self.cm2 >= SMALLEST_CM2


def look_for_lungs(image: SliceImage) -> LungSight:
    """Return how much lung a slice shows; gas in bowels or sinuses is none.

    Large aerated parts inside the body are lung without a closer look. The network for lungs,
    which takes ten times as long, decides about the others: apices, bases, necks, diseased lungs.
    """
    grey = image.grey if image.hu is None else apply_window(image.hu, LUNG)
    if image.hu is not None:
        sight = _sight(image, _aerated(image.hu, lungs_mask(grey)))
        if sight.cm2 is not None and sight.cm2 >= SURELY_CM2:
            return sight
    mask = find_lungs(grey).mask
    return _sight(image, mask if image.hu is None else _aerated(image.hu, mask))


def is_of_chest(image: SliceImage) -> bool:
    """Whether the network that finds lungs takes a slice for one of a chest."""
    code = find_lungs(image.grey if image.hu is None else apply_window(image.hu, LUNG)).code
    return code != NOT_A_CHEST


def _aerated(hu: npt.NDArray[np.float32], mask: Mask) -> Mask:
    """Return the mask, or nothing where what is dark in it is gas."""
    dark = hu[mask & (hu < AERATED[1])]
    if not dark.size or float((dark > AERATED[0]).mean()) < AERATED_SHARE:
        return np.zeros_like(mask)
    return mask


def _sight(image: SliceImage, mask: Mask) -> LungSight:
    share = float(mask.mean())
    if image.spacing is None:
        return LungSight(share, None)
    return LungSight(share, share * mask.size * image.spacing[0] * image.spacing[1] / 100)


def why_no_chest(sights: Sequence[LungSight], positions: Sequence[float | None]) -> str:
    """Return why a series shows no chest, as a sentence; empty where it may be one.

    Args:
        sights: of the slices that could be read, in order.
        positions: of the same slices, mm.
    """
    with_lung = [index for index, sight in enumerate(sights) if sight.is_lung]
    if not with_lung:
        return "No slice shows lung: not a chest, or not in the right window."
    areas = [sight.cm2 for sight in sights if sight.cm2 is not None]
    if areas and max(areas) < LEAST_CHEST_CM2:
        return (
            f"Its largest slice shows {max(areas):.0f} square centimetres of lung, and a chest "
            f"{LEAST_CHEST_CM2:.0f} or more: another part of the body."
        )
    share = len(with_lung) / len(sights)
    first, last = positions[with_lung[0]], positions[with_lung[-1]]
    height = abs(last - first) if first is not None and last is not None else 0.0
    if share < LEAST_STACK_SHARE and height < LEAST_HEIGHT_MM:
        return (
            f"Only {len(with_lung)} of {len(sights)} slices show lung, over {height:.0f} mm: an "
            f"abdomen or another part of the body."
        )
    return ""
