"""Leakage between the splits of a table, in numbers and in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from hilum.errors import SplitError
from hilum.identity import MEANINGS, Identities, find_identities, refuse_conflicts
from hilum.table import SPLITS, SliceTable

__all__ = [
    "Leak",
    "SplitRules",
    "check_splits",
    "count_splits",
    "find_leak",
    "merge_identities",
    "unknown_patients",
]


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


def find_leak(table: SliceTable, identities: Identities | None = None) -> Leak:
    """Return the groups that splits of `table` share, in numbers and in words.

    Groups of one patient or file (see `find_identities`) count as one.

    Args:
        table: a slice table with its `split` column filled.
        identities: those of `table`; None searches for them.
    """
    identities = identities or find_identities(table)
    rows = table.rows.assign(group=identities.groups)[table.rows["split"] != ""]
    splits_of_group = rows.groupby("group")["split"].nunique()
    divided = int((splits_of_group > 1).sum())
    groups = {split: set(rows.loc[rows["split"] == split, "group"]) for split in SPLITS}
    test = rows[rows["split"] == "test"]
    shared = float(test["group"].isin(groups["train"]).mean()) if len(test) else 0.0
    if not divided:
        but = ", but one patient may be in several groups" if _is_unknown(table).any() else ""
        return Leak(0, 0.0, f"No group is in more than one split{but}.")
    are = "is" if divided == 1 else "are"
    share_text = f"{divided} of {len(splits_of_group)} groups {are} in more than one split"
    return Leak(divided, shared, f"{share_text}, {_meaning(groups, shared)}")


def _meaning(groups: Mapping[str, set[str]], shared: float) -> str:
    """Return what the shared groups mean for the metrics."""
    if shared:
        return (
            f"and {shared:.0%} of the test slices come from a group that the network was trained "
            "on: metrics on this test set show how well slices of known patients are recognised, "
            "not new patients."
        )
    flattered = []
    if groups["train"] & groups["validation"]:
        flattered.append("the choice of the best epoch is optimistic")
    if groups["validation"] & groups["test"]:
        flattered.append(
            "the best epoch is chosen on patients of the test set, which makes its metrics "
            "optimistic"
        )
    return f"but no test slice is of a group in train; {', and '.join(flattered)}."


def unknown_patients(table: SliceTable) -> list[str]:
    """Return a caution if one patient may be in several groups; else nothing.

    That is so where groups are named after a slice (a single one, or a cluster of near-duplicates),
    and where every group is a single slice.
    """
    unknown, slices = int(_is_unknown(table).sum()), len(table)
    if not unknown:
        return []
    means = (
        "slices of one patient may be in train and in test, so that metrics come out too good and "
        "their intervals too narrow."
    )
    if table.rows["group"].nunique() == slices:
        return [f"Every group is a single slice: unless each shows a different patient, {means}"]
    return [
        f"For {unknown} of {slices} slices the patient is unknown, and the group is a single slice "
        f"or a cluster of near-duplicates: {means}"
    ]


def _is_unknown(table: SliceTable) -> pd.Series:
    """Return for each row whether its patient may be in other groups too."""
    groups = table.rows["group"]
    if len(table) > 1 and groups.nunique() == len(table):
        return pd.Series(True, index=groups.index)
    return groups.isin(set(table.rows["slice_id"]))


def merge_identities(table: SliceTable) -> tuple[SliceTable, list[str]]:
    """Return the table with groups of one patient or file merged, and notes on what was merged.

    Raises:
        TableError: one file has several labels, or labels differ in case or white space only.
    """
    identities = find_identities(table)
    refuse_conflicts(identities)
    return identities.merge(), identities.notes()


@dataclass(frozen=True)
class SplitRules:
    """What the splits of a table may lack.

    Attributes:
        leaky: accept what several splits share, and one file with several labels.
        partial_test: accept a test split that lacks a label, as where a source is left out.
    """

    leaky: bool = False
    partial_test: bool = False


def check_splits(table: SliceTable, rules: SplitRules = SplitRules()) -> None:
    """Refuse a table that can't be trained on.

    Args:
        table: a slice table with its `split` column filled.
        rules: what is accepted.

    Raises:
        SplitError: a split is empty, a label is missing from train or validation or test, or a
            group, patient or file is in more than one split (allowed with `rules.leaky`).
        TableError: one file has several labels, or labels differ in case or white space only
            (allowed with `rules.leaky`).
    """
    counts = count_splits(table)
    for split in SPLITS:
        partial = rules.partial_test and split == "test" and any(counts[split].values())
        for label, slices in counts[split].items():
            if slices == 0 and not partial:
                raise SplitError(
                    f"{table.name}: label {label!r} has no slice in the split {split!r}; "
                    f"run `hilum split` (by group, stratified by label)."
                )
    if rules.leaky:
        return
    identities = find_identities(table)
    refuse_conflicts(identities)
    leak = find_leak(table, identities)
    crossing = identities.crossing()
    if crossing:
        raise SplitError(
            f"{table.name}: {MEANINGS[crossing[0].kind]} in different splits "
            f"({identities.rows_of(crossing, 'split')}); run `hilum split`, which merges their "
            "groups, or give --leaky (leaky=True) to train nevertheless: every metric will then "
            "say so."
        )
    if leak.groups:
        rows = table.rows[table.rows["split"] != ""]
        spread = rows.groupby("group")["split"].unique()
        example = next(parts for parts in spread if len(parts) > 1)
        raise SplitError(
            f"{table.name}: {_groups(leak.groups)} in more than one split (the first one in "
            f"{' and '.join(example)}); run `hilum split`, or give --leaky (leaky=True) to train "
            "nevertheless: every metric will then say so."
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
