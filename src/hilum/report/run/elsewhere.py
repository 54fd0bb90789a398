"""Evaluations on other tables as the report shows them: rows of a table and bars of a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hilum.report.intervals import Bar

__all__ = ["elsewhere_bars", "elsewhere_rows"]

Metrics = Mapping[str, Any]

LONGEST = 26
"""Letters of a name that fit next to an interval."""


def elsewhere_rows(evaluations: Sequence[Metrics]) -> list[dict[str, Any]]:
    """Return what the report's table says of each evaluation elsewhere.

    Args:
        evaluations: metrics.json of each.

    Returns:
        `name`, `question` (which classes), `n`, `groups`, metrics `auc`, `border`, `within` and
        `called`, `positive`, and `mark`: why the row is not a clean test, or "".
    """
    return [
        {
            "name": one["name"],
            "question": question(one),
            "positive": one["positive"],
            "n": one["per_slice"]["n"],
            "groups": one["per_slice"]["groups"],
            "auc": one["per_slice"]["figures"]["auc"],
            "border": one["border_probe"]["test"]["auc"],
            "within": one["within_source"]["pooled"],
            "called": one["called_positive"],
            "mark": one["overlap"]["sentence"] if one["overlap"]["slices"] else "",
        }
        for one in evaluations
    ]


def question(one: Metrics) -> str:
    """Return which classes an evaluation is about: "cancer against normal"."""
    others = [name for name in one["class_names"] if name != one["positive"]]
    return f"{one['positive']} against {', '.join(others)}"


def elsewhere_bars(metrics: Metrics, evaluations: Sequence[Metrics]) -> list[Bar]:
    """Return the AUC of network and border on the own test slices, then elsewhere, where defined.

    Args:
        metrics: metrics.json of the run.
        evaluations: metrics.json of each evaluation elsewhere.
    """
    test, probe = metrics["splits"]["test"], metrics.get("border_probe")
    pairs = [("Own test", test["per_slice"]["figures"]["auc"], (probe or {}).get("test"))]
    pairs += [
        (_short(one["name"]) + ("*" if one["overlap"]["slices"] else ""),
         one["per_slice"]["figures"]["auc"], one["border_probe"]["test"])
        for one in evaluations
        if one["per_slice"]["figures"]["auc"]["value"] is not None
    ]  # fmt: skip
    bars = []
    for name, auc, border in pairs:
        bars.append(Bar(name, auc, is_probe=False))
        if border:
            bars.append(Bar("border alone", border["auc"], is_probe=True))
    return bars


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
