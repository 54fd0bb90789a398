"""Near-duplicates in tables: counted by what they cross, listed, and joined into groups."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from multi_frame import write_frames

from hilum.errors import ReadError, TableError, UsageError
from hilum.steps.duplicates import find_duplicates
from hilum.table import SliceTable, check_rows, read_table, write_table


def write_picture(path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    grey = cv2.resize(rng.integers(0, 256, (16, 16)).astype(np.uint8), (128, 128))
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), grey)


def write(folder: Path, name: str, *rows: tuple[str, int, str, str, str, str]) -> Path:
    """Write a table; a row is slice_id, seed of its picture, group, split, source, label."""
    columns = ["slice_id", "seed", "group", "split", "source", "label"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["path"] = [f"pictures/{name}-{slice_id}.png" for slice_id in frame["slice_id"]]
    for path, seed in zip(frame["path"], frame.pop("seed"), strict=True):
        write_picture(folder / path, int(seed))
    table = SliceTable(check_rows(frame, name=name), folder, f"{name}.csv")
    write_table(table, folder / f"{name}.csv")
    return folder / f"{name}.csv"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Picture 1 is in two groups and splits, 2 twice in one group, 3 in two labels, 4 alone."""
    return write(
        tmp_path, "slices",
        ("a", 1, "g1", "train", "s1", "cancer"),
        ("b", 1, "g2", "test", "s2", "cancer"),
        ("c", 2, "g3", "train", "s1", "cancer"),
        ("d", 2, "g3", "train", "s1", "cancer"),
        ("e", 3, "g4", "test", "s1", "cancer"),
        ("f", 3, "g5", "test", "s1", "pneumonia"),
        ("g", 4, "g2", "test", "s2", "pneumonia"),
    )  # fmt: skip


def test_pairs_are_counted_by_what_they_cross(table: Path) -> None:
    found = find_duplicates(table)
    summary = dict(found.summary)
    across = summary.pop("across")
    assert summary == {
        "tables": ["slices.csv"], "slices": 7, "pairs": 3, "clusters": 3, "slices_in_clusters": 6,
        "pairs_within_groups": 1, "flat": 0, "crowded": 0,
    }  # fmt: skip
    assert across == {
        "group": {"pairs": 2, "clusters": 2, "slices": 4},
        "split": {"pairs": 1, "clusters": 1, "slices": 2},
        "source": {"pairs": 1, "clusters": 1, "slices": 2},
        "label": {"pairs": 1, "clusters": 1, "slices": 2},
    }
    assert found.crosses_splits and found.notes == ()
    assert found.clusters.tolist() == [0, 0, 2, 2, 4, 4, 6]


def test_pairs_are_written_with_the_most_harmful_first(table: Path, tmp_path: Path) -> None:
    find_duplicates(table, out=tmp_path / "found" / "pairs.csv")
    pairs = pd.read_csv(tmp_path / "found" / "pairs.csv", keep_default_na=False)
    assert list(zip(pairs["slice_id_a"], pairs["slice_id_b"], strict=True)) == [
        ("a", "b"), ("e", "f"), ("c", "d"),
    ]  # fmt: skip
    assert list(pairs["cluster"]) == [0, 4, 2]
    assert list(pairs["split_b"]) == ["test", "test", "train"]
    assert pairs["path_a"][0] == "../pictures/slices-a.png"
    assert set(pairs["distance"]) == {0} and set(pairs["correlation"]) == {1.0}


def test_an_empty_split_is_no_split(tmp_path: Path) -> None:
    path = write(
        tmp_path, "slices", ("a", 1, "g1", "train", "s", "x"), ("b", 1, "g2", "", "s", "x")
    )
    assert not find_duplicates(path).crosses_splits


def test_joined_groups_hold_clusters_and_a_leaky_split_is_taken_away(
    table: Path, tmp_path: Path
) -> None:
    found = find_duplicates(table, join=tmp_path / "else" / "joined.csv")
    assert found.notes == (
        "joined.csv: 5 groups were merged into 3.",
        "joined.csv: a merged group spans several splits, so the column `split` was "
        "emptied; run `hilum split`.",
    )
    joined = read_table(tmp_path / "else" / "joined.csv")
    rows = joined.rows
    assert list(rows["group"]) == ["g1", "g1", "g3", "g3", "g4", "g4", "g1"]
    assert list(rows["group_before"]) == ["g1", "g2", "g3", "g3", "g4", "g5", "g2"]
    assert set(rows["split"]) == {""} and "table" not in rows.columns
    assert all(path.is_file() for path in joined.paths())
    again = find_duplicates(joined)
    assert again.summary["across"]["group"]["clusters"] == 0


def test_a_split_that_parts_nothing_is_kept(tmp_path: Path) -> None:
    path = write(
        tmp_path, "slices", ("a", 1, "g1", "train", "s", "x"), ("b", 1, "g2", "train", "s", "x")
    )
    find_duplicates(path, join=tmp_path / "joined.csv")
    assert set(read_table(tmp_path / "joined.csv").rows["split"]) == {"train"}


def test_several_tables_are_looked_at_together_and_joined_into_one(
    table: Path, tmp_path: Path
) -> None:
    other = write(tmp_path / "other", "more", ("z", 4, "g9", "", "s9", "normal"))
    found = find_duplicates([table, other], join=tmp_path / "joined.csv")
    assert found.summary["tables"] == ["slices.csv", "more.csv"]
    assert found.summary["across"]["source"] == {"pairs": 2, "clusters": 2, "slices": 4}
    joined = read_table(tmp_path / "joined.csv")
    assert list(joined.rows["slice_id"]) == [*"abcdefg", "z"]
    assert joined.rows["group"].iloc[-1] == "g1"  # through picture 4, which is of g2
    assert all(path.is_file() for path in joined.paths())


def test_a_slice_id_in_two_tables_can_be_compared_but_not_joined(
    table: Path, tmp_path: Path
) -> None:
    other = write(tmp_path / "other", "more", ("a", 9, "g9", "", "s9", "normal"))
    assert find_duplicates([table, other]).summary["slices"] == 8
    with pytest.raises(UsageError, match=r"slices\.csv and more\.csv both have the slice_id 'a'"):
        find_duplicates([table, other], join=tmp_path / "joined.csv")


def test_flat_and_missing_slices_are_told(tmp_path: Path) -> None:
    path = write(tmp_path, "slices", ("a", 1, "g1", "", "s", "x"), ("b", 2, "g2", "", "s", "x"))
    cv2.imwrite(str(tmp_path / "pictures" / "slices-a.png"), np.zeros((40, 40), dtype=np.uint8))
    assert find_duplicates(path).notes == (
        "1 slice has a single grey level and could not be compared.",
    )
    (tmp_path / "pictures" / "slices-b.png").unlink()
    with pytest.raises(ReadError, match=r"slices\.csv, row 3, column path: .*slices-b\.png: there"):
        find_duplicates(path)


def test_the_row_of_the_second_table_is_named(table: Path, tmp_path: Path) -> None:
    other = write(
        tmp_path / "other", "more", ("y", 8, "g9", "", "s", "x"), ("z", 9, "g", "", "s", "x")
    )
    (tmp_path / "other" / "pictures" / "more-z.png").write_bytes(b"text")
    with pytest.raises(ReadError, match=r"more\.csv, row 3, column path: "):
        find_duplicates([table, other])


def test_a_crowd_is_told(table: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("hilum.duplicates.candidates.MOST_NEAR", 1)
    monkeypatch.setattr("hilum.duplicates.candidates.MOST_PAIRS", 1)
    rows = [(f"s{n}", 1, f"g{n}", "", "s", "x") for n in range(5)]
    path = write(tmp_path / "crowd", "slices", *rows)
    rng = np.random.default_rng(0)
    for file in (tmp_path / "crowd" / "pictures").iterdir():
        grey = cv2.imread(str(file), 0).astype(float)
        cv2.imwrite(
            str(file), np.clip(grey + rng.normal(0, 2, grey.shape), 0, 255).astype(np.uint8)
        )
    found = find_duplicates(path)
    assert set(found.clusters.tolist()) == {0}
    assert found.notes == (
        "3 slices have so many candidates by hash that only the nearest were compared; heavily "
        "cropped copies may have been missed.",
    )


def test_what_exists_is_not_replaced_without_force(table: Path, tmp_path: Path) -> None:
    (tmp_path / "pairs.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="exists already"):
        find_duplicates(table, out=tmp_path / "pairs.csv")
    find_duplicates(table, out=tmp_path / "pairs.csv", force=True)
    assert (tmp_path / "pairs.csv").read_text(encoding="utf-8").startswith("cluster,")


def test_the_first_pairs_are_drawn_side_by_side(table: Path, tmp_path: Path) -> None:
    find_duplicates(table, sheet=tmp_path / "pairs.png")
    sheet = cv2.imread(str(tmp_path / "pairs.png"), 0)
    assert sheet.shape == (224, 4 * 418)  # three pairs in one row of four
    for index in range(3):
        left = sheet[24:224, index * 418 + 6 : index * 418 + 206].astype(int)
        right = sheet[24:224, index * 418 + 212 : index * 418 + 412].astype(int)
        assert np.array_equal(left, right) and left.std() > 10
    assert sheet[:, 3 * 418 :].min() == 255


def test_a_sheet_without_pairs_is_empty_paper(tmp_path: Path) -> None:
    path = write(tmp_path, "slices", ("a", 1, "g1", "", "s", "x"), ("b", 2, "g2", "", "s", "x"))
    find_duplicates(path, sheet=tmp_path / "pairs.png")
    assert cv2.imread(str(tmp_path / "pairs.png"), 0).min() == 255


def test_no_table_and_a_broken_table_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="give at least one table to search"):
        find_duplicates([])
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(TableError, match="column 'slice_id' is missing"):
        find_duplicates(tmp_path / "bad.csv")


def test_real_slices_raw_and_cleaned_are_known_as_one(real_data: Path, tmp_path: Path) -> None:
    """179 slices of ct-pneumonia are here before and after arrows and letters were painted over.

    A third of their articles is enough: 95 % of the pairs must be found.
    """
    from hilum.sources import BuildOptions, build_table

    folder = real_data / "ct-pneumonia"
    tables = []
    for raw in (False, True):
        out = tmp_path / f"raw-{raw}.csv"
        build_table([("ct-pneumonia", folder)], out=out, options=BuildOptions(raw=raw))
        tables.append(read_table(out))
    third = sorted(set(tables[1].rows["article"]))[::3]
    tables = [table.where(table.rows["article"].isin(third)) for table in tables]
    found = find_duplicates(tables)
    count = len(tables[0])
    cluster_of = dict(zip(tables[0].rows["slice_id"], found.clusters[:count], strict=True))
    known = [
        cluster_of[slice_id] == cluster
        for slice_id, cluster in zip(
            tables[1].rows["slice_id"], found.clusters[count:], strict=True
        )
        if slice_id in cluster_of
    ]
    assert len(known) >= 50 and sum(known) >= 0.95 * len(known)
    articles = pd.concat([table.rows["article"] for table in tables], ignore_index=True)
    shared = articles.groupby(found.clusters).nunique()
    assert (shared > 1).sum() <= 1  # one figure was printed in two articles


def test_frames_of_one_file_are_slices_of_their_own(tmp_path: Path) -> None:
    path = write(tmp_path, "slices", ("a", 1, "g1", "", "s", "x"), ("b", 2, "g2", "", "s", "x"))
    frames = [cv2.imread(str(tmp_path / "pictures" / f"slices-{name}.png"), 0) for name in "ab"]
    write_frames(tmp_path / "pictures" / "frames.dcm", np.stack([*frames, frames[0]]))
    rows = read_table(path).rows.iloc[[0, 0, 0]].reset_index(drop=True)
    rows = rows.assign(slice_id=["a", "b", "c"], path="pictures/frames.dcm", frame=["0", "1", "2"])
    write_table(SliceTable(check_rows(rows, name="x"), tmp_path, "frames.csv"), path)
    found = find_duplicates(path, sheet=tmp_path / "pairs.png")
    assert found.clusters.tolist() == [0, 1, 0]
    sheet = cv2.imread(str(tmp_path / "pairs.png"), 0)
    assert np.array_equal(sheet[24:224, 6:206], sheet[24:224, 212:412])


@pytest.mark.parametrize("output", ["out", "join", "sheet"])
def test_no_slice_is_overwritten_even_with_force(output: str, table: Path) -> None:
    slice_file = read_table(table).paths()[0]
    before = slice_file.read_bytes()
    with pytest.raises(UsageError, match="is a slice of"):
        find_duplicates(table, force=True, **{output: slice_file})
    assert slice_file.read_bytes() == before
