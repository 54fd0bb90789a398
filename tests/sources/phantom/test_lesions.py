"""Lesions of phantoms: which disease a label draws, where it lies, how strong it is."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from hilum.sources.phantom.body import draw_body
from hilum.sources.phantom.lesions import Disease, draw_disease, paint_disease
from hilum.sources.phantom.shapes import Grid
from hilum.sources.phantom.tissue import Tissue, paint_tissue


@pytest.fixture(scope="module")
def tissue() -> Tissue:
    body = draw_body(np.random.default_rng(0))
    return paint_tissue(body, 0.5, Grid(128, 375.0), np.random.default_rng(1))


def disease_of(kind: str, millimetres: float) -> Disease:
    positions = np.tile([0.5, 0.0], (60, 1))
    return Disease(kind, millimetres, positions, np.zeros((5, 2)), 0)


def test_each_label_draws_its_own_kinds() -> None:
    def kinds(label: str) -> Counter[str]:
        drawn = (draw_disease(label, np.random.default_rng(seed)) for seed in range(200))
        return Counter(one.kind for one in drawn if one is not None)

    cancers = kinds("cancer")
    assert set(cancers) == {"mass", "nodule"}
    assert 0.6 < cancers["mass"] / 200 < 0.8
    assert set(kinds("pneumonia")) == {"consolidation", "ground_glass", "mixed"}
    assert kinds("normal") == {}


def test_masses_are_larger_than_nodules_and_pneumonia_has_no_diameter() -> None:
    for seed in range(100):
        cancer = draw_disease("cancer", np.random.default_rng(seed))
        assert cancer is not None
        low, high = (20, 40) if cancer.kind == "mass" else (8, 20)
        assert low <= cancer.millimetres <= high
        pneumonia = draw_disease("pneumonia", np.random.default_rng(seed))
        assert pneumonia is not None and pneumonia.millimetres == 0


def test_a_mass_is_soft_tissue_of_its_size_in_the_lung(tissue: Tissue) -> None:
    painted = paint_disease(
        tissue, disease_of("mass", 30.0), strength=1.0, rng=np.random.default_rng(0)
    )
    assert painted.mask is not None
    diameter = 2 * np.sqrt(painted.mask.sum() * tissue.grid.pixel**2 / np.pi)
    assert 22 < diameter < 32  # cut somewhere between 0.82 of its radius and its middle
    assert 0 < np.median(painted.hu[painted.mask]) < 60
    assert (tissue.lung[painted.mask] >= 0.5).all()


def test_strength_scales_the_contrast_and_leaves_the_mask(tissue: Tissue) -> None:
    def painted(strength: float):  # type: ignore[no-untyped-def]
        return paint_disease(
            tissue, disease_of("nodule", 18.0), strength=strength, rng=np.random.default_rng(0)
        )

    none, half, full = painted(0.0), painted(0.5), painted(1.0)
    assert np.array_equal(none.hu, tissue.hu)
    assert np.allclose(half.hu - tissue.hu, (full.hu - tissue.hu) / 2, atol=0.01)
    assert np.array_equal(none.mask, full.mask)


def test_ground_glass_is_fainter_than_consolidation_and_neither_has_a_mask(tissue: Tissue) -> None:
    def raised(kind: str) -> float:
        painted = paint_disease(
            tissue, disease_of(kind, 0.0), strength=1.0, rng=np.random.default_rng(2)
        )
        assert painted.mask is None
        return float(np.percentile(painted.hu - tissue.hu, 99.9))

    glass, solid = raised("ground_glass"), raised("consolidation")
    assert 250 < glass < 450 and 750 < solid < 1000


def test_nothing_is_painted_outside_the_lung(tissue: Tissue) -> None:
    for disease in (disease_of("mass", 30.0), disease_of("consolidation", 0.0)):
        painted = paint_disease(tissue, disease, strength=1.0, rng=np.random.default_rng(0))
        assert np.array_equal(painted.hu[tissue.lung == 0], tissue.hu[tissue.lung == 0])
