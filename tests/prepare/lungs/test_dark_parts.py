"""Lungs and body, found by dark and bright parts."""

from __future__ import annotations

import numpy as np
from drawn_chest import chest

from hilum.prepare.lungs import body_mask, lungs_mask


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / (one | other).sum())


def test_lungs_are_the_dark_parts_inside_the_body() -> None:
    grey = chest()
    assert overlap(lungs_mask(grey), grey == 30) > 0.9
    assert overlap(body_mask(grey), grey > 0) > 0.95


def test_air_around_a_tight_crop_is_no_lung_but_a_lung_is() -> None:
    grey = chest()[35:165, 15:185]
    assert overlap(lungs_mask(grey), grey == 30) > 0.9


def test_nothing_is_found_in_an_empty_picture() -> None:
    for grey in (np.zeros((64, 64), np.uint8), np.full((64, 64), 255, np.uint8)):
        assert not lungs_mask(grey).any()
    assert not body_mask(np.zeros((64, 64), np.uint8)).any()
