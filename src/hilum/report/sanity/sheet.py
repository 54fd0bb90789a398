"""A sheet of maps: one row a slice, one column for each network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from hilum.report.maps.colours import overlaid

__all__ = ["draw_sanity_sheet"]

TILE, GAP, HEAD = 132, 6, 54
"""Pixels: side of a picture, room between two, height of the columns' names."""
LETTER = 15
MOST_LETTERS = 14
"""Letters of a name that fit on a tile's width."""

Grey = npt.NDArray[np.uint8]
Map = npt.NDArray[np.float32]


def draw_sanity_sheet(slices: Sequence[Grey], columns: Mapping[str, Sequence[Map]]) -> Image.Image:
    """Return slices (side, side) uint8 next to their maps, every map scaled to its own largest.

    Args:
        slices: one a row; they fill the first column.
        columns: name -> a map for each slice, of the slice's shape or coarser; a map without
            anything in it leaves the slice as it is.
    """
    width = (len(columns) + 1) * (TILE + GAP) - GAP
    sheet = Image.new("RGB", (width, HEAD + len(slices) * (TILE + GAP) - GAP), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(LETTER)
    for column, name in enumerate(("slice", *columns)):
        draw.text((column * (TILE + GAP), 2), _in_lines(name), fill="black", font=font, spacing=3)
    for row, grey in enumerate(slices):
        top = HEAD + row * (TILE + GAP)
        plain = cv2.resize(grey, (TILE, TILE), interpolation=cv2.INTER_AREA)[:, :, None]
        picture = np.repeat(plain, 3, axis=2)
        sheet.paste(Image.fromarray(picture), (0, top))
        for column, maps in enumerate(columns.values(), start=1):
            tile = overlaid(picture, _share(maps[row]))
            sheet.paste(Image.fromarray(tile), (column * (TILE + GAP), top))
    return sheet


def _share(cam_map: Map) -> npt.NDArray[np.float64]:
    """Return a map at a tile's size as shares of its largest value, zero where it has none."""
    finite = np.nan_to_num(cam_map, nan=0.0, posinf=0.0, neginf=0.0)
    enlarged = cv2.resize(finite, (TILE, TILE), interpolation=cv2.INTER_LINEAR)
    top = float(finite.max())
    shares = enlarged / top if top > 0 else np.zeros_like(enlarged)
    return np.asarray(np.clip(shares, 0, 1), dtype=np.float64)


def _in_lines(name: str) -> str:
    """Return a column's name in lines that fit over a tile."""
    lines = [""]
    for word in name.split():
        longer = f"{lines[-1]} {word}".strip()
        if len(longer) > MOST_LETTERS and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return "\n".join(line[-MOST_LETTERS:] for line in lines[:3])
