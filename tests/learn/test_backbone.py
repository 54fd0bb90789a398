"""Any network of timm: its features become a map, its cut is clean, it trains and explains."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from hilum.errors import RecipeError
from hilum.learn.backbone import MapLayout, make_backbone
from hilum.learn.maps import map_layers
from hilum.learn.networks import Classifier, build_network, fill_network
from hilum.learn.weights import Weights, find_weights
from hilum.recipe import Recipe, parse_recipe

CUTS = {
    "resnet10t": (64, "channels first", 0, "layer4"),
    "efficientnet_lite0": (64, "channels first", 0, "blocks.5"),
    "convnext_atto": (64, "channels first", 0, "stages.2.blocks.4"),
    "regnetx_002": (64, "channels first", 0, "s4.b4"),
    "mobilenetv3_small_050": (64, "channels first", 0, "blocks.4"),
    "ghostnet_100": (64, "channels first", 0, "blocks.7"),
    "repvgg_a0": (64, "channels first", 0, "stages.2.8"),
    "densenetblur121d": (64, "channels first", 0, "features.transition3"),
    "lambda_resnet26t": (64, "channels first", 0, "stages.3"),
    "mobilevit_xxs": (64, "channels first", 0, "stages.4"),
    "test_maxvit": (64, "channels first", 0, "stages.3"),
    "swin_tiny_patch4_window7_224": (64, "channels last", 0, "layers.2.blocks.4"),
    "mambaout_femto": (64, "channels last", 0, "stages.2.blocks.6"),
    "vit_tiny_patch16_224": (64, "tokens", 1, "blocks.8"),
    "deit_tiny_distilled_patch16_224": (64, "tokens", 2, "blocks.8"),
    "eva02_tiny_patch14_224": (56, "tokens", 1, "blocks.8"),
    "xcit_nano_12_p16_224": (64, "tokens", 1, "blocks.9"),
    "mixer_s16_224": (64, "tokens", 0, "blocks.6"),
    "levit_128s": (224, "tokens", 0, "stages.2.blocks"),
}
"""timm's name -> side, layout of the features, tokens in front, and the cut that is chosen."""


def recipe_of(backbone: str, size: int = 0) -> Recipe:
    return parse_recipe(f'[network]\nbackbone = "{backbone}"\n[input]\nsize = {size}\n', name="x")


def as_learnt(recipe: Recipe, size: int) -> Weights:
    """Random weights that pass for learnt ones."""
    start = find_weights(recipe.timm_name, "none")
    return replace(start, state=make_backbone(recipe.timm_name, size)[0].state_dict())


@pytest.fixture(scope="module", params=CUTS)
def built(request: pytest.FixtureRequest, quick_initialisation: None) -> tuple[str, Classifier]:
    """A network of each family, started from weights, so that a part of it is frozen."""
    size = CUTS[request.param][0]
    recipe = recipe_of(request.param, size)
    return request.param, build_network(recipe, as_learnt(recipe, size), classes=2)


def test_the_features_are_a_map_whatever_their_layout(built: tuple[str, Classifier]) -> None:
    name, network = built
    size, kind, prefix, _ = CUTS[name]
    assert (network.layout.kind, network.layout.prefix) == (kind, prefix)
    with torch.no_grad():
        features = network.eval().features(torch.rand(2, 1, size, size) * 255)
    count, channels, rows, columns = features.shape
    assert (count, channels) == (2, network.layout.channels)
    assert rows == columns >= 2


def test_the_cut_is_the_clean_boundary_nearest_to_the_papers_share(
    built: tuple[str, Classifier],
) -> None:
    name, network = built
    assert network.train_from == CUTS[name][3]


def test_one_step_moves_every_parameter_after_the_cut_and_none_before(
    built: tuple[str, Classifier],
) -> None:
    name, network = built
    size = CUTS[name][0]
    network.train()
    network(torch.rand(4, 1, size, size) * 255).square().sum().backward()
    got = {key for key, p in network.named_parameters() if p.grad is not None}
    trained = {key for key, p in network.named_parameters() if p.requires_grad}
    assert got == trained
    assert len(trained) < len(list(network.parameters()))
    network.zero_grad()


def test_a_map_can_be_made_of_it(built: tuple[str, Classifier]) -> None:
    name, network = built
    size = CUTS[name][0]
    grey = np.random.default_rng(0).integers(0, 255, (1, size, size), dtype=np.uint8)
    cam_map = map_layers(network.eval(), grey, np.array([1])).maps
    with torch.no_grad():
        features = network.features(torch.from_numpy(grey).unsqueeze(1).float())
    assert cam_map.shape == (1, *features.shape[2:])
    assert np.isfinite(cam_map).all()


def test_tokens_lie_in_rows_and_those_in_front_are_left_out() -> None:
    patches = torch.arange(6.0).repeat_interleave(1)
    tokens = torch.cat([torch.full((1, 2, 1), -9.0), patches[:4].view(1, 4, 1)], dim=1)
    as_map = MapLayout("tokens", 1, prefix=2).as_map(tokens)
    assert as_map.tolist() == [[[[0.0, 1.0], [2.0, 3.0]]]]
    last = torch.arange(8.0).view(1, 2, 2, 2)
    assert MapLayout("channels last", 2).as_map(last)[0, 1].tolist() == [[1.0, 3.0], [5.0, 7.0]]


def test_size_scaling_and_cut_come_from_timms_configuration(quick_initialisation: None) -> None:
    recipe = recipe_of("vit_tiny_patch16_224")
    start = as_learnt(recipe, 224)
    filled = fill_network(recipe, start, build_network(recipe, start, classes=2))
    assert filled.input.size == 224
    assert filled.network.train_from == "blocks.8"
    assert (start.mean, start.std) == ((0.5,) * 3, (0.5,) * 3)
    assert find_weights("resnet10t", "none").size == 176


def test_position_embeddings_are_brought_to_another_size(quick_initialisation: None) -> None:
    recipe = recipe_of("test_vit", 96)
    start = as_learnt(recipe, 160)
    assert start.state is not None
    start.state["pos_embed"] = torch.full_like(start.state["pos_embed"], 0.25)
    network = build_network(recipe, start, classes=2)
    position = network.backbone.get_parameter("pos_embed")
    assert position.shape == (1, 1 + 6 * 6, 64)
    torch.testing.assert_close(position, torch.full_like(position, 0.25))
    assert not position.requires_grad  # it stands at the entrance, before the cut


def test_what_follows_the_features_is_dropped_with_its_weights(quick_initialisation: None) -> None:
    backbone, _ = make_backbone("mobilenetv3_small_050", 64)
    assert "conv_head.weight" not in backbone.state_dict()
    assert isinstance(backbone.get_submodule("conv_head"), nn.Identity)


def test_a_head_on_the_way_to_the_features_is_kept(quick_initialisation: None) -> None:
    """SelecSLS calls its last convolutions `head`."""
    backbone, layout = make_backbone("selecsls42", 64)
    assert layout.channels == 1280 == backbone.num_features
    assert any(key.startswith("head.") for key in backbone.state_dict())


def test_a_network_whose_features_are_no_map_is_refused(quick_initialisation: None) -> None:
    with pytest.raises(RecipeError) as caught:
        make_backbone("coat_tiny", 64)
    assert str(caught.value) == (
        "[network] backbone: coat_tiny gives no map of (channels, rows, columns) but a list of "
        "tensors; choose a network for pictures whose features are a map or square patches."
    )


def test_a_size_that_the_network_cannot_take_is_refused_with_its_own() -> None:
    with pytest.raises(RecipeError, match=r"test_vit can't take slices of 40 x 40: .*160 \(--set "):
        make_backbone("test_vit", 40)
