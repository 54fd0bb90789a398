"""Grey levels of DICOM that is not in Hounsfield units: windows, tables, colour."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import SecondaryCaptureImageStorage

from hilum.errors import ReadError
from hilum.readers import read_slice
from hilum.readers.picture_checks import TINY

WriteDicom = Callable[..., Path]
MR = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.4", "Modality": "MR"}
NOT_CT = "Modality MR, not CT: the values are not Hounsfield units."


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
