"""All slices of a table decoded once, as one array of small grey pictures."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import cv2
import numpy as np
import numpy.typing as npt

from hilum.atomic import refuse_full_disk
from hilum.boxes import check_inside, parse_boxes
from hilum.errors import HilumError, ReadError, TableError
from hilum.progress import SILENT, Progress
from hilum.readers import LUNG, Window, parse_window, read_slice
from hilum.table import SliceTable

__all__ = [
    "BATCH",
    "Decoded",
    "decode_sizes",
    "decode_table",
    "resize",
    "sized_batches",
]

BATCH = 32
"""Slices that a network sees at a time when it needs no gradients of its weights."""
READERS = 4
"""Threads that decode: the decoders release the interpreter's lock, and two cores stay busy."""


MOST_ID = 40
"""A longer slice_id is left out of messages."""

AHEAD = 256
"""Slices handed to the threads at a time: bounds the memory, and how far an error lies behind."""


@dataclass(frozen=True)
class Decoded:
    """The slices of a table as the network sees them.

    Attributes:
        grey: (slices, size, size) uint8 in the table's order, memory-mapped.
        shapes: (slices, 2) int64, rows and columns of each file.
    """

    grey: npt.NDArray[np.uint8]
    shapes: npt.NDArray[np.int64]


def sized_batches(
    decoded: Mapping[int, npt.NDArray[np.uint8]],
) -> Iterator[dict[int, npt.NDArray[np.uint8]]]:
    """Yield the same slices at each size, a batch at a time, in order, without copying.

    Args:
        decoded: size -> (n, size, size) uint8, of the same n slices.
    """
    count = min((len(grey) for grey in decoded.values()), default=0)
    for first in range(0, count, BATCH):
        yield {size: grey[first : first + BATCH] for size, grey in decoded.items()}


def resize(grey: npt.NDArray[np.uint8], size: int) -> npt.NDArray[np.uint8]:
    """Return `grey` (rows, columns) as (size, size), the aspect ratio not kept, as in the paper.

    Area averaging where it shrinks (the paper's code: cv2.INTER_AREA), linear where it grows.
    """
    shrinks = grey.shape[0] >= size and grey.shape[1] >= size
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    resized = cv2.resize(grey, (size, size), interpolation=how)
    return np.asarray(resized, dtype=np.uint8)


@contextmanager
def decode_table(table: SliceTable, *, size: int, progress: Progress = SILENT) -> Iterator[Decoded]:
    """Yield all slices of `table` decoded to `size`; the array lies on disk until the block ends.

    A DICOM slice is shown through the window of its row, else through the lung window.

    Raises:
        ReadError: a slice can't be read; the message names table, row and file.
        TableError: a box reaches outside its slice.
        StorageError: no room for the array (slices x size x size bytes).
    """
    with decode_sizes(table, [size], progress=progress) as decoded:
        yield decoded[size]


@contextmanager
def decode_sizes(
    table: SliceTable, sizes: Iterable[int], *, progress: Progress = SILENT
) -> Iterator[dict[int, Decoded]]:
    """Yield all slices of `table` decoded to each of `sizes`; see `decode_table`.

    Every file is read once; without any size, none is.
    """
    with ExitStack() as stack:
        grey = {
            size: _room_for(
                stack.enter_context(tempfile.TemporaryFile(prefix="hilum-decoded-")),
                (len(table), size, size),
            )
            for size in sorted(set(sizes))
        }
        shapes = np.zeros((len(table), 2), dtype=np.int64)
        if grey:
            _decode_all(table, grey, shapes, progress)
        yield {size: Decoded(pictures, shapes) for size, pictures in grey.items()}


def _decode_all(
    table: SliceTable,
    grey: dict[int, npt.NDArray[np.uint8]],
    shapes: npt.NDArray[np.int64],
    progress: Progress,
) -> None:
    """Fill `grey` (size -> slices at that size) and `shapes`, a few hundred slices at a time."""
    with ThreadPoolExecutor(READERS) as pool:
        for first in range(0, len(table), AHEAD):
            rows = range(first, min(first + AHEAD, len(table)))
            read = pool.map(lambda row: _decode_row(table, row, list(grey)), rows)
            for row, (pictures, shape) in zip(rows, read, strict=True):
                shapes[row] = shape
                for size, picture in pictures.items():
                    grey[size][row] = picture
            progress.advance("reading slices", rows.stop, len(table))


def _room_for(file: IO[bytes], shape: tuple[int, int, int]) -> npt.NDArray[np.uint8]:
    """Return an array in a temporary file, whose room on the disk is taken at once.

    The file has no name where the system allows it, so that nothing is left behind even by a
    process that is killed. Without the room taken, a disk that fills up later would end the
    process without a word.
    """
    size = int(np.prod(shape))
    refuse_full_disk(Path(tempfile.gettempdir()), size)
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, size)
    else:
        file.truncate(size)
    return np.memmap(file, dtype=np.uint8, mode="r+", shape=shape)


def _decode_row(
    table: SliceTable, row: int, sizes: list[int]
) -> tuple[dict[int, npt.NDArray[np.uint8]], tuple[int, int]]:
    """Return one slice at each of `sizes`, and the shape of its file; errors name the row."""
    cells = table.rows.iloc[row]
    window: Window = parse_window(cells["window"]) if cells["window"] else LUNG
    try:
        image = read_slice(table.folder / cells["path"], window=window)
    except HilumError as error:
        raise ReadError(f"{_place(table, row, 'path')}: {error}") from error
    try:
        check_inside(parse_boxes(cells["boxes"]), image.shape)
    except TableError as error:
        raise TableError(f"{_place(table, row, 'boxes')}: {error}.") from None
    return {size: resize(image.grey, size) for size in sizes}, image.shape


def _place(table: SliceTable, row: int, column: str) -> str:
    """Return where a cell stands, with the slice's name where that is short."""
    name = table.rows["slice_id"].iloc[row]
    place = table.place(row, column)
    return f"{place}, slice_id {name!r}" if len(name) <= MOST_ID else place
