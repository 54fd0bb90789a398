"""The geometry of phantoms: distances in mm, soft edges, noise of a given length."""

from __future__ import annotations

import numpy as np
import pytest

from hilum.sources.phantom.shapes import (
    ANGLES,
    Grid,
    blend,
    ellipse,
    join,
    meet,
    noise_field,
    smooth_step,
)

GRID = Grid(64, 128.0)
"""Two millimetres a pixel, the origin in the middle."""


def test_pixels_lie_at_their_millimetres_and_lead_back() -> None:
    grid = Grid(4, 8.0, x_mm=10.0, y_mm=-2.0)
    assert grid.pixel == 2.0
    assert grid.x.tolist() == [[7.0, 9.0, 11.0, 13.0]]
    assert grid.y.tolist() == [[-5.0], [-3.0], [-1.0], [1.0]]
    corners = np.array([[7.0, -5.0], [13.0, 1.0]])
    assert grid.pixels(corners).tolist() == [[0.0, 0.0], [3.0, 3.0]]


def test_a_crop_has_the_millimetres_of_its_pixels() -> None:
    cropped, inside = GRID.crop((20.0, -10.0), 6.0)
    assert (cropped.size, cropped.pixel) == (6, GRID.pixel)
    assert np.allclose(cropped.x, GRID.x[:, inside[1]])
    assert np.allclose(cropped.y, GRID.y[inside[0]])
    at_the_edge, inside = GRID.crop((200.0, 0.0), 6.0)
    assert (inside[1].start, inside[1].stop) == (58, 64)
    assert np.allclose(at_the_edge.x, GRID.x[:, 58:])


def test_an_outline_is_filled_to_its_radius_with_a_soft_edge() -> None:
    share = GRID.fill(GRID.outline(np.full(ANGLES, 40.0, dtype=np.float32)))
    area = float(share.sum()) * GRID.pixel**2
    assert area == pytest.approx(np.pi * 40**2, rel=0.005)
    assert set(np.unique(share[32, :4])) == {0.0} and share[32, 32] == 1.0


def test_the_first_bin_of_directions_is_the_patients_left_and_they_turn_to_the_back() -> None:
    assert GRID.angle_bin[32, 63] == int(np.arctan2(1, 63) * ANGLES / (2 * np.pi))
    assert GRID.angle_bin[63, 31] == pytest.approx(ANGLES / 4, abs=6)
    assert GRID.angle_bin[0, 31] == pytest.approx(3 * ANGLES / 4, abs=6)


def test_an_ellipse_has_its_axes_and_turns() -> None:
    upright = GRID.fill(ellipse(GRID, (0, 0), (20, 40)))
    assert float(upright.sum()) * GRID.pixel**2 == pytest.approx(np.pi * 20 * 40, rel=0.01)
    lying = GRID.fill(ellipse(GRID, (0, 0), (20, 40), turn=np.pi / 2))
    assert np.allclose(lying, upright.T, atol=1e-4)


def test_both_and_either_round_their_corner_outwards() -> None:
    one, other = np.float32([-3.0, 2.0, 0.0]), np.float32([1.0, 2.0, 0.0])
    assert meet(one, other, 0.0).tolist() == [1.0, 2.0, 0.0]
    assert join(one, other, 0.0).tolist() == [-3.0, 2.0, 0.0]
    assert meet(one, other, 2.0)[2] == 1.0
    assert join(one, other, 2.0)[2] == -1.0


def test_a_smooth_step_rises_from_0_to_1() -> None:
    steps = [smooth_step(value, 1.0, 3.0) for value in (0.0, 1.0, 1.5, 2.0, 3.0, 9.0)]
    assert steps == [0.0, 0.0, 0.15625, 0.5, 1.0, 1.0]


@pytest.mark.parametrize("length", [3.0, 24.0])
def test_noise_has_no_mean_and_the_length_it_is_asked_for(length: float) -> None:
    grid = Grid(256, 256.0)
    noise = noise_field(np.random.default_rng(0), grid, length_mm=length)
    assert noise.shape == (256, 256)
    assert abs(float(noise.mean())) < 0.1
    assert float(noise.std()) == pytest.approx(1.0, abs=0.12)

    def alike(apart: int) -> float:
        return float(np.corrcoef(noise[:, :-apart].ravel(), noise[:, apart:].ravel())[0, 1])

    assert alike(max(1, int(length / 3))) > 0.6
    assert abs(alike(int(4 * length))) < 0.25


def test_blending_lays_one_over_the_other_by_share() -> None:
    below = np.float32([[0.0, 100.0]])
    assert blend(below, 50.0, np.float32([[0.5, 1.0]])).tolist() == [[25.0, 50.0]]
