"""The source `table`: rows of an existing slices.csv, with all columns."""

from __future__ import annotations

from pathlib import Path

from hilum.errors import UsageError
from hilum.sources.options import BuildOptions, Built, PictureFolder, known_source
from hilum.storage.path_text import text_of_path
from hilum.table import read_table

__all__ = ["TABLE"]


def build(path: Path, pictures: PictureFolder, options: BuildOptions) -> Built:
    """Return the rows of the slice table at `path`.

    Raises:
        UsageError: `path` is not a file.
        TableError: the table breaks its schema.
    """
    if not path.is_file():
        raise UsageError(f"source table: {path} is not a file; give the path of a slices.csv.")
    table = read_table(path)
    rows, folder = table.rows.copy(), text_of_path(table.folder.resolve())
    for column in ("path", "mask"):
        rows[column] = [f"{folder}/{text}" if text else "" for text in rows[column]]
    return Built(rows)


TABLE = known_source("table", build)
