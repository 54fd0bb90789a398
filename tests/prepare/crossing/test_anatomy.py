"""What lesions are put into: levels by lung and tissue, attenuation there and back."""

from __future__ import annotations

import numpy as np

from hilum.prepare.crossing import Anatomy, anatomy_of, on_tissue


def test_levels_are_those_of_lung_and_tissue() -> None:
    grey = np.full((64, 64), 200, dtype=np.uint8)
    lungs = np.zeros((64, 64), dtype=bool)
    lungs[16:48, 8:28] = lungs[16:48, 36:56] = True
    grey[lungs] = 50
    found = anatomy_of(grey, lungs)
    assert found is not None
    assert (found.lung_level, found.tissue_level) == (50.0, 200.0)
    assert found.attenuation()[20, 10] == -860.0
    assert found.attenuation()[0, 0] == 40.0
    assert found.grid.pixel == 270.0 / 48


def test_attenuation_comes_back_as_the_same_grey_levels(anatomy: Anatomy) -> None:
    again = anatomy.grey_levels(anatomy.attenuation())
    assert np.abs(again - anatomy.grey).max() < 0.01


def test_a_slice_without_lung_or_contrast_is_none() -> None:
    grey = np.full((64, 64), 200, dtype=np.uint8)
    assert anatomy_of(grey, np.zeros((64, 64), dtype=bool)) is None
    flat = grey.copy()
    flat[16:48] = 190
    assert anatomy_of(flat, flat == 190) is None


def test_black_ground_is_tissue_where_it_is_all_around() -> None:
    grey = np.zeros((96, 96), dtype=np.uint8)
    grey[16:80, 16:80] = 220
    grey[24:72, 24:72] = 40
    grey[40:44, 40:44] = 0
    plain = on_tissue(grey, 220)
    assert (plain[:16] == 220).all()
    assert (plain[24:72, 24:72] == grey[24:72, 24:72]).all()
    grey[0, 0] = 90
    assert on_tissue(grey, 220) is grey
