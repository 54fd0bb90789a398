"""Transposition and flips of a slice, applied to pixels and boxes alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hilum.boxes import Box

__all__ = ["Turn"]


@dataclass(frozen=True)
class Turn:
    """Transposition and flips that bring a stored slice into radiological orientation.

    Attributes:
        transpose: rows and columns are swapped first.
        flip_rows, flip_columns: then the order of rows or columns is reversed.
    """

    transpose: bool = False
    flip_rows: bool = False
    flip_columns: bool = False

    def __bool__(self) -> bool:
        """Whether anything is turned."""
        return self.transpose or self.flip_rows or self.flip_columns

    def of(self, pixels: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        """Return pixels (rows, columns, ...) in radiological orientation, as a view."""
        turned = pixels.swapaxes(0, 1) if self.transpose else pixels
        rows = slice(None, None, -1 if self.flip_rows else 1)
        columns = slice(None, None, -1 if self.flip_columns else 1)
        return turned[rows, columns]

    def undo(self, pixels: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        """Return upright pixels (rows, columns, ...) as they were stored, as a view."""
        rows = slice(None, None, -1 if self.flip_rows else 1)
        columns = slice(None, None, -1 if self.flip_columns else 1)
        flipped = pixels[rows, columns]
        return flipped.swapaxes(0, 1) if self.transpose else flipped

    def of_box(self, box: Box, shape: tuple[int, int]) -> Box:
        """Return a box of the stored slice of `shape` (rows, columns) after turning."""
        (top, left, bottom, right), (rows, columns) = box, shape
        if self.transpose:
            top, left, bottom, right, rows, columns = left, top, right, bottom, columns, rows
        if self.flip_rows:
            top, bottom = rows - bottom, rows - top
        if self.flip_columns:
            left, right = columns - right, columns - left
        return Box(top, left, bottom, right)
