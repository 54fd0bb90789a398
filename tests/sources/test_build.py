"""Building a table out of several sources."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from hilum.errors import SourceError, UsageError
from hilum.sources import SOURCES, BuildOptions, PhantomSettings, build_table
from hilum.table import read_table


@pytest.fixture
def slices(tmp_path: Path) -> Path:
    path = tmp_path / "old" / "slices.csv"
    path.parent.mkdir()
    path.write_text(
        "slice_id,path,label,group,source,mask,stage\n"
        "s1,images/1.png,cancer,g1,here,masks/1.png,T2\n"
        "s2,images/2.png,normal,g1,here,,\n"
        "s3,3.png,cancer,g2,there,,T1\n"
    )
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "mine"
    (root / "pneumonia").mkdir(parents=True)
    (root / "pneumonia" / "1.png").write_bytes(b"x")
    return root


def test_sources_are_merged_with_paths_seen_from_the_new_table(
    slices: Path, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "new" / "deep" / "all.csv"
    result = build_table([("table", slices), ("folder", folder)], out=out)
    rows = read_table(out).rows
    assert rows.equals(result.table.rows)
    assert list(rows["path"]) == [
        "../../old/images/1.png",
        "../../old/images/2.png",
        "../../old/3.png",
        "../../mine/pneumonia/1.png",
    ]
    assert list(rows["mask"]) == ["../../old/masks/1.png", "", "", ""]
    assert list(rows["stage"]) == ["T2", "", "T1", ""]


def test_counts_are_by_source_and_label(slices: Path, folder: Path, tmp_path: Path) -> None:
    result = build_table([("table", slices), ("folder", folder)], out=tmp_path / "all.csv")
    assert result.counts.to_dict("split")["data"] == [
        ["here", "cancer", 1, 1],
        ["here", "normal", 1, 1],
        ["mine", "pneumonia", 1, 1],
        ["there", "cancer", 1, 1],
    ]


def test_only_the_labels_asked_for_are_kept(slices: Path, tmp_path: Path) -> None:
    options = BuildOptions(labels=("cancer",))
    result = build_table([("table", slices)], out=tmp_path / "all.csv", options=options)
    assert list(result.table.rows["slice_id"]) == ["s1", "s3"]


def test_an_unknown_label_lists_those_there(slices: Path, tmp_path: Path) -> None:
    options = BuildOptions(labels=("cancer", "benign"))
    with pytest.raises(UsageError, match="label 'benign'; the labels there are cancer, normal"):
        build_table([("table", slices)], out=tmp_path / "all.csv", options=options)
    assert not (tmp_path / "all.csv").exists()


def test_a_slice_from_two_sources_names_both(slices: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"slice_id 's1' comes from table=.* and from table=.*"):
        build_table([("table", slices), ("table", slices)], out=tmp_path / "all.csv")
    assert not (tmp_path / "all.csv").exists()


def test_an_unknown_source_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unknown source 'msd_lung'; did you mean 'msd-lung'"):
        build_table([("msd_lung", tmp_path)], out=tmp_path / "all.csv")


@pytest.mark.parametrize("name", sorted(set(SOURCES) - {"phantom"}))
def test_a_missing_folder_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"source {name}: there is no .*nowhere"):
        build_table([(name, tmp_path / "nowhere")], out=tmp_path / "all.csv")


def test_slices_on_another_drive_are_refused(
    slices: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_way(*_: Any) -> str:
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    monkeypatch.setattr(os.path, "relpath", no_way)
    with pytest.raises(UsageError) as caught:
        build_table([("table", slices)], out=tmp_path / "all.csv")
    assert str(caught.value) == (
        "the slices lie on another drive than the table; put the table on the same drive."
    )
    assert not (tmp_path / "all.csv").exists()


def test_one_file_under_two_names_is_refused_with_both_sources(
    slices: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.csv"
    other.write_text("slice_id,path,label,group,source\nx,old/images/../3.png,pneumonia,g9,else\n")
    with pytest.raises(SourceError) as caught:
        build_table([("table", slices), ("table", other)], out=tmp_path / "all.csv")
    assert str(caught.value) == (
        f"path 'old/3.png' comes from table={slices} and from table={other}; path must be unique, "
        "so leave one of the two out."
    )
    assert not (tmp_path / "all.csv").exists()


def test_no_source_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a table needs at least one source"):
        build_table([], out=tmp_path / "all.csv")


def test_an_existing_table_is_kept_without_force(slices: Path, tmp_path: Path) -> None:
    before = slices.read_bytes()
    with pytest.raises(UsageError, match="exists already"):
        build_table([("table", slices)], out=slices)
    assert slices.read_bytes() == before
    build_table(
        [("table", slices)], out=slices, options=BuildOptions(labels=("normal",)), force=True
    )
    assert list(read_table(slices).rows["path"]) == ["images/2.png"]


def test_a_folder_given_as_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"is not a file; give the path of a slices\.csv"):
        build_table([("table", tmp_path)], out=tmp_path / "all.csv")


def test_every_source_says_what_it_is() -> None:
    for name, source in SOURCES.items():
        assert source.name == name and source.title and source.terms


def test_labels_and_groups_that_look_alike_are_noted(slices: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("slice_id,path,label,group,source\nx,x.png,Cancer,g1,else\n")
    result = build_table([("table", slices), ("table", other)], out=tmp_path / "all.csv")
    assert result.notes == (
        "labels 'cancer', 'Cancer' differ in case or white space only and were merged into "
        "'cancer'.",
        "1 group holds slices of several labels, and each is taken for one patient; if patient "
        "numbers start again in each class folder, rename their folders.",
        "1 group has the same name in several sources, and each is taken for one patient; "
        "rename them if they are not.",
    )
    assert sorted(result.table.labels) == ["cancer", "normal"]


def class_folder(root: Path, label: str) -> Path:
    (root / label).mkdir(parents=True)
    (root / label / "1.png").write_bytes(b"x")
    return root


def test_two_folders_of_one_name_are_refused(tmp_path: Path) -> None:
    """The verdict on the design would take the two for one source."""
    one = class_folder(tmp_path / "a" / "slices", "cancer")
    other = class_folder(tmp_path / "b" / "slices", "pneumonia")
    with pytest.raises(UsageError, match="would both be called 'slices', and hilum compares"):
        build_table([("folder", one), ("folder", other)], out=tmp_path / "all.csv")
    assert not (tmp_path / "all.csv").exists()


def test_a_single_label_is_noted(tmp_path: Path) -> None:
    root = class_folder(tmp_path / "mine", "data")
    result = build_table([("folder", root)], out=tmp_path / "all.csv")
    assert result.notes[-1] == (
        "there is one label only, 'data': a network needs two. Is the folder of the classes one "
        "further down, or does another source follow?"
    )


def test_a_single_label_of_a_collection_is_noted_unless_it_was_chosen(tmp_path: Path) -> None:
    phantom = PhantomSettings(patients=3, slices_per_patient=1, size=64, classes=("cancer",))
    sources = [("phantom", tmp_path / "p")]
    alone = build_table(sources, out=tmp_path / "a.csv", options=BuildOptions(phantom=phantom))
    assert alone.notes[-1] == (
        "there is one label only, 'cancer': a network needs two. Build the table again with a "
        "second source, of another class, before training."
    )
    options = BuildOptions(phantom=phantom, labels=("cancer",))
    chosen = build_table(sources, out=tmp_path / "b.csv", options=options)
    assert not any("one label only" in note for note in chosen.notes)


def test_only_what_is_kept_is_doubted(slices: Path, tmp_path: Path) -> None:
    options = BuildOptions(labels=("normal",))
    result = build_table([("table", slices)], out=tmp_path / "all.csv", options=options)
    assert result.notes == ()
