"""Eigen-CAM: the first principal component of the channels, whatever the class."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["eigencam"]


def eigencam(activation: Tensor, _gradient: Tensor | None) -> Tensor:
    """Return the first principal component of the map's pixels, each a point in channel space.

    The channels' means over the slice are subtracted first. The sign of a component is arbitrary:
    here it is positive where the channels' sum is large. The map is the same for all classes.

    Source: Muhammad & Yeasin 2020, Eigen-CAM: Class activation map using principal components,
    eq. 2 and 3.

    Args:
        activation: A, (n, channels, rows, columns) float32.

    Returns:
        (n, rows, columns) float32, in the activation's own unit; NaN where it is not finite.
    """
    count, _, rows, columns = activation.shape
    points = activation.flatten(2).transpose(1, 2)  # (n, pixels, channels)
    centred = points - points.mean(dim=1, keepdim=True)
    finite = centred.isfinite().flatten(1).all(dim=1)[:, None]
    left, sizes, _ = torch.linalg.svd(centred.where(finite[:, :, None], 0), full_matrices=False)
    first = left[:, :, 0] * sizes[:, :1]
    with_all = (first * centred.sum(dim=2)).sum(dim=1, keepdim=True)
    signed = torch.where(with_all < 0, -first, first)
    return signed.where(finite, torch.nan).view(count, rows, columns)
