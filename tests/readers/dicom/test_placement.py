"""Where DICOM slices lie, and how they come upright."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from hilum.boxes import Box
from hilum.readers.dicom.placement import read_placement
from hilum.readers.turn import Turn

LEFT, BACK, HEAD = np.eye(3)
"""Directions in which a patient's coordinates count up (PS3.3 C.7.6.2.1.1)."""


def test_the_header_tells_series_place_and_patient(write_dicom) -> None:  # type: ignore[no-untyped-def]
    path = write_dicom(
        np.zeros((4, 6), dtype=np.int16), ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
        ImagePositionPatient=[-10, -20, 133.5], InstanceNumber=7, PixelSpacing=[0.5, 0.8],
        PatientID="someone", PatientSex="F", PatientAge="061Y", StudyInstanceUID="1.2",
        ImageType=["ORIGINAL", "PRIMARY", "AXIAL"],
    )  # fmt: skip
    found = read_placement(path)
    assert (found.modality, found.study, found.series, found.sop) == (
        "CT",
        "1.2",
        "1.2.3",
        "1.2.3.4",
    )
    assert (found.height, found.instance, found.shape) == (133.5, 7, (4, 6))
    assert (found.spacing, found.turn) == ((0.5, 0.8), Turn())
    assert (found.patient, found.sex, found.age, found.weight) == ("someone", "F", "061Y", "")
    assert found.image_type == "ORIGINAL\\PRIMARY\\AXIAL"


@pytest.mark.parametrize(
    "missing",
    [
        {},
        {"ImageOrientationPatient": [1, 0, 0]},
        {"ImageOrientationPatient": [1, 0, 0, 0, 0, -1]},  # coronal
        {"ImageOrientationPatient": [0, 1, 0, 0, 0, -1]},  # sagittal
    ],
)
def test_what_is_not_axial_or_does_not_say_has_no_turn(write_dicom, missing) -> None:  # type: ignore[no-untyped-def]
    found = read_placement(write_dicom(np.zeros((4, 6), dtype=np.int16), **missing))
    assert found.turn is None and found.height is None and found.spacing is None


def test_a_tilted_gantry_is_axial_still(write_dicom) -> None:  # type: ignore[no-untyped-def]
    tilt = np.deg2rad(25)
    cosines = [1, 0, 0, 0, float(np.cos(tilt)), float(-np.sin(tilt))]
    found = read_placement(
        write_dicom(np.zeros((4, 6), dtype=np.int16), ImageOrientationPatient=cosines)
    )
    assert found.turn == Turn()


ORIENTATIONS = [
    (along_columns * a, along_rows * b)
    for along_columns, along_rows in itertools.permutations((LEFT, BACK))
    for a, b in itertools.product((1, -1), repeat=2)
]


@pytest.mark.parametrize(("along_columns", "along_rows"), ORIENTATIONS)
def test_every_axial_orientation_comes_upright_with_its_boxes(
    along_columns: np.ndarray,
    along_rows: np.ndarray,
    write_dicom,  # type: ignore[no-untyped-def]
) -> None:
    shape = (5, 7)
    path: Path = write_dicom(
        np.zeros(shape, dtype=np.int16),
        ImageOrientationPatient=[*along_columns.tolist(), *along_rows.tolist()],
    )
    turn = read_placement(path).turn
    assert turn is not None
    rows, columns = np.indices(shape)
    where = columns[..., None] * along_columns + rows[..., None] * along_rows
    leftwards, backwards = turn.of(where[..., 0]), turn.of(where[..., 1])
    assert (np.diff(leftwards, axis=1) == 1).all() and (np.diff(leftwards, axis=0) == 0).all()
    assert (np.diff(backwards, axis=0) == 1).all() and (np.diff(backwards, axis=1) == 0).all()
    marked = np.zeros(shape, dtype=bool)
    marked[1:3, 2:6] = True
    box = turn.of_box(Box(1, 2, 3, 6), shape)
    turned = turn.of(marked)
    assert turned[box.row_min : box.row_max, box.col_min : box.col_max].all()
    assert turned.sum() == (box.row_max - box.row_min) * (box.col_max - box.col_min)
