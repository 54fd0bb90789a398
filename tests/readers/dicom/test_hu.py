"""Hounsfield units of DICOM: when values are in them, and padding as air."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import ImplicitVRLittleEndian, SecondaryCaptureImageStorage

from hilum.readers import read_slice
from hilum.readers.picture_checks import TINY

WriteDicom = Callable[..., Path]
STORED = np.array([[24, 324], [724, 1024]], np.uint16)
HU = [[-1000.0, -700.0], [-300.0, 0.0]]
RESCALE = {"RescaleSlope": 1, "RescaleIntercept": -1024}
MR = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.4", "Modality": "MR"}
NOT_CT = "Modality MR, not CT: the values are not Hounsfield units."


def test_an_implicit_monochrome1_ct_has_exact_hounsfield_units(write_dicom: WriteDicom) -> None:
    path = write_dicom(
        STORED,
        syntax=ImplicitVRLittleEndian,
        PhotometricInterpretation="MONOCHROME1",
        RescaleSlope="2",
        RescaleIntercept="-1048",
    )
    image = read_slice(path)
    assert image.hu is not None
    assert image.hu.dtype == np.float32
    assert image.hu.tolist() == [[-1000, -400], [400, 1000]]
    assert image.grey.tolist() == [[73, 182], [255, 255]]  # the units, not the photometry
    assert image.notes == (
        "MONOCHROME1 CT: the grey levels follow the Hounsfield units and are not inverted.",
        TINY,
    )


def test_a_ct_without_rescale_is_in_units_only_where_air_says_so(write_dicom: WriteDicom) -> None:
    unscaled = read_slice(write_dicom(STORED))
    assert unscaled.hu is None
    assert unscaled.notes[0] == "Not in Hounsfield units: a CT without rescale slope and intercept."
    scaled = read_slice(write_dicom(np.array([[-1000, -700], [-300, 0]], np.int16)))
    assert scaled.hu is not None
    assert scaled.hu.tolist() == HU
    assert scaled.notes == (
        "CT without rescale slope and intercept: its values were taken as Hounsfield units.",
        TINY,
    )


def test_a_slope_of_zero_is_no_rescale(write_dicom: WriteDicom) -> None:
    assert read_slice(write_dicom(STORED, RescaleSlope=0, RescaleIntercept=-1024)).hu is None


@pytest.mark.parametrize(
    ("attributes", "note"),
    [
        (
            {"SOPClassUID": SecondaryCaptureImageStorage},
            "Not in Hounsfield units: a secondary capture or another kind of image.",
        ),
        ({"RescaleType": "OD"}, "Not in Hounsfield units: the values are in OD."),
        (MR, NOT_CT),
    ],
)
def test_other_values_are_not_called_hounsfield_units(
    write_dicom: WriteDicom, attributes: dict[str, str], note: str
) -> None:
    image = read_slice(write_dicom(STORED, **{**RESCALE, **attributes}))
    assert image.hu is None
    assert image.window is None
    assert image.notes[0] == note


def test_a_derived_secondary_image_without_rescale_is_not_in_units(write_dicom: WriteDicom) -> None:
    values = np.array([[-1000, 0]], np.int16)
    image = read_slice(write_dicom(values, ImageType=["DERIVED", "SECONDARY"]))
    assert image.hu is None
    assert image.notes[0] == (
        "Not in Hounsfield units: a secondary image without rescale slope and intercept."
    )


def test_padding_becomes_air(write_dicom: WriteDicom) -> None:
    values = np.array([[-500, 0], [0, -500]], np.int16)
    image = read_slice(write_dicom(values, **RESCALE, PixelPaddingValue=("US", 2**16 - 500)))
    assert image.hu is not None
    assert image.hu.tolist() == [[-1000, -1024], [-1024, -1000]]


def test_a_padding_range_becomes_air(write_dicom: WriteDicom) -> None:
    values = np.array([[-2000, -1990, 1024]], np.int16)
    image = read_slice(
        write_dicom(values, **RESCALE, PixelPaddingValue=-2000, PixelPaddingRangeLimit=-1990)
    )
    assert image.hu is not None
    assert image.hu.tolist() == [[-1000, -1000, 0]]


def test_a_padding_value_that_would_be_tissue_is_left(write_dicom: WriteDicom) -> None:
    image = read_slice(write_dicom(STORED, **RESCALE, PixelPaddingValue=1024))
    assert image.hu is not None
    assert image.hu.tolist() == HU
    assert image.notes == (
        "The padding value is 0 HU, in the range of tissue: padding was not replaced.",
        TINY,
    )


def test_fill_far_below_air_becomes_air_without_being_declared(write_dicom: WriteDicom) -> None:
    image = read_slice(write_dicom(np.array([[-2000, -50, 1024]], np.int16), **RESCALE))
    assert image.hu is not None
    assert image.hu.tolist() == [[-1000, -1074, 0]]
