"""Progress of long work, reported to an object that the caller chooses."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from logging import Logger

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
        """Log the end of a task."""
        if done >= total:
            _logger().debug("%s: %d of %d", task, done, total)

    def say(self, sentence: str) -> None:
        """Log the sentence."""
        _logger().info("%s", sentence)


SILENT: Progress = _Silent()
"""Shows nothing; the logger `hilum` gets sentences (INFO) and ends of tasks (DEBUG)."""


def _logger() -> Logger:
    """Return the library's logger, which shows nothing unless the program sets up logging."""
    from logging import NullHandler, getLogger  # 5 ms of `hilum --help`, which reports nothing

    logger = getLogger("hilum")
    if not logger.handlers:
        logger.addHandler(NullHandler())
    return logger


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
