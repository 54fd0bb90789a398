"""Sanity: do a run's maps mean anything? Randomised layers, other networks, removed pixels."""

from hilum.steps.sanity.step import SanityOptions, sanity

__all__ = ["SanityOptions", "sanity"]
