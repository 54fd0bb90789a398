"""Grad-CAM: equal to a map computed by hand, and to another program's."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor, nn

from hilum.errors import RunError
from hilum.learn.backbone import MapLayout
from hilum.learn.data import as_batch
from hilum.learn.maps import grad_cam, mean_grad_cam, mean_of_maps, upsample_map
from hilum.learn.networks import Classifier, build_network, cam_layer
from hilum.learn.predict import Member
from hilum.learn.weights import Weights
from hilum.recipe import Recipe, parse_recipe

MEAN, STD = (0.5, 0.4, 0.3), (0.2, 0.3, 0.4)


class Tiny(nn.Module):
    """Two channels from one convolution, then ReLU in place, which is halved."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.unused = nn.Conv2d(1, 1, 1)
        self.pair = Pair()

    def forward_features(self, grey: Tensor) -> Tensor:
        halved: Tensor = self.pair(self.relu(self.conv(grey)))[0]
        return halved


class Pair(nn.Module):
    """Gives two maps, so that its output is no single one."""

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        return features / 2, features


@pytest.fixture
def tiny() -> Classifier:
    torch.manual_seed(0)
    head, layout = nn.Sequential(nn.Linear(2, 2)), MapLayout("channels first", 2)
    return Classifier(Tiny(), head, (MEAN, STD), layout).eval()


def noise(count: int, side: int) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (count, side, side), dtype=np.uint8)


def test_the_map_of_the_last_feature_map_by_hand(tiny: Classifier) -> None:
    """With global pooling and one dense layer the weight of a channel is w / pixels."""
    grey, target = noise(3, 6), np.array([0, 1, 0])
    with torch.no_grad():
        features = tiny.features(as_batch(grey, "cpu"))
        dense = tiny.head[0].weight[target] / 36  # type: ignore[index]
        expected = torch.relu((dense[:, :, None, None] * features).sum(dim=1))
    found = grad_cam(tiny, grey, target)
    assert found.dtype == np.float32
    assert found.shape == (3, 6, 6)
    assert found.max() > 0
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-4, atol=1e-8)


def test_a_layer_before_an_in_place_activation_by_hand(tiny: Classifier) -> None:
    """The map is of what the convolution gave, negative values too, not of what ReLU left."""
    grey, target = noise(2, 6), np.array([1, 0])
    with torch.no_grad():
        scaled = (as_batch(grey, "cpu") - tiny.mean) / tiny.std
        conv = tiny.backbone.conv(scaled)  # type: ignore[operator]
        dense = tiny.head[0].weight[target]  # type: ignore[index]
        passed = (conv > 0).float().mean(dim=(2, 3))
        weights = dense / 2 / 36 * passed
        expected = torch.relu((weights[:, :, None, None] * conv).sum(dim=1))
    assert (conv < 0).any()
    np.testing.assert_allclose(
        grad_cam(tiny, grey, target, layer="conv"), expected.numpy(), rtol=1e-4, atol=1e-8
    )


def test_the_maps_of_a_batch_are_those_of_its_slices(tiny: Classifier) -> None:
    grey, target = noise(3, 6), np.array([0, 1, 1])
    together = grad_cam(tiny, grey, target, layer="conv")
    for n in range(3):
        alone = grad_cam(tiny, grey[n : n + 1], target[n : n + 1], layer="conv")
        np.testing.assert_allclose(alone[0], together[n], rtol=1e-4, atol=1e-8)


def test_a_map_needs_no_gradient_of_the_weights_and_leaves_none(tiny: Classifier) -> None:
    grey, target = noise(1, 6), np.array([1])
    before = grad_cam(tiny, grey, target, layer="conv")
    tiny.requires_grad_(False)
    with torch.no_grad():
        after = grad_cam(tiny, grey, target, layer="conv")
    np.testing.assert_array_equal(before, after)
    assert all(p.grad is None for p in tiny.parameters())
    assert not tiny.backbone.conv._forward_hooks  # type: ignore[union-attr]


def test_a_map_without_evidence_is_zero_not_stretched(tiny: Classifier) -> None:
    with torch.no_grad():
        tiny.head[0].weight[:] = torch.tensor([[1.0, 1.0], [-1.0, -1.0]])  # type: ignore[index]
    found = grad_cam(tiny, noise(1, 6).repeat(2, axis=0), np.array([0, 1]))
    assert found[0].max() > 0
    assert (found[1] == 0).all()


@pytest.mark.parametrize(
    ("layer", "sentence"),
    [
        ("convv", "the backbone has no layer 'convv'. Did you mean 'conv'?"),
        ("unused", "layer 'unused' takes no part in the network's forward pass."),
        ("pair", "Grad-CAM needs a layer whose output is a map of channels."),
    ],
)
def test_a_layer_without_a_map_is_refused(tiny: Classifier, layer: str, sentence: str) -> None:
    with pytest.raises(RunError) as caught:
        grad_cam(tiny, noise(1, 6), np.array([0]), layer=layer)
    assert str(caught.value) == sentence


def random_network(recipe: Recipe) -> Classifier:
    torch.manual_seed(3)
    start = Weights(recipe.timm_name, None, "random initialisation", "", MEAN, STD)
    network = build_network(recipe, start, classes=2).eval()
    for module in network.modules():  # statistics that are not those of an untrained network
        if isinstance(module, nn.BatchNorm2d):
            module.running_var.fill_(0.5)  # type: ignore[union-attr]
            module.bias.data.uniform_(-0.2, 0.3)
    return network


def stretched(cam_map: npt.NDArray[np.float32], side: int) -> npt.NDArray[np.float32]:
    """What pytorch-grad-cam does to each map: to [0, 1], enlarged, to [0, 1] again."""
    for shape in ((side, side), None):
        cam_map = cam_map - cam_map.min()
        cam_map = cam_map / (1e-7 + cam_map.max())
        cam_map = upsample_map(cam_map, shape) if shape else cam_map
    return cam_map


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("backbone", ["mobilenetv2", "resnet50"])
def test_maps_are_those_of_pytorch_grad_cam_but_for_its_stretching(backbone: str) -> None:
    pytorch_grad_cam = pytest.importorskip("pytorch_grad_cam")
    targets = pytest.importorskip("pytorch_grad_cam.utils.model_targets")
    recipe = parse_recipe(f'[network]\nbackbone = "{backbone}"\n[input]\nsize = 96\n', name="x")
    network = random_network(recipe)
    grey, target = noise(2, 96).repeat(2, axis=0), np.array([0, 1, 0, 1])
    ours = grad_cam(network, grey, target, layer=cam_layer(recipe))
    assert ours.shape == (4, 3, 3)
    assert ours.max() > 0
    layer = dict(network.backbone.named_modules())[cam_layer(recipe)]
    with pytorch_grad_cam.GradCAM(model=network, target_layers=[layer]) as oracle:
        theirs = oracle(
            input_tensor=as_batch(grey, "cpu"),
            targets=[targets.ClassifierOutputTarget(int(index)) for index in target],
        )
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(stretched(mine, 96), other, atol=2e-3)


@pytest.mark.parametrize("backbone", ["densenet121", "vgg16"])
def test_maps_of_networks_that_work_in_place(backbone: str) -> None:
    text = f'[network]\nbackbone = "{backbone}"\n[input]\nsize = 64\n'
    recipe = parse_recipe(text, name="x")
    network = random_network(recipe)
    found = grad_cam(network, noise(1, 64), np.array([0]), layer=cam_layer(recipe))
    assert np.isfinite(found).all()
    assert found.min() >= 0


def test_a_planted_square_stays_where_it_is_on_a_slice_that_is_no_square() -> None:
    cam_map = np.zeros((8, 8), dtype=np.float32)
    cam_map[2, 5] = 3.0
    grown = upsample_map(cam_map, (64, 128))
    assert grown.shape == (64, 128)
    assert grown.dtype == np.float32
    hot = np.argwhere(grown > 2.0)
    assert hot.mean(axis=0) == pytest.approx([2.5 * 8 - 0.5, 5.5 * 16 - 0.5])
    assert grown[:8].max() == grown[:, :64].max() == 0
    assert 2.5 < grown.max() <= 3.0


def test_a_zero_map_stays_zero() -> None:
    assert (upsample_map(np.zeros((3, 3), dtype=np.float32), (50, 40)) == 0).all()


def test_the_mean_of_one_networks_maps_is_those_maps() -> None:
    maps = np.random.default_rng(2).random((3, 4, 5), dtype=np.float32)
    np.testing.assert_array_equal(mean_of_maps([maps]), maps)


def test_maps_of_one_grid_are_averaged_pixel_by_pixel() -> None:
    first, second = np.zeros((1, 2, 2), np.float32), np.full((1, 2, 2), 3, np.float32)
    first[0, 0, 1] = 1
    np.testing.assert_array_equal(mean_of_maps([first, second]), [[[1.5, 2.0], [1.5, 1.5]]])


def test_a_coarse_map_adds_up_to_the_same_on_a_finer_grid() -> None:
    """Two networks that found as much evidence count the same, whatever their layers' grids."""
    coarse = np.full((1, 2, 2), 0.5, dtype=np.float32)
    fine = np.zeros((1, 4, 6), dtype=np.float32)
    found = mean_of_maps([coarse, fine])
    assert found.shape == (1, 4, 6)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, 0.5 * 4 / 24 / 2)
    assert found.sum() == pytest.approx(coarse.sum() / 2)


def test_the_grid_has_the_most_rows_and_the_most_columns_of_all() -> None:
    wide, tall = np.ones((2, 2, 6), np.float32), np.ones((2, 4, 3), np.float32)
    assert mean_of_maps([wide, tall]).shape == (2, 4, 6)


def test_a_map_that_is_no_number_stays_so_and_zero_maps_stay_zero() -> None:
    broken, fine = np.zeros((2, 2, 2), np.float32), np.zeros((2, 4, 4), np.float32)
    broken[0, 0, 0] = np.nan
    found = mean_of_maps([broken, fine])
    assert np.isnan(found[0]).any()
    assert (found[1] == 0).all()


def test_members_of_several_sizes_are_asked_at_their_own_size(tiny: Classifier) -> None:
    large, small = noise(2, 8), noise(2, 6)
    target = np.array([1, 0])
    members = [Member(tiny, 8, ""), Member(tiny, 6, "conv")]
    expected = mean_of_maps(
        [grad_cam(tiny, large, target), grad_cam(tiny, small, target, layer="conv")]
    )
    found = mean_grad_cam(members, {8: large, 6: small}, target)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert found.shape == (2, 8, 8)
