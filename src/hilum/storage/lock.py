"""One process of hilum at a time in a folder; the lock goes with the process that holds it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hilum.errors import StorageError, UsageError
from hilum.storage.atomic import as_storage_error

__all__ = ["exclusive_folder"]


@contextmanager
def exclusive_folder(folder: Path, lock_file: str, command: str) -> Iterator[None]:
    """Make a folder where it is missing, and hold it; a process that is killed lets go of it.

    Args:
        folder: made with all folders above it.
        lock_file: name of the file in it that is locked; it stays.
        command: what the message calls the other process, such as `hilum tune`.

    Raises:
        UsageError: another process holds the folder.
        StorageError: the folder can't be made or written to.
    """
    from filelock import FileLock, Timeout

    with as_storage_error(folder / lock_file):
        _make(folder)
        lock = FileLock(folder / lock_file)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise UsageError(
                f"another {command} is at work in {folder}; wait for it, or choose another folder."
            ) from None
    try:
        yield
    finally:
        lock.release()


def _make(folder: Path) -> None:
    """Make a folder; file systems that can't have any, such as /proc, say that it is not there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileNotFoundError as error:
        raise StorageError(f"{folder} can't be made: {error.strerror}; choose another.") from error
