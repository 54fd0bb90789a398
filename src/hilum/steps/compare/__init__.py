"""Compare: evaluated runs in, one folder out: tables, paired differences, figures, a page."""

from hilum.steps.compare.step import compare

__all__ = ["compare"]
