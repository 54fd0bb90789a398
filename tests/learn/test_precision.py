"""The precision of a training: measured where the processor offers two, asked for otherwise."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from hilum.learn import precision as precision_module
from hilum.learn.precision import resolve_precision
from hilum.recipe import Recipe, parse_recipe


def recipe_of(precision: str = "auto") -> Recipe:
    text = '[network]\nbackbone = "test_resnet"\n[input]\nsize = 32'
    return parse_recipe(text, name="x", changes=[f"training.precision={precision}"])


class Slow(nn.Module):
    """A network that costs more seconds in one precision; `clock` is moved, nobody waits."""

    clock = 0.0

    def __init__(self, *, half: float, full: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))
        self.register_buffer("seen", torch.zeros(()))
        self.seen: Tensor
        self.costs = {True: half, False: full}

    def forward(self, grey: Tensor) -> Tensor:
        assert self.training
        self.seen += 1
        Slow.clock += self.costs[torch.is_autocast_enabled("cpu")]
        return self.weight * grey.mean(dim=(1, 2, 3))[:, None].expand(-1, 2) + torch.rand(())


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A processor that computes bfloat16, and a clock that only `Slow` moves."""
    monkeypatch.setattr(precision_module, "computes_bfloat16", lambda: True)
    monkeypatch.setattr(precision_module.time, "perf_counter", lambda: Slow.clock)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    monkeypatch.setenv("HILUM_CACHE", str(tmp_path / "cache"))


@pytest.mark.parametrize(
    ("half", "chosen", "output"),
    [(3.0, "bfloat16", "0.30"), (9.0, "float32", "0.90"), (55.0, "float32", "5.50")],
)
def test_the_faster_precision_is_taken_where_it_is_clearly_faster(
    both: None, half: float, chosen: str, output: str
) -> None:
    recipe, sentence = resolve_precision(Slow(half=half, full=10.0), recipe_of())
    assert recipe.training.precision == chosen
    assert sentence == (
        f"Precision: {chosen}. A training step of this network in bfloat16 takes {output} "
        f"times as long as in float32 (measured on this machine); "
        f"--set training.precision={chosen} makes it so on every machine."
    )


def test_the_choice_is_made_once_per_machine_whatever_its_load(both: None) -> None:
    first, _ = resolve_precision(Slow(half=3.0, full=10.0), recipe_of())
    again, sentence = resolve_precision(Slow(half=55.0, full=10.0), recipe_of())
    assert first.training.precision == again.training.precision == "bfloat16"
    assert "takes 0.30 times as long as in float32 (measured earlier on this machine)" in sentence
    larger = recipe_of().model_copy(
        update={"input": recipe_of().input.model_copy(update={"size": 64})}
    )
    other, _ = resolve_precision(Slow(half=55.0, full=10.0), larger)
    assert other.training.precision == "float32"


def test_a_broken_entry_of_the_cache_is_measured_again(both: None) -> None:
    resolve_precision(Slow(half=3.0, full=10.0), recipe_of())
    (retained,) = Path(os.environ["HILUM_CACHE"]).glob("precision-v1/*/factor.json")
    assert json.loads(retained.read_text()) == {"factor": 0.3}
    retained.write_text("{")
    recipe, _ = resolve_precision(Slow(half=9.0, full=10.0), recipe_of())
    assert recipe.training.precision == "float32"
    assert json.loads(retained.read_text()) == {"factor": 0.9}


def test_measuring_leaves_network_and_chance_as_they_were(both: None) -> None:
    network = Slow(half=1.0, full=2.0).eval()
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    resolve_precision(network, recipe_of())
    assert torch.equal(torch.rand(3), expected)
    assert (float(network.seen), network.weight.grad, network.training) == (0, None, False)


@pytest.mark.parametrize("requested", ["float32", "bfloat16"])
def test_what_is_asked_for_is_not_measured(both: None, requested: str) -> None:
    recipe = recipe_of(requested)
    assert resolve_precision(Slow(half=1.0, full=2.0), recipe) == (recipe, "")


def test_without_bfloat16_and_among_several_processes_nothing_is_measured(
    both: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, recipe = Slow(half=1.0, full=2.0), recipe_of()
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert resolve_precision(network, recipe) == (recipe, "")
    monkeypatch.delenv("WORLD_SIZE")
    monkeypatch.setattr(precision_module, "computes_bfloat16", lambda: False)
    assert resolve_precision(network, recipe) == (recipe, "")
