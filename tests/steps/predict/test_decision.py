"""How a run decides: what evaluate leaves in network.json, and what predict makes of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hilum.errors import RunError, UsageError
from hilum.run import Run
from hilum.steps.predict.decision import Decision, decision_of, save_operating_points

FACTS = {"class_names": ["cancer", "pneumonia"], "positive": "cancer", "input": {"size": 32}}
FIT = {
    "method": "temperature", "temperature": 2.0, "fitted": True, "slices": 9, "groups": 3,
    "note": "", "fitted_on": "validation",
}  # fmt: skip
POINTS = {"0.5": 0.5, "youden": 0.31}
VERDICT = {
    "level": "no objection",
    "sentence": "No check of the evaluation objects to this run.",
}


def run_with(folder: Path, **more: Any) -> Run:
    (folder / "network.json").write_text(json.dumps({**FACTS, **more}))
    return Run(folder)


def test_the_most_probable_class_is_called_without_a_threshold(tmp_path: Path) -> None:
    decision = decision_of(run_with(tmp_path, thresholds=POINTS, calibration=FIT))
    assert decision == Decision(["cancer", "pneumonia"], "cancer", None, 2.0, ())
    assert decision.call(np.array([[0.4, 0.6], [0.7, 0.3]])) == ["pneumonia", "cancer"]


@pytest.mark.parametrize(
    ("threshold", "at", "words"),
    [
        ("youden", 0.31, "at a probability of 0.31 or more (youden), otherwise the other class."),
        ("0.5", 0.5, "at a probability of 0.5 or more, otherwise the other class."),
        (0.37, 0.37, "at a probability of 0.37 or more, otherwise"),
        ("0.37", 0.37, "at a probability of 0.37 or more, otherwise"),
        (1, 1.0, "at a probability of 1.0 or more, otherwise"),
    ],
)
def test_a_threshold_is_a_name_or_a_number(
    threshold: float | str, at: float, words: str, tmp_path: Path
) -> None:
    run = run_with(tmp_path, thresholds=POINTS, calibration=FIT)
    decision = decision_of(run, threshold)
    assert decision.threshold == at
    assert words in decision.remarks[0]
    assert decision.call(np.array([[at, 1 - at], [at - 0.01, 1.01 - at]])) == [
        "cancer", "pneumonia",
    ]  # fmt: skip


@pytest.mark.parametrize("threshold", ["best", "1.01", -0.1, "nan", "", "Youden", float("inf")])
def test_anything_else_is_refused_with_the_names_there_are(
    threshold: float | str, tmp_path: Path
) -> None:
    run = run_with(tmp_path, thresholds=POINTS, calibration=FIT)
    with pytest.raises(UsageError, match=r"0 to 1, or one of the run's \(0.5, youden\); got '"):
        decision_of(run, threshold)


def test_several_classes_are_parted_into_the_positive_one_and_the_rest(tmp_path: Path) -> None:
    run = run_with(tmp_path, class_names=["normal", "cancer", "pneumonia"], calibration=FIT)
    decision = decision_of(run, 0.2)
    assert decision.call(np.array([[0.5, 0.3, 0.2], [0.3, 0.1, 0.6]])) == ["cancer", "pneumonia"]
    assert decision.remarks == (
        "cancer is predicted at a probability of 0.2 or more, otherwise the most probable other "
        "class.",
    )


def test_probabilities_are_scaled_by_the_temperature(tmp_path: Path) -> None:
    decision = decision_of(run_with(tmp_path, calibration=FIT))
    (calibrated,) = decision.calibrate(np.array([[0.9, 0.1]]))
    assert calibrated == pytest.approx({"cancer": 0.75, "pneumonia": 0.25})  # odds of 9 become 3


def test_a_run_that_was_never_evaluated_has_numbers_but_no_names(tmp_path: Path) -> None:
    run = run_with(tmp_path)
    decision = decision_of(run, 0.3)
    assert decision.calibrate(np.array([[0.9, 0.1]])) == [None]
    assert decision.remarks[0] == (
        f"No calibrated probabilities: {tmp_path} has not been evaluated; run `hilum evaluate`."
    )
    with pytest.raises(UsageError, match="it has none before `hilum evaluate"):
        decision_of(run, "youden")


def test_a_run_without_a_fit_says_why(tmp_path: Path) -> None:
    unfit = {**FIT, "temperature": 1.0, "fitted": False, "note": "All 9 are classified correctly."}
    decision = decision_of(run_with(tmp_path, calibration=unfit))
    assert decision.temperature is None
    assert decision.remarks == ("No calibrated probabilities. All 9 are classified correctly.",)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"calibration": {**FIT, "temperature": 0}}, "calibration, temperature: a number above 0"),
        ({"calibration": {**FIT, "temperature": "hot"}}, "calibration, temperature"),
        ({"calibration": [2.0]}, "calibration, temperature"),
        ({"calibration": FIT, "thresholds": {"youden": 7}}, "thresholds, youden: a probability"),
    ],
)
def test_a_broken_network_json_is_refused(more: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=words):
        decision_of(run_with(tmp_path, **more), "youden" if "thresholds" in more else None)


def metrics(chosen_on: str | None) -> dict[str, Any]:
    points = {"0.5": {"threshold": 0.5, "test": {}}, "youden": {"threshold": None, "note": "none"}}
    return {
        "design": {"level": "crossed"},
        "split": {"leak": {"groups": 0}},
        "thresholds": {"chosen_on": chosen_on, "points": points},
        "calibration": {**FIT, "validation": {"before": {}}, "test": {"before": {}}},
    }


def test_what_was_learnt_is_kept_and_the_rest_of_the_file_stays(tmp_path: Path) -> None:
    run = run_with(tmp_path, title="Net")
    save_operating_points(run, metrics("validation"))
    once = run.network_file.read_bytes()
    assert json.loads(once) == {
        **FACTS, "title": "Net", "thresholds": {"0.5": 0.5}, "calibration": FIT,
        "verdict": VERDICT,
    }  # fmt: skip
    save_operating_points(run, metrics("validation"))
    assert run.network_file.read_bytes() == once


def test_without_validation_nothing_is_kept_and_what_is_old_goes(tmp_path: Path) -> None:
    run = run_with(tmp_path, thresholds=POINTS, calibration=FIT)
    save_operating_points(run, metrics(None))
    assert run.network() == {**FACTS, "verdict": VERDICT}


def test_a_pair_folds_the_other_classes_away(tmp_path: Path) -> None:
    names = ["cancer", "normal", "pneumonia"]
    run = run_with(tmp_path, class_names=names, thresholds=POINTS, calibration=FIT)
    decision = decision_of(run, pair=("cancer", "pneumonia"))
    assert (decision.class_names, decision.positive) == (["cancer", "pneumonia"], "cancer")
    folded = decision.fold(np.array([[0.1, 0.85, 0.05], [0.2, 0.2, 0.6]]))
    assert np.allclose(folded, [[2 / 3, 1 / 3], [0.25, 0.75]])
    assert decision.call(folded) == ["cancer", "pneumonia"]
    assert decision_of(run, 0.7, ("cancer", "pneumonia")).call(folded) == ["pneumonia", "pneumonia"]
    with pytest.raises(UsageError, match=r"two classes of the run \(cancer, normal, pneumonia\)"):
        decision_of(run, pair=("cancer", "benign"))
    with pytest.raises(UsageError, match="give --threshold as a number, got 'youden'"):
        decision_of(run, "youden", ("cancer", "pneumonia"))
