"""The time left of a training: all epochs, the validation in each, and what follows."""

from __future__ import annotations

import pytest

from hilum.learn.timing import clock as module
from hilum.learn.timing.clock import TrainingClock
from hilum.progress import TimeLeft
from hilum.recipe import load_recipe


class Clock:
    """A clock that tests set."""

    now = 100.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def make(patience: int = 0, frozen_seconds: float = 0.0) -> TrainingClock:
    changes = ("training.epochs=10", "training.batch_size=8", f"training.patience={patience}")
    recipe = load_recipe("phantom", changes)
    return TrainingClock(recipe, steps=20, validation=16, frozen_seconds=frozen_seconds)


def test_after_a_step_all_epochs_with_their_validation_are_left(clock: Clock) -> None:
    training = make()
    training.begin_epoch()
    clock.now += 10.0  # 5 steps of 2 s
    left = training.after_step(0, 5)
    # a step takes 2 s for 8 slices; a third of that for a slice of validation: 16 take 4/3 s
    assert left.seconds == pytest.approx(15 * 2 + 4 / 3 + 9 * (20 * 2 + 4 / 3))
    assert left.at_most is False
    assert left.forward == pytest.approx(2 / 8 / 3)


def test_a_measured_validation_counts_and_early_stopping_makes_it_an_upper_bound(
    clock: Clock,
) -> None:
    training = make(patience=3, frozen_seconds=0.5)
    training.begin_epoch()
    clock.now += 40.0
    training.after_step(3, 20)
    left = training.after_validation(3, 8.0)
    assert left.seconds == pytest.approx(6 * (40 + 8))
    assert left.at_most is True
    assert left.forward == pytest.approx(8 / 16 + 0.5)
    training.begin_epoch()
    clock.now += 1.0
    assert training.after_step(9, 1).seconds == pytest.approx(19 * 1 + 8)


def test_the_time_left_reads_as_words() -> None:
    assert TimeLeft(40, False, 0).text() == "about 40 s left in all"
    assert TimeLeft(720, True, 0).text() == "at most 12 min left in all"
    assert TimeLeft(7500, False, 0).text() == "about 2 h 5 min left in all"
