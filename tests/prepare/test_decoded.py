"""Slices decoded once: order, size, and errors that name the row."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from hilum.errors import ReadError, StorageError, TableError
from hilum.prepare import BATCH, decode_sizes, decode_table, resize, sized_batches
from hilum.prepare.decoding import AHEAD
from hilum.readers import read_slice
from hilum.readers.series_units import SERIES_NOTE
from hilum.table import SliceTable

MakeTable = Callable[..., SliceTable]


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of PNG files 0.png, 1.png, ... of 40 x 64 pixels, as grey as their number."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    for number in range(3):
        picture(tmp_path / f"{number}.png", np.full((40, 64), number * 10))
    return tmp_path


def picture(path: Path, grey: npt.NDArray[np.int64]) -> None:
    Image.fromarray(grey.astype(np.uint8)).save(path)


def ct(path: Path, hu: npt.NDArray[np.int16]) -> None:
    """Write a CT slice."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    slice_of_ct = Dataset()
    slice_of_ct.file_meta = meta
    slice_of_ct.SOPClassUID = CTImageStorage
    slice_of_ct.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    slice_of_ct.Modality = "CT"
    slice_of_ct.Rows, slice_of_ct.Columns = hu.shape
    slice_of_ct.SamplesPerPixel = 1
    slice_of_ct.PhotometricInterpretation = "MONOCHROME2"
    slice_of_ct.BitsAllocated = slice_of_ct.BitsStored = 16
    slice_of_ct.HighBit = 15
    slice_of_ct.PixelRepresentation = 1
    slice_of_ct.RescaleSlope, slice_of_ct.RescaleIntercept = 1, 0
    slice_of_ct.RescaleType = "HU"
    slice_of_ct.PixelData = hu.tobytes()
    slice_of_ct.save_as(path, enforce_file_format=True)


def test_slices_stand_in_the_tables_order(pictures: Path, make_table: MakeTable) -> None:
    shutil.copy(pictures / "2.png", pictures / "again.png")
    table = make_table(4, folder=pictures, path=["2.png", "0.png", "1.png", "again.png"])
    with decode_table(table, size=32) as decoded:
        assert decoded.grey.shape == (4, 32, 32)
        assert decoded.grey[:, 5, 7].tolist() == [20, 0, 10, 20]
        assert decoded.shapes.tolist() == [[40, 64]] * 4


def test_without_a_cache_nothing_stays_on_the_disk(
    pictures: Path, make_table: MakeTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HILUM_CACHE", "off")
    with decode_table(make_table(3, folder=pictures), size=32):
        left = len(list((pictures / "temporary").iterdir()))
        assert left == 0 or os.name == "nt"  # elsewhere the file has no name: a kill leaves nothing
    assert list((pictures / "temporary").iterdir()) == []
    with pytest.raises(ReadError), decode_table(make_table(4, folder=pictures), size=32):
        pytest.fail("the fourth slice isn't there")
    assert list((pictures / "temporary").iterdir()) == []


def test_a_slice_that_can_not_be_read_is_named_with_its_row(
    pictures: Path, make_table: MakeTable
) -> None:
    (pictures / "1.png").write_text("no picture")
    with pytest.raises(ReadError) as caught, decode_table(make_table(3, folder=pictures), size=32):
        pytest.fail("the second slice is no picture")
    assert str(caught.value).startswith("slices.csv, row 3, column path, slice_id 'slice-1': ")
    assert "1.png" in str(caught.value)


def test_a_row_is_counted_in_the_table_that_was_read(pictures: Path, make_table: MakeTable) -> None:
    splits = [*["train"] * 6, *["test"] * 3]
    paths = [*(f"unread-{n}.png" for n in range(6)), "0.png", "1.png", "gone.png"]
    names = [f"slice-{n}" * (9 if n == 8 else 1) for n in range(9)]
    table = make_table(9, folder=pictures, split=splits, path=paths, slice_id=names)
    with (
        pytest.raises(ReadError, match=r"^slices\.csv, row 10, column path: .*gone\.png"),
        decode_table(table.part("test"), size=32),
    ):
        pytest.fail("the last slice isn't there")


def test_a_missing_slice_is_named_with_its_row(pictures: Path, make_table: MakeTable) -> None:
    with (
        pytest.raises(
            ReadError, match=r"^slices\.csv, row 5, column path, slice_id 'slice-3': .*3\.png"
        ),
        decode_table(make_table(4, folder=pictures), size=32),
    ):
        pytest.fail("the fourth slice isn't there")


def test_a_box_outside_its_slice_is_named_with_its_row(
    pictures: Path, make_table: MakeTable
) -> None:
    table = make_table(3, folder=pictures, boxes=["0 0 40 64", "none", "0 0 41 64"])
    with pytest.raises(TableError) as caught, decode_table(table, size=32):
        pytest.fail("the third slice has 40 rows")
    assert str(caught.value) == (
        "slices.csv, row 4, column boxes, slice_id 'slice-2': box '0 0 41 64' extends beyond the "
        "slice of 40 rows x 64 columns."
    )


def test_a_dicom_slice_is_shown_through_its_rows_window_else_the_lung_window(
    pictures: Path, make_table: MakeTable
) -> None:
    names = ["a.dcm", "b.dcm", "c.dcm"]
    for name in names:
        ct(pictures / name, np.full((32, 32), -700, dtype=np.int16))
    table = make_table(3, folder=pictures, path=names, window=["", "1000/-700", "350/40"])
    with decode_table(table, size=32) as decoded:
        assert decoded.grey[:, 0, 0].tolist() == [128, 128, 0]
    for name in names:
        ct(pictures / name, np.full((32, 32), -350, dtype=np.int16))
    with decode_table(table, size=32) as decoded:
        assert decoded.grey[:, 0, 0].tolist() == [191, 217, 0]  # a quarter, 35 % above the middle


def test_slices_of_a_series_that_is_in_no_hounsfield_units_are_noted(
    pictures: Path, make_table: MakeTable
) -> None:
    """Each slice alone only lacks air; a series of a chest doesn't."""
    rng = np.random.default_rng(0)
    names = ["a.dcm", "b.dcm", "c.dcm", "d.dcm"]
    for name in names:
        ct(pictures / name, rng.normal(40, 40, (64, 64)).astype(np.int16))
        dataset = dcmread(pictures / name)
        dataset.SeriesInstanceUID = "1.9" if name == "d.dcm" else "1.2"
        dataset.save_as(pictures / name)
    with decode_table(make_table(4, folder=pictures, path=names), size=32) as decoded:
        noted = [any(SERIES_NOTE in note for note in notes) for notes in decoded.notes]
    assert noted == [True, True, True, False]


def test_a_full_disk_is_refused_before_anything_is_read(
    pictures: Path, make_table: MakeTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    with (
        pytest.raises(StorageError, match="has 0 MB free"),
        decode_table(make_table(9, folder=pictures), size=32),
    ):
        pytest.fail("9 slices take 9,216 bytes")
    assert list((pictures / "temporary").iterdir()) == []


class RecordedProgress:
    """Records every advance."""

    def __init__(self) -> None:
        self.done: list[tuple[str, int, int]] = []

    def advance(self, task: str, done: int, total: int) -> None:
        self.done.append((task, done, total))

    def say(self, sentence: str) -> None:
        raise AssertionError(sentence)


def test_progress_ends_at_the_whole(pictures: Path, make_table: MakeTable) -> None:
    progress = RecordedProgress()
    for number in range(AHEAD + 2):
        shutil.copy(pictures / "1.png", pictures / f"same-{number}.png")
    paths = [f"same-{number}.png" for number in range(AHEAD + 2)]
    table = make_table(AHEAD + 2, folder=pictures, path=paths)
    with decode_table(table, size=32, progress=progress) as decoded:
        assert (decoded.grey == 10).all()
    count = AHEAD + 2
    assert progress.done == [("reading slices", AHEAD, count), ("reading slices", count, count)]


def test_shrinking_averages_areas() -> None:
    grey = np.array([[0, 100, 10, 10], [0, 100, 10, 10]] * 2, dtype=np.uint8)
    assert resize(grey, 2).tolist() == [[50, 10], [50, 10]]


def test_growing_is_linear_and_the_same_size_is_the_same() -> None:
    grey = np.array([[0, 200], [0, 200]], dtype=np.uint8)
    assert resize(grey, 4).tolist() == [[0, 50, 150, 200]] * 4
    assert resize(grey, 2).tolist() == grey.tolist()


def test_several_sizes_are_those_of_each_alone_and_every_file_is_read_once(
    pictures: Path, make_table: MakeTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = make_table(2, folder=pictures, path=["1.png", "2.png"])
    monkeypatch.setenv("HILUM_CACHE", "off")
    alone = {}
    for size in (16, 24):
        with decode_table(table, size=size) as decoded:
            alone[size] = decoded.grey.copy()
    read: list[Path] = []

    def counted(path: Path, **options: Any) -> Any:
        read.append(path)
        return read_slice(path, **options)

    monkeypatch.setattr("hilum.table.slice_table.read_slice", counted)
    with decode_sizes(table, [24, 16, 24]) as both:
        assert sorted(both) == [16, 24]
        for size, decoded in both.items():
            np.testing.assert_array_equal(decoded.grey, alone[size])
    assert sorted(path.name for path in read) == ["1.png", "2.png"]


def test_no_size_reads_nothing(make_table: MakeTable) -> None:
    with decode_sizes(make_table(2, path=["gone.png", "gone-too.png"]), []) as none:
        assert none == {}


def test_batches_of_several_sizes_go_together() -> None:
    count = BATCH + 3
    grey = {
        size: np.arange(count, dtype=np.uint8)[:, None, None].repeat(size, 1) for size in (1, 2)
    }
    batches = list(sized_batches(grey))
    assert [len(batch[1]) for batch in batches] == [BATCH, 3]
    assert batches[1][2][:, 1, 0].tolist() == [BATCH, BATCH + 1, BATCH + 2]
