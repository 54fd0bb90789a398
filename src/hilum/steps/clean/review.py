"""Review sheets of cleaned slices: the most changed first, then a sample of untouched ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from hilum.prepare import batches
from hilum.progress import Progress
from hilum.readers import read_in_colour, read_slice
from hilum.report.clean import Page, ReviewItem, write_page
from hilum.report.review_pages import write_review_pages
from hilum.sources.volume_pictures import spread
from hilum.steps.clean.one_slice import CLEANED, UNTOUCHED, CleanedRow
from hilum.table import SliceTable, read_row

__all__ = ["write_sheets"]

ON_A_PAGE = 40
"""Slices per page: about 4 MB, which every browser can open."""

MOST_SHOWN = 800
"""Maximum number of cleaned slices on all pages; cleaned.csv lists all of them."""

UNTOUCHED_SHOWN = 40
"""Untouched slices, spread evenly over the table, on a separate page that shows what was missed."""


def write_sheets(
    table: SliceTable, done: Sequence[CleanedRow], folder: Path, *, progress: Progress
) -> list[str]:
    """Write review-1.html and so on into `folder`; return their file names.

    Args:
        table: the original slices.
        done: the result for each of them.
        folder: the folder of the cleaned slices.
        progress: receives the number of pages written.

    Raises:
        StorageError: the disk refused.
    """
    cleaned = [row for row, result in enumerate(done) if result.state == CLEANED]
    cleaned.sort(key=lambda row: (-float(done[row].changed), row))
    untouched = [row for row, result in enumerate(done) if result.state == UNTOUCHED]
    shown = cleaned[:MOST_SHOWN]
    pages = [shown[chosen] for chosen in batches(len(shown), ON_A_PAGE)]
    pages = [*pages, spread(untouched, UNTOUCHED_SHOWN)] if untouched else pages

    def write(number: int, names: Sequence[str], rows: Sequence[int]) -> None:
        page = Page(table.name, number, names, len(cleaned), len(untouched), len(table))
        write_page(_review_items(table, done, folder, rows), page, folder)

    return write_review_pages(pages, write, progress=progress)


def _review_items(
    table: SliceTable, done: Sequence[CleanedRow], folder: Path, rows: Sequence[int]
) -> Iterator[ReviewItem]:
    """Yield the pictures of each slice."""
    paths = table.paths()
    for row in rows:
        result, colour = done[row], read_in_colour(paths[row])
        before = read_row(table, row).grey if colour is None else colour
        name = table.rows["slice_id"].iloc[row]
        if result.state != CLEANED:
            yield ReviewItem(name, result.changed, result.kinds, before, None, None)
            continue
        after, mask = read_in_colour(folder / result.path), read_slice(folder / result.mask).grey
        shown = read_slice(folder / result.path).grey if after is None else after
        yield ReviewItem(name, result.changed, result.kinds, before, mask > 0, shown)
