"""From the folder of a repeated training to its page; no metric is computed here."""

from __future__ import annotations

from typing import Any

from hilum.errors import RunError
from hilum.report.canvas import Drawing
from hilum.report.intervals import Bar, intervals
from hilum.report.metric_titles import FURTHER_TITLES, HEADLINE_TITLES
from hilum.report.numbers import fixed, has_exact, interval
from hilum.report.page import fill_page
from hilum.report.statements import verdict
from hilum.run import Run
from hilum.run.slices_hash import slices_hash

__all__ = ["repeated_page"]


def repeated_page(run: Run) -> tuple[str, dict[str, Drawing]]:
    """Return the report of a repeated training and its figures by name.

    Raises:
        RunError: it was not evaluated, or its slices were changed since.
    """
    metrics = run.metrics()
    if "seeds" not in metrics or metrics.get("slices_sha256") != slices_hash(run.table_file):
        raise RunError(
            f"{run.metrics_file} is not of the slices and seeds of {run.folder}; run: hilum "
            f"evaluate {run.folder}"
        )
    drawn = {"auc": _figure(metrics)}
    known = metrics["seeds"]["spread"]["per_slice"]
    titles = HEADLINE_TITLES | FURTHER_TITLES
    content = {
        "metrics": metrics,
        "seeds": metrics["seeds"],
        "network": run.description,
        "environment": run.environment(),
        "recipe_text": run.recipe_file.read_text(encoding="utf-8"),
        "verdict": verdict(metrics["design"]),
        "headline": HEADLINE_TITLES,
        "names": {key: title for key, title in titles.items() if key in known},
        "exact": has_exact([metrics["seeds"], metrics["border_probe"]]),
    }  # fmt: skip
    page = fill_page(
        "repeated.html", content, drawn, styles=("report", "series", "compare"), filters={}
    )
    return page, drawn


def _figure(metrics: dict[str, Any]) -> Drawing:
    """Return the AUC of each training, and of the border, with their intervals."""
    bars = [
        Bar(f"Seed {one['seed']}", one["per_slice"]["auc"], is_probe=False)
        for one in metrics["seeds"]["each"]
    ]
    bars.append(Bar("Border alone", metrics["border_probe"]["test"]["auc"], is_probe=True))
    listing = "; ".join(
        f"{bar.label}: AUC {fixed(bar.estimate['value'])} "
        f"({interval(bar.estimate) or 'no interval'})"
        for bar in bars
    )
    return Drawing(intervals(bars), f"{listing}.")
