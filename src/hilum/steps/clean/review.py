"""The review sheets of cleaned slices: the most changed first, then some that were not touched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from hilum.progress import Progress
from hilum.readers import LUNG, parse_window, read_in_colour, read_slice
from hilum.report.clean import Page, ReviewItem, write_page
from hilum.sources.volume_pictures import spread
from hilum.steps.clean.one_slice import CLEANED, UNTOUCHED, One
from hilum.table import SliceTable

__all__ = ["write_sheets"]

ON_A_PAGE = 40
"""Slices of one page: some 4 MB, which every browser opens."""

MOST_SHOWN = 800
"""Cleaned slices on all pages: more than anybody looks through; cleaned.csv has them all."""

UNTOUCHED_SHOWN = 40
"""Slices without a find, evenly spread over the table, on a page of their own: what was missed."""


def write_sheets(
    table: SliceTable, done: Sequence[One], folder: Path, *, progress: Progress
) -> list[str]:
    """Write review-1.html and so on into `folder`; return their names.

    Args:
        table: the slices as they were.
        done: what was done with each.
        folder: where the cleaned ones lie.
        progress: told how far it is.

    Raises:
        StorageError: the disk refused.
    """
    cleaned = [row for row, one in enumerate(done) if one.state == CLEANED]
    cleaned.sort(key=lambda row: (-float(done[row].changed), row))
    untouched = [row for row, one in enumerate(done) if one.state == UNTOUCHED]
    shown = cleaned[:MOST_SHOWN]
    parts = [shown[first : first + ON_A_PAGE] for first in range(0, len(shown), ON_A_PAGE)]
    parts = [*parts, spread(untouched, UNTOUCHED_SHOWN)] if untouched else parts
    names = [f"review-{number}.html" for number in range(1, len(parts) + 1)]
    for number, rows in enumerate(parts):
        page = Page(table.name, number, names, len(cleaned), len(untouched), len(table))
        write_page(_looks(table, done, folder, rows), page, folder)
        progress.advance("writing review sheets", number + 1, len(parts))
    return names


def _looks(
    table: SliceTable, done: Sequence[One], folder: Path, rows: Sequence[int]
) -> Iterator[ReviewItem]:
    """Yield what is to be seen of each slice."""
    paths = table.paths()
    for row in rows:
        one, path, cell = done[row], paths[row], table.rows["window"].iloc[row]
        window = parse_window(cell) if cell else LUNG
        colour = read_in_colour(path)
        before = read_slice(path, window=window).grey if colour is None else colour
        name = table.rows["slice_id"].iloc[row]
        if one.state != CLEANED:
            yield ReviewItem(name, one.changed, one.kinds, before, None, None)
            continue
        after, mask = read_in_colour(folder / one.path), read_slice(folder / one.mask).grey
        shown = read_slice(folder / one.path).grey if after is None else after
        yield ReviewItem(name, one.changed, one.kinds, before, mask > 0, shown)
