"""The collection without patients: classes by folder, groups by likeness."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from hilum.errors import ReadError, SourceError, UsageError
from hilum.sources import build_table


def write_picture(path: Path, seed: int, *, quality: int = 90) -> None:
    """Write a JPEG of seeded blobs: one seed, one picture, whatever its quality."""
    rng = np.random.default_rng(seed)
    grey = cv2.resize(rng.integers(0, 256, (16, 16)).astype(np.uint8), (128, 128))
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), grey, [cv2.IMWRITE_JPEG_QUALITY, quality])


def build(folder: Path):  # type: ignore[no-untyped-def]
    return build_table([("iq-oth-nccd", folder)], out=folder.parent / "slices.csv", force=True)


@pytest.mark.parametrize(
    ("root", "benign", "malignant", "normal"),
    [
        ("The IQ-OTHNCCD lung cancer dataset", "Bengin cases", "Malignant cases", "Normal cases"),
        ("data", "benign", "malignant", "normal"),
    ],
)
def test_both_layouts_give_the_same_rows(
    root: str, benign: str, malignant: str, normal: str, tmp_path: Path
) -> None:
    folder = tmp_path / "iq"
    write_picture(folder / root / benign / "Bengin case (12).jpg", 1)
    write_picture(folder / root / malignant / "Malignant case (10).jpg", 2)
    write_picture(folder / root / malignant / "Malignant case (9).jpg", 3)
    write_picture(folder / root / malignant / "Malignant case (11).jpg", 2, quality=40)
    write_picture(folder / root / normal / "Normal case (1).jpg", 4)
    write_picture(folder / root / "Test cases" / "000019 (10).jpg", 5)
    result = build(folder)
    rows = result.table.rows
    assert list(rows["slice_id"]) == [
        "iq-benign-0012", "iq-cancer-0009", "iq-cancer-0010", "iq-cancer-0011", "iq-normal-0001",
    ]  # fmt: skip
    assert list(rows["label"]) == ["benign", "cancer", "cancer", "cancer", "normal"]
    assert list(rows["group"]) == [
        "iq-benign-0012", "iq-cancer-0009", "iq-cancer-0010", "iq-cancer-0010", "iq-normal-0001",
    ]  # fmt: skip
    assert result.notes[:2] == (
        "iq-oth-nccd: 1 pair of slices is nearly one picture; of 5 groups they make 4.",
        "iq-oth-nccd: no patient is known, so that slices of one patient may still be in several "
        "groups.",
    )


def test_names_without_a_number_and_twice_the_same_stay_apart(tmp_path: Path) -> None:
    write_picture(tmp_path / "iq" / "malignant" / "a" / "x.jpg", 1)
    write_picture(tmp_path / "iq" / "malignant" / "b" / "x.jpg", 2)
    write_picture(tmp_path / "iq" / "malignant" / "y.jpg", 3)
    rows = build(tmp_path / "iq").table.rows
    assert list(rows["slice_id"]) == ["iq-cancer-x-0", "iq-cancer-x-1", "iq-cancer-y"]


def test_other_folders_files_and_broken_slices_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="iq-oth-nccd: there is no"):
        build(tmp_path / "iq")
    (tmp_path / "iq" / "cats").mkdir(parents=True)
    with pytest.raises(SourceError, match="no slice lies below a folder 'Malignant cases'"):
        build(tmp_path / "iq")
    broken = tmp_path / "iq" / "normal" / "Normal case (1).jpg"
    broken.parent.mkdir()
    broken.write_bytes(b"\xff\xd8\xff\xe0 cut short")
    with pytest.raises(ReadError, match=r"Normal case \(1\)\.jpg: "):
        build(tmp_path / "iq")
    with pytest.raises(UsageError, match="is not a folder"):
        build(broken)


def test_the_sample_has_one_pair_of_neighbours(real_data: Path, tmp_path: Path) -> None:
    result = build_table([("iq-oth-nccd", real_data / "iq-oth-nccd")], out=tmp_path / "s.csv")
    rows = result.table.rows.set_index("slice_id")
    assert rows["label"].value_counts().to_dict() == {"benign": 7, "cancer": 7, "normal": 5}
    assert rows["group"]["iq-cancer-0175"] == rows["group"]["iq-cancer-0174"]
    assert rows["group"].nunique() == 18
