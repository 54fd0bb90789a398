"""How long work tells what it is doing; who shows it is the caller's matter."""

from __future__ import annotations

from typing import Protocol

__all__ = ["SILENT", "Progress"]


class Progress(Protocol):
    """What long work reports to."""

    def advance(self, task: str, done: int, total: int) -> None:
        """`done` of `total` steps of `task` are done; a task ends when they are equal."""

    def say(self, sentence: str) -> None:
        """Something that a user should read now."""


class _Silent:
    def advance(self, task: str, done: int, total: int) -> None:
        """Show nothing."""

    def say(self, sentence: str) -> None:
        """Say nothing."""


SILENT: Progress = _Silent()
"""Reports to nobody."""
