"""Near-duplicate search: equal pictures first, then pairs by hash, detail, sketch and alignment."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.duplicates.alignment import aligned_correlation
from hilum.duplicates.candidates import Near, near_slices
from hilum.duplicates.reading import Prints
from hilum.duplicates.sketch import best_overlay
from hilum.duplicates.union_find import UnionFind
from hilum.progress import SILENT, Progress

__all__ = ["SAME", "Duplicates", "find_alike"]

SAME = 0.85
"""Correlation of detail at and above which two slices count as copies, or as neighbours that are
nearly identical. Copies (resized, cropped by up to 6 % a side, JPEG quality 30, brightened, with
arrows drawn in) reach 0.91 to 1.00 when aligned. Of 201,000 pairs of different patients and
articles the highest is 0.68 aligned, and 0.70 for unaligned coarse detail; pairs whose coarse
detail reaches SAME therefore need no alignment. Phantoms share their outlines, and a few pairs of
them reach SAME."""

WORTH = 0.5
"""Minimum correlation of two sketches, over all overlays, for a pair to be aligned."""

KEPT, TRIED = 8, 4
"""Maximum number per slice of certain pairs that are listed, and of pairs that are aligned."""

WORKERS = 2
"""Alignment threads; OpenCV releases the interpreter lock."""


@dataclass(frozen=True)
class Duplicates:
    """Near-duplicates among n slices.

    Attributes:
        pairs: columns first, second (int, row numbers, first < second), distance (int, Hamming
            distance of the hashes), correlation (float), sorted by first, second. In a large
            cluster not every pair is listed, but enough to connect all of its slices.
        clusters: (n,) int64, the smallest row number of the cluster of each slice; a single slice
            has its own.
        flat: (n,) bool, slices without detail, which were not compared.
        crowded: number of slices with more candidates than were compared (candidates.MOST_NEAR).
    """

    pairs: pd.DataFrame
    clusters: npt.NDArray[np.int64]
    flat: npt.NDArray[np.bool_]
    crowded: int


@dataclass(frozen=True)
class _Link:
    """Two slices that may be copies."""

    first: int
    second: int
    distance: int
    correlation: float


def find_alike(
    prints: Prints, *, first: int | None = None, progress: Progress = SILENT
) -> Duplicates:
    """Return the near-duplicates among slices; with `first`, those between two sets of them.

    Slices with equal pictures are clustered first and represented by one of them. All other pairs
    are compared by hash, and the candidates among them by coarse detail. Pairs that this leaves
    uncertain are compared by their sketches, and the best TRIED of each slice are aligned, unless
    they already share a cluster. Memory: a few hundred bytes a slice besides `prints`.

    Not found: windows so different that other structures are visible (lung against mediastinal),
    mirror images, quarter turns, and crops that remove much of the chest.

    Args:
        prints: of n slices.
        first: where given, the first so many slices are compared with the others alone, and not
            among themselves, nor the others; but equal pictures are found everywhere.
        progress: receives the number of slices compared.
    """
    clusters = UnionFind(len(prints))
    links = list(_equal(prints, clusters))
    representative = np.ones(len(prints), dtype=bool)
    representative[[link.second for link in links]] = False
    uncertain: list[_Link] = []
    crowded = 0
    compared = np.flatnonzero(representative & ~prints.flat)
    for near in near_slices(prints, compared, progress, first=first):
        crowded += near.crowded
        links += _certain(near, clusters)
        uncertain += _uncertain(near, prints, clusters)
    links += _aligned(prints, uncertain, clusters, progress)
    columns = ["first", "second", "distance", "correlation"]
    pairs = pd.DataFrame(
        [(a.first, a.second, a.distance, a.correlation) for a in links], columns=columns
    ).astype({"first": int, "second": int, "distance": int, "correlation": float})
    pairs = pairs.sort_values(["first", "second"], ignore_index=True)
    return Duplicates(pairs, clusters.groups(), prints.flat, crowded)


def _equal(prints: Prints, clusters: UnionFind) -> Iterator[_Link]:
    """Join slices with equal pictures; yield a link from the first to each of the others."""
    first_of: dict[bytes, int] = {}
    for number in np.flatnonzero(~prints.flat).tolist():
        first = first_of.setdefault(prints.pictures[number].tobytes(), number)
        if first != number:
            clusters.join([first, number])
            yield _Link(first, number, 0, 1.0)


def _certain(near: Near, clusters: UnionFind) -> Iterator[_Link]:
    """Join a slice with its certain copies; yield the best KEPT links."""
    certain = np.flatnonzero(near.correlations >= SAME)
    if len(certain):
        clusters.join([near.slice, *near.others[certain].tolist()])
        yield from _links(near, certain, near.correlations, KEPT)


def _uncertain(near: Near, prints: Prints, clusters: UnionFind) -> Iterator[_Link]:
    """Yield the best TRIED links of a slice that only an alignment can decide."""
    apart = clusters.roots(near.others) != clusters.roots(near.slice)
    open_pairs = np.flatnonzero(apart & (near.correlations < SAME))
    if len(open_pairs):
        fit = np.full(len(near.others), -1.0, dtype=np.float32)
        fit[open_pairs] = best_overlay(
            prints.sketches[near.slice], prints.sketches[near.others[open_pairs]]
        )
        yield from _links(near, np.flatnonzero(fit >= WORTH), fit, TRIED)


def _links(
    near: Near, indices: npt.NDArray[np.int64], score: npt.NDArray[np.float32], most: int
) -> Iterator[_Link]:
    """Yield the `most` links with the highest `score` among `indices`."""
    best = indices[np.argsort(-score[indices], kind="stable")[:most]]
    for index in best.tolist():
        other, distance = int(near.others[index]), int(near.distances[index])
        yield _Link(near.slice, other, distance, float(near.correlations[index]))


def _aligned(
    prints: Prints, uncertain: list[_Link], clusters: UnionFind, progress: Progress
) -> Iterator[_Link]:
    """Align uncertain pairs of different clusters; join and yield the copies."""
    ends = np.array([(link.first, link.second) for link in uncertain], dtype=np.int64).reshape(
        -1, 2
    )
    apart = clusters.roots(ends[:, 0]) != clusters.roots(ends[:, 1])
    todo = [uncertain[index] for index in np.flatnonzero(apart)]

    def align(link: _Link) -> float:
        return aligned_correlation(prints.pictures[link.first], prints.pictures[link.second])

    with ThreadPoolExecutor(WORKERS) as pool:
        for start in range(0, len(todo), 1024):
            chunk = todo[start : start + 1024]
            for link, correlation in zip(chunk, pool.map(align, chunk), strict=True):
                if correlation >= SAME:
                    clusters.join([link.first, link.second])
                    yield _Link(link.first, link.second, link.distance, correlation)
            progress.advance("aligning slices", start + len(chunk), len(todo))
