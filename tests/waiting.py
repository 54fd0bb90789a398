"""Waiting for what another process does."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from typing import Any

__all__ = ["wait_until"]

LATE = 1.0
"""Seconds that count between two looks at most: the clock goes on where a shared machine stands
still, and neither a test nor what it waits for can do anything about that."""


def wait_until(
    condition: Callable[[], object], seconds: float, *, every: float = 0.02, what: str = "",
    process: subprocess.Popen[Any] | None = None,
) -> None:  # fmt: skip
    """Look until a condition holds; fail if it doesn't within the seconds.

    Args:
        condition: whether it is there.
        seconds: that it may take.
        every: seconds between two looks.
        what: is waited for, for the message.
        process: that must not end before.
    """
    left, last = seconds, time.monotonic()
    while not condition():
        assert process is None or process.poll() is None, f"the process ended before: {what}"
        assert left > 0, f"not in {seconds:g} s: {what}"
        time.sleep(every)
        now = time.monotonic()
        left, last = left - min(now - last, LATE), now
