"""Values that can't be Hounsfield units are recognised, and undeclared fill becomes air."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from hilum.readers import read_slice
from hilum.readers.hu_check import (
    NO_AIR,
    NO_TISSUE,
    count_units,
    series_problem,
    tissue_notes,
    unit_problem,
)

WriteDicom = Callable[..., Path]
HU = {"RescaleSlope": 1, "RescaleIntercept": 0}
CHEST_WINDOW = {"WindowWidth": 1500, "WindowCenter": -600}


@pytest.fixture(scope="module")
def chest() -> npt.NDArray[np.int16]:
    """A body of soft tissue and fat in air, with lungs and bone, noisy; Hounsfield units."""
    rng = np.random.default_rng(0)
    y, x = np.indices((128, 128))
    hu = np.full((128, 128), -1000.0)
    hu[((y - 64) / 45) ** 2 + ((x - 64) / 58) ** 2 < 1] = 40
    hu[((y - 64) / 45) ** 2 + ((x - 64) / 58) ** 2 > 0.9] -= 0
    for middle in (40, 88):
        hu[((y - 62) / 30) ** 2 + ((x - middle) / 18) ** 2 < 1] = -850
    hu[95:103, 58:70] = 900
    return np.rint(np.maximum(hu + rng.normal(0, 12, hu.shape), -1024)).astype(np.int16)


def test_a_chest_is_plausible(write_dicom: WriteDicom, chest: npt.NDArray[np.int16]) -> None:
    image = read_slice(write_dicom(chest, **HU))
    assert image.hu is not None and np.array_equal(image.hu, chest)
    assert image.notes == ()


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (
            lambda hu: (hu + 1024).astype(np.uint16),
            "the intercept of about -1024 was lost (air lies near 0, tissue near 1,000)",
        ),
        (
            lambda hu: (43 + (np.clip(hu, -1000, 1000) + 1000) * 0.106).astype(np.uint8),
            "the values are 8-bit grey levels",
        ),
        (
            lambda hu: (43 + (np.clip(hu, -1000, 1000) + 1000) * 0.106).astype(np.int16),
            "the values are 8-bit grey levels",
        ),
        (
            lambda hu: hu.view(np.uint16),
            "many values lie above 4,000, which no tissue reaches",
        ),
    ],
)
def test_values_that_can_not_be_hounsfield_units_are_shown_by_their_range(
    write_dicom: WriteDicom,
    chest: npt.NDArray[np.int16],
    make: Callable[[npt.NDArray[np.int16]], npt.NDArray[np.generic]],
    reason: str,
) -> None:
    image = read_slice(write_dicom(make(chest), **HU, **CHEST_WINDOW, RescaleType="HU"))
    assert image.hu is None and image.window is None
    assert image.notes[0] == f"Not in Hounsfield units, though its header says so: {reason}."
    assert image.notes[1].startswith("Shown with ")
    assert "its own window" not in image.notes[1]


def test_a_lost_intercept_still_gives_a_picture(
    write_dicom: WriteDicom, chest: npt.NDArray[np.int16]
) -> None:
    grey = read_slice(write_dicom((chest + 1024).astype(np.uint16), **HU)).grey
    assert grey[62, 40] < 60 < 100 < grey[64, 64]


@pytest.mark.parametrize(
    "unit",
    ["HU", "hu", "Hu", "H.U.", "HOUNSFIELD", "Houndsfield Unit", "Hounsfield Units", "US", ""],
)
def test_the_unit_is_known_in_every_spelling(
    write_dicom: WriteDicom, chest: npt.NDArray[np.int16], unit: str
) -> None:
    image = read_slice(write_dicom(chest, **HU, RescaleType=unit))
    assert image.hu is not None and image.notes == ()


@pytest.mark.parametrize("unit", ["OD", "MGML", "Z_EFF", "HU_MOD"])
def test_another_unit_is_not_taken_for_hounsfield_units(
    write_dicom: WriteDicom, chest: npt.NDArray[np.int16], unit: str
) -> None:
    assert read_slice(write_dicom(chest, **HU, RescaleType=unit)).hu is None


@pytest.mark.parametrize("fill", [-1200, -1100, -2000, -3024])
def test_undeclared_fill_becomes_air(
    write_dicom: WriteDicom, chest: npt.NDArray[np.int16], fill: int
) -> None:
    y, x = np.indices(chest.shape)
    outside = (y - 64) ** 2 + (x - 64) ** 2 > 64**2
    image = read_slice(write_dicom(np.where(outside, fill, chest).astype(np.int16), **HU))
    assert image.hu is not None
    assert (image.hu[outside] == -1000).all()
    assert np.array_equal(image.hu[~outside], chest[~outside])


def test_the_clipped_noise_of_air_stays(write_dicom: WriteDicom) -> None:
    rng = np.random.default_rng(0)
    air = np.maximum(rng.normal(-1000, 20, (80, 80)), -1024).astype(np.int16)
    air[20:60, 20:60] = 40
    image = read_slice(write_dicom(air, **HU))
    assert image.hu is not None and np.array_equal(image.hu, air)


def test_values_scaled_to_one_and_stored_values_are_recognised(
    chest: npt.NDArray[np.int16],
) -> None:
    volume = np.stack([chest, chest]).astype(np.float32)
    assert unit_problem(volume) == ""
    assert unit_problem((volume + 1000) / 2000) == "the values were scaled to a range of about 1"
    assert unit_problem(volume + 1000).startswith("the intercept of about -1024 was lost")
    assert unit_problem(np.clip((volume + 1000) / 8, 0, 255)) == "the values are 8-bit grey levels"


def test_missing_air_or_tissue_is_noted_where_it_can_be_judged(
    chest: npt.NDArray[np.int16],
) -> None:
    rng = np.random.default_rng(0)
    assert tissue_notes(rng.normal(40, 10, (64, 64))) == [NO_AIR]
    assert tissue_notes(rng.normal(-1000, 10, (64, 64))) == [NO_TISSUE]
    assert tissue_notes(rng.normal(40, 10, (63, 64))) == []
    assert tissue_notes(np.full((64, 64), 40.0)) == []
    assert tissue_notes(chest) == []


def test_a_little_metal_is_plausible(chest: npt.NDArray[np.int16]) -> None:
    implant = chest.astype(np.float32)
    implant[60:66, 60:66] = 20_000
    assert unit_problem(implant) == "" and tissue_notes(implant) == []


def test_the_counts_of_slices_add_up_to_those_of_the_volume(chest: npt.NDArray[np.int16]) -> None:
    volume = np.stack([chest, chest + 30, np.minimum(chest, 0)]).astype(np.float32)
    merged = count_units(volume[0]).merge(count_units(volume[1])).merge(count_units(volume[2]))
    assert merged == count_units(volume)
    assert merged.low == volume.min() and merged.air == int((volume <= -500).sum())


def test_a_lost_intercept_shows_over_the_series_where_single_slices_only_lack_air() -> None:
    """Slices of lung and little tissue, all 1,024 too high: none alone has a tenth of tissue."""
    rng = np.random.default_rng(0)
    thin = rng.normal(24, 15, (3, 128, 128)).astype(np.float32)
    thin[:, 40:70, 40:70] = 1064 + rng.normal(0, 10, (3, 30, 30))  # 5 % of the pixels
    alone = [unit_problem(one) for one in thin]
    assert alone == ["", "", ""] and tissue_notes(thin[0]) == [NO_AIR]
    counts = [count_units(one) for one in thin]
    assert series_problem(counts[0].merge(counts[1]), 2) == ""
    assert (
        series_problem(counts[0].merge(counts[1]).merge(counts[2]), 3)
        == "no air (-1000 HU) is in any of its 3 slices"
    )
    broad = thin.copy()
    broad[:2, 20:100, 20:100] = 1064  # two of three slices are recognised by themselves
    counts = [count_units(one) for one in broad]
    assert unit_problem(broad[2]) == ""
    merged = counts[0].merge(counts[1]).merge(counts[2])
    assert series_problem(merged, 3).startswith("the intercept of about -1024 was lost")


def test_a_chest_series_with_a_slice_that_lacks_air_is_plausible(
    chest: npt.NDArray[np.int16],
) -> None:
    rng = np.random.default_rng(0)
    middle = rng.normal(40, 10, chest.shape)
    merged = count_units(chest).merge(count_units(chest)).merge(count_units(middle))
    assert tissue_notes(middle) == [NO_AIR] and series_problem(merged, 3) == ""
