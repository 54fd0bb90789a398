"""How a run decides about a series: joining, temperature and operating points of its evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hilum.errors import UsageError
from hilum.run.network import HasNetworkFile, network_facts
from hilum.scores import apply_temperature, call_at
from hilum.scores.series.joining import Joining, known_joining

__all__ = ["SeriesDecision", "series_decision"]


@dataclass(frozen=True)
class SeriesDecision:
    """How the probabilities of a series' slices become one answer.

    Attributes:
        class_names, positive: as in network.json.
        joining: of the slices.
        threshold: see `hilum.steps.series.answer.SeriesOptions`, as a number.
        temperature: fitted on validation series; None where there is none.
        remarks: what the user must know of it, in sentences.
    """

    class_names: list[str]
    positive: str
    joining: Joining
    threshold: float | None
    temperature: float | None
    remarks: tuple[str, ...]

    def join(self, probabilities: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return (classes,) of a series from (n, classes) of its slices."""
        return self.joining.join(probabilities, self.class_names.index(self.positive))

    def call(self, joined: npt.NDArray[np.float64]) -> str:
        """Return the class called of joined probabilities (classes,)."""
        if self.threshold is None:
            return self.class_names[int(joined.argmax())]
        called = call_at(
            joined[None], self.threshold, class_names=self.class_names, positive=self.positive
        )
        return str(called[0])

    def calibrate(self, joined: npt.NDArray[np.float64]) -> dict[str, float] | None:
        """Return class name -> calibrated probability; None without a temperature."""
        if self.temperature is None:
            return None
        scaled = apply_temperature(joined[None], self.temperature)[0]
        return dict(zip(self.class_names, map(float, scaled), strict=True))


def series_decision(run: HasNetworkFile, threshold: float | str | None) -> SeriesDecision:
    """Return how a run decides about series.

    Args:
        run: a finished run, or a file of `hilum export`.
        threshold: a probability of the positive class, 0 to 1, or the name of an operating point
            that was chosen on validation series.

    Raises:
        UsageError: `threshold` is neither.
        RunError: network.json is broken.
    """
    facts = network_facts(run)
    stored = run.description.content.get("series")
    content: dict[str, Any] = stored if isinstance(stored, dict) else {}
    joining = known_joining(content.get("joining"))
    remarks = []
    if joining is None:
        joining = Joining()
        remarks.append(
            "How slices are joined was not chosen for this run (`hilum evaluate` does that): the "
            "mean of the lung slices is taken."
        )
    else:
        remarks.append(f"Slices are joined by the {joining.sentence()}. {content.get('note', '')}")
    at = _threshold(content, threshold)
    if at is not None:
        named = f" ({threshold})" if threshold in content.get("thresholds", {}) else ""
        remarks.append(f"A series is called {facts.positive} at a probability of {at:g}{named}.")
    temperature = content.get("temperature")
    fitted = float(temperature) if isinstance(temperature, int | float) else 0.0
    if fitted <= 0:
        remarks.append("No calibrated probability of a series: none was fitted on series.")
    return SeriesDecision(
        facts.class_names, facts.positive, joining, at,
        fitted if fitted > 0 else None, tuple(text.strip() for text in remarks),
    )  # fmt: skip


def _threshold(content: dict[str, Any], threshold: float | str | None) -> float | None:
    """Return the probability that a number or a name stands for."""
    if threshold is None:
        return None
    points = content.get("thresholds")
    known: dict[str, float] = points if isinstance(points, dict) else {}
    if isinstance(threshold, str) and threshold in known:
        return float(known[threshold])
    try:
        number = float(threshold)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        names = f", or one of the run's for series ({', '.join(known)})" if known else ""
        hint = "" if known else "; the run has no operating points for series"
        raise UsageError(
            f"threshold must be a probability from 0 to 1{names}; got {threshold!r}{hint}."
        )
    return number
