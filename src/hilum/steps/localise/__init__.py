"""Localise: how well a run's maps find the lesions that its table knows, next to controls."""

from hilum.steps.localise.step import localise

__all__ = ["localise"]
