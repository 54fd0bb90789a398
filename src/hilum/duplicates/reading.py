"""Fingerprints of many slices, computed in several threads."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hilum.duplicates.fingerprint import DETAIL, SIZE, VIEWS, Fingerprint, fingerprint
from hilum.duplicates.sketch import SKETCH
from hilum.errors import HilumError, ReadError
from hilum.progress import SILENT, Progress
from hilum.readers import LUNG, Window, read_slice
from hilum.storage.atomic import refuse_full_disk

__all__ = ["Prints", "collect", "read_prints"]

READERS = 4
"""Decoding threads; the decoders release the interpreter lock, which keeps two cores busy."""

AHEAD = 256
"""Slices queued at a time; bounds memory, and the work done before an error is raised."""


@dataclass(frozen=True)
class Prints:
    """The fingerprints of n slices.

    Attributes:
        hashes: (n, VIEWS) uint64.
        details: (n, VIEWS, DETAIL, DETAIL) int8, in memory: 200 MB for 100,000 slices.
        pictures: (n, SIZE, SIZE) uint8, in an unnamed temporary file, so that the system may drop
            pages from memory.
        sketches: (n, SKETCH, SKETCH) int8.
        flat: (n,) bool, slices without any detail to compare.
    """

    hashes: npt.NDArray[np.uint64]
    details: npt.NDArray[np.int8]
    pictures: npt.NDArray[np.uint8]
    sketches: npt.NDArray[np.int8]
    flat: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.hashes)


def read_prints(
    paths: Sequence[Path],
    *,
    windows: Sequence[Window] | None = None,
    frames: Sequence[int | None] | None = None,
    cell_name: Callable[[int], str] | None = None,
    progress: Progress = SILENT,
) -> Prints:
    """Read each slice once and return the fingerprints, in the order of `paths`.

    Args:
        paths: n files.
        windows: the window of each slice in Hounsfield units; LUNG by default.
        frames: the frame of each slice in a multi-frame file; None for files with one.
        cell_name: names the table cell of the n-th path, for messages.
        progress: receives the number of slices read.

    Raises:
        ReadError: a slice can't be read; the message names the file, and its table cell if known.
    """
    shown = windows if windows is not None else [LUNG] * len(paths)
    chosen = frames if frames is not None else [None] * len(paths)

    def read_fingerprint(number: int) -> Fingerprint:
        try:
            image = read_slice(paths[number], window=shown[number], frame=chosen[number])
            return fingerprint(image.grey)
        except HilumError as error:
            cell = f"{cell_name(number)}: " if cell_name else ""
            raise ReadError(f"{cell}{error}") from error

    def read() -> Iterable[Fingerprint]:
        with ThreadPoolExecutor(READERS) as pool:
            for first in range(0, len(paths), AHEAD):
                numbers = range(first, min(first + AHEAD, len(paths)))
                yield from pool.map(read_fingerprint, numbers)
                progress.advance("reading slices", numbers.stop, len(paths))

    return collect(read(), count=len(paths))


def collect(prints: Iterable[Fingerprint], *, count: int) -> Prints:
    """Return `count` fingerprints as arrays.

    Raises:
        StorageError: the folder for temporary files has no room for the pictures.
    """
    pictures = _pictures((count, SIZE, SIZE))
    found = Prints(
        np.zeros((count, VIEWS), dtype=np.uint64),
        np.zeros((count, VIEWS, DETAIL, DETAIL), dtype=np.int8),
        pictures,
        np.zeros((count, SKETCH, SKETCH), dtype=np.int8),
        np.zeros(count, dtype=bool),
    )
    for number, one in enumerate(prints):
        found.hashes[number], found.flat[number] = one.hashes, one.flat
        found.details[number], found.pictures[number] = one.details, one.picture
        found.sketches[number] = one.sketch
    return found


def _pictures(shape: tuple[int, int, int]) -> npt.NDArray[np.uint8]:
    """Return an array in an unnamed temporary file, which is deleted together with the array."""
    if not shape[0]:
        return np.empty(shape, dtype=np.uint8)
    refuse_full_disk(Path(tempfile.gettempdir()), int(np.prod(shape)))
    with tempfile.TemporaryFile(prefix="hilum-pictures-") as file:
        return np.memmap(file, dtype=np.uint8, mode="w+", shape=shape)
