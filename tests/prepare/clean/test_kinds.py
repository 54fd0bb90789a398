"""What was found is called by its colour and its brightness."""

from __future__ import annotations

import numpy as np

from hilum.prepare.clean.kinds import kinds_of


def test_light_dark_and_coloured_parts_are_told_apart() -> None:
    pixels = np.full((40, 60, 3), 120, dtype=np.uint8)
    marks = np.zeros((40, 60), dtype=bool)
    for columns, colour in ((slice(2, 8), 255), (slice(20, 26), 0), (slice(40, 46), (250, 220, 0))):
        pixels[5:12, columns] = colour
        marks[5:12, columns] = True
    assert kinds_of(pixels, marks) == ("coloured", "light", "dark")
    marks[:, :30] = False
    assert kinds_of(pixels, marks) == ("coloured",)


def test_nothing_is_nothing_and_grey_has_no_colour() -> None:
    pixels = np.full((20, 20), 30, dtype=np.uint8)
    marks = np.zeros((20, 20), dtype=bool)
    assert kinds_of(pixels, marks) == ()
    marks[3:6, 3:6] = True
    assert kinds_of(pixels, marks) == ("dark",)
