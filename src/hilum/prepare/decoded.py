"""All slices of a table decoded once into one array of small grey pictures.

The array is cached, so that the same slices at the same size are decoded only once.
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
from hilum.prepare.batches import batches
from hilum.prepare.cache_entry import (
    KIND,
    allocate,
    key_of,
    new_array,
    open_entry,
    state_of,
    write_facts,
)
from hilum.prepare.decoding import check_regions, read_all
from hilum.prepare.slice_facts import Notes, SliceFacts
from hilum.progress import SILENT, Progress
from hilum.storage.atomic import refuse_full_disk
from hilum.storage.cache import cache_entry, make_room, one_at_a_time
from hilum.table import SliceTable

__all__ = [
    "Decoded",
    "Pictures",
    "decode_sizes",
    "decode_table",
    "sized_batches",
]

Grey = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.int64]


class Pictures(Protocol):
    """Read-only pictures (n, size, size) uint8 on disk: an array, or chosen rows of one."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, size, size)."""

    def __len__(self) -> int: ...

    def __getitem__(self, chosen: slice | npt.NDArray[np.integer], /) -> Grey:
        """Return the chosen pictures, in memory or memory-mapped."""


@dataclass(frozen=True)
class Decoded:
    """The decoded slices of a table.

    Attributes:
        grey: (slices, size, size) uint8 in the table's order, memory-mapped.
        facts: size, turn and notes of each slice.
    """

    grey: Pictures
    facts: SliceFacts

    @property
    def shapes(self) -> npt.NDArray[np.int64]:
        """(slices, 2) int64, rows and columns of each slice."""
        return self.facts.shapes

    @property
    def placements(self) -> list[str]:
        """Which part of each slice its picture shows, as `ShownPart.text`; "" for all of it."""
        return self.facts.placements

    @property
    def notes(self) -> list[Notes]:
        """What is unusual about each slice."""
        return self.facts.notes


@dataclass(frozen=True)
class _ChosenRows:
    """Chosen rows of an array; a row is copied only when it is read."""

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
    """Yield batches of the same slices at each size, in order.

    Args:
        decoded: size -> (n, size, size) uint8, of the same n slices.
    """
    count = min((len(grey) for grey in decoded.values()), default=0)
    for batch in batches(count):
        yield {size: grey[batch] for size, grey in decoded.items()}


@contextmanager
def decode_table(
    table: SliceTable,
    *,
    size: int,
    full_table: SliceTable | None = None,
    progress: Progress = SILENT,
) -> Iterator[Decoded]:
    """Yield all slices of `table` decoded to `size`, from the cache if possible.

    Missing slices are decoded into the cache, or, if it is off or full, into a temporary file that
    is deleted when the block ends. A changed file is decoded again.

    A slice in Hounsfield units is shown through the window of its row, or else the lung window.
    Slices of a table that is `harmonised` are; their shapes are still those of the files.

    Args:
        table: the slices.
        size: side of the square in pixels.
        full_table: a table that contains all rows of `table`; if its slices are cached, they are
            used.
        progress: receives the number of slices read.

    Raises:
        ReadError: a slice can't be read; the message names table, row and file.
        TableError: a box extends beyond its slice; or a slice that is turned upright has boxes or a
            mask.
        StorageError: no disk space for the array (slices x size x size bytes).
    """
    with decode_sizes(table, [size], full_table=full_table, progress=progress) as decoded:
        yield decoded[size]


@contextmanager
def decode_sizes(
    table: SliceTable,
    sizes: Iterable[int],
    *,
    full_table: SliceTable | None = None,
    progress: Progress = SILENT,
) -> Iterator[dict[int, Decoded]]:
    """Yield all slices of `table` decoded to each of `sizes`; see `decode_table`.

    Every file is read at most once, and none if `sizes` is empty.
    """
    wanted = sorted(set(sizes))
    with ExitStack() as stack:
        found = (
            _from_full_table(full_table, table, wanted, stack) if full_table is not None else None
        )
        yield _find_or_decode(table, wanted, stack, progress) if found is None else found


def _from_full_table(
    full_table: SliceTable, table: SliceTable, sizes: list[int], stack: ExitStack
) -> dict[int, Decoded] | None:
    """Return the slices of `table` from those of `full_table`; None unless all are cached."""
    rows = pd.Index(full_table.rows["slice_id"]).get_indexer(pd.Index(table.rows["slice_id"]))
    if (rows < 0).any():
        return None
    entries = _entries(full_table, sizes, stack)
    found = {}
    for size, entry in entries.items():
        opened = open_entry(entry, len(full_table), size) if entry else None
        if opened is None:
            return None
        grey, facts = opened
        chosen = facts.chosen(rows)
        check_regions(table, chosen)
        found[size] = Decoded(_ChosenRows(grey, rows.astype(np.int64)), chosen)
    return found


def _find_or_decode(
    table: SliceTable, sizes: list[int], stack: ExitStack, progress: Progress
) -> dict[int, Decoded]:
    """Return the slices of `table`; whatever is opened for them is closed with `stack`.

    If several processes need the same slices, one decodes them and the others wait.
    """
    entries, count = _entries(table, sizes, stack), len(table)
    with ExitStack() as making:
        for entry in filter(None, entries.values()):
            making.enter_context(one_at_a_time(entry))
        found = _open_all(entries, count)
        for decoded in found.values():
            check_regions(table, decoded.facts)
        missing = [size for size in sizes if size not in found]
        if missing:
            found |= _decode(table, {size: entries[size] for size in missing}, stack, progress)
    return {size: found[size] for size in sizes}


def _entries(table: SliceTable, sizes: list[int], stack: ExitStack) -> dict[int, Path | None]:
    """Return the cache entry of each size, locked as in use until `stack` is closed."""
    state = state_of(table) if sizes else None
    if state is None:
        return dict.fromkeys(sizes)
    return {size: stack.enter_context(cache_entry(KIND, key_of(state, size))) for size in sizes}


def _open_all(entries: Mapping[int, Path | None], count: int) -> dict[int, Decoded]:
    """Return the slices of all complete entries."""
    opened = {
        size: open_entry(entry, count, size) for size, entry in entries.items() if entry is not None
    }
    return {size: Decoded(*arrays) for size, arrays in opened.items() if arrays is not None}


def _decode(
    table: SliceTable, entries: Mapping[int, Path | None], stack: ExitStack, progress: Progress
) -> dict[int, Decoded]:
    """Decode slices into their entries or, if that is impossible, into temporary files."""
    facts = SliceFacts.empty(len(table))
    with ExitStack() as writing:
        grey, filled = {}, []
        for size, entry in entries.items():
            shape = (len(table), size, size)
            array = _new_array(entry, shape, writing) if entry else None
            if entry and array is not None:
                filled.append(entry)
            else:
                array = _array_in_file(
                    stack.enter_context(tempfile.TemporaryFile(prefix="hilum-decoded-")), shape
                )
            grey[size] = array
        read_all(table, grey, facts, progress)
        for entry in filled:
            with suppress(StorageError):  # an entry without facts counts as missing
                write_facts(entry, facts)
    return {size: Decoded(pictures, facts) for size, pictures in grey.items()}


def _new_array(entry: Path, shape: tuple[int, int, int], writing: ExitStack) -> Grey | None:
    """Return a new array in an entry, or None if it does not fit."""
    if not make_room(int(np.prod(shape))):
        return None
    try:
        return writing.enter_context(new_array(entry, shape))
    except StorageError:
        return None


def _array_in_file(file: IO[bytes], shape: tuple[int, int, int]) -> Grey:
    """Return an array in a temporary file.

    The file has no name on systems that allow it, so that even a killed process leaves nothing
    behind.
    """
    size = int(np.prod(shape))
    refuse_full_disk(Path(tempfile.gettempdir()), size)
    allocate(file.fileno(), size)
    return np.memmap(file, dtype=np.uint8, mode="r+", shape=shape)
