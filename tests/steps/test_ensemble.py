"""An ensemble says what its members say on average, holds all that it needs, and refuses what
can't be averaged."""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid
from untrained_runs import make_untrained

from hilum.cam_maps import in_slice_pixels
from hilum.errors import RunError, StorageError, UsageError
from hilum.run import Run, open_run
from hilum.steps.ensemble import ensemble
from hilum.steps.evaluate import evaluate
from hilum.steps.explain import explain
from hilum.steps.info import describe_run
from hilum.steps.predict import Predicted, predict
from hilum.table import SliceTable, write_table

SLICES = 48
CANCER = "probability_cancer"


@pytest.fixture(scope="module", autouse=True)
def in_short(blank_drawings: None, few_resamples: None, rough_measures: None) -> None:
    """Random weights are those of a user here: what they make of slices counts."""


@pytest.fixture(scope="module")
def made(table: SliceTable, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Three runs, of which one sees another size and so has finer maps; and their ensemble.

    The ensemble is evaluated, all are explained; not to be changed.
    """
    folder = tmp_path_factory.mktemp("made")
    one = make_untrained(folder / "one", table, seed=1)
    two = make_untrained(folder / "two", table, seed=2, size=96)
    raw = make_untrained(folder / "raw", table, seed=3, pretrained=False)
    all_of_them = ensemble([one, str(two.folder), raw.folder], out=folder / "mean")
    evaluate(all_of_them)
    for run in (one, two, raw, all_of_them):
        explain(run, target="cancer")
    return SimpleNamespace(members=[one, two, raw], ensemble=all_of_them)


def said_by(run: Run, paths: Path | list[Path]) -> list[float]:
    """What a run says of cancer in each slice."""
    content = [one for one in predict(run, paths) if isinstance(one, Predicted)]
    return [one.probabilities["cancer"] for one in content]


@pytest.fixture
def pair(table: SliceTable, tmp_path: Path) -> list[Run]:
    """Two small runs that a test may spoil."""
    return [make_untrained(tmp_path / name, table, seed=n) for n, name in enumerate(("a", "b"))]


def test_its_probabilities_are_the_mean_of_its_members(made: SimpleNamespace) -> None:
    output = [np.array(said_by(run, run.table_file)) for run in made.members]
    found = made.ensemble.predictions()
    assert len(found) == SLICES
    np.testing.assert_allclose(found[CANCER], (output[0] + output[1] + output[2]) / 3, atol=1e-12)
    assert max(np.ptp(one) for one in output) > 0.1
    assert abs(output[0] - output[1]).max() > 0.1
    called = np.where(found[CANCER] > 0.5, "cancer", "pneumonia")
    assert found["predicted"].tolist() == called.tolist()
    np.testing.assert_allclose(found[CANCER] + found["probability_pneumonia"], 1, atol=1e-12)


def test_it_is_evaluated_like_any_run(made: SimpleNamespace) -> None:
    metrics = made.ensemble.metrics()
    assert metrics["splits"]["test"]["per_slice"]["n"] == 8
    assert metrics["weights"]["pretrained"] is False
    assert evaluate(made.ensemble, keep_predictions=True) == metrics


def test_a_stream_of_files_is_predicted_as_evaluation_does(
    made: SimpleNamespace, table: SliceTable
) -> None:
    evaluated = made.ensemble.predictions()
    for paths in (made.ensemble.table_file, table.paths()):
        content = said_by(made.ensemble, paths)
        assert len(content) == SLICES
        np.testing.assert_allclose(content, evaluated[CANCER], atol=1e-6)


def test_each_file_is_read_once_for_all_sizes(
    made: SimpleNamespace, table: SliceTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hilum.steps.predict import stream as step

    read: list[Path] = []
    reader = step.read_slice
    monkeypatch.setattr(
        step, "read_slice", lambda path, **how: (read.append(path), reader(path, **how))[1]
    )
    assert len(list(predict(made.ensemble, table.paths()[:5]))) == 5
    assert sorted(read) == sorted(table.paths()[:5])


def test_a_dicom_slice_gets_the_mean_of_what_the_members_say(
    made: SimpleNamespace, tmp_path: Path
) -> None:
    write_ct(tmp_path / "ct.dcm")
    output = [said_by(run, tmp_path) for run in [*made.members, made.ensemble]]
    assert output[3] == pytest.approx([np.mean(output[:3])], abs=1e-9)


def write_ct(path: Path) -> None:
    dataset = Dataset()
    dataset.SOPClassUID = CTImageStorage
    dataset.SOPInstanceUID = generate_uid()
    dataset.Modality = "CT"
    dataset.Rows = dataset.Columns = 40
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelRepresentation, dataset.SamplesPerPixel = 15, 0, 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.RescaleIntercept, dataset.RescaleSlope = -1024, 1
    dataset.PixelData = np.arange(1600, dtype=np.uint16).tobytes()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.save_as(path, enforce_file_format=True)


def test_its_maps_are_the_mean_of_the_members_maps_on_the_finest_grid(
    made: SimpleNamespace,
) -> None:
    maps = [maps_of(run) for run in made.members]
    assert [part.shape for part in maps] == [(8, 2, 2), (8, 3, 3), (8, 2, 2)]
    on_grid = [np.stack([in_slice_pixels(one, (3, 3)) for one in part]) for part in maps]
    expected = (on_grid[0] * 4 / 9 + on_grid[1] + on_grid[2] * 4 / 9) / 3
    found = maps_of(made.ensemble)
    assert found.shape == (8, 3, 3)
    assert found.max() > 0
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-7)


def maps_of(run: Run) -> Any:
    with np.load(run.maps / "maps-0000.npz", allow_pickle=False) as retained:
        assert set(retained["target"]) == {"cancer"}
        return retained["cam_map"]


def test_the_class_explained_is_the_one_that_the_ensemble_calls(
    made: SimpleNamespace, tmp_path: Path
) -> None:
    run = Run(shutil.copytree(made.ensemble.folder, tmp_path / "copy"))
    write_table(made.ensemble.table(), run.table_file)
    explain(run, target="predicted")
    index = pd.read_csv(run.maps / "index.csv", dtype={"slice_id": str}).set_index("slice_id")
    called = made.ensemble.predictions().set_index("slice_id").loc[index.index, "predicted"]
    assert index["target"].tolist() == called.tolist()
    assert set(index["state"]) <= {"ok", "zero map"}


def test_it_holds_its_members_and_says_what_they_are(
    made: SimpleNamespace, table: SliceTable
) -> None:
    run = open_run(made.ensemble.folder)
    assert run.kind == "ensemble"
    content, environment = run.network(), run.environment()
    assert content["title"] == "Ensemble of 3: Net one, Net two, Net raw (random weights)"
    assert content["input"] == {"size": 64}
    assert content["windows"] == ["1400/-700"]
    totals = [one.network()["parameters"]["total"] for one in made.members]
    assert content["parameters"] == {"total": sum(totals), "trained": sum(totals)}
    assert content["members"][1] == {
        "name": "two", "title": "Net two", "origin": "folder w", "pretrained": True, "size": 96,
        "parameters": {"total": totals[1], "trained": totals[1]},
    }  # fmt: skip
    assert environment["seconds"] == 31.5
    assert environment["weights"]["origin"] == "folder w, random"
    assert environment["weights"]["network"] == "resnet10t"
    assert run.table().rows["split"].tolist() == table.rows["split"].tolist()
    for member, copy in zip(made.members, run.member_runs(), strict=True):
        assert copy.folder == run.members / member.folder.name
        assert open_run(copy.folder).recipe() == member.recipe()
        assert copy.weights_file.read_bytes() == member.weights_file.read_bytes()
        assert not copy.metrics_file.exists()


def test_it_needs_its_members_old_folders_no_more(pair: list[Run], tmp_path: Path) -> None:
    run = ensemble(pair, out=tmp_path / "mean")
    before = said_by(run, run.table().paths()[:2])
    for one in pair:
        shutil.rmtree(one.folder)
    assert said_by(run, run.table().paths()[:2]) == before


def test_an_ensemble_takes_part_by_its_members(
    pair: list[Run], table: SliceTable, tmp_path: Path
) -> None:
    third = make_untrained(tmp_path / "other" / "a", table, seed=9)
    run = ensemble([ensemble(pair, out=tmp_path / "two"), third], out=tmp_path / "three")
    assert [one["name"] for one in run.network()["members"]] == ["a", "b", "a-2"]
    assert run.network()["title"] == "Ensemble of 3: 2 x Net a, Net b"


def refused(runs: list[Run], out: Path, kind: type[Exception] = UsageError) -> str:
    before = sorted(out.parent.iterdir())
    with pytest.raises(kind) as caught:
        ensemble(runs, out=out)
    assert sorted(out.parent.iterdir()) == before
    return str(caught.value)


def test_one_run_is_no_ensemble(pair: list[Run], tmp_path: Path) -> None:
    output = refused(pair[:1], tmp_path / "mean")
    assert output == "an ensemble averages at least 2 runs; got 1."
    assert refused([], tmp_path / "mean").endswith("got 0.")


def test_the_same_network_twice_is_refused(pair: list[Run], tmp_path: Path) -> None:
    output = refused([pair[0], pair[1], pair[0]], tmp_path / "mean")
    assert output == (
        f"{tmp_path / 'a'} and {tmp_path / 'a'} hold the same network, and each may be given once."
    )
    copy = Run(shutil.copytree(pair[0].folder, tmp_path / "copy"))
    assert "hold the same network" in refused([pair[0], copy], tmp_path / "mean")


Change = Callable[[pd.DataFrame], pd.DataFrame]


def swapped(rows: pd.DataFrame) -> pd.DataFrame:
    """One patient's two slices go from training to test."""
    group = rows.loc[rows["split"] == "train", "group"].iloc[0]
    return rows.assign(split=rows["split"].mask(rows["group"] == group, "test"))


TABLES: dict[str, tuple[Change, str]] = {
    "other splits": (
        swapped,
        "the column split differs in 2 of 48 slices, so that a test slice of one may have trained "
        "the other.",
    ),
    "fewer slices": (
        lambda rows: rows.iloc[1:],
        "they are of different slices (1 only in the first, 0 only in the second), so that a test "
        "slice of one may have trained the other.",
    ),
    "other labels": (
        lambda rows: rows.assign(label=rows["label"].mask(rows.index == 0, "pneumonia").mask(
            rows.index == len(rows) - 1, "cancer")),
        "the column label differs in ",
    ),
    "other groups": (
        lambda rows: rows.assign(group=rows["group"].mask(rows.index == 3, "somebody")),
        "the column group differs in 1 of 48 slices.",
    ),
    "other windows": (
        lambda rows: rows.assign(window="350/40"),
        "the column window differs in 48 of 48 slices.",
    ),
    "other pictures": (
        lambda rows: rows.assign(path=rows["path"].tolist()[1:] + rows["path"].tolist()[:1]),
        "the pictures differ in 48 of 48 slices of the same slice_id.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", TABLES)
def test_runs_on_other_slices_or_splits_are_refused(
    change: str, pair: list[Run], tmp_path: Path
) -> None:
    alter, output = TABLES[change]
    other = pair[1].table()
    write_table(replace(other, rows=alter(other.rows), lines=np.empty(0)), pair[1].table_file)
    content = refused(pair, tmp_path / "mean")
    assert content.startswith(f"{pair[0].folder} and {pair[1].folder} can't be averaged: ")
    assert output in content


def test_the_order_of_the_rows_does_not_matter(pair: list[Run], tmp_path: Path) -> None:
    other = pair[1].table()
    write_table(replace(other, rows=other.rows.iloc[::-1]), pair[1].table_file)
    run = ensemble(pair, out=tmp_path / "mean")
    assert run.table().rows["slice_id"].tolist() == pair[0].table().rows["slice_id"].tolist()


@pytest.mark.parametrize(
    ("key", "value", "output"),
    [
        ("class_names", ["pneumonia", "cancer"], "the classes of one are cancer, pneumonia, of the "
         "other pneumonia, cancer."),
        ("positive", "pneumonia", "the positive class of one is cancer, of the other pneumonia."),
    ],
)  # fmt: skip
def test_runs_of_other_classes_are_refused(
    key: str, value: object, output: str, pair: list[Run], tmp_path: Path
) -> None:
    change(pair[1].network_file, key, value)
    assert refused(pair, tmp_path / "mean").endswith(f"can't be averaged: {output}")


def change(path: Path, key: str, value: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))


def test_a_cross_validation_is_refused(pair: list[Run], tmp_path: Path) -> None:
    change(pair[1].network_file, "kind", "cross-validation")
    pair[1].predictions_file.touch()
    output = refused(pair, tmp_path / "mean")
    assert output.startswith(
        f"{pair[1].folder} is a cross-validation: each of its folds was tested"
    )


@pytest.mark.parametrize("name", ["network.json", "environment.json", "history.csv", "slices.csv"])
def test_a_run_that_is_not_whole_is_refused_and_nothing_is_left(
    name: str, pair: list[Run], tmp_path: Path
) -> None:
    (pair[1].folder / name).unlink()
    assert f"{pair[1].folder} has no {name}" in refused(pair, tmp_path / "mean", RunError)


def test_facts_that_are_missing_are_named(pair: list[Run], tmp_path: Path) -> None:
    change(pair[1].network_file, "parameters", None)
    assert "network.json or environment.json lacks" in refused(pair, tmp_path / "x", RunError)


def test_a_folder_is_replaced_only_with_force_and_never_with_runs_or_slices_inside(
    pair: list[Run], tmp_path: Path
) -> None:
    run = ensemble(pair, out=tmp_path / "mean")
    with pytest.raises(UsageError, match="exists already"):
        ensemble(pair, out=run.folder)
    run.report_file.touch()
    assert not ensemble(pair, out=run.folder, force=True).report_file.exists()
    with pytest.raises(UsageError, match="holds one of the runs"):
        ensemble(pair, out=pair[0].folder, force=True)
    slices = (pair[0].table().paths()[0].parents[2]).resolve()
    (slices / "network.json").touch()
    with pytest.raises(UsageError, match="holds slices of "):
        ensemble(pair, out=slices, force=True)
    (slices / "network.json").unlink()


def test_a_disk_that_fills_up_leaves_nothing_behind(
    pair: list[Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full, copied = shutil.copyfile, []

    def fills_up(source: Path, target: Path) -> Path:
        copied.append(source)
        if len(copied) == 8:
            raise OSError(errno.ENOSPC, "No space left on device", str(target))
        return Path(full(source, target))

    monkeypatch.setattr(shutil, "copyfile", fills_up)
    output = refused(pair, tmp_path / "mean", StorageError)
    assert output == f"{tmp_path / 'mean'} can't be written: No space left on device."
    assert len(copied) == 8


def test_an_ensemble_without_its_members_is_no_whole_run(pair: list[Run], tmp_path: Path) -> None:
    run = ensemble(pair, out=tmp_path / "mean")
    (run.members / "b" / "weights.safetensors").unlink()
    with pytest.raises(RunError, match=r"members/b has no weights\.safetensors"):
        evaluate(run)
    change(run.network_file, "members", None)
    with pytest.raises(RunError, match="does not list the members"):
        next(predict(run, run.table_file))
    shutil.rmtree(run.members)
    with pytest.raises(RunError, match="is an ensemble without its folder members; make it again"):
        open_run(run.folder)


def test_info_tells_the_members(made: SimpleNamespace) -> None:
    content = describe_run(made.ensemble.folder)
    assert content["network"] == "Ensemble of 3: Net one, Net two, Net raw (random weights)"
    assert [line.partition(",")[0] for line in content["members"]] == [
        "members/one: Net one", "members/two: Net two", "members/raw: Net raw",
    ]  # fmt: skip
    assert ", 96 x 96, " in content["members"][1]
    assert content["members"][2].endswith("weights: random")
    assert content["trained in"].startswith("32 s on ")
    assert content["thresholds"].startswith("0.5 = 0.5")
    auc = made.ensemble.metrics()["splits"]["test"]["per_slice"]["figures"]["auc"]["value"]
    assert content["test AUC per slice"].startswith(f"{auc:.3f} [")


def test_layers_are_asked_of_a_member(made: SimpleNamespace) -> None:
    folder = made.ensemble.folder
    with pytest.raises(UsageError) as caught:
        describe_run(made.ensemble, layers=True)
    assert str(caught.value) == (
        f"{folder} is an ensemble and has no network of its own; take one of its members: "
        f"{folder}/members/one, {folder}/members/raw, {folder}/members/two."
    )
    layers = describe_run(folder / "members" / "two", layers=True)["layers"]
    assert {layer["state"] for layer in layers} == {"trained"}
