"""Describing a cohort: a slice table, or everything that a collection's own list names."""

from hilum.steps.describe.step import DESCRIBED_MARKS, describe, describe_listed

__all__ = ["DESCRIBED_MARKS", "describe", "describe_listed"]
