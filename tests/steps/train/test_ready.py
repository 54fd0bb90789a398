"""A training before its first step: what it says, what it refuses, that nothing is written."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hilum.errors import RecipeError, UsageError
from hilum.learn.weights import Weights
from hilum.recipe import Recipe, load_recipe, parse_recipe
from hilum.splits import SplitRules
from hilum.steps.train.ready import ReadyTraining, _beginning, _check_share, ready_training
from hilum.table import SliceTable

RECIPE = """
[network]
backbone = "test_resnet"
[input]
size = 32
[training]
epochs = 1
batch_size = 8
precision = "float32"
frozen_once = "no"
"""


class Log:
    """Keeps the sentences."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def advance(self, task: str, done: int, total: int) -> None: ...

    def say(self, sentence: str) -> None:
        self.sentences.append(sentence)


def ready(
    table: SliceTable, out: Path, *changes: str, log: Log | None = None, **options: Any
) -> AbstractContextManager[ReadyTraining]:
    recipe = parse_recipe(RECIPE, name="x", changes=changes)
    given = {"weights": "none", "rules": SplitRules(), "force": False, **options}
    return ready_training(table, recipe, out=out, progress=log or Log(), **given)


def test_a_training_is_complete_and_nothing_is_written(table: SliceTable, tmp_path: Path) -> None:
    log = Log()
    with ready(table, tmp_path / "run", log=log) as found:
        assert len(found.job.train) == (table.rows["split"] == "train").sum()
        assert found.prepared.recipe.classes.names == tuple(table.labels)
        assert found.prepared.recipe.training.frozen_once == "no"
        assert found.table.rows["slice_id"].tolist() == table.rows["slice_id"].tolist()
        assert not (tmp_path / "run").exists()
    assert [sentence.split(" ")[0] for sentence in log.sentences] == [
        "Design:",
        "Weights:",
        "Border",
    ]
    assert "random initialisation; the whole network is trained." in log.sentences[1]


def test_slices_without_a_split_take_no_part(table: SliceTable, tmp_path: Path) -> None:
    split = ["", *table.rows["split"][1:]]
    fewer = SliceTable(table.rows.assign(split=split), table.folder)
    with ready(fewer, tmp_path / "run") as found:
        assert len(found.table) == len(table) - 1


def test_another_positive_class_and_a_leak_are_said_first(
    table: SliceTable, tmp_path: Path
) -> None:
    log = Log()
    leaky = SliceTable(table.rows.assign(group="all"), table.folder)
    with ready(
        leaky, tmp_path / "run", "classes.positive=pneumonia", log=log, rules=SplitRules(leaky=True)
    ):
        pass
    assert log.sentences[0] == "Positive class: pneumonia."
    assert log.sentences[1].startswith("Design: ") and log.sentences[2].startswith(
        "Leak: 1 of 1 groups"
    )


def test_an_output_that_exists_is_refused_before_any_slice_is_read(
    table: SliceTable, tmp_path: Path
) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.txt").touch()
    with pytest.raises(UsageError, match="is no folder that hilum made"):
        ready(table, tmp_path / "run").__enter__()


def test_a_second_training_into_one_folder_is_refused(table: SliceTable, tmp_path: Path) -> None:
    with (
        ready(table, tmp_path / "run"),
        pytest.raises(UsageError, match="another hilum train is writing"),
    ):
        ready(table, tmp_path / "run").__enter__()


@pytest.mark.parametrize(
    ("batch", "processes", "refused"), [(8, 2, False), (3, 2, True), (4, 3, True)]
)
def test_every_process_needs_two_slices_a_step(
    table: SliceTable, batch: int, processes: int, refused: bool
) -> None:
    recipe = load_recipe("phantom", [f"training.batch_size={batch}"])
    prepared: Any = SimpleNamespace(
        recipe=recipe, accelerator=SimpleNamespace(num_processes=processes)
    )
    if not refused:
        _check_share(table, prepared)
        return
    with pytest.raises(RecipeError, match=f"and a batch of {batch} gives {processes} fewer;"):
        _check_share(table, prepared)


def test_what_is_trained_is_said_with_the_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    def sentence_of(recipe: Recipe) -> str:
        start = Weights.placeholder(recipe, (0.5,) * 3, (0.25,) * 3)
        return _beginning(recipe, Weights(**{**vars(start), "origin": "folder w"}))

    monkeypatch.delenv("ACCELERATE_USE_CPU", raising=False)
    frozen = load_recipe("phantom", ["network.train_from=layer4"])
    assert sentence_of(frozen) == "Weights: folder w; trained from layer4 on."
    monkeypatch.setenv("ACCELERATE_USE_CPU", "true")
    assert sentence_of(load_recipe("phantom", ["network.train_from=all"])) == (
        "Weights: folder w; the whole network is trained. (`accelerate launch --cpu` starts one "
        "process; --multi_gpu starts several.)"
    )
