"""Rewriting the slices of a table: threads, results in the order of its rows, pictures as PNG."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from hilum.prepare.batches import batches
from hilum.progress import Progress
from hilum.storage.atomic import as_storage_error

__all__ = ["rewrite_rows", "write_png"]

WORKERS = 4
"""Threads; decoders, OpenCV and its networks release the interpreter lock."""

AHEAD = 64
"""Slices queued at a time; bounds memory, and the delay before an interruption takes effect."""

Result = TypeVar("Result")


def rewrite_rows(
    count: int, rewrite: Callable[[int], Result], *, progress: Progress, doing: str
) -> Iterator[Result]:
    """Yield `rewrite(row)` for the rows 0 to `count` - 1, in this order.

    Args:
        count: the number of rows.
        rewrite: writes one slice; called in several threads at once.
        progress: receives the number of slices done, under the name `doing`.
        doing: such as "cleaning slices".
    """
    with ThreadPoolExecutor(WORKERS) as pool:
        for rows in batches(count, AHEAD):
            yield from pool.map(rewrite, range(rows.start, rows.stop))
            progress.advance(doing, rows.stop, count)


def write_png(pixels: npt.NDArray[np.uint8], path: Path) -> None:
    """Write (rows, columns) grey or (rows, columns, 3) BGR uint8 pixels.

    Raises:
        StorageError: the disk refused.
    """
    with as_storage_error(path):
        path.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
