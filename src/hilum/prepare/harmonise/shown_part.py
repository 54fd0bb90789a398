"""Which part of a slice a harmonised picture shows: boxes, masks and maps there and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor

import cv2
import numpy as np
import numpy.typing as npt

from hilum.boxes import Box

__all__ = ["ShownPart"]

Mask = npt.NDArray[np.bool_]
Grey = npt.NDArray[np.uint8]
Map = npt.NDArray[np.float32]


@dataclass(frozen=True)
class ShownPart:
    """A part of a slice that was set upright, and stretched to a square.

    Attributes:
        shape: rows and columns of the slice.
        turns: quarter turns counterclockwise that set it upright, 0 to 3.
        top, left, bottom, right: edges of the part in the upright slice, pixels, half-open; they
            may lie outside of the slice.
        side: of the picture, pixels.
    """

    shape: tuple[int, int]
    turns: int
    top: int
    left: int
    bottom: int
    right: int
    side: int

    @property
    def text(self) -> str:
        """All of it as eight numbers, in the order of the attributes."""
        edges = (self.top, self.left, self.bottom, self.right)
        return " ".join(map(str, (*self.shape, self.turns, *edges, self.side)))

    @classmethod
    def of_text(cls, text: str) -> ShownPart:
        """Return the placement that `text` describes.

        Raises:
            ValueError: it isn't eight whole numbers.
        """
        rows, columns, turns, top, left, bottom, right, side = map(int, text.split())
        return cls((rows, columns), turns, top, left, bottom, right, side)

    @property
    def upright_shape(self) -> tuple[int, int]:
        """Rows and columns of the upright slice."""
        return self.shape[::-1] if self.turns % 2 else self.shape

    @property
    def height(self) -> int:
        """Rows of the part."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Columns of the part."""
        return self.right - self.left

    def cut(self, pixels: npt.NDArray[np.generic], *, outside: int = 0) -> npt.NDArray[np.generic]:
        """Return the part at its own size, (height, width); `outside` where the slice ends."""
        upright = np.rot90(pixels, self.turns)
        part = np.full((self.height, self.width), outside, dtype=pixels.dtype)
        there, here = self._overlap()
        part[here] = upright[there]
        return part

    def picture(self, pixels: Grey, *, outside: int = 0) -> Grey:
        """Return the part as a picture, (side, side) uint8: means of areas where it shrinks."""
        part = self.cut(pixels, outside=outside)
        return np.asarray(_resized(part, (self.side, self.side)), dtype=np.uint8)

    def mask(self, mask: Mask) -> Mask:
        """Return a mask of the slice as one of the picture, (side, side) bool.

        A mark that is smaller than a pixel of the picture is never lost.
        """
        part = self.cut(np.asarray(mask, dtype=np.uint8) * np.uint8(255))
        shares = np.asarray(_resized(part, (self.side, self.side)), dtype=np.uint8)
        marked = shares > 127
        return np.asarray(marked if marked.any() or not part.any() else shares > 0)

    def boxes(self, boxes: Sequence[Box]) -> list[Box]:
        """Return boxes of the slice in pixels of the picture; those outside of it are left out."""
        turned = [self._turn(box) for box in boxes]
        down, across = self.side / self.height, self.side / self.width
        moved = [
            Box(
                max(0, floor((box.row_min - self.top) * down)),
                max(0, floor((box.col_min - self.left) * across)),
                min(self.side, ceil((box.row_max - self.top) * down)),
                min(self.side, ceil((box.col_max - self.left) * across)),
            )
            for box in turned
        ]
        return [box for box in moved if box.row_max > box.row_min and box.col_max > box.col_min]

    def boxes_back(self, boxes: Sequence[Box]) -> list[Box]:
        """Return boxes of the picture in pixels of the slice; those outside of it are left out."""
        down, across = self.height / self.side, self.width / self.side
        rows, columns = self.upright_shape
        moved = [
            Box(
                max(0, floor(box.row_min * down) + self.top),
                max(0, floor(box.col_min * across) + self.left),
                min(rows, ceil(box.row_max * down) + self.top),
                min(columns, ceil(box.col_max * across) + self.left),
            )
            for box in boxes
        ]
        inside = [box for box in moved if box.row_max > box.row_min and box.col_max > box.col_min]
        return [self._turn_back(box) for box in inside]

    def map_back(self, in_picture: Map) -> Map:
        """Return a map of the picture in pixels of the slice; 0 outside of what the picture shows.

        Args:
            in_picture: (n, m) float32 that divides the picture evenly, of any unit.

        Returns:
            (rows, columns) float32, by linear interpolation.
        """
        part = _resized(np.asarray(in_picture, dtype=np.float32), (self.width, self.height))
        upright = np.zeros(self.upright_shape, dtype=np.float32)
        there, here = self._overlap()
        upright[there] = part[here]
        return np.ascontiguousarray(np.rot90(upright, -self.turns))

    def _overlap(self) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
        """Return the pixels that slice and part share: in the upright slice, and in the part."""
        rows, columns = self.upright_shape
        first, last = max(0, self.top), max(0, self.top, min(rows, self.bottom))
        start, end = max(0, self.left), max(0, self.left, min(columns, self.right))
        there = slice(first, last), slice(start, end)
        here = (
            slice(first - self.top, last - self.top),
            slice(start - self.left, end - self.left),
        )
        return there, here

    def _turn(self, box: Box) -> Box:
        """Return a box of the slice in the upright slice."""
        columns, rows = self.shape[1], self.shape[0]
        for _ in range(self.turns):
            box = Box(columns - box.col_max, box.row_min, columns - box.col_min, box.row_max)
            rows, columns = columns, rows
        return box

    def _turn_back(self, box: Box) -> Box:
        """Return a box of the upright slice in the slice."""
        rows, columns = self.upright_shape
        for _ in range(self.turns):
            box = Box(box.col_min, rows - box.row_max, box.col_max, rows - box.row_min)
            rows, columns = columns, rows
        return box


def _resized(part: npt.NDArray[np.generic], sides: tuple[int, int]) -> npt.NDArray[np.generic]:
    """Return a part with this number of columns and rows."""
    smaller = part.shape[0] >= sides[1] and part.shape[1] >= sides[0]
    interpolation = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(np.ascontiguousarray(part), sides, interpolation=interpolation))
