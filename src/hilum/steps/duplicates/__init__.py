"""Near-duplicates in slice tables: found, counted by what they cross, and joined into groups."""

from hilum.steps.duplicates.step import DuplicateReport, find_duplicates

__all__ = ["DuplicateReport", "find_duplicates"]
