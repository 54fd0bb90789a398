"""The masking matrix: what is left of the AUC when the lungs, the centre or the lesion are black.

After Sourget et al. 2024 (arXiv 2412.04030): a classifier is fitted on slices of each kind and
tried on each kind. What it reaches without the lungs can't be disease of the lungs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from hilum.audit.concern import Concern
from hilum.audit.grouped import fit_ridge
from hilum.audit.lung_regions import CENTRE, LungRegions
from hilum.boxes import Box

__all__ = ["BACKGROUND", "MASKS", "cross_scores", "masked_slices", "masking_concern"]

Grey = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Features = npt.NDArray[np.float32]

MASKS = {
    "whole": "whole slice",
    "lungs_only": "lungs only",
    "no_lungs": "lungs blacked out",
    "border_only": "border only",
    "no_centre": "centre blacked out",
    "no_lesion": "lesion blacked out",
}
BACKGROUND = ("no_lungs", "border_only")
"""Kinds in which no lung is left: what tells the classes there is not in the lungs."""
BORDER = 8 / 224
"""Width of the border, as a share of the side."""
CHANCE = 0.5


def masked_slices(
    grey: Grey, lungs: LungRegions, boxes: Sequence[Sequence[Box]] | None
) -> dict[str, Grey]:
    """Return (n, size, size) uint8 slices of each kind in MASKS; black where something is hidden.

    Args:
        grey: (n, size, size) uint8.
        lungs: where the lungs of these slices are.
        boxes: of each slice what `no_lesion` hides, in pixels of `grey`; None: leave that out.
    """
    size = grey.shape[1]
    made = {
        "whole": grey,
        "lungs_only": np.where(lungs.inside, grey, 0).astype(np.uint8),
        "no_lungs": np.where(lungs.hull, 0, grey).astype(np.uint8),
        "border_only": _without(grey, round(BORDER * size)),
        "no_centre": _without(grey, round((1 - CENTRE) / 2 * size)),
    }
    if boxes is not None:
        hidden = grey.copy()
        for one, own in zip(hidden, boxes, strict=True):
            for box in own:
                one[box.row_min : box.row_max, box.col_min : box.col_max] = 0
        made["no_lesion"] = hidden
    return made


def cross_scores(
    features: Mapping[str, Features], targets: Floats, folds: Codes
) -> dict[tuple[str, str], Floats]:
    """Return scores (n,) for each pair of kinds: fitted on the first, tested on the second.

    Each slice is scored by a classifier that saw none of its fold.

    Args:
        features: kind -> (n, d).
        targets: (n,) float64, 1 for the positive class, 0 for others.
        folds: (n,) the fold of each slice.
    """
    scores = {(one, other): np.zeros(len(targets)) for one in features for other in features}
    balance = np.where(targets > 0, 1 / max(1.0, targets.sum()), -1 / max(1.0, (1 - targets).sum()))
    for fold in np.unique(folds):
        out = folds == fold
        for one, own in features.items():
            ridge = fit_ridge(own[~out], balance[~out, None])
            for other, queried in features.items():
                # Each fold's classifier has a zero of its own, which pooling must not see: the mean
                # of its scores, which is the score of the mean, for it is linear.
                zero = ridge.scores(queried[~out].mean(axis=0, dtype=np.float64)[None, :])[0, 0]
                scores[one, other][out] = ridge.scores(queried[out])[:, 0] - zero
    return scores


def masking_concern(
    cells: Mapping[str, Mapping[str, Mapping[str, Any]]], *, lungs: Mapping[str, int]
) -> Concern:
    """Return what the background alone tells.

    Args:
        cells: kind fitted on -> kind tested on -> AUC (value, low, high).
        lungs: number of slices whose lungs were `found`, and of those in which the `centre` stands
            for them.

    Returns:
        level `background` (fitted and asked without the lungs, the AUC is above chance),
        `lungs` (it isn't), or `undefined`.
    """
    numbers = {"auc": {one: dict(row) for one, row in cells.items()}, "lungs": dict(lungs)}
    full_image = cells["whole"]["whole"]
    if full_image["value"] is None:
        return Concern("masking", "undefined", "No AUC: only one class is there.", numbers)
    revealing = [name for name in BACKGROUND if cells[name][name]["low"] > CHANCE]
    reached = "; ".join(f"{MASKS[name]} {_text(cells[name][name])}" for name in BACKGROUND)
    only = cells["lungs_only"]["lungs_only"]
    opening = f"Whole slices reach AUC {_text(full_image)}, lungs only {_text(only)}; {reached}."
    if lungs["centre"]:
        opening += (
            f" No lungs were found in {lungs['centre']:,} of {sum(lungs.values()):,} slices; "
            "there the centre stands for them."
        )
    if revealing:
        return Concern(
            "masking", "background",
            f"{opening} Slices without their lungs still separate the classes: that part of the "
            "AUC is not disease of the lungs.", numbers,
        )  # fmt: skip
    return Concern(
        "masking", "lungs",
        f"{opening} Without the lungs the AUC is not above chance.", numbers,
    )  # fmt: skip


def _without(grey: Grey, border: int) -> Grey:
    """Return slices that are black but for a border."""
    left = grey.copy()
    left[:, border:-border, border:-border] = 0
    return left


def _text(figure: Mapping[str, Any]) -> str:
    return f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"
