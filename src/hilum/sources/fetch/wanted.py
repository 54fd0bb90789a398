"""What is to be fetched: one file, or an archive that is unpacked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from hilum.errors import FetchError
from hilum.sources.fetch.checksum import Checksum

__all__ = ["Archive", "Listing", "Wanted", "inside"]

DEVICES = {"con", "prn", "aux", "nul"}
"""Names that Windows takes for devices, whatever follows the point."""


@dataclass(frozen=True)
class Wanted:
    """One file.

    Attributes:
        path: where it goes, below the folder, forward slashes; checked by `inside`.
        addresses: where it lies, in the order to try them.
        size: bytes; None where they are not known before.
        checksum: what it must come to; None where none is published.
    """

    path: str
    addresses: tuple[str, ...]
    size: int | None = None
    checksum: Checksum | None = None


@dataclass(frozen=True)
class Archive:
    """An archive that is unpacked; see `unpack` for `below`."""

    file: Wanted
    below: str = ""


@dataclass(frozen=True)
class Listing:
    """All that a fetch wants: files that stay as they are, and archives."""

    files: tuple[Wanted, ...] = ()
    archives: tuple[Archive, ...] = ()

    def all_files(self) -> tuple[Wanted, ...]:
        """Return files and archives, archives last."""
        return (*self.files, *(archive.file for archive in self.archives))


def inside(name: str, *, of: str) -> str:
    """Return `name` as a path that stays below a folder on every system, or refuse it.

    Args:
        name: a path with forward slashes, from a server or an archive.
        of: what the path comes from, for the message.

    Raises:
        FetchError: absolute, with `..`, a drive, a backslash, a device's name or a control sign.
    """
    path = PurePosixPath(name)
    bad = (
        not path.parts
        or path.is_absolute()
        or ".." in path.parts
        or re.search(r'[\\:*?"<>|\x00-\x1f]', name) is not None
        or any(part.split(".")[0].lower() in DEVICES for part in path.parts)
        or any(part != part.rstrip(" .") for part in path.parts)
    )
    if bad:
        raise FetchError(
            f"{of} names a file {name!r}, which is no path below a folder on every system; "
            "nothing of it was written."
        )
    return path.as_posix()
