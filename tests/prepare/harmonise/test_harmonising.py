"""A slice harmonised: the same chest shown in two ways becomes one picture."""

from __future__ import annotations

import cv2
import numpy as np
from drawn_chest import chest

from hilum.prepare.harmonise import GROUND, SIDE, harmonise
from hilum.prepare.harmonise.tones import AERATED


def test_lungs_fill_the_picture_at_fixed_grey_levels() -> None:
    done = harmonise(chest())
    assert done.pixels.shape == (SIDE, SIDE)
    assert done.code == "ok"
    assert abs(float(np.median(done.pixels[done.lungs])) - AERATED) < 6
    assert (done.pixels[0] == GROUND).all()
    assert done.lungs.any(axis=0).mean() > 0.6
    assert done.lungs.any(axis=1).mean() > 0.8


def test_contrast_frame_and_size_of_a_picture_do_not_show() -> None:
    grey = chest()
    other = cv2.copyMakeBorder((grey * 0.6 + 30).astype(np.uint8)[20:180], 0, 0, 40, 40, 0)
    other = cv2.resize(other, None, fx=1.4, fy=1.4)
    difference = np.abs(harmonise(grey).pixels.astype(int) - harmonise(other).pixels)
    assert difference.mean() < 4


def test_slice_without_lungs_is_shown_as_it_is() -> None:
    grey = np.full((90, 60), 120, np.uint8)
    done = harmonise(grey)
    assert done.code in ("no lung", "not a chest")
    assert not done.lungs.any()
    assert done.placement.boxes_back(done.placement.boxes([])) == []
    assert np.abs(done.pixels.astype(int) - 120)[12:-12, 12:-12].max() < 4
    assert (done.pixels[:8] == GROUND).all()
