"""A summary of the cache: its folder, limit, size and entries by kind."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hilum.storage.cache import PLACE_VARIABLE, cache_limit, cache_place, list_entries

__all__ = ["describe_cache"]


def describe_cache() -> dict[str, Any]:
    """Return `place` (None: off), `writable`, `limit`, `size` (bytes), `entries`, `kinds`.

    `kinds` is kind -> `entries`, `size`, how many are `in_use`, and when one was last `used`.

    Raises:
        UsageError: HILUM_CACHE_LIMIT is no size.
    """
    cache_root, entries = cache_place(), list_entries()
    kinds: dict[str, dict[str, Any]] = {}
    for kind in sorted({entry.kind for entry in entries}):
        own = [entry for entry in entries if entry.kind == kind]
        last = datetime.fromtimestamp(max(entry.used for entry in own), UTC)
        kinds[kind] = {
            "entries": len(own),
            "size": sum(entry.size for entry in own),
            "in_use": sum(entry.held for entry in own),
            "used": last.isoformat(timespec="seconds"),
        }
    return {
        "place": str(cache_root) if cache_root else None,
        "told_by": PLACE_VARIABLE if os.environ.get(PLACE_VARIABLE, "").strip() else "the system",
        "writable": cache_root is not None and _is_writable(cache_root),
        "limit": cache_limit(),
        "size": sum(entry.size for entry in entries),
        "entries": len(entries),
        "kinds": kinds,
    }


def _is_writable(cache_root: Path) -> bool:
    """Whether the folder is writable, or can be created."""
    there = next(folder for folder in (cache_root, *cache_root.parents) if folder.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)
