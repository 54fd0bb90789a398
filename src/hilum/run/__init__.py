"""The run folder: what its files are called, and reading them back."""

from hilum.run.folder import KINDS, RUN_MARKS, Run, open_run, probability_column, write_json

__all__ = ["KINDS", "RUN_MARKS", "Run", "open_run", "probability_column", "write_json"]
