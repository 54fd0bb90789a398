"""Archives, friendly and not."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from hilum.errors import FetchError, StorageError
from hilum.fetch import unpack as unpack_module
from hilum.fetch import wanted
from hilum.fetch.unpack import unpack
from hilum.fetch.wanted import inside

FILES = {"top/a/one.bin": b"1" * 3_000_000, "top/b.txt": b"two"}


def tar_at(path: Path, files: dict[str, bytes], *odd: tarfile.TarInfo, mode: str = "w") -> Path:
    with tarfile.open(path, mode) as tar:
        for info in odd:
            tar.addfile(info)
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def zip_at(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return path


def everything_below(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def out(tmp_path):
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def do(archive: Path, out: Path, **more):
    return unpack(archive, out, on_size=lambda done, total: None, **more)


@pytest.mark.parametrize(("name", "mode"), [("x.tar", "w"), ("x.tar.gz", "w:gz"), ("x.zip", "")])
def test_files_come_out_as_they_went_in_with_their_checksums(tmp_path, out, name, mode):
    archive = tmp_path / name
    noise = {"__MACOSX/top/b.txt": b"x", "top/._b.txt": b"x", "top/.DS_Store": b"x"}
    if mode:
        tar_at(archive, FILES | noise, mode=mode)
    else:
        zip_at(archive, FILES | noise)
    sizes = []
    sums = unpack(archive, out, on_size=lambda *numbers: sizes.append(numbers))
    assert everything_below(out) == FILES
    assert sums == {p: hashlib.sha256(content).hexdigest() for p, content in FILES.items()}
    assert sizes == [(3_000_000, 3_000_003), (3_000_003, 3_000_003)]


def test_paths_begin_where_they_are_told_to(tmp_path, out):
    files = {"rev2/Annotation/A/1.xml": b"1", "Annotation/B/2.xml": b"2", "read.txt": b"3"}
    do(zip_at(tmp_path / "x.zip", files), out, below="Annotation")
    assert everything_below(out) == {
        "Annotation/A/1.xml": b"1", "Annotation/B/2.xml": b"2", "read.txt": b"3",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["../out2", "/etc/x", "a/../../x", "c:/x", "a/b\x01", "."])
def test_a_path_that_leads_out_is_refused_before_anything_is_written(tmp_path, out, name):
    with pytest.raises(FetchError, match="which is no path below a folder"):
        inside(name, of="x.tar")
    if name == ".":
        return
    with pytest.raises(FetchError, match=r"x\.tar names a file"):
        do(tar_at(tmp_path / "x.tar", FILES | {name: b"evil"}), out)
    assert everything_below(out) == {}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "x.tar"]


def test_a_name_that_only_windows_can_not_hold_is_refused_only_there(monkeypatch):
    assert inside("a/1.2.3 .xml", of="x.zip") == "a/1.2.3 .xml"
    with pytest.raises(FetchError):
        inside("a\\b", of="x.zip")
    monkeypatch.setattr(wanted.os, "name", "nt")
    for name in ("a/1.2.3 ", "a/nul.txt", "a/b.", "a/b?c"):
        with pytest.raises(FetchError, match="no path below a folder"):
            inside(name, of="x.zip")


def test_backslashes_of_a_zip_are_folders(tmp_path, out):
    do(zip_at(tmp_path / "x.zip", {"Annotation\\A\\1.xml": b"1"}), out)
    assert everything_below(out) == {"Annotation/A/1.xml": b"1"}
    with pytest.raises(FetchError, match="no path below a folder"):
        do(zip_at(tmp_path / "y.zip", {"..\\..\\x": b"1"}), out)


def test_a_locked_zip_is_refused_in_a_sentence(tmp_path, out):
    path = zip_at(tmp_path / "x.zip", {"a": b"1"})
    content = bytearray(path.read_bytes())
    central = content.index(b"PK\x01\x02")
    content[6] |= 1
    content[central + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(FetchError, match=r"can't be unpacked .*encrypted"):
        do(path, out)


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE]
)
def test_links_and_devices_are_refused(tmp_path, out, kind):
    info = tarfile.TarInfo("top/link")
    info.type, info.linkname = kind, "/etc/passwd"
    with pytest.raises(FetchError, match=r"x\.tar holds 'top/link', which is a link or a device"):
        do(tar_at(tmp_path / "x.tar", FILES, info), out)
    assert everything_below(out) == {}


@pytest.mark.parametrize("name", ["x.tar", "x.zip"])
def test_a_damaged_archive_is_refused_in_a_sentence(tmp_path, out, name):
    path = tmp_path / name
    (tar_at if name.endswith("tar") else zip_at)(path, FILES)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(FetchError, match=rf"{name} can't be unpacked \(.+\); remove it and fetch"):
        do(path, out)
    path.write_bytes(b"<html>")
    with pytest.raises(FetchError, match="can't be unpacked"):
        do(path, out)


def test_a_zip_whose_content_is_damaged_is_refused(tmp_path, out):
    path = zip_at(tmp_path / "x.zip", FILES)
    content = bytearray(path.read_bytes())
    content[60] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(FetchError, match="can't be unpacked"):
        do(path, out)


def test_the_disk_must_have_room_for_what_is_inside(tmp_path, out, monkeypatch):
    def full(folder: Path, size: int) -> None:
        raise StorageError(f"{size} needed")

    monkeypatch.setattr(unpack_module, "refuse_full_disk", full)
    with pytest.raises(StorageError, match=r"^3000003 needed$"):
        do(zip_at(tmp_path / "x.zip", FILES), out)
    assert everything_below(out) == {}
