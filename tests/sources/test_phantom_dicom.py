"""Studies of phantoms: two series, a scout and a reformat; what is unusual is written as stated."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread

from hilum.sources.phantom.cohort import member
from hilum.sources.phantom.settings import PhantomSettings
from hilum.sources.phantom_dicom import KINDS, REFORMAT_PLANES, TILT_DEGREES, write_studies

SETTINGS = PhantomSettings(patients=8, size=64)
SLICES = 10
DISTANCE = 32.0

Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Rows]:
    """The studies of four patients, one of each kind, and their rows; not to be changed."""
    folder = tmp_path_factory.mktemp("phantoms")
    patients = [member(SETTINGS, number) for number in range(4)]
    return folder, list(write_studies(folder, SETTINGS, patients, SLICES))


def heights(folder: Path) -> list[float]:
    return [float(dcmread(file).ImagePositionPatient[2]) for file in sorted(folder.iterdir())]


def test_a_plain_study_has_four_series(studies: tuple[Path, Rows]) -> None:
    counts = {part.name: len(list(part.iterdir())) for part in (studies[0] / "p0001").iterdir()}
    assert counts == {"lung": SLICES, "soft": SLICES, "scout": 1, "coronal": REFORMAT_PLANES}
    found = heights(studies[0] / "p0001" / "lung")
    assert np.diff(found) == pytest.approx(-DISTANCE)  # from head to feet


def test_headers_say_what_each_image_is(studies: tuple[Path, Rows]) -> None:
    study = studies[0] / "p0001"
    axial: Dataset = dcmread(study / "lung" / "0001.dcm")
    assert (axial.ConvolutionKernel, axial.RescaleType, axial.Modality) == ("LUNG", "HU", "CT")
    assert float(axial.PixelSpacing[0]) == pytest.approx(375 / 64)
    scout = dcmread(study / "scout" / "0001.dcm")
    assert "LOCALIZER" in scout.ImageType and "RescaleType" not in scout
    reformat = dcmread(study / "coronal" / "0001.dcm")
    assert list(reformat.ImageOrientationPatient) == [1, 0, 0, 0, 0, -1]
    assert len({one.SeriesInstanceUID for one in (axial, scout, reformat)}) == 3
    assert len({one.StudyInstanceUID for one in (axial, scout, reformat)}) == 1


def test_gaps_tilts_and_shuffled_files_take_turns(studies: tuple[Path, Rows]) -> None:
    folder = studies[0]
    assert KINDS == ("plain", "gaps", "tilted", "shuffled")
    steps = np.diff(heights(folder / "p0002" / "lung"))
    assert sorted({round(float(-step)) for step in steps}) == [DISTANCE, 2 * DISTANCE]
    tilted = dcmread(folder / "p0003" / "lung" / "0001.dcm")
    down, up = tilted.ImageOrientationPatient[4:]
    assert np.degrees(np.arctan2(float(up), float(down))) == pytest.approx(TILT_DEGREES, abs=1e-3)
    shuffled = sorted((folder / "p0004").iterdir())
    assert len(shuffled) == 2 * SLICES + REFORMAT_PLANES + 1
    assert all(file.suffix == "" for file in shuffled)
    numbers = [int(dcmread(file).InstanceNumber) for file in shuffled]
    assert numbers == [int(file.name.removeprefix("IM")) for file in shuffled]
    kernels = [dcmread(file).SeriesDescription for file in shuffled]
    assert kernels != sorted(kernels)


def test_rows_are_those_of_the_diseased_sharp_slices(studies: tuple[Path, Rows]) -> None:
    folder, rows = studies
    assert {row["group"] for row in rows} == {f"phantom-p000{number}" for number in range(1, 5)}
    for row in rows:
        header = dcmread(folder / row["path"], stop_before_pixels=True)
        assert (header.SOPInstanceUID, header.SeriesInstanceUID) == (
            row["sop_instance_uid"], row["series_instance_uid"],
        )  # fmt: skip
        assert header.SeriesDescription == "LUNG"
        assert (row["boxes"] != "") == (row["label"] == "cancer")
        assert "lesion" not in row


def test_the_same_seed_writes_the_same_files(studies: tuple[Path, Rows], tmp_path: Path) -> None:
    list(write_studies(tmp_path, SETTINGS, [member(SETTINGS, 0)], SLICES))
    names = [f"p0001/lung/{number:04d}.dcm" for number in (1, SLICES)]
    assert all((tmp_path / n).read_bytes() == (studies[0] / n).read_bytes() for n in names)
