"""JSON objects in files: reading and writing them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hilum.errors import HilumError, RunError
from hilum.storage.atomic import write_text

__all__ = ["read_json", "write_json"]

REMEDY = "the file is damaged: restore it, or run the command that wrote it again"


def read_json(
    path: Path, *, error: type[HilumError] = RunError, remedy: str = REMEDY
) -> dict[str, Any]:
    """Return the JSON object in a file.

    Args:
        path: the file, UTF-8.
        error: what is raised where the file holds something else.
        remedy: the end of its message: what the user can do.

    Raises:
        HilumError: of type `error`; the file holds no JSON, or no object.
        OSError: it can't be read.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as problem:  # not UTF-8, or not JSON
        raise error(f"{path} is not JSON ({problem}); {remedy}.") from None
    if not isinstance(content, dict):
        raise error(f"{path} holds no JSON object; {remedy}.")
    return content


def write_json(content: dict[str, Any], path: Path) -> None:
    """Write a JSON object atomically; NaN is refused, `null` stands for undefined."""
    write_text(path, json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False) + "\n")
