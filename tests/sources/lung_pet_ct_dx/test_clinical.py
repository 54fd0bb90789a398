"""The clinical sheet: names in any spelling, values as plain text."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from hilum.sources.lung_pet_ct_dx.clinical import patient_key, read_clinical

HEADER = [
    "No.", "NewPatientID", "Sex", "Age", "weight (kg)", "T-Stage", "N-Stage", "\uff2d-Stage",
    "Histopathological grading", "Smoking History",
]  # fmt: skip


def write_book(path: Path, *rows: list[object]) -> Path:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("A0001", "A0001"), ("Lung_Dx-A0001", "A0001"), ("g12", "G0012"), (" B-3 ", "B0003"),
        ("\uff25\uff10\uff10\uff10\uff12", "E0002"), ("A00001", "A0001"), ("A12345", "A12345"),
        ("", ""), ("A", ""), ("0001", ""), ("A0001x", ""),
    ],
)  # fmt: skip
def test_a_name_has_one_key_in_all_its_spellings(name: str, key: str) -> None:
    assert patient_key(name) == key


def test_values_are_plain_text_and_missing_ones_empty(tmp_path: Path) -> None:
    path = write_book(
        tmp_path / "sheet.xlsx",
        ["Clinical data"],
        HEADER,
        [1, "A0001", "F", 61.0, 72.5, "1c", 0, 1, " G2 -3", 1],
        [2, "Lung_Dx-B0002", "?", None, None, "is", None, "1a", None, 2],
        [3, "nobody", "M", 50, 70, "2", 0, 0, "", 0],
    )
    assert read_clinical(path) == {
        "A0001": {
            "sex": "female", "age": "61", "weight": "72.5", "stage_t": "1c", "stage_n": "0",
            "stage_m": "1", "grade": "G2-3", "smoking": "yes",
        },
        "B0002": {
            "sex": "", "age": "", "weight": "", "stage_t": "is", "stage_n": "", "stage_m": "1a",
            "grade": "", "smoking": "2",
        },
    }  # fmt: skip


def test_a_sheet_of_the_needed_columns_alone_is_read(tmp_path: Path) -> None:
    path = write_book(tmp_path / "sheet.xlsx", ["NewPatientID", "T-Stage"], ["G7", "4"])
    assert read_clinical(path) == {
        "G0007": {"stage_t": "4", "sex": "", "smoking": "", "grade": ""},
    }


def test_other_files_are_no_clinical_sheet(tmp_path: Path) -> None:
    assert read_clinical(write_book(tmp_path / "other.xlsx", ["NewPatientID", "Age"])) is None
    late: list[list[object]] = [["title"]] * 5
    assert read_clinical(write_book(tmp_path / "late.xlsx", *late, HEADER)) is None
    (tmp_path / "broken.xlsx").write_bytes(b"no workbook")
    assert read_clinical(tmp_path / "broken.xlsx") is None
    assert read_clinical(tmp_path / "missing.xlsx") is None
