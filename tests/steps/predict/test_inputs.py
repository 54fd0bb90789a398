"""Files below folders and in tables: what is skipped, refused, counted and never opened."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hilum.errors import UsageError
from hilum.steps.predict.inputs import InputFile, InputFiles, check_output, into_shards
from hilum.steps.predict.shards import hash_of_files
from hilum.table import SliceTable, write_csv


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two slices, one of them in a folder of its own."""
    folder = tmp_path / "slices"
    (folder / "deeper").mkdir(parents=True)
    for name in ("a.png", "deeper/b.png"):
        Image.fromarray(np.zeros((8, 8), np.uint8)).save(folder / name)
    return folder


def test_a_pipe_is_not_opened(folder: Path) -> None:
    for name in ("pipe", "pipe.png"):
        os.mkfifo(folder / name)
    assert InputFile(folder / "pipe", named=False).skipped_as() == "not regular files"
    assert InputFile(folder / "pipe.png", named=False).skipped_as() == "not regular files"
    assert InputFile(folder / "pipe").refusal() == (
        f"{folder / 'pipe'}: not a regular file, but a pipe, socket or device; not opened."
    )


def test_a_missing_file_is_refused_by_name(folder: Path) -> None:
    (folder / "link.png").symlink_to(folder / "gone.png")
    assert InputFile(folder / "link.png", named=False).refusal() == (
        f"{folder / 'link.png'}: a symbolic link to a file that is missing."
    )
    assert InputFile(folder / "gone.png").refusal() == (
        f"{folder / 'gone.png'}: there is no such file."
    )
    assert InputFile(folder / "a.png").refusal() == ""


def test_links_to_folders_are_counted_and_not_followed(folder: Path) -> None:
    (folder / "again").symlink_to(folder / "deeper", target_is_directory=True)
    files = InputFiles([folder])
    assert [file.path.name for file in files] == ["a.png", "b.png"]
    assert files.linked_folders == 1
    linked = InputFiles([folder / "again"])  # named, it is searched
    assert [file.path.name for file in linked] == ["b.png"]
    assert linked.linked_folders == 0


def test_a_folder_that_cannot_be_searched_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scandir = os.scandir

    def forbidden(path: str) -> object:
        if Path(path).name == "deeper":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", forbidden)
    *_, last = InputFiles([folder])
    assert last.refusal() == (
        f"{folder / 'deeper'}: the folder can't be searched (Permission denied)."
    )


def test_shards_are_numbered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hilum.steps.predict.inputs.FILES_A_SHARD", 2)
    files = [InputFile(Path(name)) for name in "abc"]
    shards = [(shard.number, shard.files) for shard in into_shards(files)]
    assert shards == [(0, files[:2]), (1, files[2:])]


@pytest.mark.parametrize("name", ["a.png", "deeper/b.png", "new.csv", "deeper/new.csv"])
def test_no_output_lies_where_slices_are_searched(folder: Path, name: str) -> None:
    with pytest.raises(UsageError, match="where slices are searched for; write the predictions"):
        check_output(folder / name, [folder])
    check_output(folder.parent / "new.csv", [folder])


def test_no_output_is_an_input(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"a\.png is one of the inputs"):
        check_output(folder / "a.png", [folder / "a.png"])
    check_output(folder / "b.csv", [folder / "a.png"])
    table = tmp_path / "slices.csv"
    table.write_text("slice_id,path,label,group,source\na,link.png,c,g,s\n")
    (tmp_path / "link.png").symlink_to(folder / "a.png")
    with pytest.raises(UsageError, match=r"a\.png is one of the slices"):
        check_output(folder / "a.png", [table])
    with pytest.raises(UsageError, match=r"slices\.csv is one of the inputs"):
        check_output(table, [table])


def test_a_row_of_a_table_names_its_frame(
    make_table: Callable[..., SliceTable], tmp_path: Path
) -> None:
    table = make_table(3, folder=tmp_path, path=["a.dcm", "a.dcm", "b.dcm"], frame=["0", "4", ""])
    write_csv(table.rows, tmp_path / "slices.csv")
    files = list(InputFiles([tmp_path / "slices.csv"]))
    assert [file.frame for file in files] == [0, 4, None]
    path = tmp_path / "a.dcm"
    states = {hash_of_files([InputFile(path, frame=frame)]) for frame in (None, 0, 1)}
    assert len(states) == 3  # predictions of one frame are not taken for those of another
