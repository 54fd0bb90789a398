"""Contact sheet of near-duplicate pairs: both pictures side by side, numbered."""

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
"""Maximum number of pairs on a sheet, so that every viewer can open the picture."""

TILE, GAP, ACROSS = 200, 6, 4
"""Pixels of a slice's longer side, pixels between slices, and pairs per row."""

PAPER, INK = 255, 0


def draw_pairs(
    pairs: Sequence[tuple[Path, Path]],
    windows: Sequence[tuple[Window, Window]],
    frames: Sequence[tuple[int | None, int | None]],
) -> Grey:
    """Return a sheet (rows, columns) uint8 of at most MOST_SHOWN pairs, numbered from 1.

    Args:
        pairs: the files of both slices of each pair.
        windows: the window of both slices of each pair, used for those in Hounsfield units.
        frames: the frame of both slices in multi-frame files, None for others.

    Raises:
        ReadError: a slice can't be read; the message names the file.
    """
    tiles = list(_tiles(pairs[:MOST_SHOWN], windows, frames))
    blank = np.full((TILE + 4 * GAP, 2 * TILE + 3 * GAP), PAPER, dtype=np.uint8)
    tiles += [blank] * (-len(tiles) % ACROSS or (0 if tiles else ACROSS))
    starts = range(0, len(tiles), ACROSS)
    return np.vstack([np.hstack(tiles[start : start + ACROSS]) for start in starts])


def _tiles(
    pairs: Sequence[tuple[Path, Path]],
    windows: Sequence[tuple[Window, Window]],
    frames: Sequence[tuple[int | None, int | None]],
) -> Iterator[Grey]:
    """Yield each pair as one picture with its number above."""
    for number, (files, *shown) in enumerate(zip(pairs, windows, frames, strict=False), start=1):
        tile = np.full((TILE + 4 * GAP, 2 * TILE + 3 * GAP), PAPER, dtype=np.uint8)
        cv2.putText(tile, str(number), (GAP, 3 * GAP), cv2.FONT_HERSHEY_SIMPLEX, 0.5, INK, 1)
        for position, (file, window, frame) in enumerate(zip(files, *shown, strict=True)):
            grey = _fitted(read_slice(file, window=window, frame=frame).grey)
            left = GAP + position * (TILE + GAP)
            tile[4 * GAP : 4 * GAP + grey.shape[0], left : left + grey.shape[1]] = grey
        yield tile


def _fitted(grey: Grey) -> Grey:
    """Return a slice resized to TILE pixels on its longer side; the aspect ratio is kept."""
    scale = TILE / max(grey.shape)
    rows, columns = (max(1, round(side * scale)) for side in grey.shape)
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(
        cv2.resize(grey, (columns, rows), interpolation=interpolation), dtype=np.uint8
    )
