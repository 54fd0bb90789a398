"""Slices from preprints: names, sheets, and groups that hold all of a patient."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import openpyxl
import pytest

from hilum.errors import SourceError, UsageError
from hilum.sources import build_table
from hilum.sources.covid_ct import parse_name

NO_SHEET = (
    "covid-ct: no sheet (COVID-CT-MetaInfo.xlsx) lies in the folder, so that no patient is known."
)


@pytest.mark.parametrize(
    ("stem", "article", "figure"),
    [
        ("2020.02.25.20021568-p23-108%9", "2020.02.25.20021568", "p23-108"),
        ("2020.02.28.20029025-p23-183", "2020.02.28.20029025", "p23-183"),
        ("2020.03.22.20040782-p24-1533-2", "2020.03.22.20040782", "p24-1533"),
        ("2020.02.26.20027938-p6-80_2%0", "2020.02.26.20027938", "p6-80_2"),
        ("Talaromyces_2020_International-p1-12%2", "Talaromyces_2020_International", "p1-12"),
        ("PIIS0140673620303603%0", "PIIS0140673620303603", ""),
        ("6%1", "", "6"),
        ("1332", "", ""),
        ("ncovid20", "", ""),
    ],
)
def test_a_name_tells_article_and_figure(stem: str, article: str, figure: str) -> None:
    assert parse_name(stem) == (article, figure)


def write_picture(path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    grey = cv2.resize(rng.integers(0, 256, (16, 16)).astype(np.uint8), (128, 128))
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), grey)


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    folder = tmp_path / "COVID-CT"
    covid, other = folder / "Images-processed" / "CT_COVID", folder / "CT_NonCOVID2"
    for seed, name in enumerate(["A-p1-10%0.png", "A-p1-10%1.png", "A-p2-11.png", "B-p3-4.png"]):
        write_picture(covid / name, seed)
    for seed, name in enumerate(["6%0.jpg", "6%1.jpg", "1331.png", "1332.png"], start=10):
        write_picture(other / name, 12 if name == "1332.png" else seed)
    return folder


def build(folder: Path):  # type: ignore[no-untyped-def]
    return build_table([("covid-ct", folder)], out=folder.parent / "slices.csv", force=True)


def write_sheet(path: Path, *rows: list[object]) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    book.save(path)


def test_without_a_sheet_articles_figures_and_likeness_are_the_groups(collection: Path) -> None:
    result = build(collection)
    rows = result.table.rows
    assert dict(zip(rows["slice_id"].str.rpartition("/")[2], rows["group"], strict=True)) == {
        "1331": "covid-ct/non-covid/1331",
        "1332": "covid-ct/non-covid/1331",
        "6%0": "covid-ct non-covid figure 6",
        "6%1": "covid-ct non-covid figure 6",
        "A-p1-10%0": "covid-ct article A",
        "A-p1-10%1": "covid-ct article A",
        "A-p2-11": "covid-ct article A",
        "B-p3-4": "covid-ct article B",
    }
    assert rows["label"].value_counts().to_dict() == {"covid": 4, "non-covid": 4}
    assert result.notes[:3] == (
        NO_SHEET,
        "covid-ct: for 4 of 8 slices neither patient nor article is known; those that do not look "
        "alike are groups of their own, though some may be one patient.",
        "covid-ct: 1 pair of slices is nearly one picture; of 5 groups they make 4.",
    )


def test_patients_part_an_article_whose_slices_are_all_known(collection: Path) -> None:
    write_sheet(
        collection / "COVID-CT-MetaInfo.xlsx",
        ["File name", "Patient ID", "Age", "Gender", "Location"],
        ["A-p1-10%0.png", "Patient 1", 51.0, "M", ""],
        ["A-p1-10%1", "Patient 1", None, None, None],
        ["A-p2-11.png", "Patient 2", "33", "F", ""],
        ["B-p3-4.png", "Patient 1", "", "", ""],
        ["not here.png", "Patient 3", "", "", ""],
    )
    (collection / "NonCOVID-CT-MetaInfo.csv").write_text(
        "image name,patient id\n1331.png,7\n6%0.jpg,8\n6%1.jpg,9\n", encoding="utf-8"
    )
    result = build(collection)
    rows = result.table.rows.set_index(result.table.rows["slice_id"].str.rpartition("/")[2])
    assert rows["group"].to_dict() == {
        "1331": "covid-ct non-covid patient 7",
        "1332": "covid-ct non-covid patient 7",
        "6%0": "covid-ct non-covid patient 8",
        "6%1": "covid-ct non-covid patient 9",
        "A-p1-10%0": "covid-ct covid patient Patient 1",
        "A-p1-10%1": "covid-ct covid patient Patient 1",
        "A-p2-11": "covid-ct covid patient Patient 2",
        "B-p3-4": "covid-ct covid patient Patient 1",
    }
    assert rows["sex"].to_dict()["A-p1-10%0"] == "male" and rows["age"]["A-p1-10%0"] == "51"
    assert NO_SHEET not in result.notes


def test_one_slice_without_a_patient_keeps_its_article_together(collection: Path) -> None:
    write_sheet(
        collection / "COVID-CT-MetaInfo.xlsx",
        ["", "", ""],
        ["File name", "Patient ID", "Age"],
        ["A-p1-10%0.png", "Patient 1", ""],
        ["A-p2-11.png", "Patient 2", ""],
        ["B-p3-4.png", "Patient 2", ""],
    )
    rows = build(collection).table.rows
    assert rows[rows["label"] == "covid"]["group"].nunique() == 1


def test_a_sheet_without_the_columns_is_told(collection: Path) -> None:
    write_sheet(collection / "COVID-CT-MetaInfo.xlsx", ["something", "else"])
    (collection / "NonCOVID-CT-MetaInfo.xlsx").write_bytes(b"no workbook")
    notes = build(collection).notes
    assert notes[:2] == (
        "covid-ct: COVID-CT-MetaInfo.xlsx has no columns of file name and patient.",
        "covid-ct: NonCOVID-CT-MetaInfo.xlsx has no columns of file name and patient.",
    )


def test_a_file_name_in_two_folders_of_a_class_stays_apart(collection: Path) -> None:
    write_picture(collection / "CT_NonCOVID_added" / "1331.png", 77)
    ids = set(build(collection).table.rows["slice_id"])
    assert {
        "covid-ct/non-covid/CT_NonCOVID2/1331.png",
        "covid-ct/non-covid/CT_NonCOVID_added/1331.png",
    } <= ids


def test_other_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no slice lies below a folder CT_COVID or CT_NonCOVID"):
        build_table([("covid-ct", tmp_path)], out=tmp_path / "s.csv")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UsageError, match="is not a folder"):
        build_table([("covid-ct", tmp_path / "file")], out=tmp_path / "s.csv")


def test_the_sample_has_one_pair(real_data: Path, tmp_path: Path) -> None:
    result = build_table([("covid-ct", real_data / "covid-ct")], out=tmp_path / "s.csv")
    rows = result.table.rows.set_index(result.table.rows["slice_id"].str.rpartition("/")[2])
    assert rows["label"].value_counts().to_dict() == {"non-covid": 20, "covid": 17}
    assert rows["group"]["1331"] == rows["group"]["1332"]
    assert rows["group"].nunique() == 35
