"""Cascading randomisation: which layers, in which order, and what they become."""

from __future__ import annotations

import pytest
import torch
from untrained_runs import make_untrained

from hilum.learn.networks import build_network
from hilum.learn.predict import load_network
from hilum.learn.randomise import backbone_stages, deal_out, kept_weights, randomise, untrained
from hilum.learn.weights import Weights
from hilum.recipe import parse_recipe
from hilum.run import Run
from hilum.table import SliceTable


@pytest.fixture(scope="module")
def run(make_table: object, tmp_path_factory: pytest.TempPathFactory) -> Run:
    table: SliceTable = make_table(4)  # type: ignore[operator]
    return make_untrained(tmp_path_factory.mktemp("runs") / "one", table, seed=5)


def test_parts_end_between_stages_rather_than_between_blocks_or_inside_them() -> None:
    layers = ["stem", *(f"a.{n}.conv{m}" for n in range(3) for m in (1, 2)), "b.0.conv1",
              "b.0.conv2", "b.1.conv1", "b.1.conv2", "norm"]  # fmt: skip
    assert deal_out(layers, 3) == [
        ("stem to a.0", layers[:3]),
        ("a.1 to a.2", layers[3:7]),
        ("b to norm", layers[7:]),
    ]
    assert [name for name, _ in deal_out(layers, 2)] == ["stem to a", "b to norm"]


@pytest.mark.parametrize("count", [1, 2, 5, 8, 30])
def test_every_layer_is_dealt_out_once_and_in_its_order(count: int) -> None:
    layers = [f"{stage}.{block}.conv" for stage in "abc" for block in range(5)]
    parts = deal_out(layers, count)
    assert [layer for _, part in parts for layer in part] == layers
    assert len(parts) == min(count, len(layers))
    assert all(part for _, part in parts)
    assert len({name for name, _ in parts}) == len(parts)


@pytest.mark.usefixtures("quick_initialisation")
@pytest.mark.parametrize(
    ("backbone", "size", "ends"),
    [
        ("mobilenetv2", 64, ("blocks.6 to bn2", "conv_stem to blocks.1")),
        ("vgg16", 32, ("features.26 to features.28", "features.0")),
        ("vit_tiny_patch16_224", 224, ("blocks.11 to norm", "patch_embed.proj to blocks.0")),
    ],
)
def test_any_network_is_randomised_whole_from_the_head_down(
    backbone: str, size: int, ends: tuple[str, str]
) -> None:
    text = f'[network]\nbackbone = "{backbone}"\n[input]\nsize = {size}\n'
    recipe = parse_recipe(text, name="x")
    start = Weights.placeholder(recipe, (0.5,) * 3, (0.2,) * 3)
    network = build_network(recipe, start, classes=2).eval()
    stages = backbone_stages(network, size=size)
    assert len(stages) == 9
    assert stages[0].name == "head"
    assert all(name.startswith("head.") for name in stages[0].tensors)
    assert (stages[1].name, stages[-1].name) == ends
    tensors = [name for stage in stages for name in stage.tensors]
    assert sorted(tensors) == sorted(network.state_dict())
    if backbone.startswith("vit"):
        assert "backbone.pos_embed" in stages[-1].tensors


def test_random_weights_follow_from_the_seed_and_no_layer_passes_nothing(run: Run) -> None:
    first, again, other = (untrained(run, seed=seed) for seed in (1, 1, 2))
    weight = "backbone.layer1.0.conv1.weight"
    torch.testing.assert_close(first[weight], again[weight])
    assert not torch.equal(first[weight], other[weight])
    assert first["backbone.layer1.0.bn2.weight"].all(), "timm begins the last of a block at 0"


def test_a_stage_takes_its_tensors_alone_and_the_network_gets_its_own_back(run: Run) -> None:
    network = load_network(run)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    stages, by = backbone_stages(network, size=64), untrained(run, seed=1)
    with pytest.raises(KeyboardInterrupt), kept_weights(network):
        randomise(network, stages[1], by)
        changed = {
            name for name, now in network.state_dict().items() if not torch.equal(now, before[name])
        }
        assert changed
        assert changed <= set(stages[1].tensors)
        for stage in stages:
            randomise(network, stage, by)
        for name, now in network.state_dict().items():
            assert torch.equal(now, by[name]), name
        raise KeyboardInterrupt
    for name, now in network.state_dict().items():
        assert torch.equal(now, before[name]), name
