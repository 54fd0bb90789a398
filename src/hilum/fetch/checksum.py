"""Checksums as collections publish them: md5, sha256, and the SHA-1 that git gives a blob."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import _Hash

__all__ = ["Checksum", "digests", "parse_checksum", "s3_checksum"]

BLOCK = 1 << 20
"""Bytes read at a time."""

LENGTHS = {"md5": 32, "sha256": 64, "git": 40}
"""Kinds of checksum, and their hexadecimal digits."""


@dataclass(frozen=True)
class Checksum:
    """An expected checksum: a kind of LENGTHS, and lower-case hexadecimal digits."""

    kind: str
    digits: str


def parse_checksum(text: str) -> Checksum | None:
    """Return `md5:8afd...` as a checksum, None for empty text; ValueError for anything else."""
    if not text:
        return None
    kind, _, digits = text.partition(":")
    if len(digits) != LENGTHS.get(kind) or set(digits) - set("0123456789abcdef"):
        raise ValueError(f"{text!r} is no checksum")
    return Checksum(kind, digits)


def s3_checksum(etag: str) -> Checksum | None:
    """Return the MD5 that an S3 ETag holds, or None where it holds none.

    The ETag of an object uploaded in one piece, and not encrypted with its owner's keys, is its
    MD5; that of a multipart upload is `digits-pieces`, and the size of the pieces is unknown.
    """
    digits = etag.strip().strip('"').lower()
    try:
        return parse_checksum(f"md5:{digits}")
    except ValueError:
        return None


def digests(
    path: Path, kinds: tuple[str, ...], *, between: Callable[[], None] = lambda: None
) -> dict[str, str]:
    """Return kind -> hexadecimal digits of the file at `path`, which is read once.

    Args:
        path: the file.
        kinds: of LENGTHS.
        between: called after each block; an exception from it stops the reading.
    """
    sums = {kind: _begin(kind, path.stat().st_size) for kind in kinds}
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            for digest in sums.values():
                digest.update(block)
            between()
    return {kind: digest.hexdigest() for kind, digest in sums.items()}


def _begin(kind: str, size: int) -> _Hash:
    """Return a new hash object; git's starts with the size of the blob."""
    if kind == "sha256":
        return hashlib.sha256()
    if kind == "md5":
        return hashlib.md5(usedforsecurity=False)
    return hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
