"""A folder of class sub-folders."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from hilum.errors import SourceError, UsageError
from hilum.sources import BuildResult, build_table


def fill(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())
    return root


def built(root: Path) -> BuildResult:
    return build_table([("folder", root)], out=root.parent / "slices.csv", force=True)


def row(rows: pd.DataFrame, slice_id: str) -> dict[str, str]:
    (found,) = rows[rows["slice_id"] == slice_id].to_dict("records")
    return {str(key): str(value) for key, value in found.items()}


def test_class_folders_are_labels_and_files_groups(tmp_path: Path) -> None:
    result = built(fill(tmp_path / "mine", "Cancer/1.png", "Cancer/2.JPG", " benign /1.dcm"))
    rows = result.table.rows
    assert sorted(rows["label"]) == ["Cancer", "Cancer", "benign"]
    one = row(rows, "mine/Cancer/1")
    assert (one["group"], one["source"], one["split"]) == ("mine/Cancer/1", "mine", "")
    assert one["path"] == "mine/Cancer/1.png"
    assert rows["group"].nunique() == 3
    assert result.notes == (
        "folder mine: for 3 of 3 slices no patient is known and each is a group of its own; "
        "slices of one patient may then stand in train and in test, and the figures come out "
        "too good.",
    )


def test_the_first_folder_in_a_class_is_the_patient(tmp_path: Path) -> None:
    result = built(
        fill(tmp_path / "mine", "a/p1/s1/1.png", "a/p1/s2/1.png", "a/p2/1.png", "b/x.png")
    )
    groups = dict(zip(result.table.rows["slice_id"], result.table.rows["group"], strict=True))
    assert groups == {
        "mine/a/p1/s1/1": "mine/p1",
        "mine/a/p1/s2/1": "mine/p1",
        "mine/a/p2/1": "mine/p2",
        "mine/b/x": "mine/b/x",
    }
    assert result.notes[0].startswith("folder mine: for 1 of 4 slices")


def test_split_folders_fill_the_split_and_case_is_merged(tmp_path: Path) -> None:
    result = built(
        fill(
            tmp_path / "mine", "Training/Cancer/1.png", "VALIDATION/cancer/2.png", "testing/b/3.png"
        )
    )
    rows = result.table.rows
    assert dict(zip(rows["split"], rows["label"], strict=True)) == {
        "train": "Cancer",
        "validation": "Cancer",
        "test": "b",
    }
    assert result.notes[1] == (
        "labels 'Cancer', 'cancer' differ in case or white space only and were merged into "
        "'Cancer'."
    )


def test_files_that_differ_in_suffix_only_keep_apart(tmp_path: Path) -> None:
    rows = built(fill(tmp_path / "mine", "a/1.png", "a/1.jpg", "a/2.png")).table.rows
    assert sorted(rows["slice_id"]) == ["mine/a/1.jpg", "mine/a/1.png", "mine/a/2"]
    assert list(rows["group"]) == list(rows["slice_id"])


def test_dicom_without_suffix_counts_and_other_files_do_not(tmp_path: Path) -> None:
    root = fill(tmp_path / "mine", "a/notes.txt", "a/._1.png", "a/.cache/2.png", "a/README")
    (root / "a" / "1.2.840.99").write_bytes(bytes(128) + b"DICM")
    assert list(built(root).table.rows["path"]) == ["mine/a/1.2.840.99"]


def test_an_empty_class_is_named(tmp_path: Path) -> None:
    root = fill(tmp_path / "mine", "a/1.png", "b/notes.txt")
    with pytest.raises(SourceError, match=r"class folder 'b' of .* holds no slice"):
        built(root)
    assert not (tmp_path / "slices.csv").exists()


def test_a_folder_without_classes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="has no class folders; looked for <class>/"):
        built(fill(tmp_path / "mine", "1.png"))


def test_splits_mixed_with_classes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="mixes split folders such as 'test' with others"):
        built(fill(tmp_path / "mine", "test/a/1.png", "cancer/1.png"))


def test_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a folder; give one with class sub-folders"):
        built(fill(tmp_path, "mine.png") / "mine.png")


def test_the_sample_of_the_paper_fills_all_splits(real_data: Path, tmp_path: Path) -> None:
    rows = build_table([("folder", real_data / "paper-sample")], out=tmp_path / "s.csv").table.rows
    counts = rows.groupby(["split", "label"]).size()
    assert counts.to_dict() == {
        (split, label): 5
        for split in ("train", "validation", "test")
        for label in ("Cancer", "Non-cancer")
    }


def write_header(path: Path, patient: str) -> None:
    """Write the smallest DICOM file that tells whose it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset = Dataset()
    dataset.SOPClassUID = CTImageStorage
    dataset.SOPInstanceUID = generate_uid(entropy_srcs=[path.name])
    dataset.PatientID = patient
    dataset.PatientSex = "F"
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.save_as(path, enforce_file_format=True)


def test_dicom_slices_without_a_patient_folder_are_grouped_by_patient_id(tmp_path: Path) -> None:
    for name, patient in (("1", "p1"), ("2", "p1"), ("3", "p2")):
        write_header(tmp_path / "own" / "cancer" / name, patient)
    result = built(tmp_path / "own")
    rows = result.table.rows
    assert rows["group"].tolist() == ["own/p1", "own/p1", "own/p2"]
    assert rows["patient_id"].tolist() == ["p1", "p1", "p2"]
    assert set(rows["sex"]) == {"F"}
    assert not any("no patient is known" in note for note in result.notes)
