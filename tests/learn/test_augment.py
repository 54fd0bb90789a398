"""Augmentation: what is drawn agrees with the settings, and what is drawn is what is done."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from hilum.learn.augment import draw_maps, warp
from hilum.recipe import Augmentation

NOTHING = Augmentation(
    rotation=0, shift=0, zoom=0, shear=0, horizontal_flip=False, vertical_flip=False
)
SIDE = 16


def maps_of(*rows: list[list[float]]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float32)


def noise() -> Tensor:
    return torch.rand(2, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(0)) * 255


def test_zero_everywhere_changes_nothing() -> None:
    maps = draw_maps(5, NOTHING, np.random.default_rng(0))
    assert maps.dtype == np.float32
    assert maps.tolist() == [[[1, 0, 0], [0, 1, 0]]] * 5
    grey = noise()
    torch.testing.assert_close(warp(grey, torch.from_numpy(maps[:2])), grey, atol=1e-3, rtol=0)


def test_a_planted_pixel_moves_where_the_map_says() -> None:
    """The map takes a point of the output to the input: the picture moves the other way."""
    grey = torch.zeros(1, 1, SIDE, SIDE)
    grey[0, 0, 5, 9] = 200
    three_columns, two_rows = 3 * 2 / SIDE, 2 * 2 / SIDE
    moved = warp(grey, maps_of([[1, 0, three_columns], [0, 1, -two_rows]]))
    assert moved[0, 0, 7, 6] == pytest.approx(200, abs=1e-2)
    assert moved.sum() == pytest.approx(200, abs=1e-1)


def test_a_quarter_turn_is_a_quarter_turn() -> None:
    grey = noise()
    turned = warp(grey, maps_of([[0, -1, 0], [1, 0, 0]]).expand(2, -1, -1))
    torch.testing.assert_close(turned, torch.rot90(grey, 1, (2, 3)), atol=1e-2, rtol=0)


@pytest.mark.parametrize(("scale", "axis"), [((-1, 1), 3), ((1, -1), 2)])
def test_a_flip_is_a_flip(scale: tuple[int, int], axis: int) -> None:
    grey = noise()
    flipped = warp(grey, maps_of([[scale[0], 0, 0], [0, scale[1], 0]]).expand(2, -1, -1))
    torch.testing.assert_close(flipped, grey.flip(axis), atol=1e-2, rtol=0)


def test_outside_the_edge_is_repeated() -> None:
    grey = noise()[:1]
    moved = warp(grey, maps_of([[1, 0, -0.5], [0, 1, 0]]))  # a quarter of the side to the right
    assert torch.allclose(moved[0, 0, :, :4], grey[0, 0, :, :1].expand(-1, 4), atol=1e-2)
    assert torch.allclose(moved[0, 0, :, 4:], grey[0, 0, :, :-4], atol=1e-2)


def test_each_slice_has_its_own_map() -> None:
    grey = noise()
    moved = warp(grey, maps_of([[1, 0, 0], [0, 1, 0]], [[-1, 0, 0], [0, 1, 0]]))
    torch.testing.assert_close(moved[0], grey[0], atol=1e-2, rtol=0)
    torch.testing.assert_close(moved[1], grey[1].flip(2), atol=1e-2, rtol=0)


def test_maps_agree_with_the_settings() -> None:
    """Undo each map's steps and look at what was drawn, over 20,000 draws."""
    settings = Augmentation(rotation=10, shift=0.2, zoom=0.3, shear=5)
    maps = draw_maps(20_000, settings, np.random.default_rng(0)).astype(np.float64)
    across, down, moved = maps[:, :, 0], maps[:, :, 1], maps[:, :, 2]
    flips = np.sign(np.stack([across[:, 0], down[:, 1]], axis=1))
    assert (flips < 0).mean(axis=0) == pytest.approx([0.5, 0.5], abs=0.02)
    assert (flips < 0).all(axis=1).mean() == pytest.approx(0.25, abs=0.02)
    assert_uniform(np.linalg.norm(across, axis=1), 0.7, 1.3)
    assert_uniform(np.linalg.norm(down, axis=1), 0.7, 1.3)
    across, down = across * flips[:, :1], down * flips[:, 1:]
    angle = np.degrees(np.arctan2(across[:, 1], across[:, 0]))
    assert_uniform(angle, -10, 10)
    assert_uniform(np.degrees(np.arctan2(-down[:, 0], down[:, 1])) - angle, -5, 5)
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    assert_uniform(cos * moved[:, 0] + sin * moved[:, 1], -0.4, 0.4)  # a side is 2 long
    assert_uniform(-sin * moved[:, 0] + cos * moved[:, 1], -0.4, 0.4)


def assert_uniform(values: np.ndarray, low: float, high: float) -> None:
    """Within the bounds, reaching near them, with the mean and the spread of a uniform draw."""
    width = high - low
    assert low - 1e-4 <= values.min() < low + 0.01 * width
    assert high - 0.01 * width < values.max() <= high + 1e-4
    assert values.mean() == pytest.approx((low + high) / 2, abs=0.01 * width)
    assert values.std() == pytest.approx(width / 12**0.5, rel=0.02)


@pytest.mark.parametrize("axis", [0, 1])
def test_a_flip_that_is_switched_off_never_happens(axis: int) -> None:
    settings = NOTHING.model_copy(update={"horizontal_flip": axis == 1, "vertical_flip": axis == 0})
    maps = draw_maps(200, settings, np.random.default_rng(1))
    assert (maps[:, axis, axis] == 1).all()
    assert set(maps[:, 1 - axis, 1 - axis].tolist()) == {1.0, -1.0}


def test_the_same_chance_draws_the_same_maps() -> None:
    one, same, other = (
        draw_maps(4, Augmentation(), np.random.default_rng(seed)) for seed in (3, 3, 4)
    )
    assert (one == same).all()
    assert (one != other).any()
