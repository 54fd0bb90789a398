"""Unpacking a zip of a study: within limits, and never outside its folder."""

from __future__ import annotations

import gzip
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from hilum.errors import ReadError

__all__ = [
    "DAMAGED_ZIP",
    "MAX_ENTRIES",
    "MAX_RATIO",
    "MAX_UNPACKED_BYTES",
    "ArchiveEntry",
    "check_zip_size",
    "unpack_archive",
    "unpack_gzip",
]

MAX_ENTRIES = 100_000
"""Files of an archive: thirty thin-slice chest studies."""
MAX_UNPACKED_BYTES = 16 * 2**30
"""Of all files together: thirty thousand slices of 512 x 512."""
MAX_RATIO = 200
"""Times that a file may grow when it is unpacked. CT slices grow two- to fivefold, and the most
repetitive data that zip can hold a thousandfold."""
SMALL_BYTES = 2**20
"""A file of no more than this may grow as it likes: a text or an empty picture."""

DAMAGED_ZIP = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError,
           RuntimeError)  # fmt: skip
"""What zipfile raises for a damaged, encrypted or unknown archive."""


class ArchiveEntry(NamedTuple):
    """A file of an archive: its name there, where it was unpacked, or why it was not."""

    name: str
    path: Path
    refusal: str


def unpack_archive(path: Path, folder: Path) -> Iterator[ArchiveEntry]:
    """Unpack a zip into an empty folder and yield its files.

    Entries with `..`, absolute ones, links and encrypted ones are refused, and so is one that grows
    more than MAX_RATIO times. What is unpacked is counted while it is written, so that a false size
    in the archive's index has no effect.

    Raises:
        ReadError: it is no zip, or exceeds a limit: one sentence without the path.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            check_zip_size(
                entries,
                most=MAX_ENTRIES,
                most_bytes=MAX_UNPACKED_BYTES,
                remedy="unpack it yourself first",
            )
            for number, entry in enumerate(entries):
                reason, target = _refusal(entry), folder / _safe_name(entry.filename, number)
                try:
                    if not reason:
                        _write(archive, entry, target)
                except DAMAGED_ZIP as error:
                    if isinstance(error, OSError) and error.filename is not None:
                        raise  # of the disk, not of the archive
                    reason = "it is damaged or encrypted"
                yield ArchiveEntry(entry.filename, target, f"{reason}." if reason else "")
    except zipfile.BadZipFile as error:
        raise ReadError(f"the zip is damaged or none at all ({error}).") from None


def unpack_gzip(path: Path, target: Path) -> None:
    """Unpack a gzip file into `target`, within the limits of an archive's file.

    Raises:
        ReadError: it is damaged, or exceeds a limit: one sentence without the path.
    """
    most = min(MAX_UNPACKED_BYTES, max(SMALL_BYTES, MAX_RATIO * path.stat().st_size))
    written = 0
    try:
        with gzip.open(path) as packed, target.open("xb") as file:
            while chunk := packed.read(2**20):
                written += len(chunk)
                if written > most:
                    raise ReadError(f"it would grow more than {MAX_RATIO} times (a gzip bomb?).")
                file.write(chunk)
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise ReadError(f"the gzip file is damaged ({error}).") from None


def check_zip_size(
    entries: list[zipfile.ZipInfo],
    *,
    most: int,
    most_bytes: int,
    remedy: str,
    here: str = "",
) -> None:
    """Raise ReadError where the archive's index promises more than the limits."""
    if len(entries) > most:
        raise ReadError(
            f"a zip may hold at most {most:,} files{here}, and this one holds "
            f"{len(entries):,}; {remedy}."
        )
    total = sum(entry.file_size for entry in entries)
    if total > most_bytes:
        raise ReadError(
            f"a zip may unpack to at most {most_bytes // 2**30} GiB{here}, and this one "
            f"to {total / 2**30:,.1f} GiB; {remedy}."
        )


def _refusal(entry: zipfile.ZipInfo) -> str:
    """Return why an entry is not unpacked; empty if it is."""
    parts = PurePosixPath(entry.filename.replace("\\", "/"))
    if ".." in parts.parts or parts.is_absolute() or ":" in entry.filename[:2]:
        return "its name leads out of the folder"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "it is a symbolic link"
    if entry.flag_bits & 0x1:
        return "it is encrypted"
    packed = max(1, entry.compress_size)
    if entry.file_size > SMALL_BYTES and entry.file_size > MAX_RATIO * packed:
        return f"it would grow more than {MAX_RATIO} times (a zip bomb?)"
    return ""


def _safe_name(name: str, number: int) -> Path:
    """Return a relative path for an entry, its folders kept flat enough for any file system."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    folders = [part[:80] for part in parts[:-1]][:16]
    return Path(*folders, f"{number:06d}-{parts[-1][-80:]}")


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    """Write an entry to a file; zipfile stops at the size that the index states."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with archive.open(entry) as packed, target.open("xb") as file:
            shutil.copyfileobj(packed, file, 2**20)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
