"""A network that calls bright slices cancer, and a log of sentences."""

from __future__ import annotations

from typing import Any

import numpy as np

from hilum.progress import SILENT

PART = 10


class Log:
    """Keeps the sentences."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def advance(self, task: str, done: int, total: int) -> None:
        SILENT.advance(task, done, total)

    def say(self, sentence: str) -> None:
        self.sentences.append(sentence)


class Brightness:
    """Calls bright slices cancer; may be killed after some batches."""

    size = 32

    def __init__(self) -> None:
        self.slices, self.batches_left = 0, 10**9

    def logits(self, grey: Any) -> Any:
        if self.batches_left == 0:
            raise KeyboardInterrupt
        self.batches_left -= 1
        self.slices += len(grey)
        mean = grey.mean(axis=(1, 2)).astype(np.float32) / 64
        return np.stack([mean - 2, 2 - mean], axis=1)
