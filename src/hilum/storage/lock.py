"""One process of hilum at a time in a folder, or at an output; a lock ends with its process."""

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


@contextmanager
def exclusive_output(path: Path, command: str) -> Iterator[None]:
    """Hold an output file or folder, which may be replaced meanwhile, against other processes.

    Locked is a hidden file next to `path`, which is removed at the end. Of several processes of one
    launch the first holds it for all. Where the folder can't be written or its file system knows no
    locks, nothing is held (nor on Windows, which replaces no open file).

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
"""In place of a file's descriptor: another process has locked the file."""


def _lock(lock: Path) -> int | None:
    """Return the descriptor of the locked file; HELD, or None where there can be no lock."""
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
            pass  # removed by its holder in between: make it again
        except OSError:
            os.close(descriptor)
            return None
        os.close(descriptor)
