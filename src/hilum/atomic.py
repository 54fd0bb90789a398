"""Files and folders that are written whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hilum.errors import StorageError, UsageError

__all__ = ["new_file", "new_folder", "refuse_existing", "refuse_full_disk", "write_text"]

_DISK_REFUSALS = {errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EEXIST}


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Yield a path next to `path` to write to; it takes the name `path` when the block ends well.

    The folder is made where it is missing. If the block raises, nothing is left behind and
    what stood at `path` stays as it was.

    Raises:
        StorageError: the disk is full, read-only or forbidden; the message names `path`.
    """
    with _as_storage_error(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(handle)
    draft = Path(name)
    try:
        with _as_storage_error(path):
            yield draft
            draft.chmod(0o666 & ~_umask())
            draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text to `path`, whole or not at all."""
    with new_file(path) as draft:
        draft.write_text(text, encoding="utf-8", newline="\n")


@contextmanager
def new_folder(path: Path, *, force: bool = False) -> Iterator[Path]:
    """Yield an empty folder next to `path` that takes its name when the block ends well.

    Args:
        path: the folder to make; it must not exist, be empty, or `force` be given.
        force: replace what stands at `path`, after the new one is complete.

    Raises:
        UsageError: something stands at `path` and `force` is not given.
        StorageError: the disk is full, read-only or forbidden.
    """
    refuse_existing(path, force=force)
    with _as_storage_error(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
        draft.chmod(0o777 & ~_umask())
    try:
        with _as_storage_error(path):
            yield draft
            old = _move_aside(path)
            draft.replace(path)
            if old is not None:
                shutil.rmtree(old)
    finally:
        with suppress(FileNotFoundError):
            shutil.rmtree(draft)


def refuse_existing(path: Path, *, force: bool) -> None:
    """Raise UsageError if something (other than an empty folder) stands at `path`."""
    if force or not path.exists():
        return
    if path.is_dir() and not any(path.iterdir()):
        return
    raise UsageError(
        f"{path} exists already; choose another name, or give --force (force=True) to replace it."
    )


def _move_aside(path: Path) -> Path | None:
    """Move what stands at `path` out of the way and return where it went."""
    if not path.exists():
        return None
    aside = Path(tempfile.mkdtemp(prefix=f".{path.name}.old.", dir=path.parent))
    path.replace(aside / path.name)
    return aside


def _umask() -> int:
    """Return the process's umask (POSIX offers no way to read it but to set it)."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


@contextmanager
def _as_storage_error(path: Path) -> Iterator[None]:
    """Turn the operating system's refusals to write below `path`'s folder into one sentence."""
    try:
        yield
    except OSError as error:
        ours = error.filename is not None and str(error.filename).startswith(str(path.parent))
        if error.errno in _DISK_REFUSALS or (error.errno in _FORBIDDEN and ours):
            raise StorageError(f"{path} can't be written: {error.strerror}.") from error
        raise


def refuse_full_disk(folder: Path, size: int) -> None:
    """Raise StorageError unless `size` bytes are free where `folder` lies."""
    free = shutil.disk_usage(folder).free
    if free < size:
        raise StorageError(
            f"{folder} has {free / 1e6:,.0f} MB free, and {size / 1e6:,.0f} MB are needed; "
            f"free some space, or choose another place."
        )
