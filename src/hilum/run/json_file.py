"""JSON objects of a run: reading and writing them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hilum.errors import RunError
from hilum.storage.atomic import write_text

__all__ = ["read_json", "write_json"]


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file.

    Raises:
        RunError: the file holds something else.
        OSError: it can't be read.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise RunError(f"{path}: not JSON: {error}.") from None
    if not isinstance(content, dict):
        raise RunError(f"{path}: a JSON object was expected.")
    return content


def write_json(content: dict[str, Any], path: Path) -> None:
    """Write a JSON object, whole or not at all; NaN is refused, `null` says undefined."""
    write_text(path, json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False) + "\n")
