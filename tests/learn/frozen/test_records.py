"""Records: half precision where it holds, whole files only, nothing kept on a full disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hilum.errors import StorageError
from hilum.learn.frozen import records
from hilum.learn.frozen.records import Records, halved, record_name

GREY = np.arange(16, dtype=np.uint8).reshape(4, 4)
VIEW = np.array([[1, 0, 0], [0, 1, 0]], dtype=np.float32)


def test_a_name_follows_from_the_slice_and_its_view_alone() -> None:
    name = record_name(GREY, VIEW)
    assert name == record_name(GREY.copy(), VIEW.copy())
    others = [record_name(GREY, None), record_name(GREY, -VIEW), record_name(GREY.T, VIEW)]
    assert len({name, *others}) == 4
    assert {len(one) for one in (name, *others)} == {40}


def test_numbers_are_halved_where_half_precision_reaches() -> None:
    fits = np.array([0.1, -2.0, 65504.0], dtype=np.float32)
    assert halved(fits).dtype == np.float16
    np.testing.assert_allclose(halved(fits), fits, rtol=2**-11)
    beyond = np.array([0.1, 70000.0], dtype=np.float32)
    assert halved(beyond).dtype == np.float32
    assert halved(beyond).tolist() == beyond.tolist()


def test_what_was_written_is_read_again_and_nothing_else(tmp_path: Path) -> None:
    retained = Records(tmp_path, 3)
    numbers = np.array([1, 2, 3], dtype=np.float16)
    retained.write("a", numbers)
    found = retained.read("a")
    assert isinstance(found, np.memmap)
    assert found.tolist() == [1, 2, 3]
    assert retained.read("b") is None
    assert Records(tmp_path, 4).read("a") is None
    assert [path.name for path in tmp_path.iterdir()] == ["a.npy"]


@pytest.mark.parametrize("left", [0, 1, 50, 130])
def test_a_broken_file_is_as_good_as_none(tmp_path: Path, left: int) -> None:
    retained = Records(tmp_path, 3)
    retained.write("a", np.array([1, 2, 3], dtype=np.float16))
    file = tmp_path / "a.npy"
    file.write_bytes(file.read_bytes()[:left])
    assert retained.read("a") is None


def test_without_a_folder_nothing_is_kept() -> None:
    retained = Records(None, 1)
    retained.write("a", np.ones(1, dtype=np.float16))
    assert retained.read("a") is None


def test_a_full_disk_ends_the_keeping_not_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Path) -> None:
        raise StorageError("no space left.")

    retained = Records(tmp_path, 1)
    monkeypatch.setattr(records, "new_file", full)
    retained.write("a", np.ones(1, dtype=np.float16))
    assert retained.folder is None
