"""The collection with boxes: series chosen, boxes matched, pictures upright, names neutral."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openpyxl
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian

from hilum.errors import SourceError, UsageError
from hilum.readers import MEDIASTINAL
from hilum.sources import BuildOptions, build_table

NO_SHEET = (
    "lung-pet-ct-dx: no clinical sheet (statistics-clinical-*.xlsx) lies in the folder or next to "
    "it, so that stage, grade, weight and smoking are not known."
)

ONE_LABEL = (
    "there is one label only, 'cancer': a network needs two. Build the table again with a second "
    "source, of another class, before training."
)


def build(collection: Path, **options: object):  # type: ignore[no-untyped-def]
    out = collection.parent / "slices.csv"
    given = BuildOptions(**options)  # type: ignore[arg-type]
    return build_table([("lung-pet-ct-dx", collection)], out=out, options=given, force=True)


def test_the_series_with_most_boxes_is_taken_and_slices_run_from_the_feet(collection: Path) -> None:
    rows = build(collection).table.rows
    of_first = rows[rows["histology"] == "adenocarcinoma"]
    assert list(of_first["sop_instance_uid"]) == [f"1.2.826.0.1.1.2.{n}" for n in (7, 6, 5, 4, 3)]
    assert set(of_first["boxes"]) == {"8 20 16 30"}
    assert set(rows["label"]) == {"cancer"} and set(rows["window"]) == {"1400/-700"}
    other = rows[rows["histology"] == "small cell carcinoma"]
    assert list(other["boxes"]) == ["2 1 6 9;20 10 25 30"]
    assert list(other["sex"]) == ["male"] and list(other["age"]) == ["58"]


def test_pictures_are_rendered_with_the_tumour_in_the_box(collection: Path) -> None:
    table = build(collection).table
    row = table.rows.index[table.rows["histology"] == "adenocarcinoma"][0]
    grey = np.asarray(Image.open(table.paths()[row]))
    assert grey.dtype == np.uint8 and grey.shape == (32, 40)
    assert grey[8:16, 20:30].min() == 255 and grey[20, 10] == round((-800 + 1400) * 255 / 1400)


def test_no_name_or_order_tells_the_histology(collection: Path) -> None:
    rows = build(collection).table.rows
    for column in ("slice_id", "path", "group", "patient_id", "source"):
        assert not rows[column].str.contains("A0001|B0001|0001", regex=True).any(), column
    assert rows["group"].nunique() == 2  # A0001 and B0001 are two patients
    assert list(rows["group"]) == sorted(rows["group"])
    assert rows["group"].str.fullmatch("lpcd-[0-9a-f]{12}").all()


def test_a_patients_name_does_not_depend_on_who_else_is_there(collection: Path) -> None:
    before = build(collection).table.rows
    for file in (collection / "Lung_Dx-B0001").rglob("*.dcm"):
        file.unlink()
    after = build(collection).table.rows
    remaining = before[before["histology"] == "adenocarcinoma"].reset_index(drop=True)
    assert after[["slice_id", "group", "path"]].equals(remaining[["slice_id", "group", "path"]])


def test_slices_are_spread_over_those_with_boxes(collection: Path) -> None:
    rows = build(collection, slices_per_patient=2).table.rows
    numbers = rows["sop_instance_uid"].str.rpartition(".")[2]
    assert sorted(numbers[rows["histology"] == "adenocarcinoma"]) == ["4", "6"]


def test_what_is_left_out_is_told(collection: Path) -> None:
    full_table = dcmread(next((collection / "Lung_Dx-A0001").rglob("1-8.dcm")))
    full_table.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    full_table.save_as(collection / "deflated.dcm")
    deflated = (collection / "deflated.dcm").read_bytes()
    (collection / "deflated.dcm").write_bytes(deflated[:-50])
    del full_table.ImageOrientationPatient
    full_table.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    full_table.save_as(collection / "lost.dcm")
    (collection / "junk.dcm").write_bytes(b"x")
    notes = build(collection).notes
    assert [note.removeprefix("lung-pet-ct-dx: ") for note in notes] == [
        NO_SHEET.removeprefix("lung-pet-ct-dx: "),
        "DICOM files that are broken, left out: 1 (the first: deflated.dcm).",
        "files that are no DICOM slice, left out: 1 (the first: junk.dcm).",
        "CT images that are not axial or don't say how they lie, left out: 1.",
        "PET slices, left out: 2.",
        "secondary captures (such as PET laid over CT), left out: 1.",
        ONE_LABEL,
    ]


def test_a_patient_of_whom_no_box_can_be_used_is_told(collection: Path, box_writer) -> None:  # type: ignore[no-untyped-def]
    for file in (collection / "Annotation" / "B0001").iterdir():
        box_writer(file, (5, 5, 5, 9))
    result = build(collection)
    assert result.table.rows["group"].nunique() == 1
    assert result.notes[-3:] == (
        "lung-pet-ct-dx: boxes without extent, left out: 1 (the first: 1.2.826.0.1.2.2.2.xml).",
        "lung-pet-ct-dx: patients without a CT slice that has boxes and can be used, left out: 1.",
        ONE_LABEL,
    )


def test_slices_without_pixels_or_hounsfield_units_are_left_out(collection: Path) -> None:
    for number in (3, 4):
        file = next((collection / "Lung_Dx-A0001").rglob(f"2.*/1-{number}.dcm"))
        if number == 3:
            file.write_bytes(file.read_bytes()[:-1000])
        else:
            dataset = dcmread(file)
            del dataset.RescaleIntercept
            dataset.save_as(file)
    result = build(collection)
    numbers = result.table.rows["sop_instance_uid"].str.rpartition(".")[2].tolist()
    assert sorted(numbers) == ["2", "5", "6", "7"]
    assert result.notes[-3:] == (
        "lung-pet-ct-dx: CT slices that are not in Hounsfield units, left out: 1 (the first: "
        "1-4.dcm).",
        "lung-pet-ct-dx: slices whose pixels can't be decoded, left out: 1 (the first: 1-3.dcm).",
        ONE_LABEL,
    )


def test_a_slice_that_is_stored_turned_comes_upright_with_its_box(
    collection: Path,
    slice_writer,
    box_writer,  # type: ignore[no-untyped-def]
) -> None:
    slice_writer(
        collection / "x" / "1.dcm", 3, 1, 1, name="Lung_Dx-G0007",
        ImageOrientationPatient=[-1, 0, 0, 0, -1, 0],
    )  # fmt: skip
    box_writer(collection / "x" / "1.2.826.0.1.3.1.1.xml", (20, 8, 30, 16))
    table = build(collection).table
    row = table.rows.index[table.rows["histology"] == "squamous cell carcinoma"][0]
    assert table.rows["boxes"][row] == "16 10 24 20"
    assert np.asarray(Image.open(table.paths()[row]))[16:24, 10:20].min() == 255


def test_boxes_are_scaled_where_pixels_are_made_square(
    collection: Path,
    slice_writer,
    box_writer,  # type: ignore[no-untyped-def]
) -> None:
    slice_writer(collection / "x" / "1.dcm", 3, 1, 1, name="Lung_Dx-E0007", PixelSpacing=[1.6, 0.8])
    box_writer(collection / "x" / "1.2.826.0.1.3.1.1.xml", (20, 8, 30, 16))
    table = build(collection).table
    row = table.rows.index[table.rows["histology"] == "large cell carcinoma"][0]
    assert table.rows["boxes"][row] == "16 20 32 30"
    assert np.asarray(Image.open(table.paths()[row])).shape == (64, 40)


def test_large_slices_shrink_with_their_boxes(
    collection: Path,
    slice_writer,
    box_writer,  # type: ignore[no-untyped-def]
) -> None:
    hu = np.full((1024, 768), -800, dtype=np.int16)
    hu[101:303, 50:75] = 60
    slice_writer(
        collection / "x" / "1.dcm", 3, 1, 1, name="Lung_Dx-E0007", Rows=1024, Columns=768,
        PixelData=hu.tobytes(),
    )  # fmt: skip
    box_writer(collection / "x" / "1.2.826.0.1.3.1.1.xml", (50, 101, 75, 303), size=(1024, 768))
    table = build(collection).table
    row = table.rows.index[table.rows["histology"] == "large cell carcinoma"][0]
    assert table.rows["boxes"][row] == "50 25 152 38"
    assert np.asarray(Image.open(table.paths()[row])).shape == (512, 384)


@pytest.mark.parametrize(
    ("window", "shown"), [((350.0, 40.0), {"350/40"}), (None, {"1400/-700", "350/40"})]
)
def test_the_window_is_chosen_or_drawn_for_each_patient(
    window: object, shown: set[str], collection: Path
) -> None:
    from hilum.readers import Window

    given = None if window is None else Window(*window)  # type: ignore[misc]
    seen = [
        build(collection, window=given, seed=seed).table.rows.groupby("group")["window"].unique()
        for seed in range(8)
    ]
    assert {text for of_seed in seen for windows in of_seed for text in windows} == shown
    assert all(len(windows) == 1 for of_seed in seen for windows in of_seed)
    again = build(collection, window=given, seed=3).table.rows.groupby("group")["window"].unique()
    assert [list(w) for w in again] == [list(w) for w in seen[3]]


def test_a_table_of_another_window_leaves_the_pictures_of_the_first(collection: Path) -> None:
    first = build(collection).table
    before = [path.read_bytes() for path in first.paths()]
    second = build(collection, window=MEDIASTINAL).table
    assert [path.read_bytes() for path in first.paths()] == before
    assert list(second.rows["slice_id"]) == list(first.rows["slice_id"])
    assert second.rows["path"][0].startswith("lung-pet-ct-dx/350_40/lpcd-")


def write_sheet(path: Path, *rows: list[object]) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(
        ["No.", "NewPatientID", "Sex", "Age", "weight (kg)", "T-Stage", "N-Stage",
         "\uff2d-Stage", "Histopathological grading", "Smoking History"]
    )  # fmt: skip
    for row in rows:
        book.active.append(row)
    book.save(path)


@pytest.mark.parametrize("where", ["", ".."])
def test_the_clinical_sheet_is_found_below_and_beside(where: str, collection: Path) -> None:
    write_sheet(
        collection / where / "statistics-clinical-20201221.xlsx",
        [1, "A0001", "F", 61, 72.5, "1c", 0, 1, " G2 -3", 1],
        [2, "B0001", "M", None, None, "is", 3.0, "1a", None, 0],
    )
    result = build(collection)
    rows = result.table.rows.drop_duplicates("group").set_index("histology")
    columns = ["sex", "age", "weight", "stage_t", "stage_n", "stage_m", "grade", "smoking"]
    assert rows.loc["adenocarcinoma", columns].tolist() == [
        "female", "61", "72.5", "1c", "0", "1", "G2-3", "yes",
    ]  # fmt: skip
    assert rows.loc["small cell carcinoma", columns].tolist() == [
        "male", "58", "", "is", "3", "1a", "", "no",
    ]  # fmt: skip
    assert NO_SHEET not in result.notes


def test_patients_who_are_not_in_the_sheet_and_other_workbooks_are_told(collection: Path) -> None:
    (collection / "broken.xlsx").write_bytes(b"no workbook")
    write_sheet(collection / "statistics-clinical-1.xlsx", [1, "A0001", "F", 61, 72.5, "1c", 0, 1])
    notes = build(collection).notes
    assert "lung-pet-ct-dx: patients who are not in the clinical sheet: 1." in notes
    assert (
        "lung-pet-ct-dx: workbooks that are no clinical sheet: 1 (the first: broken.xlsx)." in notes
    )


def test_the_layout_of_folders_does_not_matter(collection: Path) -> None:
    before = build(collection).table.rows.drop(columns=["path"])
    for number, file in enumerate(sorted(collection.rglob("*.dcm"))):
        new = collection / "lung_pet_ct_dx" / str(number % 3) / f"{number}"
        new.parent.mkdir(parents=True, exist_ok=True)
        file.rename(new)  # no suffix at all
    assert build(collection).table.rows.drop(columns=["path"]).equals(before)


def test_a_slice_that_lies_there_twice_counts_once(collection: Path) -> None:
    before = build(collection).table.rows
    file = next((collection / "Lung_Dx-A0001").rglob("1-3.dcm"))
    (collection / "copy.dcm").write_bytes(file.read_bytes())
    result = build(collection)
    assert result.table.rows.equals(before)
    assert "lung-pet-ct-dx: slices that lie there more than once, taken once: 1." in result.notes


def test_refusals_say_what_was_looked_for(collection: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="slices_per_patient must be at least 1; got 0"):
        build(collection, slices_per_patient=0)
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="no axial CT slice lies below it"):
        build(tmp_path / "empty")
    (tmp_path / "empty" / "1-1.dcm").write_bytes(b"junk")
    with pytest.raises(
        SourceError, match=r"below it \(files that are no DICOM slice, left out: 1\)"
    ):
        build(tmp_path / "empty")
    for file in collection.rglob("*.xml"):
        file.unlink()
    with pytest.raises(SourceError, match=r"no annotation \(Annotation/A0001/<SOP Instance UID>"):
        build(collection)
    with pytest.raises(UsageError, match="is not a folder"):
        build(collection / "LICENSE")


def test_annotations_of_other_slices_only_are_refused(collection: Path, box_writer) -> None:  # type: ignore[no-untyped-def]
    for file in collection.rglob("*.xml"):
        file.unlink()
    box_writer(collection / "1.2.826.0.1.77.1.1.xml", (1, 1, 2, 2))
    with pytest.raises(SourceError, match="no annotation belongs to a CT slice"):
        build(collection)


def test_the_real_patient_gives_slices_with_the_tumour_in_the_box(
    real_data: Path, tmp_path: Path
) -> None:
    result = build_table(
        [("lung-pet-ct-dx", real_data / "lung-pet-ct-dx")], out=tmp_path / "slices.csv"
    )
    rows = result.table.rows
    assert len(rows) == 10 and rows["group"].nunique() == 1
    assert set(rows["histology"]) == {"adenocarcinoma"} and set(rows["age"]) == {"58"}
    more_than_sheet = []
    for path, boxes in zip(result.table.paths(), rows["boxes"], strict=True):
        top, left, bottom, right = map(int, boxes.split())
        grey = np.asarray(Image.open(path))
        assert grey.shape == (512, 512)
        inside = (grey[top:bottom, left:right] > 200).mean()
        sheet = (grey[top:bottom, 512 - right : 512 - left] > 200).mean()  # the other lung
        more_than_sheet.append(inside - sheet)
    assert np.median(more_than_sheet) > 0.3


def test_a_series_that_is_in_no_hounsfield_units_as_a_whole_is_left_out(collection: Path) -> None:
    """Each of its slices alone only lacks air, which one slice may."""
    rng = np.random.default_rng(0)
    for file in sorted((collection / "Lung_Dx-A0001").rglob("2.*/*.dcm")):
        dataset = dcmread(file)
        if "PixelData" in dataset:
            shape = (int(dataset.Rows), int(dataset.Columns))
            stored = rng.normal(1060, 8, shape) - float(dataset.RescaleIntercept) - 1024
            dataset.PixelData = stored.astype(np.int16).tobytes()
            dataset.save_as(file)
    result = build(collection)
    assert "lpcd" in result.table.rows["group"].iloc[0]
    assert any("CT slices of series that are not in Hounsfield units" in n for n in result.notes)
