"""Rows that show one patient, or one file, under several names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hilum.errors import TableError
from hilum.identity import Link, find_identities, refuse_conflicts
from hilum.table import SliceTable

MakeTable = Callable[..., SliceTable]


@pytest.mark.parametrize(
    "column", ["patient_id", "study_instance_uid", "series_instance_uid", "sop_instance_uid"]
)
def test_groups_with_an_equal_identifier_are_merged_and_their_rows_named(
    make_table: MakeTable, column: str
) -> None:
    table = make_table(6, label="cancer", **{column: ["1.2", "1.3", "", "1.2", "1.4", ""]})
    found = find_identities(table)
    assert found.links == (Link(column, (0, 3)),)
    assert found.groups.tolist() == [
        "group-0",
        "group-1",
        "group-2",
        "group-0",
        "group-4",
        "group-5",
    ]
    assert found.notes() == [
        f"slices.csv: equal {column} in 2 groups (rows 2 and 5); merged into 1 group."
    ]
    merged = found.merge().rows
    assert merged["group"].tolist() == found.groups.tolist()
    assert merged["group_before"].tolist() == table.rows["group"].tolist()


def test_a_patient_id_in_twelve_groups_is_one_link(make_table: MakeTable) -> None:
    found = find_identities(make_table(24, patient_id="P7"))
    (link,) = found.links
    assert link.rows == tuple(range(24))
    assert set(found.groups) == {"group-0"}
    assert found.notes()[0].endswith("in 24 groups (rows 2 and 3); merged into 1 group.")


@pytest.mark.parametrize("nobody", ["ANONYMOUS", "Anonymized", "0000", "N/A", "unknown", "-"])
def test_a_patient_id_that_identifies_nobody_links_nothing(
    make_table: MakeTable, nobody: str
) -> None:
    assert find_identities(make_table(4, patient_id=nobody)).links == ()


def test_names_that_differ_in_case_or_white_space_are_one_patient(make_table: MakeTable) -> None:
    table = make_table(5, group=["a/p01", "a/P01", "a/ p01", "a/p 02", "a/p03"])
    found = find_identities(table)
    assert found.links == (Link("group", (0, 1, 2)),)
    assert found.groups.tolist() == ["a/p01", "a/p01", "a/p01", "a/p 02", "a/p03"]


def test_single_slices_whose_names_differ_in_case_stay_apart(make_table: MakeTable) -> None:
    names = ["mine/IMG1", "mine/img1"]
    assert find_identities(make_table(2, slice_id=names, group=names)).links == ()


def test_links_of_several_kinds_chain_groups_and_are_reported_once(make_table: MakeTable) -> None:
    table = make_table(
        4, patient_id=["A", "A", "", ""], study_instance_uid=["1.1", "1.1", "", ""],
        series_instance_uid=["", "2.1", "2.1", ""],
    )  # fmt: skip
    found = find_identities(table)
    assert [link.kind for link in found.links] == ["patient_id", "series_instance_uid"]
    assert found.groups.tolist() == ["group-0", "group-0", "group-0", "group-3"]


def test_nothing_linked_leaves_the_table_as_it_is(make_table: MakeTable) -> None:
    table = make_table(4, patient_id=["A", "B", "C", "D"])
    found = find_identities(table)
    assert (found.links, found.conflicts, found.notes()) == ((), (), [])
    assert found.merge() is table


def test_only_links_between_splits_cross(make_table: MakeTable) -> None:
    table = make_table(
        6, patient_id=["A", "A", "B", "B", "C", "C"],
        split=["train", "test", "train", "train", "test", ""],
    )  # fmt: skip
    assert find_identities(table).crossing() == (Link("patient_id", (0, 1)),)


def write(folder: Path, **contents: bytes) -> None:
    for name, content in contents.items():
        (folder / f"{name}.png").write_bytes(content)


def test_byte_equal_files_and_one_file_by_two_paths_are_linked(
    make_table: MakeTable, tmp_path: Path
) -> None:
    write(tmp_path, a=b"one slice", b=b"one slice", c=b"two slice", d=b"another")
    (tmp_path / "link.png").symlink_to("d.png")
    paths = ["a.png", "b.png", "c.png", "d.png", "link.png", "./c.png", "gone.png"]
    table = make_table(7, path=paths, label="cancer", folder=tmp_path)
    found = find_identities(table)
    assert found.links == (
        Link("file", (2, 5)),
        Link("file", (3, 4)),
        Link("content", (0, 1)),
    )
    assert found.notes() == [
        "slices.csv: one file under several paths in 4 groups (rows 4 and 7, 5 and 6); merged into "
        "2 groups.",
        "slices.csv: byte-equal files in 2 groups (rows 2 and 3); merged into 1 group.",
    ]
    assert find_identities(table, files=False).links == ()


def test_one_file_with_two_labels_is_refused_with_its_rows(
    make_table: MakeTable, tmp_path: Path
) -> None:
    write(tmp_path, a=b"same", b=b"same", c=b"other")
    table = make_table(
        3, path=["a.png", "b.png", "c.png"], label=["x", "y", "x"], group="g", folder=tmp_path
    )
    with pytest.raises(TableError) as refusal:
        refuse_conflicts(find_identities(table))
    assert str(refusal.value) == (
        "slices.csv: 1 slice has several labels: byte-equal files with different labels (rows 2 "
        "and 3; the first is a.png); keep the right label only."
    )


def test_frames_of_one_file_may_have_labels_of_their_own(
    make_table: MakeTable, tmp_path: Path
) -> None:
    write(tmp_path, a=b"frames", b=b"frames")
    table = make_table(
        2, path=["a.png", "b.png"], label=["x", "y"], group="g", frame=["1", "2"], folder=tmp_path
    )
    assert find_identities(table).conflicts == ()


def test_labels_that_differ_in_case_only_are_refused_with_their_rows(make_table: MakeTable) -> None:
    table = make_table(5, label=["cancer", "normal", "Cancer", "cancer", "no rmal"])
    with pytest.raises(TableError) as refusal:
        refuse_conflicts(find_identities(table))
    assert str(refusal.value) == (
        "slices.csv: labels 'cancer' and 'Cancer' differ in case or white space only (rows 2 and "
        "4, 3 and 6); give them one spelling."
    )


def test_random_labels_are_judged_by_the_real_ones(make_table: MakeTable, tmp_path: Path) -> None:
    write(tmp_path, a=b"same", b=b"same")
    table = make_table(
        2, path=["a.png", "b.png"], label=["x", "y"], real_label="x", group="g", folder=tmp_path
    )
    assert find_identities(table).conflicts == ()
