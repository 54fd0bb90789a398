"""The checklist of a model card: items of reporting guidelines and what the run knows of each."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

__all__ = ["checklist", "guidelines"]


@cache
def guidelines() -> tuple[dict[str, Any], ...]:
    """Return the guidelines of checklist.toml: `name`, `citation` and `items`."""
    text = resources.files("hilum.steps.card").joinpath("checklist.toml")
    return tuple(tomllib.loads(text.read_text(encoding="utf-8"))["guidelines"])


def checklist(answers: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return each guideline with its items answered.

    Args:
        answers: key -> what the run knows.

    Returns:
        of each guideline `name`, `citation` and `items`: `number`, `item`, `knows` (what the run
        knows, "" for nothing) and `person` (what a person must say, "" for nothing).
    """
    return [
        {
            **guideline,
            "items": [
                {**item, "knows": answers[item["knows"]] if item["knows"] else ""}
                for item in guideline["items"]
            ],
        }
        for guideline in guidelines()
    ]
