"""Deletion and insertion: does a network's output change soonest in the order of its map?

Petsiuk, Das and Saenko 2018 (RISE, arXiv 1806.07421, section 4.2): pixels are removed from a slice,
or put back into an emptied one, in the order of its map, most important first.
The area under the curve of the class's probability is small for deletion, and large for insertion,
where the map is right about what the network uses.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["GAMES", "ORDERS", "area", "blank", "perturbed", "ranks", "shares", "shifted"]

Grey = npt.NDArray[np.uint8]
Map = npt.NDArray[np.float32]
Ranks = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

GAMES = ("deletion", "insertion")
ORDERS = ("map", "moved", "another", "centre")
"""Order in which pixels are removed: that of the map; of the map shifted elsewhere, as coarse,
peaked and compact but in the wrong place; of another slice's map, which has what all maps share;
from the centre outwards. A random order of pixels or cells is no fair control: it makes holes all
over the slice, and those alone change the output sooner than one compact hole."""
BLUR = 0.05
"""Spread of the blur that insertion starts from, as a share of the slice's side: where the lungs
lie can still be seen, but nothing in them. RISE takes 5 pixels of 224, half of it, for photographs;
CT slices keep too much at that."""


def shares(steps: int) -> Floats:
    """Return the shares of pixels that are gone, (steps + 1,) from 0 to 1."""
    return np.linspace(0, 1, steps + 1)


def shifted(cells: Map, rng: np.random.Generator) -> Map:
    """Return a map (rows, columns) shifted at random, wrapping around at the edges."""
    rows, columns = cells.shape
    by = int(rng.integers(1, rows * columns)) if cells.size > 1 else 0
    return np.roll(cells, divmod(by, columns), axis=(0, 1))


def ranks(cam_map: Map, rng: np.random.Generator) -> Ranks:
    """Return the rank of each pixel: 0 where the map is largest; ties are broken at random."""
    lots = rng.random(cam_map.size)
    order = np.lexsort((lots, -cam_map.ravel()))
    turns = np.empty(cam_map.size, dtype=np.int64)
    turns[order] = np.arange(cam_map.size)
    return turns.reshape(cam_map.shape)


def blank(grey: Grey, game: str) -> Grey:
    """Return a slice (rows, columns) without content: its mean grey for deletion, for insertion
    the slice so blurred that no detail is left, see `BLUR`."""
    if game == "deletion":
        return np.full_like(grey, round(float(grey.mean())))
    spread = BLUR * max(grey.shape)
    blurred = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), spread)  # bytes keep some detail
    return np.asarray(np.rint(blurred), dtype=np.uint8)


def perturbed(grey: Grey, turns: Ranks, game: str, *, steps: int) -> Iterator[Grey]:
    """Yield a slice (rows, columns) at each of `shares`, pixels removed or put back by rank."""
    first, last = grey, blank(grey, game)
    if game == "insertion":
        first, last = last, grey
    for share in shares(steps):
        gone = turns < round(share * turns.size)
        yield np.where(gone, last, first).astype(np.uint8)


def area(curves: Floats) -> Floats:
    """Return the area under curves (..., steps + 1) over the share of pixels, by trapezoids."""
    inner = curves[..., 1:-1].sum(axis=-1) + (curves[..., 0] + curves[..., -1]) / 2
    return np.asarray(inner / (curves.shape[-1] - 1), dtype=np.float64)
