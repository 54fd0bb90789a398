"""Cleaning pictures: annotations drawn on phantoms go, phantoms without any stay as they are."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from hilum.prepare.clean import clean_picture
from hilum.prepare.clean.cleaning import LEAST_CHANGE

Picture = npt.NDArray[np.uint8]
Draw = Callable[[Picture, int], Picture]

CHANGED = 16
"""Grey levels by which an annotated pixel differs, as in benchmarks/clean.py."""


def test_phantoms_without_annotations_hardly_change(phantoms: list[Picture]) -> None:
    """Ribs that stand out from soft tissue are at times taken for annotations."""
    cleaned = [clean_picture(picture) for picture in phantoms]
    assert np.mean([one.share for one in cleaned]) <= 0.015
    untouched = [one for one in cleaned if not one.kinds]
    assert len(untouched) >= 3
    assert all(not one.mask.any() for one in untouched)


@pytest.mark.parametrize(
    ("level", "recall", "precision"),
    [(0, 0.9, 0.5), pytest.param(255, 0.45, 0.45, marks=[pytest.mark.slow])],
)
def test_what_was_drawn_is_found(
    phantoms: list[Picture], annotate: Draw, level: int, recall: float, precision: float
) -> None:
    """White arrows are missed where soft tissue and vessels are white, too."""
    drawn = filled = both = 0
    for picture in phantoms:
        marked = annotate(picture, level)
        changed = np.abs(marked.astype(int) - picture) > CHANGED
        mask = clean_picture(marked).mask
        drawn, filled = drawn + changed.sum(), filled + mask.sum()
        both += (changed & mask).sum()
    assert both / drawn >= recall
    assert both / filled >= precision


def test_what_filling_would_hardly_change_stays_as_it_is(
    phantoms: list[Picture], annotate: Draw
) -> None:
    marked = annotate(phantoms[1], 0)
    cleaned = clean_picture(marked)
    changed = np.abs(cleaned.pixels.astype(int) - marked)
    assert cleaned.mask.any()
    assert changed[cleaned.mask].min() > LEAST_CHANGE


@pytest.mark.parametrize("level", [0, pytest.param(30, marks=[pytest.mark.slow])])
def test_dark_air_beside_a_caption_is_not_taken_for_its_plate(
    phantoms: list[Picture], level: int
) -> None:
    """Lungs and air are as flat and dark as black plates are."""
    wrong = []
    for picture in phantoms:
        shown = np.where(picture < 90, level, picture).astype(np.uint8)
        shown[4:34, 4:104] = 255
        cv2.putText(shown, "11-Apr-2013", (8, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.45, 0, 1)
        cleaned = clean_picture(shown)
        assert cleaned.mask[8:30, 8:100].mean() > 0.5
        cleaned.mask[:40, :110] = False
        wrong.append(cleaned.mask.mean())
    assert np.mean(wrong) <= 0.015


def test_the_error_falls(phantoms: list[Picture], annotate: Draw) -> None:
    before = after = 0.0
    for picture in phantoms:
        marked = annotate(picture, 0)
        before += float(((marked.astype(float) - picture) ** 2).sum())
        after += float(((clean_picture(marked).pixels.astype(float) - picture) ** 2).sum())
    assert 10 * np.log10(before / after) >= 3


def test_nothing_outside_the_mask_changes_in_colour_either(
    phantoms: list[Picture], annotate: Draw
) -> None:
    marked = np.repeat(annotate(phantoms[0], 255)[..., None], 3, axis=2)
    cv2.arrowedLine(marked, (60, 250), (120, 200), (255, 220, 0), 3, cv2.LINE_AA)
    cleaned = clean_picture(marked)
    assert "coloured" in cleaned.kinds
    assert (cleaned.pixels[~cleaned.mask] == marked[~cleaned.mask]).all()
    yellow = np.ptp(cleaned.pixels.astype(int), axis=2) > 60
    assert not yellow.any()


@pytest.mark.parametrize("side", [100, 1800])
def test_small_and_large_pictures_keep_their_size(
    phantoms: list[Picture], annotate: Draw, side: int
) -> None:
    picture = cv2.resize(phantoms[1], (side, side), interpolation=cv2.INTER_AREA)
    marked = picture.copy()
    marked[: side // 8, : side // 6] = 255
    cleaned = clean_picture(marked)
    assert cleaned.pixels.shape == marked.shape
    assert cleaned.mask[: side // 8, : side // 6].mean() > 0.95
    assert cleaned.share < 0.05


def test_the_same_picture_is_always_cleaned_alike(phantoms: list[Picture], annotate: Draw) -> None:
    marked = annotate(phantoms[2], 0)
    first, again = clean_picture(marked), clean_picture(marked.copy())
    assert (first.pixels == again.pixels).all() and (first.mask == again.mask).all()


def test_a_picture_of_one_level_and_one_pixel_pass(phantoms: list[Picture]) -> None:
    for shape in ((1, 1), (3, 40), (64, 64)):
        flat = np.full(shape, 255, dtype=np.uint8)
        assert (clean_picture(flat).pixels == flat).all()
