"""The pages to look cleaned slices through: before, what was filled in, after."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from hilum.report.jpeg_uri import jpeg_uri
from hilum.report.page import fill_page
from hilum.storage.atomic import write_text

__all__ = ["Page", "ReviewItem", "write_page"]

Pixels = npt.NDArray[np.uint8]

SIDE = 360
"""Pixels of a picture's longer side on the page: three fit next to each other on a laptop."""

FILLED = (255, 84, 0)
"""Vermilion, which no slice and few annotations have."""

DIMMED = 0.45
"""The slice behind what was filled in."""


@dataclass(frozen=True)
class ReviewItem:
    """One slice to look at.

    Attributes:
        slice_id: its name.
        changed: share of the pixels that was filled in, as text.
        kinds: what was found, joined by `; `.
        before: (rows, columns) or (rows, columns, 3) uint8, red green blue.
        mask: (rows, columns) bool, what was filled in; None where nothing was found.
        after: as `before`, or None.
    """

    slice_id: str
    changed: str
    kinds: str
    before: Pixels
    mask: npt.NDArray[np.bool_] | None
    after: Pixels | None


@dataclass(frozen=True)
class Page:
    """A page among its like.

    Attributes:
        table: what the table is called.
        number: 0-based, of this page.
        names: file names of all pages, in order.
        cleaned, untouched, slices: how many there are in all.
    """

    table: str
    number: int
    names: Sequence[str]
    cleaned: int
    untouched: int
    slices: int


def write_page(items: Iterable[ReviewItem], page: Page, folder: Path) -> None:
    """Write one page: self-contained, no script, nothing loaded from elsewhere.

    Raises:
        StorageError: the disk refused.
    """
    cards = [_card(item) for item in items]
    content = {"cards": cards, "page": page, "compared": any(card["after"] for card in cards)}
    styles = ("report", "clean")
    text = fill_page("clean.html", content, {}, styles=styles, filters={"percent": _percent})
    write_text(folder / page.names[page.number], text)


def _percent(share: str) -> str:
    """Return a share in percent: two digits that count, 0.01 % at the least."""
    percent = 100 * float(share)
    return f"{percent:.1f} %" if percent >= 1 else f"{max(percent, 0.01):.2f} %"


def _card(item: ReviewItem) -> dict[str, Any]:
    """Return what the template shows of a slice."""
    pictures = {"before": jpeg_uri(_fitted(item.before)), "mask": "", "after": ""}
    if item.mask is not None and item.after is not None:
        pictures["mask"] = jpeg_uri(_marked(item.before, item.mask))
        pictures["after"] = jpeg_uri(_fitted(item.after))
    return {"name": item.slice_id, "changed": item.changed, "kinds": item.kinds, **pictures}


def _marked(before: Pixels, mask: npt.NDArray[np.bool_]) -> Pixels:
    """Return the dimmed slice with what was filled in on top; thin lines stay in sight."""
    base = _fitted(before).astype(np.float32) * DIMMED
    cover = _fitted(mask.astype(np.uint8) * 255).astype(np.float32)[..., :1] / 255
    cover = np.minimum(1, 2 * cover)
    return np.asarray(base * (1 - cover) + cover * np.array(FILLED), dtype=np.uint8)


def _fitted(pixels: Pixels) -> Pixels:
    """Return (rows, columns, 3) with SIDE pixels on the longer side; small pictures keep theirs."""
    colour = pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)
    scale = min(1.0, SIDE / max(colour.shape[:2]))
    sides = [max(1, round(side * scale)) for side in colour.shape[1::-1]]
    return np.asarray(cv2.resize(colour, sides, interpolation=cv2.INTER_AREA), dtype=np.uint8)
