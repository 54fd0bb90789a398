"""The files of a run folder that a report is made of, read and checked."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from hilum.cam_maps import FACTS, MapsFacts, read_maps_facts
from hilum.errors import RunError
from hilum.run import Run
from hilum.run.audit import read_audit
from hilum.run.elsewhere import read_elsewhere
from hilum.run.slices_hash import slices_hash
from hilum.storage.json_file import read_json
from hilum.table import read_csv

__all__ = ["RunFiles", "read_run_files"]

_FROM_TRAIN = ("recipe.toml", "slices.csv", "environment.json", "network.json")
_FROM_EVALUATE = ("metrics.json", "predictions.csv")

_MAKERS = {
    **dict.fromkeys(_FROM_EVALUATE, "evaluate"),
    "localisation.json": "explain",
    "sanity.json": "sanity",
}
"""The commands that write what train does not."""

_NEEDED_KEYS = {
    "metrics.json": ("class_names", "positive", "interval", "design", "split", "splits"),
    "environment.json": ("hilum", "command", "started", "weights"),
    "network.json": ("title", "class_names"),
    "localisation.json": ("split", "target", "region", "regions", "verdict", "notes"),
    "sanity.json": ("different_slices", "randomisation", "runs", "deletion", "insertion"),
}
"""Without these there is no report; every other key may be missing and is then left out."""


@dataclass(frozen=True)
class RunFiles:
    """What lies in a run folder, as read.

    Attributes:
        folder: the run folder.
        recipe: recipe.toml, parsed; `recipe_text` is its text as written. Both are empty for an
            ensemble, which has none of its own.
        environment, network, metrics: the JSON files of these names.
        slices: slices.csv, every cell text.
        history: history.csv, or None where the run has none.
        shown: maps/shown.csv, or None where no maps were made.
        folds: folds.csv of a cross-validation, or None.
        localisation: localisation.json, or None where no lesion was looked for.
        sanity: sanity/sanity.json, or None where the maps were not checked.
        maps: maps/maps.json, or None where there is none.
        elsewhere: metrics.json of each evaluation on another table, by name.
        audit: audit/audit.json, or None where the run's slices, as they are now, were not audited.
    """

    folder: Path
    recipe: dict[str, Any]
    recipe_text: str
    environment: dict[str, Any]
    network: dict[str, Any]
    metrics: dict[str, Any]
    slices: pd.DataFrame
    history: pd.DataFrame | None
    shown: pd.DataFrame | None
    folds: pd.DataFrame | None = None
    localisation: dict[str, Any] | None = None
    sanity: dict[str, Any] | None = None
    maps: MapsFacts | None = None
    elsewhere: Sequence[dict[str, Any]] = ()
    audit: dict[str, Any] | None = None


def read_run_files(folder: Path) -> RunFiles:
    """Read what a report needs from a run folder.

    Raises:
        RunError: a file is missing or broken; the message names it and the command that writes it.
        TableError: a CSV file is not a table.
    """
    _check_present(folder)
    text = "" if _is_ensemble(folder) else (folder / "recipe.toml").read_text(encoding="utf-8")
    metrics = _read_json(folder / "metrics.json")
    if "test" not in metrics["splits"]:
        raise RunError(
            f"{folder / 'metrics.json'} holds no figures of the split 'test', which a report is "
            f"about; run: hilum evaluate {folder}"
        )
    _check_same_table(metrics, folder)
    localised, checked = folder / "localisation.json", folder / "sanity" / "sanity.json"
    return RunFiles(
        folder=folder,
        recipe=_parse_recipe(text, folder),
        recipe_text=text,
        environment=_read_json(folder / "environment.json"),
        network=_with_keys(Run(folder).network(), folder / "network.json"),
        metrics=metrics,
        slices=read_csv(folder / "slices.csv"),
        history=_read_optional(folder / "history.csv"),
        shown=_read_optional(folder / "maps" / "shown.csv"),
        folds=_read_optional(folder / "folds.csv"),
        localisation=_read_json(localised) if localised.is_file() else None,
        sanity=_read_json(checked) if checked.is_file() else None,
        maps=read_maps_facts(folder / "maps") if (folder / "maps" / FACTS).is_file() else None,
        elsewhere=read_elsewhere(Run(folder)),
        audit=read_audit(Run(folder)),
    )


def _check_same_table(metrics: dict[str, Any], folder: Path) -> None:
    """Raise RunError where slices.csv was changed after it was evaluated."""
    evaluated = metrics.get("slices_sha256")  # older versions did not write it
    if evaluated and evaluated != slices_hash(folder / "slices.csv"):
        raise RunError(
            f"{folder / 'slices.csv'} was changed after metrics.json was written, so the metrics "
            f"are not of these slices; run: hilum evaluate {folder}"
        )


def _check_present(folder: Path) -> None:
    """Raise RunError where the folder, or a file that a report can't do without, is missing."""
    if not folder.is_dir():
        raise RunError(f"there is no run folder {folder}; give the folder that hilum train wrote.")
    for name in _FROM_TRAIN[1:] if _is_ensemble(folder) else _FROM_TRAIN:
        if not (folder / name).is_file():
            raise RunError(
                f"{folder} is not a finished run: {name} is missing; "
                f"give the folder that hilum train wrote."
            )
    for name in _FROM_EVALUATE:
        if not (folder / name).is_file():
            raise RunError(
                f"{folder} has no {name} yet, and a report computes nothing itself; "
                f"run: hilum evaluate {folder}"
            )


def _is_ensemble(folder: Path) -> bool:
    """Whether the run is an ensemble, which was not trained by a recipe."""
    return Run(folder).kind == "ensemble"


def _read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file, with the keys that a report needs."""
    remedy = f"write it again with hilum {_maker(path)}"
    return _with_keys(read_json(path, remedy=remedy), path)


def _with_keys(content: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return the object of a JSON file after checking the keys that a report needs."""
    missing = [key for key in _NEEDED_KEYS[path.name] if key not in content]
    if missing:
        raise RunError(f"{path} lacks {missing[0]!r}; write it again with hilum {_maker(path)}.")
    return content


def _maker(path: Path) -> str:
    """Return the command that writes a file of the run."""
    return _MAKERS.get(path.name, "train")


def _parse_recipe(text: str, folder: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RunError(f"{folder / 'recipe.toml'} is not TOML: {error}.") from None


def _read_optional(path: Path) -> pd.DataFrame | None:
    """Return a table, or None where there is no file or it has no rows."""
    if not path.is_file():
        return None
    rows = read_csv(path)
    return None if rows.empty else rows
