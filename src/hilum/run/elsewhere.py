"""Reading back what a run reached on other tables: `elsewhere/NAME/metrics.json`."""

from __future__ import annotations

from typing import Any

from hilum.errors import RunError
from hilum.run.folder import Run
from hilum.storage.json_file import read_json

__all__ = ["read_elsewhere"]

NEEDED = (
    "name", "sentence", "positive", "class_names", "overlap", "design", "border_probe",
    "per_slice", "per_group", "called_positive", "within_source", "run",
)  # fmt: skip
"""Keys without which an evaluation can't be shown."""


def read_elsewhere(run: Run) -> list[dict[str, Any]]:
    """Return metrics.json of each evaluation of a run on another table, by name.

    Raises:
        RunError: one of them is broken, or of an older version.
    """
    if not run.elsewhere.is_dir():
        return []
    found = []
    for path in sorted(run.elsewhere.glob("*/metrics.json")):
        content = read_json(path)
        missing = [key for key in NEEDED if key not in content]
        if missing:
            raise RunError(
                f"{path} lacks {missing[0]!r}; write it again with `hilum evaluate {run.folder} "
                f"TABLE --name {path.parent.name} --force`."
            )
        found.append(content)
    return found
