"""Review sheets of harmonised slices: those that need a look first, then a sample of the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from hilum.boxes import parse_boxes
from hilum.prepare import batches
from hilum.prepare.lungs import OK
from hilum.progress import Progress
from hilum.readers import read_slice
from hilum.report.harmonise import HarmoniseCard, HarmonisePage, write_harmonise_page
from hilum.report.review_pages import write_review_pages
from hilum.sources.volume_pictures import spread
from hilum.steps.harmonise.one_slice import HarmonisedRow
from hilum.table import SliceTable, read_row

__all__ = ["write_review"]

ON_A_PAGE = 60
"""Slices per page: about 4 MB, which every browser can open."""

MOST_FLAGGED, MOST_OK = 600, 180
"""Maximum number of slices shown that aren't `ok`, and of those that are, spread evenly over the
table; harmonised.csv lists all of them."""


def write_review(
    table: SliceTable, done: Sequence[HarmonisedRow], folder: Path, *, progress: Progress
) -> list[str]:
    """Write review-1.html and so on into `folder`; return their file names.

    Args:
        table: the original slices.
        done: the result for each of them.
        folder: the folder of the harmonised slices.
        progress: receives the number of pages written.

    Raises:
        StorageError: the disk refused.
    """
    flagged = [row for row, result in enumerate(done) if result.lungs != OK]
    fine = [row for row, result in enumerate(done) if result.lungs == OK]
    shown = flagged[:MOST_FLAGGED] + spread(fine, MOST_OK)
    pages = [shown[chosen] for chosen in batches(len(shown), ON_A_PAGE)]

    def write(number: int, names: Sequence[str], rows: Sequence[int]) -> None:
        page = HarmonisePage(table.name, number, names, len(flagged), len(table))
        write_harmonise_page(_cards(table, done, folder, rows), page, folder)

    return write_review_pages(pages, write, progress=progress)


def _cards(
    table: SliceTable, done: Sequence[HarmonisedRow], folder: Path, rows: Sequence[int]
) -> Iterator[HarmoniseCard]:
    """Yield each slice before and after."""
    for row in rows:
        result = done[row]
        _, turns, edges = result.placement
        before = np.ascontiguousarray(np.rot90(read_row(table, row).grey, turns))
        yield HarmoniseCard(
            name=table.rows["slice_id"].iloc[row], code=result.lungs, before=before, edges=edges,
            after=read_slice(folder / result.path).grey, boxes=parse_boxes(result.boxes),
        )  # fmt: skip
