"""CT images that are not original axial slices of the chest are noted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

from hilum.readers import read_slice
from hilum.readers.dicom.notes import LOCALIZER, PROJECTION, REFORMATTED, SCREEN

WriteDicom = Callable[..., Path]

CHEST = (np.arange(80 * 60).reshape(80, 60) % 1500).astype(np.int16) - 1000
HU = {"RescaleSlope": 1, "RescaleIntercept": 0}


@pytest.mark.parametrize(
    ("image_type", "notes"),
    [
        (["ORIGINAL", "PRIMARY", "AXIAL"], ()),
        (["ORIGINAL", "PRIMARY", "AXIAL", "CT_SOM5 SPI"], ()),
        (["DERIVED", "SECONDARY", "AXIAL", "CT_SOM5 SPI"], ()),
        (["ORIGINAL", "PRIMARY", "VOLUME", "NONE"], ()),
        (["ORIGINAL", "PRIMARY", "LOCALIZER"], (LOCALIZER,)),
        (["DERIVED", "SECONDARY", "REFORMATTED", "AVERAGE"], (REFORMATTED,)),
        (["DERIVED", "SECONDARY", "AXIAL", "MPR"], (REFORMATTED,)),
        (["DERIVED", "SECONDARY", "AXIAL", "CSA MIP"], (PROJECTION,)),
        (["DERIVED", "PRIMARY", "VOLUME", "MAX_IP"], (PROJECTION,)),
        (["DERIVED", "SECONDARY", "PROJECTION IMAGE"], (PROJECTION,)),
        (["DERIVED", "SECONDARY", "SCREEN SAVE"], (SCREEN,)),
        (["DERIVED", "SECONDARY", "REFORMATTED", "MINIP"], (PROJECTION, REFORMATTED)),
    ],
)
def test_the_image_type_is_noted(
    write_dicom: WriteDicom, image_type: list[str], notes: tuple[str, ...]
) -> None:
    assert read_slice(write_dicom(CHEST, **HU, ImageType=image_type)).notes == notes


def test_the_frame_type_of_an_enhanced_ct_is_noted(write_dicom: WriteDicom) -> None:
    kind, group = Dataset(), Dataset()
    kind.FrameType = ["DERIVED", "PRIMARY", "VOLUME", "MAXIMUM"]
    group.CTImageFrameTypeSequence = [kind]
    path = write_dicom(
        CHEST[None], **HU, SOPClassUID="1.2.840.10008.5.1.4.1.1.2.1",
        PerFrameFunctionalGroupsSequence=[group],
    )  # fmt: skip
    assert read_slice(path).notes == (PROJECTION,)


@pytest.mark.parametrize(
    ("part", "note"),
    [
        ("CHEST", None), ("THORAX", None), ("LUNG", None), ("CHESTABDPELVIS", None),
        ("WHOLEBODY", None), ("HEART", None), ("TORAX", None), ("", None), ("UNKNOWN", None),
        ("HEAD", "HEAD"), ("NECK", "NECK"), ("PANCREAS", "PANCREAS"), ("ABDOMEN", "ABDOMEN"),
    ],
)  # fmt: skip
def test_another_body_part_is_noted(write_dicom: WriteDicom, part: str, note: str | None) -> None:
    expected = (f"Body part examined: {note}, not the chest.",) if note else ()
    assert read_slice(write_dicom(CHEST, **HU, BodyPartExamined=part)).notes == expected


def test_free_text_in_the_body_part_is_not_repeated(write_dicom: WriteDicom) -> None:
    path = write_dicom(CHEST, **HU, BodyPartExamined=("LO", "knee of J. Doe, 1970"))
    assert read_slice(path).notes == ("Body part examined: another one, not the chest.",)


@pytest.mark.parametrize(
    ("attributes", "sides"),
    [
        ({"PixelSpacing": [1.4, 0.7]}, "1.4 x 0.7 mm"),
        ({"PixelAspectRatio": ["2", "1"]}, "2 x 1"),
        ({"PixelSpacing": [0.7031, 0.703125]}, None),  # rounded
        ({"PixelAspectRatio": ["1", "0"]}, None),  # nonsense
    ],
)
def test_pixels_that_are_not_square_are_noted(
    write_dicom: WriteDicom, attributes: dict[str, object], sides: str | None
) -> None:
    expected = (
        (
            f"Its pixels are not square ({sides}, down and across): it is shown and predicted as "
            f"it is stored, out of proportion.",
        )
        if sides
        else ()
    )
    assert read_slice(write_dicom(CHEST, **HU, **attributes)).notes == expected
