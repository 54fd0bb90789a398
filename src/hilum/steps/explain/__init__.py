"""Explain: raw maps of every slice of a split, and pictures of the most informative ones."""

from hilum.steps.explain.step import POSITIVE, PREDICTED, explain

__all__ = ["POSITIVE", "PREDICTED", "explain"]
