"""A slice next to the same slice with its map: blue-yellow-red, the known boxes in green."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import cv2
import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from hilum.boxes import Box
from hilum.report.maps.colours import GREEN, colours_of, overlaid

__all__ = ["Caption", "Scale", "draw_heatmap"]

SHOWN_SIDE = 320
"""Longest side of a slice in the picture, pixels: two fit a column of a page."""
GAP = 8
BAR = 12
SCALE_WIDTH = 110
"""Room on the right for the colour bar and its numbers."""
LEAST_WIDTH = 560
"""Of a picture, pixels: narrow slices leave its caption room all the same."""
FOOT = 8
"""Room above and below the caption, pixels."""
TEXT, SMALL_TEXT = 27, 24
"""Sizes in pixels: readable in a report too, which shows the picture about half as large."""
LEADING = 1.3
"""Height of a line, as a multiple of its text size."""
INK, FAINT = (26, 34, 48), (93, 104, 120)
RESEARCH = "Research use only."

RGB = npt.NDArray[np.uint8]


class Scale(NamedTuple):
    """What the colours stand for: `top` is shown as full red (larger values are too), in `unit`."""

    top: float
    unit: str


class Caption(NamedTuple):
    """What stands under a picture: the map and its probability, the slice, and a remark."""

    of_map: str
    of_slice: str
    remark: str = ""


def draw_heatmap(
    grey: npt.NDArray[np.uint8],
    cam_map: npt.NDArray[np.float32],
    *,
    scale: Scale,
    boxes: list[Box],
    caption: Caption,
) -> Image.Image:
    """Return the slice, the slice under its map, and the colour bar, side by side, with a caption.

    Args:
        grey: (rows, columns) uint8.
        cam_map: (rows, columns) float32 of the same shape, 0 or more.
        scale: the same one makes pictures comparable: a weak map stays pale.
        boxes: drawn in green on both.
        caption: written under them.
    """
    factor = SHOWN_SIDE / max(grey.shape)
    size = (max(1, round(grey.shape[1] * factor)), max(1, round(grey.shape[0] * factor)))
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    plain = np.repeat(cv2.resize(grey, size, interpolation=how)[:, :, None], 3, axis=2)
    top = scale.top
    share = np.clip(cv2.resize(cam_map, size) / top, 0, 1) if top > 0 else np.zeros(size[::-1])
    mixed = overlaid(plain, share)
    width = max(LEAST_WIDTH, 2 * size[0] + 2 * GAP + SCALE_WIDTH)
    lines = _caption_lines(caption, scale, width)
    height = size[1] + 2 * FOOT + round(sum(LEADING * line.size for line in lines))
    sheet = Image.new("RGB", (width, height), "white")
    sheet.paste(Image.fromarray(_framed(plain, boxes, factor)), (0, 0))
    sheet.paste(Image.fromarray(_framed(mixed, boxes, factor)), (size[0] + GAP, 0))
    _draw_scale(sheet, (2 * (size[0] + GAP), size[1]), scale)
    _draw_caption(sheet, size[1], lines)
    return sheet


def _framed(picture: RGB, boxes: list[Box], factor: float) -> RGB:
    """Return a copy of `picture` with the boxes, given in pixels of the file, drawn around."""
    framed = np.ascontiguousarray(picture.copy())
    for box in boxes:
        row_min, col_min, row_max, col_max = (round(edge * factor) for edge in box)
        cv2.rectangle(framed, (col_min - 2, row_min - 2), (col_max + 1, row_max + 1), GREEN, 2)
    return framed


def _draw_scale(sheet: Image.Image, corner: tuple[int, int], scale: Scale) -> None:
    """Draw the colour bar with what its ends stand for."""
    left, height = corner
    share = np.linspace(1, 0, height)[:, None].repeat(BAR, axis=1)
    sheet.paste(Image.fromarray(colours_of(share).astype(np.uint8)), (left, 0))
    draw, font = ImageDraw.Draw(sheet), _font(SMALL_TEXT)
    draw.text((left + BAR + 4, 0), f"{scale.top:.2g}", fill=INK, font=font)
    draw.text((left + BAR + 4, height), "0", fill=INK, font=font, anchor="ls")


class _Line(NamedTuple):
    """A line of the caption, its size in pixels and its colour."""

    text: str
    size: float
    ink: tuple[int, int, int]


def _caption_lines(caption: Caption, scale: Scale, width: int) -> list[_Line]:
    """Return the caption in lines that fit a width in pixels."""
    small = (f"{caption.of_slice}. {caption.remark}".strip(), f"Scale: {scale.unit}. {RESEARCH}")
    texts = [(caption.of_map, TEXT, INK), *((text, SMALL_TEXT, FAINT) for text in small)]
    return [
        _Line(line, size, ink) for text, size, ink in texts for line in _wrapped(text, size, width)
    ]


def _wrapped(text: str, size: float, width: int) -> list[str]:
    """Return a text in lines that fit a width, broken between words; a longer word stays whole."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _font(size).getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _draw_caption(sheet: Image.Image, top: int, lines: list[_Line]) -> None:
    """Write the lines below the slices."""
    draw, at = ImageDraw.Draw(sheet), float(top + FOOT)
    for line in lines:
        draw.text((0, at), line.text, fill=line.ink, font=_font(line.size))
        at += LEADING * line.size


@cache
def _font(size: float) -> ImageFont.FreeTypeFont:
    """Return the font that matplotlib brings: class names may be of many scripts."""
    return ImageFont.truetype(Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", size)
