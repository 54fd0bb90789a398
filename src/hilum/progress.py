"""Progress of long work, reported to an object that the caller chooses."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    from logging import Logger

__all__ = [
    "SILENT",
    "FollowedBy",
    "OneOfSeveral",
    "Prefixed",
    "Progress",
    "ShowsTimeLeft",
    "TimeLeft",
    "report_time_left",
    "span_text",
]


class Progress(Protocol):
    """Receiver of progress."""

    def advance(self, task: str, done: int, total: int) -> None:
        """Report `done` of `total` steps of `task`; the task ends when they are equal."""

    def say(self, sentence: str) -> None:
        """Report a sentence that a user should read now."""


class TimeLeft(NamedTuple):
    """How long work goes on.

    Attributes:
        seconds: until all of it is done.
        at_most: whether it may end earlier, as by early stopping.
        forward: seconds that the network takes for one slice, by which work that follows is
            estimated.
    """

    seconds: float
    at_most: bool
    forward: float

    def text(self) -> str:
        """Return it in words: `about 12 min left in all`."""
        return f"{'at most' if self.at_most else 'about'} {span_text(self.seconds)} left in all"


@runtime_checkable
class ShowsTimeLeft(Protocol):
    """Receiver of progress that also takes the time left of all work."""

    def time_left(self, left: TimeLeft) -> None:
        """Take the time left; it holds until the next task reports without one."""


def report_time_left(progress: Progress, left: TimeLeft) -> None:
    """Report the time left of all work to a receiver that takes it, just before `advance`."""
    if isinstance(progress, ShowsTimeLeft):
        progress.time_left(left)


def span_text(seconds: float) -> str:
    """Return a time in words: `40 s`, `3 min`, `2 h 5 min`."""
    minutes = round(seconds / 60)
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


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

    def time_left(self, left: TimeLeft) -> None:
        """Report the time left as it is."""
        report_time_left(self.progress, left)


class OneOfSeveral(Prefixed):
    """Reports one of several equal pieces of work; the time left is that of all of them.

    The further ones are taken to last as long as this one lasts in all.

    Args:
        progress, prefix, omitted: see `Prefixed`.
        further: how many follow.
    """

    def __init__(
        self, progress: Progress, prefix: str, *, further: int, omitted: Collection[str] = ()
    ) -> None:
        super().__init__(progress, prefix, omitted=omitted)
        self.further, self.began = further, time.monotonic()

    def time_left(self, left: TimeLeft) -> None:
        """Report the time left of this piece and of those that follow."""
        this = time.monotonic() - self.began + left.seconds
        super().time_left(left._replace(seconds=left.seconds + self.further * this))


class FollowedBy:
    """Reports work that the network's answers for some slices follow, whose time is added.

    Args:
        progress: what is reported to.
        slices: how many forward passes follow, each of one slice.
    """

    def __init__(self, progress: Progress, slices: float) -> None:
        self.progress, self.slices = progress, slices

    def advance(self, task: str, done: int, total: int) -> None:
        """Report the task."""
        self.progress.advance(task, done, total)

    def say(self, sentence: str) -> None:
        """Report the sentence."""
        self.progress.say(sentence)

    def time_left(self, left: TimeLeft) -> None:
        """Report the time left with what follows."""
        more = self.slices * left.forward
        report_time_left(self.progress, left._replace(seconds=left.seconds + more))
