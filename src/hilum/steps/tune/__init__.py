"""Tune: short trainings of one recipe with other hyperparameters; the best becomes a recipe."""

from hilum.steps.tune.step import Tuned, tune

__all__ = ["Tuned", "tune"]
