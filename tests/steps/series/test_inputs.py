"""What a path holds is found by content; a file that the user names is never skipped in silence."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest
from picture_files import png_header

from hilum.errors import ReadError, UsageError
from hilum.steps.series.inputs import SeriesFiles, opened

DICOM = bytes(128) + b"DICM"
PNG = png_header(8, 8)


def files_of(path: Path) -> SeriesFiles:
    with opened(path) as files:
        return files


def test_a_folder_is_sorted_into_dicom_volumes_and_the_rest(tmp_path: Path) -> None:
    for name, content in {
        "IM1": DICOM, "deep/IM2.dcm": DICOM, "volume.nii.gz": b"x", "DICOMDIR": DICOM,
        "readme.txt": b"text", "sheet.png": PNG, "bad.dcm": b"text", "noname": b"text",
    }.items():  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    os.mkfifo(tmp_path / "pipe")
    files = files_of(tmp_path)
    assert sorted(file.name for file in files.dicom) == ["IM1", "IM2.dcm"]
    assert [file.name for file in files.volumes] == ["volume.nii.gz"]
    assert files.skipped == {
        ".txt": 1, "PNG pictures": 1, "no suffix": 1, "DICOMDIR index": 1, "not regular files": 1,
    }  # fmt: skip
    (left_out,) = files.left_out
    assert (left_out.path.name, left_out.broken) == ("bad.dcm", True)
    assert left_out.reason == "Named like a DICOM file, but its content is not DICOM."


def test_a_dicomdir_stands_for_its_folder(tmp_path: Path) -> None:
    for name in ("DICOMDIR", "IM1"):
        (tmp_path / name).write_bytes(DICOM)
    assert [file.name for file in files_of(tmp_path / "DICOMDIR").dicom] == ["IM1"]


@pytest.mark.parametrize(
    ("content", "words"), [(PNG, "It is a PNG picture, not DICOM"), (b"text", "of no known format")]
)
def test_a_file_that_is_named_and_no_series_is_refused(
    content: bytes, words: str, tmp_path: Path
) -> None:
    (tmp_path / "one").write_bytes(content)
    (left_out,) = files_of(tmp_path / "one").left_out
    assert words in left_out.reason


def test_a_slice_table_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "slices.csv").write_text("slice_id\n")
    with pytest.raises(UsageError, match=r"slice table.*\(--by slice\)"):
        files_of(tmp_path / "slices.csv")


def test_files_of_a_zip_are_named_by_zip_and_entry_while_it_is_open(tmp_path: Path) -> None:
    packed = tmp_path / "study.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a/IM1", DICOM)
        archive.writestr("../IM2", DICOM)
    with opened(packed) as files:
        (unpacked,) = files.dicom
        assert unpacked.read_bytes() == DICOM
        assert files.name(unpacked) == packed / "a" / "IM1"
    assert not unpacked.exists()
    assert files.name(tmp_path) == tmp_path
    (left_out,) = files.left_out
    assert (left_out.path, left_out.broken) == (packed / "../IM2", True)


def test_a_damaged_zip_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "study.zip").write_bytes(b"text")
    with pytest.raises(ReadError, match=r"^the zip is damaged or none at all\.$"):
        files_of(tmp_path / "study.zip")
