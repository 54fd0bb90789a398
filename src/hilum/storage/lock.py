"""Locks: one process of hilum at a time in a folder or at an output."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hilum.errors import StorageError, UsageError
from hilum.processes import is_first_process
from hilum.storage.atomic import as_storage_error

if sys.platform != "win32":
    import fcntl

__all__ = ["exclusive_folder", "exclusive_output"]


@contextmanager
def exclusive_folder(folder: Path, lock_file: str, command: str) -> Iterator[None]:
    """Lock a folder, created if missing; the lock of a killed process is released.

    Args:
        folder: created with its parents.
        lock_file: name of the file in it that is locked; it is not removed.
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
    """Create a folder; on file systems such as /proc that fails with a missing parent."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileNotFoundError as error:
        raise StorageError(f"{folder} can't be made: {error.strerror}; choose another.") from error


@contextmanager
def exclusive_output(path: Path, command: str) -> Iterator[None]:
    """Lock an output file or folder, which may be replaced meanwhile, against other processes.

    The lock is on a hidden file next to `path`, which is removed at the end. Of several processes
    of one launch the first holds it for all. Where the folder is not writable or its file system
    has no locks, nothing is locked (nor on Windows, which replaces no open file).

    Args:
        path: what is written.
        command: what the message calls the other process, such as `hilum train`.

    Raises:
        UsageError: another process holds `path`.
    """
    lock = path.with_name(f".{path.name}.lock")
    descriptor = _lock(lock) if is_first_process() and sys.platform != "win32" else None
    if descriptor == HELD:
        raise UsageError(
            f"another {command} is writing {path}; wait for it, or choose another name."
        )
    try:
        yield
    finally:
        if descriptor is not None:
            lock.unlink(missing_ok=True)
            os.close(descriptor)


HELD = -1
"""Stands for a file's descriptor: another process has locked the file."""


def _lock(lock: Path) -> int | None:
    """Return the descriptor of the locked file; HELD, or None where locking is impossible."""
    while True:
        try:
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(descriptor), lock.stat()):
                return descriptor
        except BlockingIOError:
            os.close(descriptor)
            return HELD
        except FileNotFoundError:
            pass  # removed by its holder in between: create it again
        except OSError:
            os.close(descriptor)
            return None
        os.close(descriptor)
