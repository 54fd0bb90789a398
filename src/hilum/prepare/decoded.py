"""All slices of a table decoded once, as one array of small grey pictures.

They lie in the cache, and whoever asks for the same slices at the same size finds them there.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.errors import StorageError
from hilum.prepare.cache_entry import (
    KIND,
    key_of,
    new_array,
    open_kept,
    state_of,
    take_room,
    write_kept_shapes,
)
from hilum.prepare.decoding import check_boxes, read_all
from hilum.progress import SILENT, Progress
from hilum.storage.atomic import refuse_full_disk
from hilum.storage.cache import cache_entry, make_room, one_at_a_time
from hilum.table import SliceTable

__all__ = [
    "BATCH",
    "Decoded",
    "Pictures",
    "decode_sizes",
    "decode_table",
    "sized_batches",
]

BATCH = 32
"""Slices that a network sees at a time when it needs no gradients of its weights."""

Grey = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.int64]


class Pictures(Protocol):
    """(n, size, size) uint8 on the disk: an array, or chosen rows of one; not to be written to."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, size, size)."""

    def __len__(self) -> int: ...

    def __getitem__(self, chosen: slice | npt.NDArray[np.integer], /) -> Grey:
        """Return the chosen ones, in memory or memory-mapped."""


@dataclass(frozen=True)
class Decoded:
    """The slices of a table as the network sees them.

    Attributes:
        grey: (slices, size, size) uint8 in the table's order, memory-mapped.
        shapes: (slices, 2) int64, rows and columns of each file.
    """

    grey: Pictures
    shapes: npt.NDArray[np.int64]


@dataclass(frozen=True)
class _ChosenRows:
    """Some rows of an array, none of them copied until it is taken."""

    grey: Grey
    rows: Rows

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.rows), *self.grey.shape[1:])

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, chosen: slice | npt.NDArray[np.integer], /) -> Grey:
        return self.grey[self.rows[chosen]]


def sized_batches(decoded: Mapping[int, Pictures]) -> Iterator[dict[int, Grey]]:
    """Yield the same slices at each size, a batch at a time, in order.

    Args:
        decoded: size -> (n, size, size) uint8, of the same n slices.
    """
    count = min((len(grey) for grey in decoded.values()), default=0)
    for first in range(0, count, BATCH):
        yield {size: grey[first : first + BATCH] for size, grey in decoded.items()}


@contextmanager
def decode_table(
    table: SliceTable, *, size: int, whole: SliceTable | None = None, progress: Progress = SILENT
) -> Iterator[Decoded]:
    """Yield all slices of `table` decoded to `size`, from the cache where they are there.

    Else they are decoded into it, or, where it is off or full, into a file that is gone when the
    block ends. A file that was changed since is decoded again.

    A DICOM slice is shown through the window of its row, else through the lung window.

    Args:
        table: the slices.
        size: side of the square, pixels.
        whole: the table that `table` is a part of: where its slices are in the cache, these are
            taken from there.
        progress: told how far the reading is.

    Raises:
        ReadError: a slice can't be read; the message names table, row and file.
        TableError: a box reaches outside its slice.
        StorageError: no room for the array (slices x size x size bytes).
    """
    with decode_sizes(table, [size], whole=whole, progress=progress) as decoded:
        yield decoded[size]


@contextmanager
def decode_sizes(
    table: SliceTable,
    sizes: Iterable[int],
    *,
    whole: SliceTable | None = None,
    progress: Progress = SILENT,
) -> Iterator[dict[int, Decoded]]:
    """Yield all slices of `table` decoded to each of `sizes`; see `decode_table`.

    Every file is read at most once; without any size, none is.
    """
    wanted = sorted(set(sizes))
    with ExitStack() as stack:
        found = _part_of(whole, table, wanted, stack) if whole is not None else None
        yield _find_or_decode(table, wanted, stack, progress) if found is None else found


def _part_of(
    whole: SliceTable, table: SliceTable, sizes: list[int], stack: ExitStack
) -> dict[int, Decoded] | None:
    """Return the slices of `table` from those of `whole`; None unless all are in the cache."""
    rows = pd.Index(whole.rows["slice_id"]).get_indexer(pd.Index(table.rows["slice_id"]))
    if (rows < 0).any():
        return None
    entries = _entries(whole, sizes, stack)
    found = {}
    for size, entry in entries.items():
        kept = open_kept(entry, len(whole), size) if entry else None
        if kept is None:
            return None
        grey, shapes = kept
        check_boxes(table, shapes[rows])
        found[size] = Decoded(_ChosenRows(grey, rows.astype(np.int64)), shapes[rows])
    return found


def _find_or_decode(
    table: SliceTable, sizes: list[int], stack: ExitStack, progress: Progress
) -> dict[int, Decoded]:
    """Return the slices of `table`; what is opened for them is closed with `stack`.

    Of several processes that want the same, one decodes and the others wait for it.
    """
    entries, count = _entries(table, sizes, stack), len(table)
    with ExitStack() as making:
        for entry in filter(None, entries.values()):
            making.enter_context(one_at_a_time(entry))
        found = _open_all(entries, count)
        for decoded in found.values():
            check_boxes(table, decoded.shapes)
        missing = [size for size in sizes if size not in found]
        if missing:
            found |= _decode(table, {size: entries[size] for size in missing}, stack, progress)
    return {size: found[size] for size in sizes}


def _entries(table: SliceTable, sizes: list[int], stack: ExitStack) -> dict[int, Path | None]:
    """Return the cache's entry for each size, in use until `stack` is closed."""
    state = state_of(table) if sizes else None
    if state is None:
        return dict.fromkeys(sizes)
    return {size: stack.enter_context(cache_entry(KIND, key_of(state, size))) for size in sizes}


def _open_all(entries: Mapping[int, Path | None], count: int) -> dict[int, Decoded]:
    """Return what is whole in its entry."""
    opened = {
        size: open_kept(entry, count, size) for size, entry in entries.items() if entry is not None
    }
    return {size: Decoded(*kept) for size, kept in opened.items() if kept is not None}


def _decode(
    table: SliceTable, entries: Mapping[int, Path | None], stack: ExitStack, progress: Progress
) -> dict[int, Decoded]:
    """Return slices decoded into their entries, or where that can't be, into temporary files."""
    shapes = np.zeros((len(table), 2), dtype=np.int64)
    with ExitStack() as writing:
        grey, kept = {}, []
        for size, entry in entries.items():
            shape = (len(table), size, size)
            room = _room_in(entry, shape, writing) if entry else None
            if entry and room is not None:
                kept.append(entry)
            else:
                room = _room_in_file(
                    stack.enter_context(tempfile.TemporaryFile(prefix="hilum-decoded-")), shape
                )
            grey[size] = room
        read_all(table, grey, shapes, progress)
        for entry in kept:
            with suppress(StorageError):  # without them, the entry counts as not there
                write_kept_shapes(entry, shapes)
    return {size: Decoded(pictures, shapes) for size, pictures in grey.items()}


def _room_in(entry: Path, shape: tuple[int, int, int], writing: ExitStack) -> Grey | None:
    """Return a new array in an entry, or None where it does not fit."""
    if not make_room(int(np.prod(shape))):
        return None
    try:
        return writing.enter_context(new_array(entry, shape))
    except StorageError:
        return None


def _room_in_file(file: IO[bytes], shape: tuple[int, int, int]) -> Grey:
    """Return an array in a temporary file.

    The file has no name where the system allows it, so that nothing is left behind even by a
    process that is killed.
    """
    size = int(np.prod(shape))
    refuse_full_disk(Path(tempfile.gettempdir()), size)
    take_room(file.fileno(), size)
    return np.memmap(file, dtype=np.uint8, mode="r+", shape=shape)
