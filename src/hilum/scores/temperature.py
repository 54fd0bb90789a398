"""Temperature scaling: one number that makes all probabilities of a network more or less confident.

Each slice counts once, as in the metrics per slice. Guo et al. 2017, On Calibration of Modern
Neural Networks.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hilum.scores.classification import Labelled

__all__ = ["Temperature", "apply_temperature", "fit_temperature"]

Floats = npt.NDArray[np.float64]

SMALLEST = float(np.finfo(np.float32).tiny)
"""Stands for a probability of 0, which has no logarithm: less than this, 1.2e-38, a network that
computes in float32 can't tell from 0."""
SHARPEST, FLATTEST = 0.05, 20.0
"""Bounds of a temperature. Networks of this kind come out between 1 and 5 (Guo et al. 2017, with
rare ones below 1); a fit that runs to a bound has found no temperature."""
TOLERANCE = 1e-7
"""Of the temperature's logarithm: more digits than are ever shown."""
FEW_WRONG = 10
"""With fewer validation slices called wrongly, chance moves the temperature much: it is they that
hold it up, for right ones only ever ask for a lower one."""
UNFITTED = "so no temperature can be fitted, and the probabilities stay the network's own."


@dataclass(frozen=True)
class Temperature:
    """What the network's logits are divided by.

    Attributes:
        temperature: above 1, probabilities become less confident, below 1 more; 1: not fitted.
        fitted: whether the validation slices allow one.
        slices, groups: how many it was fitted on.
        note: a caution for the reader, one sentence; or "".
    """

    temperature: float
    fitted: bool
    slices: int
    groups: int
    note: str

    def as_json(self) -> dict[str, Any]:
        """Return it as network.json and metrics.json hold it."""
        return {"method": "temperature", **asdict(self), "fitted_on": "validation"}


def apply_temperature(probabilities: Floats, temperature: float) -> Floats:
    """Return probabilities (n, classes) scaled by a temperature; rows sum to 1.

    softmax(log(p) / T): the same as dividing the logits (Guo et al. 2017, eq. 9), which differ
    from log(p) by a constant in each row. The highest class stays the highest.

    Args:
        probabilities: (n, classes), 0 to 1, rows sum to 1; zeros count as `SMALLEST`.
        temperature: above 0.
    """
    logits = _logits(probabilities) / temperature
    likelihoods = np.exp(logits - logits.max(axis=1, keepdims=True))
    scaled: Floats = likelihoods / likelihoods.sum(axis=1, keepdims=True)
    return scaled


def fit_temperature(validation: Labelled | None) -> Temperature:
    """Return the temperature with the least negative log-likelihood per slice.

    The likelihood is convex in 1 / T, so there is one optimum, and the same slices give the same
    number. Where every slice is called right, the optimum is T = 0: the more confident, the better.
    Such slices can't show how often a confident network errs, so nothing is fitted then.

    Args:
        validation: slices that took no part in training; None where there are none.
    """
    if validation is None or not len(validation.label):
        return Temperature(1.0, False, 0, 0, f"There are no validation slices, {UNFITTED}")
    n, groups = len(validation.label), len(set(validation.group))
    logits, truth = _logits(validation.probabilities), _truth(validation)
    wrong = int((logits.argmax(axis=1) != truth).sum())
    unfit = _why_unfit(logits, truth, wrong)
    if unfit:
        return Temperature(1.0, False, n, groups, f"{unfit}, {UNFITTED}")
    found = _least(logits, truth)
    if np.isclose(found, SHARPEST, rtol=1e-3):
        reason = f"The fit on {n} validation slices runs to its lower bound of {SHARPEST:g}"
        return Temperature(1.0, False, n, groups, f"{reason}, {UNFITTED}")
    return Temperature(found, True, n, groups, _note(found, wrong, n))


def _logits(probabilities: Floats) -> Floats:
    logits: Floats = np.log(np.maximum(probabilities, SMALLEST))
    return logits


def _truth(cases: Labelled) -> npt.NDArray[np.intp]:
    """Return (n,) the column of each case's label."""
    column_of = {name: column for column, name in enumerate(cases.class_names)}
    return np.array([column_of[label] for label in cases.label], dtype=np.intp)


def _least(logits: Floats, truth: npt.NDArray[np.intp]) -> float:
    """Return the temperature between the bounds with the least negative log-likelihood."""
    from scipy.optimize import minimize_scalar  # predicting imports this module without scipy
    from scipy.special import log_softmax

    rows = np.arange(len(truth))

    def loss(log_temperature: float) -> float:
        scaled = log_softmax(logits / np.exp(log_temperature), axis=1)
        return float(-scaled[rows, truth].mean())

    found = minimize_scalar(
        loss,
        bounds=(np.log(SHARPEST), np.log(FLATTEST)),
        method="bounded",
        options={"xatol": TOLERANCE},
    )
    return round(float(np.exp(found.x)), 6)


def _why_unfit(logits: Floats, truth: npt.NDArray[np.intp], wrong: int) -> str:
    """Return why these slices allow no temperature, as the beginning of a sentence; or ""."""
    n = len(truth)
    if len(set(truth.tolist())) < 2:
        return f"The {n} validation slices are of one class only"
    if np.ptp(logits, axis=1).max() == 0:
        return f"Each of the {n} validation slices got equal probabilities for all classes"
    if wrong == 0:
        return (
            f"All {n} validation slices are classified correctly: they can't show how often the "
            "network errs when it is confident"
        )
    return ""


def _note(temperature: float, wrong: int, n: int) -> str:
    if np.isclose(temperature, FLATTEST, rtol=1e-3):
        return (
            f"The fit runs to its upper bound of {FLATTEST:g}: on validation slices, equal "
            f"probabilities for all would hardly be worse than the network's."
        )
    if wrong < FEW_WRONG:
        verb = "is" if wrong == 1 else "are"
        called = f"only {wrong} of {n} validation slices {verb} called wrongly"
        return f"It is uncertain: {called}."
    return ""
