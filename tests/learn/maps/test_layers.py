"""The layers in the order in which they run, and the choice of those to look at."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from hilum.errors import RunError
from hilum.learn.backbone import MapLayout
from hilum.learn.maps import Layer, Looked, choose_layers, list_layers
from hilum.learn.networks import Classifier, build_network, freeze
from hilum.learn.weights import Weights
from hilum.recipe import parse_recipe


class Shuffled(nn.Module):
    """Runs in another order than it is defined in; a gate sees one pixel, one layer never runs."""

    def __init__(self) -> None:
        super().__init__()
        self.late = nn.Sequential(nn.Conv2d(4, 4, 1), nn.ReLU(inplace=True))
        self.early = nn.Conv2d(3, 4, 3, stride=2, padding=1)
        self.gate = nn.Conv2d(4, 4, 1)
        self.never = nn.Conv2d(4, 4, 1)
        self.held = nn.ModuleList([nn.Conv2d(4, 4, 1)])

    def forward_features(self, grey: Tensor) -> Tensor:
        features = self.early(grey)
        features = features * self.gate(features.mean(dim=(2, 3), keepdim=True)).sigmoid()
        return self.held[0](self.late(features))  # type: ignore[no-any-return]


@pytest.fixture
def shuffled() -> Classifier:
    torch.manual_seed(0)
    head, layout = nn.Sequential(nn.Linear(4, 2)), MapLayout("channels first", 4)
    network = Classifier(Shuffled(), head, ((0.5,) * 3, (0.2,) * 3), layout).eval()
    freeze(network, "gate")
    return network


def test_layers_stand_in_the_order_in_which_they_run_with_their_maps(
    shuffled: Classifier,
) -> None:
    assert list_layers(shuffled, 8) == [
        Layer("early", "Conv2d", (4, 4, 4), frozen=True, convolves=True),
        Layer("gate", "Conv2d", (4, 1, 1), frozen=False, convolves=True),
        Layer("late", "Sequential", (4, 4, 4), frozen=True, convolves=False),
        Layer("late.0", "Conv2d", (4, 4, 4), frozen=True, convolves=True),
        Layer("late.1", "ReLU", (4, 4, 4), frozen=True, convolves=False),
        Layer("held", "ModuleList", None, frozen=False, convolves=False),
        Layer("held.0", "Conv2d", (4, 4, 4), frozen=False, convolves=True),
    ]
    assert all(not module._forward_hooks for module in shuffled.modules())


@pytest.mark.parametrize(
    ("layer", "paths", "averaged"),
    [
        ("last", ("late",), False),
        ("held.0", ("held.0",), False),
        ("frozen", ("early", "late.0"), True),
        ("trainable", ("held.0",), True),
        ("all", ("early", "late.0", "held.0"), True),
    ],
)
def test_a_group_holds_the_convolutions_of_more_than_one_pixel(
    shuffled: Classifier, layer: str, paths: tuple[str, ...], averaged: bool
) -> None:
    found = choose_layers(shuffled, layer, size=8, last="late")
    assert found == Looked(paths, averaged=averaged)


@pytest.mark.parametrize(
    ("layer", "sentence"),
    [
        (
            "erly",
            "the backbone has no layer 'erly'; `hilum info RUN --layers` lists them. Did you mean "
            "'early'?",
        ),
        (
            "frozen",
            "the network has no frozen convolution that gives a map; choose another layer (`hilum "
            "info RUN --layers` lists them).",
        ),
    ],
)
def test_a_layer_or_group_that_is_not_there_is_refused(
    shuffled: Classifier, layer: str, sentence: str
) -> None:
    freeze(shuffled, "all")
    with pytest.raises(RunError) as caught:
        choose_layers(shuffled, layer, size=8)
    assert str(caught.value) == sentence


def test_the_groups_of_a_real_network_are_its_parts() -> None:
    """DenseNet121: 120 convolutions, of which the paper's cut freezes all before layer 24."""
    recipe = parse_recipe('[network]\nbackbone = "densenet121"\n', name="x")
    start = Weights.placeholder(recipe, (0.5,) * 3, (0.2,) * 3)
    network = build_network(recipe, start, classes=2, frozen_random=True).eval()
    freeze(network, "features.denseblock3.denselayer24")
    groups = [choose_layers(network, name, size=64).paths for name in ("frozen", "trainable")]
    assert groups[0][0] == "features.conv0"
    assert groups[1][0] == "features.denseblock3.denselayer24.conv1"
    assert [*groups[0], *groups[1]] == list(choose_layers(network, "all", size=64).paths)
    before = 1 + (2 * 6 + 1) + (2 * 12 + 1) + 2 * 23  # stem, two blocks, each with its end, a third
    assert [len(paths) for paths in groups] == [before, 120 - before]
