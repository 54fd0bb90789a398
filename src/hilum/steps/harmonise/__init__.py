"""Harmonising the slices of a table: cut to the lungs, at fixed grey levels, written again."""

from hilum.steps.harmonise.step import HARMONISE_MARKS, HarmoniseReport, harmonise_table

__all__ = ["HARMONISE_MARKS", "HarmoniseReport", "harmonise_table"]
