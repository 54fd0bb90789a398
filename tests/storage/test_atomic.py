"""Whole or not at all: what is left on the disk, whatever happens."""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from hilum.errors import StorageError, UsageError
from hilum.storage.atomic import new_file, new_folder, refuse_existing, refuse_full_disk, write_text

ROOT = os.name == "posix" and os.geteuid() == 0


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 KiB."""
    location = tmp_path / "disk"
    location.mkdir()
    mount = shutil.which("mount")
    command = [str(mount), "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(location)]
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can't be mounted here; it takes the rights of an administrator")
    yield location
    subprocess.run(["umount", str(location)], check=True)


def test_a_file_appears_under_its_name_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.txt"
    with new_file(path) as draft:
        draft.write_text("one")
        assert not path.exists()
        assert draft.parent == path.parent
    assert path.read_text() == "one"
    assert names(path.parent) == ["a.txt"]


def test_a_new_file_has_the_rights_of_any_other(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "x")
    (tmp_path / "b").write_text("x")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode
    with new_folder(tmp_path / "c"):
        pass
    (tmp_path / "d").mkdir()
    assert (tmp_path / "c").stat().st_mode == (tmp_path / "d").stat().st_mode


@pytest.mark.skipif(os.name != "posix", reason="rights are those of POSIX")
@pytest.mark.parametrize(("mask", "file", "folder"), [(0o022, 0o644, 0o755), (0o077, 0o600, 0o700)])
def test_the_system_applies_the_umask_and_nobody_touches_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mask: int, file: int, folder: int
) -> None:
    before = os.umask(mask)
    try:
        with monkeypatch.context() as patch:
            patch.setattr(os, "umask", lambda mask: pytest.fail("other threads would see it"))
            write_text(tmp_path / "a", "x")
            with new_folder(tmp_path / "b"):
                pass
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == file
    assert stat.S_IMODE((tmp_path / "b").stat().st_mode) == folder


@pytest.mark.skipif(os.name != "posix", reason="rights are those of POSIX")
def test_a_library_that_replaces_the_draft_changes_nobody_s_rights(tmp_path: Path) -> None:
    """safetensors 0.8 puts a file of mode 600 there: nobody else could use the run."""
    write_text(tmp_path / "usual", "x")
    with new_file(tmp_path / "weights") as draft:
        draft.unlink()
        draft.touch(0o600)
    assert (tmp_path / "weights").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_a_file_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), new_file(path) as draft:
        draft.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_text_is_utf8_with_line_feeds(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "grün\n")
    assert (tmp_path / "a.txt").read_bytes() == b"gr\xc3\xbcn\n"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EFBIG])
def test_a_disk_that_refuses_is_a_storage_error_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "write_text", refuse)
    with pytest.raises(StorageError) as caught:
        write_text(tmp_path / "a.txt", "x")
    assert str(caught.value) == f"{tmp_path / 'a.txt'} can't be written: {os.strerror(number)}."
    assert names(tmp_path) == []


def test_a_full_disk_leaves_no_half_file(small_disk: Path) -> None:
    write_text(small_disk / "kept.txt", "kept")
    with pytest.raises(StorageError, match=r"big\.txt can't be written: No space left on device"):
        write_text(small_disk / "big.txt", "x" * 100_000)
    assert names(small_disk) == ["kept.txt"]
    with pytest.raises(StorageError, match=r"kept\.txt can't be written"):
        write_text(small_disk / "kept.txt", "y" * 100_000)
    assert (small_disk / "kept.txt").read_text() == "kept"


def test_a_full_disk_leaves_no_half_folder(small_disk: Path) -> None:
    with (
        pytest.raises(StorageError, match="run can't be written"),
        new_folder(small_disk / "run") as draft,
    ):
        (draft / "big").write_bytes(bytes(100_000))
    assert names(small_disk) == []


def test_a_file_where_a_folder_should_be_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    with pytest.raises(StorageError, match=r"a/b\.txt can't be written: "):
        write_text(tmp_path / "a" / "b.txt", "x")


def test_an_error_of_another_place_keeps_its_traceback(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), new_file(tmp_path / "a.txt"):
        raise PermissionError(errno.EACCES, "forbidden", "/elsewhere/x")
    with pytest.raises(FileNotFoundError), new_file(tmp_path / "a.txt"):
        (tmp_path / "missing").read_text()


@pytest.mark.parametrize("under", [".", "new", "new/deep"])
def test_a_relative_path_that_is_forbidden_is_a_storage_error_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, under: str
) -> None:
    """The system names the refused file or folder by its absolute path, or by the one given."""

    def refuse(draft: Path, *_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path / draft))

    monkeypatch.chdir(tmp_path)
    path = Path(under) / "a.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(StorageError) as caught:
        write_text(path, "x")
    assert str(caught.value) == f"{path} can't be written: Permission denied."
    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(StorageError, match=r"a\.txt can't be written: Permission denied"):
        new_folder(path).__enter__()


def test_a_forbidden_folder_above_is_a_storage_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path / "new"))

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(StorageError, match="can't be written: Permission denied"):
        write_text(Path("new/deep/a.txt"), "x")


def test_a_folder_that_a_file_system_can_not_have_is_a_storage_error() -> None:
    if not Path("/proc/self").is_dir():
        pytest.skip("only Linux has a file system of processes")
    with pytest.raises(StorageError, match="its folder can't be created"):
        write_text(Path("/proc/no-such-process/a.txt"), "x")


@pytest.mark.skipif(ROOT, reason="root may look and write everywhere")
def test_a_locked_folder_is_a_storage_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    locked = Path("locked")
    locked.mkdir(mode=0o555)
    with pytest.raises(StorageError, match="can't be written: Permission denied"):
        write_text(locked / "a.txt", "x")
    locked.chmod(0o000)
    with pytest.raises(StorageError, match="can't be written: Permission denied"):
        refuse_existing(locked / "a.txt", force=False)
    locked.chmod(0o755)


def test_a_folder_that_may_not_be_looked_at_is_a_storage_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path) -> bool:
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "exists", refuse)
    with pytest.raises(StorageError, match="run can't be written: Permission denied"):
        refuse_existing(tmp_path / "run", force=True)


def test_a_folder_appears_under_its_name_when_it_is_whole(tmp_path: Path) -> None:
    with new_folder(tmp_path / "deep" / "run") as draft:
        (draft / "a").write_text("1")
        assert not (tmp_path / "deep" / "run").exists()
    assert names(tmp_path / "deep") == ["run"]
    assert names(tmp_path / "deep" / "run") == ["a"]


def test_a_folder_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="bug"), new_folder(tmp_path / "run") as draft:
        (draft / "a").write_text("1")
        raise ValueError("bug")
    assert names(tmp_path) == []


def test_a_folder_in_the_way_is_refused_and_an_empty_one_is_not(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    refuse_existing(run, force=False)
    (run / "old").write_text("old")
    with pytest.raises(UsageError) as caught, new_folder(run):
        pytest.fail("the block must not begin")
    assert str(caught.value) == (
        f"{run} exists already; choose another name, or give --force (force=True) to replace it."
    )
    with pytest.raises(UsageError, match="exists already"):
        refuse_existing(run / "old", force=False)
    refuse_existing(run / "old", force=True)
    refuse_existing(run / "new", force=False)


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with new_folder(tmp_path / "run") as draft:
        (draft / "a").write_text("1")
    assert names(tmp_path) == ["run"]
    assert names(tmp_path / "run") == ["a"]


def test_force_replaces_only_after_success(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "old").write_text("old")
    with pytest.raises(ValueError, match="bug"), new_folder(run, force=True) as draft:
        (draft / "new").write_text("new")
        raise ValueError("bug")
    assert names(run) == ["old"]
    with new_folder(run, force=True) as draft:
        (draft / "new").write_text("new")
        assert names(run) == ["old"]
    assert names(run) == ["new"]
    assert names(tmp_path) == ["run"]


def test_force_replaces_no_file_by_a_folder(tmp_path: Path) -> None:
    path = tmp_path / "run"
    path.write_text("mine")
    with pytest.raises(UsageError) as caught, new_folder(path, force=True):
        pytest.fail("the block must not begin")
    assert str(caught.value) == (f"{path} is a file, but a folder is needed; choose another name.")
    with pytest.raises(UsageError, match="is a file, but a folder is needed"):
        refuse_existing(path, force=True, marks=("recipe.toml",))
    assert path.read_text() == "mine"


def test_force_replaces_only_a_folder_that_has_the_marks(tmp_path: Path) -> None:
    run, marks = tmp_path / "run", ("recipe.toml", "slices.csv")
    run.mkdir()
    refuse_existing(run, force=True, marks=marks)
    (run / "recipe.toml").write_text("")
    with pytest.raises(UsageError) as caught, new_folder(run, force=True, marks=marks):
        pytest.fail("the block must not begin")
    assert str(caught.value) == (
        f"{run} is no folder that hilum made (it has no slices.csv); --force replaces only those."
    )
    assert names(run) == ["recipe.toml"]
    (run / "slices.csv").write_text("")
    with new_folder(run, force=True, marks=marks) as draft:
        (draft / "new").write_text("new")
    assert names(run) == ["new"]


def test_force_is_not_advised_where_it_would_be_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(UsageError) as caught:
        refuse_existing(tmp_path, force=False, marks=("recipe.toml",))
    assert str(caught.value) == (
        f"{tmp_path} exists already and is no folder that hilum made (it has no recipe.toml); "
        "choose another name."
    )


def test_too_little_room_is_refused_with_what_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=5_000_000))
    refuse_full_disk(tmp_path, 5_000_000)
    with pytest.raises(StorageError) as caught:
        refuse_full_disk(tmp_path, 2_500_000_000)
    assert str(caught.value) == (
        f"{tmp_path} has 5 MB free, and 2,500 MB are needed; free some space, or choose another "
        "place."
    )


def test_text_with_a_byte_that_is_not_utf8_is_valid_json_that_leads_back(tmp_path: Path) -> None:
    name = os.fsdecode(b"latin\xe9.png")
    write_text(tmp_path / "a.json", json.dumps({"path": name}, ensure_ascii=False))
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == r'{"path": "latin\udce9.png"}'
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == {"path": name}


def test_with_force_the_last_of_two_wins_and_nothing_stays_behind(tmp_path: Path) -> None:
    """As two processes at once, which ended in FileNotFoundError."""
    out = tmp_path / "run"
    with new_folder(out, force=True) as first:
        (first / "a").touch()
        with new_folder(out, force=True) as second:
            (second / "b").touch()
    assert names(out) == ["a"]
    assert names(tmp_path) == ["run"]


def test_without_force_a_folder_made_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    out = tmp_path / "run"
    with (
        pytest.raises(UsageError, match="run exists already; choose another name, or give --force"),
        new_folder(out) as first,
    ):
        (first / "a").touch()
        with new_folder(out) as second:
            (second / "b").touch()
    assert names(out) == ["b"]
    assert names(tmp_path) == ["run"]


def test_a_folder_that_vanishes_meanwhile_is_made(tmp_path: Path) -> None:
    out = tmp_path / "run"
    out.mkdir()
    with new_folder(out, force=True) as draft:
        (draft / "a").touch()
        out.rmdir()
    assert names(out) == ["a"]
