"""Zips are unpacked within limits and never outside their folder."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest

from hilum.errors import ReadError
from hilum.readers.series import archive
from hilum.readers.series.archive import unpack_archive, unpack_gzip


def packed(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as writer:
        for name, content in files.items():
            writer.writestr(name, content)
    return path


def test_files_are_unpacked_whatever_they_are_called(tmp_path: Path) -> None:
    names = ["a.dcm", "b/a.dcm", "b/" + "n" * 200 + ".dcm", "ümlaut/1"]
    file = packed(tmp_path / "study.zip", {name: name.encode() for name in names})
    entries = list(unpack_archive(file, tmp_path / "out"))
    assert [(one.name, one.refusal) for one in entries] == [(name, "") for name in names]
    assert [one.path.read_bytes() for one in entries] == [name.encode() for name in names]
    assert len({one.path for one in entries}) == len(names)


@pytest.mark.parametrize("name", ["../a", "b/../../a", "/etc/a", "C:/a", "..\\a"])
def test_a_name_that_leads_out_of_the_folder_is_refused(name: str, tmp_path: Path) -> None:
    file = packed(tmp_path / "study.zip", {name: b"x", "good": b"y"})
    bad, good = unpack_archive(file, tmp_path / "deep" / "out")
    assert bad.refusal == "its name leads out of the folder."
    assert good.path.read_bytes() == b"y"
    assert [one.name for one in tmp_path.rglob("*") if one.is_file()] == [
        "study.zip", good.path.name,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("limit", "sentence"),
    [("MAX_ENTRIES", "at most 1 files"), ("MAX_UNPACKED_BYTES", "may unpack to at most 0 GiB")],
)
def test_too_many_files_and_too_much_data_are_refused_before_unpacking(
    limit: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = packed(tmp_path / "study.zip", {"a": b"x", "b": b"y"})
    monkeypatch.setattr(archive, limit, 1)
    with pytest.raises(ReadError, match=sentence):
        list(unpack_archive(file, tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_a_damaged_file_of_a_zip_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    file = packed(tmp_path / "study.zip", {"a": b"content" * 100})
    content = bytearray(file.read_bytes())
    content[60] ^= 0xFF
    file.write_bytes(content)
    (entry,) = unpack_archive(file, tmp_path / "out")
    assert entry.refusal == "it is damaged or encrypted."
    assert not entry.path.exists()


def test_a_gzip_file_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    import gzip

    (tmp_path / "a.nii.gz").write_bytes(gzip.compress(bytes(range(256)) * 100)[:-20])
    with pytest.raises(ReadError, match="the gzip file is damaged"):
        unpack_gzip(tmp_path / "a.nii.gz", tmp_path / "a.nii")


def test_links_and_files_that_grow_too_much_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "study.zip"
    link = zipfile.ZipInfo("link.dcm")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as writer:
        writer.writestr(link, b"/etc/passwd")
        writer.writestr("bomb.dcm", bytes(2 * 2**20))
        writer.writestr("small.txt", bytes(2**20))  # grows as much, but is small
    entries = {one.name: one for one in unpack_archive(path, tmp_path / "out")}
    assert {name: one.refusal for name, one in entries.items()} == {
        "link.dcm": "it is a symbolic link.",
        "bomb.dcm": "it would grow more than 200 times (a zip bomb?).",
        "small.txt": "",
    }
