"""Colours are found by themselves, tints and colour pictures are left."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from hilum.prepare.clean.colour import find_coloured

COLOURS = {"red": (255, 0, 0), "yellow": (255, 255, 0), "green": (40, 180, 60),
           "blue": (30, 60, 230), "orange": (250, 150, 60), "cyan": (0, 240, 255)}  # fmt: skip


def grey_slice() -> np.ndarray:
    rng = np.random.default_rng(1)
    grey = cv2.GaussianBlur(rng.integers(0, 256, (120, 160)).astype(np.uint8), (0, 0), 2)
    return np.repeat(grey[..., None], 3, axis=2)


@pytest.mark.parametrize("name", COLOURS)
@pytest.mark.parametrize("quality", [None, 80])
def test_an_arrow_of_each_colour_is_found(name: str, quality: int | None) -> None:
    picture, drawn = grey_slice(), np.zeros((120, 160), dtype=np.uint8)
    cv2.arrowedLine(drawn, (30, 30), (90, 80), 255, 3)
    picture[drawn > 0] = COLOURS[name]
    if quality:
        option = [cv2.IMWRITE_JPEG_QUALITY, quality]
        picture = cv2.imdecode(cv2.imencode(".jpg", picture[..., ::-1], option)[1], 1)[..., ::-1]
    found = find_coloured(picture)
    assert (found & (drawn > 0)).sum() >= 0.95 * (drawn > 0).sum()
    reach = 33 if quality else 3  # JPEG spreads colours over blocks of 16 x 16 pixels
    near = cv2.dilate(drawn, np.ones((reach, reach))) > 0
    assert not (found & ~near).any() and found.sum() <= 2.5 * (drawn > 0).sum()


def test_grey_and_tinted_slices_have_none() -> None:
    assert not find_coloured(grey_slice()[..., 0]).any()
    assert not find_coloured(grey_slice()).any()
    tinted = np.clip(grey_slice() * (0.9, 0.95, 1.0) + (0, 5, 15), 0, 255).astype(np.uint8)
    assert not find_coloured(tinted).any()


def test_a_colour_picture_is_left() -> None:
    picture = grey_slice()
    picture[:60, :, 1:] = 0
    assert not find_coloured(picture).any()
