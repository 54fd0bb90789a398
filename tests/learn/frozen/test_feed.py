"""The tail is fed with the same numbers whether they were kept or are computed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from hilum.learn.augment import draw_maps, warp
from hilum.learn.data import as_batch
from hilum.learn.frozen.engine import fastest_part
from hilum.learn.frozen.feed import FrozenFeed, part_key
from hilum.learn.frozen.submodules import FrozenPart, split_network
from hilum.learn.networks import Classifier, build_network
from hilum.learn.weights import Weights
from hilum.recipe import Augmentation, parse_recipe

RECIPE = """
[network]
backbone = "test_resnet"
train_from = "layer3"
[input]
size = 32
"""


def network_of(seed: int = 0) -> Classifier:
    recipe = parse_recipe(RECIPE, name="x")
    torch.manual_seed(seed)
    start = Weights.placeholder(recipe, (0.5,) * 3, (0.25,) * 3)
    return build_network(recipe, start, classes=2, frozen_random=True)


def feed_of(network: Classifier, folder: Path | None = None, size: int = 32) -> FrozenFeed:
    feed = FrozenFeed(*split_network(network, size), size=size)
    feed.records.folder = folder
    return feed


@pytest.fixture
def grey() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (5, 32, 32), dtype=np.uint8)


@pytest.fixture
def maps() -> np.ndarray:
    return draw_maps(5, Augmentation(), np.random.default_rng(1))


def test_the_tail_fed_says_what_the_whole_network_says(grey: np.ndarray, maps: np.ndarray) -> None:
    network = network_of().eval()
    feed = feed_of(network)
    with torch.no_grad():
        plain = feed.network(*feed.inputs(grey, None, "cpu"))
        torch.testing.assert_close(plain, network(as_batch(grey, "cpu")), rtol=2e-3, atol=2e-3)
        seen = warp(as_batch(grey, "cpu"), torch.from_numpy(maps))
        moved = feed.network(*feed.inputs(grey, maps, "cpu"))
        torch.testing.assert_close(moved, network(seen), rtol=2e-3, atol=2e-3)
    assert not torch.allclose(moved, plain, atol=1e-2)


def test_maps_lie_in_memory_as_convolutions_want_them(grey: np.ndarray) -> None:
    (retained,) = feed_of(network_of()).inputs(grey, None, "cpu")
    assert retained.is_contiguous(memory_format=torch.channels_last)
    assert retained.dtype == torch.float32


def test_kept_numbers_equal_computed_ones_and_the_part_runs_once(
    tmp_path: Path, grey: np.ndarray, maps: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = feed_of(network_of(), tmp_path)
    (first,) = feed.inputs(grey, maps, "cpu")
    assert len(list(tmp_path.iterdir())) == 5
    monkeypatch.setattr(feed, "compute", None)
    (again,) = feed.inputs(grey, maps, "cpu")
    (turned,) = feed.inputs(grey[::-1], maps[::-1], "cpu")
    assert torch.equal(first, again)
    assert torch.equal(first, turned.flip(0))


def test_one_missing_record_makes_the_batch_be_computed_whole(
    tmp_path: Path, grey: np.ndarray
) -> None:
    feed = feed_of(network_of(), tmp_path)
    (first,) = feed.inputs(grey, None, "cpu")
    next(tmp_path.iterdir()).unlink()
    (again,) = feed.inputs(grey, None, "cpu")
    assert torch.equal(first, again)
    assert len(list(tmp_path.iterdir())) == 5


def test_the_key_follows_from_weights_and_all_else_that_counts() -> None:
    key = part_key(feed_of(network_of()), 32)
    assert key == part_key(feed_of(network_of()), 32)
    other_weights = part_key(feed_of(network_of(seed=1)), 32)
    scaled = network_of()
    scaled.scale((0.4,) * 3, (0.25,) * 3)
    half = feed_of(network_of())
    half.precision = torch.bfloat16
    others = {other_weights, part_key(feed_of(scaled), 32), part_key(half, 32),
              part_key(feed_of(network_of(), size=64), 64)}  # fmt: skip
    assert len(others | {key}) == 5


def test_training_the_tail_leaves_the_key_as_it_was() -> None:
    network = network_of()
    key = part_key(feed_of(network), 32)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.requires_grad:
                parameter.add_(1.0)
    assert part_key(feed_of(network), 32) == key


def norms_of(module: nn.Module) -> int:
    return sum(isinstance(part, nn.BatchNorm2d | nn.BatchNorm1d) for part in module.modules())


def test_torch_computes_the_part_with_its_norms_folded_and_leaves_the_network_whole(
    grey: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = network_of().eval()
    part, _ = split_network(network, 32)
    before, computed = norms_of(network), []
    forward = FrozenPart.forward

    def noted(self: FrozenPart, given: torch.Tensor) -> tuple[torch.Tensor, ...]:
        computed.append(norms_of(self))
        return forward(self, given)

    monkeypatch.setattr(FrozenPart, "forward", noted)
    half = fastest_part(part, size=32, precision=torch.bfloat16)
    (given,) = half(as_batch(grey, "cpu"))
    assert computed[-1] == 0 < computed[0]
    assert norms_of(network) == before
    (exact,) = forward(part, as_batch(grey, "cpu"))
    assert given.dtype == torch.bfloat16
    torch.testing.assert_close(given.float(), exact, rtol=0, atol=0.03 * float(exact.max()))


def test_a_part_that_folding_would_change_is_computed_as_it_is(
    grey: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    part, _ = split_network(network_of().eval(), 32)

    def spoil(module: nn.Module) -> int:
        with torch.no_grad():
            next(module.parameters()).mul_(2)
        return 1

    monkeypatch.setattr("hilum.learn.frozen.engine.fold_module", spoil)
    (given,) = fastest_part(part, size=32, precision=torch.bfloat16)(as_batch(grey, "cpu"))
    (exact,) = part(as_batch(grey, "cpu"))
    torch.testing.assert_close(given.float(), exact, rtol=0, atol=0.03 * float(exact.max()))
