"""What lesions are put into: levels by lung and tissue, attenuation there and back."""

from __future__ import annotations

import numpy as np

from hilum.prepare.crossing import Anatomy, find_anatomy
from hilum.prepare.crossing.anatomy import anatomy_of, on_tissue
from hilum.prepare.harmonise import TISSUE


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


def test_black_ground_changes_neither_lungs_nor_levels(anatomy: Anatomy) -> None:
    scale = TISSUE / anatomy.tissue_level
    grey = np.rint(anatomy.grey * scale).astype(np.uint8)
    rows, columns = (np.flatnonzero(anatomy.lungs.any(axis=axis)) for axis in (1, 0))
    body = np.zeros(grey.shape, dtype=bool)
    body[rows[0] - 4 : rows[-1] + 5, columns[0] - 4 : columns[-1] + 5] = True
    grey[~body] = 0
    found = find_anatomy(grey)
    assert found is not None
    assert found.grey is grey
    assert np.mean(found.lungs == anatomy.lungs) > 0.98
    assert abs(found.lung_level - scale * anatomy.lung_level) <= 3
    assert abs(found.tissue_level - TISSUE) <= 3
