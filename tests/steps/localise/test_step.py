"""Localise: maps of a run against the lesions of its table, on phantoms and untrained networks."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from hilum.cam_maps import read_maps
from hilum.errors import ReadError, RunError
from hilum.prepare.lesions import has_lesion, lesion_regions
from hilum.report import render
from hilum.run import Run, write_json
from hilum.run.slices_hash import slices_hash
from hilum.scores.localisation import CONTROLS, METRICS, find, metric_column
from hilum.sources import BuildOptions, PhantomSettings, build_table
from hilum.splits import split_table
from hilum.steps.evaluate import evaluate
from hilum.steps.explain import explain
from hilum.steps.localise import localise
from hilum.table import SliceTable, write_table
from tests.untrained_runs import make_untrained

PHANTOMS = PhantomSettings(patients=20, slices_per_patient=2, size=64)


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """An untrained run on phantoms, evaluated, with maps and what they find."""
    folder = tmp_path_factory.mktemp("localised")
    built = build_table(
        [("phantom", folder)], out=folder / "slices.csv", options=BuildOptions(phantom=PHANTOMS)
    )
    run = make_untrained(
        folder / "run", split_table(built.table, fractions=(0.4, 0.2, 0.4)), seed=3
    )
    evaluate(run)
    explain(run)
    localise(run)
    return run


@pytest.fixture
def copied(whole_run: Run, tmp_path: Path) -> Run:
    """The same run, for a test to change; its slices stay where they are."""
    run = Run(tmp_path / "a" / "run")
    shutil.copytree(whole_run.folder, run.folder)
    replace_table(run, whole_run.table())
    return run


def replace_table(run: Run, table: SliceTable) -> None:
    """Write a run's slices.csv as if it had been evaluated so."""
    write_table(table, run.table_file)
    metrics = {**run.metrics(), "slices_sha256": slices_hash(run.table_file)}
    write_json(metrics, run.metrics_file)


def entries(run: Run) -> dict:
    return dict(json.loads(run.localisation_file.read_text(encoding="utf-8")))


def test_every_slice_with_a_lesion_has_a_row_for_its_boxes_and_one_for_its_mask(
    whole_run: Run,
) -> None:
    test = whole_run.table().part("test").rows
    cancer = test[test["label"] == "cancer"]
    rows = pd.read_csv(whole_run.localisation_table)
    assert list(rows["slice_id"]) == [name for name in cancer["slice_id"] for _ in range(2)]
    assert list(rows["region"]) == ["boxes", "mask"] * len(cancer)
    assert set(rows["label"]) == {"cancer"} and set(rows["target"]) == {"cancer"}
    assert rows["size"].isin(["small", "medium", "large"]).all()
    told_of_all = entries(whole_run)
    assert told_of_all["regions"]["boxes"]["all"]["n"] == len(cancer)
    assert told_of_all["region"] == "boxes"


def test_the_figures_of_the_network_are_those_of_its_maps(whole_run: Run) -> None:
    rows = pd.read_csv(whole_run.localisation_table).set_index(["slice_id", "region"])
    table = whole_run.table()
    places = {name: row for row, name in enumerate(table.rows["slice_id"])}
    shares = entries(whole_run)["thresholds"]["shares"]
    for name, cam_map in read_maps(whole_run.maps, slice_ids=set(rows.index.levels[0])):
        for kind, region in lesion_regions(table, places[name], cam_map.shape).items():
            level = round(100 * shares[kind]["network"]) - 1
            for figure, value in find(cam_map, region).metrics(level).items():
                assert rows.loc[(name, kind), figure] == pytest.approx(value, abs=1e-5)


def test_the_means_are_those_of_the_rows_and_every_control_is_there(whole_run: Run) -> None:
    rows = pd.read_csv(whole_run.localisation_table)
    summary = entries(whole_run)["regions"]["mask"]["all"]["per_slice"]
    assert list(summary["figures"]) == ["network", *CONTROLS]
    assert list(summary["network_minus"]) == list(CONTROLS)
    masks = rows[rows["region"] == "mask"]
    for of, figures in summary["figures"].items():
        for figure in METRICS:
            mean = masks[metric_column(figure, of)].mean()
            value = figures[figure]["value"]
            assert math.isnan(mean) if value is None else value == pytest.approx(mean, abs=1e-5)


def test_sizes_and_calls_part_the_slices(whole_run: Run) -> None:
    parts = {name: part["n"] for name, part in entries(whole_run)["regions"]["boxes"].items()}
    assert parts["small"] + parts["medium"] + parts["large"] == parts["all"]
    assert parts["right"] + parts["wrong"] == parts["all"]


def test_few_groups_are_said(whole_run: Run) -> None:
    content = entries(whole_run)
    groups = content["regions"]["boxes"]["all"]["groups"]
    assert content["notes"][0] == (
        f"Only {groups} groups have slices with a lesion: with fewer than 30, bootstrap intervals "
        "come out too narrow."
    )
    assert content["thresholds"]["chosen_on"] == "validation"


def test_the_report_says_what_the_maps_find(whole_run: Run) -> None:
    page = render(whole_run.folder)
    content = entries(whole_run)
    assert "Do the maps find the lesions?" in page
    assert content["verdict"]["sentence"] in page
    assert "Does the AUC rest on the lesions?" in page
    assert content["lesions_covered"]["sentence"] in page
    assert page.count("lesions covered with plain lung<") == 1
    assert page.index("Do the maps find the lesions?") < page.index("minus untrained network")


def test_without_the_untrained_network_it_is_no_control(copied: Run) -> None:
    content = localise(copied, untrained=False)
    assert content is not None
    assert "random_network" not in content["regions"]["boxes"]["all"]["per_slice"]["figures"]
    assert content["verdict"]["asked"] == ["centre_prior", "lesion_prior", "edges"]
    assert "Do the maps find the lesions?" in render(copied.folder)


def test_the_same_run_gives_the_same_numbers(copied: Run, whole_run: Run) -> None:
    localise(copied)
    assert copied.localisation_file.read_bytes() == whole_run.localisation_file.read_bytes()
    assert copied.localisation_table.read_bytes() == whole_run.localisation_table.read_bytes()


def without(run: Run, split: str, *columns: str) -> None:
    """Forget what is known of the lesions of a split."""
    table = run.table()
    for column in columns:
        table.rows.loc[table.rows["split"] == split, column] = ""
    replace_table(run, table)


def test_where_no_lesion_is_known_nothing_is_written_and_the_old_is_gone(copied: Run) -> None:
    without(copied, "test", "boxes", "mask")
    output: list[str] = []

    class Listening:
        def advance(self, task: str, done: int, total: int) -> None: ...

        def say(self, sentence: str) -> None:
            output.append(sentence)

    assert localise(copied, progress=Listening()) is None
    assert output == ["No test slice has a box or a mask: no lesion to compare maps with."]
    assert not copied.localisation_file.exists() and not copied.localisation_table.exists()
    assert "Do the maps find the lesions?" not in render(copied.folder)


def test_without_validation_lesions_the_threshold_is_half(copied: Run) -> None:
    without(copied, "validation", "boxes", "mask")
    content = localise(copied, untrained=False)
    assert content is not None
    assert content["thresholds"] == {"chosen_on": None, "slices": 0, "groups": 0, "shares": {}}
    assert content["notes"][-1] == (
        "No validation slice has boxes or mask to choose a threshold on: IoU is taken at 0.5 of "
        "each map's largest value."
    )


def test_without_training_lesions_there_is_no_lesion_prior(copied: Run) -> None:
    without(copied, "train", "boxes", "mask")
    content = localise(copied, untrained=False)
    assert content is not None
    assert content["verdict"]["asked"] == ["centre_prior", "edges"]


def test_masks_alone_are_enough(copied: Run) -> None:
    without(copied, "test", "boxes")
    content = localise(copied, untrained=False)
    assert content is not None
    assert content["region"] == "mask" and list(content["regions"]) == ["mask"]


def test_maps_of_validation_slices_flatter_and_say_so(copied: Run) -> None:
    explain(copied, split="validation")
    assert not copied.localisation_file.exists()  # they were of other maps
    content = localise(copied, untrained=False)
    assert content is not None
    assert content["split"] == "validation"
    assert (
        "The thresholds of IoU were chosen on these very slices, so it is optimistic."
        in (content["notes"])
    )


def test_maps_for_another_class_need_not_find_lesions_and_the_notes_say_so(copied: Run) -> None:
    explain(copied, target="pneumonia")
    content = localise(copied, untrained=False)
    assert content is not None
    assert content["notes"][-1] == (
        "Some maps are for another class than their slice's, cancer: they need not point at its "
        "lesion."
    )


def test_a_mask_of_another_shape_is_refused_by_row(copied: Run, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "mask.png"), np.full((5, 7), 255, dtype=np.uint8))
    table = copied.table()
    row = int(np.flatnonzero((table.rows["split"] == "test") & has_lesion(table.rows))[0])
    table.rows.loc[row, "mask"] = "../../mask.png"
    write_table(table, copied.table_file)
    with pytest.raises(ReadError, match=rf"slices.csv, row {row + 2}, column mask: .*; got 5 x 7"):
        localise(copied, untrained=False)


def test_a_run_without_maps_is_sent_to_explain(copied: Run) -> None:
    shutil.rmtree(copied.maps)
    with pytest.raises(RunError, match="run `hilum explain`"):
        localise(copied)


def test_known_absence_is_no_lesion() -> None:
    rows = pd.DataFrame(
        {"boxes": ["", "none", "1 2 3 4", "", "none"], "mask": ["", "", "", "m.png", "m.png"]}
    )
    assert list(has_lesion(rows)) == [False, False, True, True, False]


def test_zero_maps_count_as_misses_and_are_counted(copied: Run) -> None:
    for path in copied.maps.glob("maps-*.npz"):
        with np.load(path, allow_pickle=False) as retained:
            arrays = dict(retained)
        arrays["cam_map"] = np.zeros_like(arrays["cam_map"])
        np.savez_compressed(path, **arrays)
    index = pd.read_csv(copied.maps / "index.csv", dtype=str, keep_default_na=False)
    index.assign(largest="0", state="zero map").to_csv(copied.maps / "index.csv", index=False)
    content = localise(copied, untrained=False)
    assert content is not None
    count = content["regions"]["boxes"]["all"]["n"]
    assert content["missed"]["network"] == count
    assert (
        content["regions"]["boxes"]["all"]["per_slice"]["figures"]["network"]["energy"]["value"]
        == 0.0
    )
    assert (
        f"{count} of {count} maps are zero everywhere or not finite, and count as misses."
        in (content["notes"])
    )
