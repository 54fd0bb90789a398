"""A chest shows its lungs over much of its height; an abdomen, a head and gas do not."""

from __future__ import annotations

import numpy as np
import pytest

from hilum.readers import SliceImage, Window, apply_window
from hilum.steps.series.lungs import LungSight, look_for_lungs, why_no_chest

LUNG, NONE = LungSight(0.2, 250.0), LungSight(0.0, 0.0)


def image_of(inside_hu: float, *, side_mm: float = 2.0) -> SliceImage:
    """Return a body of soft tissue with two dark parts, 128 x 128."""
    rows, columns = np.mgrid[:128, :128] - 63.5
    hu = np.full((128, 128), -1000.0, np.float32)
    hu[(rows / 45) ** 2 + (columns / 60) ** 2 < 1] = 40
    for centre in (-28, 28):
        hu[(rows / 28) ** 2 + ((columns - centre) / 18) ** 2 < 1] = inside_hu
    grey = apply_window(hu, Window(1400, -700))
    return SliceImage(grey=grey, format="DICOM", hu=hu, spacing=(side_mm, side_mm))


def test_aerated_parts_inside_the_body_are_lung() -> None:
    sight = look_for_lungs(image_of(-850))
    assert sight.is_lung
    assert sight.cm2 == pytest.approx(2 * np.pi * 28 * 18 * 0.04, rel=0.15)


def test_gas_is_no_lung() -> None:
    assert not look_for_lungs(image_of(-1000)).is_lung


def test_lungs_as_small_as_sinuses_are_no_chest() -> None:
    sight = look_for_lungs(image_of(-850, side_mm=1.0))
    assert why_no_chest([sight], [0.0]).startswith("Its largest slice shows 32 square centimetres")


@pytest.mark.parametrize(
    ("with_lung", "without", "distance", "is_chest"),
    [
        (40, 10, 5.0, True),
        (40, 160, 5.0, True),  # head to thigh: a fifth of the slices, but 195 mm
        (10, 90, 5.0, False),  # an abdomen, with the lungs' bases
        (1, 0, 5.0, True),
        (5, 3, 10.0, True),  # few thick slices
    ],
)
def test_an_abdomen_shows_lung_on_few_slices_over_little_height(
    with_lung: int, without: int, distance: float, is_chest: bool
) -> None:
    sights = [NONE] * without + [LUNG] * with_lung
    positions: list[float | None] = [number * distance for number in range(len(sights))]
    reason = why_no_chest(sights, positions)
    assert (reason == "") == is_chest
    if not is_chest:
        assert reason == (
            "Only 10 of 100 slices show lung, over 45 mm: an abdomen or another part of the body."
        )


def test_without_pixel_sizes_the_share_decides() -> None:
    assert LungSight(0.02, None).is_lung
    assert not LungSight(0.005, None).is_lung
    assert why_no_chest([NONE], [None]).startswith("No slice shows lung")
