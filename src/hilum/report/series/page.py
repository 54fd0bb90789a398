"""The page of a series: one self-contained HTML file that prints on one sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from hilum.report.jpeg_uri import jpeg_uri
from hilum.report.maps.colours import overlaid
from hilum.report.page import fill_page
from hilum.report.series.strip import StripSlice, strip
from hilum.storage.atomic import write_text

__all__ = ["SeriesPage", "TopPicture", "write_series_page"]

SIDE = 300
"""Pixels of a picture's longer side: sharp at 49 mm of print, and four pairs stay below 400 KB."""

Grey = npt.NDArray[np.uint8]


class TopPicture(NamedTuple):
    """A top slice.

    Attributes:
        letter: its mark in the strip.
        grey: (rows, columns) uint8.
        share: its map, (rows, columns) float32, 0 to 1 (full red); None: there is none.
        probability: of the positive class.
        where: position, file or number, as text.
        note: on its map; or empty.
    """

    letter: str
    grey: Grey
    share: npt.NDArray[np.float32] | None
    probability: float
    where: str
    note: str = ""


@dataclass(frozen=True)
class SeriesPage:
    """What a page shows.

    Attributes:
        title: of the series; no patient's name or id.
        predicted, positive: the class called, and the one that probabilities are of.
        probability: of the positive class.
        calibrated: the same, calibrated; None: there is none.
        joined: how slices were joined, in words.
        operating: how the class was called, in words.
        trust: lines on how far the run can be trusted; the first one in bold.
        facts: name and value of what is known of the series.
        notes: what is unusual about it, in sentences.
        slices: from feet to head.
        top: the highest first.
        map_unit: of the maps, in words; empty where there are none.
        threshold: see `strip`.
        run: what the run is called.
    """

    title: str
    predicted: str
    positive: str
    probability: float
    calibrated: float | None
    joined: str
    operating: str
    trust: Sequence[str]
    facts: Sequence[tuple[str, str]]
    notes: Sequence[str]
    slices: Sequence[StripSlice]
    top: Sequence[TopPicture]
    map_unit: str
    threshold: float | None
    run: str


def write_series_page(page: SeriesPage, path: Path) -> None:
    """Write the page of a series: no script, nothing loaded from elsewhere.

    Raises:
        StorageError: the disk refused.
    """
    figure = strip(
        page.slices, positive=page.positive, joined=page.probability, threshold=page.threshold
    )
    cards = [
        {
            "letter": one.letter, "probability": one.probability, "where": one.where,
            "note": one.note, "plain": jpeg_uri(_fitted(one.grey)),
            "mapped": "" if one.share is None else jpeg_uri(_mapped(one.grey, one.share)),
        }
        for one in page.top
    ]  # fmt: skip
    text = fill_page(
        "series_page.html", {"page": page, "cards": cards}, {"strip": figure},
        styles=("report", "series_page"), filters={},
    )  # fmt: skip
    write_text(path, text)


def _fitted(grey: Grey) -> Grey:
    """Return (rows, columns, 3) with SIDE pixels on the longer side."""
    scale = SIDE / max(grey.shape)
    sides = [max(1, round(side * scale)) for side in grey.shape[::-1]]
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    resized = cv2.resize(grey, sides, interpolation=how)
    return np.repeat(np.asarray(resized, dtype=np.uint8)[:, :, None], 3, axis=2)


def _mapped(grey: Grey, share: npt.NDArray[np.float32]) -> Grey:
    """Return the fitted slice under its map."""
    plain = _fitted(grey)
    return overlaid(plain, np.clip(cv2.resize(share, plain.shape[1::-1]), 0, 1))
