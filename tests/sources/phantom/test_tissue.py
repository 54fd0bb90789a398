"""Tissue of phantoms: attenuations of a chest, lungs on both sides, depth below the pleura."""

from __future__ import annotations

import numpy as np
import pytest

from hilum.sources.phantom.body import draw_body
from hilum.sources.phantom.shapes import Grid
from hilum.sources.phantom.tissue import Tissue, paint_tissue


@pytest.fixture(scope="module")
def tissue() -> Tissue:
    body = draw_body(np.random.default_rng(0))
    return paint_tissue(body, 0.5, Grid(128, 375.0), np.random.default_rng(1))


def test_attenuations_are_those_of_a_chest(tissue: Tissue) -> None:
    assert tissue.hu.shape == (128, 128) and tissue.hu.dtype == np.float32
    assert tissue.hu[0, 0] == -1000.0  # air around the patient
    assert -900 < np.median(tissue.hu[tissue.lung == 1]) < -780
    assert tissue.hu.max() > 300  # bone


def test_both_sides_hold_lung_and_the_middle_does_not(tissue: Tissue) -> None:
    area = tissue.grid.pixel**2
    left, right = tissue.lung[:, 64:].sum() * area, tissue.lung[:, :64].sum() * area
    assert 8_000 < left < 30_000 and 8_000 < right < 30_000  # mm2
    spine = np.abs(tissue.grid.x) < 4
    assert tissue.lung[:, spine[0]][64:90].max() == 0


def test_depth_is_positive_in_the_lung_alone(tissue: Tissue) -> None:
    assert (tissue.depth[tissue.lung == 1] > 0).all()
    assert (tissue.depth[tissue.lung == 0] < 0).all()
    assert 25 < tissue.depth.max() < 60  # mm to the nearest pleura


def test_the_lung_is_denser_towards_the_back() -> None:
    body = draw_body(np.random.default_rng(0))
    hu = [
        paint_tissue(body, 0.5, Grid(96, 375.0), np.random.default_rng(seed)) for seed in range(4)
    ]
    front = np.mean([np.median(one.hu[30:48][one.lung[30:48] == 1]) for one in hu])
    back = np.mean([np.median(one.hu[48:66][one.lung[48:66] == 1]) for one in hu])
    assert back - front > 10
