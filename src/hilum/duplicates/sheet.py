"""A contact sheet of pairs: both pictures side by side, numbered, to be looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from hilum.readers import Window, read_slice

__all__ = ["MOST_SHOWN", "draw_pairs"]

Grey = npt.NDArray[np.uint8]

MOST_SHOWN = 60
"""Pairs on a sheet: more than anybody looks at, and a picture that every viewer opens."""

TILE, GAP, ACROSS = 200, 6, 4
"""Pixels of a slice's longer side and between slices; pairs in a row."""

PAPER, INK = 255, 0


def draw_pairs(
    pairs: Sequence[tuple[Path, Path]], windows: Sequence[tuple[Window, Window]]
) -> Grey:
    """Return a sheet (rows, columns) uint8 of at most MOST_SHOWN pairs, numbered from 1.

    Args:
        pairs: the files of both slices of each pair.
        windows: how each is shown where it is in Hounsfield units.

    Raises:
        ReadError: a slice can't be read; the message names the file.
    """
    tiles = list(_tiles(pairs[:MOST_SHOWN], windows))
    blank = np.full((TILE + 4 * GAP, 2 * TILE + 3 * GAP), PAPER, dtype=np.uint8)
    tiles += [blank] * (-len(tiles) % ACROSS or (0 if tiles else ACROSS))
    starts = range(0, len(tiles), ACROSS)
    return np.vstack([np.hstack(tiles[start : start + ACROSS]) for start in starts])


def _tiles(
    pairs: Sequence[tuple[Path, Path]], windows: Sequence[tuple[Window, Window]]
) -> Iterator[Grey]:
    """Yield each pair as one picture, its number above it."""
    for number, (files, shown) in enumerate(zip(pairs, windows, strict=False), start=1):
        tile = np.full((TILE + 4 * GAP, 2 * TILE + 3 * GAP), PAPER, dtype=np.uint8)
        cv2.putText(tile, str(number), (GAP, 3 * GAP), cv2.FONT_HERSHEY_SIMPLEX, 0.5, INK, 1)
        for place, (file, window) in enumerate(zip(files, shown, strict=True)):
            grey = _fitted(read_slice(file, window=window).grey)
            left = GAP + place * (TILE + GAP)
            tile[4 * GAP : 4 * GAP + grey.shape[0], left : left + grey.shape[1]] = grey
        yield tile


def _fitted(grey: Grey) -> Grey:
    """Return a slice with TILE pixels on its longer side, the aspect ratio kept."""
    scale = TILE / max(grey.shape)
    rows, columns = (max(1, round(side * scale)) for side in grey.shape)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(grey, (columns, rows), interpolation=how), dtype=np.uint8)
