"""DICOM files: Hounsfield units, windows, frames, and what is no image of a slice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import ImplicitVRLittleEndian, SecondaryCaptureImageStorage

from hilum.errors import ReadError, UsageError
from hilum.readers import MEDIASTINAL, count_frames, read_slice
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


def test_a_bare_data_set_without_suffix_is_read(write_dicom: WriteDicom) -> None:
    path = write_dicom(STORED, name="IM0001", bare=True, **RESCALE)
    assert path.read_bytes()[128:132] != b"DICM"
    image = read_slice(path)
    assert image.hu is not None
    assert image.hu.tolist() == HU


def test_a_localizer_is_noted(write_dicom: WriteDicom) -> None:
    image = read_slice(
        write_dicom(STORED, **RESCALE, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    )
    assert image.notes == ("A localizer (scout view), not an axial slice.", TINY)


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


def test_an_mr_uses_the_first_of_its_own_windows(write_dicom: WriteDicom) -> None:
    values = np.array([[0, 50], [100, 200]], np.uint16)
    path = write_dicom(values, **MR, WindowWidth=[101, 1], WindowCenter=[50.5, 1])
    image = read_slice(path)
    assert image.value_range == (0.0, 100.0)  # LINEAR: center - 0.5 -/+ (width - 1) / 2
    assert image.grey.tolist() == [[0, 128], [255, 255]]
    assert image.notes == (NOT_CT, "Shown with its own window.", TINY)
    exact = read_slice(
        write_dicom(values, **MR, WindowWidth=100, WindowCenter=50, VOILUTFunction="LINEAR_EXACT")
    )
    assert exact.value_range == (0.0, 100.0)


def test_an_mr_without_window_uses_its_own_range(write_dicom: WriteDicom) -> None:
    values = np.arange(10_000, dtype=np.uint16).reshape(100, 100)
    image = read_slice(write_dicom(values, **MR))
    assert image.value_range == pytest.approx((49.995, 9949.005))
    assert image.notes == (NOT_CT, "Shown with percentiles 0.5 to 99.5 of its own values.")


def test_8_bit_greys_pass_through_and_monochrome1_is_inverted(write_dicom: WriteDicom) -> None:
    values = np.array([[0, 100], [200, 255]], np.uint8)
    assert read_slice(write_dicom(values, **MR)).grey.tolist() == values.tolist()
    inverted = read_slice(write_dicom(values, **MR, PhotometricInterpretation="MONOCHROME1"))
    assert inverted.grey.tolist() == (255 - values).tolist()
    assert inverted.notes == (NOT_CT, "Shown with its 8-bit values unchanged.", TINY)


def test_padding_without_units_is_black_and_does_not_count(write_dicom: WriteDicom) -> None:
    values = np.array([[60_000, 0], [100, 200]], np.uint16)
    image = read_slice(
        write_dicom(values, **MR, PixelPaddingValue=60_000, PhotometricInterpretation="MONOCHROME1")
    )
    assert image.grey.tolist() == [[0, 255], [127, 0]]


def test_a_look_up_table_of_the_file_is_used(write_dicom: WriteDicom) -> None:
    table = Dataset()
    table.add_new("LUTDescriptor", "US", [4, 10, 8])
    table.add_new("LUTData", "OW", bytes([0, 50, 200, 255]))
    values = np.array([[0, 11], [12, 99]], np.uint16)
    image = read_slice(write_dicom(values, **MR, VOILUTSequence=Sequence([table])))
    assert image.grey.tolist() == [[0, 50], [200, 255]]
    assert image.value_range == (10.0, 13.0)
    assert image.notes == (NOT_CT, "Shown with its look-up table.", TINY)


def test_a_modality_table_comes_before_the_window(write_dicom: WriteDicom) -> None:
    table = Dataset()
    table.add_new("LUTDescriptor", "US", [3, 0, 16])
    table.add_new("LUTData", "US", [0, 1000, 60_000])
    values = np.array([[0, 1], [2, 3]], np.uint16)
    modality = {**MR, "ModalityLUTSequence": Sequence([table])}
    path = write_dicom(values, **modality, WindowWidth=2001, WindowCenter=1000.5)
    image = read_slice(path)
    assert image.grey.tolist() == [[0, 128], [255, 255]]
    assert image.value_range == (0.0, 2000.0)


def test_a_broken_table_counts_as_none(write_dicom: WriteDicom) -> None:
    table = Dataset()
    table.add_new("LUTDescriptor", "US", [400, 10, 8])
    table.add_new("LUTData", "OW", bytes([0, 50, 200, 255]))
    values = np.array([[0, 11], [12, 99]], np.uint8)
    image = read_slice(write_dicom(values, **MR, VOILUTSequence=Sequence([table])))
    assert image.grey.tolist() == values.tolist()


def test_colour_becomes_luma(write_dicom: WriteDicom) -> None:
    values = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [7, 7, 7]]], np.uint8)
    image = read_slice(write_dicom(values, SOPClassUID=SecondaryCaptureImageStorage))
    assert image.grey.tolist() == [[76, 150], [29, 7]]
    assert image.notes == ("Not in Hounsfield units: a colour image.", TINY)


def test_a_palette_gives_the_levels_of_its_colours(write_dicom: WriteDicom) -> None:
    tables: dict[str, object] = {}
    for colour in ("Red", "Green", "Blue"):
        tables[f"{colour}PaletteColorLookupTableDescriptor"] = [4, 0, 8]
        tables[f"{colour}PaletteColorLookupTableData"] = bytes([5, 90, 180, 255])
    values = np.array([[0, 1], [2, 3]], np.uint8)
    palette = {**MR, "PhotometricInterpretation": "PALETTE COLOR"}
    image = read_slice(write_dicom(values, **palette, **tables))
    assert image.grey.tolist() == [[5, 90], [180, 255]]
    with pytest.raises(ReadError, match=r"its colour palette is missing or broken\."):
        read_slice(write_dicom(values, **palette))


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


def test_an_enhanced_ct_keeps_its_attributes_in_functional_groups(write_dicom: WriteDicom) -> None:
    def item(**attributes: object) -> Dataset:
        dataset = Dataset()
        for keyword, value in attributes.items():
            setattr(dataset, keyword, value)
        return dataset

    frames = [
        item(
            PixelValueTransformationSequence=[
                item(RescaleSlope=1, RescaleIntercept=intercept, RescaleType="HU")
            ]
        )
        for intercept in (-1024, -1000)
    ]
    path = write_dicom(
        np.stack([STORED, STORED]),
        SOPClassUID="1.2.840.10008.5.1.4.1.1.2.1",
        SharedFunctionalGroupsSequence=[
            item(PixelMeasuresSequence=[item(PixelSpacing=[0.5, 0.6])])
        ],
        PerFrameFunctionalGroupsSequence=frames,
    )
    image = read_slice(path, frame=1)
    assert image.hu is not None
    assert image.hu[0, 0] == -976
    assert image.spacing == (0.5, 0.6)


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


def test_what_only_begins_like_dicom_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.dcm"
    path.write_bytes(bytes(128) + b"DICM")
    with pytest.raises(ReadError, match="begins like DICOM but holds neither a SOP class nor"):
        read_slice(path)


def test_a_header_that_breaks_off_is_refused(write_dicom: WriteDicom) -> None:
    path = write_dicom(STORED)
    path.write_bytes(path.read_bytes()[:150])
    with pytest.raises(ReadError, match=r"made\.dcm: "):
        read_slice(path)


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
