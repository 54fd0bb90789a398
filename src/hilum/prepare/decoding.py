"""Reading and resizing the slices of a table in several threads; errors name the row."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from hilum.boxes import check_inside, parse_boxes
from hilum.errors import TableError
from hilum.prepare.batches import batches
from hilum.prepare.resize import resize
from hilum.progress import Progress
from hilum.table import SliceTable, read_row

__all__ = ["check_boxes", "read_all"]

READERS = 4
"""Decoding threads; the decoders release the interpreter lock, which keeps two cores busy."""
AHEAD = 256
"""Slices queued at a time; bounds memory, and the work done before an error is raised."""

Grey = npt.NDArray[np.uint8]
Shapes = npt.NDArray[np.int64]


def read_all(
    table: SliceTable, grey: Mapping[int, Grey], shapes: Shapes, progress: Progress
) -> None:
    """Read every slice once into the given arrays, a few hundred slices at a time.

    A slice in Hounsfield units is shown through the window of its row, or else the lung window.

    Args:
        table: n slices.
        grey: size -> (n, size, size) uint8, filled.
        shapes: (n, 2) int64, filled with the rows and columns of each file.
        progress: receives the number of slices read.

    Raises:
        ReadError: a slice can't be read; the message names table, row and file.
        TableError: a box extends beyond its slice.
    """
    boxes = table.rows["boxes"].tolist()

    def read(row: int) -> tuple[dict[int, Grey], tuple[int, int]]:
        image = read_row(table, row)
        _check_row(table, row, boxes[row], image.shape)
        return {size: resize(image.grey, size) for size in grey}, image.shape

    with ThreadPoolExecutor(READERS) as pool:
        for chosen in batches(len(table), AHEAD):
            rows = range(chosen.start, chosen.stop)
            for row, (pictures, shape) in zip(rows, pool.map(read, rows), strict=True):
                shapes[row] = shape
                for size, picture in pictures.items():
                    grey[size][row] = picture
            progress.advance("reading slices", rows.stop, len(table))


def check_boxes(table: SliceTable, shapes: Shapes) -> None:
    """Raise TableError if a box extends beyond its slice.

    Args:
        table: n slices.
        shapes: (n, 2), rows and columns of each slice.
    """
    boxes = table.rows["boxes"].tolist()
    for row, (cell, shape) in enumerate(zip(boxes, shapes.tolist(), strict=True)):
        if cell:
            _check_row(table, row, cell, (shape[0], shape[1]))


def _check_row(table: SliceTable, row: int, boxes: str, shape: tuple[int, int]) -> None:
    """Raise TableError if a box of one slice extends beyond it."""
    try:
        check_inside(parse_boxes(boxes), shape)
    except TableError as error:
        raise TableError(f"{table.cell_name(row, 'boxes', with_slice=True)}: {error}.") from None
