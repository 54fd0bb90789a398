"""DICOM files: Hounsfield units, windows, frames, and what is no image of a slice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from hilum.errors import ReadError, UsageError
from hilum.readers import MEDIASTINAL, count_frames, read_slice
from hilum.readers.picture_checks import TINY

WriteDicom = Callable[..., Path]

STORED = np.array([[24, 324], [724, 1024]], np.uint16)
HU = [[-1000.0, -700.0], [-300.0, 0.0]]
RESCALE = {"RescaleSlope": 1, "RescaleIntercept": -1024}
MR = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.4", "Modality": "MR"}


def test_a_ct_carries_units_window_spacing_and_ids(write_dicom: WriteDicom) -> None:
    path = write_dicom(
        STORED, **RESCALE, PixelSpacing=[0.7, 0.8], PatientID="P", WindowWidth=80, WindowCenter=40
    )
    image = read_slice(path)
    assert image.hu is not None
    assert image.hu.tolist() == HU
    assert image.grey.tolist() == [[73, 128], [200, 255]]
    assert str(image.window) == "1400/-700"  # never the file's own
    assert (image.format, image.modality, image.frame) == ("DICOM", "CT", 0)
    assert (image.spacing, image.value_range, image.notes) == ((0.7, 0.8), None, (TINY,))
    assert image.ids["patient_id"] == "P"
    assert image.ids["sop_instance_uid"] == "1.2.3.4"
    assert image.ids["series_instance_uid"] == "1.2.3"


def test_the_window_is_the_caller_s(write_dicom: WriteDicom) -> None:
    image = read_slice(write_dicom(STORED, **RESCALE), window=MEDIASTINAL)
    assert image.grey.tolist() == [[0, 0], [0, round(135 * 255 / 350)]]


def test_a_localizer_is_noted(write_dicom: WriteDicom) -> None:
    image = read_slice(
        write_dicom(STORED, **RESCALE, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    )
    assert image.notes == ("A localizer (scout view), not an axial slice.", TINY)


def test_constant_and_annotated_images_are_noted(write_dicom: WriteDicom) -> None:
    image = read_slice(write_dicom(np.full((3, 3), 7, np.uint16), **MR, BurnedInAnnotation="YES"))
    assert image.grey.max() == 0
    assert "According to its header, text is burned into its pixels." in image.notes
    assert "Every pixel has the same grey level: there is nothing to see." in image.notes


def test_a_frame_of_many_must_be_chosen(write_dicom: WriteDicom) -> None:
    path = write_dicom(np.stack([STORED, STORED + 100, STORED + 200]), **RESCALE)
    assert count_frames(path) == 3
    with pytest.raises(ReadError, match=r"dcm: it holds 3 frames; choose one, frame=0 to 2\."):
        read_slice(path)
    image = read_slice(path, frame=2)
    assert image.hu is not None
    assert image.hu[0, 0] == -800
    assert image.frame == 2
    with pytest.raises(UsageError, match=r"there is no frame 3; the file has 3, counted from 0"):
        read_slice(path, frame=3)


def test_detector_spacing_is_not_pixel_spacing(write_dicom: WriteDicom) -> None:
    assert read_slice(write_dicom(STORED, ImagerPixelSpacing=[0.1, 0.1])).spacing is None
    assert read_slice(write_dicom(STORED, PixelSpacing=[0, 0])).spacing is None


@pytest.mark.parametrize(
    ("sop_class", "kind"),
    [
        ("1.2.840.10008.5.1.4.1.1.481.5", "an RT plan"),
        ("1.2.840.10008.5.1.4.1.1.481.3", "an RT structure set"),
        ("1.2.840.10008.5.1.4.1.1.481.2", "an RT dose grid"),
        ("1.2.840.10008.5.1.4.1.1.88.33", "a structured report"),
        ("1.2.840.10008.5.1.4.1.1.9.1.1", "a waveform such as an ECG"),
        ("1.2.840.10008.5.1.4.1.1.66.4", "a segmentation"),
        ("1.2.840.10008.5.1.4.1.1.77.1.6", "a whole-slide microscopy image"),
        ("1.2.840.10008.5.1.4.1.1.11.1", "a presentation state"),
        ("1.2.840.10008.5.1.4.1.1.104.1", "an encapsulated document"),
        ("1.2.840.10008.1.3.10", "a DICOMDIR index"),
    ],
)
def test_other_objects_are_refused_with_their_kind(
    write_dicom: WriteDicom, sop_class: str, kind: str
) -> None:
    path = write_dicom(STORED, SOPClassUID=sop_class)
    for call in (read_slice, count_frames):
        with pytest.raises(ReadError) as caught:
            call(path)
        assert str(caught.value) == f"{path}: it is {kind}, not an image of a slice."


def test_without_a_sop_class_the_modality_tells_the_kind(write_dicom: WriteDicom) -> None:
    path = write_dicom(None, name="x", bare=True, SOPClassUID=None, Modality="RTPLAN")
    with pytest.raises(ReadError, match="it is an RT plan, not an image of a slice"):
        read_slice(path)


def test_dicom_without_pixels_is_refused(write_dicom: WriteDicom) -> None:
    with pytest.raises(ReadError, match=r"it is DICOM without pixels \(CT Image Storage\)\."):
        read_slice(write_dicom(None))
    with pytest.raises(ReadError, match=r"without pixels \(an unknown SOP class\)\."):
        read_slice(write_dicom(None, SOPClassUID="1.2.3"))


def test_odd_values_in_a_file_stay_silent(
    write_dicom: WriteDicom, caplog: pytest.LogCaptureFixture
) -> None:
    path = write_dicom(STORED, **RESCALE, InstanceNumber=11)
    path.write_bytes(path.read_bytes().replace(b"IS\x02\x0011", b"IS\x02\x001A"))
    with pytest.warns(UserWarning, match="Invalid value for VR IS"):
        dcmread(path).get("InstanceNumber")
    caplog.clear()
    image = read_slice(path)
    assert image.hu is not None
    assert image.notes == (TINY,)
    assert caplog.messages == []
