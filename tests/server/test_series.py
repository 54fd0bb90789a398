"""What is checked of a job's files before they are predicted."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from hilum.errors import ReadError
from hilum.server.series import _check_zip, pixels_file


def test_a_zip_is_refused_by_its_index_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(5):
            archive.writestr(str(number), "x")
    _check_zip(path, 5)
    with pytest.raises(ReadError, match="at most 4 files here, and this one holds 5"):
        _check_zip(path, 4)
    content = path.read_bytes()
    index = content.index(b"PK\1\2")
    size = (2**32 - 2).to_bytes(4, "little")  # of one file, as its index states; the rest has 4
    path.write_bytes(content[: index + 24] + size + content[index + 28 :])
    with pytest.raises(ReadError, match="may unpack to at most 4 GiB"):
        _check_zip(path, 5)


def test_pixels_lie_in_the_job_s_folder(tmp_path: Path) -> None:
    assert pixels_file(tmp_path, 1, 20) == tmp_path / "series-1" / "slice-20.json"
