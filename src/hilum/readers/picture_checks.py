"""Notes on grey levels that can't be a chest slice: constant, tiny, far too long, cut short."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["CONSTANT", "CUT_SHORT", "ELONGATED", "TINY", "missing_rows", "picture_notes"]

Grey = npt.NDArray[np.uint8]

FEWEST, MOST_ELONGATED = 16, 4
"""Pixels of the shorter side, and how many times as long the longer one may be."""

_MISSING_LEVEL, _BLOCK = 128, 8
"""Grey level that JPEG decoders fill missing blocks with, and rows of a block."""

CONSTANT = "Every pixel has the same grey level: there is nothing to see."
TINY = f"Fewer than {FEWEST} rows or columns: too small for a slice."
ELONGATED = f"More than {MOST_ELONGATED} times as long as it is wide: hardly a slice."
CUT_SHORT = (
    "Its last rows are missing (flat grey): the JPEG file was cut short, or its data are damaged."
)


def picture_notes(grey: Grey) -> list[str]:
    """Return notes on the shape of a slice (rows, columns) and on a constant one."""
    notes = []
    if grey.min() == grey.max():
        notes.append(CONSTANT)
    if min(grey.shape) < FEWEST:
        notes.append(TINY)
    if max(grey.shape) > MOST_ELONGATED * min(grey.shape):
        notes.append(ELONGATED)
    return notes


def missing_rows(grey: Grey) -> int:
    """Return how many of the last rows a JPEG decoder filled in because the data ended early.

    A sequential JPEG whose data end early decodes without an error; all blocks that are missing are
    exactly mid-grey. Fewer rows than one block, and a constant picture, count as complete.
    """
    filled = (grey == _MISSING_LEVEL).all(axis=1)
    count = int(np.argmin(filled[::-1])) if not filled.all() else 0
    return count if count >= _BLOCK else 0
