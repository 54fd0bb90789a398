"""Rectangles with print on them are found whole; tissue and margins are left."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from hilum.prepare.clean.plates import RIM, find_plates

SHAPE = (240, 300)


def slice_of() -> np.ndarray:
    """Grey, so that white and black plates both show."""
    return np.full(SHAPE, 120, dtype=np.uint8)


@pytest.mark.parametrize("level", [0, 255])
@pytest.mark.parametrize("corner", [(0, 0), (12, 9), (200, 240)])
def test_a_plate_is_found_with_its_letter(level: int, corner: tuple[int, int]) -> None:
    picture, (top, left) = slice_of(), corner
    picture[top : top + 40, left : left + 60] = level
    cv2.putText(picture, "B", (left + 20, top + 30), 0, 0.9, 255 - level, 2)
    found = find_plates(picture)
    assert found[top : top + 40, left : left + 60].all()
    assert found.sum() <= (40 + 2 * RIM) * (60 + 2 * RIM)


def test_a_plate_is_found_after_it_was_made_smaller_and_compressed() -> None:
    picture = slice_of()
    picture[6:70, 8:150] = 255
    cv2.putText(picture, "12-May 2014", (14, 45), 0, 0.6, 0, 1)
    small = cv2.resize(picture, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA)
    small = cv2.imdecode(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 85])[1], 0)
    found = find_plates(small)
    assert found[5:48, 6:104].all() and not found[60:].any() and not found[:, 120:].any()


def test_a_scale_bar_is_a_plate() -> None:
    picture = slice_of()
    picture[220:224, 30:90] = 255
    assert find_plates(picture)[220:224, 30:90].all()


def test_rounded_tissue_is_left() -> None:
    picture = slice_of()
    cv2.ellipse(picture, (100, 100), (50, 30), 0, 0, 360, 255, -1)
    cv2.ellipse(picture, (220, 150), (40, 40), 0, 0, 360, 0, -1)
    assert not find_plates(picture).any()


def test_a_tilted_rectangle_and_a_margin_are_left() -> None:
    picture = slice_of()
    corners = cv2.boxPoints(((150, 120), (60, 30), 25)).astype(np.int32)
    cv2.fillPoly(picture, [corners], 255)
    picture[:10] = 255
    assert not find_plates(picture).any()
