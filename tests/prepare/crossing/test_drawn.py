"""Drawn lesions: in the lungs, in sight, and the same for the same chance."""

from __future__ import annotations

import numpy as np
import pytest

from hilum.prepare.crossing import Anatomy, draw_opacities, draw_tumour
from hilum.prepare.crossing.made import FEWEST_SEEN, SEEN, made_of


@pytest.mark.parametrize("draw", [draw_tumour, draw_opacities])
def test_a_drawn_lesion_is_seen_in_the_lungs_and_nothing_far_from_it_changes(draw, anatomy) -> None:
    made = [draw(anatomy, np.random.default_rng(seed)) for seed in range(12)]
    found = [one for one in made if one is not None]
    assert len(found) >= 8
    for one in found:
        changed = np.abs(one.grey.astype(int) - anatomy.grey) > SEEN
        assert np.count_nonzero(one.lesion & changed) >= FEWEST_SEEN
        assert (one.grey[one.lesion].mean() - anatomy.grey[one.lesion].mean()) > SEEN
        assert (one.lesion & anatomy.lungs).sum() >= 0.6 * one.lesion.sum()
        assert not changed[:8].any()


def test_tumours_come_small_and_large(anatomy: Anatomy) -> None:
    made = [draw_tumour(anatomy, np.random.default_rng(seed)) for seed in range(40)]
    across = [np.sqrt(one.lesion.sum()) * anatomy.grid.pixel for one in made if one is not None]
    assert min(across) < 20 < 45 < max(across)


def test_the_same_chance_draws_the_same_lesion(anatomy: Anatomy) -> None:
    one, other = (draw_tumour(anatomy, np.random.default_rng(4)) for _ in range(2))
    assert one is not None
    assert other is not None
    assert np.array_equal(one.grey, other.grey)


def test_what_can_not_be_seen_is_none(anatomy: Anatomy) -> None:
    inside = anatomy.lungs
    after = anatomy.grey.astype(np.float32)
    assert made_of(anatomy.grey, after, inside) is None
    after[30:60, 30:60] = 255 - after[30:60, 30:60]
    made = made_of(anatomy.grey, after, inside)
    assert made is not None
    assert made.lesion[31:59, 31:59].sum() > 0.9 * inside[31:59, 31:59].sum()
    assert not made.lesion[:28].any()
