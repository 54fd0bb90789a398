"""The lesions of a table's slices as regions of their pixels: by box and by mask."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hilum.boxes import NO_LESION, Region, box_region, check_inside, parse_boxes
from hilum.errors import HilumError, ReadError, TableError
from hilum.readers import read_slice
from hilum.storage.path_text import path_of_text
from hilum.table import SliceTable

__all__ = ["REGIONS", "has_lesion", "lesion_regions"]

REGIONS = ("boxes", "mask")
"""Kinds of annotation: the union of a slice's boxes, as in the paper, or the pixels of its mask."""


def has_lesion(rows: pd.DataFrame) -> pd.Series[bool]:
    """Return for each row whether it has a box or a mask; `none` in `boxes` counts as neither."""
    boxed = ~rows["boxes"].isin(["", NO_LESION])
    return boxed | ((rows["mask"] != "") & (rows["boxes"] != NO_LESION))


def lesion_regions(table: SliceTable, row: int, shape: tuple[int, int]) -> dict[str, Region]:
    """Return the regions of one slice by kind of annotation, see `REGIONS`.

    Missing kinds are left out, as is an empty mask.

    Args:
        table: the slices.
        row: 0-based.
        shape: rows and columns of the slice.

    Raises:
        TableError: a box extends beyond the slice.
        ReadError: the mask can't be read, or is of another shape than its slice.
    """
    found = {}
    boxes = parse_boxes(table.rows["boxes"].iloc[row])
    if boxes:
        try:
            check_inside(boxes, shape)
        except TableError as error:
            raise TableError(f"{table.cell_name(row, 'boxes')}: {error}") from None
        found["boxes"] = box_region(boxes, shape)
    mask = _mask(table, row, shape)
    if mask is not None and mask.any():
        found["mask"] = mask
    return found


def _mask(table: SliceTable, row: int, shape: tuple[int, int]) -> Region | None:
    """Return the mask of a slice, None where it has none."""
    path = table.rows["mask"].iloc[row]
    if not path:
        return None
    try:
        marked = read_slice(table.folder / path_of_text(path)).grey > 0
    except HilumError as error:
        raise ReadError(f"{table.cell_name(row, 'mask')}: {error}") from error
    if marked.shape != shape:
        raise ReadError(
            f"{table.cell_name(row, 'mask')}: a mask has the shape of its slice, {shape[0]} rows x "
            f"{shape[1]} columns; got {marked.shape[0]} x {marked.shape[1]}."
        )
    return np.asarray(marked, dtype=np.bool_)
