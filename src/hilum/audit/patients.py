"""Groups that can't be patients: single slices, look-alikes, or more groups than patients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.audit.concern import Concern
from hilum.table import SliceTable

__all__ = ["groups_concern"]

Codes = npt.NDArray[np.int64]

MOSTLY = 0.9
"""Share of a source's slices from which it is said to be so as a whole."""
FEWEST = 10
"""Slices of a source below which nothing is concluded."""


def groups_concern(table: SliceTable, *, alike: Codes, patients: Mapping[str, int]) -> Concern:
    """Return whether the groups of each source can be patients.

    Args:
        table: n slices.
        alike: (n,) a number that near-duplicates share.
        patients: source -> how many patients its collection says it has.

    Returns:
        level `more` (a source has more groups than patients), `alike` (its groups are clusters of
        near-duplicates, or single slices, and no patient is named), or `none`.
    """
    sources, sentences, levels = {}, [], set()
    for source, rows in table.rows.groupby("source", sort=True):
        numbers = _numbers(rows, alike[rows.index.to_numpy()], patients.get(str(source)))
        sources[str(source)] = numbers
        level, sentence = _judge(str(source), numbers)
        if level != "none":
            levels.add(level)
            sentences.append(sentence)
    level = "more" if "more" in levels else "alike" if levels else "none"
    if not sentences:
        sentences = ["Nothing speaks against the groups being patients."]
    return Concern("groups", level, " ".join(sentences), {"sources": sources})


def _numbers(rows: pd.DataFrame, alike: Codes, patients: int | None) -> dict[str, Any]:
    """Return what is known of one source's groups."""
    groups = rows["group"]
    sizes = groups.map(groups.value_counts())
    clusters = pd.Series(alike, index=rows.index)
    cluster_of_group = clusters.groupby(groups).nunique()
    together = groups.map(cluster_of_group == 1)
    named = "patient_id" in rows.columns and bool((rows["patient_id"] != "").all())
    return {
        "slices": len(rows),
        "groups": int(groups.nunique()),
        "patients": patients,
        "named": named,
        "alone": int((sizes == 1).sum()),
        "one_look": int((together & (sizes > 1)).sum()),
    }


def _judge(source: str, numbers: Mapping[str, Any]) -> tuple[str, str]:
    """Return level and sentence of one source."""
    slices, groups, patients = numbers["slices"], numbers["groups"], numbers["patients"]
    if patients is not None and groups > patients:
        return "more", (
            f"{source}: {groups:,} groups; the collection says {patients:,} patients. Slices of "
            "one patient are then in several groups, and a split separates them; "
            "`hilum data build --group-runs N` joins consecutive file numbers."
        )
    if numbers["named"] or slices < FEWEST:
        return "none", ""
    if numbers["alone"] >= MOSTLY * slices:
        return "alike", (
            f"{source}: {numbers['alone']:,} of {slices:,} slices are a group of their own, and no "
            "patient is named: unless each is of another patient, no split can keep them together."
        )
    if numbers["alone"] + numbers["one_look"] >= MOSTLY * slices:
        return "alike", (
            f"{source}: its {groups:,} groups are single slices and slices that look the same, and "
            "no patient is named. Other slices of the same patient look different and are in other "
            "groups: near-duplicates are not patients."
        )
    return "none", ""
