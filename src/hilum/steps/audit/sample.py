"""Which slices features are computed of: all, or whole groups up to a number."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hilum.audit.grouped import FEWEST_GROUPS
from hilum.table import SliceTable

__all__ = ["MOST_SLICES", "choose_rows", "labels_of_few_groups"]

MOST_SLICES = 4000
"""Slices that features are computed of: half an hour of a network's time for a hundred thousand
would make no AUC surer by more than its third decimal."""
SEED = 0


def choose_rows(table: SliceTable, *, most: int = MOST_SLICES) -> npt.NDArray[np.int64]:
    """Return the rows to compute features of, in the table's order: whole groups, drawn by chance.

    Labels keep their shares of the groups as chance has it; every label has as many groups as fit.
    """
    if len(table) <= most:
        return np.arange(len(table), dtype=np.int64)
    groups = table.rows.groupby("group", sort=True)
    first_label = groups["label"].first()
    size = groups.size()
    rng = np.random.default_rng(SEED)
    sampled: list[str] = []
    labels = first_label.unique()
    for label in labels:
        names = rng.permutation(first_label.index[first_label == label].to_numpy())
        share = most / len(table) * size[names].sum()
        room = np.cumsum(size[names].to_numpy()) <= max(share, size[names].iloc[0])
        sampled += names[room].tolist()
    return np.flatnonzero(table.rows["group"].isin(sampled).to_numpy()).astype(np.int64)


def labels_of_few_groups(table: SliceTable, positive: str) -> list[str]:
    """Return the labels that are left out of the cross-validation: of too few groups to be in it.

    None is left out unless the positive class and another remain.
    """
    counts = table.rows.groupby("label")["group"].nunique()
    few = sorted(str(label) for label in counts.index[(counts < FEWEST_GROUPS).to_numpy()])
    return few if positive not in few and len(counts) - len(few) > 1 else []
