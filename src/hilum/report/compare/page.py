"""From comparison.json to the other files of a comparison; no metric is computed here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from hilum.report.canvas import Drawing
from hilum.report.compare.curves import small_curves
from hilum.report.compare.figures import all_roc, roc_corner, short_names, trade_off
from hilum.report.compare.precision_recall import (
    all_precision_recall,
    average_precision,
    has_precision_recall,
)
from hilum.report.compare.tables import (
    METRIC_NAMES,
    difference_rows,
    elsewhere_names,
    elsewhere_of,
    further_names,
    kind_in_words,
    millions,
    table_markdown,
    table_rows,
)
from hilum.report.intervals import Bar, intervals
from hilum.report.metric_titles import CLASS_TITLES, PROBES
from hilum.report.numbers import (
    MISSING,
    fixed,
    has_exact,
    interval,
    known,
)
from hilum.report.page import fill_page
from hilum.report.statements import verdict
from hilum.storage.atomic import write_text
from hilum.table import write_csv

__all__ = ["comparison_drawings", "render_comparison", "write_comparison"]

GOOD = 0.9
"""If half of the AUCs are at least this, curves meet in the corner, which is drawn larger."""
BAR_NAME = 36
"""Letters of a name that fit next to an interval."""
SECONDS_A_MINUTE = 60
LEAST_SHOWN_P = 0.0001
"""A smaller p is not written out."""
SMALL = 0.0005
"""A difference that three decimals would round to nothing."""

Content = Mapping[str, Any]


def write_comparison(content: Content, folder: Path) -> None:
    """Write table.md, table.csv, differences.csv, figures/*.svg and comparison.html.

    Args:
        content: what comparison.json holds.
        folder: where to.

    Raises:
        StorageError: the disk refused.
    """
    found = comparison_drawings(content)
    write_text(folder / "table.md", table_markdown(content))
    write_csv(table_rows(content), folder / "table.csv", escape=True)
    write_csv(difference_rows(content), folder / "differences.csv", escape=True)
    for name, drawing in found.items():
        write_text(folder / "figures" / f"{name}.svg", drawing.svg)
    write_text(folder / "comparison.html", _page(content, found))


def render_comparison(content: Content) -> str:
    """Return comparison.html: one self-contained page, no script, nothing loaded from elsewhere."""
    return _page(content, comparison_drawings(content))


def comparison_drawings(content: Content) -> dict[str, Drawing]:
    """Return the figures of a comparison by name (`roc` becomes figures/roc.svg)."""
    runs = content["runs"]
    borders = [border for one in content["sets"] for border in one["borders"]]
    bars = _bars(runs, borders)
    listing = "; ".join(f"{bar.label}: AUC {fixed(bar.estimate['value'])} "
                     f"({interval(bar.estimate) or 'no interval'})" for bar in bars)  # fmt: skip
    found = {"auc": Drawing(intervals(bars), f"{listing}.")}
    areas = [run["per_slice"]["figures"]["auc"]["value"] for run in runs]
    defined = [area for area in areas if area is not None]
    if defined:
        found["roc"] = Drawing(all_roc(runs, borders), f"ROC curves. {listing}.")
        if median(defined) >= GOOD:
            corner = "The upper left corner of the ROC curves, drawn larger."
            found["roc_corner"] = Drawing(roc_corner(runs, borders), corner)
        if any(has_precision_recall(run) for run in runs):
            areas_text = "; ".join(f"{run['name']}: {average_precision(run)}" for run in runs)
            text = f"Precision-recall curves. Average precision: {areas_text}."
            found["pr"] = Drawing(all_precision_recall(runs), text)
    found |= _costs(runs)
    with_history = [run for run in runs if run["history"]]
    for number, svg in enumerate(small_curves(runs), start=1):
        run = with_history[number - 1]
        description = f"{run['name']}: loss, AUC and accuracy over {len(run['history'])} epochs."
        found[f"curves_{number}"] = Drawing(svg, description)
    return found


def _costs(runs: Sequence[Mapping[str, Any]]) -> dict[str, Drawing]:
    """Return accuracy against parameters and against time, each where any run tells it."""
    parameters = [run["parameters"] and run["parameters"].get("total") for run in runs]
    costs = {
        "parameters": ("Parameters (millions)", [p / 1e6 if p else None for p in parameters]),
        "time": (
            "Training time (minutes)",
            [run["seconds"] / SECONDS_A_MINUTE if run["seconds"] else None for run in runs],
        ),
    }
    found = {}
    for name, (axis, values) in costs.items():
        shown = [
            f"{run['name']}: {value:.3g}, accuracy {_accuracy(run)}"
            for run, value in zip(runs, values, strict=True)
            if value is not None
        ]
        if shown:
            description = f"{axis} and accuracy. " + "; ".join(shown) + "."
            found[name] = Drawing(trade_off(runs, values, axis=axis), description)
    return found


def _bars(runs: Sequence[Mapping[str, Any]], borders: Sequence[Mapping[str, Any]]) -> list[Bar]:
    """Return the AUC of every network, then of the border alone."""
    bars = [
        Bar(name, run["per_slice"]["figures"]["auc"], is_probe=False)
        for run, name in zip(runs, short_names(runs, BAR_NAME), strict=True)
    ]
    for border in borders:
        seen = f" ({len(border['runs'])} of {len(runs)} runs)" if len(borders) > 1 else ""
        bars.append(Bar(f"Border alone{seen}", border["auc"], is_probe=True))
    return bars


def _page(content: Content, found: Mapping[str, Drawing]) -> str:
    """Return the filled template."""
    runs = content["runs"]
    page_content = {
        "content": content,
        "metric_names": METRIC_NAMES,
        "further_names": further_names(runs),
        "class_names": CLASS_TITLES,
        "by_name": {run["name"]: run for run in runs},
        "probes": PROBES,
        "randoms": [run["name"] for run in runs if run["pretrained"] is False],
        "clocks": _clocks(runs),
        "exact": has_exact([runs, content["sets"], content["choice"]]),
        "curves": [name for name in found if name.startswith("curves_")],
        "without_curves": [run["name"] for run in runs if not run["history"]],
        "calibrated": [run for run in runs if run["calibration"]],
        "elsewhere": elsewhere_names(runs),
        "shared": [
            (run["name"], one) for run in runs for one in run.get("elsewhere", ()) if one["overlap"]
        ],
        "pointed": [run for run in runs if run["thresholds"]],
        "sources": sorted({s for one in content["sets"] for s in one["design"].get("sources", ())}),
    }
    filters = {
        "millions": millions, "kind": kind_in_words, "verdict": verdict, "signed": _signed,
        "chance": _p_value, "matrix": _matrix(content), "widest": _widest,
        "beyond": _beyond(content), "elsewhere_of": elsewhere_of,
    }  # fmt: skip
    return fill_page(
        "compare.html",
        page_content,
        found,
        styles=("report", "series", "compare"),
        filters=filters,
    )


def _accuracy(run: Mapping[str, Any]) -> str:
    return fixed(run["per_slice"]["figures"]["accuracy"]["value"])


def _clocks(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the processors and devices that the times are of."""
    machines = [
        ", ".join(filter(None, (run["processor"], run["device"]))) for run in runs if run["seconds"]
    ]
    return list(dict.fromkeys(filter(None, machines)))


def _signed(number: float | None) -> str:
    """Return a difference with its sign, a long minus, a fourth decimal where small."""
    if number is None or not known(number):
        return MISSING
    text = f"{number:+.3f}" if abs(number) >= SMALL else f"{number:+.4f}"
    return text.replace("-", "−") if float(text) else "0"


def _p_value(p: float | None) -> str:
    """Return a p: three decimals, four where it is small."""
    if p is None or not known(p):
        return MISSING
    if p < LEAST_SHOWN_P:
        return f"< {LEAST_SHOWN_P}"
    return f"{p:.3f}" if p >= 0.01 else f"{p:.4f}"


def _beyond(content: Content) -> Any:
    """Return the filter that counts the pairs whose adjusted p is below the level."""
    alpha = content["paired"]["alpha"]

    def count(pairs: Sequence[Mapping[str, Any]]) -> str:
        found = sum(pair["p_holm"] is not None and pair["p_holm"] < alpha for pair in pairs)
        return str(found) if found else "none"

    return count


def _widest(pairs: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return pairs by size of their difference, the largest first, those without one last."""
    return sorted(pairs, key=lambda pair: -1.0 if pair["value"] is None else abs(pair["value"]),
                  reverse=True)  # fmt: skip


def _matrix(content: Content) -> Any:
    """Return the filter that makes a matrix of a set's pairs, row minus column."""
    alpha = content["paired"]["alpha"]

    def matrix(one: Mapping[str, Any], unit: str, key: str) -> list[dict[str, Any]]:
        pairs = {(pair["first"], pair["second"]): pair for pair in one["pairs"][unit][key]}
        return [
            {"name": row, "cells": [_cell(pairs, row, column, alpha) for column in one["runs"]]}
            for row in one["runs"]
        ]

    return matrix


def _cell(
    pairs: Mapping[tuple[str, str], Mapping[str, Any]], row: str, column: str, alpha: float
) -> dict[str, str]:
    """Return a cell's text, and its look: `clear` where the pair differs beyond chance."""
    if row == column:
        return {"text": "·", "look": "self"}
    pair = pairs.get((row, column)) or pairs[column, row]
    if pair["value"] is None:
        return {"text": MISSING, "look": "self"}
    value = pair["value"] if pair["first"] == row else -pair["value"]
    clear = pair["p_holm"] is not None and pair["p_holm"] < alpha
    return {"text": _signed(value + 0.0), "look": "clear" if clear else ""}
