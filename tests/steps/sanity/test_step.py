"""Sanity: maps that depend on nothing fail, those that depend on weights pass; games by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import torch
from torch import Tensor
from untrained_runs import make_untrained

from hilum.cam_maps import CENTRED
from hilum.errors import RunError, UsageError
from hilum.learn.maps import METHODS, Method
from hilum.learn.predict import load_network
from hilum.progress import SILENT
from hilum.run import Run
from hilum.scores.similarity import map_similarity
from hilum.splits import split_table
from hilum.steps.sanity import SanityOptions, sanity
from hilum.steps.sanity.removal import removal
from hilum.steps.sanity.sample import Sample, draw_slices, on_grid
from hilum.table import SliceTable, read_csv

QUICK = SanityOptions(slices=8, draws=2, steps=3, split="train", target="predicted")
ONE_DRAW = replace(QUICK, draws=1)
SIDE, STEPS = 32, 32


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


def test_slices_are_drawn_label_by_label_and_group_by_group(
    make_table: Callable[..., SliceTable],
) -> None:
    groups = ["a", "a", "a", "b", "c", "d", "e", "e"]
    labels = ["x", "x", "x", "x", "y", "y", "y", "y"]
    drawn = make_table(8, group=groups, label=labels)
    for seed in range(5):
        order = draw_slices(drawn, seed=seed)
        assert sorted(order) == list(range(8))
        assert {labels[index] for index in order[:2]} == {"x", "y"}
        assert {groups[index] for index in order[:4]} >= {"a", "b"}
        assert len({groups[index] for index in order[:5]}) == 5
    assert any((draw_slices(drawn, seed=s) != draw_slices(drawn, seed=0)).any() for s in (1, 2))


def test_maps_are_held_against_those_of_other_groups_with_the_same_label() -> None:
    sample = sample_of([(0, 0)] * 6)
    rows = sample.rows.assign(group=[*"aabbcd"], label=[*"xxxxxy"])
    partners = replace(sample, rows=rows).partners(most=3, seed=1)
    assert [set(some) for some in partners[:4]] == [{2, 3, 4}, {2, 3, 4}, {0, 1, 4}, {0, 1, 4}]
    assert len(partners[4]) == 3
    assert set(partners[4]) <= {0, 1, 2, 3}
    assert len(set(partners[5])) == 3, "no other group has its label, so any will do"


class Square:
    """Says class 0 where a square of the slice is bright, else class 1; surely, both times."""

    size = SIDE

    def logits(self, grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        bright = grey[:, 8:16, 8:16].mean(axis=(1, 2)) > 127
        return np.where(bright[:, None], [20.0, -20.0], [-20.0, 20.0]).astype(np.float32)


def sample_of(cells: list[tuple[int, int]], background: int = 0) -> Sample:
    """Slices with a bright square, and maps (4, 4) of one hot cell each."""
    count = len(cells)
    grey = np.full((count, SIDE, SIDE), background, dtype=np.uint8)
    grey[:, 8:16, 8:16] = 255
    maps = np.zeros((count, 4, 4), dtype=np.float32)
    for number, index in enumerate(cells):
        maps[(number, *index)] = 1
    rows = pd.DataFrame(
        {"slice_id": [f"s{n}" for n in range(count)], "group": [f"g{n}" for n in range(count)],
         "label": "x", "target": "x"}
    )  # fmt: skip
    target = np.zeros(count, dtype=np.int64)
    return Sample(rows, {SIDE: grey}, SIDE, target, maps, on_grid(maps, CENTRED), CENTRED, {})


def test_deletion_of_a_square_that_the_network_looks_at_by_hand() -> None:
    """The hot cell is the square, 1/16 of the slice. With half of it gone, 255 and the mean grey 16
    are left in equal parts: 135, still bright; with all of it gone, it is not."""
    entries = removal(
        sample_of([(1, 1)] * 8), Square(), steps=STEPS, seed=0, progress=SILENT
    ).content
    curve = entries["deletion"]["curves"]["map"]["probability"]
    gone = next(
        share for share, p in zip(entries["deletion"]["shares"], curve, strict=True) if p < 0.5
    )
    assert 1 / 32 < gone <= 3 / 32
    assert curve == [1.0] * round(gone * STEPS) + [0.0] * (STEPS + 1 - round(gone * STEPS))
    expected = gone - 0.5 / STEPS
    assert entries["deletion"]["areas"]["map"]["value"] == pytest.approx(expected, abs=1e-6)
    assert entries["deletion"]["map_minus"]["moved"]["value"] < -0.1
    assert entries["deletion"]["map_minus"]["another"]["value"] == pytest.approx(0, abs=0.02)
    assert entries["deletion"]["level"] == "partly"


def test_a_map_beside_the_square_is_no_better_than_any_other() -> None:
    entries = removal(
        sample_of([(3, 3)] * 8), Square(), steps=STEPS, seed=0, progress=SILENT
    ).content
    assert entries["deletion"]["level"] == "no better"
    assert entries["deletion"]["areas"]["map"]["value"] > 0.3


def test_slices_that_keep_their_class_when_emptied_are_left_out() -> None:
    """Blurred by two pixels the square is still bright; on a bright slice its mean is too."""
    entries = removal(
        sample_of([(1, 1)] * 3, background=200), Square(), steps=4, seed=0, progress=SILENT
    ).content
    for game in ("deletion", "insertion"):
        assert (entries[game]["level"], entries[game]["slices"], entries[game]["curves"]) == (
            "undefined", 0, {},
        )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"slices": 1}, "slices must be 2 or more; got 1."),
        ({"draws": 0}, "draws must be 1 or more; got 0."),
        ({"split": "all"}, "a split is one of train, validation, test; got 'all'."),
    ],
)
def test_options_that_make_no_sense_are_refused(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        SanityOptions(**change)  # type: ignore[arg-type]
    assert str(caught.value) == sentence


def test_what_does_not_fit_is_refused(
    made: SimpleNamespace, table: SliceTable, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="a target is one of positive, predicted, cancer, "):
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


def test_likeness_is_measured_on_one_grid_whatever_the_layer() -> None:
    coarse = np.random.default_rng(0).random((2, 4, 4), dtype=np.float32)
    fine = np.stack([np.kron(one, np.ones((2, 2), np.float32)) for one in coarse])
    found = map_similarity(on_grid(coarse, CENTRED), on_grid(fine, CENTRED))
    assert (found["rank_correlation"] > 0.9).all()
