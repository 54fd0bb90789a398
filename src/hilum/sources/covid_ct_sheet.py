"""The sheets of COVID-CT: which patient a slice is of, where they say so."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from zipfile import BadZipFile

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

__all__ = ["read_sheets"]

COLUMNS = {
    "file": ("file name", "image name", "image file name", "image"),
    "patient_id": ("patient id", "patient"),
    "sex": ("gender", "sex"),
    "age": ("age",),
    "doi": ("doi",),
}
"""Our names, and the words that head the columns, in lower case. Both sheets differ in them, and
so do the versions of each."""

NEEDED = ("file", "patient_id")

SEXES = {"m": "male", "male": "male", "f": "female", "female": "female"}

HEADER_ROWS = 5
"""The header stands within these rows."""

Facts = dict[str, str]


def read_sheets(path: Path, files: Sequence[Path]) -> tuple[dict[Path, Facts], list[str]]:
    """Return what the sheets below `path` say of each file, and notes.

    A sheet with `NonCOVID` in its name is for the slices of CT_NonCOVID, another for those of
    CT_COVID; a file is found by its name, with or without suffix.
    """
    sheets = sorted(
        file
        for file in (*path.rglob("*.xlsx"), *path.rglob("*.csv"))
        if "metainfo" in file.name.lower() and not file.name.startswith((".", "~"))
    )
    known: dict[Path, Facts] = {}
    notes = []
    for sheet in sheets:
        cells = _cells(sheet)
        facts = dict(_facts(cells)) if cells is not None else {}
        if not facts:
            notes.append(f"covid-ct: {sheet.name} has no columns of file name and patient.")
        other = "noncovid" in sheet.name.lower()
        for file in files:
            if ("noncovid" in file.parent.name.lower()) == other:
                found = facts.get(file.name.lower()) or facts.get(file.stem.lower())
                if found:
                    known.setdefault(file, found)
    if not sheets:
        notes.append(
            "covid-ct: no sheet (COVID-CT-MetaInfo.xlsx) lies in the folder, so that no patient "
            "is known."
        )
    return known, notes


def _cells(sheet: Path) -> list[list[object]] | None:
    """Return all cells of a sheet, or None where it can't be read."""
    try:
        if sheet.suffix.lower() == ".csv":
            text = sheet.read_text(encoding="utf-8-sig", errors="replace")
            return [list(row) for row in csv.reader(text.splitlines())]
        book = openpyxl.load_workbook(sheet, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, OSError, ValueError, csv.Error):
        return None
    try:
        return [list(row) for part in book.worksheets for row in part.iter_rows(values_only=True)]
    finally:
        book.close()


def _facts(cells: Sequence[Sequence[object]]) -> Iterator[tuple[str, Facts]]:
    """Yield file name (in lower case) and facts of each row that names a file."""
    columns: dict[str, int] = {}
    for number, row in enumerate(cells):
        texts = [_text(cell) for cell in row]
        if not columns and number < HEADER_ROWS:
            columns = _columns([word.lower() for word in texts])
            continue
        values = {name: texts[at] if at < len(texts) else "" for name, at in columns.items()}
        file = values.pop("file", "").lower()
        if file:
            values["sex"] = SEXES.get(values.get("sex", "").lower(), "")
            yield file, values


def _columns(words: Sequence[str]) -> dict[str, int]:
    """Return where each of COLUMNS stands, or nothing where a needed one is missing."""
    found = {
        name: next(words.index(word) for word in known if word in words)
        for name, known in COLUMNS.items()
        if any(word in words for word in known)
    }
    return found if all(name in found for name in NEEDED) else {}


def _text(cell: object) -> str:
    """Return a cell as text with single spaces; whole numbers without `.0`."""
    return "" if cell is None else " ".join(str(cell).split()).removesuffix(".0")
