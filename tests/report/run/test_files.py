"""A run folder that lacks something is refused in one sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hilum.errors import RunError
from hilum.report.run.files import read_run_files

MakeRun = Callable[..., Path]


@pytest.mark.parametrize("name", ["metrics.json", "predictions.csv"])
def test_a_run_without_figures_names_the_command_that_makes_them(
    make_run: MakeRun, name: str
) -> None:
    run = make_run()
    (run / name).unlink()
    with pytest.raises(RunError) as caught:
        read_run_files(run)
    assert f"has no {name} yet" in str(caught.value)
    assert f"run: hilum evaluate {run}" in str(caught.value)


@pytest.mark.parametrize("name", ["recipe.toml", "slices.csv", "environment.json", "network.json"])
def test_an_unfinished_run_is_refused_by_the_missing_file(make_run: MakeRun, name: str) -> None:
    run = make_run()
    (run / name).unlink()
    with pytest.raises(RunError, match=f"not a finished run: {name} is missing"):
        read_run_files(run)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"there is no run folder .*none; give the folder"):
        read_run_files(tmp_path / "none")


@pytest.mark.parametrize(("content", "problem"), [("{", "is not JSON"), ("[]", "holds no JSON")])
def test_broken_json_is_refused_by_name(make_run: MakeRun, content: str, problem: str) -> None:
    run = make_run()
    (run / "metrics.json").write_text(content, encoding="utf-8")
    with pytest.raises(RunError, match=rf"metrics.json {problem}.* again with hilum evaluate"):
        read_run_files(run)


def test_json_without_a_needed_key_is_refused(make_run: MakeRun) -> None:
    run = make_run()
    (run / "metrics.json").write_text('{"positive": "cancer"}', encoding="utf-8")
    with pytest.raises(RunError, match=r"metrics.json lacks 'class_names'; .* hilum evaluate"):
        read_run_files(run)


def test_figures_without_a_test_set_are_refused(
    make_run: MakeRun, change_json: Callable[..., None]
) -> None:
    run = make_run()
    change_json(run / "metrics.json", lambda metrics: metrics["splits"].pop("test"))
    with pytest.raises(RunError, match="holds no figures of the split 'test'"):
        read_run_files(run)


def test_a_recipe_that_is_not_toml_is_refused(make_run: MakeRun) -> None:
    run = make_run()
    (run / "recipe.toml").write_text("= 3", encoding="utf-8")
    with pytest.raises(RunError, match=r"recipe.toml is not TOML"):
        read_run_files(run)


def test_history_and_maps_may_be_missing(make_run: MakeRun) -> None:
    run = make_run(maps=False)
    (run / "history.csv").unlink()
    files = read_run_files(run)
    assert files.history is None
    assert files.shown is None
