"""What each fold of a cross-validation reaches, pairs of classes included."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_runs import Made, made_folds, made_table
from sklearn.metrics import roc_auc_score

from hilum.run import Run
from hilum.scores import Labelled
from hilum.steps.evaluate.fold_metrics import with_folds
from hilum.steps.evaluate.folds import Fold
from hilum.table import SliceTable

NAMES = ["cancer", "benign", "normal"]


def fold_of(run: Run, table: SliceTable, number: str, learnt: list[str]) -> Fold:
    """A fold that leaves out one source, of a network that learnt some classes."""

    class Described(Fold):
        @property
        def learnt(self) -> list[str]:
            return learnt

    own = (table.rows["fold"] == number).to_numpy(dtype=bool)
    return Described(number, run, table, own, "source", f"source {number}")


@pytest.fixture
def three(tmp_path: Path) -> tuple[SliceTable, Labelled, list[Fold]]:
    """Two sources: 1 with cancer and normal, 2 with cancer and benign, which 1 lacks."""
    made = made_table((20, 20))
    rows = made.rows
    number = rows["group"].str.rpartition("-")[2].astype(int) % 2 + 1
    label = rows["label"].where(
        rows["label"] == "cancer", np.where(number == 1, "normal", "benign")
    )
    unlearnt = (number == 2) & (label == "benign")
    split = np.where(unlearnt, "", "test")
    rows = rows.assign(label=label, fold=number.astype(str), split=split, source=number.astype(str))
    table = replace(made, rows=rows)
    rng = np.random.default_rng(0)
    cancer = np.where(label == "cancer", 0.7, 0.4) + rng.uniform(-0.25, 0.25, len(rows))
    benign = np.where(number == 2, 0.0, (1 - cancer) / 2)
    probabilities = np.stack([cancer, benign, 1 - cancer - benign], axis=1)
    predicted = np.array(NAMES, dtype=object)[probabilities.argmax(axis=1)]
    cases = Labelled(
        rows["group"].to_numpy(dtype=object), rows["label"].to_numpy(dtype=object), predicted,
        probabilities, NAMES, "cancer",
    )  # fmt: skip
    run = made_folds(tmp_path / "run", made, Made(), (0.8, 0.9))
    members = [Run(run.members / f"fold-{n}") for n in (1, 2)]
    folds = [
        fold_of(members[0], table, "1", NAMES),
        fold_of(members[1], table, "2", ["cancer", "normal"]),
    ]  # fmt: skip
    return table, cases, folds


def test_a_class_that_could_not_be_learnt_is_scored_by_the_class_that_could(
    three: tuple[SliceTable, Labelled, list[Fold]],
) -> None:
    table, cases, folds = three
    metrics = with_folds({"split": {"leak": {}}}, folds, table, cases, cases)
    first, second = metrics["folds"]["each"]
    assert (first["unlearnt"], second["unlearnt"]) == ([], ["benign"])
    (pair,) = second["pairs"]
    own = folds[1].tested
    expected = roc_auc_score(cases.is_positive[own], cases.probabilities[own, 0])
    assert pair["pair"] == ["cancer", "benign"]
    assert pair["auc"]["value"] == pytest.approx(expected, abs=1e-6)
    assert pair["note"] == "nothing could be trained on benign: scored by the probability of cancer"


def test_a_pair_that_was_learnt_is_scored_by_the_odds_between_the_two(
    three: tuple[SliceTable, Labelled, list[Fold]],
) -> None:
    table, cases, folds = three
    metrics = with_folds({"split": {"leak": {}}}, folds, table, cases, cases)
    (pair,) = metrics["folds"]["each"][0]["pairs"]
    own = folds[0].tested
    odds = cases.probabilities[own, 0] / (cases.probabilities[own, 0] + cases.probabilities[own, 2])
    expected = roc_auc_score(cases.is_positive[own], odds)
    assert pair["auc"]["value"] == pytest.approx(expected, abs=1e-6)
    assert "note" not in pair


def test_the_mean_is_of_the_folds_that_hold_both_classes(
    three: tuple[SliceTable, Labelled, list[Fold]],
) -> None:
    table, cases, folds = three
    content = with_folds({"split": {"leak": {}}}, folds, table, cases, cases)["folds"]
    first, second = content["each"]
    assert second["auc"] is None and second["n"] == 30  # its benign slices are not scored
    assert content["mean"]["auc"]["value"] == first["auc"]
    assert content["standard_deviation"]["auc"] is None
    assert content["left_out"] == "source"
    assert content["sentence"].startswith("Mean test AUC of the 1 of 2 folds that hold both")
