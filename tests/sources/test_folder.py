"""A folder of class sub-folders."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from hilum.errors import SourceError, UsageError
from hilum.sources import BuildResult, build_table
from hilum.table import read_table


def fill(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())
    return root


def write_picture(path: Path, seed: int, *, quality: int = 90) -> None:
    """Write a JPEG of seeded blobs: one seed, one picture, whatever its quality."""
    rng = np.random.default_rng(seed)
    grey = cv2.resize(rng.integers(0, 256, (16, 16)).astype(np.uint8), (128, 128))
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), grey, [cv2.IMWRITE_JPEG_QUALITY, quality])


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
    assert result.notes[0] == (
        "folder mine: no patient is known; put each patient's slices into a sub-folder of the "
        "class."
    )
    assert result.notes[1].startswith("folder mine: near-duplicates were not searched for: ")


def test_near_duplicates_are_one_group_where_no_patient_is_known(tmp_path: Path) -> None:
    for name, seed, quality in (
        ("a/1.jpg", 1, 90), ("a/2.jpg", 1, 40), ("a/3.jpg", 2, 90), ("b/4.jpg", 3, 90),
    ):  # fmt: skip
        write_picture(tmp_path / "mine" / name, seed, quality=quality)
    result = built(tmp_path / "mine")
    assert result.table.rows["group"].tolist() == ["mine/a/1", "mine/a/1", "mine/a/3", "mine/b/4"]
    assert result.notes[1] == (
        "folder mine: 1 pair of slices is nearly one picture; of 4 groups they make 3."
    )


def test_where_some_patients_are_known_the_command_for_the_others_is_given(tmp_path: Path) -> None:
    for name, seed in (("a/1.jpg", 1), ("a/p2/2.jpg", 2), ("b/p3/3.jpg", 3)):
        write_picture(tmp_path / "mine" / name, seed)
    (note,) = built(tmp_path / "mine").notes
    assert note.startswith("folder mine: for 1 of 3 slices no patient is known and each is a group")
    assert note.endswith("hilum data duplicates TABLE --join joined.csv")


@pytest.mark.parametrize(
    ("collection", "folders"),
    [
        ("iq-oth-nccd", ["Malignant cases", "Bengin cases", "Normal cases"]),
        ("covid-ct", ["CT_COVID", "CT_NonCOVID"]),
        ("ct-pneumonia", ["Pneumonia - PTS", "other"]),
        ("lung-pet-ct-dx", ["cancer/Lung_Dx-A0001"]),
        ("", ["malignant", "benign"]),
    ],
)
def test_a_known_collection_is_recognised(
    collection: str, folders: list[str], tmp_path: Path
) -> None:
    for number, folder in enumerate(folders):
        write_picture(tmp_path / "mine" / folder / "1.jpg", number)
    notes = built(tmp_path / "mine").notes
    advice = [note for note in notes if "looks like" in note]
    assert advice == (
        [
            f"folder mine: this looks like {collection}: use {collection}={tmp_path / 'mine'}, "
            "whose labels, groups and pitfalls hilum knows."
        ]
        if collection
        else []
    )


def test_a_refusal_names_the_collection_that_it_looks_like(tmp_path: Path) -> None:
    root = fill(tmp_path / "Task06_Lung", "imagesTr/lung_001.nii.gz", "labelsTr/lung_001.nii.gz")
    words = r"fill it or remove it; this looks like msd-lung: use msd-lung=.*Task06_Lung\.$"
    with pytest.raises(SourceError, match=words):
        built(root)


def test_what_is_left_out_is_counted_by_suffix(tmp_path: Path) -> None:
    root = fill(tmp_path / "mine", "a/1.dcm", "a/x.gif", "a/y.GIF", "b/2.dcm", "b/notes", "b/.hid")
    (root / "b" / "linked").symlink_to(root / "a")
    notes = built(root).notes
    assert notes[0] == (
        "folder mine: 3 files are not slices and were left out (2 .gif, 1 without suffix)."
    )
    assert notes[1] == "folder mine: 1 symbolic link to a folder is not followed."


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
    assert result.notes[-1].startswith("folder mine: for 1 of 4 slices")


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
    assert result.notes[2] == (
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
    with pytest.raises(SourceError, match=r"class folder 'b' of .* has no slice"):
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


def write_frames(path: Path, frames: int) -> None:
    """Write a multi-frame file of one patient."""
    write_header(path, "p9")
    dataset = dcmread(path)
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = 4, 6, 1
    dataset.PhotometricInterpretation, dataset.NumberOfFrames = "MONOCHROME2", frames
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 16, 15
    dataset.PixelRepresentation = 1
    dataset.PixelData = np.zeros((frames, 4, 6), dtype=np.int16).tobytes()
    dataset["PixelData"].VR = "OW"
    dataset.save_as(path, enforce_file_format=True)


def test_each_frame_of_a_multi_frame_file_is_a_row(tmp_path: Path) -> None:
    write_frames(tmp_path / "own" / "cancer" / "scan.dcm", 3)
    write_header(tmp_path / "own" / "normal" / "2.dcm", "p2")
    rows = built(tmp_path / "own").table.rows
    assert rows["slice_id"].tolist() == [
        *[f"own/cancer/scan-frame-{n}" for n in range(3)], "own/normal/2",
    ]  # fmt: skip
    assert rows["frame"].tolist() == ["0", "1", "2", ""]
    assert rows["path"].tolist() == [*["own/cancer/scan.dcm"] * 3, "own/normal/2.dcm"]
    assert rows["group"].tolist() == [*["own/p9"] * 3, "own/p2"]
    assert read_table(tmp_path / "slices.csv").rows.equals(rows)
