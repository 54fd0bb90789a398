"""The source `ct-pneumonia`: slices cut from the figures of articles, listed in a workbook."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from zipfile import BadZipFile

import openpyxl
import pandas as pd
from openpyxl.utils.exceptions import InvalidFileException

from hilum.errors import SourceError
from hilum.sources.exclusions import exclusions_of
from hilum.sources.options import BuildOptions, Built, PictureFolder, known_source
from hilum.storage.path_text import text_of_path

__all__ = ["CT_PNEUMONIA", "parse_file_name", "read_workbook"]

CLEANED, RAW = "Pneumonia - PTS", "Pneumonia - Raw"

COLUMNS = {
    "number": "no",
    "file_name": "file name",
    "category": "category",
    "organism": "additional info",
    "sex": "sex",
    "age": "age",
    "caption": "figure caption",
    "covid": "covid",
    "cancer": "lung cancer",
}
"""Our names, and the words that head the workbook's columns (in lower case).

The two marks stand in a second header row, below "Label".
"""

NEEDED = ("number", "file_name", "category", "sex", "age")

HEADER_ROWS = 5
"""The header stands within these rows; further down a row is data."""

SEXES = {"m": "male", "f": "female"}

CLASSES = {"virus": "virus", "vk": "bacteria", "fungi": "fungi", "both": "both"}
"""The workbook's categories; VK is short for the Vietnamese word for bacteria."""

MARKED = {"covid": "covid-19", "cancer": "lung cancer"}
"""Columns of marks, and the reason that a mark other than 0 stands for (0.5: probably)."""

SUFFIXES = {".png", ".jpg", ".jpeg"}

_FIGURE = re.compile(r"(?P<article>.+?)\.stt?(?P<rest>\W*\d.*)|(?P<odd>.+?)\.stt(?P<end>.*)", re.I)
_NUMBER = re.compile(r"\W*0*(\d+)")


def parse_file_name(text: str) -> tuple[str, str]:
    """Return article (DOI) and figure of a workbook's file name.

    `10.1148/rg.2018170048.stt1a` gives (`10.1148/rg.2018170048`, `1`). All that follows the
    figure's number is taken for a panel (`2-16`, `1.26`, `1b-1`, `2Aa`), so that panels are
    never parted. Where what follows `stt` does not begin with a number it is kept whole;
    without `stt` the whole text is the article and the figure is empty.
    """
    text = " ".join(text.split()).removeprefix("https://").removeprefix("doi.org/")
    match = _FIGURE.fullmatch(text)
    if not match:
        return text, ""
    if match["odd"]:
        return match["odd"].rstrip(". "), match["end"].strip()
    number = _NUMBER.match(match["rest"])
    return match["article"].rstrip(". "), number[1] if number else match["rest"]


def read_workbook(path: Path) -> pd.DataFrame:
    """Return the rows of the collection's workbook, all text.

    Returns:
        columns number (four digits), article, figure, sex, age, organism, organism_class, and
        exclusion (reasons of EXCLUSIONS, joined by `; `).

    Raises:
        SourceError: not a workbook, or no sheet has the columns that are needed.
    """
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, OSError) as error:
        raise SourceError(f"{path.name} is not a workbook that can be read: {error}.") from None
    try:
        return pd.DataFrame(_rows_of(book, path.name), dtype=str)
    finally:
        book.close()


def _rows_of(book: openpyxl.Workbook, name: str) -> list[dict[str, str]]:
    """Return the rows of the sheet with all columns (the longest, where several have them)."""
    best: list[dict[str, str]] = []
    for sheet in book.worksheets:
        cells = [list(row) for row in sheet.iter_rows(values_only=True)]
        found = _find_header(cells)
        if found is not None:
            header, columns = found
            rows = list(_read_rows(cells[header + 1 :], columns))
            best = max(best, rows, key=len)
    if not best:
        raise SourceError(
            f"{name}: no sheet has rows under the columns "
            f"{', '.join(repr(COLUMNS[key]) for key in NEEDED)}."
        )
    return best


def _find_header(cells: Sequence[Sequence[object]]) -> tuple[int, dict[str, int]] | None:
    """Return the header's row and where each of COLUMNS stands, or None."""
    for index, row in enumerate(cells[:HEADER_ROWS]):
        columns = _places(row)
        if all(key in columns for key in NEEDED):
            below = _places(cells[index + 1]) if index + 1 < len(cells) else {}
            return index, {**below, **columns}
    return None


def _places(row: Sequence[object]) -> dict[str, int]:
    """Return where each of COLUMNS stands in a row of words."""
    words = [_text(cell).lower() for cell in row]
    return {key: words.index(word) for key, word in COLUMNS.items() if word in words}


def _read_rows(
    cells: Sequence[Sequence[object]], columns: dict[str, int]
) -> Iterator[dict[str, str]]:
    """Yield what each numbered row says; the second header row and empty rows have no number."""
    for row in cells:
        values = {key: _text(row[at]) if at < len(row) else "" for key, at in columns.items()}
        number = values["number"].removesuffix(".0")
        if not number.isdecimal():
            continue
        article, figure = parse_file_name(values["file_name"])
        yield {
            "number": f"{int(number):04d}",
            "article": article,
            "figure": figure,
            "sex": SEXES.get(values["sex"].lower(), ""),
            "age": values["age"].removesuffix(".0"),
            "organism": values.get("organism", ""),
            "organism_class": CLASSES.get(values["category"].lower(), "unknown"),
            "exclusion": "; ".join(_exclusions(values)),
        }


def _exclusions(values: dict[str, str]) -> list[str]:
    """Return why the paper would have left a row out: marked so, or by its caption's words."""
    marked = [reason for key, reason in MARKED.items() if values.get(key, "0") not in ("", "0")]
    return list(dict.fromkeys([*marked, *exclusions_of(values.get("caption", ""))]))


def _text(cell: object) -> str:
    """Return a cell as text with single spaces; an empty cell as empty text."""
    return "" if cell is None else " ".join(str(cell).split())


def build(path: Path, pictures: PictureFolder, options: BuildOptions) -> Built:
    """Return a row for each slice that the workbook lists and whose file is there.

    Raises:
        SourceError: the folder has no workbook, not the expected sub-folder, or no listed file.
    """
    in_book = read_workbook(_find_workbook(path))
    kind = RAW if options.raw else CLEANED
    files = _find_files(path, kind)
    listed_here = in_book[in_book["number"].isin(files)].reset_index(drop=True)
    if listed_here.empty:
        raise SourceError(f"{path}: none of the files in {kind!r} is listed in the workbook.")
    return Built(_rows(listed_here, files), tuple(_notes(in_book, files, kind)))


def listed(path: Path) -> pd.DataFrame:
    """Return a row for each slice that the workbook lists; `path` is empty.

    Raises:
        SourceError: the folder has no workbook, or it can't be read.
    """
    return _rows(read_workbook(_find_workbook(path)), {})


def _rows(listed: pd.DataFrame, files: dict[str, str]) -> pd.DataFrame:
    """Return the table's rows of rows of the workbook."""
    number = listed["number"]
    article = listed["article"].where(listed["article"] != "", "unknown-" + number)
    figure = listed["figure"]
    return pd.DataFrame(
        {
            "slice_id": "ctp-" + number,
            "path": [files.get(one, "") for one in number],
            "label": "pneumonia",
            "group": [f"{a} figure {f}" if f else a for a, f in zip(article, figure, strict=True)],
            "source": "ct-pneumonia",
        }
    ).join(listed[["sex", "age", "organism", "organism_class", "article", "figure", "exclusion"]])


def _notes(listed: pd.DataFrame, files: dict[str, str], kind: str) -> Iterator[str]:
    """Say what the workbook lists and the folder lacks, and the other way round."""
    missing = int((~listed["number"].isin(files)).sum())
    if missing:
        yield (
            f"ct-pneumonia: {missing} of the {len(listed)} slices listed in the workbook "
            f"have no file in {kind!r} here."
        )
    unlisted = len(set(files) - set(listed["number"]))
    if unlisted:
        yield f"ct-pneumonia: {unlisted} files in {kind!r} are not listed in the workbook."


def _find_workbook(path: Path) -> Path:
    books = sorted(p for p in path.glob("*.xlsx") if not p.name.startswith(("~", ".")))
    if not books:
        raise SourceError(
            f"{path} is not laid out as ct-pneumonia: no workbook (*.xlsx) lies in it."
        )
    return next((book for book in books if "metadata" in book.name.lower()), books[0])


def _find_files(path: Path, kind: str) -> dict[str, str]:
    """Return the pictures of one kind: number (four digits) to absolute path."""
    if not (path / kind).is_dir():
        raise SourceError(f"{path} is not laid out as ct-pneumonia: it has no folder {kind!r}.")
    files: dict[str, str] = {}
    for file in sorted((path / kind).resolve().rglob("*")):
        if file.suffix.lower() in SUFFIXES and file.stem.isdecimal():
            files.setdefault(f"{int(file.stem):04d}", text_of_path(file))
    return files


CT_PNEUMONIA = known_source("ct-pneumonia", build, listed)
