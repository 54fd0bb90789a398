"""Candidate pairs of near-duplicates: hashes compared over all pairs, then coarse detail."""

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
"""Largest Hamming distance of candidates. All copies cropped by up to 6 % on each side are within
it, and so are 97 of 100 cropped by up to 8 % and 81 of 100 cropped by up to 12 %. Of pairs of
different patients 17 of 100 are: the hash saves the other pairs the expensive comparison."""

MOST_NEAR = 256
"""Number of later slices, nearest by hash, that each slice is compared with: a thousand similar
pictures must not cause a million comparisons, and the chain of links still keeps them in one
cluster. In 100,000 slices of one kind of scan most slices have more than that within RADIUS. Copies
are usually the nearest (0 to 6 bits); those cropped by 4 % a side or more may then be missed."""

MOST_PAIRS = 4_000_000
"""With few slices, more than MOST_NEAR are compared, up to this total number of pairs (half a
minute). Up to 2,000 slices, every pair within RADIUS is compared."""

_POPCOUNT = getattr(np, "bitwise_count", None)  # numpy 2
_BYTES = np.array([number.bit_count() for number in range(256)], dtype=np.uint8)


class Near(NamedTuple):
    """Candidates for one slice: later slices, Hamming distances, correlation of coarse detail."""

    slice: int
    others: npt.NDArray[np.int64]
    distances: npt.NDArray[np.uint8]
    correlations: npt.NDArray[np.float32]
    crowded: bool


def near_slices(
    prints: Prints, among: npt.NDArray[np.int64], progress: Progress, *, first: int | None = None
) -> Iterator[Near]:
    """Yield the later slices within RADIUS of each slice of `among`, if there are any.

    Every pair is compared in each view, and the smaller distance counts. No pair within RADIUS is
    missed unless a slice has more than MOST_NEAR of them, which sets `crowded`.

    Args:
        prints: of all slices.
        among: (m,) row numbers, ascending.
        progress: receives the number of slices compared.
        first: where given, slices before this row number are compared with those from it on, and
            no others.
    """
    border = 0 if first is None else int(np.searchsorted(among, first))
    count = len(among) if first is None else border
    most = max(MOST_NEAR, MOST_PAIRS // max(1, count))
    views = [np.ascontiguousarray(prints.hashes[among, view]) for view in range(VIEWS)]
    for index, number in enumerate(among[:count]):
        if index % 1024 == 0:
            progress.advance("comparing slices", index, count)
        start = max(index + 1, border)
        distances = _bits(views[0][start:] ^ views[0][index])
        for hashes in views[1:]:
            np.minimum(distances, _bits(hashes[start:] ^ hashes[index]), out=distances)
        near = np.flatnonzero(distances <= RADIUS)
        crowded = len(near) > most
        if crowded:
            near = near[np.argsort(distances[near], kind="stable")[:most]]
        if len(near):
            others = among[start + near]
            correlations = _correlations(prints, int(number), others)
            yield Near(int(number), others, distances[near], correlations, crowded)
    progress.advance("comparing slices", count, count)


def _bits(words: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint8]:
    """Return the number of set bits of each word."""
    if _POPCOUNT is not None:
        return np.asarray(_POPCOUNT(words), dtype=np.uint8)
    bits_of_bytes = _BYTES[words.view(np.uint8)].reshape(-1, 8)
    return np.asarray(bits_of_bytes.sum(axis=1, dtype=np.uint8))


def _correlations(
    prints: Prints, number: int, others: npt.NDArray[np.int64]
) -> npt.NDArray[np.float32]:
    """Return Pearson's correlation of the coarse detail of one slice with others, the best view."""
    best = np.full(len(others), -1.0, dtype=np.float32)
    for view in range(VIEWS):
        detail = prints.details[number, view].ravel().astype(np.float32)
        details = prints.details[others, view].reshape(len(others), -1).astype(np.float32)
        sums = details @ np.ones_like(detail)
        products = details @ detail - sums * detail.mean()
        spreads = np.einsum("ij,ij->i", details, details) - sums * sums / detail.size
        sizes = np.sqrt(np.maximum(spreads, 0) * detail.var() * detail.size)
        np.maximum(best, products / np.maximum(sizes, 1e-6), out=best)
    return best
