"""White frames are found, and white tissue is not taken for one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from hilum.prepare.clean.frames import find_frame


def slice_of(shape: tuple[int, int] = (200, 240)) -> np.ndarray:
    """A grey disc on black."""
    picture = np.zeros(shape, dtype=np.uint8)
    cv2.circle(picture, (shape[1] // 2, shape[0] // 2), 90, 120, -1)
    return picture


@pytest.mark.parametrize("sides", [3, 4])
def test_a_frame_is_found_with_the_line_that_is_blurred(sides: int) -> None:
    picture = slice_of()
    picture[:3] = picture[:, :2] = picture[-2:] = 255
    if sides == 4:
        picture[:, -5:] = 250
    found = find_frame(picture)
    assert found[:4].all() and found[:, :3].all() and found[-3:].all()
    assert found[:, -6:].all() == (sides == 4)
    assert not found[4:-3, 3:-6].any()


def test_two_sides_are_no_frame() -> None:
    picture = slice_of()
    picture[:3] = picture[-3:] = 255
    assert not find_frame(picture).any()


def test_white_tissue_that_reaches_the_edge_is_no_frame() -> None:
    picture = np.full((200, 240), 255, dtype=np.uint8)
    cv2.circle(picture, (120, 100), 70, 30, -1)
    assert not find_frame(picture).any()


def test_a_broad_margin_is_paper_and_left() -> None:
    picture = slice_of()
    picture[:30] = picture[-30:] = picture[:, :30] = picture[:, -30:] = 255
    assert not find_frame(picture).any()


def test_a_coloured_picture_has_frames_too() -> None:
    picture = np.repeat(slice_of()[..., None], 3, axis=2)
    picture[:2] = picture[-2:] = 255
    picture[:, :2] = picture[:, -2:] = 255
    assert find_frame(picture)[:2].all()
