"""Harmonising one slice of a table and writing it, with its boxes and its mask."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hilum.boxes import NO_LESION, check_inside, format_boxes, parse_boxes
from hilum.errors import HilumError, ReadError, TableError
from hilum.prepare import TURNED_REGIONS
from hilum.prepare.harmonise import STEPS, ShownPart, harmonise
from hilum.readers import read_slice
from hilum.storage.path_text import path_of_text
from hilum.storage.png_file import write_png
from hilum.table import SliceTable, read_row

__all__ = ["HarmonisedRow", "harmonise_row"]


@dataclass(frozen=True)
class HarmonisedRow:
    """A row of harmonised.csv, all text.

    Attributes:
        path: the new picture, relative to the folder.
        lungs: one of `hilum.prepare.lungs.CODES`.
        boxes: of the new picture; empty where all of them lie outside of what it shows.
        mask: the new mask, relative to the folder; empty where the slice has none.
        rows, columns: of the slice before.
        turns: quarter turns counterclockwise that set it upright.
        part: what the picture shows of the upright slice, `row_min col_min row_max col_max`; it may
            reach beyond the slice.
    """

    path: str
    lungs: str
    boxes: str
    mask: str
    rows: str
    columns: str
    turns: str
    part: str

    @property
    def placement(self) -> tuple[tuple[int, int], int, tuple[int, int, int, int]]:
        """Shape of the slice, turns, and the edges of the part."""
        top, left, bottom, right = map(int, self.part.split())
        return (int(self.rows), int(self.columns)), int(self.turns), (top, left, bottom, right)


def harmonise_row(
    table: SliceTable, row: int, folder: Path, *, clean: bool = True
) -> HarmonisedRow:
    """Harmonise one slice into `images/` and `masks/` of the folder, named by its row number.

    With `clean`, annotations are filled in first.

    Raises:
        ReadError: the slice or its mask can't be read; or it is turned upright by its file, and its
            boxes or mask would no longer fit. The message names table and row.
        TableError: a box extends beyond its slice.
        StorageError: the disk refused.
    """
    image = read_row(table, row)
    boxes_text, mask_text = table.rows["boxes"].iloc[row], table.rows["mask"].iloc[row]
    boxes = parse_boxes(boxes_text)
    if image.turn and (boxes or mask_text):
        raise ReadError(f"{table.cell_name(row, 'path')}: {TURNED_REGIONS}.")
    try:
        check_inside(boxes, (image.shape[0], image.shape[1]))
    except TableError as error:
        raise TableError(f"{table.cell_name(row, 'boxes', with_slice=True)}: {error}.") from None
    done = harmonise(image.grey, steps=STEPS if clean else STEPS[1:])
    shown, name = done.placement, f"{row + 1:06d}.png"
    write_png(done.pixels, folder / "images" / name)
    if mask_text:
        mask = _mask(table, row, shown)
        write_png(mask.astype(np.uint8) * 255, folder / "masks" / name)
    moved = shown.boxes(boxes)
    moved_text = boxes_text if boxes_text in ("", NO_LESION) else format_boxes(moved)
    return HarmonisedRow(
        path=f"images/{name}", lungs=done.code,
        boxes="" if boxes and not moved else moved_text,
        mask=f"masks/{name}" if mask_text else "",
        rows=str(shown.shape[0]), columns=str(shown.shape[1]), turns=str(shown.turns),
        part=f"{shown.top} {shown.left} {shown.bottom} {shown.right}",
    )  # fmt: skip


def _mask(table: SliceTable, row: int, shown: ShownPart) -> npt.NDArray[np.bool_]:
    """Return a slice's mask as one of the new picture."""
    path = table.folder / path_of_text(table.rows["mask"].iloc[row])
    try:
        marked = read_slice(path).grey > 0
    except HilumError as error:
        raise ReadError(f"{table.cell_name(row, 'mask')}: {error}") from error
    if marked.shape != shown.shape:
        raise ReadError(
            f"{table.cell_name(row, 'mask')}: a mask has the shape of its slice, {shown.shape[0]} "
            f"rows x {shown.shape[1]} columns; got {marked.shape[0]} x {marked.shape[1]}."
        )
    return shown.mask(marked)
