"""Slices come upright from every stored orientation, and other planes are named."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

from hilum.boxes import Box
from hilum.readers import read_slice
from hilum.readers.dicom.read import TURNED
from hilum.readers.turn import Turn

WriteDicom = Callable[..., Path]

LEFT, BACK, HEAD = np.eye(3)
UPRIGHT = (np.arange(80 * 60).reshape(80, 60) % 1500).astype(np.int16) - 1000
HU = {"RescaleSlope": 1, "RescaleIntercept": 0}

ORIENTATIONS = [
    (along_columns * a, along_rows * b)
    for along_columns, along_rows in itertools.permutations((LEFT, BACK))
    for a, b in itertools.product((1, -1), repeat=2)
]


def stored(along_columns: np.ndarray, along_rows: np.ndarray) -> np.ndarray:
    """Return UPRIGHT as a scanner stores it whose columns and rows count in these directions."""
    transpose = bool(abs(along_columns[1]))
    pixels = UPRIGHT.T if transpose else UPRIGHT
    down, across = (along_rows[0], along_columns[1]) if transpose else (
        along_rows[1], along_columns[0],
    )  # fmt: skip
    return np.ascontiguousarray(pixels[:: int(down), :: int(across)])


@pytest.mark.parametrize(("along_columns", "along_rows"), ORIENTATIONS)
def test_a_slice_is_the_same_however_it_is_stored(
    write_dicom: WriteDicom, along_columns: np.ndarray, along_rows: np.ndarray
) -> None:
    image = read_slice(
        write_dicom(
            stored(along_columns, along_rows), **HU, PixelSpacing=[0.7, 0.8],
            ImageOrientationPatient=[*along_columns.tolist(), *along_rows.tolist()],
        )
    )  # fmt: skip
    assert image.hu is not None
    assert np.array_equal(image.hu, UPRIGHT)
    assert image.grey.shape == UPRIGHT.shape and image.grey.flags.c_contiguous
    is_upright = (along_columns @ LEFT, along_rows @ BACK) == (1, 1)
    assert image.notes == (() if is_upright else (TURNED,))
    assert bool(image.turn) is not is_upright
    assert image.spacing == ((0.8, 0.7) if abs(along_columns[1]) else (0.7, 0.8))


def test_images_without_hounsfield_units_are_turned_too(write_dicom: WriteDicom) -> None:
    grey = (UPRIGHT % 256).astype(np.uint8)
    path = write_dicom(
        grey[::-1, ::-1].copy(), SOPClassUID="1.2.840.10008.5.1.4.1.1.4", Modality="MR",
        ImageOrientationPatient=[-1, 0, 0, 0, -1, 0],
    )  # fmt: skip
    assert np.array_equal(read_slice(path).grey, grey)


def test_each_frame_of_an_enhanced_ct_is_turned_by_its_own_orientation(
    write_dicom: WriteDicom,
) -> None:
    def frame(cosines: list[float]) -> Dataset:
        plane, group = Dataset(), Dataset()
        plane.ImageOrientationPatient = cosines
        group.PlaneOrientationSequence = [plane]
        return group

    path = write_dicom(
        np.stack([UPRIGHT, UPRIGHT[::-1, ::-1]]), **HU,
        SOPClassUID="1.2.840.10008.5.1.4.1.1.2.1",
        PerFrameFunctionalGroupsSequence=[frame([1, 0, 0, 0, 1, 0]), frame([-1, 0, 0, 0, -1, 0])],
    )  # fmt: skip
    for number in (0, 1):
        hu = read_slice(path, frame=number).hu
        assert hu is not None and np.array_equal(hu, UPRIGHT)


@pytest.mark.parametrize(
    ("cosines", "plane"),
    [
        ([1, 0, 0, 0, 0, -1], "A coronal plane, not an axial slice."),
        ([0, 1, 0, 0, 0, -1], "A sagittal plane, not an axial slice."),
        ([1, 0, 0, 0, 0.7, -0.7], "An oblique plane, not an axial slice."),
        ([1, 0, 0, 0, 0.9, -0.43], None),  # a tilted gantry
        ([0, 0, 0, 0, 0, 0], None),
        ([1, 0, 0], None),
    ],
)
def test_other_planes_are_named_and_not_turned(
    write_dicom: WriteDicom, cosines: list[float], plane: str | None
) -> None:
    image = read_slice(write_dicom(UPRIGHT, **HU, ImageOrientationPatient=cosines))
    assert image.hu is not None and np.array_equal(image.hu, UPRIGHT)
    assert image.notes == ((plane,) if plane else ()) and not image.turn


@pytest.mark.parametrize(
    ("transpose", "flip_rows", "flip_columns"), list(itertools.product((False, True), repeat=3))
)
def test_boxes_are_turned_with_the_pixels(
    transpose: bool, flip_rows: bool, flip_columns: bool
) -> None:
    turn = Turn(transpose, flip_rows, flip_columns)
    marked = np.zeros((5, 7), dtype=bool)
    marked[1:3, 2:6] = True
    box = turn.of_box(Box(1, 2, 3, 6), marked.shape)
    turned = turn.of(marked)
    assert turned[box.row_min : box.row_max, box.col_min : box.col_max].all()
    assert turned.sum() == (box.row_max - box.row_min) * (box.col_max - box.col_min)
