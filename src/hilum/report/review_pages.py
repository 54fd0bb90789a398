"""Review sheets, review-1.html and so on, a page of slices at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hilum.progress import Progress

__all__ = ["write_review_pages"]

Rows = Sequence[int]


def write_review_pages(
    pages: Sequence[Rows],
    write: Callable[[int, Sequence[str], Rows], None],
    *,
    progress: Progress,
) -> list[str]:
    """Write each page; return the file names of all.

    Args:
        pages: the rows of the table on each.
        write: receives the 0-based number of a page, the names of all pages, which link each other,
            and the rows on it.
        progress: receives the number of pages written.
    """
    names = [f"review-{number}.html" for number in range(1, len(pages) + 1)]
    for number, rows in enumerate(pages):
        write(number, names, rows)
        progress.advance("writing review sheets", number + 1, len(pages))
    return names
