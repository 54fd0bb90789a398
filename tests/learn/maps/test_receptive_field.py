"""Where a map's pixels look: worked out for single convolutions, and found in a whole network."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from hilum.learn.backbone import MapLayout
from hilum.learn.maps import receptive_field
from hilum.learn.maps.receptive_field import measure_offset
from hilum.learn.networks import Classifier
from tests.tiny_network import MEAN, STD

SIZE = 64


class One(nn.Module):
    """One layer of three channels, and nothing else."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward_features(self, grey: Tensor) -> Tensor:
        return torch.as_tensor(self.layer(grey))


def offset_of(layer: nn.Module) -> tuple[float, float]:
    """Return the offset in pixels of the input."""
    torch.manual_seed(0)
    layout = MapLayout("channels first", 3)
    network = Classifier(One(layer), nn.Sequential(nn.Linear(3, 2)), (MEAN, STD), layout).eval()
    down, right = measure_offset(network, "layer", size=SIZE)
    return down * SIZE, right * SIZE


def strided(kernel: int, padding: int) -> nn.Conv2d:
    """A convolution of stride 4 that weighs all of its window alike."""
    layer = nn.Conv2d(3, 3, kernel, stride=4, padding=padding)
    with torch.no_grad():
        layer.weight.fill_(0.1)
    return layer


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (nn.AvgPool2d(4), 0.0),  # the window is the cell
        (strided(1, 0), -1.5),  # the cell's first pixel, of rows 0 to 3
        (strided(3, 1), -1.5),  # and those around it
        (strided(7, 3), -1.5),
        (strided(4, 0), 0.0),
        (strided(8, 0), 0.0),  # beyond the cell, as far on either side
    ],
)
def test_where_one_layer_looks(layer: nn.Module, expected: float) -> None:
    assert offset_of(layer) == pytest.approx((expected, expected), abs=1e-4)


def test_a_layer_whose_output_says_nothing_of_the_input_is_left_where_it_is() -> None:
    layer = nn.Conv2d(3, 3, 4, stride=4)
    with torch.no_grad():
        layer.weight.zero_()
    assert offset_of(layer) == (0.0, 0.0)


def test_the_network_is_left_as_it_was() -> None:
    layer = nn.Conv2d(3, 3, 3, stride=4, padding=1)
    offset_of(layer.requires_grad_(False))
    assert all(parameter.grad is None for parameter in layer.parameters())
    assert not layer._forward_hooks


def test_few_noise_images_are_in_memory_at_once_and_the_offset_is_that_of_all_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[int] = []

    class Counting(nn.AvgPool2d):
        def forward(self, grey: Tensor) -> Tensor:
            seen.append(len(grey))
            return super().forward(grey)

    torch.manual_seed(3)
    layer = nn.Sequential(nn.Conv2d(3, 3, 7, padding=2, stride=2), Counting(4))
    few = offset_of(layer)
    assert seen == [receptive_field.AT_ONCE] * (receptive_field.NOISE // receptive_field.AT_ONCE)
    monkeypatch.setattr(receptive_field, "AT_ONCE", receptive_field.NOISE)
    assert offset_of(layer) == pytest.approx(few, abs=1e-5)
    assert few != (0.0, 0.0)
