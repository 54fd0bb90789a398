"""Cache entries of decoded slices: their key, writing them, opening them.

An entry holds `grey.npy`, (slices, size, size) uint8, `shapes.npy`, (slices, 2) int64, and
`notes.json`. The first is written last, so its presence means that all are complete.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hilum.errors import StorageError
from hilum.prepare.slice_facts import SliceFacts
from hilum.storage.atomic import new_file, write_text
from hilum.storage.json_file import read_json
from hilum.storage.path_text import path_of_text
from hilum.table import SliceTable

__all__ = ["KIND", "allocate", "key_of", "new_array", "open_entry", "state_of", "write_facts"]

KIND = "decoded-v1"
"""Layout version of an entry; increased with every change of layout."""
PIXELS = 2
"""Increased when `hilum.readers` or `resize` give other grey levels for the same file."""
HARMONISED = 4
"""Increased when `hilum.prepare.harmonise` gives another picture of the same slice."""
DECODERS = ("numpy", "opencv-python-headless", "pillow", "pydicom", "pylibjpeg-libjpeg",
            "pylibjpeg-openjpeg", "pylibjpeg-rle")  # fmt: skip
"""Packages that determine grey levels: another version may round differently."""

_GREY, _SHAPES, _NOTES = "grey.npy", "shapes.npy", "notes.json"
_DAMAGES = (OSError, StorageError, ValueError, EOFError, TypeError, LookupError, AttributeError)
"""What reading a missing, incomplete or damaged entry may raise."""

Grey = npt.NDArray[np.uint8]


def state_of(table: SliceTable) -> str | None:
    """Return a hash of all inputs of decoded slices but their size; None if a file is missing.

    For every row in order it covers the file's path, inode, size and modification times, the window
    and the frame; labels, splits and boxes are ignored. No file is opened: a change that leaves
    all of these as they were would go unnoticed, and no system in use is known to do that.
    """
    state = hashlib.sha256(f"{PIXELS} {_versions()}\n".encode())
    folders: dict[str, str] = {}
    paths, windows = table.rows["path"].tolist(), table.rows["window"].tolist()
    frames = table.rows["frame"].tolist() if "frame" in table.rows else [""] * len(table)
    if table.harmonised:
        state.update(f"harmonised {HARMONISED}\n".encode())
    for text, window, frame in zip(paths, windows, frames, strict=True):
        path = path_of_text(text).as_posix() if "\\" in text else text
        folder, _, name = path.rpartition("/")
        if folder not in folders:
            folders[folder] = os.path.realpath(table.folder / folder)
        file = os.path.join(folders[folder], name)  # noqa: PTH118, a Path takes thrice as long
        try:
            status = os.stat(file)  # noqa: PTH116
        except (OSError, ValueError):
            return None
        numbers = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        shown = f"{window}\0{frame}" if frame else window
        state.update(f"{file}\0{numbers}\0{shown}\n".encode(errors="surrogateescape"))
    return state.hexdigest()


def key_of(state: str, size: int) -> str:
    """Return the cache key of a table with this `state_of` at one size."""
    return hashlib.sha256(f"{state} {size}".encode()).hexdigest()[:40]


def open_entry(entry: Path, count: int, size: int) -> tuple[Grey, SliceFacts] | None:
    """Return (count, size, size) uint8, memory-mapped, and the facts about the slices.

    None if the entry is missing or incomplete.
    """
    try:
        grey = np.load(entry / _GREY, mmap_mode="r", allow_pickle=False)
        shapes = np.load(entry / _SHAPES, allow_pickle=False)
        content = read_json(entry / _NOTES, error=StorageError)
        facts = SliceFacts.from_content(content, shapes)
    except _DAMAGES:
        return None
    complete = (
        (grey.shape, grey.dtype) == ((count, size, size), np.uint8)
        and grey.flags.c_contiguous
        and (shapes.shape, shapes.dtype) == ((count, 2), np.int64)
    )
    return (grey, facts) if complete else None


@contextmanager
def new_array(entry: Path, shape: tuple[int, int, int]) -> Iterator[Grey]:
    """Yield an array to fill; it becomes part of the entry when the block ends without an error.

    Its disk space is allocated at once, and it is flushed before it gets its name: a power failure
    can't leave an entry that looks complete and holds black slices.

    Raises:
        StorageError: the disk is full, read-only or forbidden.
    """
    with new_file(entry / _GREY) as draft:
        grey = np.lib.format.open_memmap(draft, mode="w+", dtype=np.uint8, shape=shape)
        with draft.open("rb+") as file:
            allocate(file.fileno(), draft.stat().st_size)
        yield grey
        grey.flush()


def write_facts(entry: Path, facts: SliceFacts) -> None:
    """Write the facts of an entry; call it inside the block of its `new_array`."""
    with new_file(entry / _SHAPES) as draft, draft.open("wb") as file:
        np.save(file, facts.shapes, allow_pickle=False)
    write_text(entry / _NOTES, json.dumps(facts.content(), ensure_ascii=False) + "\n")


def allocate(file: int, size: int) -> None:
    """Allocate the disk space of an open file, so that filling its memory map can't fail.

    Otherwise a disk that fills up in the meantime would kill the process without a message.
    """
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file, 0, size)
    else:
        os.truncate(file, size)


def _versions() -> str:
    """Return the versions of the packages that decode and resize."""
    versions = []
    for name in DECODERS:
        try:
            versions.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue  # installed under another name, such as OpenCV with windows
    return ", ".join(versions)
