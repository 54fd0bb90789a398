"""The paper's augmentation, on the batch: one function draws random maps, another applies them.

The published code uses Keras' ImageDataGenerator: one affine map about the centre for each
slice (rotation x shift x shear x zoom), flips, and the edge's pixels repeated outside.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from hilum.recipe import Augmentation

__all__ = ["as_batch", "draw_maps", "draw_views", "warp", "warped_batch"]

VIEWS = 2
"""A random stream of its own: see `hilum.learn.data`."""


def draw_maps(
    count: int, settings: Augmentation, rng: np.random.Generator
) -> npt.NDArray[np.float32]:
    """Draw `count` affine maps as (count, 2, 3) float32.

    Each maps a point (x, y) of the output, -1..1 from edge to edge, to the point of the input that
    is shown there, as torch's `affine_grid` expects.
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


def draw_views(
    grey: npt.NDArray[np.uint8], settings: Augmentation, *, seed: int, view: int
) -> npt.NDArray[np.float32]:
    """Draw the map of view number `view` for each of `grey` (n, size, size): (n, 2, 3) float32.

    It depends on the seed, the view's number and the slice's own pixels alone, so that a slice has
    the same views in every table, fold and order.
    """
    drawn = []
    for one in grey:
        content = hashlib.blake2b(one.tobytes(), digest_size=16).digest()
        words = np.frombuffer(content, dtype=np.uint32)
        rng = np.random.default_rng([seed, view, VIEWS, *words])
        drawn.append(draw_maps(1, settings, rng))
    return np.concatenate(drawn)


def warp(grey: Tensor, maps: Tensor) -> Tensor:
    """Return `grey` (n, 1, side, side) float32 warped by `maps` (n, 2, 3): same shape.

    Bilinear between pixels; outside, the edge pixel is repeated.
    """
    grid = F.affine_grid(maps, list(grey.shape), align_corners=False)
    return F.grid_sample(grey, grid, mode="bilinear", padding_mode="border", align_corners=False)


def warped_batch(
    grey: npt.NDArray[np.uint8],
    maps: npt.NDArray[np.float32] | None,
    device: torch.device | str,
) -> Tensor:
    """Return slices (n, size, size) as (n, 1, size, size) float32, 0..255, warped by `maps`."""
    batch = as_batch(grey, device)
    return batch if maps is None else warp(batch, torch.from_numpy(maps).to(device))


def as_batch(grey: npt.NDArray[np.uint8], device: torch.device | str) -> Tensor:
    """Return (n, size, size) uint8 as (n, 1, size, size) float32, 0..255, on `device`."""
    return torch.tensor(grey).to(device).unsqueeze(1).float()
