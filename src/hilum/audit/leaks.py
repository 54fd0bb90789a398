"""Leaks: what stands on two sides of a split, or under two labels, sources or names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.audit.concern import Concern
from hilum.splits import find_leak
from hilum.table import SliceTable

__all__ = ["CROSSED", "PATIENT_COLUMNS", "leaks_concern", "plain_name"]

Codes = npt.NDArray[np.int64]

CROSSED = ("split", "label", "source", "group")
"""What one picture should not be in twice."""
PATIENT_COLUMNS = (
    "patient_id", "study_instance_uid", "series_instance_uid", "sop_instance_uid",
)  # fmt: skip
"""Columns of which one value belongs to one patient."""
_BETWEEN = re.compile(r"[\W_]+")
_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")


def plain_name(text: str) -> str:
    """Return a name without case, punctuation and leading zeros: `P-007` and `p7` are one."""
    return _ZEROS.sub("", _BETWEEN.sub("", text.casefold()))


def leaks_concern(table: SliceTable, *, copies: Codes, alike: Codes) -> Concern:
    """Return what the table holds twice, and what that crosses.

    Args:
        table: n slices.
        copies: (n,) a number that slices of equal files share.
        alike: (n,) a number that near-duplicates share, exact copies included.

    Returns:
        level `splits` (one group, picture or patient is in two splits), `labels` (one picture has
        two labels), `groups` (one picture or patient is in two groups, so that a split may part
        it) or `none`.
    """
    leak = find_leak(table)
    numbers: dict[str, Any] = {
        "groups_in_several_splits": leak.groups,
        "share_of_test_slices": round(leak.share_of_test_slices, 6),
        "copies": _crossings(table.rows, copies),
        "near_duplicates": _crossings(table.rows, alike),
        "patients_under_several_groups": _patients(table.rows),
        "alike_names": _alike_names(table.rows),
    }
    found = {level: list(_sentences(level, numbers)) for level in ("splits", "labels", "groups")}
    if leak.groups:
        found["splits"].insert(0, leak.sentence)
    level = next((name for name, sentences in found.items() if sentences), "none")
    sentences = [sentence for told in found.values() for sentence in told]
    if not sentences:
        sentences = ["No group, file, picture or patient is in two places."]
    return Concern("leaks", level, " ".join(sentences), numbers)


def _crossings(rows: pd.DataFrame, clusters: Codes) -> dict[str, Any]:
    """Return how many clusters of several slices there are, and what they cross."""
    sizes = pd.Series(clusters).map(pd.Series(clusters).value_counts()).to_numpy()
    several = rows[sizes > 1].assign(cluster=clusters[sizes > 1])
    crossed = {}
    for column in CROSSED:
        known = several[several[column] != ""]
        values = known.groupby("cluster")[column].nunique()
        crossing = values.index[values > 1]
        crossed[column] = {
            "clusters": len(crossing),
            "slices": int(known["cluster"].isin(crossing).sum()),
        }
    return {
        "clusters": int(several["cluster"].nunique()),
        "slices": len(several),
        "across": crossed,
    }


def _patients(rows: pd.DataFrame) -> dict[str, int]:
    """Return column -> values of it that several groups share."""
    found = {}
    for column in PATIENT_COLUMNS:
        if column in rows.columns:
            known = rows[rows[column] != ""]
            groups = known.groupby(known[column].map(plain_name))["group"].nunique()
            found[column] = int((groups > 1).sum())
    return found


def _alike_names(rows: pd.DataFrame) -> int:
    """Return how many groups have a name that is another's but for case, punctuation and zeros."""
    groups = pd.Series(rows["group"].unique())
    return int(groups.map(plain_name).duplicated(keep=False).sum())


def _sentences(level: str, numbers: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is to be said at a level."""
    column = {"splits": "split", "labels": "label", "groups": "group"}[level]
    where = {"split": "in two splits", "label": "under two labels", "group": "in two groups"}[
        column
    ]
    for name, words in (("copies", "equal files"), ("near_duplicates", "nearly equal pictures")):
        crossing = numbers[name]["across"][column]
        exact = numbers["copies"]["across"][column]["clusters"] if name != "copies" else 0
        if crossing["clusters"] > exact:
            yield (
                f"{_counted(crossing['clusters'], 'set')} of {words} "
                f"({crossing['slices']} slices) {_are(crossing['clusters'])} {where}."
            )
    if level == "groups":
        for column, count in numbers["patients_under_several_groups"].items():
            if count:
                yield f"{_counted(count, 'value')} of {column} {_are(count)} in several groups."
        if numbers["alike_names"]:
            yield (
                f"{numbers['alike_names']} groups have names that differ in case, punctuation or "
                "leading zeros only: perhaps one patient under two names."
            )


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
