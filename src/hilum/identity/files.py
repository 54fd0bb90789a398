"""Files that are one file under several paths, or byte-equal copies."""

from __future__ import annotations

import hashlib
import os
import stat
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

__all__ = ["find_copies"]

THREADS = 8
"""Threads that read file attributes and blocks: on a network drive, latency is the cost."""

BLOCK = 4096
"""Bytes of a sample from the middle: files of one size (such as uncompressed DICOM) mostly differ
there, so that few files are read completely."""

TOGETHER = 500
"""Files handed to a thread at a time; one by one, handing over would cost the most."""

CHUNK = 1 << 20
"""Bytes read at a time for a complete checksum."""

Item = TypeVar("Item")

Firsts = npt.NDArray[np.int64]
"""(n,) for each file the index of the first equal one (or its own); -1 where it is missing."""


def find_copies(paths: Sequence[Path]) -> tuple[Firsts, Firsts]:
    """Return which paths lead to one file, and which files are byte-equal.

    Copies are found by size, then by a sample, then by a complete checksum.

    Args:
        paths: n paths.

    Returns:
        two arrays, (n,) int64: for each path the index of the first path to the same file (such as
        `./a.png` and `a.png`, symbolic and hard links), and of the first path with the same
        content; its own index if there is none before it; -1 where no regular file can be read.
    """
    attributes = _in_threads(_attributes, paths)
    files = _firsts([None if found is None else found[:2] for found in attributes])
    keys: list[Hashable | None] = [None if found is None else (found[2],) for found in attributes]
    for read in (_sample, _checksum):
        candidates = _repeated(keys)
        contents = _in_threads(read, [paths[index] for index in candidates])
        for index, content in zip(candidates, contents, strict=True):
            keys[index] = None if content is None else (keys[index], content)
    return files, _firsts(keys)


def _in_threads(read: Callable[[Path], Item], paths: Sequence[Path]) -> list[Item]:
    """Return what `read` gives for each path."""
    chunks = [paths[first : first + TOGETHER] for first in range(0, len(paths), TOGETHER)]
    with ThreadPoolExecutor(THREADS) as pool:
        results = pool.map(lambda chunk: [read(path) for path in chunk], chunks)
        return [item for chunk in results for item in chunk]


def _attributes(path: Path) -> tuple[int, int, int] | None:
    """Return device, inode and size of a file; None where there is no regular file."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    regular = stat.S_ISREG(found.st_mode)
    return (found.st_dev, found.st_ino, found.st_size) if regular else None


def _sample(path: Path) -> bytes | None:
    """Return a block from the middle of a file; None where it can't be read."""
    return _read(path, lambda file: _middle(file.fileno()))


def _middle(descriptor: int) -> bytes:
    size = os.fstat(descriptor).st_size
    os.lseek(descriptor, max(0, size // 2 - BLOCK // 2), os.SEEK_SET)
    return os.read(descriptor, BLOCK)


def _checksum(path: Path) -> bytes | None:
    """Return the SHA-256 of a file; None where it can't be read."""
    return _read(path, lambda file: hashlib.file_digest(file, "sha256").digest())


def _read(path: Path, read: Callable[..., bytes]) -> bytes | None:
    try:
        with path.open("rb", buffering=0) as file:
            return read(file)
    except OSError:
        return None


def _repeated(keys: Sequence[Hashable | None]) -> list[int]:
    """Return the indices of keys that occur more than once."""
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for index, key in enumerate(keys):
        if key is not None:
            groups[key].append(index)
    return [index for indices in groups.values() if len(indices) > 1 for index in indices]


def _firsts(keys: Sequence[Hashable | None]) -> Firsts:
    """Return for each key the index of its first occurrence, -1 for None."""
    first: dict[Hashable, int] = {}
    return np.array(
        [-1 if key is None else first.setdefault(key, index) for index, key in enumerate(keys)],
        dtype=np.int64,
    )
