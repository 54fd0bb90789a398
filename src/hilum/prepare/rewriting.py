"""Rewriting the slices of a table: in threads, and the list of what came of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pandas as pd

from hilum.prepare.batches import batches
from hilum.progress import Progress
from hilum.table import SliceTable, write_csv

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["rewrite_rows", "write_results"]

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


def write_results(table: SliceTable, results: Sequence[DataclassInstance], path: Path) -> None:
    """Write a CSV of `slice_id` and the fields of each slice's result, all text.

    Args:
        table: the slices.
        results: one for each of them, dataclasses of one type.
        path: the file; cells that a spreadsheet would run are escaped.

    Raises:
        StorageError: the disk refused.
    """
    names = [field.name for field in fields(results[0])]
    rows = pd.DataFrame([asdict(one) for one in results], columns=names, dtype=str)
    rows.insert(0, "slice_id", table.rows["slice_id"].to_numpy())
    write_csv(rows, path, escape=True)
