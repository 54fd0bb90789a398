"""NIfTI volumes of Task06_Lung: upright, lazily read, boxes and masks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import numpy.typing as npt
import pytest
from nifti_volumes import chest, save_volume
from PIL import Image

from hilum.errors import SourceError, UsageError
from hilum.readers.window import MEDIASTINAL
from hilum.sources import BuildOptions, build_table


def test_tumour_slices_have_boxes_masks_and_window(tmp_path: Path) -> None:
    hu, mask = chest()
    save_volume(tmp_path / "msd", "lung_001", hu, mask, signs=(-1, -1, 1))
    (tmp_path / "msd" / "imagesTr" / "._lung_001.nii.gz").write_bytes(b"x")
    table = build_table([("msd-lung", tmp_path / "msd")], out=tmp_path / "slices.csv").table
    rows = table.rows.set_index("slice_id")
    assert list(rows.index) == [f"msd-lung_001-z{z:04d}" for z in range(4, 10)]
    assert set(rows["label"]) == {"cancer"} and set(rows["window"]) == {"1400/-700"}
    assert set(rows["group"]) == set(rows["patient_id"]) == {"msd-lung_001"}
    big, small = "8 7 12 9", "5 3 6 4"
    assert rows.loc["msd-lung_001-z0004", "boxes"] == big
    assert set(str(rows.loc["msd-lung_001-z0006", "boxes"]).split(";")) == {big, small}
    assert rows.loc["msd-lung_001-z0006", "path"] == "msd-lung/images/lung_001_z0006.png"
    picture = np.asarray(Image.open(tmp_path / "msd-lung/images/lung_001_z0006.png"))
    drawn = np.asarray(Image.open(tmp_path / "msd-lung/masks/lung_001_z0006.png"))
    assert picture.dtype == np.uint8 and picture[4, 4] == 109  # (-800 + 1400) / 1400 * 255
    assert set(np.unique(drawn)) == {0, 255}
    assert np.array_equal(drawn > 0, mask[::-1, ::-1, 6].T)


def test_slices_are_spread_evenly_and_the_window_is_the_one_given(tmp_path: Path) -> None:
    hu, mask = chest()
    mask[3:5, 4:8, 1:19] = True
    save_volume(tmp_path / "msd", "lung_001", hu, mask)
    rows = build_table(
        [("msd-lung", tmp_path / "msd")],
        out=tmp_path / "slices.csv",
        options=BuildOptions(slices_per_patient=3, window=MEDIASTINAL),
    ).table.rows
    assert [slice_id[-2:] for slice_id in rows["slice_id"]] == ["03", "09", "15"]
    assert set(rows["window"]) == {"350/40"}


def test_normal_slices_are_far_from_tumour_and_show_lung(tmp_path: Path) -> None:
    hu, mask = chest()
    hu[:, :, 17:] = 40  # no lung at the top
    save_volume(tmp_path / "msd", "lung_001", hu, mask)
    rows = build_table(
        [("msd-lung", tmp_path / "msd")],
        out=tmp_path / "slices.csv",
        options=BuildOptions(normal=True),
    ).table.rows
    normal = rows[rows["label"] == "normal"]
    heights = [int(slice_id[-4:]) for slice_id in normal["slice_id"]]
    assert heights == [0, 13, 14, 15, 16]  # 4 mm slices: four or more beyond 4 and 9
    assert set(normal["boxes"]) == {"none"} and set(normal["mask"]) == {""}


def test_pictures_that_are_there_are_left_alone_and_wrong_ones_mended(tmp_path: Path) -> None:
    hu, mask = chest()
    save_volume(tmp_path / "msd", "lung_001", hu, mask)
    source = [("msd-lung", tmp_path / "msd")]
    build_table(source, out=tmp_path / "slices.csv")
    good = tmp_path / "msd-lung/images/lung_001_z0004.png"
    bad = tmp_path / "msd-lung/images/lung_001_z0005.png"
    stamp, content = good.stat().st_mtime_ns, bad.read_bytes()
    bad.write_bytes(b"spoilt")
    build_table(source, out=tmp_path / "slices.csv", force=True)
    assert good.stat().st_mtime_ns == stamp and bad.read_bytes() == content


def test_what_lies_apart_from_the_layout_is_counted(tmp_path: Path) -> None:
    hu, mask = chest()
    for name, tumour in (("lung_001", mask), ("lung_002", mask & False), ("lung_003", mask)):
        save_volume(tmp_path / "msd", name, hu, tumour)
    (tmp_path / "msd" / "labelsTr" / "lung_003.nii.gz").unlink()
    result = build_table([("msd-lung", tmp_path / "msd")], out=tmp_path / "slices.csv")
    assert result.notes == (
        "msd-lung: 1 volumes in imagesTr have no mask in labelsTr.",
        "msd-lung: 1 volumes have no tumour in their mask and gave no slice.",
        "there is one label only, 'cancer': a network needs two. Build the table again with a "
        "second source, of another class, before training.",
    )


def broken(root: Path, kind: str) -> None:
    hu, mask = chest()
    save_volume(root, "lung_001", hu, mask)
    image, label = root / "imagesTr/lung_001.nii.gz", root / "labelsTr/lung_001.nii.gz"
    if kind == "no labels":
        label.rename(root / "lung_001.nii.gz")
        label.parent.rmdir()
    elif kind == "no pair":
        label.rename(label.with_name("lung_009.nii.gz"))
    elif kind == "no tumour":
        save_volume(root, "lung_001", hu, mask & False)
    elif kind == "truncated":
        image.write_bytes(image.read_bytes()[:200])
    elif kind == "text":
        image.write_text("not a volume")
    elif kind == "four dimensions":
        nib.save(nib.Nifti1Image(np.zeros((4, 4, 4, 2), np.int16), np.eye(4)), image)
    elif kind == "two shapes":
        nib.save(nib.Nifti1Image(np.ones((4, 4, 4), np.uint8), np.eye(4)), label)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("no labels", "not laid out as Task06_Lung: it has no folder 'labelsTr'"),
        ("no pair", "no volume in imagesTr has a mask of its name"),
        ("no tumour", "no mask in labelsTr shows any tumour"),
        ("truncated", r"lung_001\.nii\.gz can't be read as NIfTI"),
        ("text", r"lung_001\.nii\.gz can't be read as NIfTI"),
        ("four dimensions", "must be a volume of three dimensions; got 4 x 4 x 4 x 2"),
        ("two shapes", "volume and mask must have one shape"),
    ],
)
def test_a_broken_collection_is_refused_by_name(kind: str, message: str, tmp_path: Path) -> None:
    broken(tmp_path / "msd", kind)
    with pytest.raises(SourceError, match=message):
        build_table([("msd-lung", tmp_path / "msd")], out=tmp_path / "slices.csv")
    assert not (tmp_path / "slices.csv").exists()


def test_at_least_one_slice_must_be_asked_for(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="slices_per_patient must be at least 1; got 0"):
        build_table(
            [("msd-lung", tmp_path)],
            out=tmp_path / "slices.csv",
            options=BuildOptions(slices_per_patient=0),
        )


def test_a_mask_that_lies_elsewhere_than_its_volume_is_refused(tmp_path: Path) -> None:
    hu, mask = chest()
    save_volume(tmp_path / "msd", "lung_001", hu, mask)
    path = tmp_path / "msd" / "labelsTr" / "lung_001.nii.gz"
    for shift, refused in ((0.9, False), (1.1, True), (30.0, True)):
        image = nib.load(tmp_path / "msd" / "imagesTr" / "lung_001.nii.gz")
        affine = image.affine.copy()
        affine[0, 3] += shift
        nib.save(nib.Nifti1Image(mask.astype(np.uint8), affine), path)
        if refused:
            with pytest.raises(SourceError, match=rf"put them {shift} mm apart; resample the mask"):
                build_table(
                    [("msd-lung", tmp_path / "msd")], out=tmp_path / "slices.csv", force=True
                )
        else:
            build_table([("msd-lung", tmp_path / "msd")], out=tmp_path / "slices.csv", force=True)


def test_a_mask_that_is_stored_along_other_axes_fits_its_volume(tmp_path: Path) -> None:
    hu, mask = chest()
    for folder, array in (("imagesTr", hu.astype(np.int16)), ("labelsTr", mask.astype(np.uint8))):
        (tmp_path / "msd" / folder).mkdir(parents=True)
        image = nib.Nifti1Image(array, np.diag([2.0, 2.0, 4.0, 1.0]))
        if folder == "labelsTr":
            image = image.as_reoriented(np.array([[1, -1], [2, 1], [0, -1]]))
        nib.save(image, tmp_path / "msd" / folder / "lung_001.nii.gz")
    build_table([("msd-lung", tmp_path / "msd")], out=tmp_path / "slices.csv")
    drawn = np.asarray(Image.open(tmp_path / "msd-lung/masks/lung_001_z0006.png"))
    assert np.array_equal(drawn > 0, mask[::-1, ::-1, 6].T)


@pytest.mark.parametrize(
    ("convert", "problem"),
    [
        (lambda hu: hu + 1024, "the intercept of about -1024 was lost"),
        (lambda hu: (hu + 1024) / 2100, "the values were scaled to a range of about 1"),
        (lambda hu: (hu + 1024) / 9, "the values are 8-bit grey levels"),
    ],
)
def test_a_volume_that_is_not_in_hounsfield_units_is_refused(
    tmp_path: Path, convert: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]],
    problem: str,
) -> None:  # fmt: skip
    hu, mask = (np.repeat(np.repeat(array, 4, axis=0), 4, axis=1) for array in chest())
    affine = np.diag([2.0, 2.0, 4.0, 1.0])
    for folder in ("imagesTr", "labelsTr"):
        (tmp_path / "msd" / folder).mkdir(parents=True)
    nib.save(nib.Nifti1Image(mask.astype(np.uint8), affine),
             tmp_path / "msd" / "labelsTr" / "lung_001.nii.gz")  # fmt: skip
    path = tmp_path / "msd" / "imagesTr" / "lung_001.nii.gz"
    nib.save(nib.Nifti1Image(hu.astype(np.float32), affine), path)
    build_table([("msd-lung", tmp_path / "msd")], out=tmp_path / "slices.csv")
    nib.save(nib.Nifti1Image(convert(hu).astype(np.float32), affine), path)
    with pytest.raises(SourceError, match=rf"lung_001\.nii\.gz must hold .*, and {problem}"):
        build_table([("msd-lung", tmp_path / "msd")], out=tmp_path / "slices.csv", force=True)
