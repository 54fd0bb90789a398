"""Evaluate: a run in, predictions.csv and metrics.json out."""

from hilum.steps.evaluate.step import evaluate

__all__ = ["evaluate"]
