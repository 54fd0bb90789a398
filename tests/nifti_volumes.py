"""Small NIfTI volumes of a block of lung with a tumour, stored along any axes."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import numpy.typing as npt

RIGHT, FRONT, UP = 12, 16, 20
"""Voxels towards the patient's right-left, front-back and feet-head axis."""


def as_stored(world: npt.NDArray[np.generic], order: tuple[int, int, int], signs: tuple[int, ...]):  # type: ignore[no-untyped-def]
    """Store an R, A, S array with its axes permuted and flipped, and a slightly oblique affine."""
    data, columns = world, np.diag([2.0, 2.0, 4.0])
    for axis, sign in enumerate(signs):
        if sign < 0:
            data = np.flip(data, axis)
            columns[:, axis] *= -1
    affine = np.eye(4)
    tilt = np.deg2rad(8)
    turn = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    affine[:3, :3] = turn @ columns[:, order]
    return nib.Nifti1Image(np.ascontiguousarray(np.transpose(data, order)), affine)


def save_volume(root: Path, name: str, hu, mask, order=(0, 1, 2), signs=(1, 1, 1)) -> None:  # type: ignore[no-untyped-def]
    for folder, array in (("imagesTr", hu.astype(np.int16)), ("labelsTr", mask.astype(np.uint8))):
        (root / folder).mkdir(parents=True, exist_ok=True)
        nib.save(as_stored(array, order, signs), root / folder / f"{name}.nii.gz")


def chest() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """A block of soft tissue with lung in it; tumour in slices 4 to 9, marker right in front."""
    hu = np.full((RIGHT, FRONT, UP), 40.0)
    hu[2:-2, 2:-2, :] = -800
    hu[RIGHT - 1, FRONT - 1, :] = 1000  # R, A: the most right and foremost voxel
    mask = np.zeros(hu.shape, dtype=bool)
    mask[3:5, 4:8, 4:10] = True  # in the patient's left half, towards the back
    mask[8, 10, 6] = True
    hu[mask] = 30
    return hu, mask
