"""The paper's augmentation, on the batch: chance drawn in one function, applied in another.

The published code uses Keras' ImageDataGenerator: one affine map about the centre for each
slice (rotation x shift x shear x zoom), flips, and the edge's pixels repeated outside.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from torch import Tensor
from torch.nn import functional as F

from hilum.recipe import Augmentation

__all__ = ["draw_maps", "warp"]


def draw_maps(
    count: int, settings: Augmentation, rng: np.random.Generator
) -> npt.NDArray[np.float32]:
    """Draw `count` affine maps as (count, 2, 3) float32.

    Each takes a point (x, y) of the output, -1..1 from edge to edge, to the point of the input
    that is shown there, as torch's `affine_grid` wants it.
    """
    angle = np.deg2rad(rng.uniform(-1, 1, count) * settings.rotation)
    shear = np.deg2rad(rng.uniform(-1, 1, count) * settings.shear)
    zoom = 1 + rng.uniform(-1, 1, (count, 2)) * settings.zoom
    shift = rng.uniform(-1, 1, (count, 2)) * settings.shift * 2  # a side is 2 long
    flip = np.where(rng.random((count, 2)) < 0.5, -1.0, 1.0)
    flip[:, ~np.array([settings.horizontal_flip, settings.vertical_flip])] = 1.0

    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    rotation = np.moveaxis(rotation, 2, 0)
    nothing = np.zeros(count)
    shearing = np.array([[nothing + 1, -np.sin(shear)], [nothing, np.cos(shear)]])
    linear = rotation @ np.moveaxis(shearing, 2, 0) * (zoom * flip)[:, None, :]
    moved = rotation @ shift[:, :, None]
    return np.concatenate([linear, moved], axis=2).astype(np.float32)


def warp(grey: Tensor, maps: Tensor) -> Tensor:
    """Return `grey` (n, 1, side, side) float32 seen through `maps` (n, 2, 3): same shape.

    Linear between the pixels; outside, the edge's pixel is repeated.
    """
    grid = F.affine_grid(maps, list(grey.shape), align_corners=False)
    return F.grid_sample(grey, grid, mode="bilinear", padding_mode="border", align_corners=False)
