"""Cross-validation folds: one assignment per fold, each group in exactly one test split."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.errors import SplitError, UsageError
from hilum.splits.assign import best_assignment
from hilum.table import SliceTable

__all__ = ["FEWEST_FOLDS", "deal_folds", "one_fold"]

FEWEST_FOLDS = 2
"""With one fold, nothing would be left to train on."""
TO_TRAIN_ON = 2
"""Groups of a label that every fold needs outside its test split, to train and validate on."""

Counts = npt.NDArray[np.float64]
Parts = npt.NDArray[np.intp]


def deal_folds(
    table: SliceTable, folds: int, *, seed: int = 0, validation: float = 0.15
) -> list[SliceTable]:
    """Return one table per fold, with `split` filled: all slices, in the table's order.

    Every group is in the test split of exactly one fold and is never divided. Test splits have
    similar sizes, and they and the validation splits are stratified by label.

    Args:
        table: any slice table; its column `split` is ignored and replaced.
        folds: number of folds, at least 2.
        seed: the same table and seed give the same folds.
        validation: share of each fold's other slices that becomes its validation split.

    Raises:
        UsageError: fewer than 2 folds, or `validation` not between 0 and 1.
        SplitError: a label has too few groups for all folds, or no assignment gives every fold
            every label in train, validation and test.
    """
    if folds < FEWEST_FOLDS:
        raise UsageError(f"a cross-validation needs at least {FEWEST_FOLDS} folds; got {folds}.")
    if not 0 < validation < 1:
        raise UsageError(f"validation is a share between 0 and 1; got {validation:g}.")
    groups = table.rows["group"]
    counts = pd.crosstab(groups, table.rows["label"])
    _check_enough(counts, folds)
    parts = _assign(counts, folds, seed, validation)
    assigned = []
    for names in parts:
        split = groups.map(pd.Series(names, index=counts.index)).astype(str)
        assigned.append(replace(table, rows=table.rows.assign(split=split)))
    return assigned


def _check_enough(counts: pd.DataFrame, folds: int) -> None:
    """Refuse a label that can't be in every split of every fold."""
    # Two folds: each tests on all groups but two at most, and trains on the other's test split.
    needed = max(folds, 1 + TO_TRAIN_ON) if folds > TO_TRAIN_ON else 2 * TO_TRAIN_ON
    for label, groups in (counts > 0).sum().items():
        if groups < needed:
            raise SplitError(
                f"label {label!r} has only {groups} group{'s' if groups != 1 else ''}, and {folds} "
                f"folds need {needed}, so that each can train, validate and test on it; take fewer "
                f"folds, gather more groups, or leave the label out (hilum data build --label ...)."
            )


def one_fold(
    counts: pd.DataFrame, validation: float, entropy: tuple[int, ...]
) -> npt.NDArray[np.object_]:
    """Return `train` or `validation` for each group, stratified by label.

    Groups are weighted by their slices; where that leaves a part without a label, as with one
    group larger than all others together, all groups get the same weight.

    Args:
        counts: (groups, labels) slices.
        validation: share of the slices, 0 to 1.
        entropy: seeds the random order of the tries.

    Raises:
        SplitError: no assignment gives both parts every label.
    """
    by_slices = counts.to_numpy(dtype=np.float64)
    nothing = np.zeros(len(counts), dtype=bool)
    try:
        return _one_fold(by_slices, nothing, validation, entropy)
    except SplitError:
        return _one_fold((by_slices > 0).astype(np.float64), nothing, validation, entropy)


def _assign(
    counts: pd.DataFrame, folds: int, seed: int, validation: float
) -> list[npt.NDArray[np.object_]]:
    """Return for each fold the split of each group (row of `counts`).

    Groups are weighted by their slices; where that leaves a fold without a label, as with one
    group larger than all others together, all groups get the same weight.
    """
    by_slices = counts.to_numpy(dtype=np.float64)
    for weighed in (by_slices, (by_slices > 0).astype(np.float64)):
        try:
            tested = best_assignment(weighed, np.full(folds, 1 / folds), (seed, folds))
            return [
                _one_fold(weighed, tested == fold, validation, (seed, folds, fold))
                for fold in range(folds)
            ]
        except SplitError:
            continue
    sizes = ", ".join(f"{label} {groups}" for label, groups in (counts > 0).sum().items())
    raise SplitError(
        f"no assignment of the groups to {folds} folds gives each of them every label in train, "
        f"validation and test (groups with slices of {sizes}); take fewer folds, or gather more "
        "groups."
    )


def _one_fold(
    weighed: Counts, tested: npt.NDArray[np.bool_], validation: float, entropy: tuple[int, ...]
) -> npt.NDArray[np.object_]:
    """Return each group's split in one fold: `tested` ones in test, the rest in the others."""
    names = np.full(len(weighed), "test", dtype=object)
    shares = np.array([1 - validation, validation])
    parts: Parts = best_assignment(weighed[~tested], shares, entropy)
    names[~tested] = np.array(["train", "validation"], dtype=object)[parts]
    return names
