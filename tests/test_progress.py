"""What long work reports to."""

from __future__ import annotations

from hilum.progress import Prefixed


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
