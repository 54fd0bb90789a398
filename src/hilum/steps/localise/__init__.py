"""Localise: how well a run's maps find the lesions that its table knows, next to controls."""

from hilum.steps.localise.step import forget_localisation, localise

__all__ = ["forget_localisation", "localise"]
