"""The maps folder: written as files that a person can open, read back as a stream."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hilum.cam_maps import (
    LOGITS,
    MapsFacts,
    in_slice_pixels,
    read_index,
    read_maps,
    read_maps_facts,
    save_full_size,
    save_maps,
    state_of_maps,
    write_maps_facts,
)
from hilum.errors import RunError

FACTS = MapsFacts(
    method="gradcam", title="Grad-CAM", group="", layers=("bn2",), target="cancer", unit=LOGITS,
    split="test", weights="run", precision="float32", offset=(0.0, 0.0), full_size=False,
    hilum="0.1.0", layer="last",
)  # fmt: skip
IDS = ["a", "../b", "c/d", "e"]
SHAPES = np.array([[10, 20], [12, 12], [9, 30], [8, 8]], dtype=np.int64)


def made_maps() -> np.ndarray:
    maps = np.random.default_rng(3).random((4, 3, 3), dtype=np.float32)
    maps[2] = 0
    maps[3, 1, 1] = np.nan
    return maps


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four maps in two files."""
    maps = made_maps()
    for number, part in enumerate((slice(0, 2), slice(2, 4))):
        save_maps(
            tmp_path / f"maps-{number}.npz", maps[part], slice_ids=np.array(IDS[part]),
            targets=np.array(["cancer"] * 2),
        )  # fmt: skip
    pd.DataFrame(
        {
            "slice_id": IDS,
            "file": ["maps-0.npz"] * 2 + ["maps-1.npz"] * 2,
            "row": [0, 1, 0, 1],
            "rows": SHAPES[:, 0],
            "columns": SHAPES[:, 1],
            "largest": maps.max(axis=(1, 2)),
            "state": state_of_maps(maps),
            "probability": 0.5,
        }
    ).to_csv(tmp_path / "index.csv", index=False)
    write_maps_facts(FACTS, tmp_path)
    return tmp_path


def test_maps_come_back_in_the_pixels_of_their_slices(folder: Path) -> None:
    found, maps = list(read_maps(folder)), made_maps()
    assert [name for name, _ in found] == IDS
    for (_, cam_map), raw, (rows, columns) in zip(found, maps, SHAPES, strict=True):
        assert cam_map.shape == (rows, columns)
        assert cam_map.dtype == np.float32
        np.testing.assert_array_equal(cam_map, in_slice_pixels(raw, (rows, columns)))


def test_maps_are_moved_by_the_offset_of_their_folder(folder: Path) -> None:
    write_maps_facts(replace(FACTS, offset=(-0.1, 0.05)), folder)
    assert read_maps_facts(folder).offset == (-0.1, 0.05)
    _, first = next(read_maps(folder))
    np.testing.assert_array_equal(first, in_slice_pixels(made_maps()[0], (10, 20), (-0.1, 0.05)))


def test_raw_maps_of_some_slices_come_back_and_other_files_are_not_opened(folder: Path) -> None:
    (folder / "maps-0.npz").unlink()
    found = dict(read_maps(folder, slice_ids=["e"], raw=True))
    np.testing.assert_array_equal(found["e"], made_maps()[3])
    assert list(found) == ["e"]


def test_the_index_has_numbers_where_they_are_such(folder: Path) -> None:
    index = read_index(folder)
    assert index["state"].tolist() == ["ok", "ok", "zero map", "not finite"]
    assert index["largest"].isna().tolist() == [False, False, False, True]
    assert index[["row", "rows", "columns"]].dtypes.tolist() == [np.dtype("int64")] * 3
    assert index["probability"].tolist() == [0.5] * 4


def test_what_the_maps_are_comes_back(folder: Path) -> None:
    assert read_maps_facts(folder) == FACTS
    content = json.loads((folder / "maps.json").read_text())
    assert content["layers"] == ["bn2"]
    several = replace(FACTS, group="all", layers=("a", "b"))
    write_maps_facts(several, folder)
    assert read_maps_facts(folder) == several


def test_full_size_maps_are_float16_one_array_a_slice_under_safe_names(tmp_path: Path) -> None:
    maps = made_maps()
    maps[1] *= 1e6  # float16 ends at 65,504
    path = tmp_path / "full.npz"
    save_full_size(path, maps, slice_ids=np.array(IDS), shapes=SHAPES)
    with zipfile.ZipFile(path) as file:
        assert sorted(file.namelist()) == [*(f"cam_map_{n}.npy" for n in range(4)), "slice_id.npy"]
    with np.load(path, allow_pickle=False) as arrays:
        assert arrays["slice_id"].tolist() == IDS
        kinds = [arrays[f"cam_map_{n}"].dtype for n in range(4)]
        assert kinds == [np.float16, np.float32, np.float16, np.float16]
        for n, (raw, shape) in enumerate(zip(maps, SHAPES, strict=True)):
            expected = in_slice_pixels(raw, tuple(shape))
            np.testing.assert_allclose(arrays[f"cam_map_{n}"], expected, rtol=2**-11, atol=1e-7)


def test_small_values_are_kept_as_float32_where_float16_would_round_them_away(
    tmp_path: Path,
) -> None:
    maps = made_maps()[:1] * np.float32(1e-6)
    save_full_size(
        tmp_path / "full.npz", maps, slice_ids=np.array(["a"]), shapes=np.array([[3, 3]])
    )
    with np.load(tmp_path / "full.npz", allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["cam_map_0"], maps[0])


def test_a_map_that_is_infinite_anywhere_is_not_finite() -> None:
    maps = np.zeros((3, 2, 2), dtype=np.float32)
    maps[0, 0, 0], maps[1, 1, 1] = np.inf, 1e-30
    assert state_of_maps(maps).tolist() == ["not finite", "ok", "zero map"]


@pytest.mark.parametrize(
    ("spoil", "reader", "sentence"),
    [
        ("index.csv", read_index, "has no index.csv; run `hilum explain` first."),
        (
            "maps.json",
            read_maps_facts,
            "has no maps.json: there are no maps, or an older version made them; "
            "run `hilum explain`.",
        ),
    ],
)
def test_a_missing_file_is_named(folder: Path, spoil: str, reader: object, sentence: str) -> None:
    (folder / spoil).unlink()
    with pytest.raises(RunError) as caught:
        reader(folder)  # type: ignore[operator]
    assert str(caught.value) == f"{folder} {sentence}"


def test_a_broken_folder_is_refused(folder: Path) -> None:
    (folder / "maps.json").write_text("{}")
    with pytest.raises(
        RunError, match=r"maps.json is broken or incomplete \('method'\); run `hilum explain`"
    ):
        read_maps_facts(folder)
    (folder / "maps-0.npz").write_bytes(b"PK")
    with pytest.raises(RunError, match=r"maps-0.npz can't be read .*; run `hilum explain` again."):
        list(read_maps(folder, raw=True))
    (folder / "maps-1.npz").replace(folder / "maps-0.npz")
    with pytest.raises(RunError, match=r"maps-0.npz does not match index.csv; run"):
        list(read_maps(folder, raw=True))
    (folder / "index.csv").write_text("slice_id,row\na,0\n")
    with pytest.raises(RunError, match=r"index.csv is broken or incomplete"):
        read_index(folder)
