"""The slice table: one row per slice; its columns and rules, reading and writing.

Rows are counted as a spreadsheet counts them: the header is row 1, and a blank line is a row.
"""

from hilum.table.csv_file import escape_formula, read_csv, write_csv
from hilum.table.schema import NORMAL, OPTIONAL_COLUMNS, REQUIRED_COLUMNS, SPLITS, check_rows
from hilum.table.slice_table import (
    SliceTable,
    as_table,
    read_row,
    read_table,
    refuse_own_slices,
    refuse_slice_as_output,
    relative_to,
    write_table,
)

__all__ = [
    "NORMAL",
    "OPTIONAL_COLUMNS",
    "REQUIRED_COLUMNS",
    "SPLITS",
    "SliceTable",
    "as_table",
    "check_rows",
    "escape_formula",
    "read_csv",
    "read_row",
    "read_table",
    "refuse_own_slices",
    "refuse_slice_as_output",
    "relative_to",
    "write_csv",
    "write_table",
]
