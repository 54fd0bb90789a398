"""Progress of long work, reported to an object that the caller chooses."""

from __future__ import annotations

from typing import Protocol

__all__ = ["SILENT", "Progress"]


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
