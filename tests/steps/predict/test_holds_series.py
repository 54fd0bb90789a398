"""Whether a path is predicted by series is decided by what it holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from picture_files import png_header

from hilum.steps.predict.holds_series import holds_series

DICOM = bytes(128) + b"DICM"
PNG = png_header(8, 8)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("one.dcm", DICOM, False),  # a single file is a slice
        ("one.png", PNG, False),
        ("study.zip", b"x", True),
        ("DICOMDIR", DICOM, True),
        ("volume.nii", b"x", True),
    ],
)
def test_a_single_file_is_a_series_by_its_kind(
    name: str, content: bytes, expected: bool, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    assert holds_series(tmp_path / name) is expected


def test_a_folder_holds_series_unless_a_picture_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"text")
    assert not holds_series(tmp_path)
    (tmp_path / "b.dcm").write_bytes(DICOM)
    assert holds_series(tmp_path)
    (tmp_path / "c.png").write_bytes(PNG)
    assert not holds_series(tmp_path)
