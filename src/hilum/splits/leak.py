"""Leakage between the splits of a table, in numbers and in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hilum.errors import SplitError
from hilum.table import SPLITS, SliceTable

__all__ = ["Leak", "check_splits", "count_splits", "find_leak", "lone_slices"]


@dataclass(frozen=True)
class Leak:
    """Groups shared between splits.

    Attributes:
        groups: number of groups with slices in more than one split.
        share_of_test_slices: share of the test slices whose group is also in train, 0 to 1.
        sentence: the same in plain words.
    """

    groups: int
    share_of_test_slices: float
    sentence: str


def find_leak(table: SliceTable) -> Leak:
    """Return the groups that splits of `table` share, in numbers and in words."""
    rows = table.rows[table.rows["split"] != ""]
    splits_of_group = rows.groupby("group")["split"].nunique()
    divided = int((splits_of_group > 1).sum())
    groups = {split: set(rows.loc[rows["split"] == split, "group"]) for split in SPLITS}
    test = rows[rows["split"] == "test"]
    shared = float(test["group"].isin(groups["train"]).mean()) if len(test) else 0.0
    if not divided:
        return Leak(0, 0.0, "No group is in more than one split.")
    are = "is" if divided == 1 else "are"
    share_text = f"{divided} of {len(splits_of_group)} groups {are} in more than one split"
    return Leak(divided, shared, f"{share_text}, {_meaning(groups, shared)}")


def _meaning(groups: Mapping[str, set[str]], shared: float) -> str:
    """Return what the shared groups mean for the metrics."""
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
    """Return a caution if every group is a single slice, as with unknown patients; else nothing."""
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
    """Return split -> label -> number of slices, with all labels in every split."""
    rows = table.rows
    return {
        split: {
            label: int(((rows["split"] == split) & (rows["label"] == label)).sum())
            for label in table.labels
        }
        for split in SPLITS
    }
