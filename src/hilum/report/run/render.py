"""From a run folder to report.html."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from hilum.report.canvas import Drawing
from hilum.report.metric_titles import CLASS_TITLES, FURTHER_TITLES, HEADLINE_TITLES, PROBES
from hilum.report.numbers import (
    has_exact,
    signed,
)
from hilum.report.page import fill_page, read_picture
from hilum.report.repeated import repeated_page
from hilum.report.run.elsewhere import elsewhere_rows
from hilum.report.run.figures import drawings
from hilum.report.run.files import RunFiles, read_run_files
from hilum.report.run.localisation import MAP_TITLES, METRIC_TITLES
from hilum.report.run.map_cards import KINDS, map_cards
from hilum.report.sanity import sanity_content
from hilum.report.sanity.figures import sanity_drawings
from hilum.report.statements import (
    OUTCOME_WORDS,
    against_border,
    finds_lesions,
    rests_on_lesions,
    trust_weight,
    verdict,
)
from hilum.run import Run
from hilum.run.history import numeric_history
from hilum.run.network import REPEATED
from hilum.run.trust import judge_trust
from hilum.storage.atomic import write_text

__all__ = ["render", "write_report"]

LATER = ("within_source", "parts", "thresholds", "calibration", "decision_curve", "folds")
"""Keys of metrics.json that older runs lack."""
COVERED_ROWS = (
    ("auc", "as they are"),
    ("auc_covered", "lesions covered with plain lung"),
    ("fall", "fall, from the first to the second"),
    ("auc_control", "plain lung covered elsewhere"),
)
"""Key of localisation.json, and what the page calls it."""
FOLD_NUMBERS = ("validation_auc", "seconds")
"""Columns of folds.csv that the page writes as numbers."""


def render(folder: Path) -> str:
    """Return the report of a run folder as one self-contained HTML page.

    The page holds no script and loads nothing: styles, figures and pictures are inside. It
    computes no metric; the same run folder gives the same text.

    Raises:
        RunError: the folder lacks what a report is made of; the message says what to run.
        TableError: a CSV file of the run is not a table.
    """
    return _made(Path(folder))[0]


def write_report(folder: Path) -> Path:
    """Write report.html and figures/*.svg into a run folder, replacing older ones.

    Every file is written whole or not at all, report.html last.

    Returns:
        the path of report.html.

    Raises:
        RunError: the folder lacks what a report is made of; nothing is written.
        StorageError: the disk refused.
    """
    run = Run(Path(folder))
    page, drawn = _made(run.folder)
    for name, drawing in drawn.items():
        write_text(run.figures / f"{name}.svg", drawing.svg)
    write_text(run.report_file, page)
    return run.report_file


def _made(folder: Path) -> tuple[str, dict[str, Drawing]]:
    """Return the page of a run and its figures by name."""
    if Run(folder).kind == REPEATED:
        return repeated_page(Run(folder))
    files = read_run_files(folder)
    drawn = _drawings(files)
    return _page(files, drawn), drawn


def _drawings(files: RunFiles) -> dict[str, Drawing]:
    """Return all figures of the page by name."""
    checked = {} if files.sanity is None else sanity_drawings(files.sanity)
    return drawings(files) | checked


def _page(files: RunFiles, drawn: dict[str, Drawing]) -> str:
    """Return the filled template."""
    return fill_page(
        "run.html", _content(files), drawn, styles=("report", "series"), filters={"signed": signed}
    )


def _content(files: RunFiles) -> dict[str, Any]:
    """Return what the template fills in, apart from figures and style."""
    metrics, test = files.metrics, files.metrics["splits"]["test"]
    probe = metrics.get("border_probe")
    figures = test["per_slice"]["figures"]
    trust = judge_trust(Run(files.folder))
    return {
        "metrics": metrics,
        "trust": trust,
        "series": metrics.get("series") or {},
        "trust_says": {"weight": trust_weight(trust), "outcomes": OUTCOME_WORDS},
        "points": (metrics.get("thresholds") or {}).get("points"),
        "calibration": metrics.get("calibration"),
        "benefit": metrics.get("decision_curve"),
        "within": metrics.get("within_source"),
        "parts": metrics.get("parts") or {},
        "elsewhere": elsewhere_rows(files.elsewhere),
        "environment": files.environment,
        "network": files.network,
        "date": _date(str(files.environment["started"])),
        "n_slices": len(files.slices),
        "n_groups": files.slices["group"].nunique(),
        "sources": sorted(files.slices["source"].unique()),
        "verdict": verdict(metrics["design"]),
        "probe": probe,
        "audited": None if files.audit is None else files.audit["checks"].get("run"),
        "probe_titles": PROBES,
        "meaning": against_border(
            probe["test"]["auc"] if probe else None,
            probe["test"].get("network_minus_border") if probe else None,
            level=str(metrics["design"]["level"]),
            leaks=metrics["split"]["leak"]["share_of_test_slices"] > 0,
        ),
        "metric_names": HEADLINE_TITLES,
        "further_names": _further_names(figures),
        "class_names": CLASS_TITLES,
        "exact": has_exact([metrics["splits"], probe, *_later(metrics), *files.elsewhere]),
        "harmonised": _harmonised(files),
        "recipe": _sections(files.recipe),
        "recipe_text": files.recipe_text,
        "epochs": _epochs(files),
        "fold_rows": _fold_rows(files),
        "kinds": KINDS,
        "maps_split": _maps_split(files),
        "localised": files.localisation,
        "found": None
        if files.localisation is None
        else finds_lesions(files.localisation["verdict"]),
        **_covered(files.localisation),
        "found_metrics": METRIC_TITLES,
        "found_maps": MAP_TITLES,
        **(
            {"sanity": None} if files.sanity is None else sanity_content(files.sanity, files.folder)
        ),
        "maps": files.maps,
        "cards": None if files.shown is None else map_cards(files.shown, files.folder),
    }


def _covered(localised: dict[str, Any] | None) -> dict[str, Any]:
    """Return what the page says of slices whose lesions were covered; nothing where none were."""
    covered = (localised or {}).get("lesions_covered")
    if covered is None:
        return {}
    return {"rests": rests_on_lesions(covered), "covered_rows": COVERED_ROWS}


def _harmonised(files: RunFiles) -> tuple[str, str] | None:
    """Return the sheet of harmonised slices, or why it isn't there; None where there are none."""
    if not files.network.get("input", {}).get("harmonise"):
        return None
    return read_picture("harmonised.png", files.folder)


def _further_names(figures: dict[str, Any]) -> dict[str, str]:
    """Return the titles of the metrics beyond the first table that a run has, else their keys."""
    known = {key: title for key, title in FURTHER_TITLES.items() if key in figures}
    others = {key: key for key in figures if key not in HEADLINE_TITLES and key not in known}
    return known | others


def _later(metrics: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the parts of metrics.json that older runs lack."""
    return [metrics[key] for key in LATER if key in metrics]


def _maps_split(files: RunFiles) -> str:
    """Return the split that the maps are of."""
    if files.shown is None or "split" not in files.shown.columns or files.shown.empty:
        return "test"
    return str(files.shown["split"].iloc[0])


def _date(started: str) -> str:
    """Return an ISO 8601 moment as a day in words, or the text itself if it is none."""
    try:
        day = datetime.fromisoformat(started)
    except ValueError:
        return started
    return f"{day.day} {day:%B %Y}"


def _sections(recipe: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Return a recipe's settings as text, by section; those outside a section come first."""
    sections: dict[str, dict[str, str]] = {}
    for key, setting in recipe.items():
        if isinstance(setting, dict):
            sections[key] = {name: _setting(inner) for name, inner in setting.items()}
        else:
            sections.setdefault("recipe", {})[key] = _setting(setting)
    return sections


def _setting(setting: Any) -> str:
    """Return one setting as a reader would write it."""
    if isinstance(setting, bool):
        return "yes" if setting else "no"
    if isinstance(setting, list):
        return ", ".join(map(_setting, setting)) or "none"
    if isinstance(setting, dict):
        return ", ".join(f"{key} {_setting(inner)}" for key, inner in setting.items())
    return f"{setting:g}" if isinstance(setting, float) else str(setting) or "default"


def _fold_rows(files: RunFiles) -> dict[str, dict[str, Any]]:
    """Return fold -> how its training went, numbers where they are such; nothing without folds."""
    if files.folds is None or not {"fold", *FOLD_NUMBERS}.issubset(files.folds.columns):
        return {}
    numbers = {
        key: pd.to_numeric(files.folds[key], errors="coerce").astype(object) for key in FOLD_NUMBERS
    }
    rows = files.folds.assign(**numbers).to_dict("records")
    return {str(row["fold"]): {str(key): cell for key, cell in row.items()} for row in rows}


def _epochs(files: RunFiles) -> dict[str, Any] | None:
    """Return how many epochs were trained and the row of the kept one, or None."""
    if files.history is None:
        return None
    history = numeric_history(files.history)
    best = history[history["best"] == 1].to_dict("records")
    return {"count": len(history), "kept": best[0] if best else None}
