"""Sheets of COVID-CT: columns by any of their headings, files by name with or without suffix."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from hilum.sources.covid_ct_sheet import read_sheets


def write_book(path: Path, *rows: list[object]) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    book.save(path)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Two files of each class; `same.png` is in both."""
    names = ("CT_COVID/A.png", "CT_COVID/same.png", "CT_NonCOVID/9.jpg", "CT_NonCOVID/same.png")
    return [tmp_path / name for name in names]


def test_each_sheet_is_for_the_slices_of_its_class(tmp_path: Path, files: list[Path]) -> None:
    write_book(
        tmp_path / "COVID-CT-MetaInfo.xlsx",
        ["Image  Name", "Patient", "SEX", "Age", "DOI", "more"],
        ["a", 1.0, "f", 51.0, "10.1/x", "?"],
        ["SAME.png", "Patient  2", "unknown"],
    )
    (tmp_path / "NonCOVID-CT-MetaInfo.csv").write_text(
        "\ufeffimage,patient id,gender\n9.jpg,7,Male\n", encoding="utf-8"
    )
    known, notes = read_sheets(tmp_path, files)
    assert known == {
        files[0]: {"patient_id": "1", "sex": "female", "age": "51", "doi": "10.1/x"},
        files[1]: {"patient_id": "Patient 2", "sex": "", "age": "", "doi": ""},
        files[2]: {"patient_id": "7", "sex": "male"},
    }
    assert notes == []


def test_a_header_further_down_than_five_rows_is_none(tmp_path: Path, files: list[Path]) -> None:
    for above, found in ((4, 1), (5, 0)):
        rows: list[list[object]] = [["title"]] * above
        write_book(tmp_path / "COVID-CT-MetaInfo.xlsx", *rows, ["image", "patient"], ["A", 1])
        known, notes = read_sheets(tmp_path, files)
        assert (len(known), len(notes)) == (found, 1 - found)


def test_sheets_that_say_nothing_are_named(tmp_path: Path, files: list[Path]) -> None:
    (tmp_path / "COVID-CT-MetaInfo.xlsx").write_bytes(b"no workbook")
    (tmp_path / "~COVID-CT-MetaInfo.xlsx").write_bytes(b"a lock file of an office program")
    assert read_sheets(tmp_path, files) == (
        {},
        ["covid-ct: COVID-CT-MetaInfo.xlsx has no columns of file name and patient."],
    )


def test_a_folder_without_sheets_is_told_once(tmp_path: Path, files: list[Path]) -> None:
    assert read_sheets(tmp_path, files) == (
        {},
        [
            "covid-ct: no sheet (COVID-CT-MetaInfo.xlsx) lies in the folder, so that no patient "
            "is known."
        ],
    )
