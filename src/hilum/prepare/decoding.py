"""Reading and resizing the slices of a table in several threads; errors name the row."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from hilum.boxes import check_inside, parse_boxes
from hilum.errors import TableError
from hilum.prepare.batches import batches
from hilum.prepare.network_view import network_view
from hilum.prepare.resize import resize
from hilum.prepare.slice_facts import SliceFacts
from hilum.progress import Progress
from hilum.readers.series_units import UnitFacts, series_notes
from hilum.table import SliceTable, read_row

__all__ = ["TURNED_REGIONS", "check_regions", "read_all"]

READERS = 4
"""Decoding threads; the decoders release the interpreter lock, which keeps two cores busy."""
AHEAD = 256
"""Slices queued at a time; bounds memory, and the work done before an error is raised."""

TURNED_REGIONS = (
    "the orientation in the file (EXIF or DICOM) turns this slice, and it is not known whether its "
    "boxes or its mask are turned as well; save the slice upright, or leave both cells empty"
)

Grey = npt.NDArray[np.uint8]


def read_all(
    table: SliceTable, grey: Mapping[int, Grey], facts: SliceFacts, progress: Progress
) -> None:
    """Read every slice once into the given arrays, a few hundred slices at a time.

    A slice in Hounsfield units is shown through the window of its row, or else the lung window.
    Slices of a table that is `harmonised` are. Those of a series that can't be in Hounsfield units,
    judged by all of its slices in the table, get a note.

    Args:
        table: n slices.
        grey: size -> (n, size, size) uint8, filled.
        facts: of n slices, filled.
        progress: receives the number of slices read.

    Raises:
        ReadError: a slice can't be read; the message names table, row and file.
        TableError: a box extends beyond its slice; or a slice that is turned upright has boxes or a
            mask.
    """

    units = [UnitFacts("", None, False)] * len(table)

    def read(row: int) -> dict[int, Grey]:
        image = read_row(table, row)
        units[row] = UnitFacts.of(image)
        facts.shapes[row] = image.shape
        facts.turned[row] = bool(image.turn)
        _check_row(table, row, facts)
        seen = network_view(image.grey, harmonised=table.harmonised)
        facts.notes[row] = (*image.notes, *seen.notes)
        facts.placements[row] = seen.placement
        return {size: resize(seen.pixels, size) for size in grey}

    with ThreadPoolExecutor(READERS) as pool:
        for chosen in batches(len(table), AHEAD):
            rows = range(chosen.start, chosen.stop)
            for row, pictures in zip(rows, pool.map(read, rows), strict=True):
                for size, picture in pictures.items():
                    grey[size][row] = picture
            progress.advance("reading slices", rows.stop, len(table))
    for row, note in enumerate(series_notes(units)):
        if note:
            facts.notes[row] = (*facts.notes[row], note)


def check_regions(table: SliceTable, facts: SliceFacts) -> None:
    """Raise TableError if the boxes or the mask of a slice don't fit its pixels.

    Boxes must lie within their slice. A slice that is turned upright when it is read must not have
    boxes or a mask: they belong to the pixels of the file, or of what drew them, which may differ.
    """
    cells = zip(table.rows["boxes"].tolist(), table.rows["mask"].tolist(), strict=True)
    for row, (boxes, mask) in enumerate(cells):
        if boxes or mask:
            _check_row(table, row, facts)


def _check_row(table: SliceTable, row: int, facts: SliceFacts) -> None:
    """Raise TableError if the boxes or the mask of one slice don't fit its pixels."""
    boxes = parse_boxes(table.rows["boxes"].iloc[row])
    column = "boxes" if boxes else "mask"
    try:
        rows, columns = facts.shapes[row].tolist()
        check_inside(boxes, (rows, columns))
        if facts.turned[row] and (boxes or table.rows["mask"].iloc[row]):
            raise TableError(TURNED_REGIONS)
    except TableError as error:
        raise TableError(f"{table.cell_name(row, column, with_slice=True)}: {error}.") from None
