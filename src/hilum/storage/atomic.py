"""Atomic writing of files and folders: complete or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hilum.errors import StorageError, UsageError

__all__ = [
    "as_storage_error",
    "new_file",
    "new_folder",
    "refuse_existing",
    "refuse_full_disk",
    "write_text",
]

_DISK_REFUSALS = {errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EFBIG}
_TAKEN = {errno.ENOTEMPTY, errno.EEXIST}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EEXIST}

TRIES = 10
"""Attempts to replace a folder that other processes keep replacing."""


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Yield a path next to `path` to write to; it is renamed to `path` when the block succeeds.

    A missing folder is created. If the block raises, nothing is left behind and an existing file at
    `path` is unchanged.

    Raises:
        StorageError: the disk is full, read-only or forbidden; the message names `path`.
    """
    with as_storage_error(path):
        _make_folder_of(path)
        draft = _new_draft(path, _make_file)
        mode = stat.S_IMODE(draft.stat().st_mode)
    try:
        with as_storage_error(path):
            yield draft
            if stat.S_IMODE(draft.stat().st_mode) != mode:
                draft.chmod(mode)  # safetensors puts a file of its own there, for its owner alone
            draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text to `path` atomically.

    A byte of a file name that is not UTF-8 (a lone surrogate) is written as `\\udce9`, which JSON
    reads back unchanged.
    """
    with new_file(path) as draft:
        draft.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")


@contextmanager
def new_folder(path: Path, *, force: bool = False, marks: tuple[str, ...] = ()) -> Iterator[Path]:
    """Yield an empty folder next to `path` that is renamed to it when the block succeeds.

    Args:
        path: the folder to create; it must be missing or empty unless `force` is given.
        force: replace an existing folder at `path` once the new one is complete.
        marks: names of files that identify a folder as written by hilum; with `force`, only a
            folder that has them all (or an empty one) is replaced.

    Raises:
        UsageError: `path` exists and `force` is not given, or it is a file, or a folder without the
            `marks`.
        StorageError: the disk is full, read-only or forbidden.
    """
    refuse_existing(path, force=force, marks=marks)
    _refuse_file(path)
    with as_storage_error(path):
        _make_folder_of(path)
        draft = _new_draft(path, Path.mkdir)
    try:
        with as_storage_error(path):
            yield draft
            _put_in_place(draft, path, force=force)
    finally:
        with suppress(FileNotFoundError):
            shutil.rmtree(draft)


def refuse_existing(path: Path, *, force: bool, marks: tuple[str, ...] = ()) -> None:
    """Raise UsageError if `path` exists and may not be replaced.

    An empty folder may always be replaced. With `force`, so may anything else, unless `marks` names
    files that `path` must then contain: see `new_folder`.

    Raises:
        UsageError: as above.
        StorageError: `path` can't be inspected.
    """
    with as_storage_error(path):
        if not path.exists() or (path.is_dir() and not any(path.iterdir())):
            return
    if marks:
        _refuse_file(path)
    lacking = [mark for mark in marks if not (path / mark).is_file()]
    foreign = f"is no folder that hilum made (it has no {lacking[0]})" if lacking else ""
    if not force:
        raise UsageError(
            f"{path} exists already and {foreign}; choose another name."
            if foreign
            else f"{path} exists already; choose another name, or give --force (force=True) to "
            f"replace it."
        )
    if foreign:
        raise UsageError(f"{path} {foreign}; --force replaces only those.")


def _refuse_file(path: Path) -> None:
    """Refuse a file where a folder is to be written: it would be lost."""
    if path.is_file():
        raise UsageError(f"{path} is a file, but a folder is needed; choose another name.")


def _put_in_place(draft: Path, path: Path, *, force: bool) -> None:
    """Rename `draft` to `path`, also where another process created `path` in the meantime.

    Raises:
        UsageError: another process created `path`, and `force` is not given.
    """
    aside = Path(tempfile.mkdtemp(prefix=f".{path.name}.old.", dir=path.parent))
    moved = aside / "none"
    try:
        for attempt in range(TRIES):
            refuse_existing(path, force=force)
            with suppress(FileNotFoundError):
                moved = path.replace(aside / str(attempt))
            try:
                draft.replace(path)
                return
            except OSError as error:
                if error.errno not in _TAKEN or attempt == TRIES - 1:
                    raise
    except BaseException:
        with suppress(OSError):
            moved.replace(path)  # what was there stays
        raise
    finally:
        shutil.rmtree(aside)


def _new_draft(path: Path, make: Callable[[Path], None]) -> Path:
    """Create an empty file or folder with a random name next to `path`, and return its path.

    The system applies the process's umask, as to any new file: reading the umask would mean setting
    it, and another thread would write with the wrong one in the meantime.
    """
    while True:
        draft = path.parent / f".{path.name}.{secrets.token_hex(4)}"
        with suppress(FileExistsError):
            make(draft)
            return draft


def _make_folder_of(path: Path) -> None:
    """Create the folder that `path` lies in, where it is missing.

    Raises:
        StorageError: the file system has no such folders, as /proc.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except FileNotFoundError as error:
        raise StorageError(f"{path} can't be written: its folder can't be created.") from error


def _make_file(path: Path) -> None:
    """Create a new empty file, readable and writable as far as the umask allows."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))


@contextmanager
def as_storage_error(path: Path) -> Iterator[None]:
    """Turn the operating system's errors on writing to `path`'s folder into one sentence.

    Raises:
        StorageError: the disk is full, read-only or forbidden; the message names `path`.
    """
    try:
        yield
    except OSError as error:
        ours = isinstance(error.filename, str | Path) and _concerns(Path(error.filename), path)
        if error.errno in _DISK_REFUSALS or (error.errno in _FORBIDDEN and ours):
            raise StorageError(f"{path} can't be written: {error.strerror}.") from error
        raise


def _concerns(named: Path, path: Path) -> bool:
    """Return whether `named` is in the folder of `path`, or is a folder above it.

    Both are made absolute first, since the operating system may name either form.
    """
    refused, folder = named.resolve(), path.parent.resolve()
    return refused.is_relative_to(folder) or folder.is_relative_to(refused)


def refuse_full_disk(folder: Path, size: int) -> None:
    """Raise StorageError unless `size` bytes are free where `folder` lies."""
    free = shutil.disk_usage(folder).free
    if free < size:
        raise StorageError(
            f"{folder} has {free / 1e6:,.0f} MB free, and {size / 1e6:,.0f} MB are needed; "
            f"free some space, or choose another place."
        )
