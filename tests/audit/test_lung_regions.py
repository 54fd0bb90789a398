"""The lungs of slices as the masking matrix takes them: found, widened, or the centre."""

from __future__ import annotations

import numpy as np
from drawn_chest import chest

from hilum.audit.lung_regions import CENTRE, lung_regions

SIDE = 224


def test_lungs_are_found_and_their_hull_covers_what_lies_between_them() -> None:
    grey = chest(SIDE)
    lungs = grey == 30
    found = lung_regions(grey[None])
    assert found.found.all()
    inside, hull = found.inside[0], found.hull[0]
    assert inside[lungs].mean() > 0.999
    assert inside.sum() < 1.5 * lungs.sum()
    assert hull[inside].mean() > 0.999
    columns = np.flatnonzero(lungs.any(axis=0))
    middle = hull[SIDE // 2, columns[0] : columns[-1]]
    assert middle.all()
    assert not inside[SIDE // 2, columns[0] : columns[-1]].all()


def test_the_centre_stands_for_lungs_that_are_not_there() -> None:
    found = lung_regions(np.stack([np.full((SIDE, SIDE), 90, np.uint8), chest(SIDE)]))
    assert found.found.tolist() == [False, True]
    edge = round((1 - CENTRE) / 2 * SIDE)
    assert found.inside[0, edge:-edge, edge:-edge].all()
    assert not found.inside[0, : edge - 8].any()
    assert (found.inside[0] == found.hull[0]).all()
