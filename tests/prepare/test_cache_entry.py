"""Cache entries of decoded slices: what they depend on, and incomplete ones."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from painted_slices import greys, paint

from hilum.prepare import decode_sizes
from hilum.table import SliceTable

MakeTable = Callable[..., SliceTable]


@pytest.mark.parametrize(
    "columns",
    [
        {"path": ["1.png", "0.png", "2.png"]},
        {"window": ["350/40", "", ""]},
        {"path": ["0.png", "1.png", "3.png"]},
    ],
)
def test_other_slices_order_or_windows_are_decoded_themselves(
    folder: Path, make_table: MakeTable, read: list[str], columns: dict[str, list[str]]
) -> None:
    greys(make_table(3, folder=folder))
    paths = columns.get("path", ["0.png", "1.png", "2.png"])
    assert greys(make_table(3, folder=folder, **columns)) == [int(name[0]) * 10 for name in paths]
    assert len(read) == 6


def test_another_size_is_decoded_itself_and_only_what_is_missing(
    folder: Path, make_table: MakeTable, read: list[str]
) -> None:
    table = make_table(2, folder=folder, path=["1.png", "2.png"])
    greys(table, size=16)
    with decode_sizes(table, [16, 24]) as both:
        assert [both[size].grey[:, 0, 0].tolist() for size in (16, 24)] == [[10, 20]] * 2
        assert sorted(both) == [16, 24]
    assert len(read) == 4
    with decode_sizes(table, [24, 16]) as both:
        assert both[24].grey.shape == (2, 24, 24)
    assert len(read) == 4


def test_a_file_with_other_content_is_decoded_again(
    folder: Path, make_table: MakeTable, read: list[str]
) -> None:
    """Of the same name, size and time of change: what the system notes of its own accord tells."""
    table = make_table(2, folder=folder)
    before = (folder / "1.png").stat()
    assert greys(table) == [0, 10]
    paint(folder / "new.png", 200)
    content = (folder / "new.png").read_bytes()
    assert len(content) == before.st_size
    (folder / "1.png").write_bytes(content)
    os.utime(folder / "1.png", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (folder / "1.png").stat().st_mtime_ns == before.st_mtime_ns
    assert greys(table) == [0, 200]
    paint(folder / "new.png", 100)
    (folder / "new.png").replace(folder / "1.png")
    assert greys(table) == [0, 100]


def test_other_decoders_decode_again(
    folder: Path, make_table: MakeTable, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = make_table(2, folder=folder)
    greys(table)
    monkeypatch.setattr("hilum.prepare.cache_entry.PIXELS", 99)
    greys(table)
    assert len(read) == 4
    monkeypatch.setattr("hilum.prepare.cache_entry._versions", lambda: "pillow 99")
    greys(table)
    assert len(read) == 6


@pytest.mark.parametrize("damage", ["cut", "shapes", "notes", "other", "empty", "pickle"])
def test_an_entry_that_is_not_whole_is_made_again(
    folder: Path, make_table: MakeTable, read: list[str], damage: str
) -> None:
    table = make_table(2, folder=folder)
    greys(table)
    (entry,) = (folder / "cache" / "decoded-v1").iterdir()
    if damage == "cut":
        os.truncate(entry / "grey.npy", 1000)
    elif damage == "shapes":
        (entry / "shapes.npy").unlink()
    elif damage == "notes":
        (entry / "notes.json").write_text('{"turned": [9]}', encoding="utf-8")
    elif damage == "other":
        np.save(entry / "grey.npy", np.zeros((2, 32, 31), dtype=np.uint8))
    elif damage == "empty":
        (entry / "grey.npy").write_bytes(b"")
    else:
        np.save(entry / "grey.npy", np.array([{}], dtype=object), allow_pickle=True)
    assert greys(table) == [0, 10]
    assert greys(table) == [0, 10]
    assert len(read) == 4
