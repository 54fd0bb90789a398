"""Stored outputs of the frozen part: one file for each slice and view, half precision."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hilum.errors import StorageError
from hilum.storage.atomic import new_file

__all__ = ["KIND", "Records", "halved", "record_name"]

KIND = "frozen-v1"
"""Kind of the cache entries; the number changes with the file format."""
PLAIN = b"plain"
"""Stands for the map of a slice without augmentation."""

Numbers = npt.NDArray[np.float16] | npt.NDArray[np.float32]


def record_name(grey: npt.NDArray[np.uint8], view: npt.NDArray[np.float32] | None) -> str:
    """Return the name of the frozen part's output for a slice (size, size) warped by `view`.

    Args:
        grey: the decoded slice.
        view: (2, 3) affine map of `hilum.learn.augment`; None: not warped.
    """
    content = hashlib.blake2b(grey.tobytes(), digest_size=20)
    content.update(PLAIN if view is None else view.tobytes())
    return content.hexdigest()


def halved(numbers: npt.NDArray[np.float32]) -> Numbers:
    """Return `numbers` in half precision, or unchanged where one is beyond its range."""
    with np.errstate(over="ignore"):
        half = numbers.astype(np.float16)
    return half if np.isfinite(half).all() or not np.isfinite(numbers).all() else numbers


class Records:
    """The files of one frozen part, `count` numbers each; safe with several processes.

    Each file is written atomically, and two processes that write the same name write the same
    numbers. Once the disk is full nothing more is stored, and the training continues.
    """

    def __init__(self, folder: Path | None, count: int) -> None:
        self.folder = folder
        self.count = count

    def read(self, name: str) -> Numbers | None:
        """Return the numbers (count,) under `name`, memory-mapped; None: missing or damaged."""
        if self.folder is None:
            return None
        try:
            found = np.load(self.folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        return found if found.shape == (self.count,) else None

    def write(self, name: str, numbers: Numbers) -> None:
        """Store `numbers` (count,) under `name`; a full disk stops further storing."""
        if self.folder is None:
            return
        try:
            with new_file(self.folder / f"{name}.npy") as draft, draft.open("wb") as file:
                np.save(file, numbers, allow_pickle=False)
        except StorageError:
            self.folder = None
