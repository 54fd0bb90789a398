"""Which figures a run has: the files of `figures/`, each with its description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilum.report.canvas import Drawing
from hilum.report.intervals import Bar, intervals
from hilum.report.numbers import fixed, interval
from hilum.report.run.benefit import benefit, has_benefit
from hilum.report.run.confusion import confusion
from hilum.report.run.curves import curves
from hilum.report.run.elsewhere import elsewhere_bars
from hilum.report.run.files import RunFiles
from hilum.report.run.localisation import MetricPanel, localisation, panels_of, size_panels
from hilum.report.run.precision_recall import ClassCurve, class_roc, precision_recall
from hilum.report.run.reliability import reliability
from hilum.report.run.roc import roc
from hilum.run.history import numeric_history

__all__ = ["auc_bars", "drawings"]


def drawings(files: RunFiles) -> dict[str, Drawing]:
    """Return the figures of a run by name (`roc` becomes figures/roc.svg).

    A figure that the run has no numbers for is left out.
    """
    test = files.metrics["splits"]["test"]
    probe = files.metrics.get("border_probe")
    bars = auc_bars(files.metrics)
    drawn = {"intervals": Drawing(intervals(bars), _describe_bars(bars))}
    for name, unit in (("confusion", "per_slice"), ("confusion_groups", "per_group")):
        counts = test[unit].get("confusion")
        if counts:
            svg = confusion(counts, files.metrics["class_names"])
            drawn[name] = Drawing(svg, _describe_confusion(counts, files.metrics["class_names"]))
    curve = _curve(test["per_slice"])
    if curve is not None:
        probe_curve = _curve(probe["test"]) if probe else None
        drawn["roc"] = Drawing(roc(curve, probe_curve), "ROC curves. " + _describe_bars(bars))
    drawn |= _class_curves(test["per_slice"], str(files.metrics["positive"]))
    calibration = (files.metrics.get("calibration") or {}).get("test")
    if calibration:
        drawn["reliability"] = _reliability(calibration, str(files.metrics["positive"]))
    if has_benefit(files.metrics.get("decision_curve")):
        drawn["benefit"] = _benefit(files.metrics["decision_curve"], str(files.metrics["positive"]))
    if files.elsewhere:
        bars = elsewhere_bars(files.metrics, files.elsewhere)
        drawn["elsewhere"] = Drawing(intervals(bars, axis="AUC"), _describe_bars(bars))
    if files.localisation is not None:
        drawn |= _localisation(files.localisation)
    if files.history is not None:
        history = numeric_history(files.history)
        drawn["curves"] = Drawing(
            curves(history, border_auc=_validation_auc(probe)),
            f"Loss, AUC and accuracy over {len(history)} epochs, with the kept epoch marked.",
        )
    return drawn


def _class_curves(per_slice: Mapping[str, Any], positive: str) -> dict[str, Drawing]:
    """Return the precision-recall curve; of several classes, and the ROC, one of each class."""
    classes = per_slice.get("classes") or {
        positive: {**per_slice, "n": per_slice.get("by_class", {}).get(positive)}
    }
    shown = {
        name: of for name, of in classes.items() if of.get("pr") and of["pr"]["recall"] and of["n"]
    }
    drawn = {}
    if shown:
        curves = _curves_of(shown, "pr", ("recall", "precision"), "average_precision", per_slice)
        text = f"Precision-recall curves. Average precision: {_describe_areas(curves)}."
        drawn["pr"] = Drawing(precision_recall(curves), text)
    if len(shown) > 1:
        curves = _curves_of(shown, "roc", ("fpr", "tpr"), "auc", per_slice)
        text = f"ROC curves of each class against the rest. AUC: {_describe_areas(curves)}."
        drawn["class_roc"] = Drawing(class_roc(curves), text)
    return drawn


def _curves_of(
    classes: Mapping[str, Any], key: str, axes: tuple[str, str], area: str, full: Mapping[str, Any]
) -> list[ClassCurve]:
    """Return the curves under `key` of the classes, with their `area` among the metrics."""
    return [
        ClassCurve(
            name, of[key][axes[0]], of[key][axes[1]], of["figures"][area]["value"],
            of["n"] / sum(full["by_class"].values()),
        )
        for name, of in classes.items()
    ]  # fmt: skip


def _describe_areas(curves: list[ClassCurve]) -> str:
    return ", ".join(f"{curve.name} {fixed(curve.area)}" for curve in curves)


def _reliability(test: Mapping[str, Any], positive: str) -> Drawing:
    """Return the reliability curve of the test slices, before and, where fitted, after scaling."""
    content = {key: test[key]["reliability"] for key in ("before", "after") if key in test}
    svg = reliability(content["before"], content.get("after"), positive=positive)
    name, bins = (
        ("Calibrated", content["after"]) if "after" in content else ("Network", content["before"])
    )
    parts = [
        f"predicted {fixed(part['probability'], 2)}, "
        f"observed {fixed(part['observed']['value'], 2)} "
        f"({part['n']} slices)"
        for part in bins
    ]
    return Drawing(
        svg, f"Reliability of the probability of {positive}. {name}: {'; '.join(parts)}."
    )


def _benefit(curve: Mapping[str, Any], positive: str) -> Drawing:
    """Return the decision curve of the test slices."""
    spans = [f"{fixed(first, 2)} to {fixed(last, 2)}" for first, last in curve["best"]]
    text = f"Net benefit of calling {positive}, by threshold probability. "
    text += f"Better than treating all and none: {', '.join(spans) or 'nowhere'}."
    return Drawing(benefit(curve, positive=positive), text)


def _localisation(content: Mapping[str, Any]) -> dict[str, Drawing]:
    """Return the metrics of the maps and their controls: of all lesions, and by size."""
    summaries = content["regions"][content["region"]]
    parts = {
        "localisation": panels_of(summaries["all"], ("pointing", "energy", "over_half", "iou")),
        "localisation_sizes": size_panels(summaries, "pointing"),
    }
    return {
        name: Drawing(localisation(panels), _describe_panels(panels))
        for name, panels in parts.items()
    }


def _describe_panels(panels: list[MetricPanel]) -> str:
    parts = [
        f"{panel.title}: "
        + ", ".join(
            f"{title} {fixed(figure['value'], 2)} ({interval(figure) or 'no interval'})"
            for title, figure in panel.bars
        )
        for panel in panels
    ]
    return "; ".join(parts) + "."


def _validation_auc(probe: Mapping[str, Any] | None) -> float | None:
    """Return what the border alone reaches on validation, where it is known."""
    value = ((probe or {}).get("validation") or {}).get("auc", {}).get("value")
    return None if value is None else float(value)


def auc_bars(metrics: Mapping[str, Any]) -> list[Bar]:
    """Return the test AUCs of network and border probe, per slice and per group, where known."""
    test, probe = metrics["splits"]["test"], metrics.get("border_probe")
    bars = [Bar("Network, per slice", test["per_slice"]["figures"]["auc"], is_probe=False)]
    if probe:
        bars.append(Bar("Border, per slice", probe["test"]["auc"], is_probe=True))
    within = (metrics.get("within_source") or {}).get("pooled") or {}
    if within.get("value") is not None:
        bars.append(Bar("Network, within a source", within, is_probe=False))
    bars.append(Bar("Network, per group", test["per_group"]["figures"]["auc"], is_probe=False))
    if probe and probe["test"].get("per_group"):
        bars.append(Bar("Border, per group", probe["test"]["per_group"]["auc"], is_probe=True))
    return bars


def _curve(part: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return an ROC curve that has points, else None."""
    curve = part.get("roc")
    return curve if curve and curve.get("fpr") else None


def _describe_bars(bars: list[Bar]) -> str:
    parts = [
        f"{bar.label}: AUC {fixed(bar.estimate.get('value'))} "
        f"({interval(bar.estimate) or 'no interval'})"
        for bar in bars
    ]
    return "; ".join(parts) + "."


def _describe_confusion(counts: list[list[int]], class_names: list[str]) -> str:
    parts = [
        f"{truth} predicted as {predicted}: {count}"
        for truth, row in zip(class_names, counts, strict=True)
        for predicted, count in zip(class_names, row, strict=True)
    ]
    return "Confusion matrix. " + "; ".join(parts) + "."
