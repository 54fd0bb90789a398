"""Attributes: which column of the table or fact of the file tells the label, and is it seen?

After G-AUDIT (arXiv 2503.09969): an attribute can become a shortcut where it says something of the
label (utility) and the pictures show it (detectability). Both are normalised mutual information
less what chance gives, 0 to 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.audit.concern import Concern
from hilum.scores.paired import holm

__all__ = [
    "PERMUTATIONS",
    "SEEN",
    "TELLS",
    "Attribute",
    "Utility",
    "attributes_concern",
    "information",
    "permuted_labels",
    "utilities",
]

Codes = npt.NDArray[np.int64]
Names = npt.NDArray[np.object_]

PERMUTATIONS = 999
"""Labels dealt to other groups so often: the least p is 0.001."""
SEED = 0
ALPHA = 0.05
TELLS = 0.1
"""Utility from which an attribute counts: a tenth of what there is to know of the label."""
SEEN = 0.1
"""Detectability from which the pictures are said to show an attribute."""
BINS = 8
"""A number is divided into this many bins of equal size."""
RARE = 5
"""Values of fewer slices are taken together."""
MOST_VALUES = 20
"""Of a text with more values the most frequent are told apart."""
OTHER = "other"


@dataclass(frozen=True)
class Attribute:
    """One attribute of n slices.

    Attributes:
        name: such as `jpeg_quality`, or the column's.
        kind: what it is a fact of: "window", "crop", "noise", "compression", "column", ...
        values: (n,) text or float64; empty text and NaN: not known.
    """

    name: str
    kind: str
    values: npt.NDArray[Any]

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers."""
        return bool(np.issubdtype(self.values.dtype, np.number))

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """(n,) bool, where its value is known."""
        known = ~np.isnan(self.values) if self.is_number else self.values != ""
        return np.asarray(known, dtype=bool)

    def codes(self) -> Codes:
        """Return (n,) the number of the bin or value of each slice, -1 where it is not known."""
        codes = np.full(len(self.values), -1, dtype=np.int64)
        known = self.known
        if self.is_number:
            codes[known] = _bins(self.values[known].astype(np.float64))
        else:
            codes[known] = _values(self.values[known])
        return codes


@dataclass(frozen=True)
class Utility:
    """How far an attribute tells the label.

    Attributes:
        value: 0 nothing beyond chance, 1 all.
        p: share of permutations that tell as much; p_holm: corrected for all attributes asked.
        slices, groups: with a known value.
    """

    value: float
    p: float
    p_holm: float
    slices: int
    groups: int


def information(codes: Codes, labels: Codes) -> float:
    """Return the mutual information of two codes over the entropy of `labels`, 0 to 1.

    Args:
        codes, labels: (n,) numbers from 0.
    """
    classes = int(labels.max()) + 1
    joint = np.bincount(codes * classes + labels, minlength=(int(codes.max()) + 1) * classes)
    table = joint.reshape(-1, classes) / len(labels)
    of_label = _entropy(table.sum(axis=0))
    both = of_label + _entropy(table.sum(axis=1)) - _entropy(table.ravel())
    return float(max(0.0, both) / of_label) if of_label > 0 else 0.0


def permuted_labels(labels: Codes, groups: Codes, rng: np.random.Generator) -> Codes:
    """Return labels that are dealt to other groups: what goes with a group is then chance.

    Each group gets the labels of another one, in the shares that they have there and in any order.

    Args:
        labels, groups: (n,) numbers from 0, all of which occur.
        rng: what chance follows from.
    """
    order = np.lexsort((rng.random(len(labels)), groups))
    counts = np.bincount(groups)
    starts = np.r_[0, np.cumsum(counts)[:-1]]
    donor = rng.permutation(len(counts))
    owner = groups[order]
    rank = np.arange(len(labels)) - starts[owner]
    given = donor[owner]
    share = (rank + rng.random(len(counts))[owner]) / counts[owner]
    index = starts[given] + np.minimum((share * counts[given]).astype(np.int64), counts[given] - 1)
    dealt = np.empty_like(labels)
    dealt[order] = labels[order][index]
    return dealt


def utilities(
    attributes: Sequence[Attribute],
    labels: Names,
    groups: Names,
    *,
    permutations: int = PERMUTATIONS,
) -> dict[str, Utility]:
    """Return the utility of each attribute that can be judged.

    Left out are those with one value, and those that are known of one class only: a network sees
    no empty cell.

    Args:
        attributes: of n slices.
        labels, groups: (n,) of each slice.
        permutations: number of random permutations of the labels.
    """
    together: dict[bytes, list[Attribute]] = {}
    for attribute in attributes:
        known = attribute.known
        if len(set(attribute.codes()[known].tolist())) > 1 and len(set(labels[known])) > 1:
            together.setdefault(known.tobytes(), []).append(attribute)
    judged: dict[str, Utility] = {}
    for alike in together.values():
        judged |= _tested(alike, labels, groups, permutations)
    order = [one.name for one in attributes if one.name in judged]
    return _holm({name: judged[name] for name in order})


def _tested(
    alike: Sequence[Attribute], labels: Names, groups: Names, permutations: int
) -> dict[str, Utility]:
    """Return the utilities of attributes that are known of the same slices, p not corrected yet."""
    known = alike[0].known
    own = pd.factorize(labels[known])[0].astype(np.int64)
    of_group = pd.factorize(groups[known])[0].astype(np.int64)
    codes = [one.codes()[known] for one in alike]
    rng = np.random.default_rng(SEED)
    chance = np.empty((permutations, len(alike)))
    for deal in range(permutations):
        dealt = permuted_labels(own, of_group, rng)
        chance[deal] = [information(one, dealt) for one in codes]
    found, expected = np.array([information(one, own) for one in codes]), chance.mean(axis=0)
    values = np.clip((found - expected) / np.maximum(1e-9, 1 - expected), 0, 1)
    p = (1 + (chance >= found - 1e-12).sum(axis=0)) / (1 + permutations)
    count = len(set(of_group.tolist()))
    return {
        one.name: Utility(float(value), float(least), float(least), len(own), count)
        for one, value, least in zip(alike, values, p, strict=True)
    }


def _holm(judged: dict[str, Utility]) -> dict[str, Utility]:
    """Return the utilities with p corrected by Holm's method."""
    if not judged:
        return {}
    corrected = holm([one.p for one in judged.values()])
    return {
        name: Utility(one.value, one.p, p, one.slices, one.groups)
        for (name, one), p in zip(judged.items(), corrected, strict=True)
    }


def attributes_concern(rows: Sequence[dict[str, Any]]) -> Concern:
    """Return which attributes tell the label.

    Args:
        rows: one an attribute, ranked: `name`, `kind`, `utility`, `p_holm`, `detectability` and
            `detectability_within_classes` (or None), `tells` (bool), `by_class` (class -> text).

    Returns:
        level `seen` (one tells the label and the pictures show it), `unseen` (one tells the
        label, and the pictures are not known to show it), `none`, or `undefined`.
    """
    if not rows:
        sentence = "No attribute could be judged: each has one value, or is known of one class."
        return Concern("attributes", "undefined", sentence, {"ranked": []})
    telling = [row for row in rows if row["tells"]]
    numbers = {"ranked": list(rows), "tells": [row["name"] for row in telling]}
    if not telling:
        sentence = f"None of {len(rows)} attributes tells the label beyond chance."
        return Concern("attributes", "none", sentence, numbers)
    seen = [row for row in telling if _seen(row) >= SEEN]
    first = telling[0]
    kinds = list(dict.fromkeys(row["kind"] for row in telling))
    shown = "; ".join(f"{name} {value}" for name, value in first["by_class"].items())
    more = f" {len(telling)} of {len(rows)} attributes do; " if len(telling) > 1 else " "
    also = f"they are about {', '.join(kinds)}." if len(telling) > 1 else ""
    sentence = (
        f"{first['name']} ({first['kind']}) tells the label: utility {first['utility']:.2f} "
        f"({shown}).{more}{also}"
    ).rstrip()
    if not seen:
        return Concern(
            "attributes", "unseen",
            f"{sentence} The features don't show it: a network that sees grey levels only may not "
            "learn it; what reads the files can.", numbers,
        )  # fmt: skip
    apart = seen[0]["detectability_within_classes"] is not None
    caution = "" if apart else ", which may be by way of the label, for it varies in no class"
    return Concern(
        "attributes", "seen",
        f"{sentence} {seen[0]['name']} is seen in the pictures (detectability "
        f"{_seen(seen[0]):.2f}{caution}): a network can learn it in place of disease.", numbers,
    )  # fmt: skip


def _seen(row: dict[str, Any]) -> float:
    """Return the detectability within classes; over all where the attribute varies in none."""
    within = row["detectability_within_classes"]
    return float((row["detectability"] if within is None else within) or 0.0)


def _entropy(shares: npt.NDArray[np.float64]) -> float:
    """Return the entropy of shares that sum to 1, in nats."""
    there = shares[shares > 0]
    return float(-(there * np.log(there)).sum())


def _bins(values: npt.NDArray[np.float64]) -> Codes:
    """Return the part of equal size that each number is in; few distinct ones stay as they are."""
    distinct = np.unique(values)
    if len(distinct) <= BINS:
        return np.searchsorted(distinct, values).astype(np.int64)
    edges = np.unique(np.quantile(values, np.arange(1, BINS) / BINS))
    return np.searchsorted(edges, values, side="right").astype(np.int64)


def _values(values: npt.NDArray[Any]) -> Codes:
    """Return the number of each text, the most frequent first; rare ones share one."""
    texts = pd.Series(values.astype(str))
    counts = texts.value_counts()
    frequent = counts.index[(counts >= RARE).to_numpy()][:MOST_VALUES]
    codes = pd.Index(frequent).get_indexer(pd.Index(texts))
    return np.where(codes < 0, len(frequent), codes).astype(np.int64)
