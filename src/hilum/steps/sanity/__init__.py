"""Sanity: does a run's map mean anything? Layers made random, other networks, pixels removed."""

from hilum.steps.sanity.step import SanityOptions, sanity

__all__ = ["SanityOptions", "sanity"]
