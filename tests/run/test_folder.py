"""The run folder: its files, and what is said where one is missing or broken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from hilum.errors import RunError, UsageError
from hilum.recipe import dump_recipe, load_recipe
from hilum.run import Run, open_run, probability_column, write_json
from hilum.table import SliceTable, write_table

MakeTable = Callable[..., SliceTable]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run folder with a recipe and a file where the weights belong."""
    run = Run(tmp_path / "run")
    run.folder.mkdir()
    run.recipe_file.write_text(dump_recipe(load_recipe("resnet50")))
    run.weights_file.write_bytes(b"x")
    return run


def test_the_files_have_the_names_of_the_design() -> None:
    run = Run(Path("r"))
    files = [
        run.recipe_file, run.table_file, run.environment_file, run.history_file, run.weights_file,
        run.network_file, run.checkpoint, run.predictions_file, run.metrics_file, run.figures,
        run.maps, run.report_file,
    ]  # fmt: skip
    assert [file.as_posix() for file in files] == [
        "r/recipe.toml", "r/slices.csv", "r/environment.json", "r/history.csv",
        "r/weights.safetensors", "r/network.json", "r/checkpoint", "r/predictions.csv",
        "r/metrics.json", "r/figures", "r/maps", "r/report.html",
    ]  # fmt: skip


def test_a_finished_run_opens(run: Run) -> None:
    opened = open_run(str(run.folder))
    assert opened == run
    assert opened.finished
    assert opened.recipe() == load_recipe("resnet50")


def test_a_missing_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        open_run(tmp_path / "none")
    assert str(caught.value) == f"there is no run folder {tmp_path / 'none'}."


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        open_run(tmp_path)
    assert str(caught.value) == f"{tmp_path} is not a run folder: it has no recipe.toml."


def test_an_ensemble_needs_no_recipe_and_lists_its_members(tmp_path: Path) -> None:
    run = Run(tmp_path / "mean")
    for name in ("b", "a"):
        (run.members / name).mkdir(parents=True)
        (run.members / name / "weights.safetensors").write_bytes(b"x")
    write_json({"kind": "ensemble", "members": [{"name": "b"}, {"name": "a"}]}, run.network_file)
    assert open_run(run.folder).kind == "ensemble"
    assert [one.folder.name for one in run.member_runs()] == ["b", "a"]


def test_an_unfinished_run_says_how_to_go_on(run: Run) -> None:
    run.weights_file.unlink()
    with pytest.raises(RunError) as caught:
        open_run(run.folder)
    assert str(caught.value) == (
        f"the training in {run.folder} was not finished; resume it with "
        f"`hilum train --resume {run.folder}`."
    )


def test_a_missing_file_names_the_step_that_makes_it(run: Run) -> None:
    for read, name in ((run.metrics, "metrics.json"), (run.predictions, "predictions.csv")):
        with pytest.raises(RunError) as caught:
            read()
        assert str(caught.value) == f"{run.folder} has no {name}; run `hilum evaluate` first."
    run.recipe_file.unlink()
    for needed, name in (
        (run.network, "network.json"),
        (run.environment, "environment.json"),
        (run.table, "slices.csv"),
        (run.recipe, "recipe.toml"),
    ):
        with pytest.raises(RunError) as caught:
            needed()
        assert str(caught.value) == f"{run.folder} has no {name}: it is not a complete run folder."


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe"])
def test_a_broken_json_file_is_refused(run: Run, content: bytes) -> None:
    run.metrics_file.write_bytes(content)
    with pytest.raises(RunError) as caught:
        run.metrics()
    assert str(caught.value).startswith(f"{run.metrics_file} is not JSON (")


def test_json_that_is_no_object_is_refused(run: Run) -> None:
    run.network_file.write_text("[1]")
    with pytest.raises(RunError) as caught:
        run.network()
    assert str(caught.value) == (
        f"{run.network_file} holds no JSON object; the file is damaged: restore it, or run the "
        "command that wrote it again."
    )


def test_json_comes_back_and_nan_is_refused(run: Run) -> None:
    write_json({"auc": 0.1 + 0.2, "low": None, "Ä": [1]}, run.metrics_file)
    assert run.metrics() == {"auc": 0.1 + 0.2, "low": None, "Ä": [1]}
    assert run.metrics_file.read_text(encoding="utf-8").endswith('"Ä": [\n  1\n ]\n}\n')
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json({"auc": float("nan")}, run.metrics_file)
    assert run.metrics()["low"] is None


def test_predictions_come_back_to_the_last_bit(run: Run) -> None:
    values = [1 / 3, 1e-17, 0.1 + 0.2]
    rows = pd.DataFrame({"slice_id": ["1", "02", "NA"], "probability_cancer": values})
    run.write_predictions(rows)
    back = run.predictions()
    assert back["slice_id"].tolist() == ["1", "02", "NA"]
    assert back["probability_cancer"].tolist() == values


def test_predictions_that_are_no_numbers_are_refused(run: Run) -> None:
    run.predictions_file.write_text("slice_id,probability_cancer\na,high\n")
    with pytest.raises(RunError) as caught:
        run.predictions()
    assert str(caught.value).startswith(f"{run.predictions_file}: not a table of probabilities: ")
    assert "'high'" in str(caught.value)


def test_the_slices_of_a_run_are_a_table(run: Run, make_table: MakeTable) -> None:
    write_table(make_table(3, folder=run.folder), run.table_file)
    assert run.table().rows["slice_id"].tolist() == ["slice-0", "slice-1", "slice-2"]


def test_the_column_of_a_class() -> None:
    assert probability_column("small cell") == "probability_small cell"
