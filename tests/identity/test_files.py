"""Copies of files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hilum.identity import find_copies
from hilum.identity.files import BLOCK


def test_files_equal_in_size_and_in_the_middle_but_not_elsewhere_are_different(
    tmp_path: Path,
) -> None:
    middle = bytes(3 * BLOCK)
    contents = [b"a" + middle + b"z", b"b" + middle + b"z", b"a" + middle + b"z", b"a" + middle]
    paths = [tmp_path / str(number) for number in range(4)]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    files, same = find_copies(paths)
    assert files.tolist() == [0, 1, 2, 3]
    assert same.tolist() == [0, 1, 0, 3]


def test_hard_links_and_paths_through_other_folders_are_one_file(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a").write_bytes(b"x")
    os.link(tmp_path / "a", tmp_path / "b")
    files, same = find_copies([tmp_path / "a", tmp_path / "b", tmp_path / "sub" / ".." / "a"])
    assert files.tolist() == same.tolist() == [0, 0, 0]


def test_missing_files_and_folders_equal_nothing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    files, same = find_copies([tmp_path, tmp_path, tmp_path / "gone", tmp_path / "pipe"])
    assert files.tolist() == same.tolist() == [-1, -1, -1, -1]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_has_no_equal(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_bytes(b"same")
    (tmp_path / "b").chmod(0)
    assert find_copies([tmp_path / "a", tmp_path / "b"])[1].tolist() == [0, -1]
