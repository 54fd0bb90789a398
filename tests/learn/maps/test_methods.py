"""Every method: equal to its equation written out in numpy, and to another program's maps."""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt
import pytest
import torch

from hilum.learn.maps import METHODS

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
