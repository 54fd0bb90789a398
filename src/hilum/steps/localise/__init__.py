"""Localise: how well a run's maps find annotated lesions, compared with controls."""

from hilum.steps.localise.step import localise

__all__ = ["localise"]
