"""Lesion boxes in the pixels of a slice: parsed from and formatted as text, and as regions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hilum.errors import TableError

__all__ = [
    "BOXES_PATTERN",
    "NO_LESION",
    "Box",
    "Region",
    "box_region",
    "check_inside",
    "format_boxes",
    "parse_boxes",
]

NO_LESION = "none"
"""Value of the column `boxes` for a slice that is known to show no lesion."""

BOXES_PATTERN = r"(?:none|\d+ \d+ \d+ \d+(?:;\d+ \d+ \d+ \d+)*)?"
"""Regular expression of valid values of the column `boxes`."""


Region = npt.NDArray[np.bool_]
"""(rows, columns), True inside the tumour, in pixels of the slice."""


class Box(NamedTuple):
    """A rectangle of pixels, 0-based and half-open: rows row_min to row_max - 1, and so on."""

    row_min: int
    col_min: int
    row_max: int
    col_max: int


def parse_boxes(text: str) -> list[Box]:
    """Return the boxes in a table cell; an empty cell and `none` give an empty list.

    Raises:
        TableError: the text is not `row_min col_min row_max col_max`, joined by `;`, or a box
            is empty (a maximum that is not above its minimum).
    """
    if text in ("", NO_LESION):
        return []
    boxes = []
    for item in text.split(";"):
        numbers = item.split()
        if len(numbers) != 4 or not all(number.isdecimal() for number in numbers):
            raise TableError(
                f"a box is four whole numbers, row_min col_min row_max col_max, joined by ';', "
                f"got {item!r}"
            )
        box = Box(*map(int, numbers))
        if box.row_max <= box.row_min or box.col_max <= box.col_min:
            raise TableError(f"a box must end after it begins, got {item!r}")
        boxes.append(box)
    return boxes


def format_boxes(boxes: list[Box]) -> str:
    """Return the text of `boxes` for a table cell; an empty list gives `none`."""
    return ";".join(" ".join(str(int(edge)) for edge in box) for box in boxes) or NO_LESION


def check_inside(boxes: list[Box], shape: tuple[int, int]) -> None:
    """Raise TableError if a box extends beyond a slice of `shape` (rows, columns)."""
    for box in boxes:
        if box.row_max > shape[0] or box.col_max > shape[1]:
            raise TableError(
                f"box {format_boxes([box])!r} extends beyond the slice of "
                f"{shape[0]} rows x {shape[1]} columns"
            )


def box_region(boxes: Sequence[Box], shape: tuple[int, int]) -> Region:
    """Return the union of `boxes` in a slice of `shape` (rows, columns)."""
    region = np.zeros(shape, dtype=np.bool_)
    for box in boxes:
        region[box.row_min : box.row_max, box.col_min : box.col_max] = True
    return region
