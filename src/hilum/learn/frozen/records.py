"""What the frozen part gave, kept on disk: one file for each slice and view, half precision."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hilum.errors import StorageError
from hilum.storage.atomic import new_file

__all__ = ["KIND", "Records", "halved", "record_name"]

KIND = "frozen-v1"
"""Of the cache's entries; another form of the files gets another number."""
PLAIN = b"plain"
"""Stands for the map of a slice that is seen as it is."""

Numbers = npt.NDArray[np.float16] | npt.NDArray[np.float32]


def record_name(grey: npt.NDArray[np.uint8], view: npt.NDArray[np.float32] | None) -> str:
    """Return the name of what the frozen part gives for a slice (size, size) seen through `view`.

    Args:
        grey: the slice as it was decoded.
        view: (2, 3) affine map of `hilum.learn.augment`; None: as it is.
    """
    content = hashlib.blake2b(grey.tobytes(), digest_size=20)
    content.update(PLAIN if view is None else view.tobytes())
    return content.hexdigest()


def halved(numbers: npt.NDArray[np.float32]) -> Numbers:
    """Return `numbers` in half precision, or as they are where one is beyond its range."""
    with np.errstate(over="ignore"):
        half = numbers.astype(np.float16)
    return half if np.isfinite(half).all() or not np.isfinite(numbers).all() else numbers


class Records:
    """The files of one frozen part, `count` numbers each; safe under several processes.

    Each file is written whole or not at all, and two that write the same name write the same
    numbers. Where nothing can be written any more, nothing is kept, and the training goes on.
    """

    def __init__(self, folder: Path | None, count: int) -> None:
        self.folder = folder
        self.count = count

    def read(self, name: str) -> Numbers | None:
        """Return the numbers (count,) under `name`, memory-mapped; None: not there, or broken."""
        if self.folder is None:
            return None
        try:
            found = np.load(self.folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        return found if found.shape == (self.count,) else None

    def write(self, name: str, numbers: Numbers) -> None:
        """Keep `numbers` (count,) under `name`; a full disk ends the keeping."""
        if self.folder is None:
            return
        try:
            with new_file(self.folder / f"{name}.npy") as draft, draft.open("wb") as file:
                np.save(file, numbers, allow_pickle=False)
        except StorageError:
            self.folder = None
