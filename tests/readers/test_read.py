"""The one door: content before names, limits before decoding, sentences with the path."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hilum.errors import ReadError, UsageError
from hilum.readers import count_frames, limits, read_slice
from hilum.readers.picture_checks import TINY


@pytest.fixture
def png(tmp_path: Path) -> Path:
    path = tmp_path / "a.png"
    Image.fromarray(np.arange(16, dtype=np.uint8).reshape(4, 4)).save(path)
    return path


def test_a_missing_file_is_a_wrong_call(tmp_path: Path) -> None:
    path = tmp_path / "gone.png"
    for call in (read_slice, count_frames):
        with pytest.raises(UsageError) as caught:
            call(path)
        assert str(caught.value) == f"{path}: there is no such file."


def test_a_folder_is_a_wrong_call(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="this is a folder, not a file; pass its files one by one"):
        read_slice(tmp_path)


def test_text_named_png_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "slice.png"
    path.write_text("not a picture\n")
    with pytest.raises(ReadError) as caught:
        read_slice(path)
    assert str(caught.value) == (
        f"{path}: named like a PNG file, but its content is text; hilum reads DICOM, "
        "PNG, JPEG, TIFF, BMP and WebP."
    )


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "scan.nii.gz"
    path.write_bytes(b"\x1f\x8b\x08\x00\x00")
    with pytest.raises(ReadError, match=r"gz: its content is of no known format; hilum reads "):
        count_frames(path)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.dcm"
    path.touch()
    with pytest.raises(ReadError, match=r"empty\.dcm: the file is empty\."):
        read_slice(path)


def test_a_file_beyond_the_limit_is_refused_unread(
    png: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_FILE_BYTES", 16)
    with pytest.raises(ReadError, match=r"a file may have at most 0 MiB, and this one has"):
        read_slice(png)


def test_the_limit_itself_passes_and_one_byte_more_does_not() -> None:
    limits.check_file_size(512 * 2**20)
    limits.check_pixels(8192, 8192)
    with pytest.raises(ReadError, match="at most 512 MiB"):
        limits.check_file_size(512 * 2**20 + 1)
    with pytest.raises(ReadError, match="8,193 x 8,192; make it smaller first"):
        limits.check_pixels(8193, 8192)
    with pytest.raises(ReadError, match="at least one pixel, and its header says 0 x 5"):
        limits.check_pixels(0, 5)


def test_a_file_that_may_not_be_opened_is_named(png: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ReadError, match=r"a\.png: can't be opened \(Permission denied\)\."):
        read_slice(png)


def test_content_decides_and_a_wrong_name_is_noted(png: Path) -> None:
    path = png.rename(png.with_suffix(".dcm"))
    image = read_slice(str(path))
    assert image.format == "PNG"
    assert image.notes == (
        TINY,
        "Its name suggests DICOM, but its content is PNG; it was read as PNG.",
    )


def test_a_picture_has_one_frame(png: Path) -> None:
    assert count_frames(png) == 1
    assert read_slice(png, frame=0).shape == (4, 4)
    with pytest.raises(UsageError, match=r"there is no frame 1; a picture has a single"):
        read_slice(png, frame=1)
