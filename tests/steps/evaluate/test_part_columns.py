"""Columns that metrics are shown by part of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from hilum.errors import TableError
from hilum.steps.evaluate.part_columns import part_columns
from hilum.table import SliceTable

MakeTable = Callable[..., SliceTable]


def test_words_are_parts_and_numbers_are_quarters(make_table: MakeTable) -> None:
    ages = [str(30 + n) for n in range(40)]
    table = make_table(40, sex=["F", "M"] * 20, age=ages)
    parts = part_columns(table, ("sex", "age"))
    assert parts["sex"].tolist() == ["F", "M"] * 20
    assert sorted(set(parts["age"])) == [
        "30 to 39.75", "39.75 to 49.5", "49.5 to 59.25", "59.25 to 69",
    ]  # fmt: skip


def test_lesion_size_is_the_longer_side_of_the_largest_box(make_table: MakeTable) -> None:
    boxes = ["0 0 4 10;2 2 9 5", "", "none", "1 1 4 4"]
    parts = part_columns(make_table(4, boxes=boxes), ("lesion-size",))
    assert parts["lesion-size"].tolist() == ["10", "not known", "not known", "3"]


def test_slice_thickness_is_that_of_dicom_files(make_table: MakeTable, tmp_path: Path) -> None:
    for number, thickness in enumerate(("1.25", "5", "")):
        write_dicom(tmp_path / f"{number}.png", thickness)
    parts = part_columns(make_table(3, folder=tmp_path), ("slice-thickness",))
    assert parts["slice-thickness"].tolist() == ["1.25", "5", "not known"]


@pytest.mark.parametrize(
    ("columns", "by", "message"),
    [
        ({}, "sexe", r"--by needs a column of the table \(slice_id, .*got 'sexe'\.$"),
        ({"sex": ""}, "sex", r"at least one value; every cell of 'sex' is empty\. Choose another"),
        (
            {"word": [f"w{n}" for n in range(40)]}, "word",
            r"at most 20 different values, or of numbers; 'word' has 40, so it names cases",
        ),
    ],
)  # fmt: skip
def test_what_names_no_parts_is_refused(
    make_table: MakeTable, columns: dict[str, str], by: str, message: str
) -> None:
    with pytest.raises(TableError, match=message):
        part_columns(make_table(40, **columns), (by,))


def write_dicom(path: Path, thickness: str) -> None:
    """Write a CT slice of 4 x 4 pixels."""
    header = Dataset()
    header.SOPClassUID, header.SOPInstanceUID = CTImageStorage, "1.2.3"
    header.Rows = header.Columns = 4
    header.BitsAllocated = header.BitsStored = 16
    header.HighBit, header.SamplesPerPixel, header.PixelRepresentation = 15, 1, 0
    header.PhotometricInterpretation = "MONOCHROME2"
    if thickness:
        header.SliceThickness = thickness
    header.PixelData = np.zeros((4, 4), np.uint16).tobytes()
    header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header.save_as(path, enforce_file_format=True)
