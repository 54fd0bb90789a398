"""SHA-256 of a file."""

from __future__ import annotations

import hashlib
from pathlib import Path

__all__ = ["hash_of"]


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file, hexadecimal; empty where there is none."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""
