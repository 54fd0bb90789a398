"""Limits on the size of files and slices, checked before anything is decoded."""

from __future__ import annotations

from hilum.errors import ReadError

__all__ = ["MAX_FILE_BYTES", "MAX_PIXELS", "check_file_size", "check_pixels"]

MAX_PIXELS = 8192 * 8192
"""Pixels of one slice: sixteen times a large CT matrix (2048 x 2048), 64 MiB in 8-bit grey."""

MAX_FILE_BYTES = 512 * 2**20
"""Bytes of one file: a thousand uncompressed 512 x 512 frames of 16 bits fit."""


def check_pixels(rows: int, columns: int) -> None:
    """Raise ReadError if a slice of `rows` x `columns` is empty or exceeds MAX_PIXELS."""
    if rows < 1 or columns < 1:
        raise ReadError(
            f"a slice needs at least one pixel, and its header says {rows} x {columns}."
        )
    if rows * columns > MAX_PIXELS:
        raise ReadError(
            f"a slice may have at most {MAX_PIXELS:,} pixels (8192 x 8192), and its header says "
            f"{rows:,} x {columns:,}; make it smaller first."
        )


def check_file_size(size: int) -> None:
    """Raise ReadError if a file of `size` bytes is empty or exceeds MAX_FILE_BYTES."""
    if size == 0:
        raise ReadError("the file is empty.")
    if size > MAX_FILE_BYTES:
        raise ReadError(
            f"a file may have at most {MAX_FILE_BYTES // 2**20} MiB, and this one has "
            f"{size / 2**20:,.0f} MiB; split it into single frames first."
        )
