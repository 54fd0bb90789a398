"""Grouped cross-validation of a linear classifier: how well features tell what groups share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["FEWEST_GROUPS", "FOLDS", "Ridge", "fit_ridge", "grouped_folds", "one_hot"]

Features = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Names = npt.NDArray[np.object_]

FOLDS = 5
FEWEST_GROUPS = 4
"""Groups of a class below which nothing is cross-validated: each fold must train on two."""
SEED = 0
STRENGTH = 10.0
"""Ridge penalty, in units of the mean squared length of a standardised row: slices of one group
are nearly copies of one another, and a weaker one learns them by heart."""
FLAT = 1e-6
"""A feature with a smaller standard deviation says nothing."""


@dataclass(frozen=True)
class Ridge:
    """A ridge regression on standardised features, without intercept.

    Attributes:
        mean, scale: (features,) of the rows it was fitted on.
        weights: (features, targets).
    """

    mean: Floats
    scale: Floats
    weights: Floats

    def scores(self, features: Features | Floats) -> Floats:
        """Return (n, targets): 0 is the mean of the rows that it was fitted on."""
        return np.asarray(((features - self.mean) / self.scale) @ self.weights)


def fit_ridge(features: Features, targets: Floats) -> Ridge:
    """Return the ridge regression of `targets` (n, k) on `features` (n, d)."""
    mean, spread = features.mean(axis=0, dtype=np.float64), features.std(axis=0, dtype=np.float64)
    scale = np.where(spread > FLAT, spread, np.inf)
    rows = (features - mean) / scale
    centred = targets - targets.mean(axis=0)
    count, width = rows.shape
    penalty = STRENGTH * max(1, int((spread > FLAT).sum()))
    if count <= width:
        gram = rows @ rows.T
        weights = rows.T @ np.linalg.solve(gram + penalty * np.eye(count), centred)
    else:
        gram = rows.T @ rows
        weights = np.linalg.solve(gram + penalty * np.eye(width), rows.T @ centred)
    return Ridge(mean, scale, weights)


def one_hot(codes: Codes) -> Floats:
    """Return (n, values) 0 or 1, each value weighed alike; a code of -1 has none."""
    values = int(codes.max()) + 1 if len(codes) else 0
    table = (codes[:, None] == np.arange(values)[None, :]).astype(np.float64)
    return np.asarray(table / np.sqrt(np.maximum(1, table.sum(axis=0))), dtype=np.float64)


def grouped_folds(
    labels: Names, groups: Names, sources: Names, *, folds: int = FOLDS
) -> Codes | None:
    """Return the fold of each slice: whole groups, every label in each, sources spread evenly.

    A source that is more frequent in one fold is less frequent in the others, and a classifier
    that knows nothing but the source would be led below chance; so groups are dealt source by
    source. Fewer folds where a label has few groups.

    Returns:
        (n,) int64, or None where some label has fewer than FEWEST_GROUPS groups, or there is
        only one label.
    """
    frame = pd.DataFrame({"label": labels, "group": groups, "source": sources})
    fewest = int(frame.groupby("label")["group"].nunique().min())
    if frame["label"].nunique() < 2 or fewest < FEWEST_GROUPS:
        return None
    of_group = frame.groupby("group", sort=True).agg(
        label=("label", lambda own: "\0".join(sorted(set(own)))), source=("source", "first")
    )
    chance = np.random.default_rng(SEED).permutation(len(of_group))
    order = of_group.assign(chance=chance).sort_values(["label", "source", "chance"])
    parts = min(folds, fewest)
    dealt = order.groupby("label").cumcount() % parts  # a source's labels meet in the same folds
    fold: npt.NDArray[np.int64] = frame["group"].map(dealt).to_numpy().astype(np.int64)
    held = frame.groupby(fold)["label"].nunique()
    return np.asarray(fold, dtype=np.int64) if (held == frame["label"].nunique()).all() else None
