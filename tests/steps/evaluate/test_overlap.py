"""What a table shares with training: names, files and pictures; the test split does not count."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import MakeTable

from hilum.progress import SILENT
from hilum.steps.evaluate.overlap import Overlap, find_overlap
from hilum.table import SliceTable


def noise(seed: int) -> np.ndarray:
    """Return a picture that is like no other."""
    coarse = np.random.default_rng(seed).integers(0, 255, (12, 12), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, (96, 96), interpolation=cv2.INTER_CUBIC))


@pytest.fixture
def trained(tmp_path: Path, make_table: MakeTable) -> SliceTable:
    """A slice in each split, groups 0 to 2."""
    for number in range(3):
        cv2.imwrite(str(tmp_path / f"{number}.png"), noise(number))
    return make_table(3, folder=tmp_path, split=["train", "validation", "test"])


def other(tmp_path: Path, make_table: MakeTable, seeds: list[int], **columns: object) -> SliceTable:
    folder = tmp_path / "other"
    folder.mkdir()
    for number, seed in enumerate(seeds):
        cv2.imwrite(str(folder / f"{number}.png"), noise(seed))
    given = {"group": [f"new-{number}" for number in range(len(seeds))], **columns}
    return make_table(len(seeds), folder=folder, **given)


def test_other_patients_share_nothing(
    trained: SliceTable, tmp_path: Path, make_table: MakeTable
) -> None:
    overlap = find_overlap(trained, other(tmp_path, make_table, [7, 8]), progress=SILENT)
    assert (overlap.any, overlap.near_duplicates, overlap.identifiers) == (False, 0, {})
    assert overlap.sentence == (
        "No group, file or near-duplicate is shared with the training slices."
    )


def test_groups_of_training_and_validation_count_and_those_of_test_do_not(
    trained: SliceTable, tmp_path: Path, make_table: MakeTable
) -> None:
    table = other(tmp_path, make_table, [7, 8, 9], group=["group-0", "group-2", "group-1"])
    overlap = find_overlap(trained, table, progress=SILENT)
    assert list(overlap.shared) == [True, False, True]
    assert overlap.identifiers == {"group": ["group-0", "group-1"]}
    assert overlap.sentence == ("2 of 3 slices are shared with training: 2 groups.")
    elsewhere = find_overlap(trained, table, names_differ=True, progress=SILENT)
    assert not elsewhere.any


def test_a_picture_of_a_training_slice_is_found_under_any_name(
    trained: SliceTable, tmp_path: Path, make_table: MakeTable
) -> None:
    overlap = find_overlap(trained, other(tmp_path, make_table, [1, 7]), progress=SILENT)
    assert (list(overlap.shared), overlap.near_duplicates) == ([True, False], 1)
    assert overlap.sentence == (
        "1 of 2 slices are shared with training: 1 slice that nearly equals a training slice."
    )


def test_worldwide_identifiers_count_even_where_names_differ(
    trained: SliceTable, tmp_path: Path, make_table: MakeTable
) -> None:
    uids = ["1.2.3", "", "1.2.9"]
    seen = SliceTable(trained.rows.assign(sop_instance_uid=uids), trained.folder)
    table = other(tmp_path, make_table, [7, 8], sop_instance_uid=["1.2.3", ""])
    overlap = find_overlap(seen, table, names_differ=True, progress=SILENT)
    assert overlap.identifiers == {"sop_instance_uid": ["1.2.3"]}
    assert list(overlap.shared) == [True, False]  # two empty cells are not one identifier


def test_names_are_counted_and_not_shown() -> None:
    names = [f"group-{number}" for number in range(5)]
    overlap = Overlap({"group": names}, np.ones(5, dtype=bool), 0)
    assert overlap.sentence.endswith("shared with training: 5 groups.")
    assert overlap.as_json()["identifiers"] == {"group": 5}


def test_what_was_left_out_is_counted() -> None:
    overlap = Overlap({"group": ["a"]}, np.array([True, False, True]), 1).dropped()
    assert (overlap.any, overlap.left_out, len(overlap.shared)) == (False, 2, 1)
    assert overlap.sentence == (
        "2 slices that are shared with training were left out; of the other 1 none is."
    )
