"""What lesions are put into: a slice's lungs, and its grey levels as attenuation."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from hilum.prepare.harmonise import TISSUE
from hilum.prepare.lungs import lungs_mask
from hilum.sources.phantom.shapes import Field, Grid
from hilum.sources.phantom.tissue import Tissue

__all__ = ["Anatomy", "anatomy_of", "find_anatomy", "on_tissue"]

Grey = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

LUNG_HU, TISSUE_HU = -860.0, 40.0
"""What the two anchors of a slice's grey levels stand for: aerated lung, soft tissue."""
LUNGS_MM = 270.0
"""Across both lungs of an adult at mid-chest: pictures don't say how large a pixel is."""
LEAST_LUNG = 0.03
"""Share of a slice that is lung at the least; with less there is no room for a lesion."""
LEAST_CONTRAST = 30.0
"""Grey levels between lung and tissue at the least; a flatter slice can't be measured."""
PLAIN = 0.33
"""Where in the slice's contrast (0 lung, 1 tissue) the mean of plain lung lies at most."""
EDGE = 1.0
"""Standard deviation of the lungs' soft edge, pixels."""


SURROUNDING = 16
"""Grey level up to which a part that reaches the edge of a picture is even ground, no tissue."""
SOFT_EDGE = 7
"""Pixels over which ground and tissue run into each other, at a side of 192."""


@dataclass(frozen=True)
class Anatomy:
    """A slice that something can be put into.

    Attributes:
        grey: (size, size) uint8.
        lungs: (size, size) bool.
        lung_level, tissue_level: grey levels of aerated lung and of soft tissue.
    """

    grey: Grey
    lungs: Mask
    lung_level: float
    tissue_level: float

    @property
    def plain_level(self) -> float:
        """Grey level that the mean of plain lung doesn't exceed."""
        return self.lung_level + PLAIN * (self.tissue_level - self.lung_level)

    @property
    def grid(self) -> Grid:
        """Where the pixels lie, in mm, if these are an adult's lungs."""
        columns = np.flatnonzero(self.lungs.any(axis=0))
        across = float(columns[-1] - columns[0] + 1)
        return Grid(len(self.grey), LUNGS_MM * len(self.grey) / across)

    def tissue(self) -> Tissue:
        """Return the slice as the phantoms' painters take it."""
        grid = self.grid
        inside = cv2.distanceTransform(self.lungs.astype(np.uint8), cv2.DIST_L2, 3) * grid.pixel
        depth = np.where(self.lungs, inside, -1.0).astype(np.float32)
        return Tissue(self.attenuation(), self.lung_share(EDGE), depth, grid)

    def lung_share(self, edge: float) -> Field:
        """Return the share (0 to 1) of each pixel that is lung, softened over `edge` pixels."""
        return np.asarray(cv2.GaussianBlur(self.lungs.astype(np.float32), (0, 0), edge))

    def attenuation(self) -> Field:
        """Return the slice in estimated Hounsfield units, float32."""
        scale = (TISSUE_HU - LUNG_HU) / (self.tissue_level - self.lung_level)
        return ((self.grey - np.float32(self.lung_level)) * np.float32(scale) + LUNG_HU).astype(
            np.float32
        )

    def grey_levels(self, hu: Field) -> Field:
        """Return estimated Hounsfield units as grey levels of this slice, 0..255 float32."""
        scale = (self.tissue_level - self.lung_level) / (TISSUE_HU - LUNG_HU)
        levels = (hu - np.float32(LUNG_HU)) * np.float32(scale) + np.float32(self.lung_level)
        return np.asarray(np.clip(levels, 0, 255), dtype=np.float32)


def find_anatomy(grey: Grey) -> Anatomy | None:
    """Return a slice with its lungs and levels; None as for `anatomy_of`.

    The black ground of a harmonised slice would pass for air, and counts as tissue here.

    Args:
        grey: (size, size) uint8.
    """
    plain = on_tissue(grey, TISSUE)
    found = anatomy_of(plain, lungs_mask(plain))
    return None if found is None else replace(found, grey=grey)


def anatomy_of(grey: Grey, lungs: Mask) -> Anatomy | None:
    """Return what is known of a slice; None where it shows too little lung or contrast.

    The level of lung is the median of the lungs' darker half of grey levels, that of tissue the
    median of what is brighter than the threshold between them (Otsu 1979).

    Args:
        grey: (size, size) uint8.
        lungs: (size, size) bool.
    """
    if lungs.mean() < LEAST_LUNG or lungs.all():
        return None
    threshold, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    dark, bright = grey[lungs & (grey <= threshold)], grey[grey > threshold]
    if not (len(dark) and len(bright)):
        return None
    levels = float(np.median(dark)), float(np.median(bright))
    if levels[1] - levels[0] < LEAST_CONTRAST:
        return None
    return Anatomy(grey, lungs, *levels)


def on_tissue(grey: Grey, tissue: int) -> Grey:
    """Return a harmonised slice whose black ground is tissue; another slice as it is.

    Lungs are looked for as dark parts in something bright, and so is the level of tissue.

    Args:
        grey: (size, size) uint8.
        tissue: grey level of soft tissue in harmonised slices.
    """
    _, parts = cv2.connectedComponents((grey <= SURROUNDING).astype(np.uint8), connectivity=4)
    rim = np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]])
    if not rim.all():
        return grey
    reach = 2 * round(SOFT_EDGE * len(grey) / 384) + 1
    kernel = np.ones((reach, reach), dtype=np.uint8)
    outside = cv2.dilate(np.isin(parts, np.unique(rim)).astype(np.uint8), kernel) > 0
    return np.where(outside, np.uint8(tissue), grey)
