"""Limits that the operating system holds a worker to: memory, files, no core dumps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import resource
except ImportError:  # Windows has no such limits
    resource = None  # type: ignore[assignment]

__all__ = ["limit_memory", "limit_rest", "unlimited"]

OPEN_FILES = 256
WRITTEN_BYTES = 2**30
"""Of any one file that a worker writes, such as an entry of a zip."""


def limit_memory(extra: int) -> None:
    """Let this process take `extra` bytes more than it has now; then it gets a MemoryError.

    What counts is private memory that can be written (RLIMIT_DATA: Linux since 4.7); libraries
    and files that are mapped don't.
    """
    used = _data_bytes()
    if resource is None or used is None:
        return
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    soft = used + extra if hard == resource.RLIM_INFINITY else min(used + extra, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


@contextmanager
def unlimited(extra: int) -> Iterator[None]:
    """Lift the limit for the block; afterwards `extra` bytes more than then are allowed."""
    if resource is not None:
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))
    try:
        yield
    finally:
        limit_memory(extra)


def limit_rest() -> None:
    """Forbid core dumps, which would hold a patient's pixels; bound open files and their size."""
    if resource is None:
        return
    wanted = {
        resource.RLIMIT_CORE: 0, resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_FSIZE: WRITTEN_BYTES,
    }  # fmt: skip
    for limit, value in wanted.items():
        hard = resource.getrlimit(limit)[1]
        with suppress(ValueError, OSError):
            lower = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(limit, (lower, lower))


def _data_bytes() -> int | None:
    """Return the private writable memory of this process; None where the system doesn't say."""
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmData:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None
