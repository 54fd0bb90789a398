"""Near-duplicates among slices: equal ones, then all pairs by hash, detail, sketch, alignment."""

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
from hilum.duplicates.union_find import Forest
from hilum.progress import SILENT, Progress

__all__ = ["SAME", "Duplicates", "find_alike"]

SAME = 0.85
"""Correlation of the detail from which two slices are one picture, or neighbours that are nearly
one. Copies (resized, cropped by up to 6 % a side, JPEG quality 30, brightened, arrows drawn in)
reach 0.91 to 1.00 when aligned; of 201,000 pairs of different patients and articles the highest is
0.68 aligned, and 0.70 of the coarse detail as it is, which therefore needs no aligning from SAME
on. Drawn phantoms share their outlines, and now and then two of them get here."""

WORTH = 0.5
"""Below this correlation of their sketches, the best of all overlays, a pair is not aligned."""

KEPT, TRIED = 8, 4
"""Of each slice, the most sure pairs that are listed, and the most pairs that are aligned."""

WORKERS = 2
"""Threads that align: OpenCV releases the interpreter's lock."""


@dataclass(frozen=True)
class Duplicates:
    """What was found among n slices.

    Attributes:
        pairs: columns first, second (int, places in the table, first < second), distance (int,
            bits of the hash), correlation (float): sorted by first, second. Of many pictures
            that are all alike not every pair is listed, but enough to hold their cluster
            together.
        clusters: (n,) int64, the smallest place of the cluster that each slice is in; a slice
            alone is its own.
        flat: (n,) bool, slices that show nothing, and were compared with none.
        crowded: slices with more others near by hash than were compared (candidates.MOST_NEAR).
    """

    pairs: pd.DataFrame
    clusters: npt.NDArray[np.int64]
    flat: npt.NDArray[np.bool_]
    crowded: int


@dataclass(frozen=True)
class _Link:
    """Two slices that may be one picture."""

    first: int
    second: int
    distance: int
    correlation: float


def find_alike(prints: Prints, *, progress: Progress = SILENT) -> Duplicates:
    """Return the near-duplicates among slices.

    Slices with equal pictures are one and the same to all that follows. Of the others all pairs
    are compared by hash; those near enough by their coarse detail; those that are not surely the
    same by their sketches, and the TRIED that fit best of each slice are aligned, unless they are
    in one cluster by then. Memory: a few hundred bytes a slice besides `prints`.

    A window so different that other structures are seen (lung against mediastinal), a mirror
    image, a quarter turn and a crop that cuts much of the chest are not found.
    """
    forest = Forest(len(prints))
    links = list(_equal(prints, forest))
    seen = np.ones(len(prints), dtype=bool)
    seen[[link.second for link in links]] = False
    doubtful: list[_Link] = []
    crowded = 0
    for near in near_slices(prints, np.flatnonzero(seen & ~prints.flat), progress):
        crowded += near.crowded
        links += _sure(near, forest)
        doubtful += _doubtful(near, prints, forest)
    links += _aligned(prints, doubtful, forest, progress)
    columns = ["first", "second", "distance", "correlation"]
    pairs = pd.DataFrame(
        [(a.first, a.second, a.distance, a.correlation) for a in links], columns=columns
    ).astype({"first": int, "second": int, "distance": int, "correlation": float})
    pairs = pairs.sort_values(["first", "second"], ignore_index=True)
    return Duplicates(pairs, forest.groups(), prints.flat, crowded)


def _equal(prints: Prints, forest: Forest) -> Iterator[_Link]:
    """Join slices of equal pictures, and yield a link from the first to each of the others."""
    first_of: dict[bytes, int] = {}
    for number in np.flatnonzero(~prints.flat).tolist():
        first = first_of.setdefault(prints.pictures[number].tobytes(), number)
        if first != number:
            forest.join([first, number])
            yield _Link(first, number, 0, 1.0)


def _sure(near: Near, forest: Forest) -> Iterator[_Link]:
    """Join a slice with those that are surely the same; yield the best KEPT links."""
    sure = np.flatnonzero(near.correlations >= SAME)
    if len(sure):
        forest.join([near.slice, *near.others[sure].tolist()])
        yield from _links(near, sure, near.correlations, KEPT)


def _doubtful(near: Near, prints: Prints, forest: Forest) -> Iterator[_Link]:
    """Yield the TRIED links of a slice that fit best where only an alignment can decide."""
    apart = forest.roots(near.others) != forest.roots(near.slice)
    doubt = np.flatnonzero(apart & (near.correlations < SAME))
    if len(doubt):
        fit = np.full(len(near.others), -1.0, dtype=np.float32)
        fit[doubt] = best_overlay(prints.sketches[near.slice], prints.sketches[near.others[doubt]])
        yield from _links(near, np.flatnonzero(fit >= WORTH), fit, TRIED)


def _links(
    near: Near, places: npt.NDArray[np.int64], by: npt.NDArray[np.float32], most: int
) -> Iterator[_Link]:
    """Yield the `most` links with the highest `by` among `places`."""
    best = places[np.argsort(-by[places], kind="stable")[:most]]
    for place in best.tolist():
        other, distance = int(near.others[place]), int(near.distances[place])
        yield _Link(near.slice, other, distance, float(near.correlations[place]))


def _aligned(
    prints: Prints, doubtful: list[_Link], forest: Forest, progress: Progress
) -> Iterator[_Link]:
    """Align doubtful pairs of different clusters; join and yield those that are the same."""
    ends = np.array([(link.first, link.second) for link in doubtful], dtype=np.int64).reshape(-1, 2)
    apart = forest.roots(ends[:, 0]) != forest.roots(ends[:, 1])
    todo = [doubtful[place] for place in np.flatnonzero(apart)]

    def look(link: _Link) -> float:
        return aligned_correlation(prints.pictures[link.first], prints.pictures[link.second])

    with ThreadPoolExecutor(WORKERS) as pool:
        for start in range(0, len(todo), 1024):
            part = todo[start : start + 1024]
            for link, found in zip(part, pool.map(look, part), strict=True):
                if found >= SAME:
                    forest.join([link.first, link.second])
                    yield _Link(link.first, link.second, link.distance, found)
            progress.advance("aligning slices", start + len(part), len(todo))
