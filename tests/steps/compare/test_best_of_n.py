"""The best of several cross-validations by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_runs import Made, made_folds, made_table

import hilum
from hilum.errors import RunError
from hilum.steps.compare.best_of_n import choose_in_folds

TABLE = made_table()


def folds(areas: list[float], losses: list[float]) -> pd.DataFrame:
    index = [str(number) for number in range(1, len(areas) + 1)]
    return pd.DataFrame({"validation_auc": areas, "validation_loss": losses}, index=index)


def test_each_fold_takes_the_highest_validation_auc_then_the_lowest_loss_then_the_first() -> None:
    first = folds([0.9, 0.8, 0.8, np.nan], [0.1, 0.4, 0.3, 0.1])
    second = folds([0.8, 0.8, 0.8, 0.2], [0.1, 0.3, 0.3, 0.9])
    assert choose_in_folds([first, second]) == {"1": 0, "2": 1, "3": 0, "4": 1}


def test_the_chosen_predictions_are_the_out_of_fold_ones_of_each_folds_network(
    tmp_path: Path,
) -> None:
    """A is right in fold 1 only, B in fold 2 only; chosen so, all is right."""
    fold = TABLE.rows["group"].str.rpartition("-")[2].astype(int) % 2 + 1
    truth = np.where(TABLE.rows["label"] == "cancer", 0.75, 0.25)
    for name, number in {"a": 1, "b": 2}.items():
        cancer = list(np.where(fold == number, truth, 1 - truth))
        areas = [0.9, 0.1] if number == 1 else [0.1, 0.9]
        made_folds(tmp_path / name, TABLE, Made(title=name, cancer=cancer), areas)
    choice = hilum.compare([tmp_path / "a", tmp_path / "b"], out=tmp_path / "out")["choice"]
    assert [one["name"] for one in choice["folds"]] == ["a", "b"]
    assert choice["per_slice"]["n"] == len(TABLE)
    assert choice["per_slice"]["figures"]["accuracy"]["value"] == 1.0
    # each alone: half of each class is right: 1/4 of pairs won, half tied, 1/4 lost
    assert choice["naive"]["auc"]["value"] == pytest.approx(0.5)
    assert choice["naive"]["optimism"] == pytest.approx(-0.5)
    page = (tmp_path / "out" / "comparison.html").read_text(encoding="utf-8")
    assert "Here that gained nothing, by luck." in page


def test_folds_that_are_not_told_are_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        made_folds(tmp_path / name, TABLE, Made(title=name), [0.9, 0.8])
    runs, path = [tmp_path / "a", tmp_path / "b"], tmp_path / "b" / "folds.csv"
    content = pd.read_csv(path)
    content.iloc[:1].to_csv(path, index=False)
    with pytest.raises(RunError, match=r"folds.csv is not about the folds of predictions.csv"):
        hilum.compare(runs, out=tmp_path / "out")
    content.drop(columns="validation_auc").to_csv(path, index=False)
    with pytest.raises(RunError, match="must have validation_auc and validation_loss of each fold"):
        hilum.compare(runs, out=tmp_path / "out")
    path.unlink()
    with pytest.raises(RunError, match=r"has no folds.csv: it is not a complete cross-validation"):
        hilum.compare(runs, out=tmp_path / "out")
