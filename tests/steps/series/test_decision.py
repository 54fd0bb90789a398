"""How a run decides about series: what its evaluation chose, or the default and a remark."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ct_studies import make_described_run

from hilum.errors import UsageError
from hilum.scores.series.joining import Joining
from hilum.steps.series.decision import series_decision

CHOSEN = {
    "joining": {"way": "maximum", "k": None}, "temperature": 2.0,
    "thresholds": {"youden": 0.3}, "note": "Chosen on 12 validation series.",
}  # fmt: skip
SLICES = np.array([[0.2, 0.8], [0.4, 0.6], [0.9, 0.1]])


def test_without_an_evaluation_the_mean_is_taken_and_a_remark_says_so(tmp_path: Path) -> None:
    decision = series_decision(make_described_run(tmp_path / "run"), None)
    assert (decision.joining, decision.threshold) == (Joining("mean"), None)
    assert decision.join(SLICES) == pytest.approx([0.5, 0.5])
    assert decision.calibrate(np.array([0.5, 0.5])) is None
    assert decision.remarks == (
        "How slices are joined was not chosen for this run (`hilum evaluate` does that): the mean "
        "of the lung slices is taken.",
        "No calibrated probability of a series: none was fitted on series.",
    )


def test_what_evaluation_chose_is_used(tmp_path: Path) -> None:
    decision = series_decision(make_described_run(tmp_path / "run", series=CHOSEN), "youden")
    joined = decision.join(SLICES)
    assert joined == pytest.approx([0.9, 0.1])
    assert decision.threshold == 0.3
    calibrated = decision.calibrate(joined)
    assert calibrated == pytest.approx({"cancer": 0.75, "pneumonia": 0.25})  # odds of 9 become 3
    assert decision.remarks == (
        "Slices are joined by the maximum of the lung slices. Chosen on 12 validation series.",
        "A series is called cancer at a probability of 0.3 (youden).",
    )


@pytest.mark.parametrize(
    ("threshold", "called"), [(None, "pneumonia"), (0.4, "cancer"), ("0.45", "pneumonia")]
)
def test_a_threshold_decides_instead_of_the_most_probable_class(
    threshold: float | str | None, called: str, tmp_path: Path
) -> None:
    decision = series_decision(make_described_run(tmp_path / "run"), threshold)
    assert decision.call(np.array([0.42, 0.58])) == called


@pytest.mark.parametrize("threshold", [1.5, -0.1, "best"])
def test_a_threshold_that_is_none_is_refused(threshold: float | str, tmp_path: Path) -> None:
    run = make_described_run(tmp_path / "run")
    with pytest.raises(UsageError, match="the run has no operating points for series"):
        series_decision(run, threshold)
    chosen = make_described_run(tmp_path / "chosen", series=CHOSEN)
    with pytest.raises(UsageError, match=r"or one of the run's for series \(youden\); got"):
        series_decision(chosen, threshold)


@pytest.mark.parametrize("broken", ["mean", {"joining": {"way": "vote"}, "temperature": -1}])
def test_nonsense_in_the_network_file_is_no_choice(broken: object, tmp_path: Path) -> None:
    decision = series_decision(make_described_run(tmp_path / "run", series=broken), None)
    assert (decision.joining, decision.temperature) == (Joining("mean"), None)
