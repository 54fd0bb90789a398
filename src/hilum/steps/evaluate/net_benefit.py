"""What a clinician asks of an evaluation: net benefit, and predictive values at a prevalence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from hilum.scores import Labelled, decision_curve, predictive_values

__all__ = ["CALLED", "at_prevalence", "net_benefit", "share_of_positives"]

CALLED = "called"
"""The name, among operating points, of the class called: the most probable one."""


def net_benefit(
    calibrated: Labelled,
    called: Mapping[str, Labelled],
    *,
    prevalence: float | None,
    calibrated_on: float | None,
) -> dict[str, Any]:
    """Return `decision_curve` of metrics.json.

    Args:
        calibrated: predictions with calibrated probabilities.
        called: operating point -> the same predictions with the class called there.
        prevalence: a stated one, 0 to 1, or None.
        calibrated_on: share of positives among the slices that calibration was fitted on, 0 to 1.

    Returns:
        see `hilum.scores.decision_curve`; with a stated prevalence also `predictive_values`: of
        each operating point both values, with intervals. Neither where one class is missing.
    """
    content = decision_curve(calibrated, prevalence=prevalence, of_calibration=calibrated_on)
    return {**content, **at_prevalence(called, prevalence)}


def at_prevalence(called: Mapping[str, Labelled], prevalence: float | None) -> dict[str, Any]:
    """Return `prevalence` and `predictive_values` of metrics.json; {} where none was stated.

    Predictive values follow from recall and specificity, so that no calibration is needed; they
    are left out where one class is missing.

    Args:
        called: operating point -> predictions with the class called there.
        prevalence: a stated one, 0 to 1, or None.
    """
    if prevalence is None:
        return {}
    both = all(0 < cases.is_positive.sum() < len(cases.is_positive) for cases in called.values())
    if not both:
        return {"prevalence": prevalence}
    values = {name: predictive_values(cases, prevalence) for name, cases in called.items()}
    return {"prevalence": prevalence, "predictive_values": values}


def share_of_positives(labels: pd.Series[str], cases: Labelled) -> float | None:
    """Return the share of the positive class among labels that `cases` has; None where 0 or 1."""
    among = labels[labels.isin(list(cases.class_names))]
    share = float((among == cases.positive).mean()) if len(among) else 0.0
    return share if 0 < share < 1 else None
