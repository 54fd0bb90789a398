"""What a header says about each frame; nothing is guessed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

from hilum.errors import ReadError
from hilum.readers.series.header import read_slice_headers

WriteDicom = Callable[..., Path]
PIXELS = np.zeros((8, 8), dtype=np.int16)


def dataset(**attributes: object) -> Dataset:
    made = Dataset()
    for keyword, value in attributes.items():
        setattr(made, keyword, value)
    return made


def test_a_slice_is_described_by_its_header(write_dicom: WriteDicom) -> None:
    path = write_dicom(
        PIXELS, PatientID="p1", BodyPartExamined="CHEST", ImageType=["ORIGINAL", "PRIMARY"],
        ConvolutionKernel="B60f", AcquisitionNumber="2", InstanceNumber="7", SliceLocation="-12.5",
        ImagePositionPatient=[-180, -170, -12.5], ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
        PixelSpacing=[0.7, 0.8], SliceThickness="5", BurnedInAnnotation="YES",
    )  # fmt: skip
    (header,) = read_slice_headers(path)
    assert (header.path, header.frame, header.shape) == (path, 0, (8, 8))
    assert (header.modality, header.series, header.sop) == ("CT", "1.2.3", "1.2.3.4")
    assert (header.patient, header.kernel, header.image_type) == (
        "p1", "B60f", r"ORIGINAL\PRIMARY",
    )  # fmt: skip
    assert (header.acquisition, header.instance, header.temporal) == (2, 7, None)
    assert (header.corner, header.location) == ((-180, -170, -12.5), -12.5)
    assert (header.spacing, header.thickness, header.plane) == ((0.7, 0.8), 5, "axial")
    assert (header.burned_in, header.objections) == (True, ())


def test_what_a_header_does_not_say_is_empty(write_dicom: WriteDicom) -> None:
    (header,) = read_slice_headers(write_dicom(PIXELS))
    assert (header.corner, header.directions, header.spacing, header.thickness) == (None,) * 4
    assert (header.plane, header.kernel, header.patient, header.burned_in) == ("", "", "", False)


@pytest.mark.parametrize("spacing", [[0, 0.7], [-1, -1]])
def test_a_spacing_that_none_can_have_is_unknown(
    spacing: list[float], write_dicom: WriteDicom
) -> None:
    (header,) = read_slice_headers(write_dicom(PIXELS, PixelSpacing=spacing))
    assert header.spacing is None


@pytest.mark.parametrize("corner", [[0, 0, 1e9], [0, -20_000, 0], [0, 0]])
def test_a_position_where_no_scanner_is_is_unknown(
    corner: list[float], write_dicom: WriteDicom
) -> None:
    (header,) = read_slice_headers(write_dicom(PIXELS, ImagePositionPatient=corner))
    assert header.corner is None


def test_each_frame_of_a_file_has_its_own_position(write_dicom: WriteDicom) -> None:
    shared = dataset(
        PlaneOrientationSequence=[dataset(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])],
        PixelMeasuresSequence=[dataset(PixelSpacing=[0.5, 0.5], SliceThickness="1.5")],
    )
    frames = [
        dataset(PlanePositionSequence=[dataset(ImagePositionPatient=[0, 0, height])])
        for height in (0, 1.5, 3)
    ]
    path = write_dicom(
        np.zeros((3, 8, 8), dtype=np.int16), SOPClassUID="1.2.840.10008.5.1.4.1.1.2.1",
        SharedFunctionalGroupsSequence=[shared], PerFrameFunctionalGroupsSequence=frames,
    )  # fmt: skip
    headers = read_slice_headers(path)
    assert [(one.frame, one.corner) for one in headers] == [
        (0, (0, 0, 0)), (1, (0, 0, 1.5)), (2, (0, 0, 3)),
    ]  # fmt: skip
    assert {(one.spacing, one.thickness, one.plane) for one in headers} == {
        ((0.5, 0.5), 1.5, "axial")
    }


def test_what_holds_no_slice_is_refused_by_its_kind(write_dicom: WriteDicom) -> None:
    report = write_dicom(None, SOPClassUID="1.2.840.10008.5.1.4.1.1.88.67", Modality="SR")
    with pytest.raises(ReadError, match="it is a structured report, not an image of a slice"):
        read_slice_headers(report)
