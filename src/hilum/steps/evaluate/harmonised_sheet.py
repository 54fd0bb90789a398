"""A sheet of test slices before and after harmonising, for the report of such a run."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from hilum.prepare.harmonise import harmonise
from hilum.run import Run
from hilum.storage.atomic import new_file
from hilum.storage.png_file import write_png
from hilum.table import SliceTable, read_row

__all__ = ["write_harmonised_sheet"]

Grey = npt.NDArray[np.uint8]

SHOWN = 8
"""Slices on the sheet."""
SIDE, GAP = 144, 6
"""Side of a picture, and between pictures, pixels."""
PAPER = 255


def write_harmonised_sheet(run: Run, table: SliceTable) -> None:
    """Write harmonised.png into a run folder: test slices as they are, and below them as seen.

    Nothing is written where the network sees slices as they are.
    Labels take turns; each group is shown once while there are others.

    Raises:
        ReadError: a slice can't be read.
        StorageError: the disk refused.
    """
    if not table.harmonised:
        return
    columns = []
    for row in _chosen(table):
        grey = read_row(table, row).grey
        columns.append(np.vstack([_fitted(grey), _blank(GAP, SIDE), _seen(grey)]))
        columns.append(_blank(len(columns[0]), GAP))
    sheet = np.hstack(columns[:-1])
    with new_file(run.harmonised_file) as draft:
        write_png(sheet, draft)


def _seen(grey: Grey) -> Grey:
    """Return a slice harmonised, at the size of the sheet."""
    pixels = harmonise(grey).pixels
    return np.asarray(cv2.resize(pixels, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def _chosen(table: SliceTable) -> list[int]:
    """Return rows of test slices, labels in turn, each group once."""
    rows = table.rows[table.rows["split"] == "test"]
    first = rows.drop_duplicates("group")
    order = first.assign(turn=first.groupby("label").cumcount()).sort_values(["turn", "label"])
    return [int(row) for row in order.index[:SHOWN]]


def _fitted(grey: Grey) -> Grey:
    """Return all of a slice in the middle of a square of black."""
    scale = SIDE / max(grey.shape)
    sides = [max(1, round(side * scale)) for side in grey.shape[::-1]]
    small = cv2.resize(grey, sides, interpolation=cv2.INTER_AREA)
    square = np.zeros((SIDE, SIDE), np.uint8)
    top, left = (SIDE - sides[1]) // 2, (SIDE - sides[0]) // 2
    square[top : top + sides[1], left : left + sides[0]] = small
    return square


def _blank(rows: int, columns: int) -> Grey:
    return np.full((rows, columns), PAPER, np.uint8)
