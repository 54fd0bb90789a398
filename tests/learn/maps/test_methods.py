"""Every method: equal to its equation written out in numpy, and to another program's maps."""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt
import pytest
import torch
from tiny_network import MEAN, STD, noise
from torch import nn

from hilum.cam_maps import in_slice_pixels
from hilum.known_networks import known_networks
from hilum.learn.data import as_batch
from hilum.learn.maps import METHODS, Looked, map_layers
from hilum.learn.networks import Classifier, build_network
from hilum.learn.weights import Weights
from hilum.recipe import parse_recipe

Array = npt.NDArray[np.float64]
CHANNELS, SIDE = 3, (2, 4)


def pixels() -> list[tuple[int, int]]:
    return list(product(range(SIDE[0]), range(SIDE[1])))


def gradcam(a: Array, g: Array, k: int) -> Array:
    return np.full(SIDE, sum(g[k, i, j] for i, j in pixels()) / 8)


def hirescam(a: Array, g: Array, k: int) -> Array:
    return g[k]


def layercam(a: Array, g: Array, k: int) -> Array:
    return np.maximum(g[k], 0)


def xgradcam(a: Array, g: Array, k: int) -> Array:
    total = a[k].sum()
    return np.full(SIDE, sum(a[k, i, j] / total * g[k, i, j] for i, j in pixels()))


def gradcam_plus_plus(a: Array, g: Array, k: int) -> Array:
    """Equation 19 as it stands in the paper."""
    weight = 0.0
    for i, j in pixels():
        one = g[k, i, j]
        alpha = one**2 / (2 * one**2 + a[k].sum() * one**3)
        weight += alpha * max(one, 0)
    return np.full(SIDE, weight)


BY_HAND = {
    "gradcam": gradcam,
    "hirescam": hirescam,
    "gradcam++": gradcam_plus_plus,
    "layercam": layercam,
    "xgradcam": xgradcam,
}


def drawn(*, least: float = 0.0) -> tuple[Array, Array]:
    rng = np.random.default_rng(5)
    shape = (2, CHANNELS, *SIDE)
    return rng.uniform(least, 1, shape), rng.normal(0, 0.5, shape)


def computed(name: str, a: Array, g: Array) -> Array:
    given = (torch.from_numpy(a).float(), torch.from_numpy(g).float())
    return METHODS[name].compute(*given).double().numpy()  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", BY_HAND)
def test_a_method_is_its_equation(name: str) -> None:
    a, g = drawn()
    expected = [
        sum(BY_HAND[name](a[n], g[n], k) * a[n, k] for k in range(CHANNELS)) for n in range(2)
    ]
    np.testing.assert_allclose(computed(name, a, g), expected, rtol=1e-5)
    assert np.ptp(expected) > 0.1


def test_eigencam_is_the_first_principal_component() -> None:
    """By the covariance of the channels instead of singular values."""
    a, _ = drawn()
    found = computed("eigencam", a, a)
    for n in range(2):
        points = a[n].reshape(CHANNELS, -1).T
        centred = points - points.mean(axis=0)
        values, vectors = np.linalg.eigh(centred.T @ centred)
        component = centred @ vectors[:, values.argmax()]
        component *= np.sign(component @ centred.sum(axis=1))
        np.testing.assert_allclose(found[n].ravel(), component, rtol=1e-4, atol=1e-6)
        assert component @ centred.sum(axis=1) > 0


def test_a_method_is_known_by_name_and_eigencam_alone_needs_no_gradient() -> None:
    assert set(METHODS) == {*BY_HAND, "eigencam"}
    assert [name for name, one in METHODS.items() if not one.needs_gradient] == ["eigencam"]
    assert next(iter(METHODS)) == "gradcam"


@pytest.mark.parametrize("name", METHODS)
def test_nothing_active_and_no_slope_give_a_zero_map_not_nan(name: str) -> None:
    a, g = drawn()
    none = np.zeros_like(a)
    for given in ((none, g), (none, none), (a, none) if name != "eigencam" else (none, none)):
        assert (computed(name, *given) == 0).all()


@pytest.mark.parametrize("name", METHODS)
def test_what_is_not_finite_stays_so_in_its_slice_alone(name: str) -> None:
    a, g = drawn()
    expected = computed(name, a, g)
    a[0, 1, 0, 2] = np.nan
    found = computed(name, a, g)
    assert not np.isfinite(found[0]).all()
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-5)


def test_a_channel_that_adds_up_to_nothing_counts_nothing_in_xgradcam() -> None:
    a, g = drawn()
    a[:, 0] -= a[:, 0].mean(axis=(1, 2), keepdims=True)
    without = (a[:, 1:], g[:, 1:])
    np.testing.assert_allclose(
        computed("xgradcam", a, g), computed("xgradcam", *without), rtol=1e-5
    )


def random_network(backbone: str, size: int) -> tuple[Classifier, str]:
    """A network whose statistics and head are not those of an untrained one, and its layer."""
    text = f'[network]\nbackbone = "{backbone}"\n[input]\nsize = {size}\n'
    recipe = parse_recipe(text, name="x")
    torch.manual_seed(3)
    start = Weights(recipe.timm_name, None, "random initialisation", "", MEAN, STD)
    network = build_network(recipe, start, classes=2).eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_var.fill_(0.5)  # type: ignore[union-attr]
            module.bias.data.uniform_(-0.2, 0.3)
    with torch.no_grad():  # slopes far above the small numbers that the oracle adds to them
        weight = network.head[-1].weight
        weight *= 1e5  # type: ignore[operator]
        weight[1] = -weight[0]  # what speaks against one class speaks for the other
    return network, known_networks()[backbone].cam_layer


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
SIZES = {"vgg16": 64, "vgg19": 64}
OTHERS = [(name, method) for name in ("mobilenetv2", "densenet121") for method in ORACLES]
PAIRS = sorted({*((name, "gradcam") for name in known_networks()), *OTHERS})


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("backbone", "method"), PAIRS)
def test_maps_are_those_of_pytorch_grad_cam_but_for_its_stretching(
    backbone: str, method: str
) -> None:
    oracles = pytest.importorskip("pytorch_grad_cam")
    targets = pytest.importorskip("pytorch_grad_cam.utils.model_targets")
    side = SIZES.get(backbone, 96)
    network, path = random_network(backbone, side)
    grey, target = noise(2, side).repeat(2, axis=0), np.array([0, 1, 0, 1])
    ours = map_layers(network, grey, target, looked=Looked((path,)), method=method).maps
    assert len(ours) == 4
    assert ours.max() > 0
    layer = network.backbone.get_submodule(path)
    with getattr(oracles, ORACLES[method])(model=network, target_layers=[layer]) as oracle:
        theirs = oracle(
            input_tensor=as_batch(grey, "cpu"),
            targets=[targets.ClassifierOutputTarget(int(index)) for index in target],
        )
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
