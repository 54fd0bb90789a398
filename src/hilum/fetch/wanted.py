"""Files to fetch: single ones, and archives to unpack."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from hilum.errors import FetchError
from hilum.fetch.checksum import Checksum

__all__ = ["Archive", "Listing", "Wanted", "inside"]

DEVICES = {"con", "prn", "aux", "nul"}
"""Names reserved for devices on Windows, with any suffix."""


@dataclass(frozen=True)
class Wanted:
    """One file to fetch.

    Attributes:
        path: target below the folder, forward slashes; checked by `inside`.
        addresses: its URLs, in the order to try them.
        size: bytes; None where unknown in advance.
        checksum: the published checksum; None where there is none.
        begins: its first bytes, where nothing else tells it from a login page.
    """

    path: str
    addresses: tuple[str, ...]
    size: int | None = None
    checksum: Checksum | None = None
    begins: bytes = b""


@dataclass(frozen=True)
class Archive:
    """An archive that is unpacked; see `unpack` for `below`."""

    file: Wanted
    below: str = ""


@dataclass(frozen=True)
class Listing:
    """All files of a fetch: those kept as they are, and archives."""

    files: tuple[Wanted, ...] = ()
    archives: tuple[Archive, ...] = ()

    def all_files(self) -> tuple[Wanted, ...]:
        """Return files and archives, archives last."""
        return (*self.files, *(archive.file for archive in self.archives))


def inside(name: str, *, of: str) -> str:
    """Return `name` as a path below a folder, or refuse it.

    Args:
        name: a path with forward slashes, from a server or an archive.
        of: origin of the path, for the message.

    Raises:
        FetchError: absolute, with `..`, a drive, a backslash or a control character; on Windows
            also a name that no file can have there.
    """
    path = PurePosixPath(name)
    bad = (
        not path.parts
        or path.is_absolute()
        or ".." in path.parts
        or re.search(r"[\\\x00-\x1f]|^[A-Za-z]:", name) is not None
        or (os.name == "nt" and _is_forbidden_on_windows(path))
    )
    if bad:
        raise FetchError(
            f"{of} names a file {name!r}, which is no path below a folder; nothing of it was "
            "written."
        )
    return path.as_posix()


def _is_forbidden_on_windows(path: PurePosixPath) -> bool:
    """Whether a component is a device, ends with a dot or space, or has a forbidden character."""
    return any(
        part.split(".")[0].lower() in DEVICES
        or part != part.rstrip(" .")
        or re.search(r'[:*?"<>|]', part) is not None
        for part in path.parts
    )
