"""Cleaning the slices of a table: annotations found and filled in, each slice written anew."""

from hilum.steps.clean.step import CLEAN_MARKS, CleanReport, clean

__all__ = ["CLEAN_MARKS", "CleanReport", "clean"]
