"""Cleaning the slices of a table: annotations are filled in, and every slice is written again."""

from hilum.steps.clean.step import CLEAN_MARKS, CleanReport, clean

__all__ = ["CLEAN_MARKS", "CleanReport", "clean"]
