"""The lungs of a slice, and how well they are in sight."""

from __future__ import annotations

import numpy as np
from drawn_chest import chest

from hilum.prepare.lungs import find_lungs


def test_both_lungs_are_found_with_their_box() -> None:
    found = find_lungs(chest())
    assert found.code == "ok"
    assert found.is_ok
    assert found.box is not None
    assert np.abs(np.subtract(found.box, (60, 35, 141, 166))).max() <= 4
