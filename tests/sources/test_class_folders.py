"""Class folders: splits, patients, what is left out and counted."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from hilum.errors import SourceError
from hilum.sources.class_folders import LeftOut, find_class_files


def fill(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")


def found(root: Path) -> list[tuple[str, str, str, str]]:
    files, _ = find_class_files(root)
    return [
        (one.file.relative_to(root).as_posix(), one.label, one.split, one.patient) for one in files
    ]


def test_classes_come_in_order_and_folders_inside_are_patients(tmp_path: Path) -> None:
    fill(tmp_path, "b/2.png", "b/p7/x/1.png", "a /3.png")
    assert found(tmp_path) == [
        ("a /3.png", "a", "", ""),
        ("b/2.png", "b", "", ""),
        ("b/p7/x/1.png", "b", "", "p7"),
    ]


@pytest.mark.parametrize(
    ("names", "splits"),
    [
        (("Training", "Validation", "Testing"), ["test", "train", "validation"]),
        (("train", "val", "test"), ["test", "train", "validation"]),
        (("TRAIN ", "valid"), ["train", "validation"]),
    ],
)
def test_folders_named_like_splits_are_splits(
    names: tuple[str, ...], splits: list[str], tmp_path: Path
) -> None:
    fill(tmp_path, *(f"{name}/cancer/1.png" for name in names))
    assert [(label, split) for _, label, split, _ in found(tmp_path)] == [
        ("cancer", split) for split in splits
    ]


def test_hidden_files_are_not_there_and_others_are_counted(tmp_path: Path) -> None:
    fill(
        tmp_path, "a/1.png", "a/.DS_Store", "a/__MACOSX/1.png", ".git/1.png", "a/notes.TXT",
        "a/more.txt", "a/readme",
    )  # fmt: skip
    (tmp_path / ".elsewhere").mkdir()
    (tmp_path / "a" / "linked").symlink_to(tmp_path / ".elsewhere")
    files, left_out = find_class_files(tmp_path)
    assert [one.file.name for one in files] == ["1.png"]
    assert left_out.suffixes == {".txt": 2, "without suffix": 1}
    assert left_out.links == 1


def test_what_was_left_out_is_one_sentence_for_each_kind() -> None:
    assert list(LeftOut().notes("x")) == []
    one = LeftOut(Counter({".txt": 1}), links=1)
    assert list(one.notes("x")) == [
        "folder x: 1 file is not a slice and was left out (1 .txt).",
        "folder x: 1 symbolic link to a folder is not followed.",
    ]
    more = LeftOut(Counter({".csv": 1, ".txt": 2}), links=2)
    assert list(more.notes("x")) == [
        "folder x: 3 files are not slices and were left out (2 .txt, 1 .csv).",
        "folder x: 2 symbolic links to folders are not followed.",
    ]


def test_classes_next_to_splits_and_empty_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="has no class folders; looked for <class>/"):
        find_class_files(tmp_path)
    fill(tmp_path, "train/cancer/1.png", "cancer/1.png")
    with pytest.raises(
        SourceError, match="mixes split folders such as 'train' with others such as 'cancer'"
    ):
        find_class_files(tmp_path)
    (tmp_path / "cancer" / "1.png").unlink()
    (tmp_path / "cancer").rmdir()
    fill(tmp_path, "train/normal/notes.txt")
    with pytest.raises(SourceError, match=r"class folder 'train/normal' of .* has no slice"):
        find_class_files(tmp_path)
