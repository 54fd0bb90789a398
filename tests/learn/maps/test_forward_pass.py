"""One pass forth and one back: maps equal to those computed by hand."""

from __future__ import annotations

import gc

import numpy as np
import numpy.typing as npt
import pytest
import torch
from tiny_network import noise
from torch import Tensor, nn

from hilum.errors import RunError, UsageError
from hilum.learn.backbone import MapLayout
from hilum.learn.data import as_batch
from hilum.learn.maps import Looked, map_layers
from hilum.learn.networks import Classifier

CONV = Looked(("conv",))

Maps = npt.NDArray[np.float32]


def maps_of(
    network: Classifier, grey: npt.NDArray[np.uint8], target: list[int], **how: object
) -> Maps:
    return map_layers(network, grey, np.array(target), **how).maps


def test_the_map_of_the_last_feature_map_by_hand(tiny: Classifier) -> None:
    """With global pooling and one dense layer the weight of a channel is w / pixels."""
    grey, target = noise(3, 6), [0, 1, 0]
    with torch.no_grad():
        features = tiny.features(as_batch(grey, "cpu"))
        dense = tiny.head[0].weight[target] / 36  # type: ignore[index]
        expected = torch.relu((dense[:, :, None, None] * features).sum(dim=1))
    found = maps_of(tiny, grey, target)
    assert found.dtype == np.float32
    assert found.shape == (3, 6, 6)
    assert found.max() > 0
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-4, atol=1e-8)


def test_a_layer_before_an_in_place_activation_by_hand(tiny: Classifier) -> None:
    """The map is of what the convolution gave, negative values too, not of what ReLU left."""
    grey, target = noise(2, 6), [1, 0]
    with torch.no_grad():
        scaled = (as_batch(grey, "cpu") - tiny.mean) / tiny.std
        conv = tiny.backbone.conv(scaled)  # type: ignore[operator]
        dense = tiny.head[0].weight[target]  # type: ignore[index]
        passed = (conv > 0).float().mean(dim=(2, 3))
        weights = dense / 2 / 36 * passed
        expected = torch.relu((weights[:, :, None, None] * conv).sum(dim=1))
    assert (conv < 0).any()
    found = maps_of(tiny, grey, target, looked=CONV)
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-4, atol=1e-8)


def test_the_logits_come_with_the_maps(tiny: Classifier) -> None:
    grey = noise(3, 6)
    with torch.no_grad():
        expected = tiny(as_batch(grey, "cpu")).numpy()
    for looked in (CONV, Looked(("",)), Looked(("conv", "relu"), averaged=True)):
        found = map_layers(tiny, grey, np.array([0, 1, 0]), looked=looked).logits
        np.testing.assert_array_equal(found, expected)


def test_the_maps_of_a_batch_are_those_of_its_slices(tiny: Classifier) -> None:
    grey, target = noise(3, 6), [0, 1, 1]
    together = maps_of(tiny, grey, target, looked=CONV)
    for n in range(3):
        alone = maps_of(tiny, grey[n : n + 1], target[n : n + 1], looked=CONV)
        np.testing.assert_allclose(alone[0], together[n], rtol=1e-4, atol=1e-8)


def test_layers_are_averaged_each_as_share_of_its_largest(tiny: Classifier) -> None:
    """By hand: conv at 6 x 6, its pooled half at 3 x 3, on the finer grid."""
    tiny.backbone.pair = nn.ModuleList()  # the half is made by pooling instead
    tiny.backbone.pool = nn.AvgPool2d(2)
    tiny.backbone.forward_features = lambda grey: tiny.backbone.pool(  # type: ignore[method-assign]
        tiny.backbone.relu(tiny.backbone.conv(grey))  # type: ignore[operator]
    )
    grey, target = noise(2, 6), [0, 0]
    with torch.no_grad():
        tiny.head[0].weight[:] = 1.0  # type: ignore[index]
    parts = [maps_of(tiny, grey, target, looked=Looked((name,))) for name in ("conv", "pool")]
    fine, coarse = (one / one.max(axis=(1, 2), keepdims=True) for one in parts)
    assert (fine.shape, coarse.shape) == ((2, 6, 6), (2, 3, 3))
    middle = coarse[:, 1, 1] * 0.75**2 + (coarse[:, 1, 0] + coarse[:, 0, 1]) * 0.1875
    middle += coarse[:, 0, 0] * 0.25**2  # pixel (2, 2) of 6 stands at 0.75, 0.75 of (0, 0)..(1, 1)
    found = maps_of(tiny, grey, target, looked=Looked(("conv", "pool"), averaged=True))
    assert found.shape == (2, 6, 6)
    np.testing.assert_allclose(found[:, 0, 0], (fine[:, 0, 0] + coarse[:, 0, 0]) / 2, rtol=1e-5)
    np.testing.assert_allclose(found[:, 2, 2], (fine[:, 2, 2] + middle) / 2, rtol=1e-5)


def test_a_zero_layer_counts_in_the_mean_and_is_not_stretched(tiny: Classifier) -> None:
    """`aside` runs, but nothing depends on it: its map is zero."""
    grey, target = noise(1, 6), [0]
    assert (maps_of(tiny, grey, target, looked=Looked(("aside",))) == 0).all()
    one = maps_of(tiny, grey, target, looked=Looked(("conv",), averaged=True))
    both = maps_of(tiny, grey, target, looked=Looked(("conv", "aside"), averaged=True))
    assert one.max() == 1
    np.testing.assert_array_equal(both, one / 2)


def test_a_layer_that_runs_twice_is_looked_at_when_it_runs_last(tiny: Classifier) -> None:
    twice = nn.Sequential(tiny.backbone.conv, nn.Conv2d(2, 3, 1), tiny.backbone.conv)  # type: ignore[arg-type]
    tiny.backbone.forward_features = twice.forward  # type: ignore[method-assign]
    grey, target = noise(2, 6), [0, 1]
    with torch.no_grad():
        features = tiny.features(as_batch(grey, "cpu"))
        dense = tiny.head[0].weight[target] / 36  # type: ignore[index]
        expected = torch.relu((dense[:, :, None, None] * features).sum(dim=1)).numpy()
    for averaged in (False, True):
        found = maps_of(tiny, grey, target, looked=Looked(("conv",), averaged=averaged))
        largest = expected.max(axis=(1, 2), keepdims=True) if averaged else 1
        np.testing.assert_allclose(found, expected / largest, rtol=1e-4, atol=1e-8)


@pytest.mark.parametrize("method", ["gradcam", "hirescam", "eigencam"])
def test_a_map_needs_no_gradient_of_the_weights_and_leaves_none(
    tiny: Classifier, method: str
) -> None:
    grey, target = noise(1, 6), [1]
    before = maps_of(tiny, grey, target, looked=CONV, method=method)
    assert all(p.grad is None and p.requires_grad for p in tiny.parameters())
    tiny.requires_grad_(False)
    with torch.no_grad():
        after = maps_of(tiny, grey, target, looked=CONV, method=method)
        assert not torch.is_grad_enabled()
    np.testing.assert_array_equal(before, after)
    assert not tiny.backbone.conv._forward_hooks  # type: ignore[union-attr]
    assert not any(p.requires_grad for p in tiny.parameters())


class Watched(nn.Module):
    """Notes whether what runs here is remembered for a gradient."""

    def __init__(self) -> None:
        super().__init__()
        self.remembered: list[bool] = []

    def forward(self, features: Tensor) -> Tensor:
        twice = features * 2
        self.remembered.append(twice.requires_grad)
        return twice


def test_nothing_is_remembered_before_the_first_layer_that_is_looked_at() -> None:
    class Row(nn.Sequential):
        forward_features = nn.Sequential.forward

    row = Row(nn.Conv2d(3, 2, 1), Watched(), nn.Conv2d(2, 2, 1), Watched(), nn.Conv2d(2, 2, 1))
    head = nn.Sequential(nn.Linear(2, 2))
    network = Classifier(row, head, ((0.5,) * 3, (0.2,) * 3), MapLayout("channels first", 2)).eval()
    for paths in (("2",), ("2", "4")):
        maps_of(network, noise(1, 6), [0], looked=Looked(paths))
    maps_of(network, noise(1, 6), [0], looked=Looked(("2",)), method="eigencam")
    assert row[1].remembered == [False] * 3  # type: ignore[union-attr]
    assert row[3].remembered == [True, True, False]  # type: ignore[union-attr]


def test_a_pass_leaves_no_tensors_behind(tiny: Classifier) -> None:
    """Not even until the garbage collector comes: 200 batches in a row must fit."""
    looked = Looked(("conv", "relu"), averaged=True)

    def alive() -> int:
        return sum(issubclass(type(one), Tensor) for one in gc.get_objects())

    maps_of(tiny, noise(2, 6), [0, 1], looked=looked)
    gc.collect()
    gc.disable()
    try:
        before = alive()
        for _ in range(20):
            maps_of(tiny, noise(2, 6), [0, 1], looked=looked)
        assert alive() == before
    finally:
        gc.enable()


def test_a_map_without_evidence_is_zero_not_stretched(tiny: Classifier) -> None:
    with torch.no_grad():
        tiny.head[0].weight[:] = torch.tensor([[1.0, 1.0], [-1.0, -1.0]])  # type: ignore[index]
    found = maps_of(tiny, noise(1, 6).repeat(2, axis=0), [0, 1])
    assert found[0].max() > 0
    assert (found[1] == 0).all()


@pytest.mark.parametrize(
    ("layer", "sentence"),
    [
        ("unused", "layer 'unused' takes no part in the network's forward pass."),
        (
            "pair",
            "layer 'pair' gives no map of channels but tuple; choose another layer (`hilum info "
            "RUN --layers` lists them).",
        ),
    ],
)
def test_a_layer_without_a_map_is_refused(tiny: Classifier, layer: str, sentence: str) -> None:
    with pytest.raises(RunError) as caught:
        maps_of(tiny, noise(1, 6), [0], looked=Looked((layer,)))
    assert str(caught.value) == sentence
    assert not tiny.backbone.get_submodule(layer)._forward_hooks


def test_an_unknown_method_is_refused(tiny: Classifier) -> None:
    with pytest.raises(UsageError) as caught:
        maps_of(tiny, noise(1, 6), [0], method="gradcam+")
    assert str(caught.value) == (
        "method must be one of gradcam, hirescam, gradcam++, layercam, xgradcam, eigencam; got "
        "'gradcam+'. Did you mean 'gradcam++'?"
    )


def test_tokens_and_channels_last_become_maps() -> None:
    """A layer inside a transformer lies as its last features do."""

    class Patches(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.num_prefix_tokens = 1
            self.inner, self.last = nn.Identity(), nn.Identity()

        def forward_features(self, grey: Tensor) -> Tensor:
            tokens = torch.cat([grey.flatten(2).mean(dim=2)[:, :, None], grey.flatten(2)], dim=2)
            return self.last(self.inner(tokens.transpose(1, 2)) ** 2)  # type: ignore[no-any-return]

    head, layout = nn.Sequential(nn.Linear(3, 2)), MapLayout("tokens", 3, prefix=1)
    network = Classifier(Patches(), head, ((0.5,) * 3, (0.2,) * 3), layout).eval()
    grey = noise(2, 4)
    inner = (as_batch(grey, "cpu") - network.mean) / network.std
    dense = network.head[0].weight[[0, 1]]  # type: ignore[index]
    slopes = dense[:, :, None, None] * 2 * inner / 16
    expected = torch.relu((slopes * inner).sum(dim=1)).detach().numpy()
    found = maps_of(network, grey, [0, 1], looked=Looked(("inner",)), method="hirescam")
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-7)
