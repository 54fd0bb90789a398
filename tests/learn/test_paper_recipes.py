"""The paper's recipes: each quirk of the published code, held to what was measured of it."""

from __future__ import annotations

import pytest
import torch

from hilum.catalogue.networks import known_networks
from hilum.learn.fit import loss_of, make_optimiser
from hilum.learn.freeze_point import frozen_modules
from hilum.learn.keras_adam import KerasAdam
from hilum.learn.networks import Classifier, build_network, freeze
from hilum.learn.weights import Weights
from hilum.learn.workload import count_with_statistics, count_workload
from hilum.recipe import Recipe, load_recipe

TRAINED = {
    "densenet121": 2_889_408,
    "mobilenetv2": 1_744_320,
    "inceptionv3": 13_484_800,
    "inceptionresnetv2": 23_554_176,
    "resnet50": 17_199_104,
    "resnet101": 22_785_024,
    "vgg16": 11_799_040,
    "vgg19": 14_158_848,
    "xception": 10_555_784,
}
"""Parameters of the backbone that Keras' cut by layer count trains, in timm's network."""

WORKLOAD = {
    "densenet121": (72, 241, 246_464_512, 2_833_137_664),
    "mobilenetv2": (31, 104, 207_116_800, 611_212_800),
    "inceptionv3": (55, 188, 1_193_705_472, 5_711_168_096),
    "inceptionresnetv2": (95, 448, 1_504_706_560, 13_154_258_016),
    "resnet50": (32, 106, 1_245_970_432, 4_087_136_256),
    "resnet101": (62, 208, 2_337_800_192, 7_799_357_440),
    "vgg16": (5, 13, 10_380_902_400, 31_319_654_400),
    "vgg19": (6, 16, 11_324_620_800, 39_813_120_000),
    "xception": (36, 114, 2_369_707_032, 8_355_355_496),
}
"""Layers trained and in all, multiply-adds trained and in all, at the paper's input size; timm's
ResNets stride later than Keras', so theirs are 1.06 and 1.03 times as many."""

MORE_THAN_KERAS = {
    "inceptionv3": 17_216,  # timm's batch norm has a gamma, Keras' has not
    "inceptionresnetv2": 30_272,  # likewise
    "resnet50": -26_560,  # Keras' convolutions carry a bias, timm's do not
    "resnet101": -52_672,  # likewise
}
"""Where timm's network is not Keras': the difference of the totals."""


def built(recipe: Recipe) -> Classifier:
    """The network with random numbers for weights, frozen as its recipe says."""
    start = Weights.placeholder(recipe, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    small = recipe.model_copy(update={"input": recipe.input.model_copy(update={"size": 80})})
    return build_network(small, start, classes=2, frozen_random=True)


@pytest.fixture(scope="module", params=known_networks())
def published(
    request: pytest.FixtureRequest, quick_initialisation: None
) -> tuple[str, Recipe, Classifier]:
    """Each of the nine as published; built once for all tests of it."""
    recipe = load_recipe(f"paper/{request.param}")
    return request.param, recipe, built(recipe)


Published = tuple[str, Recipe, Classifier]


def test_the_cut_trains_what_keras_trained(published: Published) -> None:
    name, _, network = published
    trained = sum(p.numel() for p in network.backbone.parameters() if p.requires_grad)
    assert trained == TRAINED[name]


def test_layers_and_multiply_adds_are_those_of_the_papers_cut(published: Published) -> None:
    name, recipe, network = published
    counted = count_workload(network, size=recipe.input.size)
    layers = counted.trained_layers, counted.layers
    assert (*layers, counted.trained_macs, counted.macs) == WORKLOAD[name]
    assert counted.trained_parameters == TRAINED[name]
    assert counted.parameters == known_networks()[name].backbone_parameters


def test_the_total_is_keras_total_but_for_the_listed_difference(published: Published) -> None:
    name, _, network = published
    total = count_with_statistics(network)
    assert total == known_networks()[name].keras_parameters + MORE_THAN_KERAS.get(name, 0)


def test_the_recipe_says_what_the_published_code_does(published: Published) -> None:
    name, recipe, network = published
    known = known_networks()[name]
    assert recipe.input.size == known.size
    assert (recipe.network.hidden, recipe.network.dropout) == (known.hidden, known.dropout)
    assert (recipe.training.epochs, recipe.training.batch_size) == (120, 16)
    assert (recipe.training.loss, recipe.training.keep) == ("sigmoid", "last")
    optimiser = make_optimiser(network, recipe)
    assert isinstance(optimiser, KerasAdam)
    assert {group["eps"] for group in optimiser.param_groups} == {recipe.training.epsilon}


def test_sigmoid_loss_is_the_mean_over_both_logits() -> None:
    logits = torch.tensor([[2.0, -1.0], [0.5, 0.25]])
    target = torch.tensor([0, 1])
    wanted = torch.tensor(
        [
            [
                torch.log1p(torch.exp(torch.tensor(-2.0))),
                torch.log1p(torch.exp(torch.tensor(-1.0))),
            ],
            [
                torch.log1p(torch.exp(torch.tensor(0.5))),
                torch.log1p(torch.exp(torch.tensor(-0.25))),
            ],
        ]
    ).mean()
    assert float(loss_of(logits, target, kind="sigmoid")) == pytest.approx(float(wanted), rel=1e-6)


def test_frozen_batchnorm_on_batch_statistics_normalises_and_keeps_what_is_stored() -> None:
    torch.manual_seed(0)
    network = built(load_recipe("paper/mobilenetv2"))
    first = network.backbone.get_submodule("bn1")
    stored = [first.running_mean.clone(), first.running_var.clone()]
    seen: list[torch.Tensor] = []
    conv = network.backbone.get_submodule("conv_stem")
    conv.register_forward_hook(lambda _m, _i, output: seen.append(output.detach().clone()))
    normed: list[torch.Tensor] = []
    first.drop.register_forward_hook(lambda _m, _i, output: normed.append(output.detach().clone()))
    grey = torch.rand(8, 1, 80, 80) * 255
    network.train()
    network(grey)
    mean = normed[0].mean(dim=(0, 2, 3))
    spread = normed[0].std(dim=(0, 2, 3), correction=0)
    expected = seen[0].std(dim=(0, 2, 3), correction=0)
    torch.testing.assert_close(mean, torch.zeros_like(mean), atol=1e-4, rtol=0)
    torch.testing.assert_close(spread, expected / (expected**2 + 1e-3).sqrt(), atol=1e-3, rtol=0)
    assert [first.running_mean.tolist(), first.running_var.tolist()] == [s.tolist() for s in stored]
    trained = network.backbone.get_submodule("bn2")
    assert trained.running_mean.abs().max() > 0
    assert trained.momentum == 0.001


def test_stored_and_batch_statistics_give_different_losses_and_the_same_after_training() -> None:
    torch.manual_seed(0)
    grey, target = torch.rand(8, 1, 80, 80) * 255, torch.arange(8) % 2
    losses, retained = {}, {}
    for mode in ("batch", "stored"):
        torch.manual_seed(1)
        recipe = load_recipe(
            "paper/mobilenetv2",
            [f"network.frozen_batchnorm={mode}", "network.dropout=[0.0, 0.0]"],
        )
        network = built(recipe)
        network.train()
        losses[mode] = float(loss_of(network(grey), target, kind="sigmoid").detach())
        torch.manual_seed(1)
        fresh = built(recipe).eval()
        retained[mode] = fresh(grey).detach().tolist()
    assert abs(losses["batch"] - losses["stored"]) > 1e-3
    assert retained["batch"] == retained["stored"]


def test_also_train_cuts_across_branches(quick_initialisation: None) -> None:
    network = built(load_recipe("paper/inceptionv3"))
    mixed = "backbone.Mixed_6e."
    trained = {
        name.removeprefix(mixed).partition(".")[0]
        for name, parameter in network.named_parameters()
        if name.startswith(mixed) and parameter.requires_grad
    }
    assert trained == {"branch1x1", "branch7x7_3", "branch7x7dbl_5", "branch_pool"}
    assert not network.backbone.get_submodule("Mixed_6e.branch1x1.conv").weight.requires_grad
    full = frozen_modules(network.backbone, "Mixed_7a")
    assert network.backbone.get_submodule("Mixed_6e") in full
    freeze(network, "Mixed_7a")
    assert not any(p.requires_grad for p in network.backbone.get_submodule("Mixed_6e").parameters())


def test_from_random_weights_nothing_is_frozen_and_all_batchnorm_learns(
    quick_initialisation: None,
) -> None:
    recipe = load_recipe("paper/mobilenetv2", ["input.size=80"])
    start = Weights.placeholder(recipe, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    network = build_network(recipe, start, classes=2)
    assert network.frozen == ()
    assert all(p.requires_grad for p in network.parameters())
    norms = [m for m in network.backbone.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    assert {norm.momentum for norm in norms} == {0.001}
