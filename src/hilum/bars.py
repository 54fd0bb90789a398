"""Progress bars on a terminal or in a notebook, and the public functions that take one by name."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hilum.errors import UsageError
from hilum.progress import Progress, TimeLeft

if TYPE_CHECKING:
    from rich.progress import TaskID

__all__ = ["BAR", "ProgressBars", "bars_shown", "with_bar"]

BAR = "bar"
"""The name that a public function takes in place of a receiver of progress."""


@contextmanager
def bars_shown() -> Iterator[ProgressBars]:
    """Show progress bars with the remaining time on stderr while the block runs."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        TextColumn("{task.fields[left]}"),
        console=Console(stderr=True), transient=True,
    ) as bars:  # fmt: skip
        yield ProgressBars(bars)


class ProgressBars:
    """A bar per running task, with the time left of all work where it is known.

    Sentences are printed above.

    Args:
        bars: rich's progress display, started.
    """

    def __init__(self, bars: Any) -> None:
        self.bars = bars
        self.tasks: dict[str, TaskID] = {}
        self.left = ""

    def advance(self, task: str, done: int, total: int) -> None:
        """Move the task's bar; a finished task disappears."""
        if task not in self.tasks:
            self.tasks[task] = self.bars.add_task(task, total=total, left="")
        self.bars.update(self.tasks[task], completed=done, total=total, left=self.left)
        self.left = ""
        if done >= total:
            self.bars.remove_task(self.tasks.pop(task))

    def time_left(self, left: TimeLeft) -> None:
        """Show the time left of all work with the task that reports next."""
        self.left = left.text()

    def say(self, sentence: str) -> None:
        """Print above the bars."""
        self.bars.console.print(sentence, markup=False, highlight=False, soft_wrap=True)


def with_bar(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a public function that takes `progress="bar"` too, if it reports progress at all.

    Raises:
        UsageError: when it is called, `progress` is text other than "bar".
    """
    written = inspect.signature(function)
    if "progress" not in written.parameters:
        return function

    @functools.wraps(function)
    def shows_bar(*args: Any, **options: Any) -> Any:
        name: Progress | str | None = options.get("progress")
        if not isinstance(name, str):
            return function(*args, **options)
        if name != BAR:
            raise UsageError(
                f'progress must be "{BAR}" or an object with advance and say; got {name!r}.'
            )
        with bars_shown() as bars:
            return function(*args, **options | {"progress": bars})

    parameters = [
        parameter.replace(annotation=f'{parameter.annotation} | "{BAR}"')
        if parameter.name == "progress"
        else parameter
        for parameter in written.parameters.values()
    ]
    shows_bar.__signature__ = written.replace(parameters=parameters)  # type: ignore[attr-defined]
    return shows_bar
