"""Quality codes of masks."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from hilum.prepare.lungs.quality import code_of_mask


def lungs(*ellipses: tuple[tuple[int, int], tuple[int, int]]) -> np.ndarray:
    mask = np.zeros((100, 120), np.uint8)
    for centre, sides in ellipses:
        cv2.ellipse(mask, centre, sides, 0, 0, 360, 1, -1)
    return mask > 0


LEFT, RIGHT = ((35, 50), (18, 30)), ((85, 50), (18, 30))


@pytest.mark.parametrize(
    ("mask", "code"),
    [
        (lungs(LEFT, RIGHT), "ok"),
        (lungs(LEFT), "one lung"),
        (lungs(LEFT, ((85, 50), (4, 5))), "one lung"),
        (lungs(((50, 50), (30, 25)), ((70, 50), (30, 25))), "ok"),
        (lungs(LEFT, RIGHT)[30:70], "cut"),
        (lungs(LEFT, RIGHT)[:, 36:86], "cut"),
        (lungs(((60, 50), (4, 4))), "no lung"),
        (lungs(), "no lung"),
    ],
)
def test_code(mask: np.ndarray, code: str) -> None:
    assert code_of_mask(mask) == code
