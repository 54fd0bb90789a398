"""Facts of pictures: sharpness, noise, window and crop, measured on pictures of known ones."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from hilum.audit.picture_facts import PICTURE_FACTS, measure_picture

Grey = npt.NDArray[np.uint8]


def chest(*, noise: float = 0.0, blur: float = 0.0, lungs_at: int = 90, tissue: int = 150) -> Grey:
    """A body of 200 x 160 pixels in a picture of 256 x 256, with two lungs of grey 30."""
    picture = np.zeros((256, 256), np.float32)
    cv2.ellipse(picture, (128, 128), (100, 80), 0, 0, 360, tissue, -1)
    for column in (80, 176):
        cv2.ellipse(picture, (column, lungs_at + 20), (30, 40), 0, 0, 360, 30, -1)
    if blur:
        picture = cv2.GaussianBlur(picture, (0, 0), blur)
    picture += np.random.default_rng(0).normal(0, noise, picture.shape) * (picture > 5)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def test_every_fact_is_measured_on_a_chest() -> None:
    facts = measure_picture(chest(noise=2))
    assert set(facts) == set(PICTURE_FACTS)
    assert not any(np.isnan(value) for value in facts.values())


def test_the_body_fills_its_share_of_the_picture() -> None:
    facts = measure_picture(chest())
    assert facts["body_width"] == pytest.approx(201 / 256, abs=0.02)
    assert facts["body_height"] == pytest.approx(161 / 256, abs=0.02)
    assert facts["body_aspect"] == pytest.approx(200 / 160, abs=0.03)


def test_greys_of_tissue_and_lung_are_their_own() -> None:
    facts = measure_picture(chest(tissue=170))
    assert facts["tissue_grey"] == 170 and facts["lung_grey"] == 30
    assert (facts["darkest"], facts["brightest"]) == (30, 170)
    assert facts["grey_depth"] == 2  # three grey levels


@pytest.mark.parametrize("sigma", [2.0, 6.0])
def test_noise_is_its_standard_deviation(sigma: float) -> None:
    assert measure_picture(chest(noise=sigma))["noise"] == pytest.approx(sigma, rel=0.15)


def test_blur_takes_sharpness() -> None:
    sharp, soft = (measure_picture(chest(blur=blur))["sharpness"] for blur in (0.5, 4.0))
    assert soft < 0.5 * sharp


def test_an_upside_down_chest_has_its_lungs_below_the_middle() -> None:
    assert measure_picture(chest(lungs_at=86))["lungs_above"] == 1
    assert measure_picture(np.flipud(chest(lungs_at=86)).copy())["lungs_above"] == 0


def test_an_empty_picture_has_facts_that_are_not_known() -> None:
    facts = measure_picture(np.full((64, 64), 7, np.uint8))
    assert facts["darkest"] == facts["brightest"] == 7
    assert facts["grey_depth"] == 0
    assert np.isnan(facts["sharpness"])
    assert np.isnan(measure_picture(np.zeros((4, 4), np.uint8))["noise"])
