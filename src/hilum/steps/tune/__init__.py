"""Tune: many short trainings of one recipe, its knobs turned; the best becomes a recipe file."""

from hilum.steps.tune.step import Tuned, tune

__all__ = ["Tuned", "tune"]
