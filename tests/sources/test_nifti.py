"""NIfTI volumes: upright whatever the axes of storage, and how far two of them lie apart."""

from __future__ import annotations

import itertools
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from nifti_volumes import FRONT, RIGHT, UP, chest, save_volume

from hilum.errors import SourceError
from hilum.sources.nifti import AxialVolume


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("signs", [(1, 1, 1), (-1, -1, 1), (-1, 1, -1)])
def test_the_patients_right_is_on_the_left_and_the_front_on_top(
    order: tuple[int, int, int], signs: tuple[int, int, int], tmp_path: Path
) -> None:
    hu, mask = chest()
    hu = hu + 10 * np.arange(UP)
    save_volume(tmp_path, "lung_001", hu, mask, order, signs)
    volume = AxialVolume(tmp_path / "imagesTr" / "lung_001.nii.gz")
    assert volume.shape == (FRONT, RIGHT, UP)
    assert volume.slice_mm == pytest.approx(4.0)
    planes = dict(volume.read_in_order(range(UP)))
    assert len(planes) == UP
    for number, plane in planes.items():
        assert np.argmax(plane) == 0  # the marker: patient's right, front
        assert np.array_equal(plane, hu[::-1, ::-1, number].T)


def write(path: Path, affine: object, shape: tuple[int, ...] = (3, 4, 5)) -> Path:
    nib.save(nib.Nifti1Image(np.zeros(shape, np.int16), affine), path)
    return path


def test_the_distance_of_two_volumes_does_not_depend_on_storage(tmp_path: Path) -> None:
    first = AxialVolume(write(tmp_path / "a.nii", np.diag([2.0, 2.0, 4.0, 1.0])))
    flipped = np.diag([-2.0, 2.0, 4.0, 1.0])
    flipped[0, 3] = 4.0  # (3 - 1) voxels of 2 mm: the same corners, stored the other way round
    second = AxialVolume(write(tmp_path / "b.nii", flipped))
    assert first.offset_from(second) == 0.0
    assert (first.slice_mm, first.voxel_mm) == (4.0, 2.0)
    moved = np.diag([2.0, 2.0, 4.0, 1.0])
    moved[:3, 3] = (3.0, 4.0, 0.0)
    assert first.offset_from(AxialVolume(write(tmp_path / "c.nii", moved))) == 5.0


def test_slices_come_in_the_order_of_storage(tmp_path: Path) -> None:
    upward = AxialVolume(write(tmp_path / "a.nii", np.diag([1.0, 1.0, 1.0, 1.0])))
    downward = AxialVolume(write(tmp_path / "b.nii", np.diag([1.0, 1.0, -1.0, 1.0])))
    assert [number for number, _ in upward.read_in_order({3, 0, 2})] == [0, 2, 3]
    assert [number for number, _ in downward.read_in_order({3, 0, 2})] == [3, 2, 0]


def test_an_affine_without_a_direction_is_refused(tmp_path: Path) -> None:
    image, path = nib.Nifti1Image(np.zeros((3, 4, 5), np.int16), None), tmp_path / "flat.nii"
    image.header.set_sform(np.diag([1.0, 1.0, 0.0, 1.0]), code="aligned")
    nib.save(image, path)
    with pytest.raises(SourceError, match=r"flat\.nii has an affine without a direction for each"):
        AxialVolume(path)


def test_a_file_that_ends_early_is_refused_when_its_slice_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "short.nii", np.eye(4), (8, 8, 8))
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(SourceError, match=r"short\.nii can't be read as NIfTI"):
        AxialVolume(path).read(7)
