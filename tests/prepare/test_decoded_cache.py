"""Cache of decoded slices: when it is used, and when slices are decoded again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from painted_slices import greys
from PIL import Image

from hilum.errors import ReadError, TableError
from hilum.prepare import decode_table
from hilum.readers.picture_checks import CONSTANT
from hilum.storage.cache import list_entries
from hilum.table import SliceTable

MakeTable = Callable[..., SliceTable]


def test_the_second_time_no_file_is_read(
    folder: Path, make_table: MakeTable, read: list[str]
) -> None:
    table = make_table(3, folder=folder, path=["2.png", "0.png", "1.png"])
    assert greys(table) == [20, 0, 10]
    assert sorted(read) == ["0.png", "1.png", "2.png"]
    assert greys(table) == [20, 0, 10]
    assert len(read) == 3
    (entry,) = list_entries()
    assert (entry.kind, entry.held) == ("decoded-v1", False)
    (notes,) = (folder / "cache").rglob("notes.json")
    assert entry.size == (128 + 3 * 32 * 32) + (128 + 3 * 2 * 8) + notes.stat().st_size


def test_labels_splits_and_where_the_table_lies_have_no_say(
    folder: Path, make_table: MakeTable, read: list[str]
) -> None:
    assert greys(make_table(3, folder=folder)) == [0, 10, 20]
    (folder / "elsewhere").mkdir()
    moved = make_table(
        3, folder=folder / "elsewhere", path=["../0.png", "../1.png", "../2.png"],
        split=["train", "test", ""], label="normal", slice_id=["x", "y", "z"], boxes="0 0 40 64",
    )  # fmt: skip
    assert greys(moved) == [0, 10, 20]
    assert len(read) == 3


def test_a_part_is_taken_from_the_whole_where_that_is_kept(
    folder: Path, make_table: MakeTable, read: list[str]
) -> None:
    full = make_table(4, folder=folder, split=["test", "train", "test", "train"])
    part = full.part("test")
    assert greys(part, full=full) == [0, 20]
    assert sorted(read) == [
        "0.png",
        "2.png",
    ]  # the full table is not cached
    greys(full)
    read.clear()
    with decode_table(full.part("train"), size=32, full_table=full) as decoded:
        assert decoded.grey.shape == (2, 32, 32)
        assert len(decoded.grey) == 2
        assert decoded.grey[0:2][:, 0, 0].tolist() == [10, 30]
        assert decoded.grey[np.array([1])][:, 0, 0].tolist() == [30]
    assert read == []
    assert len(list_entries()) == 2
    other = make_table(1, folder=folder, path="3.png", slice_id="not in the full table")
    assert greys(other, full=full) == [30]


def test_a_part_can_be_read_where_a_file_of_the_whole_is_gone(
    folder: Path, make_table: MakeTable
) -> None:
    full = make_table(4, folder=folder, split=["test", "train", "test", "train"])
    greys(full)
    (folder / "1.png").unlink()
    assert greys(full.part("test"), full=full) == [0, 20]
    with pytest.raises(ReadError, match=r"^slices\.csv, row 3, column path, .*1\.png"):
        greys(full)


@pytest.mark.parametrize("part", [False, True])
def test_boxes_are_checked_though_nothing_is_read(
    folder: Path, make_table: MakeTable, part: bool
) -> None:
    greys(make_table(3, folder=folder))
    boxes = ["0 0 40 64", "none", "0 0 41 64"]
    full = make_table(3, folder=folder, boxes=boxes, split=["train", "test", "test"])
    with pytest.raises(TableError) as caught:
        greys(full.part("test") if part else full, full=full)
    assert str(caught.value) == (
        "slices.csv, row 4, column boxes, slice_id 'slice-2': box '0 0 41 64' extends beyond the "
        "slice of 40 rows x 64 columns."
    )


def test_a_slice_that_can_not_be_read_leaves_nothing(folder: Path, make_table: MakeTable) -> None:
    (folder / "1.png").write_text("no picture")
    with pytest.raises(ReadError, match=r"^slices\.csv, row 3, column path"):
        greys(make_table(3, folder=folder))
    assert [path for path in (folder / "cache").rglob("*") if path.is_file()] == [
        folder / "cache" / "CACHEDIR.TAG"
    ]


def test_where_there_is_no_room_slices_are_decoded_each_time(
    folder: Path, make_table: MakeTable, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = make_table(2, folder=folder)
    monkeypatch.setenv("HILUM_CACHE_LIMIT", "2kB")
    assert [greys(table), greys(table)] == [[0, 10]] * 2
    monkeypatch.delenv("HILUM_CACHE_LIMIT")
    with monkeypatch.context() as full:
        full.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(total=10**9, free=10**6))
        assert greys(table) == [0, 10]
    assert (len(read), list_entries()) == (6, [])


def test_a_disk_that_fills_up_in_the_last_moment_costs_only_the_cache(
    folder: Path, make_table: MakeTable, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    allocate, refused = os.posix_fallocate, []

    def refuse_once(file: int, offset: int, size: int) -> None:
        if not refused:
            refused.append(size)
            raise OSError(28, "No space left on device")
        allocate(file, offset, size)

    monkeypatch.setattr(os, "posix_fallocate", refuse_once)
    assert greys(make_table(2, folder=folder)) == [0, 10]
    assert list_entries() == []


DECODE = """
import os, sys
from pathlib import Path
from hilum.prepare import decode_table
from hilum.table import read_table, slice_table
read_slice = slice_table.read_slice
def record(path, **options):
    os.write(1, f"{path.name}\\n".encode())
    return read_slice(path, **options)
slice_table.read_slice = record
print("ready", flush=True)
sys.stdin.readline()
with decode_table(read_table(sys.argv[1]), size=32) as decoded:
    assert decoded.grey[:, 0, 0].tolist() == [number % 4 * 10 for number in range(200)]
"""


def test_of_several_processes_one_decodes_and_all_are_right(
    folder: Path, make_table: MakeTable
) -> None:
    names = [f"{number}-{number % 4}.png" for number in range(200)]
    for number, name in enumerate(names):
        shutil.copy(folder / f"{number % 4}.png", folder / name)
    make_table(200, path=names).rows.to_csv(folder / "slices.csv", index=False)
    started = [
        subprocess.Popen(
            [sys.executable, "-c", DECODE, str(folder / "slices.csv")], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for _ in range(3)
    ]  # fmt: skip
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    outputs = [process.communicate(timeout=120) for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], outputs
    read = sorted(len(out.split()) for out, _ in outputs)
    assert read == ([0, 0, 200] if sys.platform != "win32" else read)


def test_notes_and_turns_come_from_the_cache_as_from_the_files(
    folder: Path, make_table: MakeTable, read: list[str]
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    ramp = np.arange(40 * 64, dtype=np.uint32).reshape(40, 64).astype(np.uint8)
    Image.fromarray(ramp).save(folder / "1.png", exif=exif)
    Image.fromarray(ramp).save(folder / "2.png")
    full = make_table(3, folder=folder, split=["train", "test", "test"])
    for _ in range(2):
        with decode_table(full, size=32) as decoded:
            assert decoded.notes[0] == (CONSTANT,)
            assert decoded.notes[1][0].startswith("Turned as the EXIF orientation says")
            assert decoded.notes[2] == ()
            assert decoded.facts.turned.tolist() == [False, True, False]
            assert decoded.shapes.tolist() == [[40, 64], [64, 40], [40, 64]]
    assert len(read) == 3
    with decode_table(full.part("test"), size=32, full_table=full) as decoded:
        assert decoded.notes[0][0].startswith("Turned")
        assert decoded.facts.turned.tolist() == [True, False]


@pytest.mark.parametrize(
    ("columns", "column"),
    [({"boxes": "0 0 9 9"}, "boxes"), ({"mask": "2.png"}, "mask"),
     ({"boxes": "none"}, None), ({}, None)],
)  # fmt: skip
def test_a_turned_slice_with_boxes_or_a_mask_is_refused(
    folder: Path, make_table: MakeTable, columns: dict[str, str], column: str | None
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 3
    Image.fromarray(np.full((40, 64), 10, dtype=np.uint8)).save(folder / "1.png", exif=exif)
    greys(make_table(2, folder=folder))
    table = make_table(2, folder=folder, **columns)
    if column is None:
        assert greys(table) == [0, 10]
        return
    with pytest.raises(TableError) as caught:
        greys(table)
    assert str(caught.value) == (
        f"slices.csv, row 3, column {column}, slice_id 'slice-1': the orientation in the file "
        "(EXIF or DICOM) turns this slice, and it is not known whether its boxes or its mask are "
        "turned as well; save the slice upright, or leave both cells empty."
    )
