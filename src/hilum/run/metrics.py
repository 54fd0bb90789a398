"""The content of metrics.json, which a notebook shows as a table."""

from __future__ import annotations

from typing import Any

from hilum.html_table import html_table

__all__ = ["Metrics"]

RESEARCH_USE = "Research use only; not a medical device."

SHOWN = ("validation", "test")
"""The splits that a notebook shows; metrics of the slices trained on would mislead."""


class Metrics(dict[str, Any]):
    """The content of metrics.json: a dict, shown in a notebook with intervals and cautions."""

    def _repr_html_(self) -> str:
        """Return the metrics of validation and test per slice, below them verdict and cautions.

        Of a repeated training the test metrics of each seed and their spread.
        """
        if "seeds" in self:
            return self._seeds_html()
        per_split = {
            split: self["splits"][split]["per_slice"]["figures"]
            for split in SHOWN
            if split in self.get("splits", {})
        }
        names = list(dict.fromkeys(name for metrics in per_split.values() for name in metrics))
        rows = [
            (name, *(_text(metrics.get(name)) for metrics in per_split.values())) for name in names
        ]
        border = self.get("border_probe", {})
        of_border = (_text(border.get(split, {}).get("auc")) for split in per_split)
        rows.append(("auc of the border alone", *of_border))
        level = self.get("interval", {}).get("level", 0.95)
        verdict = self.get("design", {}).get("sentence", "")
        return html_table(
            f"Per slice, with {level:.0%} intervals over groups; positive: {self.get('positive')}",
            ["", *per_split],
            rows,
            notes=" ".join([verdict, *map(str, self.get("cautions", [])), RESEARCH_USE]).strip(),
        )

    def _seeds_html(self) -> str:
        each, spread = self["seeds"]["each"], self["seeds"]["spread"]["per_slice"]
        rows = [
            (name, *(_text(one["per_slice"].get(name)) for one in each), _spread(spread[name]))
            for name in spread
        ]
        notes = [self.get("design", {}).get("sentence", ""), self["seeds"]["sentence"]]
        return html_table(
            f"Test, per slice; positive: {self.get('positive')}",
            ["", *(f"seed {one['seed']}" for one in each), "mean, SD, range"],
            rows,
            notes=" ".join([*notes, *map(str, self.get("cautions", [])), RESEARCH_USE]).strip(),
        )


def _spread(spread: dict[str, Any]) -> str:
    """Return "0.843, 0.012, 0.831 to 0.855" of a spread, a dash where it is undefined."""
    if spread["mean"] is None or spread["standard_deviation"] is None:
        return "–"
    return (
        f"{spread['mean']:.3f}, {spread['standard_deviation']:.3f}, "
        f"{spread['low']:.3f} to {spread['high']:.3f}"
    )


def _text(metric: object) -> str:
    """Return "0.843 (0.690 to 0.968)" of a metric of metrics.json, a dash where it is undefined."""
    if not isinstance(metric, dict) or metric.get("value") is None:
        return "–"
    value, low, high = (metric.get(key) for key in ("value", "low", "high"))
    return f"{value:.3f}" + ("" if low is None or high is None else f" ({low:.3f} to {high:.3f})")
