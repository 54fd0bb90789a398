"""The head that scores a map: its pooling, its healthy class, and what Grad-CAM makes of it."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from hilum.learn.maps import map_layers
from hilum.learn.networks import Classifier, build_network
from hilum.learn.robust.map_head import CELLS_OF_A_LESION, MapHead
from hilum.learn.weights import Weights
from hilum.recipe import parse_recipe

RECIPE = """
[classes]
names = ["cancer", "normal", "pneumonia"]
healthy = "normal"
[network]
backbone = "test_resnet"
head = "map"
[input]
size = 64
"""


def mapped_network() -> Classifier:
    torch.manual_seed(0)
    recipe = parse_recipe(RECIPE, name="x")
    start = Weights.placeholder(recipe, (0.5,) * 3, (0.2,) * 3)
    network = build_network(recipe, start, classes=3).eval()
    assert isinstance(network.head, MapHead)
    torch.nn.init.normal_(network.head.scores.weight)
    return network


def test_a_slice_scores_the_log_sum_of_its_cells_and_health_is_one_number() -> None:
    head = MapHead([4], classes=3, healthy=1)
    cells = torch.randn(2, 2, 3, 3)
    logits = head.pool(cells)
    expected = np.log(np.exp(cells.numpy()).sum(axis=(2, 3)) / CELLS_OF_A_LESION)
    assert np.allclose(logits[:, [0, 2]].detach().numpy(), expected, atol=1e-5)
    assert logits[:, 1].tolist() == [0, 0]
    assert head.mapped == (0, 2)


def test_the_map_is_four_times_as_fine_as_the_last_one() -> None:
    network = mapped_network()
    last = network.backbone.forward_features(torch.zeros(1, 3, 64, 64)).shape[-1]
    assert network.features(torch.zeros(1, 1, 64, 64)).shape[-1] == 4 * last


def test_a_copy_of_the_network_has_a_tap_of_its_own() -> None:
    network, grey = mapped_network(), torch.rand(2, 1, 64, 64) * 255
    expected = network(grey)
    copied = copy.deepcopy(network)
    for parameter in network.backbone.parameters():
        parameter.data.zero_()
    assert torch.equal(copied(grey), expected)


def test_gradcam_of_this_head_is_its_own_map_of_scores() -> None:
    network = mapped_network()
    grey = np.random.default_rng(0).integers(0, 256, (3, 64, 64), dtype=np.uint8)
    found = map_layers(network, grey, np.array([0, 2, 0]))
    assert isinstance(network.head, MapHead)
    with torch.no_grad():
        joined = network.features(torch.from_numpy(grey[:, None]).float())
        cells = network.head.cells(joined)
    for slice_, row in enumerate([0, 1, 0]):
        bias = network.head.scores.bias[row]
        scores = torch.relu(cells[slice_, row] - bias).detach().numpy()
        expected = scores / cells[0, 0].numel()
        assert np.allclose(found.maps[slice_], expected, atol=1e-5)


def test_the_scores_of_cells_are_taken_once_after_a_batch_in_training() -> None:
    network, grey = mapped_network(), torch.rand(2, 1, 64, 64) * 255
    assert isinstance(network.head, MapHead)
    network.train()(grey)
    assert network.head.take_cells().shape[:2] == (2, 2)
    with pytest.raises(AssertionError):
        network.head.take_cells()
    network.eval()(grey)
    with pytest.raises(AssertionError):
        network.head.take_cells()
