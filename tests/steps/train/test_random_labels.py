"""Random labels: drawn for groups, and what a training makes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

import hilum
from hilum.errors import UsageError
from hilum.sources import build_table
from hilum.steps.train.random_labels import RandomLabels, draw_labels
from hilum.table import SliceTable

MakeTable = Callable[..., SliceTable]

QUICK = (
    "input.size=32",
    "training.epochs=6",
    *(f"augmentation.{name}=0.0" for name in ("rotation", "shift", "zoom", "shear")),
    "augmentation.horizontal_flip=false",
)
"""Small slices as they are: what a network needs to know a patient again within seconds."""


@pytest.fixture(scope="module", autouse=True)
def in_short(blank_drawings: None) -> None:
    """Intervals and random weights are those of a user here: both decide."""


@pytest.fixture
def patients(make_table: MakeTable) -> SliceTable:
    """40 groups of 3 slices, 30 of them cancer."""
    groups = [f"p{n // 3}" for n in range(120)]
    labels = ["cancer" if n // 3 < 30 else "pneumonia" for n in range(120)]
    return make_table(120, group=groups, label=labels)


def test_every_group_gets_one_label_and_as_many_groups_have_each(patients: SliceTable) -> None:
    drawn = draw_labels(patients, seed=1).rows
    assert drawn.groupby("group")["label"].nunique().max() == 1
    assert drawn.groupby("group")["label"].first().value_counts().to_dict() == {
        "cancer": 30,
        "pneumonia": 10,
    }
    assert drawn["real_label"].tolist() == patients.rows["label"].tolist()
    unchanged = ["slice_id", "path", "group", "source"]
    assert drawn[unchanged].equals(patients.rows[unchanged])


def test_labels_follow_the_seed_and_not_the_slices(patients: SliceTable) -> None:
    one, again, other = (draw_labels(patients, seed=seed).rows["label"] for seed in (1, 1, 2))
    assert one.tolist() == again.tolist()
    assert one.tolist() != other.tolist()
    shuffled = SliceTable(patients.rows.iloc[::-1].reset_index(drop=True), patients.folder)
    assert draw_labels(shuffled, seed=1).rows["label"].tolist()[::-1] == one.tolist()


def test_drawn_labels_and_real_ones_are_unrelated(patients: SliceTable) -> None:
    """Of 30 cancer groups 22.5 keep their label on average (hypergeometric)."""
    retained = []
    for seed in range(60):
        rows = draw_labels(patients, seed=seed).rows
        both = (rows["label"] == "cancer") & (rows["real_label"] == "cancer")
        retained.append(rows[both]["group"].nunique())
    assert sum(retained) / 60 == pytest.approx(22.5, abs=0.6)


def test_a_group_of_several_labels_takes_part_with_that_of_most_of_its_slices(
    make_table: MakeTable,
) -> None:
    table = make_table(6, group=list("aaabbb"), label=["x", "y", "y", "x", "x", "y"])
    drawn = draw_labels(table).rows
    assert sorted(drawn.groupby("group")["label"].first()) == ["x", "y"]
    assert drawn.groupby("group")["label"].nunique().max() == 1


def test_labels_that_are_random_already_are_refused(patients: SliceTable) -> None:
    with pytest.raises(UsageError) as caught:
        draw_labels(draw_labels(patients))
    assert str(caught.value) == (
        "slices.csv has random labels already (column 'real_label'); give the table that they "
        "were drawn for."
    )


def test_groups_of_one_label_are_refused(make_table: MakeTable) -> None:
    with pytest.raises(UsageError) as caught:
        draw_labels(make_table(4, label="cancer"))
    assert str(caught.value) == (
        "slices.csv: all groups have the label 'cancer'; random labels need groups of two."
    )


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Networks this small are slower on several threads, which wait for each other."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def self_tests(folder: Path, patients: int, slices: int, *quick: str) -> dict[str, RandomLabels]:
    """Return the self-test on phantom patients, split in both ways."""
    phantoms = hilum.PhantomSettings(patients=patients, slices_per_patient=slices, size=64)
    options = hilum.BuildOptions(phantom=phantoms)
    table = build_table([("phantom", folder)], out=folder / "slices.csv", options=options).table
    recipe = hilum.load_recipe("phantom", (*QUICK, *quick))
    return {
        by: hilum.random_labels(table, recipe, out=folder / by, by=by, weights="none")
        for by in ("group", "image")
    }


@pytest.fixture(scope="module")
def both(one_thread: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, RandomLabels]:
    """The self-test on 48 phantom patients of six slices, split in both ways."""
    return self_tests(tmp_path_factory.mktemp("random-labels"), 48, 6)


@pytest.fixture(scope="module")
def brief(one_thread: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, RandomLabels]:
    """The self-test on few slices and for one epoch: what it writes, not what it finds."""
    return self_tests(tmp_path_factory.mktemp("brief"), 16, 3, "training.epochs=1")


@pytest.mark.slow
def test_the_split_by_group_holds_one_half_and_the_split_by_image_does_not(
    both: dict[str, RandomLabels],
) -> None:
    group, image = both["group"], both["image"]
    assert (group.level, group.leaks) == ("holds", False)
    assert (image.level, image.leaks) == ("shows", False)
    held, leaked = (done.metrics["random_labels"]["auc"] for done in (group, image))
    assert held["low"] < 0.5 < held["high"]
    assert leaked["low"] > 0.6
    assert leaked == image.metrics["splits"]["test"]["per_slice"]["figures"]["auc"]
    page = hilum.write_report(image.run.folder).read_text(encoding="utf-8")
    assert "the network recognises the group" in page


def test_such_a_run_is_marked_wherever_it_is_named(brief: dict[str, RandomLabels]) -> None:
    for by, done in brief.items():
        title = f"ResNet10-T on phantoms (random labels, by {by})"
        assert done.run.network()["title"] == done.run.recipe().title == title
        caution = "The labels are random, as a self-test: no metric of this run is about disease."
        assert done.metrics["cautions"][0] == caution
        assert done.metrics == done.run.metrics()
        assert "real_label" in done.run.table().rows.columns
    assert brief["image"].metrics["split"]["leak"]["groups"] > 10


def test_the_report_says_it_first(brief: dict[str, RandomLabels]) -> None:
    page = hilum.write_report(brief["image"].run.folder).read_text(encoding="utf-8")
    content = page.index("Random labels: no metric here is about disease")
    assert content < page.index("Design verdict</p>")


def test_evaluating_again_judges_again(brief: dict[str, RandomLabels], tmp_path: Path) -> None:
    run = brief["group"].run
    before = pd.read_csv(run.predictions_file)
    again = hilum.evaluate(run, keep_predictions=True)
    assert again["random_labels"] == brief["group"].metrics["random_labels"]
    assert pd.read_csv(run.predictions_file).equals(before)
