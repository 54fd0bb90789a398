"""Slices of a table read from their files and resized, several at a time; errors name the row."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from hilum.boxes import check_inside, parse_boxes
from hilum.errors import HilumError, ReadError, TableError
from hilum.progress import Progress
from hilum.readers import LUNG, parse_window, read_slice
from hilum.table import SliceTable

__all__ = ["check_boxes", "read_all", "resize"]

READERS = 4
"""Threads that decode: the decoders release the interpreter's lock, and two cores stay busy."""
AHEAD = 256
"""Slices handed to the threads at a time: bounds the memory, and how far an error lies behind."""
MOST_ID = 40
"""A longer slice_id is left out of messages."""

Grey = npt.NDArray[np.uint8]
Shapes = npt.NDArray[np.int64]


def resize(grey: Grey, size: int) -> Grey:
    """Return `grey` (rows, columns) as (size, size), the aspect ratio not kept, as in the paper.

    Area averaging where it shrinks (the paper's code: cv2.INTER_AREA), linear where it grows.
    """
    shrinks = grey.shape[0] >= size and grey.shape[1] >= size
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    resized = cv2.resize(grey, (size, size), interpolation=how)
    return np.asarray(resized, dtype=np.uint8)


def read_all(
    table: SliceTable, grey: Mapping[int, Grey], shapes: Shapes, progress: Progress
) -> None:
    """Read every slice once and fill what is given, a few hundred slices at a time.

    A DICOM slice is shown through the window of its row, else through the lung window.

    Args:
        table: n slices.
        grey: size -> (n, size, size) uint8 to fill.
        shapes: (n, 2) int64 to fill with rows and columns of each file.
        progress: told how far it is.

    Raises:
        ReadError: a slice can't be read; the message names table, row and file.
        TableError: a box reaches outside its slice.
    """
    paths, windows = table.paths(), table.rows["window"].tolist()
    boxes = table.rows["boxes"].tolist()
    window_of = cache(lambda cell: parse_window(cell) if cell else LUNG)

    def read(row: int) -> tuple[dict[int, Grey], tuple[int, int]]:
        try:
            image = read_slice(paths[row], window=window_of(windows[row]))
        except HilumError as error:
            raise ReadError(f"{_place(table, row, 'path')}: {error}") from error
        _check_row(table, row, boxes[row], image.shape)
        return {size: resize(image.grey, size) for size in grey}, image.shape

    with ThreadPoolExecutor(READERS) as pool:
        for first in range(0, len(table), AHEAD):
            rows = range(first, min(first + AHEAD, len(table)))
            for row, (pictures, shape) in zip(rows, pool.map(read, rows), strict=True):
                shapes[row] = shape
                for size, picture in pictures.items():
                    grey[size][row] = picture
            progress.advance("reading slices", rows.stop, len(table))


def check_boxes(table: SliceTable, shapes: Shapes) -> None:
    """Raise TableError where a box reaches outside its slice.

    Args:
        table: n slices.
        shapes: (n, 2), rows and columns of each slice's file.
    """
    boxes = table.rows["boxes"].tolist()
    for row, (cell, shape) in enumerate(zip(boxes, shapes.tolist(), strict=True)):
        if cell:
            _check_row(table, row, cell, (shape[0], shape[1]))


def _check_row(table: SliceTable, row: int, boxes: str, shape: tuple[int, int]) -> None:
    """Raise TableError where a box of one slice reaches outside it."""
    try:
        check_inside(parse_boxes(boxes), shape)
    except TableError as error:
        raise TableError(f"{_place(table, row, 'boxes')}: {error}.") from None


def _place(table: SliceTable, row: int, column: str) -> str:
    """Return where a cell stands, with the slice's name where that is short."""
    name = table.rows["slice_id"].iloc[row]
    place = table.cell_name(row, column)
    return f"{place}, slice_id {name!r}" if len(name) <= MOST_ID else place
