"""Progress: a bar on a terminal, plain lines in a log."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import typer

from hilum.bars import bars_shown
from hilum.cli.log_file import SCREEN, logged
from hilum.processes import is_first_process
from hilum.progress import SILENT, Progress, TimeLeft

__all__ = [
    "HEADLINE",
    "metric_text",
    "next_step",
    "number_of",
    "print_json",
    "progress_shown",
    "resume_hint",
]

HEADLINE = ("accuracy", "precision", "recall", "specificity", "f1", "auc")
"""Metrics that are printed; metrics.json and the report have more."""

SECONDS_BETWEEN_LINES = 10.0
"""Interval of progress lines in a log."""
SECONDS_BETWEEN_TIMES = 30.0
"""Interval at which the time left is printed even where sentences come more often."""
VERBOSE_SECONDS = 1.0
"""The same with --verbose."""


@contextmanager
def progress_shown() -> Iterator[Progress]:
    """Yield the receiver of progress: bars on a terminal, lines elsewhere, both on stderr.

    `--quiet`, `--verbose` and `--log-file` before the command change that, see `ScreenOptions`.
    Of several processes only the first shows anything.
    """
    options = SCREEN.get()
    if not is_first_process():
        yield SILENT
        return
    with ExitStack() as stack:
        shown: Progress = SILENT if options.quiet else _InLog(verbose=options.verbose)
        if sys.stderr.isatty() and not (options.quiet or options.verbose):
            shown = stack.enter_context(bars_shown())
        if options.log_file is not None:
            wrapped = logged(shown, options.log_file, seconds=SECONDS_BETWEEN_LINES)
            shown = stack.enter_context(wrapped)
        yield shown


@contextmanager
def resume_hint(folder: Path, *options: str) -> Iterator[None]:
    """Print how to resume the training in `folder` when the block is stopped or the disk refuses.

    Args:
        folder: the run folder; nothing is printed unless a training has started in it.
        options: further options of the command.
    """
    from hilum.errors import StorageError

    try:
        yield
    except (KeyboardInterrupt, StorageError):
        if is_first_process() and _is_unfinished(folder):
            command = shlex.join(["hilum", "train", "--resume", str(folder), *options])
            typer.echo(f"Resume with: {command}", err=True)
        raise


def _is_unfinished(folder: Path) -> bool:
    """Whether a training was started in `folder` and is not finished."""
    from hilum.run import Run

    run = Run(folder)
    return run.checkpoint.is_dir() or (run.recipe_file.is_file() and not run.finished)


def next_step(*words: object) -> str:
    """Return the sentence with the command that comes next, its words quoted as a shell does."""
    return f"Next: hilum {shlex.join(map(str, words))}"


def number_of(count: int, noun: str) -> str:
    """Return a count with its noun, in the plural where it is due."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def metric_text(metric: dict[str, Any]) -> str:
    """Return value and interval as text, or why there is none."""
    from hilum.scores.interval_text import interval_text

    return interval_text(metric, undefined=f"undefined ({metric.get('note')})")


def print_json(content: object) -> None:
    """Print `content` as JSON for a program to read; in ASCII unless stdout is UTF-8."""
    import json

    is_utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    text = json.dumps(content, indent=1, ensure_ascii=not is_utf8)
    typer.echo(text.encode("utf-8", "backslashreplace").decode())


class _InLog:
    """Lines on stderr; with `verbose` more of them, each with the time of the day."""

    def __init__(self, *, verbose: bool) -> None:
        self.last = self.last_left = time.monotonic()
        self.seconds = VERBOSE_SECONDS if verbose else SECONDS_BETWEEN_LINES
        self.verbose = verbose
        self.left: TimeLeft | None = None

    def advance(self, task: str, done: int, total: int) -> None:
        """Print the progress of the task every few seconds, with the time left of all work."""
        now, left = time.monotonic(), self.left
        self.left = None
        due = left is not None and now - self.last_left >= SECONDS_BETWEEN_TIMES
        if due or now - self.last >= self.seconds:
            self.last_left = now
            self.say(f"{task}: {done} of {total}{'' if left is None else f', {left.text()}'}")

    def time_left(self, left: TimeLeft) -> None:
        """Keep the time left for the next line of progress."""
        self.left = left

    def say(self, sentence: str) -> None:
        """Print a line."""
        self.last = time.monotonic()
        clock = f"{time.strftime('%H:%M:%S')} " if self.verbose else ""
        typer.echo(f"{clock}{sentence}", err=True)
