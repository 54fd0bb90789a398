"""Near-duplicate pairs with the columns of both rows, sorted, as CSV and as pictures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from hilum.duplicates import MOST_SHOWN, Duplicates, draw_pairs
from hilum.readers import Window
from hilum.storage.atomic import new_file
from hilum.storage.path_text import path_of_text
from hilum.storage.png_file import write_png
from hilum.table import relative_to, write_csv

__all__ = ["CROSSED", "differ", "draw_sheet", "pairs_of", "write_pairs"]

CROSSED = ("group", "split", "source", "label")
"""Columns in which the two slices of a pair may differ, each counted in the summary."""


def pairs_of(rows: pd.DataFrame, found: Duplicates) -> pd.DataFrame:
    """Return the pairs with the columns of both rows, the most harmful pairs first."""
    first, second = found.pairs["first"].to_numpy(), found.pairs["second"].to_numpy()
    pairs = pd.DataFrame({"cluster": found.clusters[first]})
    for column in ("slice_id", *CROSSED, "table", "path"):
        values = rows[column].to_numpy()
        pairs[f"{column}_a"], pairs[f"{column}_b"] = values[first], values[second]
    pairs["distance"] = found.pairs["distance"]
    pairs["correlation"] = found.pairs["correlation"].round(4)
    order = pairs.assign(
        split=differ(pairs, "split"), group=differ(pairs, "group"), row=range(len(pairs))
    ).sort_values(["split", "group", "correlation", "row"], ascending=[False, False, False, True])
    return pairs.loc[order.index].reset_index(drop=True)


def differ(pairs: pd.DataFrame, column: str) -> pd.Series:
    """Return whether the two rows of each pair differ in a column and neither is empty."""
    one, other = pairs[f"{column}_a"], pairs[f"{column}_b"]
    return (one != other) & (one != "") & (other != "")


def write_pairs(pairs: pd.DataFrame, out: Path) -> None:
    """Write the pairs as CSV, with paths relative to its folder."""
    folder = out.resolve().parent
    relative = {
        name: [relative_to(folder, path) for path in pairs[name]] for name in ("path_a", "path_b")
    }
    write_csv(pairs.assign(**relative), out, escape=True)


def draw_sheet(
    out: Path,
    pairs: pd.DataFrame,
    shown: Mapping[tuple[str, str], tuple[Window, int | None]],
) -> None:
    """Draw the first pairs as PNG.

    Args:
        out: the file to write.
        pairs: as `pairs_of` returns them.
        shown: path and slice_id -> window and frame of the slice.
    """
    first = pairs.head(MOST_SHOWN)
    ends = [
        [(path, *shown[path, name]) for path, name in zip(paths, names, strict=True)]
        for paths, names in (
            (first["path_a"], first["slice_id_a"]),
            (first["path_b"], first["slice_id_b"]),
        )
    ]
    both = list(zip(*ends, strict=True))
    picture = draw_pairs(
        [(path_of_text(one[0]), path_of_text(other[0])) for one, other in both],
        [(one[1], other[1]) for one, other in both],
        [(one[2], other[2]) for one, other in both],
    )
    with new_file(out) as draft:
        write_png(picture, draft)
