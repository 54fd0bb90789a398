"""Bodies of phantoms: sizes of adults, lungs inside the skin, levels from top to bottom."""

from __future__ import annotations

import numpy as np

from hilum.sources.phantom.body import HIGHEST_LEVEL, LOWEST_LEVEL, draw_body, draw_level
from hilum.sources.phantom.shapes import ANGLES


def test_sizes_stay_within_those_of_adults() -> None:
    bodies = [draw_body(np.random.default_rng(seed)) for seed in range(200)]
    assert all(116 <= body.width <= 142 for body in bodies)
    assert all(0.65 <= body.depth / body.width <= 0.8 for body in bodies)
    assert all(0.82 <= body.heart <= 1.2 for body in bodies)
    enhanced = [body for body in bodies if body.blood != 45.0]
    assert all(120 <= body.blood <= 220 for body in enhanced)
    assert 0.3 < len(enhanced) / len(bodies) < 0.5  # 0.4 have contrast medium


def test_the_same_stream_draws_the_same_body() -> None:
    assert draw_body(np.random.default_rng(3)) == draw_body(np.random.default_rng(3))


def test_the_lungs_lie_inside_the_skin_at_every_level() -> None:
    body = draw_body(np.random.default_rng(0))
    skin = body.skin()
    assert skin.shape == (ANGLES,)
    for level in np.linspace(0, 1, 5):
        assert (skin - body.pleura(float(level))).min() > 10  # mm: wall and fat


def test_lungs_are_narrower_at_the_shoulders() -> None:
    body = draw_body(np.random.default_rng(0))
    assert body.pleura(0.0).mean() < 0.9 * body.pleura(0.5).mean()
    assert np.array_equal(body.pleura(0.5), body.pleura(1.0))


def test_levels_follow_each_other_from_top_to_bottom() -> None:
    rng = np.random.default_rng(0)
    levels = [draw_level(rng, index, 12) for index in range(12)]
    assert levels == sorted(levels)
    assert levels[0] >= HIGHEST_LEVEL and levels[-1] <= LOWEST_LEVEL
    assert levels[0] < 0.2 and levels[-1] > 0.85
