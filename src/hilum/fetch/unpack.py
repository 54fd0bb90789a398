"""Safe unpacking of archives: plain files only, below the folder only, each written atomically."""

from __future__ import annotations

import gzip
import hashlib
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from hilum.errors import FetchError
from hilum.fetch.wanted import inside
from hilum.storage.atomic import new_file, refuse_full_disk

__all__ = ["unpack"]

BLOCK = 1 << 20
"""Bytes unpacked at a time."""

DAMAGES = (
    tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, gzip.BadGzipFile, EOFError,
    RuntimeError, NotImplementedError,
)  # fmt: skip
"""Exceptions of the standard library for damaged, encrypted and unknown archives."""


class _Member(NamedTuple):
    """One file of an archive: its path, its size, and how to open it."""

    path: str
    size: int
    open: Callable[[], IO[bytes]]


def unpack(
    archive: Path, folder: Path, *, below: str = "", on_size: Callable[[int, int], None]
) -> dict[str, str]:
    """Write the files of a tar or zip below `folder`; return path -> SHA-256.

    Files added by macOS (`._NAME`, `__MACOSX`) are left out. All names are checked before
    anything is written.

    Args:
        archive: a .zip, or a tar with any compression.
        folder: the target folder.
        below: paths start at the folder of this name, whatever is above it in the archive; files
            outside such a folder keep their path. "" keeps all paths.
        on_size: called with the bytes written so far and the bytes in total.

    Raises:
        FetchError: not such an archive, damaged, or with links, devices or outside paths.
        StorageError: the disk refused, or has too little space.
    """
    sums: dict[str, str] = {}
    try:
        with _members(archive, below) as members:
            total = sum(member.size for member in members)
            refuse_full_disk(folder, total)
            done = 0
            for member in members:
                sums[member.path] = _write(member, folder)
                done += member.size
                on_size(done, total)
    except DAMAGES as error:
        raise FetchError(
            f"{archive.name} can't be unpacked ({error or 'it ends too early'}); remove it and "
            "fetch again."
        ) from None
    return sums


@contextmanager
def _members(archive: Path, below: str) -> Iterator[list[_Member]]:
    """Yield the files of an archive, names checked, in its order."""
    if archive.suffix.lower() == ".zip":
        with zipfile.ZipFile(archive) as packed:
            yield [
                _Member(_target(e.filename, archive, below), e.file_size, _opener(packed, e))
                for e in packed.infolist()
                if not e.is_dir() and not _is_foreign(e.filename)
            ]
        return
    with tarfile.open(archive) as tar:
        entries = [entry for entry in tar if not _is_foreign(entry.name) and not entry.isdir()]
        for entry in entries:
            if not entry.isreg():
                raise FetchError(
                    f"{archive.name} holds {entry.name!r}, which is a link or a device; nothing of "
                    "it was written."
                )
        yield [
            _Member(_target(entry.name, archive, below), entry.size, _tar_opener(tar, entry))
            for entry in entries
        ]


def _opener(packed: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    return lambda: packed.open(entry)


def _tar_opener(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> Callable[[], IO[bytes]]:
    def opened() -> IO[bytes]:
        file = tar.extractfile(entry)
        assert file is not None  # a plain file has content
        return file

    return opened


def _is_foreign(name: str) -> bool:
    parts = name.split("/")
    return "__MACOSX" in parts or parts[-1].startswith("._") or parts[-1] == ".DS_Store"


def _target(name: str, archive: Path, below: str) -> str:
    """Return the path of a member below the folder; some packers write backslashes."""
    path = inside(name.replace("\\", "/").removeprefix("./"), of=archive.name)
    parts = path.split("/")
    return "/".join(parts[parts.index(below) :]) if below in parts[:-1] else path


def _write(member: _Member, folder: Path) -> str:
    """Write one file and return its SHA-256; an existing file is replaced."""
    digest = hashlib.sha256()
    with new_file(folder / member.path) as draft, member.open() as source, draft.open("wb") as sink:
        while block := source.read(BLOCK):
            digest.update(block)
            sink.write(block)
        if sink.tell() != member.size:
            raise EOFError
    return digest.hexdigest()
