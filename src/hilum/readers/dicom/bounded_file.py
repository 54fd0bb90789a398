"""A file that is never asked for more bytes than it has left."""

from __future__ import annotations

import io
from pathlib import Path

__all__ = ["BoundedFile"]

SMALL_READ = 2**16
"""Bytes that may be asked for without looking how many there are."""


class BoundedFile(io.BufferedReader):
    """A file opened for reading, whose `read` reserves no memory for bytes that aren't there.

    A DICOM element of 40 bytes may state a length of 4 GiB; Python's own `read` would reserve them
    before it looks at the file.

    Raises:
        OSError: it can't be opened.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(io.FileIO(path))
        self._bytes = path.stat().st_size

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next `size` bytes, or those that are left if they are fewer."""
        if size is not None and size > SMALL_READ:
            size = min(size, max(0, self._bytes - self.tell()))
        return super().read(size)
