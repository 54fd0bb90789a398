"""What long work reports to."""

from __future__ import annotations

import pytest

from hilum import progress as module
from hilum.progress import (
    SILENT,
    FollowedBy,
    OneOfSeveral,
    Prefixed,
    TimeLeft,
    report_time_left,
)


class Recorder:
    def __init__(self) -> None:
        self.heard: list[str] = []

    def advance(self, task: str, done: int, total: int) -> None:
        self.heard.append(f"{task} {done}/{total}")

    def say(self, sentence: str) -> None:
        self.heard.append(sentence)


def test_tasks_and_sentences_get_the_prefix_and_some_are_omitted() -> None:
    heard = Recorder()
    progress = Prefixed(heard, "fold 2 of 5", omitted=("Design",))
    progress.advance("training", 1, 3)
    progress.say("Design: clear.")
    progress.say("Weights: random.")
    assert heard.heard == ["fold 2 of 5: training 1/3", "fold 2 of 5: Weights: random."]


class TimedRecorder(Recorder):
    def time_left(self, left: TimeLeft) -> None:
        self.heard.append(f"{left.seconds:g} s left")


def test_the_time_left_of_one_of_several_counts_the_others_and_what_follows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Clock:
        now = 50.0

        def monotonic(self) -> float:
            return self.now

    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    heard = TimedRecorder()
    second_of_four = OneOfSeveral(FollowedBy(heard, 200), "fold 2 of 4", further=2)
    clock.now += 30  # of the fold; 70 s are left of it, so that each fold takes 100 s
    report_time_left(second_of_four, TimeLeft(70, False, 0.1))
    second_of_four.advance("epoch 1 of 3", 1, 2)
    report_time_left(Prefixed(heard, "x"), TimeLeft(5, True, 0.0))
    assert heard.heard == ["290 s left", "fold 2 of 4: epoch 1 of 3 1/2", "5 s left"]


def test_a_receiver_without_a_method_for_it_gets_none() -> None:
    heard = Recorder()
    report_time_left(heard, TimeLeft(5, True, 0.0))
    report_time_left(Prefixed(heard, "x"), TimeLeft(5, True, 0.0))
    report_time_left(SILENT, TimeLeft(5, True, 0.0))
    assert heard.heard == []
