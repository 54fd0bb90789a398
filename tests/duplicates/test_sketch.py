"""Sketches: laid over one another, however each was cropped."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from hilum.duplicates.sketch import SKETCH, best_overlay, sketch_of


def small(grey: np.ndarray) -> np.ndarray:
    return cv2.resize(np.ascontiguousarray(grey), (64, 64), interpolation=cv2.INTER_AREA)


def test_a_sketch_is_the_detail_stretched(blobs) -> None:  # type: ignore[no-untyped-def]
    found = sketch_of(small(blobs(1)))
    assert found.shape == (SKETCH, SKETCH) and np.abs(found).max() == 127
    assert not sketch_of(np.full((64, 64), 80, dtype=np.uint8)).any()


def test_an_overlay_of_the_same_is_whole_and_of_nothing_is_none(blobs) -> None:  # type: ignore[no-untyped-def]
    one = sketch_of(small(blobs(1)))
    found = best_overlay(one, np.stack([one, -one, np.zeros_like(one)]))
    assert found.tolist() == pytest.approx([1.0, float(found[1]), 0.0], abs=1e-6)
    assert found[1] < 0.9


@pytest.mark.parametrize("cut", [(0, 230, 26, 256), (20, 256, 0, 256), (14, 240, 18, 244)])
def test_what_was_cropped_fits_from_either_side(cut: tuple[int, ...], blobs) -> None:  # type: ignore[no-untyped-def]
    top, bottom, left, right = cut
    picture = blobs(2)
    pair = sketch_of(small(picture)), sketch_of(small(picture[top:bottom, left:right]))
    others = np.stack([sketch_of(small(blobs(seed))) for seed in range(3, 30)])
    for one, other in (pair, pair[::-1]):
        assert best_overlay(one, other[None])[0] > best_overlay(one, others).max()
