"""Assignment of whole groups to train, validation and test, stratified by label."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.errors import SplitError, UsageError
from hilum.table import SPLITS, SliceTable

__all__ = ["DEFAULT_FRACTIONS", "best_assignment", "split_table"]

DEFAULT_FRACTIONS = (0.7, 0.15, 0.15)
"""Train, validation, test, as in the paper (714/150/150 of 1,014 a class)."""

MOST_TRIES = 64
"""Greedy assignments tried, each in another order; the best balanced one is used."""

PLACEMENTS = 400_000
"""Upper bound on groups x tries, so that a million rows take seconds."""

Counts = npt.NDArray[np.float64]


def split_table(
    table: SliceTable,
    *,
    fractions: tuple[float, float, float] = DEFAULT_FRACTIONS,
    by: Literal["group", "image"] = "group",
    seed: int = 0,
) -> SliceTable:
    """Return `table` with its column `split` filled.

    Args:
        table: any slice table; its column `split` is replaced.
        fractions: shares of train, validation and test; none negative, sum 1.
        by: "group" never divides a group and keeps every label's share close to `fractions`;
            "image" assigns single slices regardless of group, as the paper did: see `find_leak`.
        seed: the same table and seed give the same split.

    Raises:
        UsageError: the fractions are not shares of one.
        SplitError: a label has fewer groups (or slices) than there are splits to fill.
    """
    if len(fractions) != len(SPLITS) or min(fractions) < 0 or abs(sum(fractions) - 1) > 1e-6:
        raise UsageError(
            f"fractions are the shares of train, validation and test and sum to 1; got {fractions}."
        )
    rows = table.rows
    units = rows["group"] if by == "group" else rows["slice_id"]
    counts = pd.crosstab(units, rows["label"])
    _check_enough(counts, fractions, by)
    parts = best_assignment(counts.to_numpy(dtype=np.float64), np.array(fractions), (seed,))
    names = pd.Series(np.array(SPLITS)[parts], index=counts.index)
    return replace(table, rows=rows.assign(split=units.map(names).astype(str)))


def _check_enough(counts: pd.DataFrame, fractions: tuple[float, ...], by: str) -> None:
    """Refuse a label that can't be in every requested split."""
    wanted = sum(fraction > 0 for fraction in fractions)
    unit = "group" if by == "group" else "slice"
    for label, units in (counts > 0).sum().items():
        if units < wanted:
            raise SplitError(
                f"label {label!r} has only {units} {unit}{'s' if units != 1 else ''}, and "
                f"{wanted} splits need one each; gather more, or leave the label "
                f"out (hilum data build --label ...)."
            )


def best_assignment(
    counts: Counts, fractions: Counts, entropy: tuple[int, ...]
) -> npt.NDArray[np.intp]:
    """Return the split index of each unit, the best of several tries.

    Best means: every label in every requested split, then the smallest maximum deviation of a
    label's share from the requested one.

    Args:
        counts: (units, labels) slices of each label in each unit.
        fractions: (splits,) shares, sum 1; a split of share 0 stays empty.
        entropy: seeds the random order of the tries.

    Raises:
        SplitError: in every try some split lacks a label.
    """
    tries = int(np.clip(PLACEMENTS // len(counts), 2, MOST_TRIES))
    target = counts.sum(axis=0) * fractions[:, None]
    best, best_cost = None, np.inf
    for attempt in range(tries):
        parts = _greedy(counts, target, np.random.default_rng([*entropy, attempt]))
        filled = np.zeros_like(target)
        np.add.at(filled, parts, counts)
        off = np.abs(filled - target) / counts.sum(axis=0)
        missing = ((filled == 0) & (target > 0)).sum()
        cost = float(missing + off.max())
        if cost < best_cost:
            best, best_cost = parts, cost
    if best is None or best_cost >= 1:
        raise SplitError(
            "no split by group puts every label into every split; the groups are too few or too "
            "large: try other fractions, or gather more groups."
        )
    return best


def _greedy(counts: Counts, target: Counts, rng: np.random.Generator) -> npt.NDArray[np.intp]:
    """Assign units, large ones first and equal ones at random, to the split with the largest need.

    The need of a split for a unit is its shortfall below the target, label by label, relative to
    all slices of the label (the rule of scikit-learn's StratifiedGroupKFold, for unequal shares).
    """
    scale = counts.sum(axis=0)
    share = counts / scale
    order = rng.permutation(len(counts))
    order = order[np.argsort(-counts[order].max(axis=1), kind="stable")]
    lacking = target / scale
    wanted = np.flatnonzero(target.sum(axis=1) > 0)
    relative = 1 / np.maximum(target[wanted].sum(axis=1) / target.sum(), 1e-9)
    parts = np.zeros(len(counts), dtype=np.intp)
    for unit in order:
        missed = (lacking[wanted] * share[unit]).sum(axis=1) * relative
        ties = np.flatnonzero(missed >= missed.max() - 1e-12)
        part = wanted[ties[0] if len(ties) == 1 else rng.choice(ties)]
        parts[unit] = part
        lacking[part] -= share[unit]
    return parts
