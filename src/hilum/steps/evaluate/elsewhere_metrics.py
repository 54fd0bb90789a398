"""What metrics.json of an evaluation elsewhere says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hilum.audit import judge_design, probe_concern
from hilum.run import Run
from hilum.run.environment import version
from hilum.scores import (
    INTERVAL,
    Labelled,
    apply_temperature,
    as_pair,
    bands,
    bootstrap_weights,
    by_group,
    calibration_of,
    call_at,
    called_metrics,
    interval_of,
    metrics_block,
    parts_block,
    within_source_block,
)
from hilum.scores.interval_text import interval_text
from hilum.splits import unknown_patients
from hilum.steps.evaluate.metrics import group_cautions
from hilum.steps.evaluate.net_benefit import (
    CALLED,
    at_prevalence,
    net_benefit,
    share_of_positives,
)
from hilum.steps.evaluate.overlap import Overlap
from hilum.steps.evaluate.part_columns import Texts
from hilum.steps.evaluate.series import series_elsewhere
from hilum.steps.predict.decision import decision_of, operating_points
from hilum.table import SliceTable

__all__ = ["ElsewhereQuery", "elsewhere_metrics"]

NO_CALIBRATION = "the run knows one class of the pair only: its probability is not one of the pair"


@dataclass(frozen=True)
class ElsewhereQuery:
    """What an evaluation elsewhere was asked.

    Attributes:
        name: of the evaluation.
        pair: two labels, or None for all classes of the run.
        renamed: label of the table -> class of the run.
        prevalence: stated one, or None.
        overlap: what the table shares with training slices.
        parts: column -> (n,) the part that each slice is in.
    """

    name: str
    pair: tuple[str, str] | None
    renamed: Mapping[str, str]
    prevalence: float | None
    overlap: Overlap
    parts: Mapping[str, Texts]


def elsewhere_metrics(
    run: Run, table: SliceTable, cases: Labelled, border: Labelled, query: ElsewhereQuery
) -> dict[str, Any]:
    """Return the content of metrics.json.

    Args:
        run: evaluated on other slices.
        table: the n slices that are scored.
        cases, border: the slices as the network and as the border alone see them, in the run's
            classes.
        query: what for.
    """
    pair = query.pair
    known = pair is None or set(pair) <= set(cases.class_names)
    scored = _of_pair(cases, pair)
    probe = _of_pair(border, pair)
    source = table.rows["source"].to_numpy(dtype=object)
    metrics: dict[str, Any] = {
        "hilum": version(),
        "name": query.name,
        "positive": scored.positive,
        "class_names": list(scored.class_names),
        "pair": None if pair is None else list(pair),
        "renamed": dict(query.renamed),
        "overlap": query.overlap.as_json(),
        "interval": INTERVAL,
        "design": judge_design(table, positive=scored.positive).as_json(),
        "cautions": [*unknown_patients(table), *group_cautions(scored, of="evaluated")],
        "border_probe": probe_concern({"test": scored}, {"test": probe}).as_json(),
        "per_slice": metrics_block(scored),
        "per_group": metrics_block(by_group(scored)),
        "series": series_elsewhere(run, table, scored),
        "called_positive": _called_positive(scored),
        "within_source": within_source_block(scored, source),
        "parts": {
            column: parts_block(scored, parts)
            for column, parts in {"source": bands(source), **query.parts}.items()
        },
        "thresholds": _points(run, cases, scored),
        "calibration": _calibration(run, cases, pair) if known else {"note": NO_CALIBRATION},
        "decision_curve": _curve(run, cases, scored, query, known=known),
        "run": _of_run(run),
    }
    return {**metrics, "sentence": _sentence(metrics)}


def _called_positive(scored: Labelled) -> dict[str, Any]:
    """Return the share of the slices that are called positive, with its interval."""
    called = (scored.predicted == scored.positive).astype(np.float64)
    weights = bootstrap_weights(scored.group, scored.label)
    draws = np.concatenate([part @ called / part.sum(axis=1) for part in weights])
    return interval_of(float(called.mean()), draws, groups=len(set(scored.group))).as_json()


def _of_pair(cases: Labelled, pair: tuple[str, str] | None) -> Labelled:
    return cases if pair is None else as_pair(cases, *pair)


def _points(run: Run, cases: Labelled, scored: Labelled) -> dict[str, Any]:
    """Return the run's stored operating points, and what they give on these slices."""
    points = operating_points(run)
    positive = cases.positive
    if not points or positive not in scored.class_names:
        note = (
            "the run has none: it was not evaluated, or has no validation slices"
            if not points
            else f"they are thresholds on {positive}, which is not of the pair"
        )
        return {"chosen_on": "validation", "points": {}, "note": note}
    per_slice = called_metrics({n: _called(cases, scored, at) for n, at in points.items()})
    per_group = called_metrics({n: _called_groups(cases, scored, at) for n, at in points.items()})
    found = {
        name: {"threshold": at, "per_slice": per_slice[name], "per_group": per_group[name]}
        for name, at in points.items()
    }
    return {"chosen_on": "validation", "points": found}


def _called(cases: Labelled, scored: Labelled, threshold: float) -> Labelled:
    """Return the scored slices with the class called at a threshold on the run's own score."""
    names = list(cases.class_names)
    if list(scored.class_names) == names:
        called = call_at(cases.probabilities, threshold, class_names=names, positive=cases.positive)
        return replace(scored, predicted=called)
    other = next(name for name in scored.class_names if name != cases.positive)
    called = np.where(cases.score >= threshold, cases.positive, other).astype(object)
    return replace(scored, predicted=called)


def _called_groups(cases: Labelled, scored: Labelled, threshold: float) -> Labelled:
    """Return one case a group, called by its mean probability."""
    grouped = by_group(scored)
    own = by_group(replace(cases, label=scored.label))
    return _called(own, grouped, threshold)


def _calibration(run: Run, cases: Labelled, pair: tuple[str, str] | None) -> dict[str, Any]:
    """Return how far the run's calibrated probabilities hold on these slices."""
    temperature = decision_of(run).temperature
    found: dict[str, Any] = {"temperature": temperature}
    found["before"] = calibration_of(_of_pair(cases, pair))
    if temperature is not None:
        found["after"] = calibration_of(_of_pair(_scaled(cases, temperature), pair))
    return found


def _scaled(cases: Labelled, temperature: float) -> Labelled:
    return replace(cases, probabilities=apply_temperature(cases.probabilities, temperature))


def _curve(
    run: Run, cases: Labelled, scored: Labelled, query: ElsewhereQuery, *, known: bool
) -> dict[str, Any]:
    """Return net benefit, and predictive values where a prevalence is stated.

    Where the run doesn't know both classes there is no calibrated probability, so no net benefit.
    """
    points = operating_points(run) if cases.positive in scored.class_names else {}
    called = {name: _called(cases, scored, threshold) for name, threshold in points.items()}
    called = {CALLED: scored, **called}
    if not known:
        return {"note": NO_CALIBRATION, **at_prevalence(called, query.prevalence)}
    temperature = decision_of(run).temperature
    scaled = cases if temperature is None else _scaled(cases, temperature)
    return net_benefit(
        _of_pair(scaled, query.pair),
        called,
        prevalence=query.prevalence,
        calibrated_on=share_of_positives(run.table().part("validation").rows["label"], scored),
    )


def _of_run(run: Run) -> dict[str, Any]:
    """Return the run's own test AUC, for comparison; None where it was not evaluated."""
    if not run.metrics_file.is_file():
        return {"test_auc": None, "test_border_auc": None}
    metrics = run.metrics()
    return {
        "test_auc": metrics["splits"]["test"]["per_slice"]["figures"]["auc"],
        "test_border_auc": metrics["border_probe"]["test"]["auc"],
    }


def _sentence(metrics: dict[str, Any]) -> str:
    """Say what the run reaches here, next to what it reaches on its own test slices."""
    per_slice = metrics["per_slice"]
    auc, own = per_slice["figures"]["auc"], metrics["run"]["test_auc"]
    others = ", ".join(name for name in metrics["class_names"] if name != metrics["positive"])
    shared = " Part of these slices was trained on." if metrics["overlap"]["slices"] else ""
    suffix = (
        f"; on its own test slices {own['value']:.3f}"
        if own is not None and own["value"] is not None
        else ""
    )
    if auc["value"] is None:
        called = per_slice["confusion"]
        first = metrics["class_names"].index(metrics["positive"])
        count = sum(row[first] for row in called)
        share = interval_text(metrics["called_positive"])
        return (
            f"{metrics['name']}: {count} of {per_slice['n']} slices are called "
            f"{metrics['positive']}, {share}; {auc['note']}, so there is no AUC.{shared}"
        )
    return (
        f"{metrics['name']}, {metrics['positive']} against {others}: AUC {auc['value']:.3f} "
        f"({auc['low']:.3f} to {auc['high']:.3f}){suffix}.{shared}"
    )
