"""The time left of a training, estimated from its own steps and epochs."""

from __future__ import annotations

import time

from hilum.progress import TimeLeft
from hilum.recipe import Recipe

__all__ = ["TrainingClock"]

VALIDATION_SHARE = 1 / 3
"""Of a step's time that a forward pass takes, as long as no validation was measured: the backward
pass takes about twice as long."""


class TrainingClock:
    """Estimates how long all epochs of the recipe take; early stopping may end them before.

    Epochs that follow are taken to last as long as the present one. The first ones of a network
    whose frozen part runs once are the slowest, so that the estimate falls when they are over.

    Args:
        recipe: its epochs, batch size and patience.
        steps: of an epoch.
        validation: slices that are validated on, in this process.
        frozen_seconds: of one slice in a frozen part that later epochs don't run.
    """

    def __init__(
        self, recipe: Recipe, *, steps: int, validation: int, frozen_seconds: float
    ) -> None:
        self.settings, self.steps = recipe.training, steps
        self.validation, self.frozen_seconds = validation, frozen_seconds
        self.began = time.perf_counter()
        self.step_seconds = 0.0
        self.validated: float | None = None

    def begin_epoch(self) -> None:
        """Note that the first step of an epoch begins."""
        self.began = time.perf_counter()

    def after_step(self, epoch: int, step: int) -> TimeLeft:
        """Return the time left after a step.

        Args:
            epoch: epochs that are done.
            step: steps of this epoch that are done, at least 1.
        """
        self.step_seconds = (time.perf_counter() - self.began) / step
        rest = (self.steps - step) * self.step_seconds + self._validation_seconds()
        return self._left(rest, epoch)

    def after_validation(self, epoch: int, seconds: float) -> TimeLeft:
        """Return the time left after a whole epoch, of which validation took so long."""
        self.validated = seconds
        return self._left(0.0, epoch)

    def _left(self, rest: float, epoch: int) -> TimeLeft:
        """Return the rest of this epoch with the epochs that may follow it."""
        each = self.steps * self.step_seconds + self._validation_seconds()
        further = max(0, self.settings.epochs - epoch - 1)
        forward = self._validation_seconds() / max(1, self.validation) + self.frozen_seconds
        return TimeLeft(rest + further * each, self.settings.patience > 0, forward)

    def _validation_seconds(self) -> float:
        if self.validated is not None:
            return self.validated
        slice_seconds = self.step_seconds / self.settings.batch_size
        return VALIDATION_SHARE * slice_seconds * self.validation
