"""The cache: results on disk that can always be recomputed, with limits and locks.

    FOLDER/KIND/KEY/      an entry: what is stored under a key
    FOLDER/KIND/KEY/used  an empty file: its time is the entry's last use, its lock a process's hold

The cache never makes a command fail: where it is off, full, or not writable, nothing is stored. It
may contain patients' images: no other user may read it, and no file name in it identifies anyone.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import platformdirs

from hilum.errors import StorageError, UsageError
from hilum.storage.atomic import write_text

if sys.platform != "win32":
    import fcntl

__all__ = [
    "LIMIT_VARIABLE",
    "PLACE_VARIABLE",
    "Entry",
    "cache_entry",
    "cache_limit",
    "cache_place",
    "clear_cache",
    "list_entries",
    "make_room",
    "one_at_a_time",
]

PLACE_VARIABLE, LIMIT_VARIABLE = "HILUM_CACHE", "HILUM_CACHE_LIMIT"
OFF = {"none", "off"}
"""Values of HILUM_CACHE that turn caching off."""
DEFAULT_LIMIT = 20 * 10**9
"""Bytes: a hundred thousand slices at 299 pixels take 9 GB, possibly at two sizes."""
LEFT_FREE, MOST_LEFT_FREE = 0.05, 10 * 10**9
"""Share of the disk, and upper bound in bytes, that the cache leaves free for others."""
PRIVATE = 0o700
"""Mode of folders: accessible to their owner only."""
TRIES = 10
"""Attempts to open an entry that another process removes at the same moment."""

_MARK, _MAKING, _GONE = "used", "making", ".gone-"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?", re.IGNORECASE)
_POWER = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_TAG = (
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# hilum stores results here that it can recompute; `hilum cache --clear` removes them.\n"
)
"""CACHEDIR.TAG, which tells backups to leave the folder out (https://bford.info/cachedir/)."""


@dataclass(frozen=True)
class Entry:
    """One entry of the cache.

    Attributes:
        kind, key: its name.
        size: bytes.
        used: when it was last used, seconds since 1970.
        held: whether a process uses it; it is then not removed.
    """

    kind: str
    key: str
    size: int
    used: float
    held: bool


def cache_place() -> Path | None:
    """Return the cache folder, which may be missing; None where caching is off or there is no home.

    HILUM_CACHE names it (`none` or `off`: no cache); else it is the system's place for caches.
    """
    setting = os.environ.get(PLACE_VARIABLE, "").strip()
    if setting.lower() in OFF:
        return None
    try:
        return (
            Path(setting).expanduser().absolute()
            if setting
            else platformdirs.user_cache_path("hilum")
        )
    except RuntimeError:  # no HOME, and a user without an entry in the system's list of users
        return None


def cache_limit() -> int:
    """Return how many bytes the cache may take: HILUM_CACHE_LIMIT, else 20 GB.

    Raises:
        UsageError: HILUM_CACHE_LIMIT is no size such as 20GB, 500MB or 1.5TiB.
    """
    setting = os.environ.get(LIMIT_VARIABLE, "").strip()
    if not setting:
        return DEFAULT_LIMIT
    found = _SIZE.fullmatch(setting)
    if not found:
        raise UsageError(f"{LIMIT_VARIABLE} is a size such as 20GB or 500MB; got {setting!r}.")
    number, power, binary = found.groups()
    return int(float(number) * (1024 if binary else 1000) ** _POWER[power.lower()])


@contextmanager
def cache_entry(kind: str, key: str) -> Iterator[Path | None]:
    """Yield the folder of an entry, created if missing; it is not removed within the block.

    It is empty, or holds what was written to it earlier: write files with
    `hilum.storage.atomic.new_file`, so that each is complete or missing, and after `make_room`.
    Several processes may hold an entry; see `one_at_a_time`. An entry that is left empty is
    removed.

    Args:
        kind: kind of content with its format version, such as "decoded-v1".
        key: a hash of everything it depends on. Both are file names of lower-case letters, digits,
            `-`, `_` and `.`.

    Yields:
        the folder, or None where caching is off or the folder is not writable.
    """
    if not (_NAME.fullmatch(kind) and _NAME.fullmatch(key)):
        raise ValueError(f"{kind!r} and {key!r} must be names of small letters and digits")
    cache_root = cache_place()
    entry = cache_root / kind / key if cache_root else None
    mark = _hold(entry) if entry else None
    if entry is None or mark is None:
        yield None
        return
    try:
        with mark:
            yield entry
            _mark_used(mark)
    finally:
        _remove_empty(entry)


@contextmanager
def one_at_a_time(entry: Path) -> Iterator[None]:
    """Wait until no other process is in this block with the same entry.

    What one process stores in the block, the next one finds; a process that dies leaves the block.
    On a file system without locks several may be in it, and only repeat each other's work.
    """
    with ExitStack() as stack:
        with suppress(OSError):
            _lock(stack.enter_context((entry / _MAKING).open("ab")), alone=True, wait=True)
        yield


def make_room(size: int) -> bool:
    """Remove entries, least recently used first, until `size` more bytes may be written.

    Nothing is removed if that would not be enough. Space is not reserved: use it at once.

    Returns:
        whether the bytes fit both the limit and the disk; False where caching is off.

    Raises:
        UsageError: see `cache_limit`.
    """
    cache_root, limit = cache_place(), cache_limit()
    if cache_root is None or not cache_root.is_dir():
        return False
    _sweep(cache_root)
    entries = list_entries()
    disk = shutil.disk_usage(cache_root)
    kept_free = min(LEFT_FREE * disk.total, MOST_LEFT_FREE)
    lacking = max(sum(one.size for one in entries) - limit, kept_free - disk.free) + size
    removable = sorted((one for one in entries if not one.held), key=lambda one: one.used)
    if sum(one.size for one in removable) < lacking:
        return False
    for one in removable:
        if lacking > 0 and _remove(cache_root / one.kind / one.key):
            lacking -= one.size
    return lacking <= 0


def list_entries() -> list[Entry]:
    """Return the entries of the cache, sorted by kind and key."""
    cache_root = cache_place()
    if cache_root is None:
        return []
    found = []
    for mark in sorted(cache_root.glob(f"*/*/{_MARK}")):
        entry = mark.parent
        with suppress(OSError):  # removed by another process meanwhile
            used, held = mark.stat().st_mtime, _is_held(mark)
            found.append(Entry(entry.parent.name, entry.name, _size_of(entry), used, held))
    return found


def clear_cache() -> int:
    """Remove all entries that no process holds, and return the number of freed bytes."""
    cache_root = cache_place()
    if cache_root is None:
        return 0
    _sweep(cache_root)
    return sum(one.size for one in list_entries() if _remove(cache_root / one.kind / one.key))


def _hold(entry: Path) -> BinaryIO | None:
    """Return the open, locked mark of an entry; None where the folder is not writable."""
    with suppress(OSError, StorageError):
        _make_place(entry.parents[1])
        for _ in range(TRIES):
            with suppress(FileNotFoundError):  # removed at this moment: create it again
                for folder in (entry.parent, entry):
                    folder.mkdir(PRIVATE, exist_ok=True)
                mark = (entry / _MARK).open("ab")
                if _hold_shared(mark):
                    _mark_used(mark)
                    return mark
                mark.close()
    return None


def _hold_shared(mark: BinaryIO) -> bool:
    """Take a shared lock on `mark`; False where its entry was moved aside meanwhile.

    A process that is alone for a moment removes what killed writers left behind.
    """
    if sys.platform != "win32" and _lock(mark, alone=True, wait=False) and _stands(mark):
        for draft in Path(mark.name).parent.glob(".*"):
            _delete(draft)
    _lock(mark, alone=False, wait=True)
    return _stands(mark)


def _mark_used(mark: BinaryIO) -> None:
    """Record that an entry is used now."""
    with suppress(OSError):
        os.utime(mark.name)


def _stands(mark: BinaryIO) -> bool:
    """Whether an open file is still the one under its name."""
    try:
        return os.path.samestat(os.fstat(mark.fileno()), Path(mark.name).stat())
    except FileNotFoundError:
        return False


def _lock(file: BinaryIO, *, alone: bool, wait: bool) -> bool:
    """Lock an open file until it is closed; False where others hold it and `wait` is false.

    On a system without flock the open file is enough: its folder can't be moved.
    """
    if sys.platform == "win32":
        return True
    how = (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | (0 if wait else fcntl.LOCK_NB)
    try:
        fcntl.flock(file, how)
    except BlockingIOError:
        return False
    return True


def _is_held(mark: Path) -> bool:
    """Whether any process holds the entry of `mark`, this one included."""
    with mark.open("rb") as file:
        return not _lock(file, alone=True, wait=False)


def _make_place(cache_root: Path) -> None:
    """Create the cache's folder, marked for backups."""
    if not cache_root.is_dir():
        cache_root.mkdir(PRIVATE, parents=True, exist_ok=True)
        write_text(cache_root / "CACHEDIR.TAG", _TAG)


def _remove(entry: Path) -> bool:
    """Remove an entry unless a process holds it; opening it meanwhile creates a new one."""
    aside = entry.parents[1] / f"{_GONE}{secrets.token_hex(8)}"
    with suppress(OSError):
        if sys.platform == "win32":
            entry.rename(aside)
        else:
            with (entry / _MARK).open("rb") as mark:
                if not (_lock(mark, alone=True, wait=False) and _stands(mark)):
                    return False
                entry.rename(aside)
        _delete(aside)
        return True
    return False


def _remove_empty(entry: Path) -> None:
    """Remove an empty entry that no other process holds."""
    with suppress(OSError):
        if all(path.name in (_MARK, _MAKING) for path in entry.iterdir()):
            _remove(entry)


def _sweep(cache_root: Path) -> None:
    """Remove entries that a killed process had moved aside but not deleted."""
    for gone in cache_root.glob(f"{_GONE}*"):
        _delete(gone)


def _delete(path: Path) -> None:
    """Delete a file or folder as far as permissions allow."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def _size_of(folder: Path) -> int:
    """Return the bytes of all files below `folder`."""
    size = 0
    for file in folder.rglob("*"):
        with suppress(OSError):
            size += file.stat().st_size if file.is_file() else 0
    return size
