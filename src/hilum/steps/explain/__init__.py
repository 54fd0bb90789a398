"""Explain: maps of every slice of a split, raw, and pictures of the telling ones."""

from hilum.steps.explain.step import POSITIVE, PREDICTED, explain

__all__ = ["POSITIVE", "PREDICTED", "explain"]
