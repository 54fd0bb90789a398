"""The run folder: what its files are called, and reading them back."""

from hilum.run.folder import RUN_MARKS, Run, as_run, as_runs, open_run, probability_column
from hilum.run.network import KINDS
from hilum.storage.json_file import write_json

__all__ = [
    "KINDS",
    "RUN_MARKS",
    "Run",
    "as_run",
    "as_runs",
    "open_run",
    "probability_column",
    "write_json",
]
