"""The design verdict: can these data tell disease from source at all?

Where each class comes from sources of its own, everything that differs between the sources
(scanner, window, crop, the journal's layout) tells the classes apart, and no metric on such data
can show which of the two a network has learnt (DeGrave et al. 2021, doi
10.1038/s42256-021-00338-7).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.audit.association import cramers_v
from hilum.audit.concern import Concern
from hilum.table import SliceTable

__all__ = ["judge_design"]

WEAK = 0.1
"""Cramér's V below which class and source are hardly associated (Cohen's small effect)."""

CONFOUNDED, PARTLY, CROSSED, SINGLE = "confounded", "partly", "crossed", "single"


def judge_design(table: SliceTable, *, positive: str = "") -> Concern:
    """Return the verdict on the table class x source.

    Levels: "confounded" (no source holds two classes, or none holds both the positive class and
    another), "partly" (not every source holds every class), "crossed" (every source does),
    "single" (one source, or one class).

    Args:
        table: the slices.
        positive: the class that the metrics set against all others; empty: none.
    """
    rows = table.rows
    slices = pd.crosstab(rows["label"], rows["source"])
    groups = rows.drop_duplicates(["label", "source", "group"])
    by_group = pd.crosstab(groups["label"], groups["source"]).reindex_like(slices)
    association = cramers_v(slices.to_numpy(dtype=float))
    apart = _apart(slices, positive)
    level = CONFOUNDED if apart and slices.shape[1] > 1 else _level(slices.to_numpy())
    numbers = {
        "labels": [str(label) for label in slices.index],
        "sources": [str(source) for source in slices.columns],
        "slices": slices.to_numpy().tolist(),
        "groups": by_group.to_numpy().tolist(),
        "cramers_v": round(association, 4),
    }
    sentence = _own_sources_sentence(slices, positive) if level == CONFOUNDED else ""
    return Concern("design", level, sentence or _sentence(level, slices, association), numbers)


def _apart(slices: pd.DataFrame, positive: str) -> bool:
    """Whether no source holds both the positive class and another."""
    if positive not in slices.index or len(slices) < 2:
        return False
    rest = (slices.drop(index=positive) > 0).any()
    return not ((slices.loc[positive] > 0) & rest).any()


def _own_sources_sentence(slices: pd.DataFrame, positive: str) -> str:
    """Return the sentence for a positive class with sources of its own; "" if every class has."""
    if ((slices > 0).sum() == 1).all():
        return ""
    held = (slices.loc[[positive]] > 0).to_numpy()[0]
    own, others = slices.columns[held], slices.columns[~held]
    return (
        f"{positive} comes from sources of its own ({', '.join(own)}; the other classes from "
        f"{', '.join(others)}): these data can't show whether metrics of {positive} against the "
        f"rest reflect disease or source."
    )


def _level(slices: npt.NDArray[np.int64]) -> str:
    """Return the level of a table of counts, labels x sources."""
    holds = slices > 0
    if 1 in holds.shape:
        return SINGLE
    if (holds.sum(axis=0) == 1).all():
        return CONFOUNDED
    return CROSSED if holds.all() else PARTLY


def _sentence(level: str, slices: pd.DataFrame, association: float) -> str:
    """Return the level in a sentence for a reader of the metrics."""
    if level == CONFOUNDED:
        pairs = "; ".join(
            f"{label} only from {', '.join(slices.columns[row > 0])}"
            for label, row in zip(slices.index, slices.to_numpy(), strict=True)
        )
        return (
            f"Each class comes from sources of its own ({pairs}): these data can't show whether a "
            f"network has learnt the disease or the source. Whatever differs between the sources "
            f"separates the classes, and a perfect score would prove nothing about disease."
        )
    if level == PARTLY:
        single = slices.columns[(slices > 0).sum(axis=0) == 1]
        if single.empty:
            lacks = "; ".join(
                f"{source} lacks {', '.join(slices.index[slices[source] == 0])}"
                for source in slices.columns[(slices == 0).any()]
            )
            return (
                f"Not every source holds every class ({lacks}; Cramér's V of class and source "
                f"{association:.2f}): part of every metric may reflect the source, not disease."
            )
        return (
            f"{len(single)} of {slices.shape[1]} sources hold one class only "
            f"({', '.join(single)}; Cramér's V of class and source {association:.2f}): part of "
            f"every metric may reflect the source, not disease. Look at the sources that hold "
            f"several classes."
        )
    if level == CROSSED:
        measured = f"(Cramér's V of class and source {association:.2f})"
        if association < WEAK:
            return (
                f"Every source holds every class {measured}: source and class are "
                "hardly associated."
            )
        return (
            f"Every source holds every class, but in different proportions {measured}: the "
            "source is still informative about the class."
        )
    if len(slices) == 1:
        return f"All slices are {slices.index[0]}: there is no other class to tell from it."
    return (
        "All slices come from one source: the source can't separate the classes, and nothing is "
        "known about performance on other sources."
    )
