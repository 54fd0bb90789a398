"""A folder that one process may work in at a time."""

from __future__ import annotations

import errno
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from hilum.errors import StorageError, UsageError
from hilum.storage.lock import exclusive_folder


def test_the_folder_is_made_and_free_again_afterwards(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    for _ in range(2):
        with exclusive_folder(folder, "x.lock", "hilum x"):
            assert folder.is_dir()


def test_a_folder_that_another_holds_is_refused(tmp_path: Path) -> None:
    with FileLock(tmp_path / "x.lock"), pytest.raises(UsageError) as caught:
        exclusive_folder(tmp_path, "x.lock", "hilum x").__enter__()
    assert str(caught.value) == (
        f"another hilum x is at work in {tmp_path}; wait for it, or choose another folder."
    )


def test_a_folder_that_may_not_be_written_to_is_a_storage_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path / "x.lock"))

    monkeypatch.setattr(FileLock, "acquire", refuse)
    with pytest.raises(StorageError, match=r"x\.lock can't be written: Permission denied"):
        exclusive_folder(tmp_path, "x.lock", "hilum x").__enter__()


def test_a_place_where_no_folder_can_be_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match="can't be written"):
        exclusive_folder(tmp_path / "file" / "folder", "x.lock", "hilum x").__enter__()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc, which Linux has")
def test_a_file_system_that_has_no_folders_is_a_storage_error() -> None:
    with pytest.raises(StorageError, match="/proc/hilum can't be made"):
        exclusive_folder(Path("/proc/hilum"), "x.lock", "hilum x").__enter__()
