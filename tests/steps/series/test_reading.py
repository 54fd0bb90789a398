"""Slices of DICOM series and NIfTI volumes look alike to those who read them."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from made_dicom import chest_hu, ct_file

from hilum.errors import ReadError
from hilum.readers import Window
from hilum.readers.series.sort import sort_into_series
from hilum.steps.series.reading import DicomStack, open_volume

LUNG = Window(-600, 1500)


def write_volume(path: Path, values: np.ndarray, heights: float = 5.0) -> Path:
    """Write (left, back, up) values; left and back are negative in NIfTI's axes."""
    nib.save(nib.Nifti1Image(values, np.diag([-0.7, -0.7, heights, 1])), path)  # type: ignore[no-untyped-call]
    return path


def body(slices: int = 4) -> np.ndarray:
    """Air around a body of 40 HU, in which a lung of -850 HU grows from feet to head."""
    values = np.full((40, 40, slices), -1000, dtype=np.int16)
    values[4:36, 4:36] = 40
    for number in range(slices):
        values[8 : 12 + 4 * number, 10:30, number] = -850
    return values


def test_a_volume_is_read_from_feet_to_head_with_positions(tmp_path: Path) -> None:
    path = write_volume(tmp_path / "volume.nii", body())
    with open_volume(path) as stack:
        images = [stack.read(number, LUNG) for number in range(4)]
    names = stack.names
    assert [(name.path, name.frame, name.sop_instance_uid) for name in names] == [
        (path, number, "") for number in range(4)
    ]
    assert np.diff([name.position for name in names]) == pytest.approx(5)
    assert (stack.source, stack.notes) == (None, ())
    lungs = [int((image.hu == -850).sum()) for image in images if image.hu is not None]
    assert lungs == [80 * (number + 1) for number in range(4)]
    assert images[0].spacing == pytest.approx((0.7, 0.7))
    assert (images[1].frame, images[1].format) == (1, "NIfTI")


def test_pixels_without_a_value_are_air(tmp_path: Path) -> None:
    values = body().astype(np.float32)
    values[0, 0] = np.nan
    with open_volume(write_volume(tmp_path / "volume.nii", values)) as stack:
        hu = stack.read(0, LUNG).hu
    assert hu is not None and np.isfinite(hu).all() and hu.min() == -1000


def test_a_dicom_stack_names_its_files_and_reads_them_in_order(tmp_path: Path) -> None:
    for number, height in enumerate((10.0, 0.0)):
        content = ct_file(
            chest_hu() + np.int16(number), SOPInstanceUID=f"1.{number}",
            ImagePositionPatient=[0, 0, height],
        )  # fmt: skip
        (tmp_path / f"{number}.dcm").write_bytes(content)
    (series,) = sort_into_series(sorted(tmp_path.iterdir())).series
    stack = DicomStack(series)
    assert [(name.path.name, name.sop_instance_uid, name.position) for name in stack.names] == [
        ("1.dcm", "1.1", 0), ("0.dcm", "1.0", 10),
    ]  # fmt: skip
    hu = [stack.read(number, LUNG).hu for number in range(2)]
    assert [int(one.min()) for one in hu if one is not None] == [-999, -1000]
    assert (stack.source, stack.notes) == (series, series.notes)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.random.default_rng(0).integers(0, 255, (40, 40, 4)), "8-bit grey levels"),
        (np.random.default_rng(0).integers(-100, 200, (40, 40, 4)), "no air"),
    ],
)
def test_a_volume_that_is_not_in_hounsfield_units_is_refused(
    values: np.ndarray, words: str, tmp_path: Path
) -> None:
    path = write_volume(tmp_path / "volume.nii", values.astype(np.int16))
    problem = pytest.raises(ReadError, match=rf"its values are not Hounsfield units: .*{words}")
    with problem, open_volume(path):
        pass


@pytest.mark.parametrize(
    ("name", "words"), [("volume.nii.gz", "the gzip file is damaged"), ("volume.nii", "NIfTI")]
)
def test_a_damaged_volume_is_one_sentence(name: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(b"\x1f\x8b nothing")
    with pytest.raises(ReadError, match=words), open_volume(path):
        pass
