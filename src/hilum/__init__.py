"""hilum: from a folder of chest CT slices to a network, honest figures, heatmaps and a report.

Importing hilum imports no torch; what needs it is loaded when it is first asked for.
Research use only; not a medical device.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "BuildOptions": "hilum.sources",
    "FetchOptions": "hilum.sources.fetch",
    "FigureOptions": "hilum.steps.figure",
    "HilumError": "hilum.errors",
    "PhantomSettings": "hilum.sources",
    "Recipe": "hilum.recipe",
    "Run": "hilum.run",
    "SanityOptions": "hilum.steps.sanity",
    "SliceImage": "hilum.readers",
    "SliceTable": "hilum.table",
    "Window": "hilum.readers",
    "build_table": "hilum.sources",
    "build_cleaned": "hilum.steps.build_cleaned",
    "clean": "hilum.steps.clean",
    "compare": "hilum.steps.compare",
    "cross_validate": "hilum.steps.folds",
    "deal_folds": "hilum.splits",
    "describe": "hilum.steps.describe",
    "describe_listed": "hilum.steps.describe",
    "draw_figure": "hilum.steps.figure",
    "ensemble": "hilum.steps.ensemble",
    "evaluate": "hilum.steps.evaluate",
    "explain": "hilum.steps.explain",
    "export": "hilum.steps.export",
    "find_duplicates": "hilum.steps.duplicates",
    "fetch_collection": "hilum.sources.fetch",
    "load_recipe": "hilum.recipe",
    "localise": "hilum.steps.localise",
    "open_run": "hilum.run",
    "predict": "hilum.steps.predict",
    "random_labels": "hilum.steps.random_labels",
    "read_maps": "hilum.cam_maps",
    "read_slice": "hilum.readers",
    "read_table": "hilum.table",
    "resume": "hilum.steps.resume",
    "sanity": "hilum.steps.sanity",
    "split_table": "hilum.splits",
    "train": "hilum.steps.train",
    "tune": "hilum.steps.tune",
    "write_predictions": "hilum.steps.write_predictions",
    "write_report": "hilum.report",
    "write_table": "hilum.table",
}
"""Public name -> the module that holds it."""

__all__ = sorted(_PUBLIC)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'hilum' has no attribute {name!r}")
    value = getattr(import_module(_PUBLIC[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *_PUBLIC]
