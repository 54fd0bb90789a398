"""From probabilities to a class: a run's stored thresholds and temperature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hilum.errors import RunError, UsageError
from hilum.run import Run, write_json
from hilum.run.network import HasNetworkFile, network_facts
from hilum.run.verdict import judge_run
from hilum.scores import apply_temperature, call_at
from hilum.scores.pairs import pair_score
from hilum.scores.series.choice import temperature_of

__all__ = ["Decision", "decision_of", "operating_points", "save_operating_points"]

KEYS = ("thresholds", "calibration", "verdict", "series")
"""What evaluate adds to network.json."""


@dataclass(frozen=True)
class Decision:
    """How the probabilities of a run's network become a class, and how they are calibrated.

    Attributes:
        class_names, positive: as in network.json.
        threshold: lowest probability at which the positive class is predicted; None: the class with
            the highest probability is predicted.
        temperature: None where the run has no fitted one.
        remarks: sentences that the user must see.
        of: the network's classes where only a pair of them is asked for, which `class_names` are;
            empty: all are.
    """

    class_names: list[str]
    positive: str
    threshold: float | None = None
    temperature: float | None = None
    remarks: tuple[str, ...] = ()
    of: tuple[str, ...] = ()

    def fold(self, probabilities: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return probabilities (n, the network's classes) as those (n, classes) of `class_names`.

        Of a pair: the odds between its two classes, so that the others have no say.
        """
        if not self.of:
            return probabilities
        first = pair_score(probabilities, list(self.of), *self.class_names)
        return np.stack([first, 1 - first], axis=1)

    def call(self, probabilities: npt.NDArray[np.float64]) -> list[str]:
        """Return the predicted class of each row of probabilities (n, classes)."""
        names = self.class_names
        if self.threshold is None:
            return [names[int(column)] for column in probabilities.argmax(axis=1)]
        called = call_at(probabilities, self.threshold, class_names=names, positive=self.positive)
        return [str(name) for name in called]

    def calibrate(self, probabilities: npt.NDArray[np.float64]) -> list[dict[str, float] | None]:
        """Return class name -> calibrated probability of each row; None without a temperature."""
        if self.temperature is None:
            return [None] * len(probabilities)
        scaled = apply_temperature(probabilities, self.temperature)
        return [dict(zip(self.class_names, map(float, row), strict=True)) for row in scaled]


def save_operating_points(run: Run, metrics: Mapping[str, Any]) -> None:
    """Copy thresholds, temperature and verdict of metrics.json into network.json, for predict.

    Without validation slices there are neither thresholds nor a temperature; those of an older
    evaluation are removed.
    """
    content = {key: value for key, value in run.network().items() if key not in KEYS}
    chosen, fit = metrics["thresholds"], metrics["calibration"]
    if chosen["chosen_on"] is not None:
        points = {name: point["threshold"] for name, point in chosen["points"].items()}
        content["thresholds"] = {name: at for name, at in points.items() if at is not None}
        content["calibration"] = {
            key: value for key, value in fit.items() if key not in ("validation", "test")
        }
        if "series" in metrics:  # not in those of an older version
            content["series"] = _series_content(metrics["series"])
    content["verdict"] = judge_run(metrics)._asdict()
    write_json(content, run.network_file)


def _series_content(block: Mapping[str, Any]) -> dict[str, Any]:
    """Return what network.json holds of series: how their slices are joined, and what follows."""
    points = block["thresholds"].items()
    return {
        **{key: block[key] for key in ("unit", "joining", "note")},
        "thresholds": {name: at for name, at in points if at is not None},
        "temperature": temperature_of(block),
    }


def operating_points(run: HasNetworkFile) -> dict[str, float]:
    """Return the run's stored operating points, name -> probability; none before evaluation."""
    stored = run.description.thresholds
    return {name: threshold for name, threshold in stored.items() if threshold is not None}


def decision_of(
    run: HasNetworkFile,
    threshold: float | str | None = None,
    pair: tuple[str, str] | None = None,
) -> Decision:
    """Return how a run decides.

    Args:
        run: a finished run, or a file of `hilum export`.
        threshold: a probability of the positive class, 0 to 1, or the name of one of the run's
            operating points, such as `youden`; without it the most probable class is predicted.
        pair: two of the run's classes, the positive one first, between which it decides; None:
            between all.

    Raises:
        UsageError: `threshold` is neither, or is named though the run's operating points are not
            of the pair; the run knows a class of the pair not.
        RunError: the run was not evaluated, so it has no named ones; or network.json is broken.
    """
    facts = network_facts(run)
    names, positive = facts.class_names, facts.positive
    if pair is not None:
        _check_pair(names, pair, threshold)
    of = tuple(names) if pair is not None else ()
    names, positive = (list(pair), pair[0]) if pair is not None else (names, positive)
    at = None if threshold is None else _value(run, threshold)
    temperature, remark = _temperature(run)
    remarks = [remark] if remark else []
    if at is not None:
        named = "" if _number(threshold) is not None else f" ({threshold})"
        rest = (
            "otherwise the most probable other class"
            if len(names) > 2
            else "otherwise the other class"
        )
        remarks.append(f"{positive} is predicted at a probability of {at} or more{named}, {rest}.")
    return Decision(names, positive, at, temperature, tuple(remarks), of)


def _check_pair(names: list[str], pair: tuple[str, str], threshold: float | str | None) -> None:
    """Refuse a pair that the run doesn't know, and thresholds that are of other classes."""
    if not set(pair) <= set(names) or pair[0] == pair[1]:
        raise UsageError(
            f"a pair is two classes of the run ({', '.join(names)}), the positive one first; got "
            f"{':'.join(pair)}."
        )
    if threshold is not None and _number(threshold) is None and len(names) > 2:
        raise UsageError(
            f"the run's operating points are of one class against all others, not of "
            f"{':'.join(pair)}; give --threshold as a number, got {threshold!r}."
        )


def _value(run: HasNetworkFile, threshold: float | str) -> float:
    """Return the probability given as a number or by name."""
    number = _number(threshold)
    if number is not None and 0 <= number <= 1:
        return number
    points = run.description.thresholds
    if threshold in points:
        named = points[str(threshold)]
        if named is None:
            raise RunError(
                f"{run.network_file}: thresholds, {threshold}: a probability from 0 to 1 was "
                f"expected; run `hilum evaluate {run.folder}` again."
            )
        return named
    known = f"one of the run's ({', '.join(points)})" if points else "the name of one of the run's"
    hint = "" if points else f"; it has none before `hilum evaluate {run.folder}`"
    raise UsageError(
        f"threshold must be a probability from 0 to 1, or {known}; got {str(threshold)!r}{hint}."
    )


def _temperature(run: HasNetworkFile) -> tuple[float | None, str]:
    """Return the run's temperature, or None and the reason."""
    fit = run.description.calibration
    if fit is None:
        return None, (
            f"No calibrated probabilities: {run.folder} has not been evaluated; run "
            f"`hilum evaluate`."
        )
    if not fit.fitted:
        return None, f"No calibrated probabilities. {fit.note}".rstrip()
    if fit.temperature is None:
        raise RunError(
            f"{run.network_file}: calibration, temperature: a number above 0 was expected; run "
            f"`hilum evaluate {run.folder}` again."
        )
    return fit.temperature, ""


def _number(value: object) -> float | None:
    """Return a number, or parse one; None for anything else, including NaN."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return None if number != number else number
