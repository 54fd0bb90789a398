"""Progress of long work, reported to an object that the caller chooses."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

__all__ = ["SILENT", "Prefixed", "Progress"]


class Progress(Protocol):
    """Receiver of progress."""

    def advance(self, task: str, done: int, total: int) -> None:
        """Report `done` of `total` steps of `task`; the task ends when they are equal."""

    def say(self, sentence: str) -> None:
        """Report a sentence that a user should read now."""


class _Silent:
    def __repr__(self) -> str:
        return "SILENT"

    def advance(self, task: str, done: int, total: int) -> None:
        """Show nothing."""

    def say(self, sentence: str) -> None:
        """Say nothing."""


SILENT: Progress = _Silent()
"""A receiver that ignores everything."""


class Prefixed:
    """Reports each task and sentence with a prefix, such as the fold or trial that it belongs to.

    Args:
        progress: what is reported to.
        prefix: in front, with a colon.
        omitted: first words of sentences that are not passed on, up to their colon.
    """

    def __init__(self, progress: Progress, prefix: str, *, omitted: Collection[str] = ()) -> None:
        self.progress, self.prefix, self.omitted = progress, prefix, omitted

    def advance(self, task: str, done: int, total: int) -> None:
        """Report the task with the prefix."""
        self.progress.advance(f"{self.prefix}: {task}", done, total)

    def say(self, sentence: str) -> None:
        """Report the sentence with the prefix, unless it is omitted."""
        if sentence.partition(":")[0] not in self.omitted:
            self.progress.say(f"{self.prefix}: {sentence}")
