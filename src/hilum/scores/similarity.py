"""Similarity of two maps of one slice: structural similarity and rank correlation of pixels.

Both are computed on maps resampled to one grid and divided by their own maximum, so that it is
where a map is hot that counts, not how hot (Adebayo et al. 2018 compare normalised maps too).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter
from scipy.stats import rankdata

__all__ = ["GRID", "MEASURES", "map_similarity", "rank_correlation", "scaled_to_maximum", "ssim"]

Maps = npt.NDArray[np.floating]
Floats = npt.NDArray[np.float64]

GRID = 128
"""Side of the grid that maps are compared on, pixels: finer than the layers that are looked at, and
the window below is then about as wide as a pixel of a last feature map."""
MEASURES = ("ssim", "rank_correlation")
"""What `map_similarity` returns, in the order in which tables show it."""

WINDOW_SIGMA, WINDOW_RADIUS = 1.5, 5
"""The Gaussian window of 11 x 11 pixels of Wang et al. 2004, section III.B."""
STEADY_MEAN, STEADY_SPREAD = 0.01**2, 0.03**2
"""(K1 L)^2 and (K2 L)^2 of the same section, with L = 1: the largest value of a scaled map."""


def map_similarity(first: Maps, second: Maps) -> dict[str, Floats]:
    """Return each of `MEASURES` (n,) of n pairs of maps (n, rows, columns) of one shape."""
    ours, theirs = scaled_to_maximum(first), scaled_to_maximum(second)
    return {"ssim": ssim(ours, theirs), "rank_correlation": rank_correlation(ours, theirs)}


def scaled_to_maximum(maps: Maps) -> Floats:
    """Return maps (n, rows, columns) divided by their own largest absolute value; 0 stays 0."""
    values = np.asarray(maps, dtype=np.float64)
    top = np.abs(values).max(axis=(1, 2), keepdims=True)
    return values / np.where(top > 0, top, 1.0)


def ssim(first: Maps, second: Maps) -> Floats:
    """Return the structural similarity (n,), -1 to 1, of maps (n, rows, columns) within 0..1.

    Wang et al. 2004, equation 13, with their Gaussian window, averaged over the pixels whose
    window lies inside the map. Where both maps are zero it is 1: maps that are mostly empty are
    alike for that alone, so the number needs a baseline.
    """
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    mean_a, mean_b = _window_means(a), _window_means(b)
    spread = _window_means(a * a) - mean_a**2 + _window_means(b * b) - mean_b**2
    shared = _window_means(a * b) - mean_a * mean_b
    likeness = (2 * mean_a * mean_b + STEADY_MEAN) * (2 * shared + STEADY_SPREAD)
    likeness /= (mean_a**2 + mean_b**2 + STEADY_MEAN) * (spread + STEADY_SPREAD)
    inside = slice(WINDOW_RADIUS, -WINDOW_RADIUS)
    values: Floats = likeness[:, inside, inside].mean(axis=(1, 2))
    return values


def _window_means(maps: Floats) -> Floats:
    """Return maps (n, rows, columns) averaged under the window."""
    sigma = (0.0, WINDOW_SIGMA, WINDOW_SIGMA)
    return np.asarray(gaussian_filter(maps, sigma, radius=(0, WINDOW_RADIUS, WINDOW_RADIUS)))


def rank_correlation(first: Maps, second: Maps) -> Floats:
    """Return Spearman's rank correlation (n,), -1 to 1, of the pixels of maps (n, rows, columns).

    Equal pixels share their mean rank. Two maps that are flat are the same, 1; a flat one and
    another have no order in common, 0.
    """
    ours, theirs = _ranks(first), _ranks(second)
    shared = (ours * theirs).sum(axis=1)
    norms = np.sqrt((ours**2).sum(axis=1) * (theirs**2).sum(axis=1))
    values: Floats = np.divide(shared, norms, out=np.zeros(len(norms)), where=norms > 0)
    flat = ~ours.any(axis=1) & ~theirs.any(axis=1)
    return np.where(flat, 1.0, values)


def _ranks(maps: Maps) -> Floats:
    """Return the ranks of each map's pixels (n, pixels), their mean taken away."""
    ranks = rankdata(np.asarray(maps).reshape(len(maps), -1), axis=1)
    return np.asarray(ranks - ranks.mean(axis=1, keepdims=True), dtype=np.float64)
