"""Paired comparison of classifiers on the same slices, by resampling and by classical tests."""

from hilum.scores.paired.resampling import (
    ALPHA,
    PAIRED,
    RESAMPLES,
    Best,
    Difference,
    best_network,
    holm,
    least_p,
    paired_differences,
    two_sided_p,
)

__all__ = [
    "ALPHA",
    "PAIRED",
    "RESAMPLES",
    "Best",
    "Difference",
    "best_network",
    "holm",
    "least_p",
    "paired_differences",
    "two_sided_p",
]
