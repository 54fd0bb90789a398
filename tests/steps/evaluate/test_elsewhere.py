"""External validation: a run on slices that it was not trained on."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from untrained_runs import make_untrained

from hilum.errors import ReadError, RunError, TableError, UsageError
from hilum.progress import SILENT
from hilum.run import Run
from hilum.sources import BuildOptions, PhantomSettings, build_table
from hilum.steps.evaluate import evaluate
from hilum.steps.evaluate.elsewhere import ElsewhereOptions, evaluate_elsewhere
from hilum.steps.evaluate.overlap import find_overlap
from hilum.table import SliceTable, write_table


@pytest.fixture(scope="module")
def run(table: SliceTable, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """An untrained network, evaluated on its own slices."""
    run = make_untrained(tmp_path_factory.mktemp("elsewhere") / "run", table, seed=1)
    evaluate(run)
    return run


@pytest.fixture(scope="module")
def other(table: SliceTable, tmp_path_factory: pytest.TempPathFactory) -> SliceTable:
    """Phantom slices of other patients, without those that chance made alike."""
    folder = tmp_path_factory.mktemp("others")
    settings = PhantomSettings(patients=18, slices_per_patient=2, size=96, seed=7)
    built = build_table(
        [("phantom", folder)], out=folder / "clinic.csv", options=BuildOptions(phantom=settings)
    )
    rows = built.table.rows
    renamed = rows.assign(group="other " + rows["group"], patient_id="other " + rows["patient_id"])
    drawn = replace(built.table, rows=renamed)
    return drawn.where(pd.Series(~find_overlap(table, drawn, progress=SILENT).shared))


def relabelled(table: SliceTable, **names: str) -> SliceTable:
    rows = table.rows.assign(label=table.rows["label"].replace(names))
    return replace(table, rows=rows)


def test_metrics_are_those_of_the_predictions_that_are_written(run: Run, other: SliceTable) -> None:
    options = ElsewhereOptions(name="clinic", by=("source", "lesion-size"))
    metrics = evaluate_elsewhere(run, other, options=options)
    folder = run.elsewhere / "clinic"
    rows = pd.read_csv(folder / "predictions.csv")
    expected = roc_auc_score(rows["label"] == "cancer", rows["probability_cancer"])
    assert metrics["per_slice"]["figures"]["auc"]["value"] == pytest.approx(expected, abs=1e-6)
    assert metrics["per_slice"]["n"] == len(rows) == len(other)
    assert metrics == json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    assert set(metrics["parts"]) == {"source", "lesion-size"}
    assert (
        metrics["run"]["test_auc"] == run.metrics()["splits"]["test"]["per_slice"]["figures"]["auc"]
    )


def test_nothing_is_chosen_on_the_new_slices(run: Run, other: SliceTable) -> None:
    before = run.network_file.read_text(encoding="utf-8")
    metrics = evaluate_elsewhere(run, other, options=ElsewhereOptions(name="chosen"))
    assert run.network_file.read_text(encoding="utf-8") == before
    stored = run.network()["thresholds"]
    points = metrics["thresholds"]["points"]
    assert {name: point["threshold"] for name, point in points.items()} == stored
    rows = pd.read_csv(run.elsewhere / "chosen" / "predictions.csv")
    called = rows["probability_cancer"] >= stored["sensitivity-0.95"]
    truth = rows["label"] == "cancer"
    found = points["sensitivity-0.95"]["per_slice"]
    assert sum(map(sum, found["confusion"])) == metrics["per_slice"]["n"]
    assert found["balanced_accuracy"]["value"] == pytest.approx(
        (found["recall"]["value"] + found["specificity"]["value"]) / 2
    )
    assert found["recall"]["value"] == pytest.approx(called[truth].mean(), abs=1e-6)
    assert found["specificity"]["value"] == pytest.approx((~called[~truth]).mean(), abs=1e-6)


def test_a_pair_with_a_label_that_the_run_does_not_know_is_scored_by_the_class_it_knows(
    run: Run, other: SliceTable
) -> None:
    table = relabelled(other, pneumonia="normal")
    options = ElsewhereOptions(name="pair", pair=("cancer", "normal"), prevalence=0.02)
    metrics = evaluate_elsewhere(run, table, options=options)
    rows = pd.read_csv(run.elsewhere / "pair" / "predictions.csv")
    expected = roc_auc_score(rows["label"] == "cancer", rows["probability_cancer"])
    assert metrics["per_slice"]["figures"]["auc"]["value"] == pytest.approx(expected, abs=1e-6)
    assert metrics["class_names"] == ["cancer", "normal"]
    assert "temperature" not in metrics["calibration"]
    curve = metrics["decision_curve"]
    assert "one class of the pair only" in curve["note"] and "network" not in curve
    called = rows["predicted"] == "cancer"
    truth = rows["label"] == "cancer"
    hits, false = called[truth].mean() * 0.02, called[~truth].mean() * 0.98
    shown = curve["predictive_values"]["called"]["positive_predictive_value"]["value"]
    assert shown == pytest.approx(hits / (hits + false), abs=1e-6)


def test_labels_are_mapped_by_name(run: Run, other: SliceTable) -> None:
    table = relabelled(other, pneumonia="COVID")
    options = ElsewhereOptions(name="mapped", renamed={"COVID": "pneumonia"}, prevalence=0.02)
    metrics = evaluate_elsewhere(run, table, options=options)
    plain = evaluate_elsewhere(run, other, options=ElsewhereOptions(name="plain"))
    assert metrics["per_slice"] == plain["per_slice"]
    assert metrics["decision_curve"]["prevalence"] == 0.02
    values = metrics["decision_curve"]["predictive_values"]
    assert set(values) == {"called", *metrics["thresholds"]["points"]}


def test_slices_of_one_label_are_counted_where_a_pair_is_given(run: Run, other: SliceTable) -> None:
    table = relabelled(other.where(other.rows["label"] == "pneumonia"), pneumonia="normal")
    options = ElsewhereOptions(name="one", pair=("cancer", "normal"))
    metrics = evaluate_elsewhere(run, table, options=options)
    rows = pd.read_csv(run.elsewhere / "one" / "predictions.csv")
    called = int((rows["predicted"] == "cancer").sum())
    assert metrics["per_slice"]["figures"]["auc"]["value"] is None
    assert f"{called} of {len(rows)} slices are called cancer" in metrics["sentence"]
    assert metrics["design"]["sentence"] == (
        "All slices are normal: there is no other class to tell from it."
    )


@pytest.mark.parametrize(
    ("names", "options", "error", "message"),
    [
        (
            {"pneumonia": "benign"}, ElsewhereOptions(), TableError,
            r"must be a class of the run \(cancer, pneumonia\); got benign\. Map it with --as "
            r"benign=CLASS, or score two labels alone with --pair cancer:benign\.$",
        ),
        (
            {"pneumonia": "cancer"}, ElsewhereOptions(), TableError,
            r"an AUC needs slices of at least two classes; got cancer only",
        ),
        (
            {}, ElsewhereOptions(pair=("benign", "normal")), UsageError,
            r"--pair needs at least one class of the run \(cancer, pneumonia\); got",
        ),
        (
            {}, ElsewhereOptions(pair=("cancer", "Pneumonia")), UsageError,
            r"--pair needs classes of the run .* or labels of clinic\.csv .*; got 'Pneumonia', "
            r"which is neither\.$",
        ),
        (
            {}, ElsewhereOptions(drop_shared=True, overlapping=True), UsageError,
            r"--drop-shared leaves out .* give one of the two\.$",
        ),
        ({}, ElsewhereOptions(by=("sexe",)), TableError, r"--by needs a column.*got 'sexe'\.$"),
        ({}, ElsewhereOptions(prevalence=1.0), UsageError, r"above 0 and below 1"),
        ({}, ElsewhereOptions(name="../x"), UsageError, r"a name holds letters.*got '\.\./x'"),
        (
            {}, ElsewhereOptions(renamed={"COVID": "cancer"}), TableError,
            r"--as renames a label of the table \(cancer, pneumonia\); got 'COVID'\.$",
        ),
    ],
)  # fmt: skip
def test_what_can_not_be_evaluated_is_refused_and_nothing_is_written(
    run: Run, other: SliceTable, names: dict[str, str], options: ElsewhereOptions,
    error: type[Exception], message: str,
) -> None:  # fmt: skip
    before = sorted(run.folder.rglob("*"))
    with pytest.raises(error, match=message):
        evaluate_elsewhere(run, relabelled(other, **names), options=options)
    assert sorted(run.folder.rglob("*")) == before


def test_a_table_that_shares_patients_with_training_is_refused_and_marked_if_forced(
    run: Run, table: SliceTable
) -> None:
    train = table.part("train")
    with pytest.raises(UsageError, match=r"slices are shared with training: \d+ groups"):
        evaluate_elsewhere(run, train)
    options = ElsewhereOptions(name="seen", overlapping=True)
    metrics = evaluate_elsewhere(run, train, options=options)
    assert metrics["overlap"]["slices"] == len(train)
    assert metrics["sentence"].endswith("Part of these slices was trained on.")


def test_equal_names_count_as_other_patients_where_that_is_said(
    run: Run, table: SliceTable, other: SliceTable
) -> None:
    names = table.part("train").rows["group"].unique()
    rows = other.rows.assign(group=names[0], patient_id="")
    same = replace(other, rows=rows)
    with pytest.raises(UsageError, match=r"1 group\. .*give --unrelated if equal names mean"):
        evaluate_elsewhere(run, same, options=ElsewhereOptions(name="same"))
    options = ElsewhereOptions(name="unrelated", unrelated=True)
    assert evaluate_elsewhere(run, same, options=options)["overlap"]["slices"] == 0


def test_slices_that_training_saw_can_be_left_out(
    run: Run, table: SliceTable, other: SliceTable
) -> None:
    mixed = other.where(pd.Series(other.rows.index < 12))
    seen = table.part("train").rows["group"].iloc[0]
    rows = mixed.rows.assign(group=[seen, seen, *mixed.rows["group"].iloc[2:]], patient_id="")
    options = ElsewhereOptions(name="dropped", drop_shared=True)
    metrics = evaluate_elsewhere(run, replace(mixed, rows=rows), options=options)
    assert metrics["overlap"]["left_out"] == 2
    assert metrics["per_slice"]["n"] == 10


def test_a_near_duplicate_under_another_name_is_found(
    run: Run, table: SliceTable, other: SliceTable, tmp_path: Path
) -> None:
    rows = pd.concat(
        [
            other.rows.assign(path=[str(path) for path in other.paths()]),
            table.part("train")
            .rows.head(1)
            .assign(slice_id="copy", group="somebody else", path="copy.png"),
        ],
        ignore_index=True,
    )
    (tmp_path / "copy.png").write_bytes(table.part("train").paths()[0].read_bytes())
    for number, path in enumerate(rows["path"].iloc[:-1]):
        copy = tmp_path / f"{number}.png"
        copy.write_bytes(Path(path).read_bytes())
        rows.loc[number, "path"] = copy.name
    mixed = SliceTable(rows.assign(mask=""), tmp_path, "mixed.csv")
    write_table(mixed, tmp_path / "mixed.csv")
    with pytest.raises(UsageError, match=r"1 slice that nearly equals a training slice"):
        evaluate_elsewhere(run, tmp_path / "mixed.csv")


def test_an_evaluation_of_the_same_name_is_replaced_by_force_alone(
    run: Run, other: SliceTable
) -> None:
    evaluate_elsewhere(run, other, options=ElsewhereOptions(name="twice"))
    with pytest.raises(UsageError, match="twice"):
        evaluate_elsewhere(run, other, options=ElsewhereOptions(name="twice"))
    again = ElsewhereOptions(name="twice", force=True)
    assert np.isfinite(evaluate_elsewhere(run, other, options=again)["per_slice"]["n"])


def test_a_slice_that_can_not_be_read_is_refused_and_nothing_is_written(
    run: Run, other: SliceTable
) -> None:
    before = sorted(run.folder.rglob("*"))
    paths = ["gone.png", *other.rows["path"].iloc[1:]]
    lost = replace(other, rows=other.rows.assign(path=paths))
    with pytest.raises(ReadError, match=r"row 2, column path: .*gone\.png: there is no such file"):
        evaluate_elsewhere(run, lost, options=ElsewhereOptions(name="lost"))
    assert sorted(run.folder.rglob("*")) == before


def test_a_run_that_was_moved_without_its_slices_is_refused(
    run: Run, other: SliceTable, tmp_path: Path
) -> None:
    moved = tmp_path / "far" / "moved"
    shutil.copytree(run.folder, moved)
    with pytest.raises(RunError, match=r"moved: .* trained on.*Move a run together with its sl"):
        evaluate_elsewhere(moved, other, options=ElsewhereOptions(name="x"))
    assert not (moved / "elsewhere" / "x").exists()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"by": ("sexe",)}, TableError, r"--by needs a column.*got 'sexe'\.$"),
        ({"prevalence": 0.0}, UsageError, r"above 0 and below 1, such as 0\.02; got 0\.$"),
    ],
)
def test_of_the_own_test_slices_the_same_is_refused(
    run: Run, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    before = run.metrics_file.read_bytes()
    with pytest.raises(error, match=message):
        evaluate(run, **options)
    assert run.metrics_file.read_bytes() == before
