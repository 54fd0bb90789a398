"""Decoded slices as files in the cache: what they depend on, writing them, opening them.

An entry holds `grey.npy`, (slices, size, size) uint8, and `shapes.npy`, (slices, 2) int64. The
first is written last, so where it is, both are whole.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hilum.storage.atomic import new_file
from hilum.table import SliceTable

__all__ = ["KIND", "key_of", "new_array", "open_kept", "state_of", "take_room", "write_kept_shapes"]

KIND = "decoded-v1"
"""What an entry holds and how; another layout takes another number."""
PIXELS = 1
"""Another number where `hilum.readers` or `resize` give other grey levels for the same file."""
DECODERS = ("numpy", "opencv-python-headless", "pillow", "pydicom", "pylibjpeg-libjpeg",
            "pylibjpeg-openjpeg", "pylibjpeg-rle")  # fmt: skip
"""Packages that grey levels come from: another version may round otherwise."""

_GREY, _SHAPES = "grey.npy", "shapes.npy"

Grey = npt.NDArray[np.uint8]
Shapes = npt.NDArray[np.int64]


def state_of(table: SliceTable) -> str | None:
    """Return a hash of all that decoded slices depend on but their size; None where a file lacks.

    That is of every row in order: the file's place, number, size and times of change, and the
    window; labels, splits and boxes have no say. No file is opened: a system that can't tell two
    contents of a file by these would be told the old one, and none in use is known.
    """
    state = hashlib.sha256(f"{PIXELS} {_versions()}\n".encode())
    folders: dict[str, str] = {}
    rows = table.rows
    for path, window in zip(rows["path"].tolist(), rows["window"].tolist(), strict=True):
        folder, _, name = path.rpartition("/")
        if folder not in folders:
            folders[folder] = os.path.realpath(table.folder / folder)
        file = os.path.join(folders[folder], name)  # noqa: PTH118, a Path takes thrice as long
        try:
            told = os.stat(file)  # noqa: PTH116
        except (OSError, ValueError):
            return None
        numbers = (told.st_ino, told.st_size, told.st_mtime_ns, told.st_ctime_ns)
        state.update(f"{file}\0{numbers}\0{window}\n".encode(errors="surrogateescape"))
    return state.hexdigest()


def key_of(state: str, size: int) -> str:
    """Return the key of slices in `state_of` their table at one size."""
    return hashlib.sha256(f"{state} {size}".encode()).hexdigest()[:40]


def open_kept(entry: Path, count: int, size: int) -> tuple[Grey, Shapes] | None:
    """Return (count, size, size) uint8, memory-mapped, and (count, 2) int64 of an entry.

    None where they are not there, or not whole.
    """
    try:
        grey = np.load(entry / _GREY, mmap_mode="r", allow_pickle=False)
        shapes = np.load(entry / _SHAPES, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    whole = (
        (grey.shape, grey.dtype) == ((count, size, size), np.uint8)
        and grey.flags.c_contiguous
        and (shapes.shape, shapes.dtype) == ((count, 2), np.int64)
    )
    return (grey, shapes) if whole else None


@contextmanager
def new_array(entry: Path, shape: tuple[int, int, int]) -> Iterator[Grey]:
    """Yield an array to fill, which is the entry's when the block ends well.

    Its room is taken at once, and it is on the disk before it has its name: after a power failure
    there are no slices that look whole and are black.

    Raises:
        StorageError: the disk refused.
    """
    with new_file(entry / _GREY) as draft:
        grey = np.lib.format.open_memmap(draft, mode="w+", dtype=np.uint8, shape=shape)
        with draft.open("rb+") as file:
            take_room(file.fileno(), draft.stat().st_size)
        yield grey
        grey.flush()


def write_kept_shapes(entry: Path, shapes: Shapes) -> None:
    """Write the shapes of an entry, before the block of its `new_array` ends."""
    with new_file(entry / _SHAPES) as draft, draft.open("wb") as file:
        np.save(file, shapes, allow_pickle=False)


def take_room(file: int, size: int) -> None:
    """Take the room of an open file on the disk, so that filling its memory map can't fail.

    Without it, a disk that fills up meanwhile would end the process without a word.
    """
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file, 0, size)
    else:
        os.truncate(file, size)


def _versions() -> str:
    """Return the versions of what decodes and resizes."""
    found = []
    for name in DECODERS:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue  # installed under another name, such as OpenCV with windows
    return ", ".join(found)
