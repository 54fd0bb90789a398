"""Options of trainings that take more arguments than one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["TrainOptions"]


@dataclass(frozen=True)
class TrainOptions:
    """What `hilum.train` takes as keywords.

    Attributes:
        weights: see `hilum.learn.weights.find_weights`.
        leaky: train although groups are in more than one split; all metrics will say so.
        force: replace a run that stands at the output.
    """

    weights: Path | str | None = None
    leaky: bool = False
    force: bool = False
