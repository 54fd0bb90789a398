"""The clinical sheet: stage, grade, sex, age, weight and smoking of each patient."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from zipfile import BadZipFile

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

__all__ = ["HISTOLOGIES", "patient_key", "read_clinical"]

HISTOLOGIES = {
    "A": "adenocarcinoma",
    "B": "small cell carcinoma",
    "E": "large cell carcinoma",
    "G": "squamous cell carcinoma",
}
"""What the letter of a patient's name stands for, by the collection's own page."""

COLUMNS = {
    "key": "newpatientid",
    "sex": "sex",
    "age": "age",
    "weight": "weight(kg)",
    "stage_t": "t-stage",
    "stage_n": "n-stage",
    "stage_m": "m-stage",
    "grade": "histopathologicalgrading",
    "smoking": "smokinghistory",
}
"""Our names, and the words that head the columns of statistics-clinical-20201221.xlsx: in lower
case, without spaces, and in plain letters (the M of its `M-Stage` is a full-width one)."""

NEEDED = ("key", "stage_t")

HEADER_ROWS = 5
"""The header stands within these rows; further down a row is data."""

SEXES = {"m": "male", "f": "female"}
SMOKING = {"0": "no", "1": "yes"}

_KEY = re.compile(r"([A-Z])-?(\d{1,5})$")


def patient_key(text: str) -> str:
    """Return letter and number (`A0001`) of a patient's name in any of its spellings, else ""."""
    match = _KEY.search(_plain(text).upper())
    return f"{match[1]}{int(match[2]):04d}" if match else ""


def read_clinical(path: Path) -> dict[str, dict[str, str]] | None:
    """Return what the sheet says of each patient, by `patient_key`; None where it is none.

    Every value is text: stages as they stand (`1c`, `is`), smoking `yes` or `no`, sex `male` or
    `female`, weight in kg, age in years; empty where not known.
    """
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, OSError, ValueError):
        return None
    try:
        for sheet in book.worksheets:
            cells = [list(row) for row in sheet.iter_rows(values_only=True)]
            for index, row in enumerate(cells[:HEADER_ROWS]):
                columns = _columns(row)
                if all(name in columns for name in NEEDED):
                    return dict(_patients(cells[index + 1 :], columns))
    finally:
        book.close()
    return None


def _columns(row: Sequence[object]) -> dict[str, int]:
    """Return where each of COLUMNS stands in a header row."""
    words = [_plain(cell).lower().replace(" ", "") for cell in row]
    return {name: words.index(word) for name, word in COLUMNS.items() if word in words}


def _patients(
    cells: Sequence[Sequence[object]], columns: dict[str, int]
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield key and values of each row that names a patient."""
    for row in cells:
        values = {name: _plain(row[at]) if at < len(row) else "" for name, at in columns.items()}
        key = patient_key(values.pop("key"))
        if not key:
            continue
        values["sex"] = SEXES.get(values.get("sex", "").lower(), "")
        values["smoking"] = SMOKING.get(values.get("smoking", ""), values.get("smoking", ""))
        values["grade"] = values.get("grade", "").replace(" ", "")
        yield key, values


def _plain(cell: object) -> str:
    """Return a cell as text in plain letters with single spaces; whole numbers without `.0`."""
    text = "" if cell is None else " ".join(unicodedata.normalize("NFKC", str(cell)).split())
    return text.removesuffix(".0")
