"""Leaks: what is in two splits, or under two labels, or in two groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.audit.concern import Concern
from hilum.identity import MEANINGS, Identities, Link
from hilum.splits import find_leak

__all__ = ["CROSSED", "leaks_concern"]

Codes = npt.NDArray[np.int64]

CROSSED = ("split", "label", "source", "group")
"""What one picture should not be in twice."""
WHERE = {
    "splits": "in two splits",
    "labels": "under two labels",
    "groups": "in two groups",
    "sources": "in two sources",
}
COLUMN = {"splits": "split", "labels": "label", "groups": "group", "sources": "source"}
COPIES = ("file", "content")
"""Kinds of links between rows that are one file."""


def leaks_concern(identities: Identities, *, alike: Codes) -> Concern:
    """Return what a table holds twice, and what that crosses.

    Args:
        identities: what links the groups of a table of n slices.
        alike: (n,) a number that near-duplicates share, exact copies included.

    Returns:
        level `splits` (one group, picture or patient is in two splits), `labels` (one picture has
        two labels), `groups` (one picture or patient is in two groups, so that a split may put it
        on both sides), `sources` (collections share pictures, which are in one group: no leak) or
        `none`.
    """
    table = identities.table
    leak = find_leak(table, identities)
    numbers: dict[str, Any] = {
        "groups_in_several_splits": leak.groups,
        "share_of_test_slices": round(leak.share_of_test_slices, 6),
        "identities": {
            "splits": _counted_kinds(identities.crossing()),
            "labels": _counted_kinds(one for one in identities.conflicts if one.kind != "label"),
            "groups": _counted_kinds(identities.links),
            "sources": {},
        },
        "near_duplicates": _crossings(table.rows, alike),
    }
    content = {level: list(_sentences(level, numbers)) for level in WHERE}
    if leak.groups:
        content["splits"].insert(0, leak.sentence)
    level = next((name for name, sentences in content.items() if sentences), "none")
    sentences = [sentence for one in content.values() for sentence in one]
    if not sentences:
        sentences = ["No group, file, picture or patient is in two places."]
    return Concern("leaks", level, " ".join(sentences), numbers)


def _counted_kinds(links: Iterable[Link]) -> dict[str, int]:
    return dict(Counter(link.kind for link in links))


def _crossings(rows: pd.DataFrame, clusters: Codes) -> dict[str, Any]:
    """Return how many clusters of several slices there are, and what they cross."""
    numbers = pd.Series(clusters)
    several = numbers.map(numbers.value_counts()).to_numpy() > 1
    shown = rows[several].assign(cluster=clusters[several])
    crossed = {}
    for column in CROSSED:
        known = shown[shown[column] != ""]
        values = known.groupby("cluster")[column].nunique()
        crossing = values.index[values > 1]
        crossed[column] = {
            "clusters": len(crossing),
            "slices": int(known["cluster"].isin(crossing).sum()),
        }
    return {
        "clusters": int(shown["cluster"].nunique()),
        "slices": len(shown),
        "across": crossed,
    }


def _sentences(level: str, numbers: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is to be said at a level."""
    kinds = numbers["identities"][level]
    for kind, count in kinds.items():
        yield f"{MEANINGS[kind].capitalize()} {WHERE[level]}: {count}."
    crossing = numbers["near_duplicates"]["across"][COLUMN[level]]
    beyond = crossing["clusters"] - sum(kinds.get(kind, 0) for kind in COPIES)
    if beyond > 0:
        noun, are = ("set", "is") if beyond == 1 else ("sets", "are")
        yield (
            f"{beyond} {noun} of nearly equal pictures ({crossing['slices']} slices) {are} "
            f"{WHERE[level]}."
        )
