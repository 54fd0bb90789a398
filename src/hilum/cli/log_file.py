"""Options before the command: how much is shown on the screen, and a log file."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TextIO

from hilum.errors import HilumError
from hilum.progress import Progress, TimeLeft, report_time_left

__all__ = ["SCREEN", "ScreenOptions", "logged"]


@dataclass(frozen=True)
class ScreenOptions:
    """Values of `--quiet`, `--verbose` and `--log-file`.

    Attributes:
        quiet: only results, notes and errors.
        verbose: a line with the time for each sentence, and one a second of progress.
        log_file: sentences, progress and errors are appended to it, with date and time.
    """

    quiet: bool = False
    verbose: bool = False
    log_file: Path | None = None


SCREEN: ContextVar[ScreenOptions] = ContextVar("screen", default=ScreenOptions())  # noqa: B039
"""The options of this call of the command line."""


@contextmanager
def logged(shown: Progress, path: Path, *, seconds: float) -> Iterator[Progress]:
    """Yield progress that is shown and also appended to a file, one line each.

    Args:
        shown: what shows it on the screen.
        path: the file; its folder is created if missing.
        seconds: between two lines of one task's progress.

    Raises:
        StorageError: the file can't be written.
    """
    from hilum.storage.atomic import as_storage_error

    with as_storage_error(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a", encoding="utf-8", errors="backslashreplace", buffering=1)
    with file:
        log = _Logged(shown, file, seconds)
        try:
            yield log
        except HilumError as error:
            log.write(f"error: {error}")
            raise
        except KeyboardInterrupt:
            log.write("stopped")
            raise


class _Logged:
    """Progress that is shown, and appended to a file."""

    def __init__(self, shown: Progress, file: TextIO, seconds: float) -> None:
        self.shown, self.file, self.seconds = shown, file, seconds
        self.last = time.monotonic()
        self.left: TimeLeft | None = None

    def write(self, line: str) -> None:
        """Append a line with date and time."""
        self.last = time.monotonic()
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        self.file.write(f"{now} {line}\n")

    def advance(self, task: str, done: int, total: int) -> None:
        """Show the progress of a task; every few seconds, and at its end, append it."""
        self.shown.advance(task, done, total)
        if done == total or time.monotonic() - self.last >= self.seconds:
            left = "" if self.left is None else f", {self.left.text()}"
            self.write(f"{task}: {done} of {total}{left}")
        self.left = None

    def time_left(self, left: TimeLeft) -> None:
        """Pass on the time left of all work, and keep it for the next line of progress."""
        report_time_left(self.shown, left)
        self.left = left

    def say(self, sentence: str) -> None:
        """Show and append a sentence."""
        self.shown.say(sentence)
        self.write(sentence)
