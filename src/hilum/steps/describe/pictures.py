"""How the picture of each slice was made: its file's header, and what its grey levels show."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.errors import ReadError
from hilum.prepare import batches
from hilum.prepare.lungs import body_mask, lungs_mask
from hilum.prepare.slice_facts import Notes
from hilum.progress import Progress
from hilum.readers import SliceImage
from hilum.readers.file_facts import read_file_facts
from hilum.storage.path_text import path_of_text
from hilum.table import SliceTable, read_row

__all__ = ["with_pictures"]

READERS = 4
"""Threads that read pictures: the decoders release the GIL."""
AHEAD = 256
"""Slices submitted at a time, to bound memory."""

CORNER = 0.05
"""Side of a corner, as a share of the picture's sides."""
DARK, BRIGHT = 64, 192
"""Median grey of the corners below which they are dark, and from which they are bright."""
CLIPPED = (1, 10, 30, 60)
"""Edges of the ranges of clipped pixels, per cent."""
SIDEDNESS = 1.02
"""Ratio of areas from which one lung is the larger one."""

Grey = npt.NDArray[np.uint8]


def with_pictures(table: SliceTable, progress: Progress) -> tuple[pd.DataFrame, list[Notes]]:
    """Return the rows with columns on how the pictures were made, and the notes on each slice.

    Columns (text): format; size, `rows x columns`; picture_rows, picture_columns; picture_mode,
    colour mode as stored (of DICOM the Photometric Interpretation); picture_bits of a channel;
    picture_quality of JPEG (1 to 100); picture_compression; picture_turned, the EXIF orientation;
    picture_corners `dark`, `grey` or `bright`; picture_clipped, the share of pixels at the darkest
    or the brightest level; picture_lungs, the half of the body that the lungs lie in;
    picture_larger_lung, its side in the picture. Empty where unknown.

    Raises:
        ReadError: a slice can't be read; the message names table, row and file.
    """
    looks: list[dict[str, str]] = []
    notes: list[Notes] = []
    with ThreadPoolExecutor(READERS) as pool:
        for batch in batches(len(table), AHEAD):
            chosen = range(batch.start, batch.stop)
            for look, notes_of_slice in pool.map(partial(_look, table), chosen):
                looks.append(look)
                notes.append(notes_of_slice)
            progress.advance("looking at slices", chosen.stop, len(table))
    found = pd.DataFrame(looks, dtype=str, index=table.rows.index).fillna("")
    return table.rows.assign(**{str(name): found[name] for name in found}), notes


def _look(table: SliceTable, row: int) -> tuple[dict[str, str], Notes]:
    """Return the columns and the notes of one slice."""
    image = read_row(table, row)
    return dict(_facts(table, row, image)), image.notes


def _facts(table: SliceTable, row: int, image: SliceImage) -> Iterator[tuple[str, str]]:
    """Yield column and value of one slice."""
    rows, columns = image.shape
    yield from (("format", image.format), ("size", f"{rows} x {columns}"))
    yield from (("picture_rows", str(rows)), ("picture_columns", str(columns)))
    try:
        facts = read_file_facts(table.folder / path_of_text(table.rows["path"].iloc[row]))
    except ReadError as error:
        raise ReadError(f"{table.cell_name(row, 'path')}: {error}") from error
    yield "picture_mode", facts.mode
    yield "picture_bits", str(facts.bits or "")
    yield "picture_quality", str(facts.quality or "")
    yield "picture_compression", facts.compression
    yield "picture_turned", "upright" if facts.turned == 1 else f"EXIF {facts.turned}"
    yield "picture_corners", _corners(image.grey)
    yield "picture_clipped", _clipped(image.grey)
    yield from _lie_of_lungs(image.grey)


def _corners(grey: Grey) -> str:
    """Return how bright the corners are; those of an inverted slice are bright."""
    rows, columns = (max(1, round(CORNER * side)) for side in grey.shape)
    corners = [
        grey[vertical, horizontal]
        for vertical in (slice(rows), slice(-rows, None))
        for horizontal in (slice(columns), slice(-columns, None))
    ]
    median = float(np.median([np.median(corner) for corner in corners]))
    return "dark" if median < DARK else "bright" if median >= BRIGHT else "grey"


def _clipped(grey: Grey) -> str:
    """Return the range that the share of pixels at 0 or 255 is in."""
    share = 100 * float(((grey == 0) | (grey == 255)).mean())
    edges = (0, *CLIPPED, 100)
    position = int(np.searchsorted(CLIPPED, share, side="right"))
    return f"{edges[position]} to {edges[position + 1]} %"


def _lie_of_lungs(grey: Grey) -> Iterator[tuple[str, str]]:
    """Yield where the lungs lie in the body, and which is larger; nothing where none are found.

    The spine lies behind the lungs and the heart on the left: in an upright slice the lungs lie
    above the middle of the body, and the right lung, on the picture's left, is mostly larger.
    """
    body, lungs = body_mask(grey), lungs_mask(grey)
    if not body.any() or not lungs.any():
        return
    rows, columns = np.nonzero(body)
    lung_rows, lung_columns = np.nonzero(lungs)
    above = lung_rows.mean() < (rows.min() + rows.max()) / 2
    yield "picture_lungs", "upper half" if above else "lower half"
    left = int((lung_columns < (columns.min() + columns.max()) / 2).sum())
    right = len(lung_columns) - left
    if max(left, right) >= SIDEDNESS * min(left, right):
        yield "picture_larger_lung", "left" if left > right else "right"
