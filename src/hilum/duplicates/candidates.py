"""Which slices are worth a closer look: hashes compared over all pairs, then coarse detail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hilum.duplicates.fingerprint import VIEWS
from hilum.duplicates.reading import Prints
from hilum.progress import Progress

__all__ = ["RADIUS", "Near", "near_slices"]

RADIUS = 20
"""Bits in which near-duplicates may differ: copies that lost up to 6 % on each side differ in no
more, nor do 97 of 100 that lost up to 8 %, and 81 of 100 that lost up to 12 %. Of pairs of
different patients 17 of 100 are as near: the hash keeps the many others away from dear work."""

MOST_NEAR = 256
"""Later slices that one slice is compared with, the nearest by hash: a thousand pictures that are
all alike must not become a million comparisons, and their chain holds together all the same. Of
100,000 slices of one kind of scan most have more than that within RADIUS; copies are the nearest as
a rule (0 to 6 bits), those that were cropped by 4 % a side and more may then be missed."""

MOST_PAIRS = 4_000_000
"""Where slices are few, more than MOST_NEAR are compared, as long as all that makes no more pairs:
half a minute. Up to 2,000 slices every pair within RADIUS is."""

_POPCOUNT = getattr(np, "bitwise_count", None)  # numpy 2
_BYTES = np.array([number.bit_count() for number in range(256)], dtype=np.uint8)


class Near(NamedTuple):
    """What lies near one slice: later slices, bits that differ, correlation of coarse detail."""

    slice: int
    others: npt.NDArray[np.int64]
    distances: npt.NDArray[np.uint8]
    correlations: npt.NDArray[np.float32]
    crowded: bool


def near_slices(prints: Prints, among: npt.NDArray[np.int64], progress: Progress) -> Iterator[Near]:
    """Yield, for each slice of `among`, the later ones within RADIUS; those without are left out.

    Every pair is compared, view by view, and the nearer view counts: none within RADIUS is
    missed, but see MOST_NEAR: `crowded` says where more were near.
    """
    most = max(MOST_NEAR, MOST_PAIRS // max(1, len(among)))
    views = [np.ascontiguousarray(prints.hashes[among, view]) for view in range(VIEWS)]
    for place, number in enumerate(among):
        if place % 1024 == 0:
            progress.advance("comparing slices", place, len(among))
        distances = _bits(views[0][place + 1 :] ^ views[0][place])
        for hashes in views[1:]:
            np.minimum(distances, _bits(hashes[place + 1 :] ^ hashes[place]), out=distances)
        near = np.flatnonzero(distances <= RADIUS)
        crowded = len(near) > most
        if crowded:
            near = near[np.argsort(distances[near], kind="stable")[:most]]
        if len(near):
            others = among[place + 1 + near]
            likeness = _likeness(prints, int(number), others)
            yield Near(int(number), others, distances[near], likeness, crowded)
    progress.advance("comparing slices", len(among), len(among))


def _bits(words: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint8]:
    """Return how many bits of each word are set."""
    if _POPCOUNT is not None:
        return np.asarray(_POPCOUNT(words), dtype=np.uint8)
    of_bytes = _BYTES[words.view(np.uint8)].reshape(-1, 8)
    return np.asarray(of_bytes.sum(axis=1, dtype=np.uint8))


def _likeness(
    prints: Prints, number: int, others: npt.NDArray[np.int64]
) -> npt.NDArray[np.float32]:
    """Return Pearson's correlation of the coarse detail of one slice with others: the best view."""
    best = np.full(len(others), -1.0, dtype=np.float32)
    for view in range(VIEWS):
        one = prints.details[number, view].ravel().astype(np.float32)
        many = prints.details[others, view].reshape(len(others), -1).astype(np.float32)
        sums = many @ np.ones_like(one)
        products = many @ one - sums * one.mean()
        spreads = np.einsum("ij,ij->i", many, many) - sums * sums / one.size
        sizes = np.sqrt(np.maximum(spreads, 0) * one.var() * one.size)
        np.maximum(best, products / np.maximum(sizes, 1e-6), out=best)
    return best
