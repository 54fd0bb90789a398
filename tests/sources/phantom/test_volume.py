"""Volumes of phantoms: lungs between apex and base, a lesion over its own height, two kernels."""

from __future__ import annotations

import numpy as np
import pytest

from hilum.sources.phantom.cohort import PhantomPatient, member
from hilum.sources.phantom.settings import PhantomSettings
from hilum.sources.phantom.volume import (
    KERNELS,
    LENGTH_MM,
    VolumeSlice,
    draw_volume,
    slice_distance,
)

SETTINGS = PhantomSettings(patients=8, size=64, classes=("cancer", "pneumonia", "normal"))
SLICES = 16


def patient(label: str) -> PhantomPatient:
    return next(who for who in (member(SETTINGS, n) for n in range(8)) if who.label == label)


def volume(label: str) -> list[VolumeSlice]:
    return list(draw_volume(SETTINGS, patient(label), SLICES))


@pytest.fixture(scope="module")
def cancer() -> list[VolumeSlice]:
    return volume("cancer")


def test_slices_lie_evenly_over_the_length() -> None:
    assert slice_distance(SLICES) * SLICES == LENGTH_MM


def test_lungs_begin_below_the_neck_and_end_above_the_abdomen(cancer: list[VolumeSlice]) -> None:
    shares = [one.lung_share for one in cancer]
    assert shares[0] == shares[-1] == 0
    assert max(shares) > 0.15
    with_lung = np.flatnonzero(np.array(shares) > 0)
    assert list(with_lung) == list(range(with_lung[0], with_lung[-1] + 1))


def test_a_tumour_shows_on_slices_in_a_row_and_each_has_its_mask(cancer: list[VolumeSlice]) -> None:
    areas = [int(one.mask.sum()) if one.mask is not None else 0 for one in cancer]
    shown = [index for index, one in enumerate(cancer) if one.diseased]
    assert [index for index, area in enumerate(areas) if area] == shown
    assert shown == list(range(shown[0], shown[-1] + 1))
    assert 0 < len(shown) < SLICES / 2


def test_pneumonia_extends_over_ninety_millimetres_and_has_no_mask() -> None:
    slices = volume("pneumonia")
    shown = sum(one.diseased for one in slices)
    assert 4 <= shown <= 5  # of 20 mm
    assert all(one.mask is None for one in slices)


def test_a_normal_patient_shows_nothing() -> None:
    assert not any(one.diseased or one.mask is not None for one in volume("normal"))


def test_the_sharp_kernel_is_the_noisier_one(cancer: list[VolumeSlice]) -> None:
    assert set(cancer[0].hu) == set(KERNELS) == {"LUNG", "SOFT"}
    middle = cancer[SLICES // 2].hu
    rough = {name: float(np.abs(np.diff(hu, axis=1)).mean()) for name, hu in middle.items()}
    assert rough["LUNG"] > rough["SOFT"]


def test_the_same_seed_draws_the_same_volume(cancer: list[VolumeSlice]) -> None:
    again = volume("cancer")
    assert all(
        np.array_equal(one.hu["SOFT"], other.hu["SOFT"])
        for one, other in zip(cancer, again, strict=True)
    )
