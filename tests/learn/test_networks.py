"""Networks: the paper's nine by their facts, what is frozen, and what is refused."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from hilum.catalogue.networks import known_networks
from hilum.errors import RecipeError, WeightsError
from hilum.learn.networks import (
    Classifier,
    build_network,
    cam_layer,
    count_parameters,
    freeze,
    load_backbone,
)
from hilum.learn.weights import Weights
from hilum.learn.workload import count_workload
from hilum.recipe import Recipe, parse_recipe

MEAN, STD = (0.5, 0.4, 0.3), (0.2, 0.3, 0.4)
SIDE = 80

TRAINED = {
    "densenet121": 2_852_544,
    "mobilenetv2": 1_799_616,
    "inceptionv3": 12_819_712,
    "inceptionresnetv2": 23_552_192,
    "resnet50": 17_199_104,
    "resnet101": 22_785_024,
    "vgg16": 11_799_040,
    "vgg19": 14_158_848,
    "xception": 10_016_336,
}
"""Parameters of the backbone from the cut on."""

TRAINED_MACS = {
    "densenet121": (71, 239_239_168),
    "mobilenetv2": (32, 229_235_200),
    "inceptionv3": (48, 1_001_938_944),
    "inceptionresnetv2": (92, 1_504_706_560),
    "resnet50": (32, 1_245_970_432),
    "resnet101": (62, 2_337_800_192),
    "vgg16": (5, 10_380_902_400),
    "vgg19": (6, 11_324_620_800),
    "xception": (32, 2_176_017_536),
}
"""Layers and multiply-adds of the backbone from the cut on, at the paper's input size."""

HEAD = {
    "densenet121": 268_034,
    "mobilenetv2": 334_594,
    "inceptionv3": 534_274,
    "inceptionresnetv2": 796_162,
    "resnet50": 567_426,
    "resnet101": 1_192_194,
    "vgg16": 134_914,
    "vgg19": 134_914,
    "xception": 567_426,
}
"""Parameters of the head, statistics of batch norm included, as Keras counts."""


def recipe_of(backbone: str, more: str = "") -> Recipe:
    text = f'[network]\nbackbone = "{backbone}"\n{more}\n[input]\nsize = {SIDE}\n'
    return parse_recipe(text, name="x")


def random_start(recipe: Recipe) -> Weights:
    return Weights.placeholder(recipe, MEAN, STD)


def small(more: str = "", *, frozen: bool = True) -> Classifier:
    recipe = recipe_of("test_resnet", more)
    return build_network(recipe, random_start(recipe), classes=2, frozen_random=frozen)


@pytest.fixture(scope="module", params=known_networks())
def known(request: pytest.FixtureRequest, quick_initialisation: None) -> tuple[str, Classifier]:
    """Each of the nine, frozen as networks.toml says; built once for all tests of it."""
    recipe = recipe_of(request.param)
    start = random_start(recipe)
    return request.param, build_network(recipe, start, classes=2, frozen_random=True)


def test_the_parameters_are_the_papers(known: tuple[str, Classifier]) -> None:
    name, network = known
    backbone = list(network.backbone.parameters())
    assert sum(p.numel() for p in backbone) == known_networks()[name].backbone_parameters
    trained = sum(p.numel() for p in backbone if p.requires_grad)
    assert trained == TRAINED[name]
    counted = count_workload(network, size=known_networks()[name].size)
    assert (counted.trained_layers, counted.trained_macs) == TRAINED_MACS[name]
    statistics = [b for n, b in network.head.named_buffers() if "num_batches" not in n]
    weights = sum(p.numel() for p in network.head.parameters())
    assert weights + sum(b.numel() for b in statistics) == HEAD[name]
    assert count_parameters(network) == (sum(p.numel() for p in backbone) + weights,
                                         trained + weights)  # fmt: skip


def test_nothing_frozen_runs_after_the_first_trained_module(
    known: tuple[str, Classifier],
) -> None:
    """What stands before the cut is what runs before it, so the cut is one cut."""
    _, network = known
    order: list[nn.Module] = []
    hooks = [
        module.register_forward_pre_hook(lambda module, _: order.append(module))
        for module in network.backbone.modules()
        if not list(module.children()) and list(module.parameters())
    ]
    with torch.no_grad():
        network.eval()(torch.zeros(1, 1, SIDE, SIDE))
    for hook in hooks:
        hook.remove()
    assert len(order) == len(set(order)) == len(hooks)
    frozen = [module in network.frozen for module in order]
    assert True in frozen and False in frozen
    assert frozen == sorted(frozen, reverse=True)


def test_the_layer_of_the_maps_is_there_and_trained(known: tuple[str, Classifier]) -> None:
    name, network = known
    layer = dict(network.backbone.named_modules())[cam_layer(recipe_of(name))]
    assert layer not in network.frozen


def test_training_moves_only_what_is_trained(known: tuple[str, Classifier]) -> None:
    _, network = known
    before = {key: value.clone() for key, value in network.backbone.state_dict().items()}
    network.train()
    network(torch.rand(2, 1, SIDE, SIDE) * 255).square().sum().backward()
    frozen = {
        f"{name}.{key}"
        for name, module in network.backbone.named_modules()
        if module in network.frozen
        for key in module.state_dict()
    }
    for name, parameter in network.backbone.named_parameters():
        assert (parameter.grad is None) == (name in frozen), name
    after = network.backbone.state_dict()
    moved = {key for key in after if not torch.equal(before[key], after[key])}
    assert not moved & frozen
    trained_statistics = {
        key for key in after if key not in frozen and key.endswith("num_batches_tracked")
    }
    assert trained_statistics <= moved


def test_every_name_is_one_of_the_table() -> None:
    assert list(TRAINED) == list(HEAD) == list(known_networks())


def test_grey_levels_are_scaled_to_what_the_weights_saw() -> None:
    network = small().eval()
    seen: list[Tensor] = []
    features = network.backbone.forward_features
    network.backbone.forward_features = lambda x: (seen.append(x), features(x))[1]  # type: ignore[operator,assignment,func-returns-value]
    with torch.no_grad():
        network(torch.full((1, 1, SIDE, SIDE), 255.0))
    expected = [(1 - mean) / std for mean, std in zip(MEAN, STD, strict=True)]
    assert seen[0].shape == (1, 3, SIDE, SIDE)
    assert seen[0][0, :, 3, 3].tolist() == pytest.approx(expected, abs=1e-5)


def test_logits_are_the_head_on_the_pooled_features() -> None:
    network = small().eval()
    grey = torch.rand(3, 1, SIDE, SIDE) * 255
    with torch.no_grad():
        pooled = network.features(grey).flatten(2).mean(dim=2)
        torch.testing.assert_close(network(grey), network.head(pooled))
        assert network(grey).shape == (3, 2)


def test_the_head_is_that_of_the_published_code() -> None:
    network = small("hidden = [8, 4]\ndropout = [0.5, 0.3, 0.1]")
    kinds = [type(layer).__name__ for layer in network.head]  # type: ignore[attr-defined]
    assert kinds == [
        "BatchNorm1d", "Dropout", "Linear", "ReLU", "BatchNorm1d", "Dropout",
        "Linear", "ReLU", "BatchNorm1d", "Dropout", "Linear",
    ]  # fmt: skip
    rates = [layer.p for layer in network.head if isinstance(layer, nn.Dropout)]  # type: ignore[attr-defined]
    assert rates == [0.5, 0.3, 0.1]
    for layer in network.head.modules():
        if isinstance(layer, nn.BatchNorm1d):
            assert (layer.eps, layer.momentum) == (1e-3, 0.01)
        if isinstance(layer, nn.Linear):
            bound = (6 / (layer.in_features + layer.out_features)) ** 0.5
            assert layer.bias.abs().max() == 0
            assert layer.weight.abs().max() <= bound
            if layer.weight.numel() >= 32:  # enough draws to come near the end
                assert layer.weight.abs().max() > 0.8 * bound


def test_a_cut_at_the_head_or_nowhere() -> None:
    head = small('train_from = "head"')
    assert not any(p.requires_grad for p in head.backbone.parameters())
    assert all(p.requires_grad for p in head.head.parameters())
    complete = small('train_from = "all"')
    assert all(p.requires_grad for p in complete.parameters())
    assert complete.frozen == ()
    freeze(complete, "layer4")
    freeze(complete, "all")  # freezing may be undone
    assert all(p.requires_grad for p in complete.parameters())


def test_random_weights_are_trained_as_a_whole() -> None:
    assert small('train_from = "head"', frozen=False).frozen == ()


def test_switching_to_training_and_back_leaves_the_frozen_part_in_inference() -> None:
    network = small('train_from = "layer3"').train()
    modules = dict(network.backbone.named_modules())
    assert not modules["layer2"].training and modules["layer3"].training and network.head.training
    assert not network.eval().head.training
    assert network.train().head.training and not modules["layer1"].training


def test_a_cut_at_no_module_is_refused_with_the_nearest() -> None:
    with pytest.raises(RecipeError) as caught:
        small('train_from = "layerr3"')
    assert str(caught.value) == (
        "[network] train_from: the backbone has no module 'layerr3'. Did you mean 'layer3'?"
    )


def test_weights_are_loaded_and_a_classifier_of_theirs_is_left_out() -> None:
    donor, taker = small().backbone, small().backbone
    state = {**donor.state_dict(), "fc.weight": torch.zeros(9, 9), "fc.bias": torch.zeros(9)}
    load_backbone(taker, state, network="test_resnet", origin="here")
    assert all(
        torch.equal(a, b)
        for a, b in zip(donor.state_dict().values(), taker.state_dict().values(), strict=True)
    )


def test_weights_reach_the_network_and_freeze_it() -> None:
    recipe = recipe_of("test_resnet", 'train_from = "head"')
    state = small().backbone.state_dict()
    start = Weights("test_resnet", state, "here", "0", MEAN, STD)
    network = build_network(recipe, start, classes=3)
    assert torch.equal(network.backbone.state_dict()["conv1.0.weight"], state["conv1.0.weight"])
    assert not any(p.requires_grad for p in network.backbone.parameters())
    assert network.head[-1].out_features == 3  # type: ignore[index]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            "missing",
            "they lack 'layer1.0.conv1.weight' (1 tensors missing, 0 unknown, 0 misshapen).",
        ),
        ("unknown", "they hold another 'extra' (0 tensors missing, 1 unknown, 0 misshapen)."),
        (
            "misshapen",
            "they have another shape of 'layer1.0.conv1.weight' (0 tensors missing, 0 unknown, 1 "
            "misshapen).",
        ),
    ],
)
def test_weights_of_another_network_are_refused(change: str, sentence: str) -> None:
    backbone = small().backbone
    state = dict(backbone.state_dict())
    if change == "missing":
        del state["layer1.0.conv1.weight"]
    elif change == "unknown":
        state["extra"] = torch.zeros(1)
    else:
        state["layer1.0.conv1.weight"] = torch.zeros(2, 2)
    with pytest.raises(WeightsError) as caught:
        load_backbone(backbone, state, network="test_resnet", origin="folder test_resnet")
    assert str(caught.value) == (
        f"the weights (folder test_resnet) are not those of test_resnet: {sentence}"
    )
