"""One look at every file: its header, its grey levels, its fingerprint; a few hundred at a time."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.audit.attributes import Attribute
from hilum.audit.picture_facts import PICTURE_FACTS, measure_picture
from hilum.duplicates import Fingerprint, Prints, collect, fingerprint
from hilum.errors import HilumError, ReadError
from hilum.progress import Progress
from hilum.readers.file_facts import read_file_facts
from hilum.table import OPTIONAL_COLUMNS, REQUIRED_COLUMNS, SliceTable, read_row

__all__ = ["TableFacts", "attributes_of", "file_features", "read_facts"]

READERS = 4
"""Threads that decode: the decoders release the interpreter's lock."""
AHEAD = 256
"""Slices handed to the threads at a time: bounds the memory."""

FILE_FACTS = {
    "format": "format",
    "mode": "mode",
    "bits": "bit depth",
    "compression": "compression",
    "quality": "compression",
    "rows": "size",
    "columns": "size",
    "aspect": "size",
    "bytes": "file size",
    "bits_per_pixel": "file size",
    "turned": "orientation",
}
"""Fact of a file -> what it is a fact of."""
UNKNOWN = -1.0
"""Stands for a number that a file has not, such as the JPEG quality of a PNG."""
TEXTS = ("format", "mode", "compression")
TITLES = {"quality": "jpeg_quality", "bytes": "file_bytes", "turned": "exif_orientation"}

DESCRIBES_DISEASE = (
    "lesion", "stage", "histolog", "organism", "malignan", "diagnos", "tumour", "tumor", "nodule",
    "covid", "disease", "pathology", "exclusion",
)  # fmt: skip
"""Beginnings of columns that say what the disease is: they tell the label rightly."""
NOT_ATTRIBUTES = {
    *REQUIRED_COLUMNS, *OPTIONAL_COLUMNS, "patient_id", "study_instance_uid",
    "series_instance_uid", "sop_instance_uid", "fold", "real_label", "group_before", "article",
    "caption", "file_name", "frame",
} - {"source", "window"}  # fmt: skip
"""Columns that name a slice, a patient or a place of it, or that hold the answer."""
MOSTLY_UNIQUE = 0.5
"""A text column in which more than this share of the groups has a value of its own is a name."""


@dataclass(frozen=True)
class TableFacts:
    """What one look at every file of a table gave.

    Attributes:
        rows: one row a slice; a column for each fact of FILE_FACTS and PICTURE_FACTS.
        prints: fingerprints, for near-duplicates.
    """

    rows: pd.DataFrame
    prints: Prints


def read_facts(table: SliceTable, progress: Progress) -> TableFacts:
    """Read every slice once.

    Raises:
        ReadError: a slice can't be read; the message names table, row and file.
        StorageError: no room for the fingerprints.
    """
    numbers = {
        name: np.full(len(table), np.nan, dtype=np.float32)
        for name in (*FILE_FACTS, *PICTURE_FACTS)
        if name not in TEXTS
    }
    texts: dict[str, list[str]] = {name: [] for name in TEXTS}

    def prints() -> Iterator[Fingerprint]:
        for row, (facts, one) in enumerate(_looks(table, progress)):
            for name, values in numbers.items():
                if facts[name] is not None:
                    values[row] = facts[name]
            for name, words in texts.items():
                words.append(sys.intern(facts[name]))
            yield one

    found = collect(prints(), count=len(table))
    rows = pd.DataFrame({**{name: pd.Categorical(own) for name, own in texts.items()}, **numbers})
    return TableFacts(rows, found)


def attributes_of(
    table: SliceTable, facts: TableFacts, *, ignored: tuple[str, ...] = ()
) -> tuple[list[Attribute], dict[str, str]]:
    """Return the attributes of a table, and the columns that are none with the reason.

    Args:
        table: n slices.
        facts: of its files.
        ignored: columns that the user leaves out.
    """
    found = [
        Attribute(TITLES.get(name, name), kind, _values(facts.rows[name]))
        for name, kind in {**FILE_FACTS, **PICTURE_FACTS}.items()
    ]
    left_out = {}
    for column in table.rows.columns:
        if column in NOT_ATTRIBUTES:
            continue
        values = table.rows[column]
        if column in ignored:
            left_out[column] = "left out by --ignore"
        elif column.casefold().startswith(DESCRIBES_DISEASE):
            left_out[column] = "describes the disease"
        elif _is_name(values, table.rows["group"]):
            left_out[column] = "nearly every group has a value of its own"
        else:
            kind = column if column in ("source", "window") else "column"
            found.append(Attribute(column, kind, _values(values)))
    return [one for one in found if one.known.any()], left_out


def file_features(facts: TableFacts) -> npt.NDArray[np.float32]:
    """Return (n, features) float32 of what files tell without their pixels, for a probe."""
    numbers = facts.rows[[name for name in FILE_FACTS if name not in TEXTS]]
    texts = pd.get_dummies(facts.rows[list(TEXTS)].astype(str), dtype=np.float32)
    known = numbers.fillna(UNKNOWN).to_numpy(np.float32)
    return np.concatenate([known, texts.to_numpy(np.float32)], axis=1)


def _looks(table: SliceTable, progress: Progress) -> Iterator[tuple[dict[str, Any], Fingerprint]]:
    """Yield facts and fingerprint of each slice, in the table's order."""
    paths = table.paths()

    def look(row: int) -> tuple[dict[str, Any], Fingerprint]:
        grey = read_row(table, row).grey
        try:
            header = asdict(read_file_facts(paths[row]))
        except HilumError as error:
            raise ReadError(f"{table.cell_name(row, 'path')}: {error}") from error
        facts = {
            **header,
            "aspect": header["columns"] / max(1, header["rows"]),
            "bits_per_pixel": 8 * header["bytes"] / max(1, header["rows"] * header["columns"]),
            **measure_picture(grey),
        }
        return facts, fingerprint(grey)

    with ThreadPoolExecutor(READERS) as pool:
        for first in range(0, len(table), AHEAD):
            rows = range(first, min(first + AHEAD, len(table)))
            yield from pool.map(look, rows)
            progress.advance("reading slices", rows.stop, len(table))


def _values(values: pd.Series) -> npt.NDArray[Any]:
    """Return a column as numbers where all that is filled are numbers, else as text."""
    if pd.api.types.is_numeric_dtype(values):
        return values.to_numpy(np.float64)
    texts = values.astype(str)
    filled = texts != ""
    numbers = pd.to_numeric(texts.where(filled), errors="coerce")
    if filled.any() and np.isfinite(numbers[filled].astype(float)).all():
        return numbers.to_numpy(np.float64)
    return texts.to_numpy(dtype=object)


def _is_name(values: pd.Series, groups: pd.Series) -> bool:
    """Whether a column names groups or slices rather than describing them."""
    if not isinstance(_values(values)[0], str):
        return False
    known = values != ""
    distinct, of_groups = values[known].nunique(), groups[known].nunique()
    return bool(distinct > MOSTLY_UNIQUE * of_groups and distinct > 2)
