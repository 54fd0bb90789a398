"""A small HTML table, escaped: how tables, runs and metrics show themselves in a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import pandas as pd

__all__ = ["html_table", "slice_counts_html"]


def html_table(
    caption: str, header: Sequence[object], rows: Iterable[Sequence[object]], *, notes: str = ""
) -> str:
    """Return an HTML table without script, style sheet or address.

    Args:
        caption: what the table shows.
        header: the names of the columns; without names the table has no header.
        rows: one sequence of cells a row, as many as there are columns; the first cell names
            the row.
        notes: sentences below the table.

    Every text is escaped.
    """
    parts = [
        f'<table><caption style="text-align: left">{escape(caption)}</caption>',
        f"<thead>{_row(header, 'th')}</thead>" if header else "",
        f"<tbody>{''.join(_row(cells, 'td') for cells in rows)}</tbody></table>",
        f"<p>{escape(notes)}</p>" if notes else "",
    ]
    return "".join(parts)


def slice_counts_html(name: str, rows: pd.DataFrame, splits: Sequence[str]) -> str:
    """Return a table of slices, and groups in brackets, by label and split.

    Args:
        name: what the slice table is called.
        rows: its rows, with the columns `label`, `group`, `source` and `split`.
        splits: the names of splits in their order; rows without one are counted last.
    """
    named = rows["split"].replace("", "no split")
    present = [split for split in (*splits, "no split") if (named == split).any()]

    def count(chosen: pd.Series) -> str:
        groups = rows["group"][chosen].nunique()
        return f"{chosen.sum():,} ({groups:,})" if groups else "–"

    labels = sorted(rows["label"].unique())
    lines = [(la, *(count((rows["label"] == la) & (named == s)) for s in present)) for la in labels]
    caption = f"{name}: {len(rows):,} slices ({rows['group'].nunique():,} groups)"
    sources = ", ".join(sorted(rows["source"].unique()))
    return html_table(caption, ["label", *present], lines, notes=f"Sources: {sources}")


def _row(cells: Sequence[object], tag: str) -> str:
    """Return one row; its first cell is its name."""
    first, *others = (escape(str(cell)) for cell in cells)
    named = '<th scope="row" style="text-align: left">' if tag == "td" else "<th>"
    rest = "".join(f"<{tag}>{cell}</{tag}>" for cell in others)
    return f"<tr>{named}{first}</th>{rest}</tr>"
