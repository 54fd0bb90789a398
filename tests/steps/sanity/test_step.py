"""Sanity: maps that depend on nothing fail, those that depend on weights pass; games by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor
from untrained_runs import make_untrained

from hilum.errors import RunError, UsageError
from hilum.learn.maps import METHODS, Method
from hilum.learn.predict import load_network
from hilum.run import Run
from hilum.splits import split_table
from hilum.steps.sanity import SanityOptions, sanity
from hilum.table import SliceTable, read_csv

QUICK = SanityOptions(slices=8, draws=2, steps=3, split="train", target="predicted")
ONE_DRAW = replace(QUICK, draws=1)


@pytest.fixture(scope="module")
def made(table: SliceTable, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A run that was checked against another of its recipe and one that sees another size."""
    folder = tmp_path_factory.mktemp("made")
    one = make_untrained(folder / "one", table, seed=1)
    two = make_untrained(folder / "two", table, seed=2)
    large = make_untrained(folder / "large", table, seed=3, size=96)
    with_seed(two, 7)
    content = sanity(one, [two, str(large.folder)], options=QUICK)
    return SimpleNamespace(run=one, two=two, large=large, content=content)


def with_seed(run: Run, seed: int) -> None:
    text = run.recipe_file.read_text(encoding="utf-8")
    assert text.count("\nseed = 0\n") == 1
    run.recipe_file.write_text(text.replace("\nseed = 0\n", f"\nseed = {seed}\n"), encoding="utf-8")


def test_each_stage_has_the_mean_of_its_draws(made: SimpleNamespace) -> None:
    stages = made.content["randomisation"]["stages"]
    assert stages[0]["name"] == "head"
    tensors = load_network(made.run).state_dict()
    layers = {name.rpartition(".")[0] for name in tensors}
    assert sum(stage["layers"] for stage in stages) == len(layers)
    for stage in stages:
        for measure in ("ssim", "rank_correlation"):
            each = stage["each_draw"][measure]
            assert stage[measure]["value"] == pytest.approx(np.mean(each), abs=2e-6)
            assert len(each) == 2
    assert len(set(stages[-1]["each_draw"]["rank_correlation"])) == 2


def scattered(activation: Tensor, _gradient: Tensor | None) -> Tensor:
    """A map that is another wherever the activation is a little different."""
    return torch.sin(1e4 * activation.sum(dim=1)).abs()


def test_maps_that_depend_on_the_weights_pass(
    table: SliceTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(METHODS, "scattered", Method("S", scattered, needs_gradient=False))
    run = make_untrained(tmp_path / "run", table, seed=1)
    entries = sanity(run, options=replace(ONE_DRAW, method="scattered", layer="layer2"))
    assert entries["randomisation"]["level"] == "falls"
    below = [stage["rank_correlation"]["value"] for stage in entries["randomisation"]["stages"]]
    assert below[:3] == pytest.approx([1, 1, 1]), "the head and layer4 stand behind layer2"
    assert abs(below[-1]) < 0.2
    assert abs(entries["different_slices"]["rank_correlation"]["value"]) < 0.2


def blob(activation: Tensor, _gradient: Tensor | None) -> Tensor:
    """A map that is the same whatever the network and the slice."""
    count, _, rows, columns = activation.shape
    row, column = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    return (1.0 + row * columns + column).expand(count, rows, columns)


def test_maps_that_do_not_depend_on_the_weights_fail(
    table: SliceTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(METHODS, "blob", Method("Blob", blob, needs_gradient=False))
    run = make_untrained(tmp_path / "run", table, seed=1)
    entries = sanity(run, options=replace(ONE_DRAW, method="blob"))
    assert entries["randomisation"]["level"] == "stays"
    assert entries["randomisation"]["stages"][-1]["ssim"]["value"] == pytest.approx(1)
    assert entries["different_slices"]["rank_correlation"]["value"] == pytest.approx(1)
    assert entries["method"] == "Blob"


def test_other_runs_are_told_by_what_they_differ_in(made: SimpleNamespace) -> None:
    seed, size = made.content["runs"]
    assert (seed["differs"], seed["name"], seed["seed"]) == ("seed", "the same recipe, seed 7", 7)
    assert (size["differs"], size["name"]) == ("recipe", "Net large by another recipe")
    for entries in (seed, size):
        assert entries["lead"]["ssim"]["value"] == pytest.approx(
            entries["ssim"]["value"] - entries["floor"]["ssim"]["value"], abs=2e-6
        )
        assert entries["sentence"].startswith(f"With {entries['name']} the maps of a slice have")


def test_a_run_agrees_with_another_of_nearly_its_own_weights(
    table: SliceTable, tmp_path: Path
) -> None:
    from hilum.learn.checkpoint import save_weights

    one, twin = (make_untrained(tmp_path / name, table, seed=1) for name in ("one", "twin"))
    network = load_network(twin)
    with torch.no_grad():
        network.head[-1].weight *= 1.001  # type: ignore[union-attr, operator]
    save_weights(network, twin.weights_file)
    (entries,) = sanity(one, [twin], options=ONE_DRAW)["runs"]
    assert entries["level"] == "agrees"
    assert entries["ssim"]["value"] > 0.99


def test_the_folder_holds_the_numbers_slice_by_slice(made: SimpleNamespace) -> None:
    folder, content = made.run.sanity, made.content
    assert json.loads((folder / "sanity.json").read_text(encoding="utf-8")) == content
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "sanity.json", "sanity.csv", "maps.png", "sanity_layers.svg", "sanity_runs.svg",
        *(["sanity_removal.svg"] if content["deletion"]["slices"] else []),
    }  # fmt: skip
    rows = read_csv(folder / "sanity.csv").astype({"value": float})
    own = rows[(rows["check"] == "randomisation") & (rows["measure"] == "ssim")]
    mean = own[own["against"] == "head"]["value"].mean()
    first = content["randomisation"]["stages"][0]["ssim"]["value"]
    assert mean == pytest.approx(first, abs=1e-6)
    assert own["slice_id"].nunique() == content["slices"] == 8
    assert own["group"].nunique() == content["groups"]


def test_the_same_seed_gives_the_same_numbers(made: SimpleNamespace) -> None:
    again = sanity(made.run, options=QUICK)
    for key in ("different_slices", "randomisation", "deletion", "insertion"):
        assert again[key] == made.content[key]
    assert again["runs"] == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"slices": 1}, "slices must be 2 or more; got 1."),
        ({"draws": 0}, "draws must be 1 or more; got 0."),
        ({"split": "all"}, "split must be one of train, validation, test; got 'all'."),
    ],
)
def test_options_that_make_no_sense_are_refused(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        SanityOptions(**change)  # type: ignore[arg-type]
    assert str(caught.value) == sentence


def test_what_does_not_fit_is_refused(
    made: SimpleNamespace, table: SliceTable, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="target must be one of positive, predicted, cancer, "):
        sanity(made.run, options=SanityOptions(target="flu"))
    with pytest.raises(UsageError, match="hold the same network; give each once"):
        sanity(made.run, [made.two, made.two])
    with pytest.raises(UsageError, match="hold the same network"):
        sanity(made.run, [made.run])
    other = make_untrained(tmp_path / "other", split_table(table, seed=9), seed=4)
    with pytest.raises(UsageError, match=r"can't be compared: the column split differs in \d+ of"):
        sanity(made.run, [other])


def test_a_network_whose_maps_are_empty_has_nothing_to_check(
    table: SliceTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = Method("Empty", lambda activation, _: 0 * blob(activation, None), needs_gradient=False)
    monkeypatch.setitem(METHODS, "empty", empty)
    run = make_untrained(tmp_path / "run", table, seed=1)
    with pytest.raises(RunError, match=r"of 8 slices drawn only 0 of 0 groups have a map \(8 zero"):
        sanity(run, options=SanityOptions(slices=2, split="train", method="empty"))
    assert not run.sanity.exists()
