"""The pages to look harmonised slices through: before with what was cut out, and after."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from hilum.boxes import Box
from hilum.report.jpeg_uri import jpeg_uri
from hilum.report.page import fill_page
from hilum.storage.atomic import write_text

__all__ = ["HarmoniseCard", "HarmonisePage", "write_harmonise_page"]

Grey = npt.NDArray[np.uint8]

SIDE = 280
"""Pixels of a picture's longer side on the page."""
PART, LESION = (255, 84, 0), (0, 190, 255)
"""Vermilion for the part that is shown, blue for boxes of lesions: grey slices have neither."""


@dataclass(frozen=True)
class HarmoniseCard:
    """One slice to look at.

    Attributes:
        name: its slice_id.
        code: quality code of its lungs.
        before: (rows, columns) uint8, upright.
        edges: of the part that is shown: top, left, bottom, right in pixels of `before`.
        after: (side, side) uint8.
        boxes: of lesions in `after`.
    """

    name: str
    code: str
    before: Grey
    edges: tuple[int, int, int, int]
    after: Grey
    boxes: Sequence[Box]


@dataclass(frozen=True)
class HarmonisePage:
    """A page among its like.

    Attributes:
        table: what the table is called.
        number: 0-based, of this page.
        names: file names of all pages, in order.
        flagged, slices: slices whose lungs aren't `ok`, and all.
    """

    table: str
    number: int
    names: Sequence[str]
    flagged: int
    slices: int


def write_harmonise_page(cards: Iterable[HarmoniseCard], page: HarmonisePage, folder: Path) -> None:
    """Write one page: self-contained, no script, nothing loaded from elsewhere.

    Raises:
        StorageError: the disk refused.
    """
    shown = [
        {"name": card.name, "code": card.code, "before": _before(card), "after": _after(card)}
        for card in cards
    ]
    content = {"cards": shown, "page": page}
    styles = ("report", "clean", "harmonise")
    text = fill_page("harmonise.html", content, {}, styles=styles, filters={})
    write_text(folder / page.names[page.number], text)


def _before(card: HarmoniseCard) -> str:
    scale = min(1.0, SIDE / max(card.before.shape))
    colour = _enlarged(card.before, scale)
    top, left, bottom, right = (round(edge * scale) for edge in card.edges)
    cv2.rectangle(colour, (left, top), (right - 1, bottom - 1), PART, 1)
    return jpeg_uri(colour)


def _after(card: HarmoniseCard) -> str:
    scale = SIDE / max(card.after.shape)
    colour = _enlarged(card.after, scale)
    for box in card.boxes:
        corners = [round(edge * scale) for edge in box]
        cv2.rectangle(colour, (corners[1], corners[0]), (corners[3], corners[2]), LESION, 1)
    return jpeg_uri(colour)


def _enlarged(grey: Grey, scale: float) -> Grey:
    """Return (rows, columns, 3) at another size."""
    sides = [max(1, round(side * scale)) for side in grey.shape[::-1]]
    sized = cv2.resize(grey, sides, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return np.ascontiguousarray(np.repeat(sized[..., None], 3, axis=2))
