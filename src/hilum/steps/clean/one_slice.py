"""Cleaning one slice of a table and writing it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hilum.errors import ReadError
from hilum.prepare import TURNED_REGIONS
from hilum.prepare.clean import Cleaned, clean_picture
from hilum.readers import cell_window, read_in_colour, read_slice
from hilum.storage.atomic import as_storage_error
from hilum.storage.png_file import write_png

__all__ = ["CLEANED", "STATES", "CleanTask", "CleanedRow", "clean_one"]

CLEANED, UNTOUCHED, HOUNSFIELD = "cleaned", "untouched", "hounsfield"
STATES = (CLEANED, UNTOUCHED, HOUNSFIELD)
"""Annotations filled in; nothing found, copied; DICOM in Hounsfield units, copied unseen."""

SUFFIXES = {
    "PNG": ".png", "JPEG": ".jpg", "TIFF": ".tif", "BMP": ".bmp", "WebP": ".webp", "DICOM": ".dcm",
}  # fmt: skip


@dataclass(frozen=True)
class CleanTask:
    """A slice to clean.

    Attributes:
        row, path, window, frame: of the slice in its table.
        has_regions: whether the table has boxes or a mask for it.
        folder: where to write.
    """

    row: int
    path: Path
    window: str
    frame: int | None
    has_regions: bool
    folder: Path


@dataclass(frozen=True)
class CleanedRow:
    """A row of cleaned.csv, all text.

    Attributes:
        path: the new file, relative to the folder.
        state: one of STATES.
        changed: the share of the pixels that was filled in, 0 to 1; empty for DICOM.
        kinds: the kinds of annotations found, joined by `; `.
        mask: the PNG with filled pixels as 255, relative; empty if nothing was filled in.
    """

    path: str
    state: str
    changed: str = ""
    kinds: str = ""
    mask: str = ""


def clean_one(task: CleanTask) -> CleanedRow:
    """Clean one slice into `images/` and `masks/` of the folder, named by its row number.

    Raises:
        UsageError: there is no such file.
        ReadError: the file is not a slice, is broken or too large; or it is turned upright, and
            its boxes or mask would no longer fit.
        StorageError: the disk refused.
    """
    window = cell_window(task.window)
    image = read_slice(task.path, window=window, frame=task.frame)
    if image.turn and task.has_regions:
        raise ReadError(f"{TURNED_REGIONS}.")
    name = f"{task.row + 1:06d}"
    copy = f"images/{name}{SUFFIXES[image.format]}"
    if image.hu is not None:
        return _copied(task, copy, CleanedRow(copy, HOUNSFIELD))
    colours = read_in_colour(task.path)
    cleaned = clean_picture(image.grey if colours is None else colours)
    if not cleaned.kinds:
        return _copied(task, copy, CleanedRow(copy, UNTOUCHED, "0"))
    return _written(task, name, cleaned)


def _copied(task: CleanTask, name: str, row: CleanedRow) -> CleanedRow:
    """Copy the file unchanged."""
    with as_storage_error(task.folder / name):
        shutil.copyfile(task.path, task.folder / name)
    return row


def _written(task: CleanTask, name: str, cleaned: Cleaned) -> CleanedRow:
    """Write the cleaned picture and its mask as PNG."""
    picture, mask = f"images/{name}.png", f"masks/{name}.png"
    bgr = cleaned.pixels if cleaned.pixels.ndim == 2 else cleaned.pixels[..., ::-1]
    write_png(bgr, task.folder / picture)
    write_png(cleaned.mask.astype(np.uint8) * 255, task.folder / mask)
    return CleanedRow(picture, CLEANED, f"{cleaned.share:.6f}", "; ".join(cleaned.kinds), mask)
