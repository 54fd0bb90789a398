"""This process among those that a launcher started: which one it is, and its share of cores."""

from __future__ import annotations

import os

__all__ = ["is_first_process", "rank_and_count", "share_of_cores"]


def rank_and_count() -> tuple[int, int]:
    """Return the number of this process, from 0, and of how many it is one; alone: (0, 1).

    Launchers such as torchrun and `accelerate launch` set RANK and WORLD_SIZE.
    """
    count = max(1, _number("WORLD_SIZE"))
    return min(_number("RANK"), count - 1), count


def is_first_process() -> bool:
    """Whether this process speaks and writes for all: the only one, or the first of several."""
    return rank_and_count()[0] == 0


def share_of_cores() -> int:
    """Return the threads that a network of this process should compute on, at least 1.

    OMP_NUM_THREADS where it is set; else the cores that the system gives this process, shared
    among the processes that a launcher started on this machine (LOCAL_WORLD_SIZE).
    """
    if threads := _number("OMP_NUM_THREADS"):
        return threads
    able = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, able // (_number("LOCAL_WORLD_SIZE") or 1))


def _number(variable: str) -> int:
    """Return a whole number from 1 on out of an environment variable; 0 where there is none."""
    text = os.environ.get(variable, "").split(",")[0].strip()  # OpenMP: one a nested level
    return int(text) if text.isdecimal() else 0
