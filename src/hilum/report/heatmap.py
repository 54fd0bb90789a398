"""A slice next to the same slice with its map: blue-yellow-red, the known boxes in green."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from hilum.boxes import Box

__all__ = ["draw_heatmap"]

SHOWN_SIDE = 320
"""Longest side of a slice in the picture, pixels: two fit a column of a page."""
GAP = 8
BAR = 12
SCALE_WIDTH = 56
"""Room on the right for the colour bar and its numbers."""
BLUE, YELLOW, RED = (43, 76, 176), (250, 220, 60), (200, 24, 30)
GREEN = (40, 220, 90)
STRONGEST = 0.65
"""Opacity of the map where it is hot: the anatomy must still be seen."""
OPAQUE_FROM = 0.35
"""Share of the scale from which the map is as opaque as it gets; below it fades out to nothing."""

RGB = npt.NDArray[np.uint8]


def draw_heatmap(
    grey: npt.NDArray[np.uint8],
    cam_map: npt.NDArray[np.float32],
    *,
    top: float,
    boxes: list[Box],
) -> Image.Image:
    """Return the slice, the slice under its map, and the colour bar, side by side.

    Args:
        grey: (rows, columns) uint8.
        cam_map: (rows, columns) float32 of the same shape, 0 or more.
        top: the value that is shown as full red; larger ones are too. The same `top` makes
            pictures comparable: a weak map stays pale.
        boxes: drawn in green on both.
    """
    factor = SHOWN_SIDE / max(grey.shape)
    size = (max(1, round(grey.shape[1] * factor)), max(1, round(grey.shape[0] * factor)))
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    plain = np.repeat(cv2.resize(grey, size, interpolation=how)[:, :, None], 3, axis=2)
    share = np.clip(cv2.resize(cam_map, size) / top, 0, 1) if top > 0 else np.zeros(size[::-1])
    opacity = STRONGEST * np.clip(share / OPAQUE_FROM, 0, 1)[:, :, None]
    mixed = (plain * (1 - opacity) + _colours(share) * opacity).astype(np.uint8)
    width = 2 * size[0] + 2 * GAP + SCALE_WIDTH
    sheet = Image.new("RGB", (width, size[1]), "white")
    sheet.paste(Image.fromarray(_framed(plain, boxes, factor)), (0, 0))
    sheet.paste(Image.fromarray(_framed(mixed, boxes, factor)), (size[0] + GAP, 0))
    _draw_scale(sheet, 2 * (size[0] + GAP), top)
    return sheet


def _colours(share: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return (..., 3) colours 0..255 of shares 0..1: blue, over yellow, to red."""
    stops = np.array([BLUE, YELLOW, RED], dtype=float)
    return np.stack(
        [np.interp(share, [0.0, 0.5, 1.0], stops[:, channel]) for channel in range(3)], axis=-1
    )


def _framed(picture: RGB, boxes: list[Box], factor: float) -> RGB:
    """Return a copy of `picture` with the boxes, given in pixels of the file, drawn around."""
    framed = np.ascontiguousarray(picture.copy())
    for box in boxes:
        row_min, col_min, row_max, col_max = (round(edge * factor) for edge in box)
        cv2.rectangle(framed, (col_min - 2, row_min - 2), (col_max + 1, row_max + 1), GREEN, 2)
    return framed


def _draw_scale(sheet: Image.Image, left: int, top: float) -> None:
    """Draw the colour bar with what its ends stand for, in logits."""
    height = sheet.height
    share = np.linspace(1, 0, height)[:, None].repeat(BAR, axis=1)
    sheet.paste(Image.fromarray(_colours(share).astype(np.uint8)), (left, 0))
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    draw.text((left + BAR + 4, 0), f"{top:.2g}", fill="black", font=font)
    draw.text((left + BAR + 4, height - 18), "0", fill="black", font=font)
