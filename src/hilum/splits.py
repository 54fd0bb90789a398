"""Train, validation and test: who goes where, and what a split leaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.errors import SplitError, UsageError
from hilum.table import SPLITS, SliceTable

__all__ = [
    "DEFAULT_FRACTIONS",
    "Leak",
    "check_splits",
    "count_splits",
    "find_leak",
    "lone_slices",
    "split_table",
]

DEFAULT_FRACTIONS = (0.7, 0.15, 0.15)
"""Train, validation, test, as in the paper (714/150/150 of 1,014 a class)."""

MOST_TRIES = 64
"""Greedy assignments tried, each in another order; the best balanced one is kept."""

PLACEMENTS = 400_000
"""Bound on groups x tries: beyond it fewer tries are made, so that a million rows take seconds."""

Counts = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Leak:
    """What the test slices share with the training slices.

    Attributes:
        groups: number of groups that have slices in more than one split.
        share_of_test_slices: share of the test slices whose group is also in train, 0 to 1.
        sentence: the same in plain words.
    """

    groups: int
    share_of_test_slices: float
    sentence: str


def split_table(
    table: SliceTable,
    *,
    fractions: tuple[float, float, float] = DEFAULT_FRACTIONS,
    by: Literal["group", "image"] = "group",
    seed: int = 0,
) -> SliceTable:
    """Return `table` with its column `split` filled.

    Args:
        table: any slice table; what stood in `split` is replaced.
        fractions: shares of train, validation and test; none negative, sum 1.
        by: "group" never parts a group and keeps every label's share close to `fractions`;
            "image" deals single slices, as the paper did, whatever their group: see `find_leak`.
        seed: same table, same seed, same split.

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
    parts = _best_assignment(counts.to_numpy(dtype=np.float64), np.array(fractions), seed)
    names = pd.Series(np.array(SPLITS)[parts], index=counts.index)
    return replace(table, rows=rows.assign(split=units.map(names).astype(str)))


def _check_enough(counts: pd.DataFrame, fractions: tuple[float, ...], by: str) -> None:
    """Refuse a label that can't be in every split that is asked for."""
    wanted = sum(fraction > 0 for fraction in fractions)
    unit = "group" if by == "group" else "slice"
    for label, units in (counts > 0).sum().items():
        if units < wanted:
            raise SplitError(
                f"label {label!r} has only {units} {unit}{'s' if units != 1 else ''}, and "
                f"{wanted} splits need one each; gather more, or leave the label "
                f"out (hilum data build --label ...)."
            )


def _best_assignment(counts: Counts, fractions: Counts, seed: int) -> npt.NDArray[np.intp]:
    """Return for each unit (row of `counts`: slices a label) its split, the best of several tries.

    Best: every label in every split that is asked for, then the least worst deviation of a
    label's share from the asked one.
    """
    tries = int(np.clip(PLACEMENTS // len(counts), 2, MOST_TRIES))
    target = counts.sum(axis=0) * fractions[:, None]
    best, best_cost = None, np.inf
    for attempt in range(tries):
        parts = _greedy(counts, target, np.random.default_rng([seed, attempt]))
        filled = np.zeros_like(target)
        np.add.at(filled, parts, counts)
        off = np.abs(filled - target) / counts.sum(axis=0)
        missing = ((filled == 0) & (target > 0)).sum()
        cost = float(missing + off.max())
        if cost < best_cost:
            best, best_cost = parts, cost
    if best is None or best_cost >= 1:
        raise SplitError(
            "no split by group puts every label into every part; the groups are too few or too "
            "large: try other fractions, or gather more groups."
        )
    return best


def _greedy(counts: Counts, target: Counts, rng: np.random.Generator) -> npt.NDArray[np.intp]:
    """Place the units, large ones first and equal ones by chance, where they are missed most.

    A split misses a unit by how far it lies below its target, label by label, relative to the
    label's slices in all (the rule of scikit-learn's StratifiedGroupKFold, for unequal parts).
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


def find_leak(table: SliceTable) -> Leak:
    """Return what the splits of `table` share, in numbers and in words."""
    rows = table.rows[table.rows["split"] != ""]
    spread = rows.groupby("group")["split"].nunique()
    parted = int((spread > 1).sum())
    groups = {split: set(rows.loc[rows["split"] == split, "group"]) for split in SPLITS}
    test = rows[rows["split"] == "test"]
    shared = float(test["group"].isin(groups["train"]).mean()) if len(test) else 0.0
    if not parted:
        return Leak(0, 0.0, "No group is in more than one split.")
    told = (
        f"{parted} of {len(spread)} groups {'is' if parted == 1 else 'are'} in more than one split"
    )
    return Leak(parted, shared, f"{told}, {_meaning(groups, shared)}")


def _meaning(groups: Mapping[str, set[str]], shared: float) -> str:
    """Return what it means for the figures that these splits share groups."""
    if shared:
        return (
            f"and {shared:.0%} of the test slices come from a group that the network was trained "
            f"on: figures on this test set say how well slices of known patients are recognised, "
            f"not how well new patients are."
        )
    flattered = []
    if groups["train"] & groups["validation"]:
        flattered.append("the choice of the best epoch is flattered")
    if groups["validation"] & groups["test"]:
        flattered.append(
            "the best epoch is chosen on patients of the test set, which flatters its figures"
        )
    return f"but no test slice is of a group in train; {', and '.join(flattered)}."


def lone_slices(table: SliceTable) -> list[str]:
    """Return a sentence where every group is one slice, as where no patient is known; or none."""
    if len(table) < 2 or table.rows["group"].nunique() < len(table):
        return []
    return [
        "Every group is a single slice: unless each is of a patient of its own, slices of one "
        "patient may be in train and in test, and no split can tell."
    ]


def check_splits(table: SliceTable, *, leaky: bool = False) -> None:
    """Refuse a table that can't be trained on.

    Raises:
        SplitError: a split is empty, a label is missing from train or validation or test, or a
            group is in more than one split (allowed with `leaky`).
    """
    counts = count_splits(table)
    for split in SPLITS:
        for label, slices in counts[split].items():
            if slices == 0:
                raise SplitError(
                    f"{table.name}: label {label!r} has no slice in the split {split!r}; "
                    f"run `hilum split` (by group, stratified by label)."
                )
    leak = find_leak(table)
    if leak.groups and not leaky:
        rows = table.rows[table.rows["split"] != ""]
        spread = rows.groupby("group")["split"].unique()
        example = next(parts for parts in spread if len(parts) > 1)
        raise SplitError(
            f"{table.name}: {_groups(leak.groups)} in more than one split (the first one in "
            f"{' and '.join(example)}); run `hilum split`, or give --leaky (leaky=True) to train "
            f"all the same: every figure will then say so."
        )


def _groups(count: int) -> str:
    return "1 group is" if count == 1 else f"{count} groups are"


def count_splits(table: SliceTable) -> Mapping[str, Mapping[str, int]]:
    """Return split -> label -> number of slices, every label named in every split."""
    rows = table.rows
    return {
        split: {
            label: int(((rows["split"] == split) & (rows["label"] == label)).sum())
            for label in table.labels
        }
        for split in SPLITS
    }
