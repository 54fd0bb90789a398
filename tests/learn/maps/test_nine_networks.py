"""The paper's nine networks: maps as another program makes them, and no memory lost by them."""

from __future__ import annotations

import gc
import resource
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from deeper_networks import quick_and_slow
from tiny_network import MEAN, STD, noise
from torch import nn

from hilum.cam_maps import in_slice_pixels
from hilum.catalogue.networks import known_networks
from hilum.learn.data import as_batch
from hilum.learn.maps import METHODS, Looked, choose_layers, map_layers
from hilum.learn.networks import Classifier, build_network
from hilum.learn.weights import Weights
from hilum.recipe import parse_recipe

NINE = sorted(known_networks())
FEW_LAYERS = {"densenet121", "mobilenetv2"}
"""Networks with which 200 maps of all layers take the least time."""


def sides(name: str) -> int:
    """The side of the slices: small, with some pixels left in the last map."""
    return 96 if "ception" in name else 64


@pytest.fixture(scope="module", params=quick_and_slow(NINE))
def built(request: pytest.FixtureRequest) -> Iterator[tuple[str, Classifier]]:
    """Each network, with statistics and a head that are not those of an untrained one."""
    text = f'[network]\nbackbone = "{request.param}"\n[input]\nsize = {sides(request.param)}\n'
    recipe = parse_recipe(text, name="x")
    torch.manual_seed(3)
    start = Weights.placeholder(recipe, MEAN, STD)
    network = build_network(recipe, start, classes=2, frozen_random=True).eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_var.fill_(0.5)  # type: ignore[union-attr]
            module.bias.data.uniform_(-0.2, 0.3)
    with torch.no_grad():  # slopes far above the small numbers that the oracle adds to them
        weight = network.head[-1].weight
        weight *= 1e5  # type: ignore[operator]
        weight[1] = -weight[0]  # what speaks against one class speaks for the other
    yield request.param, network.requires_grad_(False)


def stretched(cam_map: npt.NDArray[np.float32], side: int) -> npt.NDArray[np.float32]:
    """What pytorch-grad-cam does to each map: to [0, 1], enlarged, to [0, 1] again."""
    for shape in ((side, side), None):
        cam_map = cam_map - cam_map.min()
        cam_map = cam_map / (1e-7 + cam_map.max())
        cam_map = in_slice_pixels(cam_map, shape) if shape else cam_map
    return cam_map


ORACLES = {
    "gradcam": "GradCAM",
    "hirescam": "HiResCAM",
    "gradcam++": "GradCAMPlusPlus",
    "layercam": "LayerCAM",
    "xgradcam": "XGradCAM",
    "eigencam": "EigenCAM",
}
ALL_METHODS = ("densenet121", "mobilenetv2", "xception")
"""The other networks are tried with Grad-CAM alone."""


@pytest.mark.filterwarnings("ignore")
def test_maps_are_those_of_pytorch_grad_cam_but_for_its_stretching(
    built: tuple[str, Classifier],
) -> None:
    oracles = pytest.importorskip("pytorch_grad_cam")
    targets = pytest.importorskip("pytorch_grad_cam.utils.model_targets")
    name, network = built
    side = sides(name)
    path = known_networks()[name].cam_layer
    layer = network.backbone.get_submodule(path)
    grey, target = noise(2, side).repeat(2, axis=0), np.array([0, 1, 0, 1])
    requested = [targets.ClassifierOutputTarget(int(index)) for index in target]
    for method in ORACLES if name in ALL_METHODS else ("gradcam",):
        ours = map_layers(network, grey, target, looked=Looked((path,)), method=method).maps
        assert len(ours) == 4
        assert ours.max() > 0
        with getattr(oracles, ORACLES[method])(model=network, target_layers=[layer]) as oracle:
            given = as_batch(grey, "cpu").requires_grad_()
            theirs = oracle(input_tensor=given, targets=requested)
        if method == "eigencam":
            ours = signed_as(theirs, network, grey, path)
        for mine, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(stretched(mine, side), other, atol=2e-3)


def signed_as(
    theirs: npt.NDArray[np.float32], network: Classifier, grey: npt.NDArray[np.uint8], path: str
) -> npt.NDArray[np.float32]:
    """The positive part of the components, turned round where theirs are: neither sign is right."""
    seen: list[torch.Tensor] = []
    hook = network.backbone.get_submodule(path).register_forward_hook(
        lambda _m, _i, output: seen.append(output)
    )
    with torch.no_grad():
        network(as_batch(grey, "cpu"))
    hook.remove()
    components = METHODS["eigencam"].compute(seen[0], None).detach().numpy()
    sides = theirs.shape[1:]
    alike = [np.corrcoef(in_slice_pixels(a, sides).ravel(), b.ravel())[0, 1]
             for a, b in zip(components, theirs, strict=True)]  # fmt: skip
    return np.maximum(components * np.sign(alike)[:, None, None], 0).astype(np.float32)


MAPS, BATCH, SETTLED = 200, 8, 40
GROWTH = 4.0
"""MB: what an allocator may keep once it has settled, after the first maps."""


def resident() -> float:
    """MB of memory that the process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("built", quick_and_slow(NINE, slow={*NINE} - FEW_LAYERS), indirect=True)
def test_memory_does_not_grow_over_200_maps(built: tuple[str, Classifier]) -> None:
    """Neither in Python nor behind it, where a graph that refers to itself is never found.

    All layers are looked at: what one forgotten batch of them holds is more than GROWTH.
    """
    name, network = built
    side = 75 if "ception" in name else 32
    looked = choose_layers(network, "all", size=side)
    grey, target = noise(BATCH, side), np.arange(BATCH) % 2
    gc.collect()
    gc.disable()
    try:
        for done in range(0, MAPS, BATCH):
            if done == SETTLED:
                before = resident()
            map_layers(network, grey, target, looked=looked)
        assert resident() - before < GROWTH
    finally:
        gc.enable()
